"""Lists the gates. Each is a module: the command to start, and how to read what it printed.

A gate starts no process itself: it returns a command, and a step runs it.
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Protocol

import msgspec

from firsttry_tasks.gates import diff_cover, mypy, ruff
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.model.values import ToolResult

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command, Completed, Finding, Status


class Gate(Protocol):
    """What a gate's module has: two functions without side effects.

    ``command`` returns the process to start, or None where there is nothing to check. ``said``
    turns the ended process into a result.
    """

    TOOL: str

    def command(self, job: Job) -> Command | None: ...  # noqa: D102  the class says it

    def said(self, job: Job, done: Completed) -> ToolResult: ...  # noqa: D102  the class says it


#: The statuses of a gate in several calls, the one first that counts for all of them.
WORST: tuple[Status, ...] = ("error", "red", "green", "off")
#: The names stand in reports, task names (`warm:ruff`) and ids of findings: scripts rely on them.
GATES: Mapping[str, Gate] = {
    "ruff": ruff,
    "mypy": mypy,
    "tests": pytest_gate,
    "diff-cover": diff_cover,
}


def commands(gate: str, job: Job) -> tuple[tuple[Job, Command], ...]:
    """Return what a gate starts: one command, or one for each of several calls of the team."""
    found = ((part, GATES[gate].command(part)) for part in job.each)
    return tuple((part, command) for part, command in found if command)


def argv(found: Sequence[tuple[Job, Command]]) -> tuple[str, ...]:
    """Return the words of a gate's commands, as a shell takes them in one line."""
    words: list[str] = []
    for part, command in found:
        words += ("&&",) if words else ()
        inside = ("cd", part.folder, "&&", *command.argv, "&&", "cd", "-")
        words += inside if part.folder else command.argv
    return tuple(words[:-3] if found and found[-1][0].folder else words)


def joined(found: Sequence[tuple[Job, ToolResult]]) -> ToolResult:
    """Return one result of the results of several calls, with paths from the project's root."""
    if len(found) == 1 and not found[0][0].folder:
        return found[0][1]
    statuses = {it.status for _, it in found}
    messages = dict.fromkeys(
        f"{part.folder}: {it.message}".removeprefix(": ") for part, it in found if it.message
    )
    findings = (_seen_from_root(part, it) for part, said in found for it in said.findings)
    # In each the same file may be found wrong: one package imports another.
    return ToolResult(
        status=next(it for it in WORST if it in statuses),
        findings=tuple({it.id: it for it in findings}.values()),
        known=sum(it.known for _, it in found),
        message="; ".join(messages),
    )


def _seen_from_root(part: Job, it: Finding) -> Finding:
    """Return a finding with its path as it is seen from the project."""
    if not part.folder:
        return it
    path = os.path.normpath(f"{part.folder}/{it.path}")
    rest = it.id.removeprefix(f"{it.gate}:{it.path}")
    return msgspec.structs.replace(it, path=path, id=f"{it.gate}:{path}{rest}")


def said(gate: str, job: Job, done: Completed) -> ToolResult:
    """Return a gate's result; it is an error where the tool's output can't be decoded."""
    # Once for all gates: a tool's next version may print something else, and a traceback would end
    # the run instead of telling which tool it was. An error is never taken for green.
    try:
        return GATES[gate].said(job, done)
    except msgspec.DecodeError as error:
        return ToolResult(status="error", message=f"what {gate} printed can't be read: {error}")
