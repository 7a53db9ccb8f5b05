"""Parses Python source without a word on the terminal, and tells what compiling it warns of."""

from __future__ import annotations

import ast
import threading
import warnings

#: What is to be done with warnings is set for all threads, so one at a time sets it.
_ALONE = threading.Lock()
#: What a source without a file is called.
_UNKNOWN = "<unknown>"


def parsed(source: str | bytes) -> ast.Module:
    """Return the tree of a source; raises what ``ast.parse`` does, and never for a warning."""
    with _ALONE, warnings.catch_warnings(record=True):
        warnings.simplefilter("always")
        return ast.parse(source)


def compiled(source: bytes) -> tuple[ast.Module, tuple[str, ...]]:
    """Return the tree of a source, and what compiling it warns of.

    Raises as ``ast.parse`` does, and for what only the compiler refuses, such as a ``break``
    outside of a loop.
    """
    with _ALONE, warnings.catch_warnings(record=True) as found:
        warnings.simplefilter("always")
        tree = ast.parse(source, _UNKNOWN)
        # As it is without -O, which leaves out assertions and what they warn of.
        compile(tree, _UNKNOWN, "exec", dont_inherit=True, optimize=0)
    # Another thread may have been warned of something else meanwhile.
    mine = (it for it in found if it.filename == _UNKNOWN)
    return tree, tuple(f"{it.category.__name__}: {it.message}" for it in mine)
