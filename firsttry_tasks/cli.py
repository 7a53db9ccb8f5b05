"""The command ``ft``: translate its arguments to doit's, and run doit with FirstTry's engine.

Public API are ``main``, the commands and options in ``USAGE``, and the exit codes.
"""

from __future__ import annotations

import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

__all__ = ["main"]

USAGE = """usage: ft COMMAND [OPTIONS]      (a command's own page: ft help COMMAND)

check
  ft warm                   run what a change can break (--explain, --staged, -q, -v)
  ft full                   run everything, from cold
  ft parity                 warm, full, and the verdict (99: cache escape)
  ft compare                the verdict alone, from the two reports (--learn)
  ft watch                  warm at each save, from a process that is already awake
  ft pre-commit             warm, or parity, as a hook
  ft mcp                    the same for coding agents, over the Model Context Protocol

share
  ft plan                   divide a run into shards for several machines (--shards, --seconds)
  ft full --shard 2/3       run one of them, with a plan or by the one that all of them make
  ft full --cluster local   plan, shards and merge at once, on workers of a pool (tls://host:8786)
  ft merge                  one report and one record of all shards

ask
  ft why TEST               why a test would run now, or why not
  ft impact FILE[::NAME]    which tests an edit would select
  ft doctor                 what makes warm runs slow, wrong or coarse, and what mends it
  ft report                 a page of what ran, why, and what was saved (--open, --json, --csv)
  ft comment FOLDER         what a pull request is told of a run (--post)
  ft stats                  what the parity runs so far tell
  ft flaky                  the known flaky tests
  ft settings               the settings, who asked for them, and what each gate starts
  ft fingerprint            the name of this tree's golden cache (--parts)

keep
  ft init                   set this repository up: shows, asks, writes (--yes, --dry-run, --json)
  ft lock                   write the parity lock, or compare with it (--check)
  ft baseline               take today's findings of ruff and mypy as known (--prune)
  ft package | publish      pack what `ft full record=1` recorded | put it into the store
  ft update-cache           restore the nearest golden cache (--force)
  ft store                  list the golden caches in the store (--prune)
  ft testmon                write .testmondata, for `pytest --testmon` by hand
  ft clear-cache            forget all warm state

learn
  ft replay                 play the last commits here: what warm would have missed, and saved
  ft drill                  the same with seeded faults
  ft demo                   see all of it on a small project, in half a minute
  ft list                   all tasks of this project; each is a task of doit, too
  ft completion             complete ft's words in bash, zsh and fish (--install)

every command: --json for programs, --for agent for few words
exit codes: 0 good, 1 red, 2 a step could not do its work, 3 wrong usage or configuration,
99 cache escape, 130 stopped
"""
#: doit's own code for a command line that it can't read.
WRONG_USAGE = 3
#: The exit code that shells use for a program ended by Ctrl-C.
STOPPED = 130
#: The words that ask for help, wherever they stand.
HELP = frozenset({"-h", "--help"})
#: A variable for a task, such as ``record=1``.
VARIABLE = re.compile(r"\w+=")


def main(argv: list[str] | None = None) -> int:
    """Translate ``ft``'s arguments to doit's and run them; return the exit code."""
    from firsttry_tasks.reporting import streams

    streams.keep_up()
    given = sys.argv[1:] if argv is None else argv
    if "--json" not in _own(given):
        return _told(given)
    from firsttry_tasks.reporting.programs.answer import ANSWER

    # From here on: also what is wrong with the words is told as JSON.
    ANSWER.wanted = True
    return ANSWER.around(given[0], lambda: _told(_plain(given)))


def _own(given: list[str]) -> list[str]:
    """Return the words before two hyphens, after which nothing is an option."""
    return given[: given.index("--")] if "--" in given else given


def _told(given: list[str]) -> int:
    try:
        return _main(given)
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


def _plain(given: list[str]) -> list[str]:
    """Return the words of doit's own commands without an option that they don't have."""
    from firsttry_tasks.doit_tasks.words import DOITS

    # Their JSON is made of what they print.
    return [word for word in given if word != "--json"] if given[0] in DOITS else given


def _main(given: list[str]) -> int:
    # Told before doit is imported, which takes most of the time of a short command.
    if not given or given in (["-h"], ["--help"], ["help"]):
        sys.stdout.write(USAGE)
        return 0 if given else WRONG_USAGE
    if given[0] == "--version":
        from firsttry_tasks import __version__

        sys.stdout.write(f"firsttry-tasks {__version__}\n")
        return 0
    own = _own(given)
    if not HELP.isdisjoint(own):
        given = ["help", *[word for word in own if word not in HELP][:1]]
    if given[0].startswith("-"):
        from firsttry_tasks.model.errors import nearest

        near = nearest(given[0], (*HELP, "--version"))
        return _wrong(f"ft has no option {given[0]} before a command.{near} See: ft help")
    from firsttry_tasks.doit_tasks.words import ALONE, WAITS

    if given[0] in ALONE or (given[0] == "help" and given[1] in ALONE):
        return _alone(given)
    words = translate(given)
    # Tasks take the current folder for the project's, and ft may be typed in any folder below it.
    typed = Path.cwd()
    os.chdir(home(typed))
    if typed != Path.cwd():
        # Questions name tests and files as they are seen from there.
        words.append(f"typed_in={typed.relative_to(Path.cwd()).as_posix()}")
    if words[0] == "staged":
        from firsttry_tasks.steps.ask import staged

        # Where nothing differs, this checkout is what is staged, and its state is the nearest.
        words[0] = "staged" if staged.differs(Path.cwd()) else "warm"
    if WAITS in os.environ:
        from firsttry_tasks.doit_tasks import awake

        del os.environ[WAITS]
        _entry_points()
        if not awake.wait():
            return 0
    return _doit(words)


