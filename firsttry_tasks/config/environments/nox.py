"""Reads the sessions of nox: what each installs and runs, as far as the text of its file says."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from firsttry_tasks.config.environments.environment import Environment, made
from firsttry_tasks.config.environments.needs import Needs, joined, of_pip
from firsttry_tasks.model.source.quietly import parsed

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firsttry_tasks.config.environments.needs import Words

#: The tables of pyproject.toml that a session may take its requirements from, each with the option
#: by which pip takes the same.
TABLES = {"dependency-groups": "--group", "optional-dependencies": "--extra"}


def sessions(text: str, place: str) -> Iterator[Environment]:
    """Yield the sessions of a noxfile, in the order in which they stand there."""
    tree = parsed(text)
    known = _assigned(tree.body)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield _session(node, {**known, **_assigned(ast.walk(node))}, place)


def _session(function: ast.FunctionDef, known: Mapping[str, ast.expr], place: str) -> Environment:
    brought, runs = [], []
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            words = tuple(it for arg in call.args for it in _words(arg, known, 0))
            if call.func.attr == "install":
                brought.append(_installed(words))
            elif call.func.attr.startswith("run"):
                runs.append(words)
    return made(_name(function), place, joined(brought), runs)


def _installed(words: Words) -> Needs:
    # One session may install the project without anything that it needs, and then all by itself.
    return of_pip(it for it in words if it)


def _name(function: ast.FunctionDef) -> str:
    """Return what a session is called: by its own name, or the one that is given to it."""
    for it in function.decorator_list:
        for keyword in it.keywords if isinstance(it, ast.Call) else ():
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return function.name


def _assigned(nodes: Iterator[ast.AST] | list[ast.stmt]) -> dict[str, ast.expr]:
    """Return what names stand for, where each is given its value by a plain assignment."""
    return {
        target.id: node.value
        for node in nodes
        if isinstance(node, ast.Assign)
        for target in node.targets
        if isinstance(target, ast.Name)
    }


def _words(node: ast.expr, known: Mapping[str, ast.expr], deep: int) -> Iterator[str]:
    """Yield the words that an argument stands for; "" for one that only a run knows."""
    if deep > len(known) + 5:  # a name that stands for itself
        return
    if isinstance(node, ast.Constant):
        yield str(node.value)
    elif isinstance(node, ast.Starred):
        yield from _words(node.value, known, deep + 1)
    elif isinstance(node, (ast.List, ast.Tuple)):
        for it in node.elts:
            yield from _words(it, known, deep + 1)
    elif isinstance(node, ast.IfExp):
        # What one machine needs does no harm on another.
        yield from _words(node.body, known, deep + 1)
        yield from _words(node.orelse, known, deep + 1)
    elif isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        yield from _words(node.left, known, deep + 1)
        yield from _words(node.right, known, deep + 1)
    elif isinstance(node, ast.Name) and node.id in known:
        yield from _words(known[node.id], known, deep + 1)
    else:
        yield from _of_table(node) or ("",)


def _of_table(node: ast.expr) -> Words:
    """Return pip's words for a table of pyproject.toml that a session reads."""
    path: list[str] = []
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
        names = [it.value for it in node.args if isinstance(it, ast.Constant)]
        asks = node.func.attr == "dependency_groups"
        return tuple(word for it in names if asks for word in ("--group", str(it)))
    while isinstance(node, ast.Subscript):
        path.append(str(node.slice.value) if isinstance(node.slice, ast.Constant) else "")
        node = node.value
    option = TABLES.get(path[1]) if len(path) > 1 else None
    return (option, path[0]) if option and path[0] else ()
