"""The answer of warm and full for programs: each gate in a line, and the causes of what is red."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.values import Counts, Stage, Status
from firsttry_tasks.reporting import text
from firsttry_tasks.reporting.programs import causes
from firsttry_tasks.reporting.programs.causes import Cause

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.model.values import Finding, GateReport, Report


class GateLine(Struct, frozen=True, kw_only=True):
    """What came of a gate: its status, what it came to in words, and why it ran."""

    gate: str
    status: Status
    cached: bool
    seconds: float
    outcome: str
    why: tuple[str, ...]
    findings: int


class StageAnswer(Struct, frozen=True, kw_only=True):
    """What a stage came to.

    ``tests`` counts the tests that ran, null where the gate is off or none was needed; ``causes``
    are the findings, grouped; ``report`` is the file with all of them.
    """

    stage: Stage
    status: Literal["green", "red", "error"]
    seconds: float
    gates: tuple[GateLine, ...]
    tests: Counts | None
    causes: tuple[Cause, ...]
    warnings: tuple[str, ...]
    report: str


def answer(it: Report, again: Callable[[Finding], str]) -> StageAnswer:
    """Return a report as the answer for programs; ``again`` returns what runs a finding again."""
    details = (line.result.tests for line in it.gates)
    return StageAnswer(
        stage=it.stage,
        status=it.status,
        seconds=it.seconds,
        gates=tuple(map(_line, it.gates)),
        tests=next((detail.counts for detail in details if detail), None),
        causes=tuple(cause for line in it.gates for cause in causes.causes(line, again)),
        warnings=it.warnings,
        report=state_paths.report_file(it.stage),
    )


def _line(line: GateReport) -> GateLine:
    result = line.result
    return GateLine(
        gate=result.gate,
        status=result.status,
        cached=line.cached,
        seconds=result.seconds,
        outcome=text.outcome(result),
        why=result.why,
        findings=len(result.findings),
    )
