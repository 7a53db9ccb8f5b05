"""Build the tasks that plan a run on several machines, run one shard of it, and merge all."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidDodoFile

from firsttry_tasks.cluster.address import ASKED, NONE
from firsttry_tasks.doit_tasks.engine import step
from firsttry_tasks.doit_tasks.task_dicts import (
    LOOK,
    firsttry_task,
    flag,
    loudness,
    subtask,
    top,
    value,
)
from firsttry_tasks.model.errors import UsageError, nearest
from firsttry_tasks.model.values import STAGES
from firsttry_tasks.steps import typed

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from doit.task import Task

    from firsttry_tasks.doit_tasks.task_dicts import Creator, Dict
    from firsttry_tasks.model.values import Stage

#: doit's variables: the shard that is to run, and the stage that is planned or merged.
SHARD, STAGE = "shard", "stage"


def stage() -> Stage:
    """Return the stage that is planned or merged: full, unless ``stage=warm`` was typed."""
    asked = typed.value(STAGE) or "full"
    found = next((it for it in STAGES if it == asked), None)
    if found is None:
        raise InvalidDodoFile(f"There is no stage {asked!r}.{nearest(asked, STAGES)}")
    return found


def warm_flag() -> Dict:
    """Return the option by which ft asks for the other stage."""
    return flag("warm", "of what warm selects, in place of everything")


def with_ft_alone(variable: str) -> None:
    """Raise UsageError for an option that only ft can translate."""
    raise UsageError(f"doit takes this as a variable: {variable}")


def shard(root: Path, of: Stage, creator: Creator, before: Sequence[str]) -> Iterator[Task]:
    """Yield the tasks of a stage of which one shard was asked for."""

    def act() -> None:
        from firsttry_tasks.steps.shards import running

        running.run(root, of, typed.value(SHARD))

    name = f"{of}:shard"
    task = firsttry_task(
        name, f"run one shard of {of}", step(act), task_dep=[LOOK, *before], uptodate=[False]
    )
    yield subtask(task, of)
    yield top(of, creator, task_dep=[name], params=[shard_option(), *loudness()])


def elsewhere(root: Path) -> bool:
    """Tell whether the tests run on a cluster, without importing what that needs."""
    from firsttry_tasks.steps.run.project import project

    asked = typed.value(ASKED) or project(root).settings.cluster
    # A shard is what a cluster runs: it must not ask for a cluster in turn.
    return asked not in {"", NONE} and not typed.value(SHARD)


def shard_option() -> Dict:
    """Return the option by which one shard of a stage is asked for."""
    return value("shard", "run this shard of a plan alone, such as 2/3", "")


def cluster_option() -> Dict:
    """Return the option by which a stage's tests run on a cluster."""
    return value(ASKED, "run the tests there: local, tls://host:8786, or none", "")


def plan(root: Path, creator: Creator, before: Sequence[str]) -> Iterator[Task]:
    """Yield the task that plans."""

    def act(*, warm: bool, **options: Any) -> None:
        from firsttry_tasks.steps.shards import planning

        planning.plan(root, "warm" if warm else stage(), **options)

    params = [
        value("shards", "how many", 0),
        value("seconds", "how long one may take, its start included", 0.0),
        warm_flag(),
    ]
    yield top("plan", creator, step(act), task_dep=[LOOK, *before], params=params)


def merge(
    root: Path, creator: Creator, gates: Sequence[str], before: Sequence[str]
) -> Iterator[Task]:
    """Yield the tasks that merge: the stage's other gates run here, and its tests are joined."""
    of = stage()

    def join() -> None:
        from firsttry_tasks.steps.shards import merging

        merging.tests(root, of)

    def cover() -> None:
        from firsttry_tasks.steps.run.gate import check

        check(root, of, "diff-cover")

    def gather() -> None:
        from firsttry_tasks.steps.run import stage as end

        end.report(root, of)

    def red(*, warm: bool, **options: Any) -> None:
        from firsttry_tasks.steps.run import stage as end

        if warm and of != "warm":
            with_ft_alone("doit merge stage=warm")
        end.turn_red(root, of, **options)

    others = [f"{of}:{gate}" for gate in gates if gate not in {"tests", "diff-cover"}]
    parts = {"tests": (join, [LOOK, *before]), "report": (gather, [*others, "merge:tests"])}
    if "diff-cover" in gates:
        parts["diff-cover"] = cover, ["merge:tests"]
        parts["report"][1].append("merge:diff-cover")
    for name, (act, after) in parts.items():
        doc = f"merge the {name} of all shards"
        task = firsttry_task(f"merge:{name}", doc, step(act), task_dep=after, uptodate=[False])
        yield subtask(task, "merge")
    params = [warm_flag(), *loudness()]
    yield top("merge", creator, step(red), task_dep=["merge:report"], params=params)
