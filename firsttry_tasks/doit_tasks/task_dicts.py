"""Build doit tasks that FirstTry's reporter is silent about and that print their own output."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from doit.task import Task

from firsttry_tasks.doit_tasks import words
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    Creator = Callable[[], Iterator[Task]]

Dict = dict[str, Any]
#: The one task that takes a snapshot of the tree; all gates of a run judge this snapshot.
LOOK = "fingerprint:look"
#: The keys in a task's ``meta`` that mark FirstTry's tasks among a project's own, and that hold the
#: text of its help page. doit leaves ``meta`` to its users.
OURS, PAGE = "firsttry", "firsttry-page"


class FirstTryTask(Task):  # type: ignore[misc]  # doit has no types
    """A task that takes its options wherever they stand, and names the nearest to a wrong one."""

    def init_options(self, args: list[str] | None = None) -> list[str] | None:
        """Read the task's options; return the words that are left."""
        if args and self.options is None:
            whole = self.pos_arg is not None
            args = words.arranged(self.name, args, self.params, all_of_it=whole)
        left: list[str] | None = super().init_options(args)
        # How much is said concerns the tasks that ran before this one, too.
        CONSOLE.quiet |= self.options.pop("quiet", False)
        CONSOLE.verbose |= self.options.pop("verbose", False)
        # Nor is it a step's matter how its answer is written.
        ANSWER.wanted |= self.options.pop("as_json", False)
        CONSOLE.reader = self.options.pop("for", "") or CONSOLE.reader
        return left


def is_ours(task: Task) -> bool:
    """Tell whether FirstTry made this task."""
    return bool(task.meta and task.meta.get(OURS))


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


def flag(name: str, text: str, short: str = "") -> Dict:
    """Return an option of a task that is on or off, as doit's ``params`` have it."""
    return {
        "short": short,
        # doit passes the value to the action by this name, so it has to be an identifier.
        "name": name.replace("-", "_"),
        "long": name,
        "type": bool,
        "default": False,
        "help": text,
    }


def value(name: str, text: str, default: float | str) -> Dict:
    """Return an option of a task that takes a value, of the type of its default."""
    kind = type(default)
    return {**flag(name, text), "type": kind, "default": default}


def loudness() -> list[Dict]:
    """Return the options of the commands that end with a table: how much they say."""
    return [
        flag("verbose", "whole failures and every finding", "v"),
        flag("quiet", "the table alone", "q"),
    ]


#: doit passes an option by its name, and a parameter called json would read as the module.
AS_JSON = {**flag("json", "print JSON"), "name": "as_json"}


#: Who reads, where the surroundings don't tell it.
FOR = {
    "name": "for",
    "long": "for",
    "type": str,
    "default": "",
    "choices": [("agent", "few words, no progress"), ("person", "as to a person")],
    "help": "agent or person: who reads this",
}


def common(params: Iterable[Dict]) -> list[Dict]:
    """Return a command's options with those that every command has."""
    own = [param for param in params if param["long"] != AS_JSON["long"]]
    return [*own, AS_JSON, FOR]


def top(name: str, creator: Creator, *actions: Any, **more: Any) -> Task:
    """Return a task that a person types; its help is the first line of the creator's docstring."""
    # Never up to date by itself: who types it wants it done.
    more["params"] = common(more.get("params", ()))
    task = FirstTryTask(**firsttry_task(name, doc(creator), *actions, uptodate=[False], **more))
    task.meta[PAGE] = creator.__doc__
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
    made = FirstTryTask(**task)
    made.subtask_of = of
    return made
