"""The command ``ft``: translate its arguments to doit's, and run doit with FirstTry's engine.

Public API are ``main``, the commands and options in ``USAGE``, and the exit codes.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

__all__ = ["main"]

USAGE = """usage: ft COMMAND [OPTIONS]

  ft warm [--explain]       run what a change can break
  ft warm --staged          the same for what is staged, as a commit will hold it
  ft full                   run everything, from cold
  ft compare [--learn]      judge the two reports (99: cache escape)
  ft parity                 warm, full and compare
  ft why NODEID             why a test would run now, or why not
  ft impact FILE[::NAME]    which tests an edit would select
  ft fingerprint [--parts]  print the fingerprint
  ft lock [--check]         write the parity lock, or compare with it
  ft baseline [--prune]     take today's findings of ruff and mypy as known
  ft flaky [--json] [--slack]        list the known flaky tests
  ft flaky forget|renew|own ID ...   change what is known of one
  ft flaky setup            let git merge the list by itself in this clone
  ft stats                  what the parity runs so far tell
  ft testmon                write .testmondata, for `pytest --testmon` by hand
  ft settings               print the settings and who asked for them
  ft package | publish      pack what `ft full record=1` recorded | put it into the store
  ft update-cache [--force] restore the nearest golden cache
  ft store [--prune]        list the golden caches in the store
  ft doctor                 look for what makes warm runs slow or wrong
  ft clear-cache            forget all warm state
  ft list                   all tasks of this project

  ft pre-commit --warm-only [--explain]   the same as: ft warm
  ft pre-commit --parity                  the same as: ft parity

exit codes: 0 good, 1 red, 2 a step could not do its work, 3 wrong usage, 99 cache escape
"""
#: doit's own code for a command line that it can't read.
WRONG_USAGE = 3
#: The exit code that shells use for a program ended by Ctrl-C.
STOPPED = 130
#: doit's own commands that ft passes on; any other word is a task for ``doit run``.
DOITS = frozenset({"list", "info", "help", "forget", "clean"})


def main(argv: list[str] | None = None) -> int:
    """Translate ``ft``'s arguments to doit's and run them; return the exit code."""
    from firsttry_tasks.reporting import streams

    streams.keep_up()
    try:
        return _main(sys.argv[1:] if argv is None else argv)
    except KeyboardInterrupt:
        # Before the run began, or after its end.
        return STOPPED
    except FileNotFoundError:
        # A tool that lost its folder says so in a traceback; there is one such error to be told.
        if _has_folder():
            raise
        sys.stderr.write("This folder has been removed. Change to another one and run again.\n")
        return WRONG_USAGE


def _has_folder() -> bool:
    try:
        os.getcwd()  # noqa: PTH109  pathlib has no way that says less
    except FileNotFoundError:
        return False
    return True


def _main(given: list[str]) -> int:
    if not given or given[0] in {"-h", "--help"}:
        sys.stdout.write(USAGE)
        return 0 if given else WRONG_USAGE
    if given[0] == "--version":
        from firsttry_tasks import __version__

        sys.stdout.write(f"firsttry-tasks {__version__}\n")
        return 0
    words = translate(given)
    # Told before doit is imported, which takes most of the time of a short command.
    if words is None:
        sys.stderr.write(f"ft: can't read {' '.join(given)!r}\n\n{USAGE}")
        return WRONG_USAGE
    # Tasks take the current folder for the project's, and ft may be typed in any folder below it.
    os.chdir(home(Path.cwd()))
    if words[0] == "staged":
        from firsttry_tasks.steps.ask import staged

        # Where nothing differs, this checkout is what is staged, and its state is the nearest.
        words[0] = "staged" if staged.differs(Path.cwd()) else "warm"
    return _doit(words)


def translate(given: list[str]) -> list[str] | None:
    """Return doit's arguments for ``ft``'s; None for arguments that can't be read."""
    command, *rest = given
    if command == "pre-commit":
        if "--warm-only" in rest and "--parity" not in rest:
            return ["warm", *(word for word in rest if word != "--warm-only")]
        if rest == ["--parity"]:
            return ["parity"]
        return None
    # What is staged is not what stands in this folder, so it is another task than warm.
    if command == "warm" and "--staged" in rest:
        return ["staged", *(word for word in rest if word != "--staged")]
    # Tasks have Python's names; on a command line people write hyphens.
    return [command.replace("-", "_"), *rest]


def home(folder: Path) -> Path:
    """Return the nearest folder upwards that has a dodo.py, a pyproject.toml or a .git."""
    for place in (folder, *folder.parents):
        if any((place / name).exists() for name in ("dodo.py", "pyproject.toml", ".git")):
            return place
    return folder


def _doit(words: list[str]) -> int:
    from doit.cmd_base import ModuleTaskLoader
    from doit.doit_cmd import DoitMain

    class Main(DoitMain):  # type: ignore[misc]  # doit has no types
        BIN_NAME = "ft"

    # Without a loader doit reads the project's dodo.py, which may have tasks of its own; without a
    # dodo.py, FirstTry's tasks are enough.
    loader = None
    if not Path("dodo.py").exists():
        from firsttry_tasks import tasks

        loader = ModuleTaskLoader({"tasks": tasks, "DOIT_CONFIG": tasks.DOIT_CONFIG})
    try:
        main = Main(
            loader, extra_config={"COMMAND": {"run": "firsttry_tasks.doit_tasks.engine:Run"}}
        )
    # doit reads pyproject.toml too, and as TOML alone.
    except (ValueError, RecursionError) as error:
        sys.stderr.write(f"pyproject.toml can't be read: {error}.\n")
        return WRONG_USAGE
    return int(main.run(words if words[0] in DOITS else ["run", *words]) or 0)


if __name__ == "__main__":
    sys.exit(main())
