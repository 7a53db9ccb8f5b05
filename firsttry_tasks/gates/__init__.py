"""Lists the gates. Each is a module: the command to start, and how to read what it printed.

A gate starts no process itself: it returns a command, and a step runs it.
"""

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
    """What a gate's module has: two functions without side effects.

    ``command`` returns the process to start, or None where there is nothing to check. ``said``
    turns the ended process into a result.
    """

    TOOL: str

    def command(self, job: Job) -> Command | None: ...  # noqa: D102  the class says it

    def said(self, job: Job, done: Completed) -> ToolResult: ...  # noqa: D102  the class says it


#: The names stand in reports, task names (`warm:ruff`) and ids of findings: scripts rely on them.
GATES: Mapping[str, Gate] = {
    "ruff": ruff,
    "mypy": mypy,
    "tests": pytest_gate,
    "diff-cover": diff_cover,
}


def said(gate: str, job: Job, done: Completed) -> ToolResult:
    """Return a gate's result; it is an error where the tool's output can't be decoded."""
    # Once for all gates: a tool's next version may print something else, and a traceback would end
    # the run instead of telling which tool it was. An error is never taken for green.
    try:
        return GATES[gate].said(job, done)
    except msgspec.DecodeError as error:
        return ToolResult(status="error", message=f"what {gate} printed can't be read: {error}")
