"""Tells whether a project uses ruff and mypy, and what shows it."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config import parity_lock, project_layout
from firsttry_tasks.config.settings import GateSettings
from firsttry_tasks.config.team import pre_commit, requirements, team_command, team_files
from firsttry_tasks.config.team.tool_options import PLACES
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk, git

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.config.settings import Settings

#: Options of ruff that `ruff format` goes by, too: alone they don't say that anybody lints.
SHARED = frozenset(
    {
        *("format", "line-length", "indent-width", "target-version", "exclude", "extend-exclude"),
        *("src", "include", "extend-include", "preview", "cache-dir", "required-version"),
        *("respect-gitignore", "force-exclude", "extend"),
    }
)


#: The files that may configure a tool.
CONFIGURING = (*parity_lock.TOML_FILES, *parity_lock.INI_FILES)


class Use(Struct, frozen=True, kw_only=True):
    """Whether a gate is on, and the words that say why."""

    on: bool
    why: str


class Known(Struct, frozen=True, kw_only=True):
    """What was found, and the stamps of the files in which it was looked for."""

    stamps: dict[str, tuple[int, ...]]
    uses: dict[str, Use]


def stamps(root: Path, top: Path) -> dict[str, tuple[int, ...]]:
    """Return the stamps of all files that say how tools are used."""
    members = project_layout.members(root, disk.read(root / "pyproject.toml") or b"")
    files = (
        *(folder / it for folder in (root, *members) for it in CONFIGURING),
        *(*team_files.places(root, top), *requirements.places(root, top)),
        *(it for member in members for it in team_files.places(member, member)),
        *(top / pre_commit.FILE, *root.glob("packages/*/pyproject.toml")),
        *root.glob("*/pyproject.toml"),
    )
    return {str(file): found for file in files if (found := _stamp(file))}


def _stamp(file: Path) -> tuple[int, ...]:
    try:
        seen = file.stat()
    except OSError:
        return ()
    # ctime can't be set back, as mtime can.
    return (seen.st_ino, seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns)


def known_or_found(root: Path, settings: Settings, known: Known | None) -> dict[str, Use]:
    """Return what is known of the gates where its files are as they were, else what is found."""
    try:
        top = git.top(root)
    except FirstTryError:
        # The look at the tree will say that this is no repository; the graph is made all the same.
        top = root
    return known.uses if known and known.stamps == stamps(root, top) else gates(root, top, settings)


def gates(root: Path, top: Path, settings: Settings) -> dict[str, Use]:
    """Return, for each usual gate, whether it is on, and why."""
    owns = dict(_own(settings))
    found = {tool: find(root, top, tool, own) for tool, own in owns.items()}
    found |= {
        tool: Use(on=True, why=why)
        for tool in found
        if not found[tool].on and (why := _left_on(root, top, tool, owns))
    }
    on = settings.pytest.enabled is not False
    why = "" if on else "[tool.firsttry.pytest] enabled = false"
    return {**found, "tests": Use(on=on, why=why)}


def _left_on(root: Path, top: Path, tool: str, owns: dict[str, GateSettings]) -> str:
    """Return why a tool is on that nothing names: another one that nothing names is put off.

    Who switches off what would be off takes it that gates are on until they are switched off.
    """
    # A gate that the project's files do name is put off for what it finds, which says no more.
    off = (
        it
        for it, own in owns.items()
        if own.enabled is False and not find(root, top, it, GateSettings()).on
    )
    other = next(off, "") if owns[tool] == GateSettings() else ""
    if not other:
        return ""
    return (
        f"[tool.firsttry.{other}] switches off {other} alone, which nothing names;"
        f" to switch {tool} off: [tool.firsttry.{tool}] enabled = false"
    )


def _own(settings: Settings) -> tuple[tuple[str, GateSettings], ...]:
    return (("ruff", settings.ruff), ("mypy", settings.mypy))


def find(root: Path, top: Path, tool: str, own: GateSettings) -> Use:
    """Return whether the project uses a tool; its ``own`` settings have the first word."""
    if own.enabled is not None or own.args:
        key = "args are set" if own.enabled is None else f"enabled = {str(own.enabled).lower()}"
        return Use(on=own.enabled is not False, why=f"[tool.firsttry.{tool}] {key}")
    called = team_command.find(root, top, tool).place
    # What another version finds in a project that holds to that one is news to its team.
    strange = requirements.strange(root, top, tool) if called == pre_commit.FILE else ""
    if strange:
        return Use(on=False, why=strange)
    configured = _configured(root, tool)
    if configured:
        return Use(on=True, why=configured)
    if called:
        return Use(on=True, why=f"{called} calls it")
    return _by_requirement(root, top, tool)


def _by_requirement(root: Path, top: Path, tool: str) -> Use:
    """Judge by a requirement alone, where it is not plain that what is required is not called."""
    required = requirements.place(root, tool)
    if not required:
        why = "no configuration, hook, requirement or command of this project names it"
        return Use(on=False, why=why)
    # Who lints with one tool in CI, and has another one installed, does not hold to that.
    other = next(
        (p for it in PLACES if it != tool and (p := team_command.find(root, top, it).place)), ""
    )
    if other:
        return Use(on=False, why=f"{required} requires it, but nothing calls it ({other} lints)")
    return Use(on=True, why=f"{required} requires it")


def _configured(root: Path, tool: str) -> str:
    """Return the place that configures a tool, "" where none does."""
    for place, options in parity_lock.sections(root).items():
        if place.startswith(PLACES[tool]) and not (
            tool == "ruff" and options.keys() <= SHARED and _formats_only(root)
        ):
            return place
    data = disk.read(root / "pyproject.toml") or b""
    for member in project_layout.members(root, data):
        if place := team_command.configured(member, tool):
            return f"{member.relative_to(root).as_posix()}/{place}"
    return ""


def _formats_only(root: Path) -> bool:
    """Tell whether the team's files call ``ruff format`` and never ``ruff check``."""
    found = {
        after
        for _, lines in team_files.commands(root, root, ("ruff",))
        for line in lines
        for it, after in pairwise(line.words)
        if it.rpartition("/")[2] == "ruff"
    }
    return "format" in found and "check" not in found
