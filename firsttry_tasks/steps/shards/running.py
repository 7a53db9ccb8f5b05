"""Run one shard of a plan, as a run of the whole stage runs its tests, and leave the result."""

from __future__ import annotations

import os
import time
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks import fingerprint
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.gates import tests_result
from firsttry_tasks.gates.pytest_events import PytestRun
from firsttry_tasks.model import state_paths, steering
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Counts, TestsDetail, TestsPlan, ToolResult
from firsttry_tasks.reporting import text
from firsttry_tasks.reporting.answers import counted
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.reporting.table import duration
from firsttry_tasks.selection.learn.ingest import looked_outside
from firsttry_tasks.selection.shards import plan as plans
from firsttry_tasks.selection.shards import runs
from firsttry_tasks.selection.shards.runs import ShardRun
from firsttry_tasks.steps.observe import timing
from firsttry_tasks.steps.run import gate, learning, pytest_process, pytest_run, rerun
from firsttry_tasks.steps.run.project import manifest, project
from firsttry_tasks.steps.run.stage import RedError
from firsttry_tasks.steps.run.tool_run import GateRun
from firsttry_tasks.steps.run_id import RUN
from firsttry_tasks.steps.shards import coverage, planning
from firsttry_tasks.system import disk, file_state, own_files
from firsttry_tasks.system.privacy import seals

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.model.values import Stage
    from firsttry_tasks.selection.shards.plan import Plan
    from firsttry_tasks.steps.run.project import Project


def run(root: Path, stage: Stage, asked: str) -> None:
    """Run a shard, write its file, and end as its tests did: RedError, or FirstTryError."""
    number, of = plans.asked(asked)
    plan = planning.current(root, stage, number, of)
    here = project(root)
    tree = fingerprint.read_manifest(manifest(root, stage, "tests"))
    before = file_state.stamps(root, tree)
    began, started = time.time(), time.monotonic()
    job = here.job(stage, "tests", tuple(tree))
    ran, heard = _ran(here, job, tree, plan, number)
    seconds = time.monotonic() - started
    moved, edited = gate.what_moved(here, (stage, "tests"), tree, before, ran.wrote)
    found = ShardRun(
        plan=plan.digest,
        number=number,
        run=RUN,
        kind=timing.kind(),
        ground=plan.ground,
        began=round(began, 3),
        seconds=round(seconds, 3),
        said=ran.said,
        heard=heard,
        argv=ran.argv,
        touched=moved,
        changed=tuple(path for path in edited if path in moved),
        coverage=coverage.measured(job) if heard.outcomes else b"",
    )
    found = _with_records(here, job, tree, found)
    folder = root / state_paths.shards_folder(stage)
    name = runs.name(number, of, RUN)
    disk.write(folder / name, runs.encode(found))
    if place := os.environ.get("GITHUB_OUTPUT"):
        disk.append(place, f"shard={name.removesuffix(runs.SUFFIX)}\n")
    _end(found, of)


def _ran(
    here: Project, job: Job, tree: dict[str, str], plan: Plan, number: int
) -> tuple[GateRun, PytestRun]:
    """Run the shard's tests, and again those that are known to be flaky and failed."""
    share = plan.share(number)
    if not share:
        return _nothing()
    pytest_run.ready(here, job, tree)
    # A warm run always learns.
    tests = pytest_run.everything(here, replace(job, record=job.record or job.stage == "warm"))
    tests = narrowed(tests, share, _known(here, plan))
    said, heard, argv = pytest_process.once(coverage.kept(job), tests)
    said = coverage.unjudged(said)
    said = tests_result.of_mode(said, "everything" if job.stage == "full" else "selected")
    wrote = partial(learning.wrote, job) if tests.records else frozenset
    ran = rerun.forgive(here, job, GateRun(said=said, argv=argv, wrote=wrote))
    return gate.by_name(here, job, ran), _healed(ran.said, heard)


