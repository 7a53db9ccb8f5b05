"""The graph, as doit tasks built from settings: what a ``dodo.py`` imports.

    from firsttry_tasks import tasks

    DOIT_CONFIG = tasks.DOIT_CONFIG

doit finds ``create_doit_tasks`` on the imported module. Building does no work: what a task needs
is read when it runs.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from doit.exceptions import InvalidDodoFile
from doit.task import dict_to_task

from firsttry_tasks import engine, reports
from firsttry_tasks.engine import OURS, step
from firsttry_tasks.errors import FirstTryError
from firsttry_tasks.values import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doit.task import Task

    from firsttry_tasks.values import Stage

    Creator = Callable[[], Iterator[Task]]

DOIT_CONFIG = engine.doit_config()

Dict = dict[str, Any]
#: The one task that looks at the tree.
LOOK = "fingerprint:look"


def _ours(name: str, doc: str, *actions: Any, **more: Any) -> Dict:
    """Return a task of ours: silent in doit's report, its output its own."""
    return {
        "name": name,
        "doc": doc,
        "actions": list(actions),
        "meta": {OURS: True},
        "io": {"capture": False},
        **more,
    }


def _flag(name: str, text: str) -> Dict:
    return {
        "name": name.replace("-", "_"),
        "long": name,
        "type": bool,
        "default": False,
        "help": text,
    }


def task_fingerprint() -> Iterator[Task]:
    """Print the name of this tree's golden cache (--parts: and what is behind it)."""
    from firsttry_tasks.steps import snapshot, upkeep

    root = Path.cwd()
    files = [reports.inputs_file(stage, gate) for stage in STAGES for gate in _gates(root, stage)]
    look = _ours(
        LOOK,
        "look at the tree",
        step(snapshot.take, root),
        targets=[str(root / file) for file in (reports.FINGERPRINT, *files)],
        uptodate=[False],
    )
    yield _subtask(look, "fingerprint")
    parts = _flag("parts", "print the parts behind it too")
    show = step(upkeep.fingerprint, root)
    yield _top("fingerprint", task_fingerprint, show, task_dep=[LOOK], params=[parts])


def _gates(root: Path, stage: Stage) -> tuple[str, ...]:
    from firsttry_tasks.steps.project import project

    try:
        return project(root).gates(stage)
    except FirstTryError as error:
        raise InvalidDodoFile(str(error)) from error


def _stage(stage: Stage, creator: Creator) -> Iterator[Task]:
    from firsttry_tasks.steps import stage as end

    root = Path.cwd()
    gates = _gates(root, stage)
    if stage == "warm" and "tests" in gates:
        yield _cache(root)
    for gate in gates:
        yield _gate(root, stage, gate)
    gather = _ours(
        f"{stage}:report",
        f"gather what the {stage} gates found",
        step(end.report, root, stage),
        task_dep=[LOOK, *(f"{stage}:{gate}" for gate in gates)],
        targets=[str(root / reports.report_file(stage))],
        uptodate=[False],
    )
    yield _subtask(gather, stage)
    explain = _flag("explain", "list each selected test with its why")
    red = step(end.turn_red, root, stage)
    yield _top(stage, creator, red, task_dep=[f"{stage}:report"], params=[explain])


def _gate(root: Path, stage: Stage, gate: str) -> Task:
    def check() -> None:
        from firsttry_tasks.steps.gate import check

        check(root, stage, gate)

    def stands() -> bool:
        return reports.stands(root, stage, gate)

    task = _ours(
        f"{stage}:{gate}",
        f"run {gate} in the {stage} stage",
        step(check),
        task_dep=_before(root, stage, gate),
        file_dep=[str(root / reports.inputs_file(stage, gate))],
        targets=[str(root / reports.result_file(stage, gate))],
        uptodate=[stands],
    )
    return _subtask(task, stage)


#: Restores a golden cache where warm state is missing.
CACHE = "warm:cache"


def _before(root: Path, stage: Stage, gate: str) -> list[str]:
    """Return the tasks that a gate waits for."""
    if gate == "diff-cover":
        return ["full:tests"]
    restores = stage == "warm" and gate in {"tests", "mypy"} and "tests" in _gates(root, stage)
    return [CACHE] if restores else []


def _cache(root: Path) -> Task:
    def restore() -> None:
        from firsttry_tasks.steps import update

        update.refresh(root)

    def settled() -> bool:
        from firsttry_tasks.steps import snapshot, warm_state

        return warm_state.settled(root, snapshot.read(root).head)

    doc = "restore a golden cache where warm state is missing"
    task = _ours(CACHE, doc, step(restore), task_dep=[LOOK], uptodate=[settled])
    return _subtask(task, "warm")


def task_warm() -> Iterator[Task]:
    """Run what a change can break: ruff, mypy and the affected tests."""
    yield from _stage("warm", task_warm)


def task_full() -> Iterator[Task]:
    """Run everything, from cold."""
    yield from _stage("full", task_full)


def task_compare() -> Iterator[Task]:
    """Judge the two reports: did warm give full's answer? 99 says no."""

    def judge(**options: Any) -> None:
        from firsttry_tasks.steps import verdict

        verdict.judge(root, **options)

    root = Path.cwd()
    params = [_flag("learn", "write what would have caught an escape into the settings")]
    # The reports are no file_dep: their targets would make `doit compare` run both stages.
    target = str(root / reports.VERDICT)
    more = {"task_dep": [LOOK], "targets": [target], "params": params}
    yield _top("compare", task_compare, step(judge), **more)


