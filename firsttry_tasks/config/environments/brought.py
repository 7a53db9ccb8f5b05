"""Follows what an environment brings to single requirements, each with the file that says it."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.environments.needs import Needs, normal
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.source.quietly import parsed
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from firsttry_tasks.config.environments.needs import Words

#: A requirement, and the file in which it stands.
Said = tuple[str, str]
#: How deep files and groups hold others; more is a circle.
DEEP = 9
#: The argument of setup() that holds extras.
EXTRAS = "extras_require"


def lines(root: Path, needs: Needs, place: str) -> Iterator[Said]:
    """Yield the place and the text of each requirement; what other packages require is left out."""
    yield from ((place, it) for it in needs.requirements)
    for name in needs.files:
        yield from _of_file(root, name, 0)
    if needs.groups:
        groups = part(read_toml(root / "pyproject.toml"), "dependency-groups")
        yield from (("pyproject.toml", it) for x in needs.groups for it in _of_group(groups, x, 0))
    if needs.project or needs.extras:
        yield from _of_project(root, needs.extras)


def names(root: Path, needs: Needs) -> frozenset[str]:
    """Return the names of the distributions that an environment asks for."""
    return frozenset(normal(it) for _, it in lines(root, needs, ""))


def extras(root: Path) -> dict[str, Words]:
    """Return a project's extras, by pyproject.toml, setup.cfg or setup.py."""
    table = part(read_toml(root / "pyproject.toml"), "project", "optional-dependencies")
    found = {name: _texts(it) for name, it in table.items()}
    return found or _of_cfg(root) or _of_setup(root)


def _of_project(root: Path, asked: Words) -> Iterator[Said]:
    project = part(read_toml(root / "pyproject.toml"), "project")
    yield from (("pyproject.toml", it) for it in _texts(project.get("dependencies")))
    own, known = normal(str(project.get("name") or "")), extras(root)
    left, done = list(asked), set()
    while left:
        extra = left.pop()
        if extra in done:
            continue
        done.add(extra)
        for it in known.get(extra, ()):
            # An extra may hold the project's own others.
            more = re.match(r"[\w.-]+\[([^]]*)\]", it)
            if more and normal(it) == own:
                left += re.split(r"[ ,]+", more[1])
            else:
                yield "pyproject.toml", it


def _of_group(groups: Mapping[str, object], name: str, deep: int) -> Iterator[str]:
    held = next((it for key, it in groups.items() if normal(key) == normal(name)), ())
    for it in held if isinstance(held, list) and deep < DEEP else ():
        if isinstance(it, dict):
            yield from _of_group(groups, str(it.get("include-group") or ""), deep + 1)
        else:
            yield str(it)


def _of_file(root: Path, name: str, deep: int) -> Iterator[Said]:
    text = (disk.read(root / name) or b"").decode("utf-8", "replace")
    for raw in text.replace("\\\n", " ").splitlines():
        line = re.sub(r"(?:^|\s)#.*", "", raw).strip()
        other = re.fullmatch(r"(?:-r|--requirement)[ =]*(\S+)", line)
        if other and deep < DEEP:
            folder = name.rpartition("/")[0]
            yield from _of_file(root, f"{folder}/{other[1]}" if folder else other[1], deep + 1)
        elif line and line[0] != "-":
            yield name, line


def _of_cfg(root: Path) -> dict[str, Words]:
    text = disk.read(root / "setup.cfg") or b""
    try:
        parser = parity_lock.ini("setup.cfg", text)
    except UsageError:
        return {}
    section = "options.extras_require"
    held = parser[section].items() if parser.has_section(section) else ()
    return {name: tuple(filter(None, map(str.strip, (it or "").splitlines()))) for name, it in held}


def _of_setup(root: Path) -> dict[str, Words]:
    """Return the extras that setup.py writes out, as far as its text says them."""
    try:
        tree = parsed(disk.read(root / "setup.py") or b"")
    except (SyntaxError, ValueError, RecursionError):
        return {}
    held = (it.value for it in ast.walk(tree) if isinstance(it, ast.keyword) and it.arg == EXTRAS)
    return {
        str(key.value): tuple(str(x.value) for x in ast.walk(it) if isinstance(x, ast.Constant))
        for table in held
        if isinstance(table, ast.Dict)
        for key, it in zip(table.keys, table.values, strict=True)
        if isinstance(key, ast.Constant)
    }


def read_toml(file: Path) -> dict[str, object]:
    """Return what a TOML file holds; nothing where it is none."""
    try:
        return decoding.toml(disk.read(file) or b"")
    except decoding.UndecodableError:
        return {}


def part(tree: object, *keys: str) -> dict[str, object]:
    """Return the table under these keys; an empty one where there is none."""
    for key in keys:
        tree = tree.get(key) if isinstance(tree, dict) else None
    return tree if isinstance(tree, dict) else {}


def _texts(value: object) -> Words:
    return tuple(it for it in value if isinstance(it, str)) if isinstance(value, list) else ()
