"""Which functions keep their results: what `functools` is asked to decorate."""

import functools
from collections.abc import Callable, Iterator
from types import CodeType
from typing import Any

OnCachedFunction = Callable[[CodeType], None]


def caching(tell: OnCachedFunction) -> Iterator[tuple[Any, str, Any]]:
    """Yield what to put in place: holder, name and a value that tells of decorated functions.

    ``functools.cache`` comes to ``lru_cache`` by itself.
    """
    yield functools, "lru_cache", _lru_cache(functools.lru_cache, tell)
    kind = functools.cached_property
    yield kind, "__init__", _cached_property(kind.__init__, tell)


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
    code = getattr(function, "__code__", None)
    if isinstance(code, CodeType):
        tell(code)
