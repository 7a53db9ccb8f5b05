"""Run the tests of a stage: everything from cold in full, what a change can break in warm."""

from __future__ import annotations

import functools
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import dependency_db
from firsttry_tasks.config import parity_lock
from firsttry_tasks.dependency_db import DependencyDb, WarmSummary
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.values import Counts, Selection, TestsDetail, TestsPlan, ToolResult
from firsttry_tasks.recorder.probes.environ import variable
from firsttry_tasks.selection.decide.select import choose, seconds
from firsttry_tasks.selection.evidence.recorded_run import CurrentTree
from firsttry_tasks.selection.syntax.string_names import spelled
from firsttry_tasks.steps.run import learning, pytest_process, recording
from firsttry_tasks.steps.run.tool_run import GateRun, require
from firsttry_tasks.system import disk, file_state, machine

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firsttry_tasks.fingerprint import Inputs
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.pytest import PytestRun
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
    from firsttry_tasks.selection.syntax.fragment import Fragment
    from firsttry_tasks.steps.run.project import Project

#: The parts of the inputs that no test's own records can account for.
AROUND = ("python", "platform", "distributions", "environment", "command")


def run(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> GateRun:
    """Run the tests gate of the job's stage."""
    require(job, pytest_gate.TOOL)
    if pytest_gate.measures(job):
        require(job, "pytest-cov")
    disk.fresh_folder(Path(job.work))
    file_state.drop_stale_bytecode(here.root, tree)
    return _full(here, job, inputs, tree) if job.stage == "full" else _warm(here, job, inputs, tree)


def _full(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> GateRun:
    events = f"{job.work}/events.jsonl"
    if not job.record:
        said, _, argv = pytest_process.once(job, TestsPlan(events=events))
        return GateRun(said=_mode(said, "everything"), argv=argv)
    plan = TestsPlan(
        events=events, root=job.root, records=learning.records(job), smoke=here.settings.smoke
    )
    said, heard, argv = pytest_process.once(job, plan)
    keep = partial(_record, here, job, inputs, tree, heard)
    return GateRun(
        said=_mode(said, "everything"), argv=argv, keep=keep, wrote=partial(learning.wrote, job)
    )


def _record(
    here: Project, job: Job, inputs: Inputs, tree: dict[str, str], heard: PytestRun
) -> None:
    """Keep what a full run recorded in a place of its own, as warm runs will read it."""
    folder = disk.fresh_folder(Path(job.recorded))
    seen = recording.of_warm(here.root, inputs)
    around = now(here, job, seen, tree, DependencyDb(folder / learning.DB))
    learning.learn(here, job, seen, around, heard, folder)
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
    keep = partial(learning.learn_or_forget, here, job, inputs, around, heard)
    return GateRun(
        said=said, argv=argv, why=chosen.everything, keep=keep, wrote=partial(learning.wrote, job)
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
        records=learning.records(job),
        skip_tests=frozenset() if everything else chosen.skip_tests,
        skip_files=frozenset() if everything else chosen.skip_files,
        why=chosen.why,
        default_reason="; ".join(chosen.everything) or "new test",
        smoke=mark,
        serial=serial,
    )
    if not chosen.empty:
        said, heard, argv = pytest_process.once(job, plan)
        if heard.why or said.status != "green" or not smoke or everything:
            mode = "everything" if everything else "selected"
            return _mode(said, mode, None if everything else chosen.total), heard, argv
    quiet = plan.skip_files - {nodeid.partition("::")[0] for nodeid in smoke}
    plan = msgspec.structs.replace(
        plan, only=smoke, skip_files=quiet, why={}, default_reason="smoke test"
    )
    said, heard, argv = pytest_process.once(job, plan)
    return _mode(said, "smoke", chosen.total), heard, argv


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
    read = partial(learning.read, here.root)

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
        outside=lambda name: file_state.content(here.root / name),
        fragments=fragments,
        before=memory.before,
        spelled=lambda path: spelled(read(path)),
        inert=here.settings.inert,
        depends=here.settings.depends,
    )
