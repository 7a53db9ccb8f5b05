"""Merge what the shards of a plan left into the one result that a run of all tests would have."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks import fingerprint
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.gates import GATES
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.flaky_records import Seen
from firsttry_tasks.model.values import GateResult, ToolResult
from firsttry_tasks.reporting.answers import counted
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.decide import leftovers, widen
from firsttry_tasks.selection.shards import runs
from firsttry_tasks.selection.shards.join import joined
from firsttry_tasks.selection.shards.plan import choice
from firsttry_tasks.steps.observe import timing
from firsttry_tasks.steps.run import flaky_spool, gate, learning, pytest_run, rerun
from firsttry_tasks.steps.run.project import manifest, project
from firsttry_tasks.steps.run.tool_run import GateRun
from firsttry_tasks.steps.run_id import RUN, began
from firsttry_tasks.steps.shards import coverage, planning, records
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.fingerprint import Inputs
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Selection, Stage
    from firsttry_tasks.selection.shards.join import Joined, Twice
    from firsttry_tasks.selection.shards.plan import Plan
    from firsttry_tasks.selection.shards.runs import ShardRun
    from firsttry_tasks.steps.run.project import Project


def tests(root: Path, stage: Stage) -> None:
    """Write the result of the stage's tests from what the shards left.

    Where they don't make one whole run, the result is an error that says why.
    """
    # What an earlier run left must not stand for this one.
    disk.remove(root / state_paths.report_file(stage))
    here = project(root)
    given, data = planning.inputs(root, stage), manifest(root, stage, "tests")
    tree = fingerprint.read_manifest(data)
    found: Joined | None = None
    try:
        plan = planning.read(root, stage)
        found = joined(plan, _found(root, stage))
        ran = _ran(here, given, tree, plan, found)
    except FirstTryError as error:
        ran = GateRun(said=ToolResult(status="error", message=str(error)))
    reasons = gate.why(root, stage, "tests", given, tree)
    result = _result(here, given.key, ran, found, stage=stage, reasons=reasons)
    if found is not None:
        _remember(root, result, found)
    gate.conclude(root, result, ran.keep, partial(gate.keep_inputs, root, result, data, given))


def _found(root: Path, stage: Stage) -> Iterator[ShardRun]:
    """Yield the runs of shards that lie here, wherever below the folder they were put."""
    folder = root / state_paths.shards_folder(stage)
    for place in sorted(folder.rglob(f"*{runs.SUFFIX}")):
        yield runs.decode(disk.read(place) or b"", place.relative_to(root).as_posix())


def _ran(here: Project, given: Inputs, tree: dict[str, str], plan: Plan, found: Joined) -> GateRun:
    """Return what the shards come to, and what is to be kept of it."""
    stage = plan.ground.stage
    records.agree(here, found.runs)
    job = here.job(stage, "tests", tuple(tree))
    disk.own_folder(Path(job.work))
    found = replace(found, said=coverage.judged(job, found))
    CONSOLE.say(*(f"note: {said}" for said in _twice(found)))
    if found.said.tests is not None:
        notes = (*found.said.tests.notes, _of(plan), *_twice(found))
        said = replace(found.said, tests=replace(found.said.tests, notes=notes))
        found = replace(found, said=said)
    if stage == "full":
        return _full(here, job, given, tree, found)
    return _warm(here, job, given, tree, found, plan.selected)


def _full(here: Project, job: Job, given: Inputs, tree: dict[str, str], found: Joined) -> GateRun:
    argv = found.runs[0].argv
    if not job.record:
        return GateRun(said=found.said, argv=argv)
    of = len(found.runs)
    for it in found.runs:
        if it.heard.outcomes and not it.records:
            raise FirstTryError(
                f"Shard {it.number} of {of} recorded nothing; run it again:"
                f" ft full --shard {it.number}/{of} record=1"
            )
    learned = records.learned(here, found.runs)
    learn = partial(learning.learn, said=found.said, heard=found.heard, given=learned)
    keep = partial(pytest_run.record, here, job, given, tree, learn)
    return GateRun(said=found.said, argv=argv, keep=keep)


def _warm(
    here: Project,
    job: Job,
    given: Inputs,
    tree: dict[str, str],
    found: Joined,
    planned: str,
) -> GateRun:
    """Return what the selected tests come to; where they are no answer, run warm here."""
    memory = DependencyDb(here.root / state_paths.DB)
    around = pytest_run.now(here, job, given, tree, memory)
    recorded = memory.recorded_runs()
    chosen, _ = pytest_run.selection(here, memory, recorded, around)
    learned = records.learned(here, found.runs)
    heard, green = found.heard, found.said.status == "green"
    lost = widen.unanswered(heard.outcomes, heard.by_code, recorded) if green else ()
    why = pytest_run.beyond((found.said, heard, ()), lost)
    wider = leftovers.otherwise(chosen, learned.records, recorded, around)
    if choice(chosen) != planned:
        # As where a test asks for a variable that is another one on this machine.
        why = why or "what is selected here is not what was planned"
    if wider.skip_tests != chosen.skip_tests:
        why = why or "the selected tests left something behind that concerns others"
    if why and not (chosen.everything and choice(chosen) == planned):
        ran = pytest_run.run(here, job, given, tree)
        return replace(ran, why=(*ran.why, f"{why}, so all of it ran again on one machine"))
    said = _chosen(found.said, chosen)
    known = frozenset(test.nodeid for one in recorded for test in one.tests)
    told, doubted = rerun.believed(here, job, said, known)
    kept = partial(learning.learn_or_forget, job, given, around, said, heard, learned)
    keep = partial(kept, doubted=doubted)
    return GateRun(said=told, argv=found.runs[0].argv, why=chosen.everything, keep=keep)


def _chosen(said: ToolResult, chosen: Selection) -> ToolResult:
    """Return the result with why each test was selected."""
    if said.tests is None:
        return said
    if chosen.everything:
        return replace(said, tests=replace(said.tests, mode="everything", why={}))
    whys = {nodeid: chosen.why.get(nodeid, "new test") for nodeid in said.tests.why}
    counts = replace(said.tests.counts, total=max(chosen.total, len(whys)))
    return replace(said, tests=replace(said.tests, mode="selected", why=whys, counts=counts))


def _of(plan: Plan) -> str:
    return f"merged from {counted(len(plan.shards), 'shard')} of plan {plan.digest[:12]}"


def _twice(found: Joined) -> Iterator[str]:
    """Yield what is to be known of tests that two runs of a shard gave two answers for."""
    for it in found.twice:
        yield (
            f"{it.nodeid} failed in {it.failures} of {it.runs} runs of its shard: it is flaky, and"
            " the last run counts"
        )


def _result(
    here: Project,
    key: str,
    ran: GateRun,
    found: Joined | None,
    *,
    stage: Stage,
    reasons: tuple[str, ...],
) -> GateResult:
    several = found.runs if found else ()
    return GateResult(
        gate="tests",
        stage=stage,
        status=ran.said.status,
        key=key,
        run=RUN,
        began=min((it.began for it in several), default=0.0),
        # What all machines took together, as the report sums up gates that run side by side.
        seconds=round(sum(it.seconds for it in several), 3),
        why=tuple(dict.fromkeys((*reasons, *ran.why))),
        message=ran.said.message,
        version=here.installed.get(GATES["tests"].TOOL, ""),
        argv=ran.argv,
        findings=ran.said.findings,
        touched_during_run=tuple(sorted({path for it in several for path in it.touched})),
        changed_during_run=tuple(sorted({path for it in several for path in it.changed})),
        tests=ran.said.tests,
    )


def _remember(root: Path, result: GateResult, found: Joined) -> None:
    """Keep the times of all shards, and what was seen of tests that answered in two ways."""
    for it in found.runs:
        if it.heard.durations:
            timing.add(root, it.kind, it.heard.durations)
    flaky_spool.add(root, [(it.nodeid, _seen(result, it)) for it in found.twice])


def _seen(result: GateResult, it: Twice) -> Seen:
    return Seen(
        id=f"{'+'.join(it.ids)}:shard",
        at=began(it.ids[-1]),
        tree=result.key[:12],
        runs=it.runs,
        failures=it.failures,
        how="rerun",
    )
