"""Finds a call of Django's own test runner, and what pytest has to know to run the same tests."""

from __future__ import annotations

import re
import shlex
from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.reading import django_labels
from firsttry_tasks.config.team import own_programs, team_files, tool_options
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: Where a manage.py names the settings that it stands for.
NAMED = re.compile(r"""DJANGO_SETTINGS_MODULE["'](?: *,|\] *=) *["']([\w.]+)["']""")
#: What stands in a script of a project's own that runs Django's tests.
RUNS = re.compile(r"""["']test["']|get_runner\(|DiscoverRunner\(""")
#: What stands in one that alone knows Django's settings.
CONFIGURES = re.compile(r"settings\.configure\(|DJANGO_SETTINGS_MODULE")
#: The plugin that lets such a script set Django up, and the variable that names it.
PLUGIN = "firsttry_tasks.recorder.django_script"
VARIABLE = "FIRSTTRY_DJANGO_SCRIPT"
#: What starts Django's commands: `python -m django`, `./manage.py`.
ENDS = ("django", "manage.py", "django-admin")
#: Django's runner takes every file that begins so for tests; pytest does not, by itself.
PATTERN = "test*.py"


class Runner(Struct, frozen=True, kw_only=True):
    """A call of Django's runner: its words, its settings module, and the file that says it.

    ``script`` are a script of the project and its options where these alone know the settings,
    ``paths`` what it runs, if that is plain.
    """

    words: tuple[str, ...]
    settings: str = ""
    script: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    place: str = ""

    @property
    def options(self) -> tuple[str, ...]:
        """Return the options by which pytest, with pytest-django, runs the same tests."""
        told = ("-p", PLUGIN) if self.script else (f"--ds={self.settings}",)
        return (*told, "-o", f"python_files={PATTERN}")

    @property
    def env(self) -> dict[str, str]:
        """Return the variables that stand before the call, and what the options need."""
        more = {VARIABLE: shlex.join(self.script)} if self.script else {}
        return {**tool_options.assigned(self.words), **more}


def find(root: Path, top: Path) -> Runner | None:
    """Return the first call of Django's runner; None without one, or where pytest is set up."""
    found = next(_calls(root, top), None)
    set_up = found and any("pytest" in place for place in parity_lock.sections(root))
    return None if set_up else found


def _calls(root: Path, top: Path) -> Iterator[Runner]:
    for place, lines in team_files.commands(root, top, ("django", "manage.py", ".py", "-m")):
        for words in (line.words for line in lines):
            found = _read(root, words)
            if found:
                yield replace(found, words=words, place=place.relative_to(top).as_posix())


def _read(root: Path, words: tuple[str, ...]) -> Runner | None:
    """Return a call of the runner, without its file; None where it is none."""
    starts = [word for word, after in pairwise(words) if after == "test" and word.endswith(ENDS)]
    program = None if starts else own_programs.started(root, words)
    text = _text(root / program.path) if program else ""
    if not starts and not RUNS.search(text):
        return None
    for word in words:
        if word.startswith(("--settings=", "DJANGO_SETTINGS_MODULE=")) and "{" not in word:
            return Runner(words=words, settings=word.partition("=")[2])
    found = NAMED.search(_text(root / starts[0]) if starts else text)
    if found:
        return Runner(words=words, settings=found[1])
    if program and CONFIGURES.search(text):
        script = (program.path, *program.args)
        return Runner(words=words, script=script, paths=_paths(root, text))
    return None


def _paths(root: Path, text: str) -> tuple[str, ...]:
    """Return the files and folders of a script's labels; none where one is not found."""
    # A test that registers a model leaves it to all that come after it: the order counts.
    files = [own_programs.module(root, it) for it in django_labels.labels(text)]
    paths = [it.removesuffix("/__init__.py") for it in files]
    return tuple(dict.fromkeys(paths)) if all(paths) else ()


def _text(file: Path) -> str:
    return (disk.read(file) or b"").decode("utf-8", "replace")
