"""Build doit tasks that FirstTry's reporter is silent about and that print their own output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.task import dict_to_task

from firsttry_tasks.doit_tasks.engine import OURS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doit.task import Task

    Creator = Callable[[], Iterator[Task]]

Dict = dict[str, Any]
#: The one task that takes a snapshot of the tree; all gates of a run judge this snapshot.
LOOK = "fingerprint:look"


def firsttry_task(name: str, doc: str, *actions: Any, **more: Any) -> Dict:
    """Return a FirstTry task as a dictionary for doit; ``more`` are further keys of doit's."""
    return {
        "name": name,
        "doc": doc,
        "actions": list(actions),
        "meta": {OURS: True},
        # Uncaptured, or doit would hold the output back until the task ends, and no live line
        # could move.
        "io": {"capture": False},
        **more,
    }


def flag(name: str, text: str) -> Dict:
    """Return an option of a task that is on or off, as doit's ``params`` have it."""
    return {
        # doit passes the value to the action by this name, so it has to be an identifier.
        "name": name.replace("-", "_"),
        "long": name,
        "type": bool,
        "default": False,
        "help": text,
    }


def top(name: str, creator: Creator, action: Any, **more: Any) -> Task:
    """Return a task that a person types; its help is the first line of the creator's docstring."""
    # Never up to date by itself: who types it wants it done.
    task = dict_to_task(firsttry_task(name, doc(creator), action, uptodate=[False], **more))
    # These three are groups with subtasks, and doit treats a group differently from a task, for
    # instance where results of dependencies are passed on.
    task.has_subtask = name in {"warm", "full", "fingerprint"}
    return task


def doc(creator: Creator) -> str:
    """Return the first line of a creator's docstring, which is the task's help text."""
    # PYTHONOPTIMIZE=2 takes docstrings away; a name helps more than nothing.
    text = creator.__doc__ or getattr(creator, "__name__", "").removeprefix("task_")
    return text.partition("\n")[0].rstrip(".")


def subtask(task: Dict, of: str) -> Task:
    """Return a task that `doit list` shows only with --all."""
    made = dict_to_task(task)
    made.subtask_of = of
    return made
