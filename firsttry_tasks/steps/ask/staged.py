"""Judge what is staged: run the warm stage on the index, in a checkout of its own if need be."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from firsttry_tasks import fingerprint
from firsttry_tasks.cluster.tree.import_roots import import_roots
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Command
from firsttry_tasks.reporting import report_files
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs import followup, stage_answer
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.cache import warm_state
from firsttry_tasks.steps.run.project import STAGED, project
from firsttry_tasks.steps.run.stage import RedError
from firsttry_tasks.system import disk, file_state, git, git_index, machine, process

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.steps.run.project import Project

#: What the checkout takes over from this one, where this one's is newer: what tests depend on, and
#: how pytest is called.
CARRIED = (state_paths.WARM, state_paths.CALL)


def differs(root: Path) -> bool:
    """Tell whether the working tree is not what is staged; True where nobody can tell."""
    try:
        return bool(git_index.read(git.top(root), root / state_paths.STAGED_INDEX).differing)
    except FirstTryError:
        # The run that follows says what is wrong.
        return True


def judge(root: Path, *, explain: bool = False) -> None:
    """Run warm on what is staged; RedError, or FirstTryError, as the stage itself would raise."""
    here = project(root)
    staged = git_index.read(here.top, root / state_paths.STAGED_INDEX)
    place = root / state_paths.STAGED
    if staged.differing:
        names = fingerprint.some(staged.differing)
        CONSOLE.say(f"The working tree is not what is staged: {names}.")
    CONSOLE.say(f"What is staged is judged, in {state_paths.STAGED}.")
    git_index.check_out(here.top, place, staged.tree)
    _carry(here, place / here.prefix)
    code = _run(here, place / here.prefix, explain=explain)
    it = report_files.read_report(place / here.prefix, "warm")
    if not isinstance(it, str):
        # Its own commands would run in the checkout of what is staged, where nobody mends.
        then = ("warm", "--staged") if code else ()
        ANSWER.give(stage_answer.answer(it, lambda _: followup.command(("warm", "--staged"))), then)
    _end(code)


def _carry(here: Project, to: Path) -> None:
    """Copy the warm state into the checkout, where it is newer than what lies there."""
    cache = warm_state.mypy_folder(here.root)
    names = (*CARRIED, *((cache.relative_to(here.root).as_posix(),) if cache else ()))
    for name in names:
        if file_state.age(here.root / name) > file_state.age(to / name):
            disk.copy(here.root / name, to / name)


def _run(here: Project, where: Path, *, explain: bool) -> int:
    """Run ``ft warm`` as a process of its own, whose output is this one's; return its exit code."""
    # Not in this process: its settings, its lock and its doit.db are of this checkout.
    code = "import sys; from firsttry_tasks.cli import main; sys.exit(main())"
    asked = {"--explain": explain, "-q": CONSOLE.quiet, "-v": CONSOLE.verbose}
    reader = [f"--for={CONSOLE.reader}"] if CONSOLE.reader else []
    words = ("warm", *(word for word, wanted in asked.items() if wanted), *reader)
    env = {name: it for name, it in os.environ.items() if name not in machine.OF_REPOSITORY}
    env[STAGED] = os.pathsep.join(str(where / it) for it in sorted(set(import_roots(here.root))))
    # -P: else the checkout itself would come first, which for FirstTry's own is another FirstTry.
    command = Command(argv=(sys.executable, "-P", "-c", code, *words), cwd=str(where), env=env)
    with process.shown(command) as started:
        return started.wait()


def _end(code: int) -> None:
    if code == RedError.exit_code:
        raise RedError("What is staged is red.")
    if code:
        error = FirstTryError("What is staged could not be judged.")
        error.exit_code = code
        raise error
