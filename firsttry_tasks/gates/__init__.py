"""Each gate is a module: the command to start, and the findings in what it printed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

import msgspec

from firsttry_tasks.gates import diff_cover, mypy, ruff
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.model.values import ToolResult

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command, Completed


class Gate(Protocol):
    """Both halves are pure: what to start, if anything, and what the ended process says."""

    TOOL: str

    def command(self, job: Job) -> Command | None: ...  # noqa: D102  the class says it

    def said(self, job: Job, done: Completed) -> ToolResult: ...  # noqa: D102  the class says it


GATES: Mapping[str, Gate] = {
    "ruff": ruff,
    "mypy": mypy,
    "tests": pytest_gate,
    "diff-cover": diff_cover,
}


def said(gate: str, job: Job, done: Completed) -> ToolResult:
    """Return what a gate says; a tool's answer that can't be read is no answer."""
    try:
        return GATES[gate].said(job, done)
    except msgspec.DecodeError as error:
        return ToolResult(status="error", message=f"what {gate} printed can't be read: {error}")
