"""Extend doit's ``run`` command: FirstTry's exit codes and reporter, one run at a time, Ctrl-C."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from sqlite3 import Error as SqliteError
from typing import TYPE_CHECKING, Any

from doit.cmd_base import tasks_and_deps_iter
from doit.cmd_run import Run as DoitRun
from doit.dependency import DatabaseException
from doit.exceptions import BaseFail, InvalidCommand, TaskError, TaskFailed
from doit.reporter import ConsoleReporter

from firsttry_tasks.doit_tasks import holding, words
from firsttry_tasks.doit_tasks.state_file import StateError, StateFile
from firsttry_tasks.doit_tasks.task_dicts import is_ours
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.reporting import streams
from firsttry_tasks.reporting.console import CONSOLE, harmless
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.system import process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from doit.task import Task

#: The exit code of what is red.
RED = 1
#: Tasks that run side by side: ruff, mypy and tests, the three gates of a warm stage.
SIDE_BY_SIDE = 3


class StepFailed(TaskFailed):  # type: ignore[misc]  # doit has no types
    """A task that ended with a sentence for people and an exit code for scripts."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        """Carry the code past doit, which knows only its own."""
        super().__init__(sentence)
        self.exit_code = exit_code


class StepError(TaskError):  # type: ignore[misc]  # doit has no types
    """A step that could not do its work."""

    def __init__(self, sentence: str, exit_code: int) -> None:
        """Carry the code past doit, which knows only its own."""
        super().__init__(sentence)
        self.exit_code = exit_code


def step(
    action: Callable[..., None], *args: object, **kwargs: object
) -> Callable[..., BaseFail | None]:
    """Return an action for doit that calls a step and turns a FirstTryError into doit's failure."""

    def adapted(**options: Any) -> BaseFail | None:
        try:
            action(*args, **kwargs, **options)
        except FirstTryError as error:
            # doit tells a failure (the code is red) from an error (a step could not do its work).
            # Any other exception is a mistake in FirstTry, and doit prints its traceback.
            kind = StepFailed if error.exit_code in {1, 99} else StepError
            return kind(str(error), error.exit_code)
        return None

    return adapted


class Reporter(ConsoleReporter):  # type: ignore[misc]  # doit has no types
    """Prints nothing for FirstTry's tasks but failures; a project's own tasks as doit does."""

    desc = "FirstTry's console"

    def __init__(self, outstream: Any, options: dict[str, Any]) -> None:
        """Begin with nothing wrong."""
        super().__init__(outstream, options)
        self.exit_code = 0

    def execute_task(self, task: Task) -> None:
        """Print nothing for FirstTry's tasks."""
        if not is_ours(task):
            # Steps print their own lines, and doit's line for each task would tear the live ones
            # apart.
            super().execute_task(task)

    def skip_uptodate(self, task: Task) -> None:
        """Print nothing for FirstTry's tasks."""
        if not is_ours(task):
            super().skip_uptodate(task)

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        """Print the one sentence of a FirstTry failure, and keep the highest exit code."""
        code = getattr(fail, "exit_code", None)
        if code is None:
            super().add_failure(task, fail)
            return
        # Several tasks can fail, and the most serious one has the highest code: 99 is an escape.
        if code > self.exit_code:
            self.exit_code = code
            ANSWER.fail(str(fail.message))
        # Who asked for the table alone, or for few words, sees there what is red.
        if not ANSWER.open and (code != RED or not (CONSOLE.quiet or CONSOLE.brief)):
            self.write(f"{CONSOLE.paint(fail.message, 'red')}\n")


class Run(DoitRun):  # type: ignore[misc]  # doit has no types
    """``doit run`` with FirstTry's exit codes; a run without FirstTry's tasks is doit's own.

    The entry point ``doit.COMMAND`` puts it in the place of doit's, in every project where
    FirstTry is installed.
    """

    _opened: Any = None

    def get_backends(self) -> dict[str, Any]:
        """Return doit's databases; each but SQLite gets a file of its own in FirstTry's folder."""

        def opener(name: str, kind: Callable[..., Any]) -> Callable[..., Any]:
            def opened(place: Any, **options: Any) -> Any:
                if isinstance(place, StateFile) and name != "sqlite3":
                    return place.opened(name, kind, **options)
                self._opened = kind(place, **options)
                return self._opened

            return opened

        return {name: opener(name, kind) for name, kind in super().get_backends().items()}

    def execute(self, params: Any, args: list[str]) -> int:
        """Run; say in a sentence, where the project is FirstTry's, that the state can't be used."""
        self._opened = None
        try:
            return int(super().execute(params, args) or 0)
        except StateError as error:
            sys.stderr.write(f"{harmless(str(error))}\n")
        except DatabaseException as error:
            if not isinstance(self.loader.load_doit_config().get("dep_file"), StateFile):
                raise
            # A file that was named on the command line is not FirstTry's to remove.
            sys.stderr.write(f"{harmless(str(error))}\n")
        finally:
            # doit closes SQLite's at the end of a run, and not where a mistake ends it before.
            connection = getattr(self._opened, "_conn", None)
            if connection is not None:
                connection.close()
        return FirstTryError.exit_code

    def _execute(  # noqa: PLR0913, PLR0917  doit reads these names off the signature
        self,
        outfile: Any,
        verbosity: int | None = None,
        always: bool = False,  # noqa: FBT001, FBT002
        continue_: bool = False,  # noqa: FBT001, FBT002
        reporter: Any = "console",
        num_process: int = 0,
        par_type: str = "process",
        single: bool = False,  # noqa: FBT001, FBT002
        auto_delayed_regex: bool = False,  # noqa: FBT001, FBT002
        force_verbosity: bool = False,  # noqa: FBT001, FBT002
        failure_verbosity: int = 0,
        pdb: bool = False,  # noqa: FBT001, FBT002
    ) -> int:
        rest = (single, auto_delayed_regex, force_verbosity, failure_verbosity, pdb)
        tasks = {task.name: task for task in self.task_list}
        # The environment may serve other projects that use doit, which must notice nothing.
        if not any(map(is_ours, tasks.values())):
            args = (outfile, verbosity, always, continue_, reporter, num_process, par_type, *rest)
            return int(super()._execute(*args))
        chosen = tuple(self.sel_tasks or ())
        command = _answering(tasks, chosen)
        # doit has taken standard output as it was when doit was imported.
        usual = outfile is None or outfile is sys.stdout
        runs = [tasks[name] for name in order(tasks, self.sel_tasks)]
        beside = _side_by_side(runs, num_process, par_type)

        def answered() -> int:
            streams.keep_up()
            out = sys.stdout if usual else outfile
            # Another reporter was asked for by name, and is kept.
            ours = Reporter(out, {"failure_verbosity": failure_verbosity})
            who = ours if reporter == "console" else reporter
            args = (out, verbosity, always, continue_, who, *beside, *rest)

            def run() -> int:
                words.refuse(chosen)
                try:
                    return int(super(Run, self)._execute(*args))
                except InvalidCommand as error:
                    raise words.with_nearest(error, tasks) from error

            return guarded(run, who)

        return ANSWER.around(command, answered)


