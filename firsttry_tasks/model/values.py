"""The values that folders hand to each other: frozen, and checked when they are decoded."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

Stage = Literal["warm", "full"]
STAGES: tuple[Stage, ...] = ("warm", "full")

#: ``error``: a gate could not do its work, so that nothing is known.
Status = Literal["green", "red", "error", "off"]
#: The result of comparing the two stages.
VerdictName = Literal["success", "escape", "flaky", "red", "incomparable", "infrastructure"]

#: The cause of a difference between the stages, once it was looked into.
DivergenceKind = Literal[
    "selection gap",
    "stale gate cache",
    "flaky",
    "order-dependent",
    "environment",
    "infrastructure",
    "unconfirmed",
]

#: Why selection left a test out that had to run: what was not recorded of it, or what misled it.
Missed = Literal["data file", "listing", "looked-for file", "code", "import time", "configuration"]
Misled = Literal["inert setting", "recorded", "stale db", "foreign golden cache"]
EscapeReason = Literal[Missed, Misled, "out of sight", "never recorded"]

SCHEMA_VERSION = 1
PLAN = "FIRSTTRY_PLAN"  # the path of pytest's plan; workers of pytest-xdist inherit it


class Command(Struct, frozen=True, kw_only=True):
    """A process to start. ``timeout`` is in seconds; ``env`` is the whole environment."""

    argv: tuple[str, ...]
    cwd: str
    env: dict[str, str]
    timeout: float | None = None


class Completed(Struct, frozen=True, kw_only=True):
    """A process that ended. ``code`` is negative for a signal, as in ``subprocess``."""

    argv: tuple[str, ...]
    code: int
    out: str
    err: str
    seconds: float
    timed_out: bool = False


class Finding(Struct, frozen=True, kw_only=True):
    """One thing that a gate reports; findings with equal ids are the same finding."""

    id: str
    gate: str
    tool: str
    rule: str
    message: str
    path: str | None = None
    line: int | None = None
    column: int | None = None
    nodeid: str | None = None
    detail: str = ""


class Counts(Struct, frozen=True, kw_only=True):
    """How many tests had each outcome, ``other`` ones of plugins; ``total`` None if not known."""

    selected: int = 0
    total: int | None = None
    passed: int = 0
    failed: int = 0
    skipped: int = 0
    xfailed: int = 0
    xpassed: int = 0
    other: dict[str, int] = {}


class Selection(Struct, frozen=True, kw_only=True):
    """The tests a warm run chooses, each with its why.

    ``why`` maps a node id to its reason; ``files`` a path in which tests may have appeared to its.
    ``everything`` holds the reasons to run all tests. ``skip_tests`` are the known tests that
    nothing affects, ``skip_files`` the known test files that hold only such: a test that is in
    neither is unknown, and runs. ``total`` counts the known tests that the own options don't drop.
    """

    why: dict[str, str] = {}
    files: dict[str, str] = {}
    everything: tuple[str, ...] = ()
    skip_tests: frozenset[str] = frozenset()
    skip_files: frozenset[str] = frozenset()
    total: int = 0

    @property
    def empty(self) -> bool:
        """Tell whether there is nothing to run."""
        return not (self.why or self.files or self.everything)


class TestsPlan(Struct, frozen=True, kw_only=True):
    """What FirstTry's pytest plugin is told: where to write, and what need not run.

    ``skip_tests`` node ids are deselected and ``skip_files`` files not collected; ``only`` (node
    ids), where it is not empty, is all that runs, and ``order`` says in which order. ``why`` has
    the reasons known before collection. ``records`` is the folder for what is learned of the
    project at ``root``, "" to learn nothing. ``data`` are the folders of files that are no code, ""
    for the root; ``key`` is the key's file. ``serial``: in one process; ``collect``: run nothing,
    and tell what binds tests: marks, say, or ``shared_fixtures``.
    """

    __test__ = False  # pytest would take a class of this name for tests

    events: str
    skip_tests: frozenset[str] = frozenset()
    skip_files: frozenset[str] = frozenset()
    only: frozenset[str] = frozenset()
    why: dict[str, str] = {}
    default_reason: str = "everything runs"
    order: tuple[str, ...] = ()
    root: str = ""
    records: str = ""
    data: tuple[str, ...] = ()
    key: str = ""
    smoke: str | None = None
    serial: bool = False
    collect: bool = False
    shared_fixtures: tuple[str, ...] = ()


class Retried(Struct, frozen=True, kw_only=True):
    """A known flaky test that failed and was run again: all its runs, and those that failed."""

    nodeid: str
    runs: int
    failures: int
    message: str = ""


class TestsDetail(Struct, frozen=True, kw_only=True):
    """The part of a result that only the tests gate has.

    ``durations`` maps each test that ran to its seconds, in the order in which they ran.
    """

    __test__ = False

    counts: Counts
    mode: Literal["selected", "smoke", "everything", "none"]
    why: dict[str, str] = {}
    notes: tuple[str, ...] = ()
    durations: dict[str, float] = {}
    skipped: tuple[str, ...] = ()
    retried: tuple[Retried, ...] = ()


class GateResult(Struct, frozen=True, kw_only=True):
    """What one gate found in one stage.

    ``key`` is the digest of all that the result depends on; it is valid while that is the same.
    ``touched_during_run`` (``moved`` in the file) names files that were written while the gate ran,
    ``changed_during_run`` (``edited``) those whose content differed afterwards: such a result is
    shown and not kept. ``run`` made it; ``known`` findings are in the baseline. ``began`` is when,
    in seconds since 1970; 0 where that was not noted.
    """

    gate: str
    stage: Stage
    status: Status
    key: str
    run: str
    seconds: float
    began: float = 0.0
    why: tuple[str, ...] = ()
    message: str = ""
    version: str = ""
    argv: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    known: int = 0
    touched_during_run: tuple[str, ...] = field(default=(), name="moved")
    changed_during_run: tuple[str, ...] = field(default=(), name="edited")
    tests: TestsDetail | None = None


class GateReport(Struct, frozen=True, kw_only=True):
    """A gate's line in a report: its result, and whether this run did the work."""

    result: GateResult
    cached: bool


