"""Run the tests gate: all tests in the full stage, those that a change can break in warm."""

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
from firsttry_tasks.gates import tests_result
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Counts, Selection, TestsDetail, TestsPlan, ToolResult
from firsttry_tasks.recorder.leftovers.things.content import letters
from firsttry_tasks.recorder.probes.environ import variable
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.decide import declared, shared_fixtures, widen
from firsttry_tasks.selection.decide.reasons import FAILED
from firsttry_tasks.selection.decide.select import choose, seconds
from firsttry_tasks.selection.evidence.recorded_run import CurrentTree
from firsttry_tasks.selection.syntax.string_names import spelled
from firsttry_tasks.steps.observe import timing
from firsttry_tasks.steps.run import learning, pytest_process, recording, rerun
from firsttry_tasks.steps.run.project import LOST
from firsttry_tasks.steps.run.tool_run import GateRun, require
from firsttry_tasks.steps.typed import asked
from firsttry_tasks.system import disk, file_state, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from firsttry_tasks.fingerprint import Inputs
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.pytest_events import PytestRun
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
    from firsttry_tasks.selection.syntax.fragment import Fragment
    from firsttry_tasks.steps.run.project import Project

    #: What one run of pytest said, its events, and its command line.
    Ran = tuple[ToolResult, PytestRun, tuple[str, ...]]

#: Parts of the key that change all tests, whatever was recorded of each: where one differs,
#: everything runs.
AROUND = ("python", "platform", "distributions", "environment", "command")


