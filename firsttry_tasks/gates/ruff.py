"""The ruff gate: lint findings. No run uses ruff's own cache."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.values import Finding, ToolResult

if TYPE_CHECKING:
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command, Completed

TOOL = "ruff"
#: What pre-commit takes for Python or a notebook.
ENDINGS = (".py", ".pyi", ".ipynb")


class _Place(msgspec.Struct):
    row: int
    column: int


class _Row(msgspec.Struct):
    filename: str
    message: str
    code: str | None = None
    location: _Place | None = None


def command(job: Job) -> Command | None:
    """Return ``ruff check`` with JSON output; None where a hook passes it no file."""
    # --no-fix, because a project may turn fixing on, and a gate must not change what it judges.
    # --no-cache, because ruff's cache goes by a file's time and mode: it is blind to content that
    # was written with the old time, and to other files (an __init__.py that came or went). Without
    # it 1,600 files of 800,000 lines take 1.4 s of CPU time in place of 0.1 s.
    head = (job.programs[TOOL], "check", "--output-format=json", "--no-fix", "--no-cache")
    where = targets(job)
    if where is None:
        return None
    return job.start(TOOL, job.settings.ruff, (*head, *job.call.args), where)


def targets(job: Job) -> tuple[str, ...] | None:
    """Return what is checked: what settings, call or hook name, else everything."""
    files = job.call.files
    if job.settings.paths or job.call.paths:
        return job.settings.paths or job.call.paths
    # A hook without patterns passes all files, and those ruff finds by itself.
    if files and not files.every:
        return files.of(job.paths, ENDINGS) or None
    return (".",)


def said(job: Job, done: Completed) -> ToolResult:
    """Read ruff's JSON: exit code 0 means clean, 1 findings, and any other an error."""
    if done.code not in {0, 1}:
        return ToolResult(status="error", message=_last(done))
    rows = msgspec.json.decode(done.out or "[]", type=list[_Row])
    found = tuple(_finding(job.root, row) for row in rows)
    # Red without a finding would be a red that nobody can mend; ruff's own words say more.
    if done.code and not found:
        return ToolResult(status="error", message=_last(done))
    # Nothing to check is no green.
    if "No Python files found" in done.err:
        return ToolResult(status="off", message="ruff found no Python file to check")
    return ToolResult(status="red" if found else "green", findings=found)


def _finding(root: str, row: _Row) -> Finding:
    path = os.path.relpath(row.filename, root)
    # ruff gives a file that it can't parse no rule, and some findings of whole files no place.
    place = row.location or _Place(1, 1)
    rule = row.code or "syntax"
    return Finding(
        id=f"ruff:{path}:{place.row}:{place.column}:{rule}",
        gate="ruff",
        tool=TOOL,
        rule=rule,
        message=row.message,
        path=path,
        line=place.row,
        column=place.column,
    )


def _last(done: Completed) -> str:
    words = " ".join((done.err or done.out).split())
    return f"ruff ended with exit code {done.code}: {words[-400:] or 'no message'}"
