"""The mypy gate: type errors.

Warm runs use mypy's own cache where it sees what changed (see mypy_cache.py), full runs use none.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.config import project_layout
from firsttry_tasks.config.team.tool_options import PLACES
from firsttry_tasks.model.values import Finding, ToolResult

if TYPE_CHECKING:
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command, Completed

TOOL = "mypy"
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
    """Return mypy's command; None where there is nothing to check.

    There is nothing where neither the settings, nor mypy's configuration, nor the project's layout
    name anything.
    """
    where = targets(job)
    if where is None:
        return None
    # A full run is cold. To record a cache for others it fills an empty folder, which is as cold as
    # no cache at all; /dev/null is mypy's own way to say "write none".
    full = (
        (f"--cache-dir={job.recorded}",)
        if job.record
        else ("--no-incremental", "--cache-dir=/dev/null")
    )
    # The one of this environment; a team may also have it from pipx or the system, as it has ruff.
    here = TOOL in job.installed or not job.programs.get(TOOL)
    program = (job.python, "-m", TOOL) if here else (job.programs[TOOL],)
    head = (*program, *job.call.args, "--output=json", "--no-error-summary", "--no-pretty")
    # A project that never set mypy up would be red at first sight for libraries without types.
    set_up = job.options(*PLACES["mypy"]) is not None or job.call.place
    lenient = () if set_up else ("--ignore-missing-imports",)
    stage = full if job.stage == "full" else ()
    # Last, so that it wins over the project's own word on it.
    fresh = ("--no-incremental", "--cache-dir=/dev/null") if job.fresh else ()
    own = (f"--cache-dir={job.cache}",) if job.cache and job.stage == "warm" else ()
    return job.start(TOOL, job.settings.mypy, (*head, *stage, *lenient, *own), (*fresh, *where))


def targets(job: Job) -> tuple[str, ...] | None:
    """Return the paths to check, or None where there are none.

    The settings' paths come first, then those that the team's own call names, or its hook passes.
    An empty tuple leaves the choice to mypy's configuration, where that names files, and to mypy,
    where the team calls it with nothing: then it may say that something is missing. Else it is the
    packages found.
    """
    if job.settings.paths or job.call.paths:
        return job.settings.paths or job.call.paths
    if job.call.files:
        return job.call.files.of(job.paths, (".py", ".pyi")) or None

    options = job.options(*PLACES["mypy"]) or frozenset()
    named = {"files", "packages", "modules"} & {name.rpartition(".")[2] for name in options}
    if named or (job.call.place and not job.call.open):
        return ()
    return project_layout.sources(job.paths) or None


def cache_folder(job: Job, configured: str) -> str | None:
    """Return the folder of a warm run's mypy cache, relative to the project.

    ``configured`` is the value of ``cache_dir`` in mypy's configuration. None where the cache
    lies outside of the project, or is turned off: then no golden cache is restored into it.
    """
    # As mypy ranks them: the command line, the environment, the configuration, the default.
    folder = job.env.get("MYPY_CACHE_DIR") or configured or ".mypy_cache"
    for word in (*job.lock.tool(TOOL).args, *job.settings.mypy.args):
        if word.startswith("--cache-dir="):
            folder = word.removeprefix("--cache-dir=")
        # The value in a word of its own is not followed: restoring nothing is always right.
        elif word in {"--cache-dir", "--no-incremental"}:
            return None
    inside = folder[:1] not in {"", "/"} and ".." not in folder.split("/")
    return folder if inside else None


def said(job: Job, done: Completed) -> ToolResult:
    """Read mypy's JSON lines; the result is an error where mypy is red without any."""
    del job
    # Only lines that begin an object: a plugin of mypy may print lines of its own.
    rows = [
        msgspec.json.decode(line, type=_Row) for line in done.out.splitlines() if line[:1] == "{"
    ]
    errors = [row for row in rows if row.severity == "error"]
    found = tuple(map(_finding, errors))
    # Notes alone, such as a forgotten reveal_type's, end it red where it answers programs, and
    # nowhere else: it counts the notes among its lines by how they look to people.
    if done.code == 0 or (done.code == 1 and rows and not errors):
        return ToolResult(status="green")
    if done.code in {1, BLOCKED} and found:
        return ToolResult(status="red", findings=found)
    told = (done.err or done.out).splitlines()
    # Where it does not understand an option, it says how it is used first, at length.
    lines = [line for line in told if line.startswith("mypy: error:")] or told
    words = " ".join(" ".join(lines).split())
    return ToolResult(
        status="error", message=f"mypy ended with exit code {done.code}: {words[-400:]}"
    )


def _finding(row: _Row) -> Finding:
    rule, placed = row.code or "error", row.line > 0
    # The message is part of the id: mypy may report two errors of a kind at one place.
    return Finding(
        id=f"mypy:{row.file}:{row.line}:{row.column}:{rule}:{row.message}",
        gate="mypy",
        tool=TOOL,
        rule=rule,
        message=row.message,
        path=row.file,
        line=row.line if placed else None,
        # mypy counts columns in JSON from 0; editors and the other gates count from 1.
        column=row.column + 1 if placed else None,
    )