def task_parity() -> Iterator[Task]:
    """Run warm, full and compare, whatever colour warm and full have."""
    last = ["warm:report", "full:report", "compare"]
    task = dict_to_task(
        {"name": "parity", "doc": _doc(task_parity), "actions": None, "task_dep": last}
    )
    yield task


def task_lock() -> Iterator[Task]:
    """Write the parity lock from this environment (--check: compare with it)."""
    from firsttry_tasks.steps import upkeep

    check = _flag("check", "compare, and end red where something differs")
    yield _top("lock", task_lock, step(upkeep.write_lock, Path.cwd()), params=[check])


def task_flaky() -> Iterator[Task]:
    """List the tests known to answer both ways; forget, renew or own one of them."""

    def act(**options: Any) -> None:
        from firsttry_tasks.steps import audit

        audit.audit(Path.cwd(), **options)

    as_json = {**_flag("json", "print JSON"), "name": "as_json"}
    slack = _flag("slack", "send the list to the webhook in SLACK_WEBHOOK_URL")
    yield _top("flaky", task_flaky, step(act), params=[as_json, slack], pos_arg="words")


def task_why() -> Iterator[Task]:
    """Say why a test would run now, or why not (doit why NODEID; --json)."""
    from firsttry_tasks.steps import questions

    yield _question("why", task_why, step(questions.why, Path.cwd()))


def task_impact() -> Iterator[Task]:
    """List the tests that an edit would select (doit impact FILE[::NAME]; --json)."""
    from firsttry_tasks.steps import questions

    yield _question("impact", task_impact, step(questions.reach, Path.cwd()))


def _question(name: str, creator: Creator, action: Any) -> Task:
    as_json = {**_flag("json", "print JSON"), "name": "as_json"}
    return _top(name, creator, action, task_dep=[LOOK], params=[as_json], pos_arg="words")


def task_stats() -> Iterator[Task]:
    """Say what the parity runs so far tell: escapes, times, what was saved."""

    def act() -> None:
        from firsttry_tasks.steps import audit

        audit.stats(Path.cwd())

    yield _top("stats", task_stats, step(act))


def task_testmon() -> Iterator[Task]:
    """Write testmon's own db from what warm learned, for `pytest --testmon` by hand."""
    from firsttry_tasks.steps import upkeep

    yield _top("testmon", task_testmon, step(upkeep.write_testmon, Path.cwd()))


def task_settings() -> Iterator[Task]:
    """Print every setting in force, and who asked for it."""
    from firsttry_tasks.steps import upkeep

    yield _top("settings", task_settings, step(upkeep.show_settings, Path.cwd()))


def task_package() -> Iterator[Task]:
    """Pack what `doit full record=1` recorded into a golden cache."""

    def package() -> None:
        from firsttry_tasks.steps.package import package

        package(root)

    root = Path.cwd()
    # The report is no file_dep: as its target it would make `doit package` run the full stage.
    yield _top("package", task_package, step(package), task_dep=[LOOK])


def task_publish() -> Iterator[Task]:
    """Pack, and put the golden cache into the store."""

    def publish() -> None:
        from firsttry_tasks.steps.package import publish

        publish(root)

    root = Path.cwd()
    yield _top("publish", task_publish, step(publish), task_dep=["package"])


def task_update_cache() -> Iterator[Task]:
    """Restore the nearest golden cache (--force: whatever stands here)."""

    def update(*, force: bool) -> None:
        from firsttry_tasks.steps.update import update

        update(root, force=force)

    root = Path.cwd()
    force = _flag("force", "replace warm state even where it is as near")
    yield _top("update_cache", task_update_cache, step(update), task_dep=[LOOK], params=[force])


def task_store() -> Iterator[Task]:
    """List the golden caches in the store (--prune: keep its bounds first)."""

    def store(*, prune: bool) -> None:
        from firsttry_tasks.steps.storage import show

        show(root, prune_first=prune)

    root = Path.cwd()
    yield _top("store", task_store, step(store), params=[_flag("prune", "delete what is old")])


def task_doctor() -> Iterator[Task]:
    """Look for what makes warm runs slow or wrong, and say what mends it."""

    def examine() -> None:
        from firsttry_tasks.steps.doctor import examine

        examine(root)

    root = Path.cwd()
    yield _top("doctor", task_doctor, step(examine), task_dep=[LOOK])


def task_clear_cache() -> Iterator[Task]:
    """Forget all warm state, and say what that was."""
    from firsttry_tasks.steps import upkeep

    yield _top("clear_cache", task_clear_cache, step(upkeep.clear, Path.cwd()))


def create_doit_tasks() -> Iterator[Task]:
    """Yield every task; doit calls this on any object of a dodo.py that has it."""
    creators = (task_fingerprint, task_warm, task_full, task_compare, task_parity)
    golden = (task_package, task_publish, task_update_cache, task_store, task_doctor)
    upkeep = (task_lock, task_flaky, task_stats, task_testmon, task_settings, task_clear_cache)
    for creator in (*creators, task_why, task_impact, *golden, *upkeep):
        yield from creator()


def _top(name: str, creator: Creator, action: Any, **more: Any) -> Task:
    """Return a task that a person types; its help is its creator's first line."""
    task = dict_to_task(_ours(name, _doc(creator), action, uptodate=[False], **more))
    task.has_subtask = name in {"warm", "full", "fingerprint"}
    return task


def _doc(creator: Creator) -> str:
    return (creator.__doc__ or "").splitlines()[0].rstrip(".")


def _subtask(task: Dict, of: str) -> Task:
    made = dict_to_task(task)
    made.subtask_of = of
    return made
