"""Run pytest once as a process of its own, and show how far it is while it runs."""

from __future__ import annotations

import math
import re
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from firsttry_tasks.config.team.team_command import ToolCall
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.gates import pytest_events
from firsttry_tasks.model.recording import EARLY
from firsttry_tasks.model.state_paths import CALL
from firsttry_tasks.model.values import PLAN, TestsPlan
from firsttry_tasks.recorder.inside_pytest import pause
from firsttry_tasks.reporting import text as reporting_text
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.table import duration
from firsttry_tasks.steps.observe import watching
from firsttry_tasks.steps.run import learning
from firsttry_tasks.system import disk, git, machine, own_files, process
from firsttry_tasks.system.boundary import preload
from firsttry_tasks.system.guard import waiting

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.pytest_events import PytestRun
    from firsttry_tasks.model.values import Command, Completed, ToolResult


#: How Python names a module that it did not find, up to the first dot.
NO_MODULE = re.compile(r"ModuleNotFoundError: No module named '(\w+)")


def once(
    job: Job, plan: TestsPlan, watch: Callable[[], None] | None = None
) -> tuple[ToolResult, PytestRun, tuple[str, ...]]:
    """Run pytest once by ``plan``; return its findings, its events and the command line.

    Where no file says how the team calls pytest, the first run that finds tests settles it.
    """
    # An earlier run of this checkout has settled it.
    settled = None if job.call.place else own_files.read(Path(job.root) / CALL, ToolCall)
    call = settled or job.call
    job = replace(job, env=job.env | call.env)
    ran = _once(replace(job, call=call), plan, watch)
    if not call.place:
        if missing := _missing(ran[0], Path(job.root)):
            # It can't be how the team calls it, if the tests could never be imported so.
            other = ToolCall(form="module")
            again = _once(replace(job, call=other), plan, watch)
            if not _missing(again[0], Path(job.root)):
                call, ran = other, again
                CONSOLE.say(
                    f"note: pytest alone can't import {missing} from here, {call} can; that is how"
                    " it is called now. Say how you call it: [tool.firsttry.pytest] command"
                )
        if ran[1].finished and ran[1].total:
            own_files.write(Path(job.root) / CALL, replace(call, place=CALL))
    return _mended(_noted(ran[0], call), Path(job.root)), *ran[1:]


def _mended(said: ToolResult, root: Path) -> ToolResult:
    """Add what helps where no test could begin."""
    if said.tests is None or not reporting_text.began_none(said):
        return said
    # Imported late, because it reads all that CI runs, and most runs begin.
    from firsttry_tasks.config.environments import remedies

    told = "\n".join([said.message, *(f"{it.message}\n{it.detail}" for it in said.findings)])
    python = ".".join(machine.python().split()[-1].split(".")[:2])
    found = remedies.remedy(root, git.top(root), told, python)
    notes = (*said.tests.notes, *([f"{found}."] if found else []))
    return replace(said, tests=replace(said.tests, notes=notes))


def _missing(said: ToolResult, root: Path) -> str:
    """Return a module of the project's own folder that pytest could not import; "" for none."""
    broken = [it for it in said.findings if it.rule == "collect"]
    words = (said.message, *(f"{it.message} {it.detail}" for it in broken))
    names = (name for text in words for name in NO_MODULE.findall(text))
    return next(
        (name for name in names if (root / name).is_dir() or (root / f"{name}.py").is_file()), ""
    )


def _noted(said: ToolResult, call: ToolCall) -> ToolResult:
    """Add to the result how pytest was called, and what says so."""
    if said.tests is None:
        return said
    by = "as the first run found out, as no file says how"
    if call.place not in {"", CALL}:
        part = "" if call.whole else ", of which pytest's options only add to what is checked"
        by = f"as in {call.place}{part}"
    note = f"pytest is called {by}: {call}"
    return replace(said, tests=replace(said.tests, notes=(note, *said.tests.notes)))


def _once(
    job: Job, plan: TestsPlan, watch: Callable[[], None] | None
) -> tuple[ToolResult, PytestRun, tuple[str, ...]]:
    """Run pytest once, called as the job says.

    What happened is read from the event file, so a crash half-way keeps what ran before it.
    """
    place = _plan(job)
    plan = replace(plan, data=_data(job) if plan.records else (), key=job.key)
    # By a file, because the lists of tests are longer than a command line may be.
    disk.write(place, msgspec.json.encode(plan))
    # An earlier run's events would be read as this run's, if pytest did not start.
    disk.remove(Path(plan.events))
    command = _command(job, place, plan.records)
    # What waits to be this one has begun to record.
    if plan.records and not process.is_prepared(command):
        process.dismiss(PLAN, str(place))
        _fresh(plan.records)
    done = process.run(command, watch or LiveProgress(job.stage, Path(plan.events)).look)
    events = (disk.read(Path(plan.events)) or b"").decode("ascii", "replace")
    # For a person who wants to see what pytest printed; nothing reads it back.
    disk.write(Path(job.work) / "output.txt", f"{done.out}{done.err}".encode())
    heard = pytest_events.hear(events.splitlines())
    done = replace(done, out=events, err=_own_words(done, heard))
    return pytest_gate.said(job, done), heard, command.argv


