"""Finds the project's own modules and scripts that a command starts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config.team import tool_options

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firsttry_tasks.config.team.team_files import Words

#: Where a project has its modules, seen from its own folder.
FOLDERS = ("", "src/")


class Program(Struct, frozen=True, kw_only=True):
    """A file of the project that a command starts, and the words after it."""

    path: str
    args: tuple[str, ...]


def started(root: Path, words: Words) -> Program | None:
    """Return what a command starts: ``python -m NAME``, ``coverage run -m NAME``, ``./run.py``.

    None where that is no file of the project.
    """
    since = 0
    for at, word in enumerate(words):
        if word == "-m" and _starts(words[since:at]):
            name = words[at + 1] if at + 1 < len(words) else ""
            path = next(_of_main(root, name), "")
            if path:
                return Program(path=path, args=words[at + 2 :])
            since = at + 2
        path = word.removeprefix("./")
        is_script = path.endswith(".py") and (word != path or _starts(words[since:at]))
        if is_script and (root / path).is_file():
            return Program(path=path, args=words[at + 1 :])
    return None


def flags(root: Path, words: Words) -> Words:
    """Return Python's own options in a command that starts one of its modules or the project's."""
    program = started(root, words)
    return tool_options.flags(words[: len(words) - len(program.args) - 1] if program else words)


def _starts(before: Words) -> bool:
    """Tell whether the words before a name start it: ``python -W error``, ``coverage run -a``."""
    return any("python" in it.lower() or it == "run" for it in before)


def _of_main(root: Path, name: str) -> Iterator[str]:
    for folder in FOLDERS:
        path = f"{folder}{name.replace('.', '/')}"
        yield from (it for it in (f"{path}.py", f"{path}/__main__.py") if (root / it).is_file())


def module(root: Path, name: str) -> str:
    """Return the file of a module, class or test by its dotted name, "" where there is none."""
    if name.endswith(".py"):
        return name if (root / name).is_file() else ""
    parts = name.split(".")
    for count in range(len(parts), 0, -1):
        place = "/".join(parts[:count])
        for folder in FOLDERS:
            for path in (f"{folder}{place}.py", f"{folder}{place}/__init__.py"):
                if (root / path).is_file():
                    return path
    return ""
