"""Chooses the environment in which a team runs its tests, or one of its tools."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from firsttry_tasks.config.environments import hatch, jobs, nox, tox
from firsttry_tasks.config.environments.brought import part, read_toml
from firsttry_tasks.config.environments.environment import Environment, calls
from firsttry_tasks.config.team import team_files
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    Read = Callable[[], Iterator[Environment]]


def environments(root: Path, top: Path) -> tuple[Environment, ...]:
    """Return a team's environments: CI's own jobs, then those of what CI starts, then others."""
    files = [top / ".gitlab-ci.yml"]
    workflows = top / ".github/workflows"
    files += sorted(workflows.glob("*.y*ml")) if workflows.is_dir() else []
    texts = {it: _text(it) for it in files}
    ci = "\n".join(texts.values())
    found = [
        it
        for file, text in texts.items()
        for it in _quietly(lambda: jobs.of_yaml(text, file.relative_to(top).as_posix()))  # noqa: B023
    ]
    ways: dict[str, Read] = {
        "tox": lambda: _tox(root),
        "hatch": lambda: _hatch(root, top),
        "nox": lambda: nox.sessions(_text(root / "noxfile.py"), "noxfile.py"),
    }
    order = sorted(ways, key=lambda it: not re.search(rf"(?<![\w-]){it}(?![\w])", ci))
    return (*found, *(it for name in order for it in _quietly(ways[name])))


def of_tool(found: tuple[Environment, ...], tool: str, python: str) -> Environment | None:
    """Return the environment that calls a tool (pytest: that runs the tests) for this Python."""
    able = [it for it in found if it.needs and any(calls(words, tool) for words in it.runs)]
    first = (it for it in able if it.place == able[0].place)
    return min(first, key=lambda it: it.fits(python), default=None)


def _tox(root: Path) -> Iterator[Environment]:
    yield from tox.of_ini(_text(root / "tox.ini"), "tox.ini")
    yield from tox.of_toml(read_toml(root / "tox.toml"), "tox.toml")
    table = part(read_toml(root / "pyproject.toml"), "tool", "tox")
    yield from tox.of_toml(table, "pyproject.toml [tool.tox]")
    text = _text(root / "setup.cfg")
    if "[tox:tox]" in text:
        yield from tox.of_ini(text, "setup.cfg")


def _hatch(root: Path, top: Path) -> Iterator[Environment]:
    own = part(read_toml(root / "hatch.toml"), "envs")
    place = "hatch.toml" if own else "pyproject.toml [tool.hatch.envs]"
    envs = own or part(read_toml(root / "pyproject.toml"), "tool", "hatch", "envs")
    asked = [
        line.words
        for _, lines in team_files.commands(root, top, ("hatch",))
        for line in lines
        if any(it.rpartition("/")[2] == "hatch" for it in line.words[:3])
    ]
    yield from hatch.of_tables(envs, asked, place)


def _quietly(read: Read) -> tuple[Environment, ...]:
    try:
        return tuple(read())
    # Whatever a parser says of a file that is the team's: who runs it will be told.
    except (ValueError, SyntaxError, UsageError, RecursionError, TypeError, AttributeError):
        return ()


def _text(file: Path) -> str:
    return (disk.read(file) or b"").decode("utf-8", "replace")
