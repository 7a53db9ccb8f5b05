"""Learns which functions keep their results, from what `functools` is asked to decorate.

Such a function runs for one test and answers others from its cache. So what it does gets a scope
of its own, which all tests that call it rest on.
"""

import functools
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

#: Is called with the code of each function whose results will be kept.
OnCachedFunction = Callable[[CodeType], None]


def caching(tell: OnCachedFunction) -> Iterator[tuple[Any, str, Any]]:
    """Yield what to replace: the holder, the attribute's name and the new value.

    The new values do what the old ones did, and call ``tell`` with the code of what they decorate.
    """
    # `functools.cache` calls `lru_cache`, so that it needs no replacement.
    yield functools, "lru_cache", _lru_cache(functools.lru_cache, tell)
    # The class itself stays: code asks `isinstance(value, cached_property)`, or derives from it.
    kind = functools.cached_property
    yield kind, "__init__", _cached_property(kind.__init__, tell)


# `lru_cache` that is used without brackets is given the function in place of the size.
def _lru_cache(original: Any, tell: OnCachedFunction) -> Any:
    @functools.wraps(original)
    def lru_cache(maxsize: Any = 128, typed: bool = False) -> Any:  # noqa: FBT001,FBT002
        if callable(maxsize):
            _tell(tell, maxsize)
            return original(maxsize, typed)
        decorate = original(maxsize, typed)

        def decorating(function: Any) -> Any:
            _tell(tell, function)
            return decorate(function)

        return decorating

    return lru_cache


def _cached_property(original: Any, tell: OnCachedFunction) -> Any:
    @functools.wraps(original)
    def initialise(self: Any, func: Any) -> None:
        _tell(tell, func)
        original(self, func)

    return initialise


def _tell(tell: OnCachedFunction, function: object) -> None:
    # What is decorated may be any callable: a class or a partial has no code of its own.
    code = getattr(function, "__code__", None)
    if isinstance(code, CodeType):
        tell(code)
