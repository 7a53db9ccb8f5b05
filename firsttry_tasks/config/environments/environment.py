"""One environment of a team: what it is called, what it brings, and what it runs."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config.environments.needs import Needs, Words, installs, joined
from firsttry_tasks.config.team import team_command, tool_options

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What tells in a name which Python an environment is for: py312, 3.12, pypy3, py.
PYTHON = re.compile(r"py|(?:py)?3|(?:py)?3\.?\d+|pypy\d*(?:\.\d+)?")
#: A file of the project that is started, and by its name runs tests.
SCRIPT = re.compile(r"(?:\./)?(?:[\w-]+/)*\w*tests?\w*\.py")


class Environment(Struct, frozen=True, kw_only=True):
    """An environment; ``place`` is the file that describes it, ``runs`` are its commands."""

    name: str
    place: str
    needs: Needs
    runs: tuple[Words, ...]

    def __str__(self) -> str:
        """Return where a person finds it."""
        return f"{self.place}, {self.name}"

    def fits(self, python: str) -> int:
        """Return 0 where it is for this Python, 1 where for any, 2 where for another one."""
        factors = re.split(r"[-\s]", self.name)
        named = [it for it in factors if PYTHON.fullmatch(it)]
        own = {"py", "3", "py3", python, f"py{python}", f"py{python.replace('.', '')}"}
        return 0 if own.intersection(named) else 2 if named else 1


def made(name: str, place: str, needs: Needs, runs: Iterable[Words]) -> Environment:
    """Return an environment with what its own commands install, too."""
    listed = tuple(runs)
    more = (found for it in listed if (found := installs(it)) is not None)
    return Environment(name=name, place=place, needs=joined((needs, *more)), runs=listed)


def calls(words: Words, tool: str) -> bool:
    """Tell whether a command calls a tool; for pytest, whether it runs the tests in any way."""
    call = team_command.call_in(words, tool)
    if call:
        return tool != "pytest" or not tool_options.single_files(call.args)
    return tool == "pytest" and (_by_module(words) or _by_script(words))


def _by_module(words: Words) -> bool:
    """Tell whether a command runs tests by unittest, or by Django's own runner."""
    for before, word in pairwise(words):
        if (before, word) == ("-m", "unittest"):
            return True
        if word == "test" and before.endswith(("django", "manage.py", "django-admin")):
            return True
    return False


def _by_script(words: Words) -> bool:
    for before, word in pairwise(("", *words)):
        started = "python" in before or word.startswith("./") or "run" in words
        if started and SCRIPT.fullmatch(word):
            return True
    return False
