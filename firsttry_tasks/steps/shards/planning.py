"""The plan step: collect the tests, and divide them into shards by what they took before."""

from __future__ import annotations

import os
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec.structs import replace

from firsttry_tasks import __version__, fingerprint
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.fingerprint import RESTS_ON, Inputs
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.model.values import TestsPlan
from firsttry_tasks.reporting.answers import counted
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.reporting.table import duration, table
from firsttry_tasks.selection.decide.shared_checks import standing_alone
from firsttry_tasks.selection.shards import plan as plans
from firsttry_tasks.selection.shards import times
from firsttry_tasks.selection.shards.plan import Ground, Plan, Planned, PlannedShard, Wanted
from firsttry_tasks.selection.shards.units import PlannedTest, paired
from firsttry_tasks.steps.observe import timing
from firsttry_tasks.steps.run import pytest_process, pytest_run, snapshot
from firsttry_tasks.steps.run.project import manifest, project
from firsttry_tasks.system import disk, machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.gates.pytest_events import PytestRun
    from firsttry_tasks.model.values import Selection, Stage
    from firsttry_tasks.steps.run.project import Project

#: doit's variable for the shard that is to run, such as ``shard=2/3``.
SHARD = "shard"
#: The live line while the tests are collected.
LIVE = "plan"
#: Parts of the tests' key that are digests under this machine's key, or of warm's own state: no
#: two machines have them in common. Variables are compared by their seals.
OWN = frozenset({"environment", "watched", "unknown"})


def plan(
    root: Path,
    stage: Stage,
    *,
    shards: int = 0,
    seconds: float = 0.0,
) -> None:
    """Divide the stage's tests into shards, write the plan, and show it."""
    if shards and seconds:
        raise UsageError("Say how many shards there are, or how long one may take; not both.")
    if not 0 <= shards <= plans.MOST or seconds < 0:
        raise UsageError(f"A run has 1 to {plans.MOST} shards, each of more than no second.")
    made = make(root, stage, Wanted(shards=shards or None, seconds=seconds or None))
    # What shards of another plan have left would be taken for shards of this one.
    disk.own_folder(root / state_paths.ARTIFACTS)
    disk.fresh_folder(root / state_paths.shards_folder(stage))
    disk.write(root / state_paths.shard_plan(stage), plans.encode(made))
    _show(made)


def current(root: Path, stage: Stage, number: int, of: int) -> Plan:
    """Return the plan that lies here, or where there is none the one that all shards make.

    FirstTryError where the plan that lies here is of something else.
    """
    data = disk.read(root / state_paths.shard_plan(stage))
    if data is None:
        made = make(root, stage, Wanted(shards=of))
        disk.own_folder(root / state_paths.ARTIFACTS)
        disk.write(root / state_paths.shard_plan(stage), plans.encode(made))
        return made
    found = plans.decode(data)
    if len(found.shards) != of:
        raise FirstTryError(
            f"The plan has {counted(len(found.shards), 'shard')}, and {number}/{of} was asked for."
            f" Plan anew: ft plan --shards {of}"
        )
    check(root, found)
    return found


def read(root: Path, stage: Stage) -> Plan:
    """Return the plan that lies here; FirstTryError where there is none, or of something else."""
    data = disk.read(root / state_paths.shard_plan(stage))
    if data is None:
        place = state_paths.shard_plan(stage)
        raise FirstTryError(f"There is no plan in {place}; bring it here, or run: ft plan")
    found = plans.decode(data)
    check(root, found)
    return found


def check(root: Path, found: Plan) -> None:
    """Raise FirstTryError where a plan does not hold for what stands here."""
    now = ground(root, found.ground.stage)
    if other := "; ".join(plans.differences(found.ground, now)):
        raise FirstTryError(f"The plan does not hold here: {other}. Plan anew: ft plan")


def ground(root: Path, stage: Stage) -> Ground:
    """Return what a plan of a stage stands on here."""
    mark = snapshot.read(root)
    given = inputs(root, stage).parts
    # Not the command: whether a run records is in it, and all else of it follows from the tree.
    names = (name for name in RESTS_ON["tests"] if name not in OWN)
    parts = {name: given.get(name, "") for name in names} | machine.builds()
    parts["firsttry"] = __version__
    if stage == "warm":
        # What is selected follows from what was learned before: all have to know the same.
        made = DependencyDb(root / state_paths.DB).made()
        parts["warm state"] = disk.digest(repr(made).encode())
    return Ground(stage=stage, head=mark.head, tree=mark.tree, parts=parts)


def inputs(root: Path, stage: Stage) -> Inputs:
    """Return the inputs of the stage's tests; FirstTryError where that gate is off."""
    found = disk.read_json(root / state_paths.inputs_file(stage, "tests"), Inputs)
    if found is None:
        raise FirstTryError(
            "Shards are of tests, and the tests gate is off; turn it on in pyproject.toml:"
            " [tool.firsttry.pytest] enabled = true"
        )
    return found


