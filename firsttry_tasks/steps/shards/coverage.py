"""Join the coverage that shards measured: a limit, and the changed lines, are of all tests."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.gates import diff_cover
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.golden import databases
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Command
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import ToolResult
    from firsttry_tasks.selection.shards.join import Joined
    from firsttry_tasks.selection.shards.runs import ShardRun

#: By this variable coverage.py learns where to keep what it measures.
VARIABLE = "COVERAGE_FILE"
#: What stands for the folder of the project in what travels.
ANYWHERE = "@/"
#: Seconds after which joining is given up. A judgement: reading some MB takes seconds.
PATIENCE = 600.0


def kept(job: Job) -> Job:
    """Return the job with a place of its own for what is measured, where anything may be."""
    if not pytest_gate.may_measure(job):
        return job
    return replace(job, env=job.env | {VARIABLE: str(_data(job))})


def measured(job: Job) -> bytes:
    """Return what was measured, as coverage.py keeps it; no bytes where nothing was.

    Files have no names of this machine in it: each machine has the project at another place.
    """
    place = _data(job)
    if place.exists():
        for root in {job.root, os.path.realpath(job.root)}:
            databases.rebase(place, f"{root}/", ANYWHERE)
    return disk.read(place) or b""


def _data(job: Job) -> Path:
    return Path(job.work) / "coverage.data"


def unjudged(said: ToolResult) -> ToolResult:
    """Return a shard's result without the limit: its tests measure a part of the code."""
    findings = tuple(it for it in said.findings if it.id != pytest_gate.FAIL_UNDER)
    red = said.status == "red" and bool(findings)
    status = said.status if said.status != "red" or red else "green"
    return replace(said, findings=findings, status=status)


def judged(job: Job, found: Joined) -> ToolResult:
    """Return the result of all shards with what all of them covered.

    The file that diff-cover reads is written where it is asked for. Raises FirstTryError where what
    was measured can't be joined.
    """
    limit = max(run.heard.limit for run in found.runs)
    wanted = pytest_gate.measures(job)
    if not limit and not wanted:
        return found.said
    data = _joined(job, found.runs)
    if wanted:
        _coverage(job, "xml", data, "-o", str(diff_cover.coverage(job)))
    if not limit:
        return found.said
    total = float(_coverage(job, "report", data, "--format=total", "--precision=2"))
    heard = replace(found.heard, uncovered=pytest_gate.too_little(total, limit))
    more = pytest_gate.uncovered(heard)
    status = "red" if more and found.said.status == "green" else found.said.status
    return replace(found.said, findings=(*found.said.findings, *more), status=status)


def _joined(job: Job, runs: Sequence[ShardRun]) -> Path:
    """Join what the shards measured, and return where it lies."""
    folder = disk.fresh_folder(Path(job.work) / "coverage")
    for run in runs:
        if run.coverage:
            place = folder / f"joined.{run.number}"
            disk.write(place, run.coverage)
            databases.rebase(place, ANYWHERE, f"{job.root}/")
    _coverage(job, "combine", folder / "joined", "--keep", str(folder))
    return folder / "joined"


def _coverage(job: Job, verb: str, data: Path, *words: str) -> str:
    """Run coverage.py on what was measured; return what it printed."""
    argv = (job.python, "-P", "-m", "coverage", verb, f"--data-file={data}", *words)
    command = Command(argv=argv, cwd=job.root, env=job.env, timeout=PATIENCE)
    done = process.run(command, lambda: None)
    if done.code:
        why = " ".join(f"{done.out} {done.err}".split())[-300:]
        raise FirstTryError(f"What the shards covered can't be joined ({why}).")
    return done.out
