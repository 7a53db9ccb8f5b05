"""The extended ``run`` of doit: our exit codes, our reporter, one run at a time, Ctrl-C."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
from pathlib import Path
from sqlite3 import OperationalError
from typing import TYPE_CHECKING, Any

from doit.cmd_base import tasks_and_deps_iter
from doit.cmd_run import Run as DoitRun
from doit.exceptions import BaseFail, TaskError, TaskFailed
from doit.reporter import ConsoleReporter

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from doit.task import Task

INTERRUPTED = 130
#: Gates of a stage that run side by side.
SIDE_BY_SIDE = 3
#: Marks our tasks among a project's own (doit keeps ``meta`` for its users).
OURS = "firsttry"


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
    """Adapt a step to doit: its errors become doit's, anything else keeps its traceback."""

    def adapted(**options: Any) -> BaseFail | None:
        try:
            action(*args, **kwargs, **options)
        except FirstTryError as error:
            kind = StepFailed if error.exit_code in {1, 99} else StepError
            return kind(str(error), error.exit_code)
        return None

    return adapted


class Reporter(ConsoleReporter):  # type: ignore[misc]  # doit has no types
    """Our steps speak for themselves; a project's own tasks are shown as doit shows them."""

    desc = "FirstTry's console"

    def __init__(self, outstream: Any, options: dict[str, Any]) -> None:
        """Begin with nothing wrong."""
        super().__init__(outstream, options)
        self.exit_code = 0

    def execute_task(self, task: Task) -> None:
        """Stay silent for our own tasks."""
        if not is_ours(task):
            super().execute_task(task)

    def skip_uptodate(self, task: Task) -> None:
        """Stay silent for our own tasks."""
        if not is_ours(task):
            super().skip_uptodate(task)

    def add_failure(self, task: Task, fail: BaseFail) -> None:
        """Print the one sentence of our own failures, and keep the exit code."""
        code = getattr(fail, "exit_code", None)
        if code is None:
            super().add_failure(task, fail)
            return
        self.exit_code = max(self.exit_code, code)
        self.write(f"{fail.message}\n")


def is_ours(task: Task) -> bool:
    """Tell whether FirstTry made this task."""
    return bool(task.meta and task.meta.get(OURS))


class Run(DoitRun):  # type: ignore[misc]  # doit has no types
    """``doit run`` with FirstTry's exit codes; other projects' runs are doit's own."""

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
        if not any(map(is_ours, tasks.values())):
            args = (outfile, verbosity, always, continue_, reporter, num_process, par_type, *rest)
            return int(super()._execute(*args))
        if reporter == "console":
            reporter = Reporter(outfile, {"failure_verbosity": failure_verbosity})
        order(tasks, self.sel_tasks)
        if not num_process:
            num_process, par_type = SIDE_BY_SIDE, "thread"
        args = (outfile, verbosity, always, continue_, reporter, num_process, par_type, *rest)
        return guarded(lambda: int(super(Run, self)._execute(*args)), reporter)


def order(tasks: dict[str, Task], selected: list[str] | None) -> None:
    """Let what one run runs follow each other: warm, then full, then what looks at them.

    Alone, each of them runs alone: ``doit compare`` judges two reports that exist.
    """
    chosen = [name for name in selected or tasks if name in tasks]
    names = {task.name for task in tasks_and_deps_iter(tasks, chosen)}
    for name in sorted(names):
        after = []
        if name.startswith("full:"):
            after = ["warm:report"]
        elif name == "compare":
            after = ["warm:report", "full:report"]
        elif name == "package":
            after = ["full:report"]
        elif name == "warm:cache":
            after = ["update_cache"]
        tasks[name].task_dep.extend(n for n in after if n in names)


def guarded(run: Callable[[], int], reporter: Any) -> int:
    """Run while holding the checkout; children never outlive the run."""
    try:
        with _signals(), held():
            code = run()
    except KeyboardInterrupt:
        process.end_all()
        sys.stderr.write("Stopped. What was finished is kept; the rest will run again.\n")
        return INTERRUPTED
    except FirstTryError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code
    except OperationalError as error:
        place = state_paths.DOIT_DB
        sys.stderr.write(f"Can't write {place}: {error}. Check its permissions and free space.\n")
        return max(FirstTryError.exit_code, getattr(reporter, "exit_code", 0))
    finally:
        # Such as a store's client that warm does not wait for any more.
        process.end_rest()
    return max(code, getattr(reporter, "exit_code", 0)) if code else 0


@contextlib.contextmanager
def held() -> Iterator[None]:
    """Hold the checkout for this run; a second one waits its turn."""
    place = Path.cwd() / state_paths.LOCK

    def waits() -> None:
        sys.stderr.write("Another run holds this checkout; waiting for it to end.\n")

    with disk.exclusive_lock(place, waits):
        yield


@contextlib.contextmanager
def _signals() -> Iterator[None]:
    """Let a polite end (SIGTERM, as CI sends it) be the same as Ctrl-C."""

    def interrupt(_number: int, _frame: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


class StateFile:
    """Where doit keeps its state. doit opens it as a path, and only then is its folder made.

    doit ends with exit code 3 where that folder is missing, but to import the tasks is no reason
    to write into whatever folder one stands in.
    """

    def __init__(self, place: Path) -> None:
        """Remember the place; nothing is made yet."""
        self._place = place

    def __fspath__(self) -> str:
        """Make the folder and return the file in it, or no file where nothing can be written."""
        # `doit list` must work there, too; a run will say what is wrong.
        takes = disk.is_writable(self._place.parent)
        return os.fspath(self._place) if takes else ":memory:"


def doit_config() -> dict[str, object]:
    """Return the DOIT_CONFIG of a project: its state in our folder, warm by default."""
    db = StateFile(Path.cwd() / state_paths.DOIT_DB)
    return {"backend": "sqlite3", "dep_file": db, "default_tasks": ["warm"], "verbosity": 2}
