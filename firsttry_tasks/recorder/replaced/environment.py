"""Tells which variables are read from ``os.environ``, and when all are walked through.

A Python child imports this by its bare name, without the package.

A copy (``dict(os.environ)``) walks the keys and asks for the value of each. That is no question for
a variable by its name: PWD and the like differ between checkouts.
"""

import functools
import os
import sys
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

#: Stands for all variables, where code walks through them.
ALL = "*"
#: The module whose views and mix-ins stand between code and ``os.environ``.
_VIEWS = "_collections_abc"


def asker() -> FrameType | None:
    """Return which code asked for the variable that is being read: called by what hears of it."""
    # This frame, what hears of it, and the method in place of the environment's own.
    frame: FrameType | None = sys._getframe(3)  # noqa: SLF001
    while frame is not None and _VIEWS in frame.f_code.co_filename:
        frame = frame.f_back
    return frame


def reading(read: Callable[[object], None]) -> Iterator[tuple[str, object]]:
    """Yield what is to stand in place of methods of the class of ``os.environ``, by their names.

    ``read`` is called with each variable that is asked for, and with `ALL`.
    """
    kind = type(os.environ)
    get, walk = kind.__getitem__, kind.__iter__
    # The instruction that walked last: where it is the one that asks for values, it makes a copy.
    walked: list[tuple[int, int, int]] = [(0, 0, 0)]

    @functools.wraps(get)
    def getting(self: Any, key: Any) -> Any:
        frame = sys._getframe(1)  # noqa: SLF001
        if not _is_view(frame) and _instruction(frame) != walked[0]:
            read(key)
        return get(self, key)

    @functools.wraps(walk)
    def walking(self: Any) -> Iterator[Any]:
        read(ALL)
        walked[0] = _instruction(sys._getframe(1))  # noqa: SLF001
        yield from walk(self)

    yield "__getitem__", getting
    yield "__iter__", walking


def _is_view(frame: FrameType) -> bool:
    """Tell whether this is a view of keys, items or values that is walked through."""
    code = frame.f_code
    return code.co_name == "__iter__" and _VIEWS in code.co_filename


def _instruction(frame: FrameType | None) -> tuple[int, int, int]:
    """Return which instruction of which call asks, past the views."""
    while frame is not None and _VIEWS in frame.f_code.co_filename:
        frame = frame.f_back
    if frame is None:
        return (0, 0, 0)
    return id(frame), id(frame.f_code), frame.f_lasti
