"""Reads the sessions of nox: what each installs and runs, as far as the text of its file says."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from firsttry_tasks.config.environments.environment import Environment, made
from firsttry_tasks.config.environments.needs import Needs, joined, of_pip
from firsttry_tasks.config.reading.nox_words import UNKNOWN, assigned, words
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
    known = assigned(tree.body)
    for node in tree.body:
        if isinstance(node, ast.FunctionDef):
            yield _session(node, {**known, **assigned(ast.walk(node))}, place)


def _session(function: ast.FunctionDef, known: Mapping[str, ast.expr], place: str) -> Environment:
    brought, runs = [], []
    for call in ast.walk(function):
        if isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute):
            found = (it for arg in call.args for it in words(arg, known, _of_table))
            said = tuple("" if it == UNKNOWN else it for it in found)
            if call.func.attr == "install":
                brought.append(_installed(said))
            elif call.func.attr.startswith("run"):
                runs.append(said)
    return made(_name(function), place, joined(brought), runs)


def _installed(said: Words) -> Needs:
    # One session may install the project without anything that it needs, and then all by itself.
    return of_pip(it for it in said if it)


def _name(function: ast.FunctionDef) -> str:
    """Return what a session is called: by its own name, or the one that is given to it."""
    for it in function.decorator_list:
        for keyword in it.keywords if isinstance(it, ast.Call) else ():
            if keyword.arg == "name" and isinstance(keyword.value, ast.Constant):
                return str(keyword.value.value)
    return function.name


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
