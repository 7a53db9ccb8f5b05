"""Run pytest once as a process of its own, and show how far it is while it runs."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.gates import pytest_events
from firsttry_tasks.model.values import PLAN
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.table import duration
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.pytest_events import PytestRun
    from firsttry_tasks.model.values import Completed, TestsPlan, ToolResult


def once(
    job: Job, plan: TestsPlan, watch: Callable[[], None] | None = None
) -> tuple[ToolResult, PytestRun, tuple[str, ...]]:
    """Run pytest once by ``plan``; return its findings, its events and the command line.

    What happened is read from the event file, so a crash half-way keeps what ran before it.
    """
    place = Path(job.work) / "plan.json"
    plan = msgspec.structs.replace(plan, data=_data(job) if plan.records else ())
    # By a file, because the lists of tests are longer than a command line may be.
    disk.write(place, msgspec.json.encode(plan))
    # An earlier run's events would be read as this run's, if pytest did not start.
    disk.remove(Path(plan.events))
    if plan.records:
        # Each process adds a file, so those of the last run have to go.
        disk.fresh_folder(Path(plan.records))
    # By a variable: xdist's workers inherit it with the environment.
    job = msgspec.structs.replace(job, env=job.env | {PLAN: str(place)})
    command = pytest_gate.command(job)
    done = process.run(command, watch or LiveProgress(job.stage, Path(plan.events)).look)
    events = (disk.read(Path(plan.events)) or b"").decode("ascii", "replace")
    # For a person who wants to see what pytest printed; nothing reads it back.
    disk.write(Path(job.work) / "output.txt", f"{done.out}{done.err}".encode())
    heard = pytest_events.hear(events.splitlines())
    done = msgspec.structs.replace(done, out=events, err=_own_words(done))
    return pytest_gate.said(job, done), heard, command.argv


def _data(job: Job) -> tuple[str, ...]:
    """Return the folders of the project that hold other files than code."""
    # The recorder watches these folders by inotify, for reads by C code that Python does not
    # announce; how code is run is traced by other means.
    return tuple(sorted({it.rpartition("/")[0] for it in job.paths if not it.endswith(".py")}))


def _own_words(done: Completed) -> str:
    """Return the text in which pytest, or Python, says why it could not run."""
    # pytest prints usage errors to stderr, and internal ones at the end of its output.
    return done.err.strip() or "\n".join(done.out.strip().splitlines()[-3:])


class LiveProgress:
    """Counts the finished tests in pytest's event file while pytest runs."""

    def __init__(self, stage: str, events: Path) -> None:
        """Begin at the start of the stream."""
        self._stage = stage
        self._events = events
        self._started = time.monotonic()
        self._at = 0
        self._done = 0
        self._of = 0

    def look(self) -> None:
        """Read what came since the last look, and show n of m."""
        data = disk.read_from(self._events, self._at)
        # The last line may be half written; it is read at the next look.
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        # Counted as bytes: to decode 10,000 events a run, for a number on a line, is work for
        # nothing.
        self._done += whole.count(b'{"e": "end"')
        for line in whole.splitlines():
            if line.startswith(b'{"e": "collected"'):
                self._of = len(msgspec.json.decode(line, type=pytest_events.Event).why)
        progress = f"{self._done} of {self._of}" if self._of else "collecting"
        title = f"{self._stage} {'tests':<10}"
        CONSOLE.live(
            f"{self._stage}:tests",
            f"{title} {progress}, {duration(time.monotonic() - self._started)}",
        )
