"""Lets a function that stands between two steps of an import pass for a part of the import system.

A warning is told of the code that imports (``stacklevel=2``): Python skips the import system's own
frames for that, by their files, and would stop at one of this recorder's.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable

_Kind = TypeVar("_Kind", bound="Callable[..., Any]")
#: The file of the code that executes modules, as frames name it.
_FILE = "<frozen importlib._bootstrap_external>"


def as_import(function: _Kind) -> _Kind:
    """Return the function, whose frames are skipped as those of the import system are."""
    made: Any = function
    made.__code__ = made.__code__.replace(co_filename=_FILE)
    return function
