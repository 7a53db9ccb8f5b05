"""What the page shows, as values: what ``ft report --json`` prints, and a row of each CSV."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct

from firsttry_tasks.model.values import Stage

SCHEMA_VERSION = 1
#: What is known of the cause of a failure.
Cause = Literal["missed", "this change", "known flaky", "red before", "untold"]


class Sum(Struct, frozen=True, kw_only=True):
    """A number of tests, and their seconds; None where nobody measured them."""

    tests: int = 0
    seconds: float | None = None


class Failure(Struct, frozen=True, kw_only=True):
    """A finding that turned a stage red; ``seen`` names the stages that saw it."""

    name: str
    gate: str
    rule: str
    message: str
    cause: Cause
    seen: str
    path: str = ""
    line: int | None = None
    why: str = ""
    detail: str = ""


class Difference(Struct, frozen=True, kw_only=True):
    """What only one stage saw; where it ``blocks`` and warm missed it, it is an escape.

    ``proof`` are the runs that were made to find the cause, ``depends`` the line of a setting that
    would have selected the test.
    """

    name: str
    gate: str
    side: Stage
    kind: str
    blocks: bool
    sentence: str
    reason: str = ""
    because: str = ""
    mend: str = ""
    depends: tuple[str, ...] = ()
    proof: tuple[str, ...] = ()


class Test(Struct, frozen=True, kw_only=True):
    """One test: how it ended, whether warm ran it, and why, or why not."""

    __test__ = False

    name: str
    outcome: Literal["passed", "failed", "skipped"]
    warm: Literal["ran", "stood", "not asked"]
    seconds: float
    flaky: bool
    why: str


class Fallback(Struct, frozen=True, kw_only=True):
    """A reason for which warm ran every test, and how often in the last ``DAYS`` days."""

    why: str
    runs: int
    last: str


class Sighting(Struct, frozen=True, kw_only=True):
    """What was seen of a flaky test at one time."""

    at: str
    runs: int
    failures: int


class Flake(Struct, frozen=True, kw_only=True):
    """A listed test: its failure rate lies, 95 % sure, between ``low`` and ``high``."""

    name: str
    state: str
    runs: int
    failures: int
    low: float
    high: float
    first: str
    last: str
    expires: str
    owner: str
    after: str
    history: tuple[Sighting, ...]


class Move(Struct, frozen=True, kw_only=True):
    """A test that came onto the flaky list or left it."""

    at: str
    name: str
    what: str


class Box(Struct, frozen=True, kw_only=True):
    """A golden cache; ``distance`` counts commits, None where it is of another history.

    ``misses`` says why it does not fit here, "" where it does.
    """

    commit: str
    hours: float
    bytes: int
    distance: int | None
    misses: str


class Gate(Struct, frozen=True, kw_only=True):
    """A gate of a stage: ``began`` seconds after the first one, None where it kept its result."""

    stage: Stage
    gate: str
    status: str
    seconds: float
    began: float | None
    cached: bool
    outcome: str
    why: str


class Shard(Struct, frozen=True, kw_only=True):
    """A shard's run of a stage's tests: ``began`` is in seconds after the first of them."""

    stage: Stage
    number: int
    of: int
    status: str
    tests: int
    seconds: float
    began: float


class Run(Struct, frozen=True, kw_only=True):
    """A parity run of the past."""

    at: str
    verdict: str
    warm: float
    full: float
    confirm: float
    selected: int
    total: int | None
    everything: bool
    flaky: int
    store: str
    store_hours: float | None


class Trust(Struct, frozen=True, kw_only=True):
    """How often warm was wrong, of all that compared, and how often it may be, 95 % sure."""

    runs: int = 0
    escapes: int = 0
    most: float = 1.0
    sentence: str = ""


class Page(Struct, frozen=True, kw_only=True):
    """Everything that ``ft report`` tells of the last run and of those before it.

    ``asked`` is what the last warm run said of the store, ``then`` the command to go on with, and
    ``learned`` are the tests that were put on the flaky list.
    """

    schema_version: int = SCHEMA_VERSION
    headline: str
    state: str
    sentence: str
    at: str
    commit: str
    stages: tuple[Stage, ...]
    trust: Trust
    total: int | None
    ran: Sum
    stood: Sum
    skipped: Sum
    warm_seconds: float | None
    full_seconds: float | None
    then: str = ""
    asked: str = ""
    warnings: tuple[str, ...] = ()
    learned: tuple[str, ...] = ()
    failures: tuple[Failure, ...] = ()
    differences: tuple[Difference, ...] = ()
    tests: tuple[Test, ...] = ()
    gates: tuple[Gate, ...] = ()
    shards: tuple[Shard, ...] = ()
    fallbacks: tuple[Fallback, ...] = ()
    flaky: tuple[Flake, ...] = ()
    moves: tuple[Move, ...] = ()
    boxes: tuple[Box, ...] = ()
    runs: tuple[Run, ...] = ()
