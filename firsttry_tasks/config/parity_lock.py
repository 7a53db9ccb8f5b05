"""Reads and makes the parity lock: versions, arguments and thresholds that CI and laptops share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.values import SCHEMA_VERSION
from firsttry_tasks.system import disk, machine

if TYPE_CHECKING:
    from collections.abc import Collection
    from configparser import RawConfigParser
    from pathlib import Path

FILE = "ci/parity.lock.json"
#: The tools whose versions decide a verdict; diff-cover only divides what coverage counted.
TOOLS = ("ruff", "mypy", "pytest", "pytest-testmon")
#: Configuration that can change a verdict: whole files, and sections of shared ones. Only these
#: sections are digested, since a new line for another tool in setup.cfg changes no verdict.
TOML_FILES = ("ruff.toml", ".ruff.toml", "pytest.toml", ".pytest.toml")
INI_FILES = {
    "mypy.ini": ("",),
    ".mypy.ini": ("",),
    "pytest.ini": ("",),
    ".pytest.ini": ("",),
    ".coveragerc": ("",),
    "setup.cfg": ("mypy", "tool:pytest", "coverage:"),
    "tox.ini": ("pytest", "coverage:"),
}
#: The highest number of days, minutes, runs or tests that a rule may ask for, and of seconds (a
#: year) for a tool. Dates and clocks can't be counted on without an end.
MOST, LONGEST = 100_000, 31_536_000
#: Whole numbers stay whole, so that writing a lock anew changes no line that means the same.
Seconds = Annotated[int, Meta(gt=0, le=LONGEST)] | Annotated[float, Meta(gt=0, le=LONGEST)]
Minutes = Annotated[int, Meta(ge=0, le=MOST)] | Annotated[float, Meta(ge=0, le=MOST)]
TABLES = ("ruff", "mypy", "pytest", "coverage", "firsttry")


class Tool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tool: its version, arguments added to its command line, its time limit in seconds."""

    version: str = ""
    args: tuple[str, ...] = ()
    #: Half an hour ends what hangs before a CI job's own limit (six hours on GitHub) does. A
    #: judgement; slow projects raise it.
    timeout: Seconds = 1800


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits: ``diff_cover`` in percent of changed lines, ``flaky`` in listed tests."""

    diff_cover: float | None = None
    #: Only a warning hangs on it, so the number is a judgement: more are too many to know by name.
    flaky: Annotated[int, Meta(ge=0, le=MOST)] = 50


class Confirm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a difference between the stages is looked into.

    ``reruns`` is how often a test is run again in each way, ``minutes`` how long all reruns may
    take. 0 of either leaves the verdict as the two reports give it. ``share`` is the fraction of
    all tests that must differ at once before the machine is blamed and not the tests.
    """

    # Three reruns and five minutes are judgements: each rerun delays a verdict that people wait
    # for, and a test that fails rarely is caught by the flaky memory over many runs anyway. 0.8 is
    # the share of failures above which Trunk, a service for flaky tests, ignores a run.

    reruns: Annotated[int, Meta(ge=0, le=MOST)] = 3
    minutes: Minutes = 5
    share: Annotated[float, Meta(gt=0, le=1)] = 0.8


class FlakyRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How tests move through the flaky list.

    ``reruns`` is how often a listed test that fails is run again. After ``days`` on the list its
    failures block again. After ``probation`` passes in a row it is on probation, after ``forget``
    it leaves the list. It is broken after ``broken`` sightings in a row in which every run failed.
    """

    # 14 days is the window that Harness (a CI service) uses too. The other numbers are judgements:
    # 20 passes in a row leave at most a rate of 14 % likely (95 %), 60 passes one of 5 %.

    reruns: Annotated[int, Meta(ge=0, le=MOST)] = 3
    days: Annotated[int, Meta(ge=1, le=MOST)] = 14
    probation: Annotated[int, Meta(ge=1, le=MOST)] = 20
    forget: Annotated[int, Meta(ge=1, le=MOST)] = 60
    broken: Annotated[int, Meta(ge=1, le=MOST)] = 3


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``ci/parity.lock.json``; where there is no such file, these defaults are in force."""

    schema_version: int = SCHEMA_VERSION
    python: str = ""
    environment: dict[str, str] = {}
    tools: dict[str, Tool] = {}
    thresholds: Thresholds = Thresholds()
    confirm: Confirm = Confirm()
    flaky: FlakyRules = FlakyRules()
    coverage: bool = False
    config: dict[str, str] = {}

    def tool(self, name: str) -> Tool:
        """Return the tool's entry, or the defaults."""
        return self.tools.get(name, Tool())


class Mismatch(Struct, frozen=True, kw_only=True):
    """One difference between the lock and this environment, and the command that mends it."""

    name: str
    locked: str
    now: str
    mend: str

    def __str__(self) -> str:
        """Return the sentence with both values and what mends it."""
        return f"{self.name} is {self.now}, the parity lock says {self.locked}; {self.mend}"


def read(root: Path) -> tuple[Lock, str]:
    """Return the lock and the sha256 of its file (of no bytes, where there is none).

    Raises UsageError where the file can't be read or is of a newer FirstTry.
    """
    data = disk.read(root / FILE) or b""
    try:
        lock = decoding.json(data, Lock) if data else Lock()
    except decoding.UndecodableError as error:
        raise UsageError(f"{FILE}: {error}. Write it anew with: ft lock") from error
    # An older schema can be read; a newer one may mean something else by the same words.
    if lock.schema_version > SCHEMA_VERSION:
        raise UsageError(
            f"{FILE} has schema {lock.schema_version}, this FirstTry knows {SCHEMA_VERSION}; "
            "upgrade firsttry-tasks"
        )
    return lock, disk.digest(data)


