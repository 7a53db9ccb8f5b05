"""The tests gate: starts pytest with FirstTry's plugin, and reads the events that it writes.

pytest's terminal output is never parsed: other plugins and settings change it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.config import project_layout
from firsttry_tasks.model.values import Counts, Finding, Status, TestsDetail, ToolResult

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command, Completed

TOOL = "pytest"
PLUGIN = "firsttry_tasks.recorder.plugin"
#: The files and sections that pytest reads its configuration from.
PLACES = (
    "pytest.ini",
    ".pytest.ini",
    "pytest.toml",
    ".pytest.toml",
    "pyproject.toml [tool.pytest]",
    "tox.ini [pytest",
    "setup.cfg [tool:pytest",
)
#: pytest's exit codes: tests failed, interrupted (collection errors), nothing collected.
FAILED, INTERRUPTED, NOTHING = 1, 2, 5


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the plugin's stream; ``e`` is its kind, and says which other fields are set."""

    e: str
    id: str = ""
    outcome: str = ""
    seconds: float = 0.0
    when: str = ""
    message: str = ""
    detail: str = ""
    path: str | None = None
    line: int | None = None
    collected: int = 0
    why: dict[str, str] = {}
    deselected_by_project: tuple[str, ...] = ()
    smoke: tuple[str, ...] = ()
    text: str = ""
    code: int = 0


class PytestRun(Struct, frozen=True, kw_only=True):
    """What a whole stream of events says.

    ``why`` maps each selected test to its reason; ``running`` is the test that had begun and not
    ended, "" where none had; ``unran`` are selected tests without an end; ``finished`` tells
    whether pytest came to its end; ``total`` counts the tests that the project's options leave in.
    """

    counts: Counts
    findings: tuple[Finding, ...]
    why: dict[str, str] = {}
    deselected_by_project: tuple[str, ...] = ()
    smoke: tuple[str, ...] = ()
    skipped: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()
    durations: dict[str, float] = {}
    total: int | None = None
    running: str = ""
    unran: frozenset[str] = frozenset()
    finished: bool = False


def command(job: Job) -> Command:
    """Return pytest's command with FirstTry's plugin, which selects and records."""
    # testmon's hooks are off: where it is installed they would record, and deselect, a second time.
    head = (job.python, "-m", "pytest", "-p", PLUGIN, "-p", "no:testmon", f"--rootdir={job.root}")
    # --lf and its like read the cache of the last run: a full run must not see one.
    cold = ("-o", f"cache_dir={job.work}/pytest_cache")
    stage = cold if job.stage == "full" else ()
    cover = coverage_options(job)
    return job.start(TOOL, job.settings.pytest, (*head, *stage, *cover), targets(job))


def coverage_options(job: Job) -> tuple[str, ...]:
    """Return the options that turn pytest-cov on where the lock asks for it, and off elsewhere."""
    # Without pytest-cov, or where plugins don't load by themselves, its options are unknown words.
    if "pytest-cov" not in job.installed or job.env.get("PYTEST_DISABLE_PLUGIN_AUTOLOAD"):
        return ()
    if measures(job):
        sources = job.settings.paths or project_layout.sources(job.paths) or (".",)
        # Coverage takes folders and names of modules; a file's name would be a module "x.py".
        asked = tuple(f"--cov={source.removesuffix('.py')}" for source in sources)
        return (
            *asked,
            "--cov-report=",
            f"--cov-report=xml:{job.work}/coverage.xml",
            # The project's own limit is for its own runs; here the diff-cover gate judges.
            "--cov-fail-under=0",
        )
    # Options in the project's addopts may turn it on: it slows a run, and part of the tests measure
    # too little.
    return ("--no-cov",)


def measures(job: Job) -> bool:
    """Tell whether this run measures coverage: in full, where the lock asks for it."""
    wanted = job.lock.coverage or job.lock.thresholds.diff_cover is not None
    return job.stage == "full" and wanted


def targets(job: Job) -> tuple[str, ...]:
    """Return the paths pytest gets; none where its own configuration says where tests are."""
    folders = project_layout.tests(job.paths) if job.options(*PLACES) is None else ()
    return job.settings.tests or folders


