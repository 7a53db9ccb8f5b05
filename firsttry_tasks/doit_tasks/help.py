"""Extend doit's ``help`` and ``info``: pages for FirstTry's tasks, and the nearest word."""

from __future__ import annotations

import inspect
import sys
from typing import TYPE_CHECKING, Any

from doit.cmd_base import DoitCmdBase
from doit.cmd_help import Help as DoitHelp
from doit.cmd_info import Info as DoitInfo
from doit.cmdparse import CmdOption
from doit.exceptions import InvalidCommand, InvalidDodoFile

from firsttry_tasks.doit_tasks import words
from firsttry_tasks.doit_tasks.task_dicts import PAGE, is_ours
from firsttry_tasks.model.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Iterable

#: What a page ends with that says nothing of its own about exit codes.
CODES = "exit codes: 0 done, 2 a step could not do its work, 3 wrong usage or configuration"


class Help(DoitHelp):  # type: ignore[misc]  # doit has no types
    """``doit help TASK`` with examples and exit codes; for all other words it is doit's own."""

    def execute(self, params: Any, args: list[str]) -> int:
        """Print the page that was asked for; wrong usage where there is none."""
        if len(args) != 1 or args[0] == "task" or args[0] in self.cmds:
            return int(super().execute(params, args))
        # A page needs no state, and must leave none behind where it was asked for.
        self.dep_manager = object()
        try:
            if DoitCmdBase.execute(self, params, args):
                return 0
        except InvalidDodoFile:
            if self.bin_name == "ft":
                raise
        self.print_usage(self.cmds)
        return 0

    def _execute(self, pos_args: list[str]) -> bool:
        tasks = {task.name: task for task in self.task_list}
        if not any(map(is_ours, tasks.values())):
            return bool(super()._execute(pos_args))
        task = tasks.get(pos_args[0])
        if task is None:
            raise InvalidCommand(words.unknown(pos_args[0], _typed(tasks), self.cmds))
        if not is_ours(task):
            return bool(super()._execute(pos_args))
        sys.stdout.write(page(task.name, task.meta.get(PAGE) or task.doc, task.params))
        return True


class Info(DoitInfo):  # type: ignore[misc]  # doit has no types
    """``doit info TASK``: doit's own answers a task that is not there with a traceback."""

    def _execute(self, pos_args: list[str], hide_status: bool = False) -> int | None:  # noqa: FBT001, FBT002  doit's names
        names = [task.name for task in self.task_list]
        if len(pos_args) == 1 and pos_args[0] not in names:
            near = nearest(pos_args[0], _typed(names))
            # doit closes it at the end of a command, and not where a mistake ends it before.
            self.dep_manager.close()
            raise InvalidCommand(f"There is no task {pos_args[0]!r}.{near} All tasks: doit list")
        return super()._execute(pos_args, hide_status)  # type: ignore[no-any-return]


def _typed(tasks: Iterable[str]) -> list[str]:
    """Return the tasks that people type: no sub-tasks."""
    return [name for name in tasks if ":" not in name]


def page(name: str, text: str, params: Iterable[dict[str, Any]]) -> str:
    """Return the help page of a command: its text, its options and its exit codes."""
    command = words.typed_command(name)
    first, _, rest = inspect.cleandoc(text).partition("\n")
    lines = [f"  {line}" if line.startswith("ft ") else line for line in rest.splitlines()]
    parts = [f"ft {command}: {first}", "\n".join(lines).strip("\n")]
    options = [_option(CmdOption(param)) for param in params]
    width = max((len(left) for left, _ in options), default=0)
    listed = [f"  {left:<{width}}  {right}" for left, right in options]
    parts.append("\n".join(["options:", *listed]) if listed else "")
    if "exit codes:" not in text:
        parts.append(CODES)
    return "\n\n".join(part for part in parts if part) + "\n"


def _option(option: CmdOption) -> tuple[str, str]:
    return option.help_param(), option.help
