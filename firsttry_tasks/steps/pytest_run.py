"""Run the tests of a stage: everything from cold in full, what a change can break in warm."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import dependencies, disk, lock, proc, reports, selection
from firsttry_tasks.dependencies import Learned
from firsttry_tasks.gates import tests
from firsttry_tasks.outputs.console import CONSOLE
from firsttry_tasks.outputs.table import duration
from firsttry_tasks.steps.tool_run import Ran, require
from firsttry_tasks.values import PLAN, Counts, Said, Selection, TestsDetail, TestsPlan

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.fingerprint import Inputs
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.tests import Heard
    from firsttry_tasks.steps.project import Project
    from firsttry_tasks.values import Completed

#: Where a warm run records, until it is known that the tree stood still.
BESIDE = f"{reports.DB}.next"


def run(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> Ran:
    """Run the tests gate of the job's stage."""
    require(job, tests.TOOL)
    if tests.measures(job):
        require(job, "pytest-cov")
    disk.fresh_folder(Path(job.work))
    return _full(job) if job.stage == "full" else _warm(here, job, inputs, tree)


def _full(job: Job) -> Ran:
    events = f"{job.work}/events.jsonl"
    said, _, argv = once(job, TestsPlan(events=events))
    return Ran(said=_mode(said, "everything"), argv=argv)


def _warm(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> Ran:
    db, beside = here.root / reports.DB, here.root / BESIDE
    learned = disk.read_own(here.root / reports.LEARNED, Learned)
    now = _now(here, job, inputs, tree)
    known = dependencies.known(db) if learned else None
    chosen = selection.select(
        known,
        learned,
        now,
        uses=partial(dependencies.uses, db),
        blocks=partial(dependencies.blocks, here.root),
    )
    smoke = frozenset(learned.smoke if learned else ()) & chosen.stable
    if chosen.empty and not smoke:
        counts = Counts(selected=0, total=chosen.total)
        return Ran(said=Said(status="green", tests=TestsDetail(counts=counts, mode="none")))
    dependencies.stage(db, beside)
    said, heard, argv = _chosen(job, chosen, smoke, here.settings.smoke)
    keep = partial(_keep, here, chosen, learned, now, heard)
    return Ran(said=said, argv=argv, why=chosen.everything, keep=keep)


def _chosen(
    job: Job, chosen: Selection, smoke: frozenset[str], mark: str
) -> tuple[Said, Heard, tuple[str, ...]]:
    """Run what was chosen; where that comes to no test at all, the smoke tests."""
    events = f"{job.work}/events.jsonl"
    if not chosen.empty:
        everything = bool(chosen.everything)
        plan = TestsPlan(
            events=events,
            stable=frozenset() if everything else chosen.stable,
            quiet=frozenset() if everything else chosen.quiet,
            why=chosen.why,
            otherwise="; ".join(chosen.everything) or "new test",
            record=True,
            smoke=mark,
        )
        said, heard, argv = once(job, plan)
        if heard.why or said.status != "green" or not smoke or everything:
            mode = "everything" if everything else "selected"
            return _mode(said, mode, None if everything else chosen.total), heard, argv
    plan = TestsPlan(events=events, only=smoke, otherwise="smoke test", record=True)
    said, heard, argv = once(job, plan)
    return _mode(said, "smoke", chosen.total), heard, argv


def once(
    job: Job, plan: TestsPlan, watch: Callable[[], None] | None = None
) -> tuple[Said, Heard, tuple[str, ...]]:
    """Run pytest once; what it did is read from the events, whatever became of it."""
    place = Path(job.work) / "plan.json"
    disk.write(place, msgspec.json.encode(plan))
    disk.remove(Path(plan.events))
    env = job.env | {PLAN: str(place)}
    if job.stage == "warm":
        # coverage's newer core loses dependencies of testmon's recording without a word.
        env |= {"TESTMON_DATAFILE": str(Path(job.root) / BESIDE), "COVERAGE_CORE": "ctrace"}
    job = msgspec.structs.replace(job, env=env)
    command = tests.command(job)
    done = proc.run(command, watch or Watch(job.stage, Path(plan.events)).look)
    events = (disk.read(Path(plan.events)) or b"").decode("ascii", "replace")
    disk.write(Path(job.work) / "output.txt", f"{done.out}{done.err}".encode())
    heard = tests.hear(events.splitlines())
    done = msgspec.structs.replace(done, out=events, err=_own_words(done))
    return tests.said(job, done), heard, command.argv


def _own_words(done: Completed) -> str:
    """Return the lines in which pytest, or Python, says what went wrong with itself."""
    return done.err.strip() or "\n".join(done.out.strip().splitlines()[-3:])


def _mode(said: Said, mode: str, known: int | None = None) -> Said:
    """Return what was said with how the tests were chosen; all tests need no why each."""
    if said.tests is None:
        return said
    total = said.tests.counts.total if known is None else max(known, said.tests.counts.total or 0)
    counts = msgspec.structs.replace(said.tests.counts, total=total)
    why = {} if mode == "everything" else said.tests.why
    detail = msgspec.structs.replace(said.tests, mode=mode, counts=counts, why=why)
    return msgspec.structs.replace(said, tests=detail)


def _now(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> selection.Now:
    config = lock.configuration(here.root)
    return selection.Now(
        tree={path: blob.partition(" ")[2] for path, blob in tree.items()},
        parts=inputs.parts,
        config={place: seen for place, seen in config.items() if place.startswith(tests.PLACES)},
        flaky=frozenset(here.memory.nodeids),
        folders=tests.targets(job),
    )


def _keep(
    here: Project, chosen: Selection, learned: Learned | None, now: selection.Now, heard: Heard
) -> None:
    """Make what was recorded the state of the tree that was tested."""
    beside = here.root / BESIDE
    dependencies.seal(beside)
    after = dependencies.known(beside)
    if after is None or (not chosen.everything and not chosen.stable <= after.tests.keys()):
        # testmon forgot tests that did not run: what it holds can't be relied on.
        dependencies.discard(here.root / reports.DB)
        disk.remove(here.root / reports.LEARNED)
        return
    old = Learned() if chosen.everything or learned is None else learned
    new = selection.learn(
        old, now, chosen.quiet, left=heard.left, smoke=heard.smoke, durations=heard.durations
    )
    # In this order: a db that is newer than what it rests on runs too much, never too little.
    disk.move(beside, here.root / reports.DB)
    disk.write_json(here.root / reports.LEARNED, new)


class Watch:
    """Counts finished tests in the stream while pytest runs."""

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
        whole = data[: data.rfind(b"\n") + 1]
        self._at += len(whole)
        self._done += whole.count(b'{"e": "end"')
        for line in whole.splitlines():
            if line.startswith(b'{"e": "collected"'):
                self._of = len(msgspec.json.decode(line, type=tests.Event).why)
        told = f"{self._done} of {self._of}" if self._of else "collecting"
        title = f"{self._stage} {'tests':<10}"
        CONSOLE.live(
            f"{self._stage}:tests", f"{title} {told}, {duration(time.monotonic() - self._started)}"
        )
