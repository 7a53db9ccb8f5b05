"""Finds functions that stand in other functions: a test is known to run the outer one."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from firsttry_tasks.model.source.quietly import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

#: How Python itself names what stands in a function.
LOCALS = "<locals>"


def around(source: bytes, name: str) -> tuple[str, ...]:
    """Return the outermost functions in which something of that name is defined.

    ``name`` is the last part, or all, of such as ``Shop.total.inner``.
    """
    try:
        tree = parsed(source)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    wanted = tuple(it for it in name.split(".") if it != LOCALS)
    found = (
        outer for path, outer in _defined(tree, (), "") if outer and path[-len(wanted) :] == wanted
    )
    return tuple(dict.fromkeys(found))


def _defined(
    node: ast.AST, path: tuple[str, ...], outer: str
) -> Iterator[tuple[tuple[str, ...], str]]:
    """Yield each function and class, with the function in which it stands, "" for none."""
    for child in ast.iter_child_nodes(node):
        if isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)):
            inside = (*path, child.name)
            yield inside, outer
            is_function = not isinstance(child, ast.ClassDef)
            yield from _defined(child, inside, outer or (".".join(inside) if is_function else ""))
        else:
            yield from _defined(child, path, outer)
