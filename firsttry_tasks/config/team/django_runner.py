"""Finds a call of Django's own test runner, and what pytest has to know to run the same tests."""

from __future__ import annotations

import re
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.team import team_files
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Where a manage.py names the settings that it stands for.
NAMED = re.compile(r"""DJANGO_SETTINGS_MODULE["'](?: *,|\] *=) *["']([\w.]+)["']""")
#: What stands in a script of a project's own that runs Django's tests.
RUNS = re.compile(r"""["']test["']|get_runner\(|DiscoverRunner\(""")
#: What starts Django's commands: `python -m django`, `./manage.py`.
ENDS = ("django", "manage.py", "django-admin")
#: Django's runner takes every file that begins so for tests; pytest does not, by itself.
PATTERN = "test*.py"


class Runner(Struct, frozen=True, kw_only=True):
    """A call of Django's runner: its words, its settings module, and the file that says it."""

    words: tuple[str, ...]
    settings: str
    place: str

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options by which pytest, with pytest-django, runs the same tests."""
        return (f"--ds={self.settings}", "-o", f"python_files={PATTERN}")


def find(root: Path, top: Path) -> Runner | None:
    """Return the first call of Django's runner; None without one, or where pytest is set up."""
    found = next(_calls(root, top), None)
    set_up = found and any("pytest" in place for place in parity_lock.sections(root))
    return None if set_up else found


def _calls(root: Path, top: Path) -> Iterator[Runner]:
    for place, lines in team_files.commands(root, top, ("django", "manage.py", ".py")):
        for words in (line.words for line in lines):
            settings = _settings(root, words)
            if settings:
                named = place.relative_to(top).as_posix()
                yield Runner(words=words, settings=settings, place=named)


def _settings(root: Path, words: tuple[str, ...]) -> str:
    """Return the settings module of a call of the runner; "" where it is none."""
    starts = [word for word, after in pairwise(words) if after == "test" and word.endswith(ENDS)]
    scripts = () if starts else _scripts(root, words)
    if not starts and not scripts:
        return ""
    for word in words:
        if word.startswith(("--settings=", "DJANGO_SETTINGS_MODULE=")) and "{" not in word:
            return word.partition("=")[2]
    found = NAMED.search(_text(root / (*starts, *scripts)[0]))
    return found[1] if found else ""


def _scripts(root: Path, words: tuple[str, ...]) -> tuple[str, ...]:
    """Return the project's own files that a command starts, and that run Django's tests."""
    started = (
        word
        for before, word in pairwise(("", *words))
        if word.endswith(".py") and ("python" in before or word.startswith("./"))
    )
    return tuple(it for it in started if RUNS.search(_text(root / it)))


def _text(file: Path) -> str:
    return (disk.read(file) or b"").decode("utf-8", "replace")