class Report(Struct, frozen=True, kw_only=True):
    """What one stage found; ``before``: how failed tests ended where this change was not yet."""

    schema_version: int = SCHEMA_VERSION
    stage: Stage
    status: Literal["green", "red", "error"]
    fingerprint: str
    tree: str
    head: str
    run: str
    created: str
    seconds: float
    environment: dict[str, str]
    gates: tuple[GateReport, ...]
    failures: tuple[Finding, ...]
    before: dict[str, str] = {}
    warnings: tuple[str, ...] = ()


class Rerun(Struct, frozen=True, kw_only=True):
    """One way in which something was run again, how often, and how often it failed."""

    way: str
    runs: int
    failures: int


class Divergence(Struct, frozen=True, kw_only=True):
    """One finding that only one stage had, and what looking into it showed.

    ``side`` is the stage that had it; ``selected`` tells whether warm ran the test; ``before``
    is the test that has to run before it to change its outcome; ``because`` says why selection
    left it out, ``reason`` the same in a word; ``mend`` is what a person can do, and ``depends``
    maps globs of files to globs of tests: as a setting, it would have selected the test.
    """

    finding: str
    gate: str
    side: Stage
    kind: DivergenceKind
    blocks: bool
    sentence: str
    nodeid: str | None = None
    selected: bool = False
    before: str = ""
    reruns: tuple[Rerun, ...] = ()
    because: str = ""
    reason: EscapeReason | None = None
    mend: str = ""
    depends: dict[str, str] = {}


class Divergences(Struct, frozen=True, kw_only=True):
    """``artifacts/divergence.json``: every difference between the stages, with its evidence.

    ``runs`` names the runs of the gates behind the two reports.
    """

    schema_version: int = SCHEMA_VERSION
    runs: str
    fingerprint: str
    seconds: float
    divergences: tuple[Divergence, ...]


class Verdict(Struct, frozen=True, kw_only=True):
    """What two reports say; ``unchecked`` gates did not run, ``known`` counts the baseline's."""

    schema_version: int = SCHEMA_VERSION
    name: VerdictName
    exit_code: int
    sentence: str
    fingerprint: str = ""
    unchecked: tuple[str, ...] = ()
    known: dict[str, int] = {}
    only_full: tuple[Finding, ...] = ()
    only_warm: tuple[Finding, ...] = ()
    both: int = 0
    beyond: int = 0
    divergences: tuple[Divergence, ...] = ()
    confirm_seconds: float = 0.0
    learned: tuple[str, ...] = ()
    saved_seconds: float | None = None


class Stored(Struct, frozen=True, kw_only=True):
    """A file in a store; ``modified`` is in seconds since 1970."""

    key: str
    size: int
    modified: float


class ToolResult(Struct, frozen=True, kw_only=True):
    """What a gate read in its tool's output; ``message`` explains the status ``error``."""

    status: Status
    findings: tuple[Finding, ...] = ()
    known: int = 0
    message: str = ""
    tests: TestsDetail | None = None