def current(root: Path, old: Lock, unused: Collection[str] = ()) -> Lock:
    """Return the lock that describes this environment.

    Arguments, time limits, thresholds and rules, which people choose, are taken from ``old``. Of
    ``unused`` tools, whose gates are off, no version is kept.
    """
    versions = {name: it for name, it in machine.installed().items() if name not in unused}
    found = {
        name: msgspec.structs.replace(old.tool(name), version=versions.get(name, ""))
        for name in TOOLS
    }
    tools = {name: it for name, it in found.items() if name not in unused or it != Tool()}
    return msgspec.structs.replace(
        old,
        schema_version=SCHEMA_VERSION,
        python=_minor(machine.python()),
        # Both decide outcomes of tests and differ between machines: the order of sets, and dates.
        environment=old.environment or {"PYTHONHASHSEED": "0", "TZ": "UTC"},
        tools=tools,
        config=configuration(root),
    )


def mismatches(locked: Lock, now: Lock, unused: Collection[str] = ()) -> tuple[Mismatch, ...]:
    """Return what differs between the lock and this environment, with both values.

    The versions of ``unused`` tools may differ.
    """
    differing = []
    relock = "if that is meant, run: ft lock"
    if locked.python and locked.python != now.python:
        mend = f"use Python {locked.python.split()[-1]}, or {relock}"
        differing.append(Mismatch(name="Python", locked=locked.python, now=now.python, mend=mend))
    for name, tool in sorted(locked.tools.items()):
        have = now.tool(name).version
        # A tool that serves no gate decides nothing.
        if name not in unused and tool.version and tool.version != have:
            mend = f"run: python -m pip install {name}=={tool.version}"
            was = have or "not installed"
            differing.append(Mismatch(name=name, locked=tool.version, now=was, mend=mend))
    # A lock that was written by hand, with thresholds alone, says nothing about configuration.
    if locked.config or locked.tools:
        names = sorted(locked.config.keys() | now.config.keys())
        for name in names:
            was, have = (side.config.get(name, "absent") for side in (locked, now))
            if was != have:
                pair = {"locked": was[:12], "now": have[:12]}
                differing.append(Mismatch(name=name, **pair, mend=relock))
    return tuple(differing)


def _minor(version: str) -> str:
    # A micro release of Python changes no verdict as a rule, and laptops and CI get them at
    # different times.
    return ".".join(version.split(".")[:2])


def configuration(root: Path) -> dict[str, str]:
    """Return ``place -> sha256`` of every file or section that configures a gate."""
    # Of the parsed options, so that a comment or another layout of the file is no mismatch.
    return {
        place: disk.digest(msgspec.json.encode(options, order="sorted"))
        for place, options in sections(root).items()
        if options
    }


def sections(root: Path) -> dict[str, dict[str, object]]:
    """Return ``place -> options`` of every file or section that configures a gate.

    A place is a file, or a file and a section: ``pyproject.toml [tool.mypy]``. An empty one is
    there, too: a tool takes it for its configuration, and looks no further. UsageError where
    pyproject.toml can't be read; what is wrong with another file, the tools that read it will say.
    """
    found: dict[str, dict[str, object]] = {}
    for name in TOML_FILES:
        if not (root / name).exists():
            continue
        try:
            found[name] = _toml(root / name)
        except UsageError:
            found |= _unread(root / name, ("",))
    tool = _toml(root / "pyproject.toml").get("tool", {})
    if isinstance(tool, dict):
        found |= {f"pyproject.toml [tool.{name}]": tool[name] for name in TABLES if name in tool}
    for name, starts in INI_FILES.items():
        found |= _ini_sections(root / name, starts)
    return found


def option_names(root: Path) -> dict[str, tuple[str, ...]]:
    """Return the names of the options that are set at each place."""
    return {place: tuple(options) for place, options in sections(root).items()}


def _ini_sections(file: Path, starts: tuple[str, ...]) -> dict[str, dict[str, object]]:
    try:
        parser = ini(file.name, disk.read(file) or b"")
    except UsageError:
        return _unread(file, starts)
    names = [name for name in parser.sections() if name.startswith(starts)]
    return {f"{file.name} [{name}]": dict(parser[name]) for name in names}


def _unread(file: Path, starts: tuple[str, ...]) -> dict[str, dict[str, object]]:
    """Return each section that the file may have, as one that its bytes alone tell apart."""
    # pytest never looks at tox.ini where pyproject.toml configures it: no reason to stop here.
    held: dict[str, object] = {"unreadable": disk.digest(disk.read(file) or b"")}
    return {f"{file.name} [{name}]": held for name in starts}


def _toml(file: Path) -> dict[str, object]:
    try:
        return decoding.toml(disk.read(file) or b"")
    except decoding.UndecodableError as error:
        raise UsageError(f"{file.name} can't be read: {error}.") from error


def ini(name: str, text: str | bytes) -> RawConfigParser:
    """Return the parsed text of an ini file; UsageError, with its name, where it can't be read."""
    from configparser import Error, RawConfigParser

    # Raw and lenient, as the tools read theirs: "%" is no interpolation, options may come twice.
    parser = RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string(text if isinstance(text, str) else text.decode("utf-8"))
    # AttributeError: before Python 3.13 the parser ends so where a line goes on that has no value.
    except (Error, UnicodeDecodeError, AttributeError) as error:
        raise UsageError(f"{name} can't be read: {error}.") from error
    return parser