def _side_by_side(runs: Iterable[Task], number: int, kind: str) -> tuple[int, str]:
    """Return how many tasks run side by side, and in what."""
    if not number and all(map(is_ours, runs)):
        # Threads: a step waits for a process, and they share what is read of the project. A
        # project's own tasks run one by one: one that calls doit must not meet a gate that works.
        return SIDE_BY_SIDE, "thread"
    if kind == "process":
        # doit forks the processes that it was asked for.
        os.register_at_fork(after_in_child=holding.die_with_parent)
    return number, kind


def _answering(tasks: dict[str, Task], chosen: Sequence[str]) -> str:
    """Return the command that answers, the last of those chosen; ask it for JSON where typed."""
    typed = [name for name in chosen if name in tasks] or ["warm"]
    if all(is_ours(tasks[name]) for name in typed if name in tasks):
        ANSWER.wanted |= "--json" in chosen
    else:
        # A project's own task may have an option of that name.
        ANSWER.release()
    return words.typed_command(typed[-1])


def order(tasks: dict[str, Task], selected: list[str] | None) -> set[str]:
    """Add task_dep so that within one run full comes after warm, and compare after both.

    Returns the names of the tasks of this run.

    Only tasks that this run has anyway are linked: ``doit compare`` alone judges two reports that
    exist, and starts no stage.
    """
    chosen = [name for name in selected or tasks if name in tasks]
    names = {task.name for task in tasks_and_deps_iter(tasks, chosen)}
    for name in sorted(names):
        after = []
        # Never two pytest processes at once: each would slow the other down, and tests of one
        # project may share a port or a file.
        if name.startswith(("full:", "merge:")):
            after = ["warm:report"]
        elif name == "compare":
            after = ["warm:report", "full:report", "merge:report"]
        elif name == "package":
            after = ["full:report", "merge:report"]
        # Both would restore into the same folder.
        elif name == "warm:cache":
            after = ["update_cache"]
        tasks[name].task_dep.extend(n for n in after if n in names)
    return names


def guarded(run: Callable[[], int], reporter: Any) -> int:
    """Run while holding the checkout's lock; return the exit code. No child outlives the run."""
    with holding.signals():
        try:
            return _held(run, reporter)
        except KeyboardInterrupt:
            process.end_all()
            sys.stderr.write("Stopped. What was finished is kept; the rest will run again.\n")
            return holding.INTERRUPTED


def _held(run: Callable[[], int], reporter: Any) -> int:
    try:
        with holding.held():
            code = _ended(run)
    except FirstTryError as error:
        sys.stderr.write(f"{harmless(str(error))}\n")
        return error.exit_code
    # doit opens its state by sqlite3, and a full disk, a read-only folder or another process that
    # holds it shows only there.
    except (SqliteError, DatabaseException) as error:
        place = state_paths.DOIT_DB
        sys.stderr.write(f"Can't write {place}: {error}. Check its permissions and free space.\n")
        return max(FirstTryError.exit_code, getattr(reporter, "exit_code", 0))
    # doit knows the codes 0 to 3; the reporter has the steps' own.
    return max(code, getattr(reporter, "exit_code", 0)) if code else 0


def _ended(run: Callable[[], int]) -> int:
    """Run, and end what still runs then, before the lock goes to the next run."""
    try:
        return run()
    except KeyboardInterrupt:
        process.end_all()
        raise
    finally:
        # Such as a store's client that warm does not wait for any more.
        process.end_rest()


def doit_config() -> dict[str, object]:
    """Return a project's DOIT_CONFIG: state in FirstTry's folder, warm as default task."""
    db = StateFile(Path.cwd() / state_paths.DOIT_DB)
    # sqlite3 and not doit's default, dbm, whose file depends on the platform. Verbosity 2 lets
    # through what a project's own tasks print.
    return {"backend": "sqlite3", "dep_file": db, "default_tasks": ["warm"], "verbosity": 2}