def _healed(said: ToolResult, heard: PytestRun) -> PytestRun:
    """Return the events with the passes of reruns, which are answers like any other."""
    retried = said.tests.retried if said.tests else ()
    green = {it.nodeid for it in retried if it.failures < it.runs}
    return replace(heard, outcomes=heard.outcomes | dict.fromkeys(sorted(green), "passed"))


def _nothing() -> tuple[GateRun, PytestRun]:
    """Return the run of a shard to which the plan gives no test."""
    detail = TestsDetail(counts=Counts(selected=0, total=0), mode="none")
    said = ToolResult(status="off", message="the plan gives it no test", tests=detail)
    return GateRun(said=said), PytestRun(counts=Counts(), findings=(), finished=True)


def narrowed(tests: TestsPlan, share: tuple[str, ...], known: frozenset[str]) -> TestsPlan:
    """Return the plan for pytest without the known tests that are not of this shard.

    Named are the tests to skip, not those to run: a test that nobody planned must show itself.
    """
    others = known - frozenset(share)
    files = {nodeid.partition("::")[0] for nodeid in share}
    elsewhere = frozenset(nodeid.partition("::")[0] for nodeid in others) - files
    return replace(tests, skip_tests=others, skip_files=elsewhere)


def _known(here: Project, plan: Plan) -> frozenset[str]:
    """Return the planned tests, and of warm those that it knows and did not select."""
    if plan.ground.stage == "full":
        return frozenset(plan.tests)
    runs_ = DependencyDb(here.root / state_paths.DB).recorded_runs()
    return frozenset((*plan.tests, *(test.nodeid for one in runs_ for test in one.tests)))


def _with_records(here: Project, job: Job, tree: dict[str, str], found: ShardRun) -> ShardRun:
    """Return the run with what was recorded, and with what tells whether machines agree."""
    learned = learning.own(job) if job.record or job.stage == "warm" else None
    records = learned.records if learned and found.said.status != "off" else ()
    names = {name for one in records for name in one.environment}
    steers = steering.names(here.environment)
    began = min((one.began for one in records), default=0.0)
    outside: dict[str, str] = {}
    for name in sorted(set(_outside(records, tree))):
        digest = learned.before(name, began) if learned else None
        if digest is not None:
            outside[name] = digest
    _keep_hidden(here, outside)
    asked = dict.fromkeys((*steers, *sorted(names)))
    return replace(
        found,
        records=records,
        outside=outside,
        steering=steers,
        sealed=seals.every(asked, here.value),
        digests={name: here.variable(name) for name in asked},
    )


def _outside(records: Iterable[Record], tree: dict[str, str]) -> Iterator[str]:
    """Yield the files outside of the tree that a run looked at, or imported."""
    for one in records:
        yield from looked_outside(((it.kind, it.name) for it in one.observations), tree)
        yield from (it.name for it in one.scopes if it.kind == "import" and it.name not in tree)


def _keep_hidden(here: Project, names: dict[str, str]) -> None:
    """Keep here what the names of files outside hide: the paths don't leave this machine."""
    place = here.root / state_paths.HIDDEN
    hidden = here.outside.hidden(names)
    if hidden:
        known = own_files.read(place, dict[str, str]) or {}
        own_files.write(place, known | hidden)


def _end(found: ShardRun, of: int) -> None:
    """Tell what the shard came to, and raise where that is not good."""
    stage, number, said = found.ground.stage, found.number, found.said
    findings = text.findings(said.findings, state_paths.shards_folder(stage), whole=True)
    CONSOLE.say(*findings)
    # Before the last shard has run, merge names those that are missing.
    ANSWER.follow("merge", *(["--warm"] if stage == "warm" else []))
    done = len(found.heard.outcomes)
    told = f"shard {number}/{of} of {stage}: {counted(done)} in {duration(found.seconds)}"
    if said.status == "error":
        raise FirstTryError(f"{told}, and it could not do its work: {said.message}")
    if said.status == "red":
        raise RedError(f"{told}, {counted(len(said.findings), 'finding')}. Then: ft merge")
    if found.touched:
        raise FirstTryError(f"{told}, but {found.touched[0]} changed meanwhile; run it again.")
    CONSOLE.tell(f"{told}, green. When all have run: ft merge")