def said(job: Job, done: Completed) -> ToolResult:
    """Return the result of a run; ``done.out`` must be the stream of events, not the output.

    The order of the questions matters: a run that was ended early has neither a finish nor an exit
    code that tells anything.
    """
    heard = hear(done.out.splitlines())
    findings, message = heard.findings, ""
    if done.timed_out:
        limit = job.lock.tool(TOOL).timeout
        message = f"pytest ran longer than {limit:g} s and was ended{_in(heard)}"
    elif not heard.finished:
        message = f"pytest died ({_code(done)}){_in(heard)}{_tail(done)}"
        findings += _crash(heard, message)
    elif done.code not in {0, FAILED, NOTHING} and not (done.code == INTERRUPTED and findings):
        message = f"pytest ended with exit code {done.code}{_tail(done)}"
    elif done.code == 0 and heard.unran:
        # pytest.exit(returncode=0) and --collect-only end with 0 without having run the tests:
        # taken for green, they would hide whatever those tests would have found.
        message = f"pytest ended early: {len(heard.unran)} of {len(heard.why)} tests did not run"
    # A plugin can turn the run red without a failed test, such as a limit on coverage.
    elif done.code == FAILED and not findings:
        findings = (_red(done),)
    status: Status = "error" if message else "red" if findings else "green"
    counts = msgspec.structs.replace(heard.counts, selected=len(heard.why), total=heard.total)
    detail = TestsDetail(
        counts=counts,
        mode="everything",
        why=heard.why,
        notes=heard.notes,
        durations=heard.durations,
        skipped=heard.skipped,
    )
    return ToolResult(status=status, findings=findings, message=message, tests=detail)


def hear(lines: Iterable[str]) -> PytestRun:
    """Read a stream of events up to its end or to the first line that was cut."""
    events = tuple(_events(lines))
    ends = [event for event in events if event.e == "end"]
    asked = [event for event in events if event.e == "collected"]
    broken = [event for event in events if event.e == "collect"]
    begun = [event.id for event in events if event.e == "start"]
    ended = {event.id for event in ends}
    return PytestRun(
        counts=_counts(ends),
        findings=(
            *map(_uncollected, broken),
            *(_failed(event) for event in ends if event.outcome in BAD),
        ),
        why=asked[-1].why if asked else {},
        deselected_by_project=asked[-1].deselected_by_project if asked else (),
        smoke=asked[-1].smoke if asked else (),
        skipped=tuple(event.id for event in ends if event.outcome == "skipped"),
        notes=tuple(event.text for event in events if event.e == "note"),
        durations={event.id: round(event.seconds, 6) for event in ends},
        total=asked[-1].collected - len(asked[-1].deselected_by_project) if asked else None,
        running=next((nodeid for nodeid in reversed(begun) if nodeid not in ended), ""),
        unran=frozenset(asked[-1].why if asked else ()) - ended,
        finished=any(event.e == "finish" for event in events),
    )


BAD = frozenset({"failed", "error"})


def _events(lines: Iterable[str]) -> Iterable[Event]:
    for line in lines:
        try:
            yield msgspec.json.decode(line, type=Event)
        except msgspec.DecodeError:
            # A kill or a full disk cut the line. What follows can't be trusted, and without the
            # finish event the run counts as died, so nothing is taken for green.
            return


def _counts(ends: Sequence[Event]) -> Counts:
    outcomes = [event.outcome for event in ends]
    return Counts(
        passed=outcomes.count("passed"),
        failed=sum(outcome in BAD for outcome in outcomes),
        skipped=outcomes.count("skipped"),
        xfailed=outcomes.count("xfailed"),
        xpassed=outcomes.count("xpassed"),
    )


def _failed(event: Event) -> Finding:
    rule = event.outcome if event.outcome == "failed" else f"error at {event.when}"
    return _finding(
        rule=rule,
        nodeid=event.id,
        message=event.message,
        detail=event.detail,
        path=event.path,
        line=event.line,
    )


def _uncollected(event: Event) -> Finding:
    path = event.id.partition("::")[0] or None
    return _finding(
        rule="collect",
        nodeid=event.id,
        message=event.message,
        detail=event.detail,
        path=path,
        line=1,
    )


def _red(done: Completed) -> Finding:
    message = f"no test failed, but pytest is red{_tail(done)}"
    return _finding(rule="exit", nodeid="", message=message)


def _crash(heard: PytestRun, message: str) -> tuple[Finding, ...]:
    if not heard.running:
        return ()
    path = heard.running.partition("::")[0]
    return (_finding(rule="crash", nodeid=heard.running, message=message, path=path, line=1),)


def _finding(
    *,
    rule: str,
    nodeid: str,
    message: str,
    detail: str = "",
    path: str | None = None,
    line: int | None = None,
) -> Finding:
    # The id has no message and no line: both stages must give a failing test the same id even where
    # its message holds an address or a time.
    return Finding(
        id=f"tests:{nodeid or rule}",
        gate="tests",
        tool=TOOL,
        rule=rule,
        message=message,
        path=path,
        line=line,
        nodeid=nodeid or None,
        detail=detail,
    )


def _in(heard: PytestRun) -> str:
    return f", in {heard.running}" if heard.running else ", outside of any test"


def _code(done: Completed) -> str:
    return f"signal {-done.code}" if done.code < 0 else f"exit code {done.code}"


def _tail(done: Completed) -> str:
    words = " ".join(done.err.split())
    return f": {words[-400:]}" if words else ""
