"""Run the tests of a stage on a cluster: plan, carry the tree, run the shards there, and merge."""

from __future__ import annotations

import os
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.cluster import address, likeness
from firsttry_tasks.cluster.address import Address
from firsttry_tasks.cluster.tree.import_roots import import_roots
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.gates.pytest_events import CRASH, PytestRun, finding
from firsttry_tasks.model import state_paths, steering
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.model.values import Counts, ToolResult
from firsttry_tasks.reporting.answers import counted
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.decide.select import seconds
from firsttry_tasks.selection.shards import plan as plans
from firsttry_tasks.selection.shards import runs
from firsttry_tasks.selection.shards.plan import Wanted
from firsttry_tasks.selection.shards.runs import ShardRun
from firsttry_tasks.steps import typed
from firsttry_tasks.steps.observe import timing
from firsttry_tasks.steps.run import gate, pytest_run
from firsttry_tasks.steps.run.project import STAGED, project, tree
from firsttry_tasks.steps.run_id import RUN
from firsttry_tasks.steps.shards import merging, planning
from firsttry_tasks.system import contents, disk, process

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.cluster.work import Done, Work
    from firsttry_tasks.model.values import Stage
    from firsttry_tasks.selection.shards.plan import Plan
    from firsttry_tasks.steps.run.project import Project

#: How many workers a plan for a cluster elsewhere reckons with at least. A judgement: with fewer,
#: each has more shards, as long as these are worth their starts (see ``balance.spread``).
ELSEWHERE = 8
#: Settings that a variable of the environment may hold and that the tests of a shard go by.
CARRIED = ("FIRSTTRY_MAIN", "FIRSTTRY_SMOKE")


def check(root: Path, stage: Stage) -> None:
    """Run the stage's tests on the cluster, and write their result as a run here would.

    What a cluster can't do is done here: it may make a run faster, and never red.
    """
    here = project(root)
    asked = typed.value(address.ASKED) or here.settings.cluster
    where = address.read(asked, here.settings.pool, root)
    address.require(where)
    try:
        planned = _planned(root, stage, here, where)
        if planned is None:
            gate.check(root, stage, "tests")
            return
        _settle(root, stage, _ran(here, stage, where, planned))
    except UsageError:
        raise
    except FirstTryError as error:
        if process.ending():
            raise
        CONSOLE.say(f"note: the tests run here and on no cluster: {error}")
        gate.check(root, stage, "tests")
        return
    merging.tests(root, stage)


def _planned(root: Path, stage: Stage, here: Project, where: Address) -> Plan | None:
    """Return the plan of the run; None where what warm selected is not worth a start."""
    if stage == "warm" and not _worth_it(root, here):
        return None
    own = here.settings.pool.workers
    workers = (os.cpu_count() or 1) if own is None else own
    # Who else is in a cluster elsewhere is not known yet, and more may join.
    workers = workers if where.kind == "local" else max(workers, ELSEWHERE)
    return planning.make(root, stage, Wanted(workers=max(1, workers)))


def _worth_it(root: Path, here: Project) -> bool:
    """Tell whether what warm selects takes longer than workers take to start."""
    given, files = planning.inputs(root, "warm"), tree(root, "warm", "tests")
    memory = DependencyDb(root / state_paths.DB)
    recorded = memory.recorded_runs()
    job = here.job("warm", "tests", tuple(files))
    around = pytest_run.now(here, job, given, files, memory)
    chosen, _ = pytest_run.selection(here, memory, recorded, around)
    return not chosen.empty and seconds(chosen, recorded) >= here.settings.parallel_seconds


def _ran(here: Project, stage: Stage, where: Address, plan: Plan) -> Done:
    """Run all shards of a plan."""
    # Only now: what distributed imports takes a second.
    from firsttry_tasks.cluster.work import Done

    disk.own_folder(here.root / state_paths.ARTIFACTS)
    disk.fresh_folder(here.root / state_paths.shards_folder(stage))
    # What a run that was killed has left there goes with it.
    folder = disk.fresh_folder(here.root / state_paths.POOL)
    done = Done(plan=plan)
    try:
        work = _work(here, stage, here.root / state_paths.shards_folder(stage))
        _run(where, work, done, str(folder))
    finally:
        disk.remove(folder)
    return done


