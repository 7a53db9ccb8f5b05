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
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.reporting import streams
from firsttry_tasks.reporting.console import CONSOLE, harmless
from firsttry_tasks.system import machine, process

if TYPE_CHECKING:
    from collections.abc import Callable

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
        # Several tasks can fail in one run, and the most serious one has the highest code: 99 is
        # an escape.
        self.exit_code = max(self.exit_code, code)
        # Who asked for the table alone sees there what is red.
        if code != RED or not CONSOLE.quiet:
            self.write(f"{CONSOLE.paint(fail.message, 'red')}\n")


class Run(DoitRun):  # type: ignore[misc]  # doit has no types
    """``doit run`` with FirstTry's exit codes; a run without FirstTry's tasks is doit's own.

    The entry point ``doit.COMMAND`` puts it in the place of doit's, in every project where
    FirstTry is installed.
    """

    def get_backends(self) -> dict[str, Any]:
        """Return doit's databases; each but SQLite gets a file of its own in FirstTry's folder."""

        def opener(name: str, kind: Callable[..., Any]) -> Callable[..., Any]:
            def opened(place: Any, **options: Any) -> Any:
                if isinstance(place, StateFile) and name != "sqlite3":
                    return place.opened(name, kind, **options)
                return kind(place, **options)

            return opened

        return {name: opener(name, kind) for name, kind in super().get_backends().items()}

    def execute(self, params: Any, args: list[str]) -> int:
        """Run; say in a sentence, where the project is FirstTry's, that the state can't be used."""
        try:
            return int(super().execute(params, args) or 0)
        except StateError as error:
            sys.stderr.write(f"{harmless(str(error))}\n")
        except DatabaseException as error:
            if not isinstance(self.loader.load_doit_config().get("dep_file"), StateFile):
                raise
            # A file that was named on the command line is not FirstTry's to remove.
            sys.stderr.write(f"{harmless(str(error))}\n")
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
        before = sys.stdout
        streams.keep_up()
        # doit has taken standard output as it was when doit was imported.
        outfile = sys.stdout if outfile is before or outfile is None else outfile
        # Another reporter was asked for by name, and is kept.
        if reporter == "console":
            reporter = Reporter(outfile, {"failure_verbosity": failure_verbosity})
        chosen = frozenset(self.sel_tasks or ())
        runs = order(tasks, self.sel_tasks)
        if not num_process and all(is_ours(tasks[name]) for name in runs):
            # Threads, because a step waits for a process; they share what is read of the project,
            # and doit's own processes would each read it again. A project's own tasks run one by
            # one, as doit runs them: one that calls doit must not meet a gate that works.
            num_process, par_type = SIDE_BY_SIDE, "thread"
        elif par_type == "process":
            # doit forks the processes that it was asked for.
            os.register_at_fork(after_in_child=holding.die_with_parent)
        args = (outfile, verbosity, always, continue_, reporter, num_process, par_type, *rest)

        def run() -> int:
            refuse_reuse(chosen)
            try:
                return int(super(Run, self)._execute(*args))
            except InvalidCommand as error:
                raise _nearest(error, tasks) from error

        return guarded(run, reporter)


def _nearest(error: InvalidCommand, tasks: dict[str, Task]) -> InvalidCommand:
    """Return doit's error for a word that is no task with FirstTry's sentence."""
    if error.not_found is None:
        return error
    typed = [name for name in tasks if ":" not in name]
    return InvalidCommand(words.unknown(error.not_found, typed))


def refuse_reuse(chosen: frozenset[str]) -> None:
    """Raise UsageError for ``reuse=1`` where the run is meant to prove something."""
    from firsttry_tasks.steps.typed import asked, value

    if asked("reuse") and ("parity" in chosen or machine.in_ci(os.environ)):
        raise UsageError(
            "reuse=1 lets gates of full stand that ran earlier, and that proves nothing: parity and"
            " CI always run them. Leave it out."
        )
    whole = chosen.intersection({"parity", "compare", "plan", "merge", "package", "publish"})
    if value("shard") and whole:
        raise UsageError(
            f"A shard is a part of warm or full alone, and {min(whole)} is of the whole run."
        )


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
