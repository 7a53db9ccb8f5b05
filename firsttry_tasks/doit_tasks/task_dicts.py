"""How a doit task of ours is made: silent in doit's report, its output its own."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.task import dict_to_task

from firsttry_tasks.doit_tasks.engine import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doit.task import Task

    Creator = Callable[[], Iterator[Task]]

Dict = dict[str, Any]
#: The one task that looks at the tree.
LOOK = "fingerprint:look"


def ours(name: str, doc: str, *actions: Any, **more: Any) -> Dict:
    """Return a task of ours as doit takes it."""
    return {
        "name": name,
        "doc": doc,
        "actions": list(actions),
        "meta": {OURS: True},
        "io": {"capture": False},
        **more,
    }


def flag(name: str, text: str) -> Dict:
    """Return an option that is on or off."""
    return {
        "name": name.replace("-", "_"),
        "long": name,
        "type": bool,
        "default": False,
        "help": text,
    }


def top(name: str, creator: Creator, action: Any, **more: Any) -> Task:
    """Return a task that a person types; its help is its creator's first line."""
    task = dict_to_task(ours(name, doc(creator), action, uptodate=[False], **more))
    task.has_subtask = name in {"warm", "full", "fingerprint"}
    return task


def doc(creator: Creator) -> str:
    """Return a creator's first line, the task's help."""
    return (creator.__doc__ or "").splitlines()[0].rstrip(".")


def subtask(task: Dict, of: str) -> Task:
    """Return a task that `doit list` shows only with --all."""
    made = dict_to_task(task)
    made.subtask_of = of
    return made
