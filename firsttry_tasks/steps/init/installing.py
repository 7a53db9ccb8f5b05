"""Says by which commands an environment gets the project, and what its tests and tools need."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config.environments import brought, choose
from firsttry_tasks.config.environments.needs import Needs, joined, normal
from firsttry_tasks.config.team import requirements
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.system import disk, machine

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from firsttry_tasks.config.environments.environment import Environment

#: Files of a project that say by what it is installed, the surest first.
MANAGERS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm", "Pipfile.lock": "pipenv"}
#: How each of them makes the whole environment.
SYNC = {
    "uv": "uv sync --all-groups --all-extras",
    "poetry": "poetry install --all-extras",
    "pdm": "pdm install -G :all",
    "pipenv": "pipenv install --dev",
}
#: Names of groups, extras and files of requirements that hold what tests need.
FOR_TESTS = re.compile(r"(?:^|[-_./])(?:dev|develop|development|tests?|testing)(?:$|[-_./])")
#: The first pip that knows dependency groups; images of Python come with older ones.
PIP = "pip>=25.1"
#: What a tool judges by the packages that are installed beside it. The others read one file each.
JUDGES_PACKAGES = frozenset({"mypy"})


class Plan(Struct, frozen=True, kw_only=True):
    """How an environment is made: the commands, what said so, and the names of what they bring.

    ``text`` is what a lock holds, where the names are not known one by one.
    """

    commands: tuple[str, ...]
    place: str
    names: frozenset[str] = frozenset()
    text: str = ""

    def brings(self, name: str) -> bool:
        """Tell whether a distribution comes with it."""
        said = re.search(rf"(?<![\w-]){re.escape(name)}(?![\w-])", self.text)
        return normal(name) in self.names or bool(said)


def manager(root: Path) -> str:
    """Return what manages the environment, by the lock that is there; pip where none is."""
    return next((name for file, name in MANAGERS.items() if (root / file).exists()), "pip")


def plan(
    root: Path, paths: tuple[str, ...], around: tuple[Environment, ...], by: str, python: str
) -> Plan:
    """Return how an environment gets the project, and what its tests need.

    A lock comes first. Then it is as in the environment in which the team runs its tests; and where
    none is found, files, groups and extras are taken that have a name for it.
    """
    if by in SYNC:
        lock = next(it for it, name in MANAGERS.items() if name == by)
        return Plan(commands=(SYNC[by],), place=lock, text=_text(root / lock))
    found = choose.of_tool(around, "pytest", python)
    if found:
        return _plan(root, _there(root, found.needs), str(found))
    installable = "pyproject.toml" in paths or "setup.py" in paths
    files = [it for it in paths if it.endswith(".txt") and "require" in it and FOR_TESTS.search(it)]
    if files or "requirements.txt" in paths:
        place = min(files, key=len) if files else "requirements.txt"
        return _plan(root, Needs(project=installable, files=(place,)), place)
    groups = _for_tests(_groups(root))
    if groups:
        needs = Needs(project=installable, groups=groups)
        return _plan(root, needs, "the dependency groups of pyproject.toml")
    extras = _for_tests(brought.extras(root))
    if extras:
        return _plan(root, Needs(project=True, extras=extras), "the project's extras")
    needs = Needs(project=installable, requirements=("pytest",))
    return _plan(root, needs, "nothing that says what tests need")


def besides(root: Path, plan: Plan, tool: str, version: str, own: Needs) -> Needs:
    """Return what a tool needs to be there, and what it finds installed where the team calls it.

    That is what the environment of its ``own`` brings. What comes with the plan already, or in a
    version that FirstTry does not work with, is not asked for a second time.
    """
    beside = own if tool in JUDGES_PACKAGES else Needs()
    more = _new(root, beside, plan, tool)
    pinned = f"{tool}=={version}" if version and works(tool, version) else ""
    there = plan.brings(tool) or (not pinned and normal(tool) in brought.names(root, more))
    return joined((Needs(requirements=() if there else (pinned or tool,)), more))


def _new(root: Path, needs: Needs, plan: Plan, tool: str) -> Needs:
    """Return what is needed without the groups, extras and files of which all is there."""

    def new(one: Needs) -> bool:
        return any(not plan.brings(it) for it in brought.names(root, one))

    return Needs(
        extras=tuple(it for it in needs.extras if new(Needs(extras=(it,)))),
        groups=tuple(it for it in needs.groups if new(Needs(groups=(it,)))),
        files=tuple(it for it in needs.files if new(Needs(files=(it,)))),
        requirements=tuple(
            it for it in needs.requirements if normal(it) != tool and not plan.brings(normal(it))
        ),
    )


def works(tool: str, version: str) -> bool:
    """Tell whether FirstTry works with a version of a tool."""
    return requirements.fits(version, taken(tool))


def taken(tool: str) -> str:
    """Return which versions of a tool FirstTry works with."""
    return machine.requirement(requirements.OWN, tool)


def _there(root: Path, needs: Needs) -> Needs:
    """Return what is needed without the files that only a run of CI makes."""
    from msgspec.structs import replace

    files, limits = (
        tuple(it for it in names if (root / it).is_file())
        for names in (needs.files, needs.constraints)
    )
    return replace(needs, files=files, constraints=limits)


def _plan(root: Path, needs: Needs, place: str) -> Plan:
    """Return one command of pip's, which sees all of it at once, and what it brings."""
    words = shlex.join(needs.words)
    first = (f"python -m pip install {shlex.quote(PIP)}",) if needs.groups else ()
    commands = (*first, f"python -m pip install {words}")
    return Plan(commands=commands, place=place, names=brought.names(root, needs))


def _for_tests(names: Iterable[str]) -> tuple[str, ...]:
    """Return the groups or extras that by their names hold what tests need."""
    return tuple(it for it in names if FOR_TESTS.search(it))


def _groups(root: Path) -> dict[str, object]:
    data = disk.read(root / "pyproject.toml") or b""
    try:
        table = decoding.toml(data).get("dependency-groups")
    except decoding.UndecodableError as error:
        raise UsageError(f"pyproject.toml can't be read: {error}.") from error
    return table if isinstance(table, dict) else {}


def _text(file: Path) -> str:
    return (disk.read(file) or b"").decode("utf-8", "replace")
