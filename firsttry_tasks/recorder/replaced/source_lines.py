"""Tells which source is asked for: ``linecache`` opens a file once and serves all later askers."""

import functools
import linecache
import sys
from collections.abc import Callable, Iterator
from typing import Any

#: Modules that quote lines of what ran or warned, which is no question for the source.
_QUOTING = frozenset({"linecache", "traceback", "warnings", "_py_warnings"})


def serving(read: Callable[[object], None]) -> Iterator[tuple[str, object]]:
    """Yield what is to stand in place of functions of ``linecache``, by their names.

    ``read`` is called with each file of which lines are asked for.
    """
    for name in ("getline", "getlines"):
        yield name, _telling(getattr(linecache, name), read)


def _telling(original: Callable[..., Any], read: Callable[[object], None]) -> Callable[..., Any]:
    @functools.wraps(original)
    def telling(filename: Any, *rest: Any, **named: Any) -> Any:
        if sys._getframe(1).f_globals.get("__name__") not in _QUOTING:  # noqa: SLF001
            read(filename)
        return original(filename, *rest, **named)

    return telling
