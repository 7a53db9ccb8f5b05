"""The diff-cover gate, in the full stage only: the percentage of changed lines that tests ran."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.config.settings import GateSettings
from firsttry_tasks.model.values import Finding, ToolResult

if TYPE_CHECKING:
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command, Completed

TOOL = "diff-cover"


# Both structs leave unknown fields alone: diff-cover prints more than is needed here.
class _File(msgspec.Struct):
    percent_covered: float
    violation_lines: tuple[int, ...] = ()


class _Measured(msgspec.Struct):
    total_percent_covered: float
    total_num_lines: int
    src_stats: dict[str, _File] = {}


def command(job: Job) -> Command:
    """Return diff-cover on the full run's coverage and the lines changed since the merge base."""
    # No threshold on its command line: it would only change the exit code, and the lock decides.
    head = (job.programs[TOOL], "--quiet", f"--compare-branch={job.base}")
    out = ("--format", f"json:{measured(job)}")
    return job.start(TOOL, GateSettings(), (*head, *out), (str(coverage(job)),))


def coverage(job: Job) -> Path:
    """Return the path of the coverage that full's tests measured."""
    return Path(job.work) / "coverage.xml"


def measured(job: Job) -> Path:
    """Return the path of the JSON report that diff-cover writes."""
    return Path(job.work) / "diff-cover.json"


def said(job: Job, done: Completed) -> ToolResult:
    """Judge by the lock's threshold; ``done.out`` must be the JSON report, not the output."""
    if done.code or not done.out:
        words = " ".join(done.err.split())
        return ToolResult(
            status="error", message=f"diff-cover ended with exit code {done.code}: {words[-400:]}"
        )
    result = msgspec.json.decode(done.out, type=_Measured)
    wanted = job.lock.thresholds.diff_cover or 0.0
    # A change without lines of code has 0 %, but there is nothing that tests could have run.
    if not result.total_num_lines or result.total_percent_covered >= wanted:
        return ToolResult(status="green")
    found = tuple(
        _finding(path, line, wanted)
        for path, file in sorted(result.src_stats.items())
        for line in file.violation_lines
    )
    return ToolResult(status="red", findings=found)


def _finding(path: str, line: int, wanted: float) -> Finding:
    return Finding(
        id=f"diff-cover:{path}:{line}",
        gate="diff-cover",
        tool=TOOL,
        rule="uncovered",
        message=f"no test runs this changed line (wanted: {wanted:g} % of changed lines)",
        path=path,
        line=line,
    )
