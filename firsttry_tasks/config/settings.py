"""Reads the settings from `[tool.firsttry]` and the environment, and notes where each is set."""

from __future__ import annotations

import os
import re
from typing import TYPE_CHECKING, Annotated, Literal

import msgspec
from msgspec import Meta, Struct

from firsttry_tasks.config import wrong_values
from firsttry_tasks.model import decoding, state_paths
from firsttry_tasks.model.errors import UsageError, nearest
from firsttry_tasks.model.refinements import REFINEMENTS, Refinement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

Origin = Literal["default", "pyproject.toml", "environment"]


#: The highest number of seconds, boxes or days: clocks and dates can't be counted on without an
#: end.
MOST = 100_000


class GateSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One gate's settings: on, off or as it is found, and arguments added to its command line."""

    enabled: bool | None = None
    args: tuple[str, ...] = ()


class PytestSettings(GateSettings, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The tests gate's settings; ``command`` is how the team calls pytest, "" to find it out."""

    command: str = ""


class NewTests(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A new test runs so often, within so many seconds for all, before it is believed."""

    runs: Annotated[int, Meta(ge=1, le=MOST)] = 1
    seconds: Annotated[float, Meta(ge=0, le=MOST)] = 30.0


class FlakySettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is done about tests that may be flaky."""

    new: NewTests = NewTests()


class PoolSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a cluster is used with.

    ``workers`` of this machine join it, one for each processor where that is None. ``ca``, ``cert``
    and ``key`` are the files of its certificates. After ``wait`` seconds without a worker the run
    goes on without the cluster, and after ``silence`` seconds a worker counts as lost.
    """

    # Judgements: nodes of Kubernetes and Slurm start within minutes; a worker tells twice a second
    # that it lives, and a machine that swaps may be late by some seconds.

    workers: Annotated[int, Meta(ge=0, le=MOST)] | None = None
    ca: str = ""
    cert: str = ""
    key: str = ""
    wait: Annotated[float, Meta(gt=0, le=MOST)] = 120.0
    silence: Annotated[float, Meta(ge=1, le=MOST)] = 30.0


class SelectionSettings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How tests are selected: ``without`` these refinements, more are selected."""

    without: tuple[Refinement, ...] = ()


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """`[tool.firsttry]`, every key optional.

    ``paths`` and ``tests`` are relative to the project; where they are empty, the project's layout
    decides. ``smoke`` is the mark of smoke tests, ``main`` the main branch. ``inert`` are globs of
    files that no test reads. ``depends`` maps globs of files to the tests (node ids, or globs of
    their files) that a change of such a file selects. Of the tests that use one of
    ``shared_fixtures`` all run, or none. ``store`` is where golden caches are kept, a
    folder or a URL: ``keep`` boxes stay there, none longer than ``max_age`` days, and a warm run
    spends at most ``store_seconds`` on looking there. With ``signers``, a file in the format of
    git's allowed_signers, only boxes that one of them signed are restored; ``signing_key`` is the
    key that publishing signs with. Where pytest-xdist is installed, a warm run starts no workers
    for tests that took less than ``parallel_seconds`` together. ``flaky`` says how often new tests
    run in a warm run. ``selection`` switches refinements off. ``cluster`` is where the tests run:
    "" for here, ``local``, or the address of a dask scheduler; ``pool`` says how it is used.
    """

    # Judgements: a store may cost a warm run a second, since the run itself takes seconds; 30 boxes
    # and 30 days cover branches that are some weeks behind; workers of pytest-xdist take seconds to
    # start, so that five seconds of tests are done sooner without them.

    paths: tuple[str, ...] = ()
    tests: tuple[str, ...] = ()
    smoke: str = "smoke"
    main: str = "main"
    inert: tuple[str, ...] = ()
    depends: dict[str, tuple[str, ...]] = {}
    shared_fixtures: tuple[str, ...] = ()
    store: str = state_paths.STORE
    store_seconds: Annotated[float, Meta(le=MOST)] = 1.0
    keep: Annotated[int, Meta(le=MOST)] = 30
    max_age: Annotated[int, Meta(le=MOST)] = 30
    signers: str = ""
    signing_key: str = ""
    parallel_seconds: float = 5.0
    flaky: FlakySettings = FlakySettings()
    cluster: str = ""
    pool: PoolSettings = PoolSettings()
    selection: SelectionSettings = SelectionSettings()
    ruff: GateSettings = GateSettings()
    mypy: GateSettings = GateSettings()
    pytest: PytestSettings = PytestSettings()


class LoadedSettings(Struct, frozen=True, kw_only=True):
    """The settings in force, and for each key where its value was set."""

    settings: Settings
    origin: dict[str, Origin]


#: Environment variables and the key that each overrides: only keys that one machine or one CI job
#: has reason to set otherwise. `inert` and `depends`, say, belong into a file that is reviewed.
ENVIRONMENT = {
    "FIRSTTRY_MAIN": "main",
    "FIRSTTRY_SMOKE": "smoke",
    "FIRSTTRY_STORE": "store",
    "FIRSTTRY_CLUSTER": "cluster",
    "FIRSTTRY_STORE_SECONDS": "store_seconds",
    "FIRSTTRY_SIGNING_KEY": "signing_key",
}


#: How msgspec tells of a key that a struct does not have, and in which table it was.
_UNKNOWN = re.compile(r"unknown field `(?P<key>[^`]*)`(?: - at `\$\.(?P<table>[\w.]+)`)?")


#: How it tells of a word that is none of those that may stand there.
_NO_WORD = re.compile(r"Invalid enum value '(?P<word>[^']*)'")


def read(root: Path, environ: Mapping[str, str] | None = None) -> LoadedSettings:
    """Return the settings: the environment overrides pyproject.toml, which overrides defaults.

    Raises UsageError with the place and the key where a key is unknown or a value is of a wrong
    type.
    """
    table = _table(root / "pyproject.toml")
    origin: dict[str, Origin] = dict.fromkeys(Settings.__struct_fields__, "default")
    origin |= dict.fromkeys(table, "pyproject.toml")
    given = _given(os.environ if environ is None else environ)
    origin |= dict.fromkeys(given, "environment")
    settings = _convert(table, "pyproject.toml, [tool.firsttry]", strict=True)
    # Not strict: a variable is always text, also where a number is meant.
    if given:
        over = _convert(given, "the environment (FIRSTTRY_...)", strict=False)
        chosen = {key: getattr(over, key) for key in given}
        settings = msgspec.structs.replace(settings, **chosen)
    return LoadedSettings(settings=settings, origin=origin)


def _table(file: Path) -> dict[str, object]:
    try:
        table = decoding.toml(file.read_bytes())
    except FileNotFoundError:
        return {}
    except (OSError, decoding.UndecodableError) as error:
        raise UsageError(f"{file.name} can't be read: {error}. Mend it and run again.") from error
    for name in ("tool", "tool.firsttry"):
        inner = table.get(name.rpartition(".")[2], {})
        if not isinstance(inner, dict):
            raise UsageError(f"{file.name}: [{name}] is a table, not {inner!r:.60}.")
        table = inner
    return table


def _given(environ: Mapping[str, str]) -> dict[str, str]:
    return {key: environ[name] for name, key in ENVIRONMENT.items() if name in environ}


def _convert(table: Mapping[str, object], where: str, *, strict: bool) -> Settings:
    try:
        with decoding.decoding():
            return msgspec.convert(table, Settings, strict=strict)
    except decoding.UndecodableError as error:
        said = wrong_values.sentence(str(error), table)
        raise UsageError(f"{where}: {said}{_meant(str(error))}") from error


def _meant(error: str) -> str:
    """Return the word that is nearest to one that is unknown, or all that are known there."""
    refinement = _NO_WORD.search(error)
    if refinement:
        near = nearest(refinement["word"], REFINEMENTS)
        return near or f" Known refinements: {', '.join(REFINEMENTS)}."
    unknown = _UNKNOWN.search(error)
    if unknown is None:
        return ""
    table: object = Settings()
    for name in (unknown["table"] or "").split("."):
        table = getattr(table, name, table)
    known: tuple[str, ...] = type(table).__struct_fields__  # type: ignore[attr-defined]
    return nearest(unknown["key"], known) or f" Known keys: {', '.join(known)}."