def _plain(job: Job, plan: Path) -> Command:
    # By a variable: xdist's workers inherit it with the environment.
    return pytest_gate.command(replace(job, env=job.env | {PLAN: str(plan)}))


def _command(job: Job, plan: Path, records: str) -> Command:
    command = _plain(job, plan)
    if not records:
        return command
    command = replace(command, env=pause.ahead(command.env))
    return watching.seeing(command, Path(job.root), Path(records) / EARLY)


def _fresh(records: str) -> None:
    """Empty the folder of the records: each process adds a file, so the last run's have to go."""
    disk.fresh_folder(Path(records))
    disk.fresh_folder(Path(records) / EARLY)


def clear(job: Job) -> None:
    """Empty the job's folder, but for what a pytest that waits has begun to write."""
    if not process.waits(PLAN, str(_plan(job))):
        disk.fresh_folder(Path(job.work))
        return
    kept = {".gitignore", _plan(job).name, Path(learning.records(job)).name}
    for inside in Path(job.work).iterdir():
        if inside.name not in kept:
            disk.remove(inside)


def prepare(job: Job) -> None:
    """Start pytest for the next run by this job: it waits where the recorder would begin."""
    call = job.call if job.call.place else own_files.read(Path(job.root) / CALL, ToolCall)
    if call is None:
        return
    own = replace(job, call=call, env=job.env | call.env)
    records = learning.records(job)
    plan = TestsPlan(
        events=f"{job.work}/events.jsonl",
        root=job.root,
        records=records,
        data=_data(job),
        key=job.key,
    )
    # Where the project is, and that this run records: what is to run, the run itself says.
    disk.write(_plan(job), msgspec.json.encode(plan))
    _fresh(records)
    command = _command(own, _plan(job), records)
    head = command.argv.index("-m") if "-m" in command.argv else 1
    argv = (*command.argv[:head], waiting.__file__, *command.argv[head:])
    env = command.env
    if preload.LOGS not in env:
        # Nothing would know what it looks at before it waits, so it begins to record after that.
        env = _plain(own, _plan(job)).env
    waits = replace(command, argv=argv, env=env | {waiting.PAUSE: ""}, timeout=None)
    process.prepare(command, waits)


def _plan(job: Job) -> Path:
    return Path(job.work) / "plan.json"


def _data(job: Job) -> tuple[str, ...]:
    """Return the folders of the project that hold other files than code."""
    # The recorder watches these folders by inotify, for reads by C code that Python does not
    # announce; how code is run is traced by other means.
    return tuple(sorted({it.rpartition("/")[0] for it in job.paths if not it.endswith(".py")}))


def _own_words(done: Completed, heard: PytestRun) -> str:
    """Return the text in which pytest, or Python, says why it could not run, or what is red."""
    # pytest prints usage errors to stderr, and internal ones at the end of its output. Where it
    # came to its end, that is where plugins say what they hold against the session.
    end = "\n".join(done.out.strip().splitlines()[-3:])
    return end if heard.finished and end else done.err.strip() or end


#: Seconds after which a test that still runs is called slow. A judgement: before that it is only
#: the next one.
SLOW = 1.0


class LiveProgress:
    """Counts the finished tests in pytest's event file while pytest runs."""

    def __init__(self, stage: str, events: Path) -> None:
        """Begin at the start of the stream."""
        self._stage = stage
        self._events = events
        self._started = time.monotonic()
        self._at = 0
        self._done = 0
        self._failed = 0
        self._of = 0
        self._running: dict[str, float] = {}

    def look(self) -> None:
        """Read what came since the last look; show n of m, and what is slow right now."""
        data = disk.read_from(self._events, self._at)
        # The last line may be half written; it is read at the next look.
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        for line in whole.splitlines():
            self._hear(msgspec.json.decode(line, type=pytest_events.Event))
        CONSOLE.live(f"{self._stage}:tests", f"{self._stage} {'tests':<10} {self._words()}")

    def _hear(self, event: pytest_events.Event) -> None:
        match event.e:
            case "collected":
                self._of = len(event.why)
            case "start":
                self._running[event.id] = time.monotonic()
            case "end":
                self._running.pop(event.id, None)
                self._done += 1
                self._failed += event.bad
            case _:
                pass

    def _words(self) -> str:
        words = [f"{self._done} of {self._of}" if self._of else "collecting"]
        if self._failed:
            words.append(f"{self._failed} failed")
        words.append(duration(time.monotonic() - self._started))
        # The one that has run longest, where several run at once.
        name, since = next(iter(self._running.items()), ("", math.inf))
        if time.monotonic() - since > SLOW:
            words.append(f"{name} for {duration(time.monotonic() - since)}")
        return ", ".join(words)
