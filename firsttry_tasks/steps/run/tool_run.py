"""Run a gate's tool and read what it said."""

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


#: Files that may be what tests test: one that was written while they ran is no mere leftover.
CODE = (".py", ".pyi", ".toml", ".ini", ".cfg")


class GateRun(msgspec.Struct, frozen=True, kw_only=True):
    """What a gate's work came to; ``keep`` makes its state the state of the tree it saw.

    ``wrote`` tells which files it is known to have written, or touched, itself.
    """

    said: ToolResult
    argv: tuple[str, ...] = ()
    why: tuple[str, ...] = ()
    keep: Callable[[], None] = _nothing
    wrote: Callable[[], frozenset[str]] = frozenset


def run(job: Job, gate: str, key: str = "") -> GateRun:
    """Run a gate whose tool prints its findings; what it records belongs to ``key``."""
    require(job, gates.GATES[gate].TOOL)
    disk.own_folder(Path(job.work))
    if job.record:
        disk.remove(Path(job.recorded))
    if gate == "diff-cover":
        base = git.main_branch(Path(job.root), job.base)
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
        data = disk.read(diff_cover.measured(job)) or b""
        done = msgspec.structs.replace(done, out=data.decode("utf-8"))
    keep = partial(recording.seal, Path(job.recorded), key) if job.record else _nothing
    return GateRun(said=gates.said(gate, job, done), argv=command.argv, keep=keep)


def require(job: Job, tool: str) -> None:
    """Say how to install a tool that is missing."""
    if tool not in job.installed and not job.programs.get(tool):
        raise FirstTryError(f"{tool} is not installed; run: python -m pip install {tool}")


def _elapsed(title: str, name: str) -> Callable[[], None]:
    started = time.monotonic()

    def watch() -> None:
        CONSOLE.live(name, f"{title} {duration(time.monotonic() - started)}")

    return watch
