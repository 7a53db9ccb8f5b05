"""The baseline step: take today's findings of ruff and mypy as known."""

from __future__ import annotations

from functools import cache, partial
from typing import TYPE_CHECKING

from firsttry_tasks.gates import known
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.run import tool_run
from firsttry_tasks.steps.run.project import project, tree
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.gates.known import Entry
    from firsttry_tasks.model.values import Finding
    from firsttry_tasks.steps.run.project import Project

#: The gates whose findings are about lines. A test that fails is never known.
GATES = ("ruff", "mypy")


def write(root: Path, *, prune: bool = False) -> None:
    """Write the baseline from what ruff and mypy find now; with ``prune`` only take out of it."""
    here = project(root)
    old = known.decode(disk.read(root / known.FILE)).findings
    lines = cache(partial(tool_run.lines_of, root))
    found = [it for gate in GATES if gate in here.gates("full") for it in _found(here, gate)]
    found = [it for it in found if not known.written_here(it.path or "", lines)]
    new = known.unknown(found, old, lines)
    gone = len(old) - (len(found) - len(new))
    kept = [it for it in found if it not in new] if prune else found
    entries = [known.entry(it, lines) for it in kept]
    if entries or old:
        disk.write_if_changed(root / known.FILE, known.encode(entries))
    changes = f" ({0 if prune else len(new)} new in it, {gone} gone)" if old else ""
    ANSWER.follow("warm")
    on = [gate for gate in GATES if gate in here.gates("full")]
    CONSOLE.say(_told(entries, changes, on))


def _found(here: Project, gate: str) -> tuple[Finding, ...]:
    """Return what a cold run of the gate finds; FirstTryError where it could not do its work."""
    job = here.job("full", gate, tuple(tree(here.root, "full", gate)))
    tool_run.require(job, gate)
    said = tool_run.once(job, gate, whole=True).said
    # mypy ends with its first error of syntax, and all that it has not said would be red tomorrow.
    if said.status == "error" or any(it.rule == "syntax" for it in said.findings):
        first = said.findings[0].message if said.findings else said.message
        raise FirstTryError(f"{gate} could not look at everything ({first}); mend that first.")
    return said.findings


def _told(entries: list[Entry], changes: str, on: list[str]) -> str:
    count = {gate: sum(it.gate == gate for it in entries) for gate in GATES}
    listed = ", ".join(f"{number} of {gate}" for gate, number in count.items() if number)
    if not on:
        return f"Neither {' nor '.join(GATES)} is on here, so there is nothing to take as known."
    if not entries:
        # Only an old one is written where there is nothing to hold.
        left = f"; {known.FILE} is empty now{changes}, and may go" if changes else ""
        find = "find" if len(on) > 1 else "finds"
        return (
            f"{' and '.join(on)} {find} nothing in this project, so there is nothing to take as"
            f" known{left}. Whatever they find from now on is red."
        )
    return f"{known.FILE} holds {listed}{changes}; commit it. What is not in it stays red."
