"""Run the tests of a stage: everything from cold in full, what a change can break in warm."""

from __future__ import annotations

import functools
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import dependency_db
from firsttry_tasks.config import parity_lock
from firsttry_tasks.dependency_db import DependencyDb, Door, WarmSummary
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.values import PLAN, Counts, Selection, TestsDetail, TestsPlan, ToolResult
from firsttry_tasks.recorder.probes.environ import variable
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.table import duration
from firsttry_tasks.selection.decide.select import choose, seconds
from firsttry_tasks.selection.evidence.recorded_run import CurrentTree
from firsttry_tasks.selection.syntax.string_names import spelled
from firsttry_tasks.steps.run import recording
from firsttry_tasks.steps.run.tool_run import CODE, GateRun, require
from firsttry_tasks.system import disk, machine, process

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firsttry_tasks.fingerprint import Inputs
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.pytest import PytestRun
    from firsttry_tasks.model.values import Completed
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
    from firsttry_tasks.selection.syntax.fragment import Fragment
    from firsttry_tasks.steps.run.project import Project

#: The parts of the inputs that no test's own records can account for.
AROUND = ("python", "platform", "distributions", "environment", "command")

#: The files of the tests' state, in whatever folder it is.
DB, WATCHED, LEARNED = (
    Path(it).name for it in (state_paths.DB, state_paths.WATCHED, state_paths.LEARNED)
)