def make(root: Path, stage: Stage, wanted: Wanted) -> Plan:
    """Return the plan of the stage's tests as they are now."""
    chosen = selected(root) if stage == "warm" else None
    started = time.monotonic()
    tests = collected(root, stage, chosen)
    # What a shard takes before its first test is at least to collect as much.
    start = time.monotonic() - started
    names = [it.nodeid for it in tests]
    expected = times.expected(names, timing.read(root), timing.kind())
    made = plans.make_plan(ground(root, stage), tests, expected, start, wanted)
    return replace(made, selected=plans.choice(chosen)) if chosen else made


def selected(root: Path) -> Selection:
    """Return what warm selects now; FirstTryError where that is nothing."""
    here, given = project(root), inputs(root, "warm")
    tree = fingerprint.read_manifest(manifest(root, "warm", "tests"))
    memory = DependencyDb(root / state_paths.DB)
    around = pytest_run.now(here, here.job("warm", "tests", tuple(tree)), given, tree, memory)
    chosen, _ = pytest_run.selection(here, memory, memory.recorded_runs(), around)
    if chosen.empty:
        raise FirstTryError("Nothing is selected, so there is nothing to divide; run: ft warm")
    return chosen


def collected(root: Path, stage: Stage, chosen: Selection | None = None) -> tuple[PlannedTest, ...]:
    """Return the stage's tests with what keeps them together, as pytest collects them now."""
    here = project(root)
    tree = fingerprint.read_manifest(manifest(root, stage, "tests"))
    job = here.job(stage, "tests", tuple(tree))
    job = replace(job, work=f"{Path(job.work).parent}/{LIVE}", record=False)
    tests = TestsPlan(
        events=f"{job.work}/events.jsonl",
        root=job.root,
        collect=True,
        serial=True,
        shared_fixtures=here.settings.shared_fixtures,
    )
    heard = _collected(here, job, tree, narrowed(tests, chosen) if chosen else tests)
    recorded = DependencyDb(root / state_paths.DB).recorded_runs()
    return _bound(here, heard, standing_alone(recorded))


def narrowed(tests: TestsPlan, chosen: Selection) -> TestsPlan:
    """Return the plan for pytest without what warm does not select."""
    if chosen.everything:
        return tests
    return replace(tests, skip_tests=chosen.skip_tests, skip_files=chosen.skip_files)


def _collected(here: Project, job: Job, tree: dict[str, str], tests: TestsPlan) -> PytestRun:
    """Return what pytest collects; FirstTryError where it can't collect all."""
    pytest_run.ready(here, job, tree)
    watch = partial(CONSOLE.live, LIVE, "collecting")
    try:
        said, heard, _ = pytest_process.once(job, tests, watch)
    finally:
        CONSOLE.drop(LIVE)
    if heard.findings:
        first = heard.findings[0]
        raise FirstTryError(
            f"Nothing is planned: {first.nodeid} can't be collected ({first.message}). Mend it,"
            f" or see all of it: ft {job.stage}"
        )
    if not heard.finished:
        raise FirstTryError(f"Nothing is planned, as the tests can't be collected: {said.message}")
    return heard


def _bound(here: Project, heard: PytestRun, alone: frozenset[str]) -> tuple[PlannedTest, ...]:
    """Return the tests with what keeps them together; ``alone`` are kinds that need no others."""
    tests = (
        PlannedTest(
            nodeid=nodeid,
            bound=tuple(_names(nodeid, heard.bound.get(nodeid, ()), alone)),
            shares=heard.shares.get(nodeid, ()),
        )
        for nodeid in heard.order
    )
    known = here.memory.tests.items()
    return paired(tests, [(it.before, nodeid) for nodeid, it in known if it.before])


def _names(nodeid: str, names: Iterable[str], alone: frozenset[str]) -> Iterator[str]:
    """Yield the names by which a test is bound, those of plugins' kinds as far as they reach."""
    for name in names:
        sort, _, kind = name.partition(":")
        # What a plugin makes of one file may build on each other, whatever was seen of the kind.
        if sort == "kind" and kind in alone:
            yield f"made:{nodeid.partition('::')[0]}:{kind}"
        else:
            yield name


def _show(made: Plan) -> None:
    """Print the plan, and tell GitHub Actions which shards there are."""
    of = len(made.shards)
    shards = tuple(
        PlannedShard(shard=f"{number}/{of}", tests=len(it.tests), seconds=it.seconds)
        for number, it in enumerate(made.shards, 1)
    )
    stage = made.ground.stage
    file = state_paths.shard_plan(stage)
    if place := os.environ.get("GITHUB_OUTPUT"):
        names = msgspec.json.encode([it.shard for it in shards]).decode()
        disk.append(place, f"shards={names}\n")
    planned = Planned(
        plan=made.digest,
        stage=stage,
        file=file,
        basis=made.basis,
        tests=len(made.tests),
        seconds=round(made.seconds, 3),
        shards=shards,
    )
    ANSWER.give(planned, (stage, "--shard", f"1/{of}"))
    rows = [(it.shard, str(it.tests), duration(it.seconds)) for it in shards]
    CONSOLE.say(*table(("shard", "tests", "expected"), rows), "")
    CONSOLE.tell(
        f"Plan {made.digest[:12]}: {counted(len(made.tests))} in {counted(of, 'shard')},"
        f" {made.basis}. It lies in {file}; run each by: ft {stage} --shard 1/{of}"
    )