def run(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> GateRun:
    """Run the tests of the job's stage; FirstTryError where pytest or pytest-cov is missing."""
    ready(here, job, tree)
    return _full(here, job, inputs, tree) if job.stage == "full" else _warm(here, job, inputs, tree)


def ready(here: Project, job: Job, tree: dict[str, str]) -> None:
    """Make ready for a run of pytest; FirstTryError where pytest or a plugin is missing."""
    require(job, pytest_gate.TOOL)
    if any(it.startswith("--ds=") for it in job.call.args) and "pytest-django" not in job.installed:
        raise FirstTryError(
            f"{job.call.place} runs the tests by Django's own runner, and FirstTry runs them by"
            " pytest, which needs pytest-django; run: python -m pip install pytest-django"
        )
    if pytest_gate.measures(job):
        # Said before the run: pytest would only complain of an unknown option --cov.
        require(job, "pytest-cov")
    pytest_process.clear(job)
    file_state.drop_stale_bytecode(here.root, tree)


def _full(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> GateRun:
    """Run all tests; record what they touch where a golden cache is to be made of it."""
    said, heard, argv = pytest_process.once(job, everything(here, job))
    said = tests_result.of_mode(said, "everything")
    if not job.record:
        return GateRun(said=said, argv=argv)
    learn = partial(learning.learn, said=said, heard=heard)
    keep = partial(record, here, job, inputs, tree, learn)
    return GateRun(said=said, argv=argv, keep=keep, wrote=partial(learning.wrote, job))


def everything(here: Project, job: Job) -> TestsPlan:
    """Return the plan of a full run: all tests, and a recording where one is asked for."""
    events = f"{job.work}/events.jsonl"
    # Without a recording nothing is traced: full is to be an independent witness.
    if not job.record:
        return TestsPlan(events=events)
    records = learning.records(job)
    return TestsPlan(events=events, root=job.root, records=records, smoke=here.settings.smoke)


def record(
    here: Project, job: Job, inputs: Inputs, tree: dict[str, str], learn: Callable[..., None]
) -> None:
    """Store what a full run recorded in the folder that a golden cache is packed from.

    ``learn`` learns for these inputs, in this tree, into that folder.
    """
    folder = disk.fresh_folder(Path(job.recorded))
    seen = recording.of_warm(here.root, inputs)
    # Warm will compare what it sees with this, and it does not see what is inert.
    tree = here.readable("warm", "tests", tree)
    around = now(here, job, seen, tree, DependencyDb(folder / learning.DB))
    learn(job, seen, around, folder=folder)
    recording.seal_variables(folder, here)
    timing.bring(here.root, folder)
    recording.seal(folder, inputs.key)


def _warm(here: Project, job: Job, inputs: Inputs, tree: dict[str, str]) -> GateRun:
    """Run the tests that a change can break, and learn from what they touch."""
    memory = DependencyDb(here.root / state_paths.DB)
    if here.watched == LOST:
        # Made anew together: by itself it would be written only when the next test runs.
        dependency_db.discard(memory.path)
        CONSOLE.say(f"{state_paths.WATCHED} can't be read; all tests run, and it is made anew.")
    around = now(here, job, inputs, tree, memory)
    recorded_runs = memory.recorded_runs()
    known = [test for recorded in recorded_runs for test in recorded.tests]
    for target in declared.idle(here.settings.depends, known):
        CONSOLE.say(f'note: no known test fits "{target}", which [tool.firsttry.depends] names')
    CONSOLE.say(*shared_fixtures.idle(here.settings.shared_fixtures, recorded_runs))
    chosen, smoke = selection(here, memory, recorded_runs, around)
    # Starting pytest only to collect nothing costs about half a second.
    if chosen.empty and not smoke:
        counts = Counts(selected=0, total=chosen.total)
        detail = TestsDetail(counts=counts, mode="none")
        return GateRun(said=tests_result.told(ToolResult(status="green", tests=detail)))
    # xdist's workers take longer to start than a few tests take to run.
    serial = seconds(chosen, recorded_runs) < here.settings.parallel_seconds
    start = partial(_chosen, job, smoke=smoke, mark=here.settings.smoke)
    earlier: set[str] = set()
    flaky = frozenset(here.memory.nodeids)

    def more(chosen: Selection, ran: Ran) -> Selection:
        chosen = learning.concerned(job, recorded_runs, around, earlier, chosen)
        return widen.with_company(chosen, ran[1].outcomes, recorded_runs, around, flaky)

    chosen, (said, heard, argv) = _answered(start, more, chosen, recorded_runs, serial=serial)
    told, doubted = rerun.believed(here, job, said, frozenset(test.nodeid for test in known))
    kept = partial(learning.learn_or_forget, job, inputs, around, said, heard)
    keep = partial(kept, doubted=doubted, earlier=earlier)
    return GateRun(
        said=told, argv=argv, why=chosen.everything, keep=keep, wrote=partial(learning.wrote, job)
    )


def selection(
    here: Project, memory: DependencyDb, recorded_runs: Sequence[RecordedRun], around: CurrentTree
) -> tuple[Selection, frozenset[str]]:
    """Return the selection, known flaky tests included, and what runs where that comes to none."""
    chosen = widen.with_flaky(
        _choose(memory, recorded_runs, around), frozenset(here.memory.nodeids)
    )
    learned = disk.read_own(here.root / state_paths.LEARNED, WarmSummary) or WarmSummary()
    return chosen, frozenset(learned.smoke) & chosen.skip_tests


def _answered(
    start: Callable[..., Ran],
    more: Callable[[Selection, Ran], Selection],
    chosen: Selection,
    recorded_runs: Sequence[RecordedRun],
    *,
    serial: bool,
) -> tuple[Selection, Ran]:
    """Run the chosen tests, and more for as long as they don't answer; return what ran last."""
    ran = start(chosen, serial=serial)
    lost = _lost(ran, recorded_runs)
    if lost and not chosen.everything:
        chosen = widen.by_files(chosen, lost)
        ran = start(chosen, serial=serial)
        lost = _lost(ran, recorded_runs)
    # Those that run more may leave something else in turn. Each round leaves fewer tests out.
    while not chosen.everything and (wider := more(chosen, ran)).skip_tests != chosen.skip_tests:
        chosen = wider
        ran = start(chosen, serial=serial)
    why = beyond(ran, lost)
    if why and not chosen.everything:
        chosen = Selection(everything=(why,))
        ran = start(chosen)
    return chosen, ran


def _lost(ran: Ran, recorded_runs: Sequence[RecordedRun]) -> tuple[str, ...]:
    """Return the tests that a green run skipped although they ran before."""
    said, heard, _ = ran
    # In a red run a skip may follow from what is red; it is asked about when that is mended.
    if said.status != "green":
        return ()
    return widen.unanswered(heard.outcomes, heard.by_code, recorded_runs)


def beyond(ran: Ran, lost: Sequence[str]) -> str:
    """Return why the selected tests are no answer for all of them, "" where they are."""
    broken = [finding.path for finding in ran[0].findings if finding.rule == "collect"]
    if broken:
        # Whatever else imports the broken module is red as well: say so as a full run would.
        return f"{broken[0]} can't be collected"
    if any(finding.rule == "exit" for finding in ran[0].findings):
        # What judges a session may count tests, or what they leave unused.
        return "the session of the selected tests is red by itself"
    return f"{lost[0]} ran before and is skipped now, also with all of its file" if lost else ""


def _choose(
    memory: DependencyDb, recorded_runs: Sequence[RecordedRun], around: CurrentTree
) -> Selection:
    """Choose tests; where that raises, discard the db and run everything."""
    try:
        return choose(recorded_runs, around)
    except Exception as error:  # noqa: BLE001  a mistake of ours may cost time, never a wrong green
        dependency_db.discard(memory.path)
        why = f"the records can't be used ({type(error).__name__}: {error}) and are forgotten"
        return Selection(everything=(why,))


def _chosen(
    job: Job, chosen: Selection, *, smoke: frozenset[str], mark: str, serial: bool = False
) -> Ran:
    """Run the chosen tests; where none of them ran and all is green, run the smoke tests."""
    everything = bool(chosen.everything)
    plan = TestsPlan(
        events=f"{job.work}/events.jsonl",
        root=job.root,
        records=learning.records(job),
        # Named are the tests to skip, not those to run: a test that is new is in no list, and must
        # run.
        skip_tests=frozenset() if everything else chosen.skip_tests,
        skip_files=frozenset() if everything else chosen.skip_files,
        why=chosen.why,
        default_reason="; ".join(chosen.everything) or "new test",
        smoke=mark,
        serial=serial,
        # Who watches wants to know first whether what was red is mended.
        order=_failed(chosen) if asked("failed_first") else (),
    )
    if not chosen.empty:
        said, heard, argv = pytest_process.once(job, plan)
        if heard.why or said.status != "green" or not smoke or everything:
            mode = "everything" if everything else "selected"
            return (
                tests_result.of_mode(said, mode, None if everything else chosen.total),
                heard,
                argv,
            )
    # A smoke test's file may be among those that are not collected.
    quiet = plan.skip_files - {nodeid.partition("::")[0] for nodeid in smoke}
    plan = msgspec.structs.replace(
        plan, only=smoke, skip_files=quiet, why={}, default_reason="smoke test"
    )
    said, heard, argv = pytest_process.once(job, plan)
    return tests_result.of_mode(said, "smoke", chosen.total), heard, argv


def _failed(chosen: Selection) -> tuple[str, ...]:
    return tuple(sorted(nodeid for nodeid, why in chosen.why.items() if why == FAILED))


def now(
    here: Project, job: Job, inputs: Inputs, tree: dict[str, str], memory: DependencyDb
) -> CurrentTree:
    """Return the current tree and environment in the form that selection compares with."""
    config, read = parity_lock.configuration(here.root), partial(learning.read, here.root)

    # Selection asks for the same file from several places, and parsing is the dear part.
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
        # Functions, not values: only what some test was recorded to look at is ever asked for.
        variable=lambda name: variable(name, job.env | job.call.env, job.root, here.key),
        outside=here.outside.content,
        fragments=fragments,
        before=memory.before,
        spelled=lambda path: spelled(read(path)),
        inert=here.settings.inert,
        without=frozenset(here.settings.selection.without),
        depends=here.settings.depends,
        shared_fixtures=here.settings.shared_fixtures,
        shown=here.outside.shown,
        key=letters(None, here.key),
    )
