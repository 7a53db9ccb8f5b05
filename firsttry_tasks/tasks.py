"""Build the doit tasks of the graph from the settings: the module that a ``dodo.py`` imports.

    from firsttry_tasks import tasks

    DOIT_CONFIG = tasks.DOIT_CONFIG

doit finds ``create_doit_tasks`` on the imported module. Building reads the settings and nothing
else: what a task needs is read when it runs. The first line of each creator's docstring is the help
text that ``doit list`` prints, and the whole of it is what ``ft help`` prints.

The names in ``__all__`` are public API, as are the names and options of the tasks.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidDodoFile

from firsttry_tasks.doit_tasks import commands, engine
from firsttry_tasks.doit_tasks.engine import step
from firsttry_tasks.doit_tasks.shards import creators as shards
from firsttry_tasks.doit_tasks.task_dicts import (
    LOOK,
    firsttry_task,
    flag,
    loudness,
    subtask,
    top,
)
from firsttry_tasks.doit_tasks.verbs import showing
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import STAGES
from firsttry_tasks.reporting import report_files
from firsttry_tasks.steps import typed

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from firsttry_tasks.doit_tasks.task_dicts import Creator
    from firsttry_tasks.model.values import Stage

__all__ = ["DOIT_CONFIG", "create_doit_tasks"]

DOIT_CONFIG = engine.doit_config()


def task_fingerprint() -> Iterator[Task]:
    """Print the name of this tree's golden cache.

    ft fingerprint             one line, the commit and the sha256 of the parity lock
    ft fingerprint --parts     and what is behind it, to compare two machines
    """
    from firsttry_tasks.steps.ask import upkeep
    from firsttry_tasks.steps.run import snapshot

    root = Path.cwd()
    files = [
        state_paths.inputs_file(stage, gate) for stage in STAGES for gate in _gates(root, stage)
    ]
    look = firsttry_task(
        LOOK,
        "look at the tree",
        step(snapshot.take, root),
        targets=[str(root / file) for file in (state_paths.FINGERPRINT, *files)],
        uptodate=[False],
    )
    # Never up to date: nothing but a look can tell whether the tree has changed.
    yield subtask(look, "fingerprint")
    parts = flag("parts", "print the parts behind it too")
    show = step(upkeep.fingerprint, root)
    yield top("fingerprint", task_fingerprint, show, task_dep=[LOOK], params=[parts])


def _gates(root: Path, stage: Stage) -> tuple[str, ...]:
    from firsttry_tasks.steps.run.project import project

    try:
        return project(root).gates(stage)
    except FirstTryError as error:
        # doit prints this error as one line and ends with code 3; any other would be a traceback.
        raise InvalidDodoFile(str(error)) from error


def _stage(stage: Stage, creator: Creator) -> Iterator[Task]:
    from firsttry_tasks.steps.run import stage as end

    root = Path.cwd()
    gates = _gates(root, stage)
    # Golden caches hold what tests depend on; without the tests gate there is nothing to restore.
    if stage == "warm" and "tests" in gates:
        yield _cache(root)
    for gate in gates:
        yield _gate(root, stage, gate)
    gather = firsttry_task(
        f"{stage}:report",
        f"gather what the {stage} gates found",
        step(end.report, root, stage),
        # A gate that is red is no failed task, so the report is written whatever the gates found.
        task_dep=[LOOK, *(f"{stage}:{gate}" for gate in gates)],
        targets=[str(root / state_paths.report_file(stage))],
        uptodate=[False],
    )
    yield subtask(gather, stage)
    if typed.value(shards.SHARD):
        yield from shards.shard(root, stage, creator, _before(root, stage, "tests"))
        return
    explain = flag("explain", "list each selected test with its why")

    def red(*, shard: str, cluster: str, **options: Any) -> None:
        for name, value in (("shard", shard), ("cluster", cluster)):
            if value:
                shards.with_ft_alone(f"doit {stage} {name}={value}")
        end.turn_red(root, stage, **options)

    params = [explain, shards.shard_option(), shards.cluster_option(), *loudness()]
    yield top(stage, creator, step(red), task_dep=[f"{stage}:report"], params=params)


def _gate(root: Path, stage: Stage, gate: str) -> Task:
    def check() -> None:
        # Imported when a gate runs: a run in which all is up to date takes 0.11 s, most of it for
        # importing doit, and should not grow.
        if gate == "tests" and shards.elsewhere(root):
            from firsttry_tasks.steps.shards import pooled

            pooled.check(root, stage)
            return
        from firsttry_tasks.steps.run.gate import check

        check(root, stage, gate)

    def stands() -> bool:
        # Full is what warm is held against. A result that stood by what the records know would
        # prove nothing about the records, so full's gates run whenever full is asked for.
        from firsttry_tasks.steps.run.project import project

        may_stand = stage == "warm" or project(root).reuse
        return may_stand and report_files.stands(root, stage, gate)

    task = firsttry_task(
        f"{stage}:{gate}",
        f"run {gate} in the {stage} stage",
        step(check),
        task_dep=_before(root, stage, gate),
        # One file stands for all inputs of a gate: it holds their digest, and the snapshot
        # rewrites it only if that changes. With the files themselves as file_dep, 10,000 of them
        # for each of three gates, a run without changes takes 0.25 s in place of 0.11 s.
        file_dep=[str(root / state_paths.inputs_file(stage, gate))],
        targets=[str(root / state_paths.result_file(stage, gate))],
        # The inputs alone don't tell: a red result of the same inputs has to be shown again.
        uptodate=[stands],
    )
    return subtask(task, stage)


#: The task that restores a golden cache where warm state is missing.
CACHE = "warm:cache"


def _before(root: Path, stage: Stage, gate: str) -> list[str]:
    """Return the names of the tasks that a gate waits for, beside the snapshot."""
    if gate == "diff-cover":
        # It reads the coverage that full:tests has measured.
        return ["full:tests"]
    # ruff starts at once; only these two read the state that a golden cache restores.
    restores = stage == "warm" and gate in {"tests", "mypy"} and "tests" in _gates(root, stage)
    return [CACHE] if restores else []


def _cache(root: Path) -> Task:
    def restore() -> None:
        from firsttry_tasks.steps.cache import update

        update.refresh(root)

    def settled() -> bool:
        from firsttry_tasks.steps.cache import request
        from firsttry_tasks.steps.run import snapshot

        return request.settled(root, snapshot.read(root).head)

    doc = "restore a golden cache where warm state is missing"
    task = firsttry_task(CACHE, doc, step(restore), task_dep=[LOOK], uptodate=[settled])
    return subtask(task, "warm")


def task_warm() -> Iterator[Task]:
    """Run what a change can break: ruff, mypy and the affected tests.

    ft warm                    the first run learns what each test uses, the next ones select
    ft warm --explain          each selected test with its reason
    ft warm --staged           of what is staged, as a commit will hold it
    ft warm -q                 the closing table alone
    ft warm -v                 whole failures and every finding
    ft warm --shard 2/3        the second of three shards of a plan (ft help plan)
    ft warm --cluster local    in shards on workers, where what is selected takes longer

    exit codes: 0 green, 1 red, 2 a gate could not do its work, 3 wrong usage or configuration,
    130 stopped
    """
    yield from _stage("warm", task_warm)


def task_full() -> Iterator[Task]:
    """Run everything, from cold.

    ft full                    every gate and every test, without any cache
    ft full record=1           and record what a golden cache is packed from
    ft full reuse=1            gates of an earlier full run may stand, as a hint and no proof
    ft full --shard 2/3        the tests of the second of three shards of a plan (ft help plan)
    ft full --cluster local    the tests in shards on workers of this machine, or of a dask
                               scheduler: --cluster tls://host:8786

    exit codes: 0 green, 1 red, 2 a gate could not do its work, 3 wrong usage or configuration,
    130 stopped
    """
    yield from _stage("full", task_full)


def task_compare() -> Iterator[Task]:
    """Judge the two reports: did warm give full's answer? 99 says no.

    ft compare                 the verdict, from the reports of the last warm and full runs
    ft compare --learn         after an escape: write what would have caught it into the settings

    exit codes: 0 the same answer, or only known flakiness apart; 1 the same failures in both;
    2 a gate could not do its work in both; 3 wrong usage or configuration; 99 a cache escape: warm
    was green where full is red, or the reports can't be compared; 130 stopped
    """

    def judge(**options: Any) -> None:
        from firsttry_tasks.steps.judge import verdict

        verdict.judge(root, **options)

    root = Path.cwd()
    learn = flag("learn", "write what would have caught an escape into the settings")
    params = [learn, *loudness()]
    # The reports are no file_dep: their targets would make `doit compare` run both stages.
    target = str(root / state_paths.VERDICT)
    more = {"task_dep": [LOOK], "targets": [target], "params": params}
    yield top("compare", task_compare, step(judge), **more)


def task_parity() -> Iterator[Task]:
    """Run warm, full and compare, whatever colour warm and full have.

    ft parity                  prove on this tree that warm gives full's answer
    ft parity -q               the tables and the verdict alone

    exit codes: as of ft compare
    """
    # The reports, not the stages: a stage's own task ends red and would keep compare from running.
    last = ["warm:report", "full:report", "compare"]
    yield top("parity", task_parity, task_dep=last, params=loudness())


def task_plan() -> Iterator[Task]:
    """Divide a run into shards for several machines, balanced by what tests took before.

    ft plan                    of everything, into as many shards as are worth their starts
    ft plan --shards 4         into four
    ft plan --seconds 300      into shards of five minutes
    ft plan --warm             of what warm selects

    exit codes: 0 planned, 2 there is no test, or they can't be collected, 3 wrong usage or
    configuration
    """
    yield from shards.plan(Path.cwd(), task_plan, _before(Path.cwd(), "warm", "tests"))


def task_merge() -> Iterator[Task]:
    """Merge what the shards of a plan left into one report, as of one run.

    ft merge                   after ft full --shard 1/3, 2/3 and 3/3; ruff and mypy run here
    ft merge record=1          and record what a golden cache is packed from
    ft merge --warm            after the shards of ft warm

    exit codes: 0 green; 1 red; 2 a shard is missing, is of another plan, tree or environment, or a
    gate could not do its work; 3 wrong usage or configuration; 130 stopped
    """
    root, of = Path.cwd(), shards.stage()
    yield from shards.merge(root, task_merge, _gates(root, of), _before(root, of, "tests"))


def create_doit_tasks() -> Iterator[Task]:
    """Yield every task; doit calls this on any object of a dodo.py that has it."""
    graph = (task_fingerprint, task_warm, task_full, task_compare, task_parity)
    more = (*commands.CREATORS, *showing.CREATORS)
    for creator in (*graph, task_plan, task_merge, *more):
        yield from creator()
