"""The mypy gate: type errors; warm goes on from mypy's own cache, full from nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.config import project_layout
from firsttry_tasks.model.values import Finding, ToolResult

if TYPE_CHECKING:
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command, Completed

TOOL = "mypy"
#: Where mypy reads its configuration from.
PLACES = ("mypy.ini", ".mypy.ini", "pyproject.toml [tool.mypy]", "setup.cfg [mypy")
#: mypy's exit code for errors that end it early, such as a syntax error.
BLOCKED = 2


class _Row(msgspec.Struct):
    file: str
    line: int
    column: int
    message: str
    code: str | None
    severity: str


def command(job: Job) -> Command | None:
    """Return mypy with JSON output; without any configuration it forgives missing stubs.

    None where neither settings, mypy's configuration nor the layout name anything to check.
    """
    where = targets(job)
    if where is None:
        return None
    full = (
        (f"--cache-dir={job.recorded}",)
        if job.record
        else ("--no-incremental", "--cache-dir=/dev/null")
    )
    head = (job.python, "-m", "mypy", "--output=json", "--no-error-summary", "--no-pretty")
    options = job.options(*PLACES)
    lenient = ("--ignore-missing-imports",) if options is None else ()
    stage = full if job.stage == "full" else ()
    return job.start(TOOL, job.settings.mypy, (*head, *stage, *lenient), where)


def targets(job: Job) -> tuple[str, ...] | None:
    """Return what to check: the settings' paths, mypy's own, or the packages found."""
    options = job.options(*PLACES) or frozenset()
    named = {"files", "packages", "modules"} & {name.rpartition(".")[2] for name in options}
    return job.settings.paths or (() if named else project_layout.sources(job.paths) or None)


def cache_folder(job: Job, configured: str) -> str | None:
    """Return where a warm run keeps mypy's cache, relative to the project.

    ``configured`` is the value of ``cache_dir`` in mypy's configuration. None where the cache
    lies outside of the project, or is turned off.
    """
    found = job.env.get("MYPY_CACHE_DIR") or configured or ".mypy_cache"
    for word in (*job.lock.tool(TOOL).args, *job.settings.mypy.args):
        if word.startswith("--cache-dir="):
            found = word.removeprefix("--cache-dir=")
        elif word in {"--cache-dir", "--no-incremental"}:
            return None
    inside = found[:1] not in {"", "/"} and ".." not in found.split("/")
    return found if inside else None


def said(job: Job, done: Completed) -> ToolResult:
    """Read mypy's JSON lines; an early end without one is no answer."""
    del job
    rows = [
        msgspec.json.decode(line, type=_Row) for line in done.out.splitlines() if line[:1] == "{"
    ]
    # Notes alone, such as a forgotten reveal_type's, end mypy red all the same.
    errors = [row for row in rows if row.severity == "error"] or rows
    found = tuple(map(_finding, errors))
    if done.code == 0:
        return ToolResult(status="green")
    if done.code in {1, BLOCKED} and found:
        return ToolResult(status="red", findings=found)
    words = " ".join((done.err or done.out).split())
    return ToolResult(
        status="error", message=f"mypy ended with exit code {done.code}: {words[-400:]}"
    )


def _finding(row: _Row) -> Finding:
    rule, placed = row.code or "error", row.line > 0
    return Finding(
        id=f"mypy:{row.file}:{row.line}:{row.column}:{rule}:{row.message}",
        gate="mypy",
        tool=TOOL,
        rule=rule,
        message=row.message,
        path=row.file,
        line=row.line if placed else None,
        column=row.column + 1 if placed else None,
    )
