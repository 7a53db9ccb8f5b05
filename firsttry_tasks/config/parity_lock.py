"""The parity lock: the tools, versions, arguments and thresholds that CI and laptops share."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import msgspec
from msgspec import Meta, Struct

from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.values import SCHEMA_VERSION
from firsttry_tasks.system import disk, machine

if TYPE_CHECKING:
    from configparser import RawConfigParser
    from pathlib import Path

FILE = "ci/parity.lock.json"
TOOLS = ("ruff", "mypy", "pytest", "pytest-testmon")
#: Configuration that can change a verdict: whole files, and sections of shared ones.
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
TABLES = ("ruff", "mypy", "pytest", "coverage", "firsttry")


class Tool(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One tool: its version, what is added to its command line, its time limit in seconds."""

    version: str = ""
    args: tuple[str, ...] = ()
    timeout: float = 1800


class Thresholds(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Limits: ``diff_cover`` in percent of changed lines, ``flaky`` in listed tests."""

    diff_cover: float | None = None
    flaky: int = 50


class Confirm(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a difference between the stages is looked into: reruns of each kind, and minutes in all.

    0 of either leaves the verdict as the two reports give it. ``share`` is the part of all tests
    that must differ before the machine is suspected rather than the tests.
    """

    reruns: Annotated[int, Meta(ge=0)] = 3
    minutes: Annotated[float, Meta(ge=0)] = 5
    share: Annotated[float, Meta(gt=0, le=1)] = 0.8


class FlakyRules(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How tests move through the flaky memory.

    ``reruns`` is how often a known flaky test that fails is run again; ``days`` until it blocks
    again; ``probation`` and ``forget`` are passes in a row; ``broken`` is how many times in a row
    every run of it must fail.
    """

    reruns: Annotated[int, Meta(ge=0)] = 3
    days: Annotated[int, Meta(ge=1)] = 14
    probation: Annotated[int, Meta(ge=1)] = 20
    forget: Annotated[int, Meta(ge=1)] = 60
    broken: Annotated[int, Meta(ge=1)] = 3


class Lock(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``ci/parity.lock.json``. Where the file is absent these defaults are in force."""

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
    """One thing that is not as the lock says, and the command that mends it."""

    name: str
    locked: str
    now: str
    mend: str

    def __str__(self) -> str:
        """Return the sentence with both values and what mends it."""
        return f"{self.name} is {self.now}, the parity lock says {self.locked}; {self.mend}"


def read(root: Path) -> tuple[Lock, str]:
    """Return the lock and the sha256 of its file (of nothing, where there is none)."""
    data = disk.read(root / FILE) or b""
    try:
        lock = msgspec.json.decode(data, type=Lock) if data else Lock()
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{FILE}: {error}. Write it anew with: doit lock") from error
    if lock.schema_version > SCHEMA_VERSION:
        raise UsageError(
            f"{FILE} has schema {lock.schema_version}, this FirstTry knows {SCHEMA_VERSION}; "
            "upgrade firsttry-tasks"
        )
    return lock, disk.digest(data)


def current(root: Path, old: Lock) -> Lock:
    """Return the lock that describes this environment; what people chose in ``old`` is kept."""
    versions = machine.installed()
    tools = {
        name: msgspec.structs.replace(old.tool(name), version=versions.get(name, ""))
        for name in TOOLS
    }
    return msgspec.structs.replace(
        old,
        schema_version=SCHEMA_VERSION,
        python=_minor(machine.python()),
        environment=old.environment or {"PYTHONHASHSEED": "0", "TZ": "UTC"},
        tools=tools,
        config=configuration(root),
    )


def mismatches(locked: Lock, now: Lock) -> tuple[Mismatch, ...]:
    """Return what differs between the lock and this environment, with both values."""
    found = []
    relock = "if that is meant, run: doit lock"
    if locked.python and locked.python != now.python:
        mend = f"use Python {locked.python.split()[-1]}, or {relock}"
        found.append(Mismatch(name="Python", locked=locked.python, now=now.python, mend=mend))
    for name, tool in sorted(locked.tools.items()):
        have = now.tool(name).version
        if tool.version and tool.version != have:
            mend = f"run: python -m pip install {name}=={tool.version}"
            was = have or "not installed"
            found.append(Mismatch(name=name, locked=tool.version, now=was, mend=mend))
    if locked.config or locked.tools:
        names = sorted(locked.config.keys() | now.config.keys())
        for name in names:
            was, have = (side.config.get(name, "absent") for side in (locked, now))
            if was != have:
                pair = {"locked": was[:12], "now": have[:12]}
                found.append(Mismatch(name=name, **pair, mend=relock))
    return tuple(found)


def _minor(version: str) -> str:
    return ".".join(version.split(".")[:2])


def configuration(root: Path) -> dict[str, str]:
    """Return ``place -> sha256`` of every file or section that configures a gate."""
    return {
        place: disk.digest(msgspec.json.encode(options, order="sorted"))
        for place, options in sections(root).items()
    }


def sections(root: Path) -> dict[str, dict[str, object]]:
    """Return ``place -> options`` of every file or section that configures a gate.

    A place is a file, or a file and a section: ``pyproject.toml [tool.mypy]``.
    """
    found = {name: _toml(root / name) for name in TOML_FILES}
    tool = _toml(root / "pyproject.toml").get("tool", {})
    if isinstance(tool, dict):
        found |= {f"pyproject.toml [tool.{name}]": tool.get(name, {}) for name in TABLES}
    for name, starts in INI_FILES.items():
        parser = _ini(root / name)
        for section in parser.sections():
            if section.startswith(starts):
                found[f"{name} [{section}]"] = dict(parser[section])
    return {place: options for place, options in found.items() if options}


def _toml(file: Path) -> dict[str, object]:
    import tomllib

    try:
        return tomllib.loads((disk.read(file) or b"").decode("utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise UsageError(f"{file.name} can't be read: {error}.") from error


def _ini(file: Path) -> RawConfigParser:
    from configparser import Error, RawConfigParser

    parser = RawConfigParser(strict=False, allow_no_value=True)
    try:
        parser.read_string((disk.read(file) or b"").decode("utf-8"))
    except (Error, UnicodeDecodeError) as error:
        raise UsageError(f"{file.name} can't be read: {error}.") from error
    return parser
