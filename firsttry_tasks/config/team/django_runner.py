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
NAMED = re.compile(r"""DJANGO_SETTINGS_MODULE["'] *, *["']([\w.]+)["']""")
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
    for place, lines in team_files.commands(root, top, ("django", "manage.py")):
        for words in (line.words for line in lines):
            settings = _settings(root, words)
            if settings:
                named = place.relative_to(top).as_posix()
                yield Runner(words=words, settings=settings, place=named)


def _settings(root: Path, words: tuple[str, ...]) -> str:
    """Return the settings module of a call of the runner; "" where it is none."""
    starts = [word for word, after in pairwise(words) if after == "test" and word.endswith(ENDS)]
    if not starts:
        return ""
    for word in words:
        if word.startswith(("--settings=", "DJANGO_SETTINGS_MODULE=")) and "{" not in word:
            return word.partition("=")[2]
    text = (disk.read(root / starts[0]) or b"").decode("utf-8", "replace")
    found = NAMED.search(text)
    return found[1] if found else ""