def _work(here: Project, stage: Stage, folder: Path) -> Work:
    from firsttry_tasks.cluster import remote
    from firsttry_tasks.cluster.tree import bundle
    from firsttry_tasks.cluster.work import Work

    roots = sorted(set(import_roots(here.root)))
    memory = here.root / state_paths.CONTENTS
    source = bundle.Source(here.top, bundle.bundled(here.top, here.prefix, memory, roots))
    # How pytest is called, as it was found out here; and of warm, what it knows and left out.
    names = (state_paths.CALL, *((state_paths.DB,) if stage == "warm" else ()))
    found = {name: disk.read(here.root / name) for name in names}
    files = {name: data for name, data in found.items() if data is not None}
    own = {name: os.environ[name] for name in CARRIED if name in os.environ}
    ticket = remote.Ticket(
        run=RUN,
        stage=stage,
        topic=f"firsttry-{RUN}",
        words=("record=1",) if here.record else (),
        # A store has nothing for a shard: what it runs is planned already.
        env={"FIRSTTRY_STORE": state_paths.STORE, **own},
        first=STAGED,
        root=str(here.root),
        files={name: contents.blob(data) for name, data in files.items()},
        patience=here.settings.pool.wait,
    )
    locked = frozenset(here.locked[0].environment)
    return Work(
        run=RUN,
        source=source,
        wanted=likeness.of(str(here.root), here.environment, locked),
        ticket=ticket,
        shared={contents.blob(data): data for data in files.values()},
        folder=folder,
        settings=here.settings.pool,
    )


def _run(where: Address, work: Work, done: Done, folder: str) -> None:
    """Run the shards; what a cluster elsewhere can't do any more is done on this machine."""
    from firsttry_tasks.cluster import opening, pool
    from firsttry_tasks.cluster.work import LostError

    work = replace(work, alone=where.kind == "local")
    try:
        pool.run(work, done, partial(opening.opened, where, work.settings, folder))
    except (opening.UnreachableError, LostError) as error:
        if where.kind == "local":
            raise
        left = counted(len(done.waiting), "shard")
        CONSOLE.say(f"note: {where.url} can't be used ({error}); {left} run on this machine")
        _run(Address(kind="local"), work, done, folder)


def _settle(root: Path, stage: Stage, done: Done) -> None:
    """Write the plan as it was in the end, and a file for each shard, of that plan."""
    folder, plan = root / state_paths.shards_folder(stage), done.plan
    disk.write(root / state_paths.shard_plan(stage), plans.encode(plan))
    of = len(plan.shards)
    found = {
        number: runs.decode(disk.read(it) or b"", it.name) for number, it in done.files.items()
    }
    for place in done.files.values():
        disk.remove(place)
    here = project(root)
    found |= {number: _killed(here, plan, number) for number in done.killed}
    found |= {number: _ended(here, plan, number) for number in done.ended}
    for number, run in found.items():
        # A plan that was halved has other numbers of shards, and each shard the tests it had.
        data = runs.encode(replace(run, plan=plan.digest))
        disk.write(folder / runs.name(number, of, run.run), data)


def _killed(here: Project, plan: Plan, number: int) -> ShardRun:
    """Return the run of a shard whose one test ended each worker that ran it."""
    (nodeid,) = plan.share(number)
    message = "it ends the process around pytest: each worker that ran it was lost"
    wrong = finding(
        rule=CRASH, nodeid=nodeid, message=message, path=nodeid.partition("::")[0], line=1
    )
    counts = Counts(selected=1, failed=1)
    heard = PytestRun(
        counts=counts, findings=(wrong,), why={nodeid: ""}, outcomes={nodeid: "failed"}
    )
    return _made(here, plan, number, ToolResult(status="red", findings=(wrong,)), heard)


def _ended(here: Project, plan: Plan, number: int) -> ShardRun:
    """Return the run of a shard that another one's failure ended, as the project asks for."""
    heard = PytestRun(counts=Counts(), findings=(), unran=frozenset(plan.share(number)))
    return _made(here, plan, number, ToolResult(status="red"), heard)


def _made(here: Project, plan: Plan, number: int, said: ToolResult, heard: PytestRun) -> ShardRun:
    steers = steering.names(here.environment)
    return ShardRun(
        plan=plan.digest,
        number=number,
        run=RUN,
        kind=timing.kind(),
        ground=plan.ground,
        seconds=0.0,
        steering=steers,
        digests={name: here.variable(name) for name in steers},
        said=said,
        heard=heard,
    )
