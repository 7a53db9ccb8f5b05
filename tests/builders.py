"""Short ways to the values that tests hand to pure rooms."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.config.parity_lock import Lock
from firsttry_tasks.config.settings import Settings
from firsttry_tasks.gates.job import Job
from firsttry_tasks.model.values import (
    Completed,
    Counts,
    Finding,
    GateReport,
    GateResult,
    Report,
    TestsDetail,
)

if TYPE_CHECKING:
    from firsttry_tasks.model.values import Stage, Status


def finding(name: str, gate: str = "tests") -> Finding:
    """Return a finding: a failed test by its node id, or something else by its name."""
    nodeid = name if gate == "tests" else None
    return Finding(
        id=f"{gate}:{name}", gate=gate, tool=gate, rule="failed", message="no", nodeid=nodeid
    )


def result(  # noqa: PLR0913  each has a default
    gate: str = "tests",
    *findings: Finding,
    stage: Stage = "warm",
    status: Status | None = None,
    message: str = "",
    why: tuple[str, ...] = (),
    tests: TestsDetail | None = None,
    edited: tuple[str, ...] = (),
) -> GateResult:
    """Return a gate's result, red where it has findings."""
    return GateResult(
        gate=gate,
        stage=stage,
        status=status or ("red" if findings else "green"),
        key="k",
        run="r",
        seconds=1.5,
        why=why,
        message=message,
        findings=findings,
        tests=tests,
        touched_during_run=edited,
        changed_during_run=edited,
    )


def report(stage: Stage, *results: GateResult, tree: str = "t", fingerprint: str = "f") -> Report:
    """Return a stage's report of the given results; of green tests where there are none."""
    given = results or (result(stage=stage),)
    statuses = {it.status for it in given}
    return Report(
        stage=stage,
        status="error" if "error" in statuses else "red" if "red" in statuses else "green",
        fingerprint=fingerprint,
        tree=tree,
        head="h",
        run="r",
        created="2026-01-01T00:00:00+00:00",
        seconds=1.5,
        environment={},
        gates=tuple(GateReport(result=it, cached=False) for it in given),
        failures=tuple(it for one in given for it in one.findings),
    )


def detail(**why: str) -> TestsDetail:
    """Return what a tests gate tells that selected these tests."""
    counts = Counts(selected=len(why), total=9)
    return TestsDetail(counts=counts, mode="selected", why=why)


def job(
    stage: Stage = "warm",
    *,
    paths: tuple[str, ...] = ("src/a.py", "tests/test_a.py"),
    settings: Settings | None = None,
    lock: Lock | None = None,
    configured: dict[str, tuple[str, ...]] | None = None,
    installed: frozenset[str] = frozenset(),
) -> Job:
    """Return a gate's work order for a project at /project."""
    return Job(
        root="/project",
        stage=stage,
        settings=settings or Settings(),
        lock=lock or Lock(),
        paths=paths,
        env={},
        work="/project/work",
        python="python",
        programs={"ruff": "ruff", "mypy": "", "diff-cover": "diff-cover"},
        configured=configured or {},
        installed=installed,
        base="main",
    )


def completed(out: str = "", code: int = 0, err: str = "", *, timed_out: bool = False) -> Completed:
    """Return a process that ended."""
    return Completed(argv=(), code=code, out=out, err=err, seconds=1.0, timed_out=timed_out)
