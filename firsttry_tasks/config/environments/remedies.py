"""Says what mends a run in which no test could begin, by what the team itself does."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from firsttry_tasks.config.environments import choose
from firsttry_tasks.config.environments.environment import Environment, calls
from firsttry_tasks.config.team import team_command, team_files

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firsttry_tasks.config.environments.needs import Words

#: How Python names a module that it did not find, up to the first dot.
NO_MODULE = re.compile(r"No module named '(\w+)")
#: How pytest names options that no plugin here has, and the one by which Django is set up.
NO_OPTION = re.compile(r"unrecognized arguments: (-[^\n]*)")
DJANGO_OPTION = "--ds="
#: What Django says that was not told where its settings are.
DJANGO = re.compile(r"DJANGO_SETTINGS_MODULE|settings are not configured|AppRegistryNotReady")
#: Where the settings say how pytest is called.
SETTING = "[tool.firsttry.pytest]"


def remedy(root: Path, top: Path, told: str, python: str) -> str:
    """Return a sentence for what pytest ``told``, "" where nothing is known that helps."""
    option = NO_OPTION.search(told)
    missing = next(iter(NO_MODULE.findall(told)), "")
    around = choose.environments(root, top)
    if option:
        name = "pytest-django" if DJANGO_OPTION in option[1] else "a plugin that the tests need"
        return f"pytest has no option {option[1].split()[0]} here: {name} is not installed" + _get(
            choose.of_tool(around, "pytest", python)
        )
    if missing:
        found = choose.of_tool(around, "pytest", python)
        own = ", the project's own package," if _own(root, missing) else ""
        return f"{missing}{own} is not installed where the tests run" + _get(found)
    by = _by(root, top, around)
    if DJANGO.search(told):
        return (
            f"Django was not told its settings{by}. Where that is a module, name it:"
            f' {SETTING} args = ["{DJANGO_OPTION}MODULE"], with pytest-django installed;'
            " where a script configures them itself, do the same in a conftest.py"
        )
    if by:
        return (
            f"no test could begin{by}. What that sets up, pytest needs as well: in a conftest.py,"
            f" or as variables before {SETTING} command"
        )
    return ""


def _own(root: Path, name: str) -> bool:
    return (root / name).is_dir() or (root / f"{name}.py").is_file()


def _get(found: Environment | None) -> str:
    if found is None:
        return "; ft init --dry-run shows how the project is installed"
    return (
        f". {found} gets what they need by: python -m pip install {shlex.join(found.needs.words)}"
    )


def _by(root: Path, top: Path, around: tuple[Environment, ...]) -> str:
    """Return how the team runs the tests, where that is not by pytest."""
    ways = ((it, words) for it in around for words in it.runs if calls(words, "pytest"))
    found = next(ways, None) or next(_others(root, top), None)
    if found is None or team_command.call_in(found[1], "pytest"):
        return ""
    return f"; the project runs its tests by `{shlex.join(found[1])}` ({found[0]})"


def _others(root: Path, top: Path) -> Iterator[tuple[str, Words]]:
    """Yield the commands of other files, such as a Makefile, that run the tests."""
    for place, lines in team_files.commands(root, top, ("test",)):
        for line in lines:
            if calls(line.words, "pytest"):
                yield place.relative_to(top).as_posix(), line.words