def run(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> GateRun:
    """Run the tests gate of the job's stage."""
    require(job, pytest_gate.TOOL)
    if pytest_gate.measures(job):
        require(job, "pytest-cov")
    disk.fresh_folder(Path(job.work))
    disk.drop_stale_bytecode(here.root, tree)
    return _full(here, job, inputs, tree) if job.stage == "full" else _warm(here, job, inputs, tree)


def _full(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> GateRun:
    events = f"{job.work}/events.jsonl"
    if not job.record:
        said, _, argv = once(job, TestsPlan(events=events))
        return GateRun(said=_mode(said, "everything"), argv=argv)
    plan = TestsPlan(events=events, root=job.root, records=_records(job), smoke=here.settings.smoke)
    said, heard, argv = once(job, plan)
    keep = partial(_record, here, job, inputs, tree, heard)
    return GateRun(said=_mode(said, "everything"), argv=argv, keep=keep, wrote=partial(_wrote, job))


def _record(
    here: Project, job: Job, inputs: Inputs, tree: dict[str, str], heard: PytestRun
) -> None:
    """Keep what a full run recorded in a place of its own, as warm runs will read it."""
    folder = disk.fresh_folder(Path(job.recorded))
    seen = recording.of_warm(here.root, inputs)
    around = now(here, job, seen, tree, DependencyDb(folder / DB))
    _learn(here, job, seen, around, heard, folder)
    recording.seal(folder, inputs.key)


def _warm(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> GateRun:
    memory = DependencyDb(here.root / state_paths.DB)
    learned = disk.read_own(here.root / state_paths.LEARNED, WarmSummary) or WarmSummary()
    around = now(here, job, inputs, tree, memory)
    recorded_runs = memory.recorded_runs()
    chosen = _with_flaky(_choose(memory, recorded_runs, around), frozenset(here.memory.nodeids))
    smoke = frozenset(learned.smoke) & chosen.skip_tests
    if chosen.empty and not smoke:
        counts = Counts(selected=0, total=chosen.total)
        return GateRun(
            said=ToolResult(status="green", tests=TestsDetail(counts=counts, mode="none"))
        )
    serial = seconds(chosen, recorded_runs) < here.settings.parallel_seconds
    said, heard, argv = _chosen(job, chosen, smoke, here.settings.smoke, serial=serial)
    broken = [finding.path for finding in said.findings if finding.rule == "collect"]
    if broken and not chosen.everything:
        # Whatever else imports the broken module is red as well: say so as a full run would.
        chosen = Selection(everything=(f"{broken[0]} can't be collected",))
        said, heard, argv = _chosen(job, chosen, smoke, here.settings.smoke)
    keep = partial(_learn_or_forget, here, job, inputs, around, heard)
    return GateRun(
        said=said, argv=argv, why=chosen.everything, keep=keep, wrote=partial(_wrote, job)
    )


def _choose(
    memory: DependencyDb, recorded_runs: Sequence[RecordedRun], around: CurrentTree
) -> Selection:
    """Return the choice; where choosing fails, everything runs and is learned anew."""
    try:
        return choose(recorded_runs, around)
    except Exception as error:  # noqa: BLE001  a mistake of ours may cost time, never a wrong green
        dependency_db.discard(memory.path)
        why = f"the records can't be used ({type(error).__name__}: {error}) and are forgotten"
        return Selection(everything=(why,))


def _with_flaky(chosen: Selection, known: frozenset[str]) -> Selection:
    """Known flaky tests run always."""
    again = known & chosen.skip_tests
    return msgspec.structs.replace(
        chosen,
        why=chosen.why | dict.fromkeys(sorted(again), "known flaky"),
        skip_tests=chosen.skip_tests - again,
        skip_files=chosen.skip_files - {nodeid.partition("::")[0] for nodeid in again},
    )


def _chosen(
    job: Job, chosen: Selection, smoke: frozenset[str], mark: str, *, serial: bool = False
) -> tuple[ToolResult, PytestRun, tuple[str, ...]]:
    """Run what was chosen; where that comes to no test at all, the smoke tests."""
    everything = bool(chosen.everything)
    plan = TestsPlan(
        events=f"{job.work}/events.jsonl",
        root=job.root,
        records=_records(job),
        skip_tests=frozenset() if everything else chosen.skip_tests,
        skip_files=frozenset() if everything else chosen.skip_files,
        why=chosen.why,
        default_reason="; ".join(chosen.everything) or "new test",
        smoke=mark,
        serial=serial,
    )
    if not chosen.empty:
        said, heard, argv = once(job, plan)
        if heard.why or said.status != "green" or not smoke or everything:
            mode = "everything" if everything else "selected"
            return _mode(said, mode, None if everything else chosen.total), heard, argv
    quiet = plan.skip_files - {nodeid.partition("::")[0] for nodeid in smoke}
    plan = msgspec.structs.replace(
        plan, only=smoke, skip_files=quiet, why={}, default_reason="smoke test"
    )
    said, heard, argv = once(job, plan)
    return _mode(said, "smoke", chosen.total), heard, argv


def _wrote(job: Job) -> frozenset[str]:
    """Return the files that tests were seen to touch, or to write: code that they wrote may run."""
    observations = [
        observation
        for one in recording.found(Path(_records(job)))
        for observation in one.observations
    ]
    touched = frozenset(
        observation.name for observation in observations if observation.kind == "touch"
    )
    return touched | {
        it.name for it in observations if it.kind == "write" and not it.name.endswith(CODE)
    }


def _records(job: Job) -> str:
    return f"{job.work}/records"


def once(
    job: Job, plan: TestsPlan, watch: Callable[[], None] | None = None
) -> tuple[ToolResult, PytestRun, tuple[str, ...]]:
    """Run pytest once; what it did is read from the events, whatever became of it."""
    place = Path(job.work) / "plan.json"
    plan = msgspec.structs.replace(plan, data=_data(job) if plan.records else ())
    disk.write(place, msgspec.json.encode(plan))
    disk.remove(Path(plan.events))
    if plan.records:
        disk.fresh_folder(Path(plan.records))
    job = msgspec.structs.replace(job, env=job.env | {PLAN: str(place)})
    command = pytest_gate.command(job)
    done = process.run(command, watch or LiveProgress(job.stage, Path(plan.events)).look)
    events = (disk.read(Path(plan.events)) or b"").decode("ascii", "replace")
    disk.write(Path(job.work) / "output.txt", f"{done.out}{done.err}".encode())
    heard = pytest_gate.hear(events.splitlines())
    done = msgspec.structs.replace(done, out=events, err=_own_words(done))
    return pytest_gate.said(job, done), heard, command.argv


def _data(job: Job) -> tuple[str, ...]:
    """Return the folders of the project that hold other files than code."""
    return tuple(sorted({it.rpartition("/")[0] for it in job.paths if not it.endswith(".py")}))


def _own_words(done: Completed) -> str:
    """Return the lines in which pytest, or Python, says what went wrong with itself."""
    return done.err.strip() or "\n".join(done.out.strip().splitlines()[-3:])


def _mode(said: ToolResult, mode: str, known: int | None = None) -> ToolResult:
    """Return what was said with how the tests were chosen; all tests need no why each."""
    if said.tests is None:
        return said
    total = said.tests.counts.total if known is None else max(known, said.tests.counts.total or 0)
    counts = msgspec.structs.replace(said.tests.counts, total=total)
    why = {} if mode == "everything" else said.tests.why
    detail = msgspec.structs.replace(said.tests, mode=mode, counts=counts, why=why)
    return msgspec.structs.replace(said, tests=detail)


def now(
    here: Project, job: Job, inputs: Inputs, tree: dict[str, str], memory: DependencyDb
) -> CurrentTree:
    """Return the tree and the environment as selection sees them."""
    config = parity_lock.configuration(here.root)
    read = partial(_read, here.root)

    @functools.cache
    def fragments(path: str) -> tuple[Fragment, ...] | None:
        # A run may have taken this very version apart.
        return memory.before(path, tree.get(path, "")) or dependency_db.fragments(read(path))

    return CurrentTree(
        manifest=tree,
        parts={
            **{name: inputs.parts.get(name, "") for name in AROUND},
            **{
                place: seen
                for place, seen in config.items()
                if place.startswith(pytest_gate.PLACES)
            },
            **machine.builds(),
        },
        variable=lambda name: variable(name, job.env, job.root),
        outside=lambda name: disk.content(here.root / name),
        fragments=fragments,
        before=memory.before,
        spelled=lambda path: spelled(read(path)),
        inert=here.settings.inert,
        depends=here.settings.depends,
    )


def _read(root: Path, path: str) -> bytes:
    return disk.read(root / path) or b""


def _before(root: Path, path: str, began: float) -> str | None:
    """Return the digest of a file as it was before the run, None for one that the run made."""
    return disk.content(root / path) if disk.age(root / path) < began else None


def _learn_or_forget(
    here: Project, job: Job, inputs: Inputs, around: CurrentTree, heard: PytestRun
) -> None:
    """Learn; where that fails, forget everything: what ran is told, and all runs next time."""
    try:
        _learn(here, job, inputs, around, heard, here.root / state_paths.WARM)
    except Exception as error:  # noqa: BLE001  a mistake of ours may cost time, never a result
        dependency_db.discard(here.root / state_paths.DB)
        CONSOLE.say(
            f"What was recorded can't be used ({type(error).__name__}: {error}) and is forgotten;"
            " the next warm run runs everything."
        )


def _learn(
    here: Project, job: Job, inputs: Inputs, now: CurrentTree, heard: PytestRun, folder: Path
) -> None:
    """Make what was recorded known, in ``folder``, as the state of the tree that was tested."""
    found = recording.found(Path(_records(job)))
    if not heard.finished or not any(one.tests for one in found):
        return
    memory = DependencyDb(folder / DB)
    door = Door(read=partial(_read, here.root), before=partial(_before, here.root))
    memory.learn(found, now.manifest, now.parts, frozenset(heard.deselected_by_project), door)
    recorded_runs = memory.recorded_runs()
    watched = dependency_db.watched(recorded_runs, now.variable, now.outside)
    disk.write_json(folder / WATCHED, watched)
    # In this order: what is older than the db costs a smoke test, nothing else.
    old = disk.read_own(folder / LEARNED, WarmSummary) or WarmSummary()
    known = {test.nodeid for recorded in recorded_runs for test in recorded.tests}
    fresh = WarmSummary(
        parts=inputs.parts,
        smoke=tuple(sorted((set(old.smoke) - heard.why.keys()) & known | set(heard.smoke))),
        durations={**old.durations, **heard.durations},
    )
    disk.write_json(folder / LEARNED, fresh)


class LiveProgress:
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
                self._of = len(msgspec.json.decode(line, type=pytest_gate.Event).why)
        told = f"{self._done} of {self._of}" if self._of else "collecting"
        title = f"{self._stage} {'tests':<10}"
        CONSOLE.live(
            f"{self._stage}:tests", f"{title} {told}, {duration(time.monotonic() - self._started)}"
        )
