"""Run the tool of one gate, and return what it found as the gate's module reads its output."""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import gates
from firsttry_tasks.gates import diff_cover
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import ToolResult
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.table import duration
from firsttry_tasks.steps.run import recording
from firsttry_tasks.system import disk, git, process

if TYPE_CHECKING:
    from firsttry_tasks.gates.job import Job


def _nothing() -> None:
    """Keep nothing: most gates have no state but their result."""


#: Endings of files that can change what other tests do. One that appears while tests run is taken
#: as an edit; any other new file is something that a test left behind.
CODE = (".py", ".pyi", ".toml", ".ini", ".cfg")


class GateRun(msgspec.Struct, frozen=True, kw_only=True):
    """The result of a gate's work, and what is to be done with it.

    ``keep`` makes what was learned the warm state; ``wrote`` returns the files that the gate itself
    is known to have written or touched. Both are functions, because most runs need neither.
    """

    said: ToolResult
    argv: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    keep: Callable[[], None] = _nothing
    wrote: Callable[[], frozenset[str]] = frozenset


def run(job: Job, gate: str, key: str = "") -> GateRun:
    """Run a gate's tool and return its findings; ``key`` names what it records."""
    require(job, gates.GATES[gate].TOOL)
    disk.own_folder(Path(job.work))
    if job.record:
        # What an earlier run recorded must not be packed with this run's result.
        disk.remove(Path(job.recorded))
    if gate == "diff-cover":
        # Found now, not when the task is made: most runs have no diff-cover and need no git for
        # it.
        base = git.main_branch(Path(job.root), job.base)
        # In either case diff-cover itself would end in a traceback.
        git.require_common_commit(Path(job.root), base)
        if not diff_cover.coverage(job).exists():
            raise FirstTryError("the tests left no coverage to look at; see the tests gate")
        job = msgspec.structs.replace(job, base=base)
    command = gates.GATES[gate].command(job)
    if command is None:
        return GateRun(
            said=ToolResult(status="off", message="no package or module was found to check")
        )
    done = process.run(command, _elapsed(f"{job.stage} {gate:<10}", f"{job.stage}:{gate}"))
    if done.timed_out:
        message = f"{gate} ran longer than {command.timeout:g} s and was ended"
        return GateRun(said=ToolResult(status="error", message=message), argv=command.argv)
    if gate == "diff-cover":
        # diff-cover writes its report to a file; its output is for people.
        data = disk.read(diff_cover.measured(job)) or b""
        done = msgspec.structs.replace(done, out=data.decode("utf-8"))
    keep = partial(recording.seal, Path(job.recorded), key) if job.record else _nothing
    return GateRun(said=gates.said(gate, job, done), argv=command.argv, keep=keep)


def require(job: Job, tool: str) -> None:
    """Say how to install a tool that is missing."""
    # ruff may come as a program alone, without a distribution in this environment.
    if tool not in job.installed and not job.programs.get(tool):
        raise FirstTryError(f"{tool} is not installed; run: python -m pip install {tool}")


def _elapsed(title: str, name: str) -> Callable[[], None]:
    """Return a function that shows the seconds since now on the live line ``name``."""
    started = time.monotonic()

    def watch() -> None:
        CONSOLE.live(name, f"{title} {duration(time.monotonic() - started)}")

    return watch