def _wrong(sentence: str) -> int:
    sys.stderr.write(f"{sentence}\n")
    return WRONG_USAGE


def _alone(given: list[str]) -> int:
    """Run a command that is no task, or print its page."""
    from doit.cmdparse import CmdParseError

    from firsttry_tasks import tasks
    from firsttry_tasks.doit_tasks import alone
    from firsttry_tasks.model.errors import FirstTryError

    if given[0] == "help":
        sys.stdout.write(alone.help_page(given[1]))
        return 0

    def here() -> Path:
        return home(Path.cwd())

    def doit(words: list[str]) -> int:
        os.chdir(here())
        return _doit(words)

    try:
        return alone.run(given[0], given[1:], alone.Around(doit, tasks.create_doit_tasks, here))
    except CmdParseError as error:
        return _wrong(str(error))
    except FirstTryError as error:
        sys.stderr.write(f"{error}\n")
        return error.exit_code


def translate(given: list[str]) -> list[str]:
    """Return doit's arguments for ``ft``'s."""
    command, *rest = given
    # What is staged is not what stands in this folder, so it is another task than warm.
    if command == "warm" and "--staged" in rest:
        return ["staged", *(word for word in rest if word != "--staged")]
    rest = _as_variables(command, rest)
    # Tasks have Python's names; on a command line people write hyphens.
    name = command.replace("-", "_")
    return [name, *(word.replace("-", "_") for word in rest)] if name == "help" else [name, *rest]


def _as_variables(command: str, rest: list[str]) -> list[str]:
    """Return a command's words with those options as doit's variables that shape the graph."""
    # An option is read when its task runs, and by then it is settled which tasks there are.
    if command in {"plan", "merge"}:
        return ["stage=warm" if word == "--warm" else word for word in rest]
    if command in {"warm", "full"}:
        for name in ("shard", "cluster"):
            rest = _as_variable(name, rest)
    return rest


def _as_variable(name: str, rest: list[str]) -> list[str]:
    rest = [word.replace(f"--{name}=", f"{name}=", 1) for word in rest]
    for place, word in enumerate(rest[:-1]):
        if word == f"--{name}":
            return [*rest[:place], f"{name}={rest[place + 1]}", *rest[place + 2 :]]
    return rest


def home(folder: Path) -> Path:
    """Return the nearest folder upwards that has a dodo.py, a pyproject.toml or a .git."""
    for place in (folder, *folder.parents):
        if any((place / name).exists() for name in ("dodo.py", "pyproject.toml", ".git")):
            return place
    return folder


@cache
def _entry_points() -> Any:
    """Return the entry points of all that is installed, where doit looks for its plugins."""
    from importlib import metadata

    return metadata.entry_points()


def _doit(words: list[str]) -> int:
    from doit import plugin
    from doit.cmd_base import ModuleTaskLoader
    from doit.doit_cmd import DoitMain

    # doit would read those of every distribution three times, once for each kind of plugin: a tenth
    # of the time of a run in which nothing changed.
    plugin.entry_points_impl = lambda: _entry_points().select

    class Main(DoitMain):  # type: ignore[misc]  # doit has no types
        BIN_NAME = "ft"

        def process_args(self, cmd_args: list[str]) -> list[str]:
            # doit takes any word with "=" for a variable, also test_total[a=1].
            own = [word for word in cmd_args if VARIABLE.match(word)]
            super().process_args(own)
            return [word for word in cmd_args if word not in own]

    # Without a loader doit reads the project's dodo.py, which may have tasks of its own; without a
    # dodo.py, FirstTry's tasks are enough.
    loader = None
    if not Path("dodo.py").exists():
        from firsttry_tasks import tasks

        loader = ModuleTaskLoader({"tasks": tasks, "DOIT_CONFIG": tasks.DOIT_CONFIG})
    from firsttry_tasks.doit_tasks import words as typed

    given = [word.partition("=")[0] for word in _own(words) if VARIABLE.match(word)]
    if wrong := typed.wrong_variable(given, own_tasks=loader is None):
        return _wrong(wrong)
    try:
        main = Main(
            loader,
            extra_config={
                "COMMAND": {
                    "run": "firsttry_tasks.doit_tasks.engine:Run",
                    "help": "firsttry_tasks.doit_tasks.help:Help",
                    "info": "firsttry_tasks.doit_tasks.help:Info",
                }
            },
        )
    # doit reads pyproject.toml too, and as TOML alone.
    except (ValueError, RecursionError, OSError) as error:
        why = error.strerror if isinstance(error, OSError) else error
        return _wrong(f"pyproject.toml can't be read: {why}.")
    return int(main.run(words if words[0] in typed.DOITS else ["run", *words]) or 0)


if __name__ == "__main__":
    sys.exit(main())
