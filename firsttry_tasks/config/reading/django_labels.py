"""Reads which tests a script of a project's own hands to Django's runner, and in which order."""

from __future__ import annotations

import ast

from firsttry_tasks.model.source.quietly import parsed

#: What a runner is called by.
RUN = "run_tests"


def labels(text: str) -> tuple[str, ...]:
    """Return the labels of all runs of a script, in its order; none where one is not plain."""
    try:
        tree = parsed(text)
    except (SyntaxError, ValueError, RecursionError):
        return ()
    calls = [it for it in ast.walk(tree) if isinstance(it, ast.Call) and _name(it) == RUN]
    calls.sort(key=lambda it: (it.lineno, it.col_offset))
    found = [_listed(next(iter(_given(it)), None), tree) for it in calls]
    return tuple(it for some in found for it in some) if all(found) else ()


def _name(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else ""


def _given(call: ast.Call) -> list[ast.expr]:
    """Return the labels of a call, wherever they stand."""
    return [*call.args[:1], *(it.value for it in call.keywords if it.arg == "test_labels")]


def _listed(node: ast.expr | None, tree: ast.Module) -> tuple[str, ...]:
    """Return the texts of a list, or of what stands where the command line says nothing."""
    if isinstance(node, ast.BoolOp):
        return _listed(node.values[-1], tree)
    if isinstance(node, ast.Name):
        values = [
            it.value
            for it in ast.walk(tree)
            if isinstance(it, ast.Assign)
            and isinstance(it.targets[0], ast.Name)
            and it.targets[0].id == node.id
        ]
        # A name of a name may be a circle.
        return () if len(values) != 1 or isinstance(values[0], ast.Name) else _plain(values[0])
    return _plain(node)


def _plain(node: ast.expr | None) -> tuple[str, ...]:
    """Return the texts of a list; none where one of them is no text."""
    node = node.values[-1] if isinstance(node, ast.BoolOp) else node
    listed = node.elts if isinstance(node, (ast.List, ast.Tuple)) else []
    texts = [it.value for it in listed if isinstance(it, ast.Constant)]
    plain = tuple(it for it in texts if isinstance(it, str))
    return plain if len(plain) == len(listed) else ()
