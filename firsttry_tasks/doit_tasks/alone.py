"""The commands of ft that are no tasks: they begin before a project is read, or never read one.

A docstring is the command's help page, as it is for tasks.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from doit.cmdparse import CmdOption, CmdParse

from firsttry_tasks.doit_tasks import holding, words
from firsttry_tasks.doit_tasks.help import page
from firsttry_tasks.doit_tasks.task_dicts import common, flag, loudness, value
from firsttry_tasks.model.errors import UsageError, nearest
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from doit.task import Task


class Around(NamedTuple):
    """What a command has from the program around it: doit, the project's tasks and folder."""

    doit: Callable[[list[str]], int]
    tasks: Callable[[], Iterable[Task]]
    home: Callable[[], Path]


def pre_commit(_given: Sequence[str], options: Mapping[str, bool], around: Around) -> int:
    """Run as a hook of git or of pre-commit.

    ft pre-commit --warm-only              the same as: ft warm
    ft pre-commit --warm-only --explain    the same as: ft warm --explain
    ft pre-commit --parity                 the same as: ft parity

    exit codes: as of ft warm and ft parity
    """
    if options["warm_only"] == options["parity"]:
        raise UsageError("Say what to run: ft pre-commit --warm-only, or: ft pre-commit --parity")
    if options["parity"] and options["explain"]:
        raise UsageError("--explain is an option of --warm-only: parity explains its verdict.")
    more = ["--explain"] if options["explain"] else []
    return around.doit(["parity"] if options["parity"] else ["warm", *more])


def completion(given: Sequence[str], options: Mapping[str, bool], around: Around) -> int:
    """Complete ft's commands, options and files in a shell.

    ft completion --install          for the shell that is in use
    ft completion fish --install     for bash, zsh or fish
    ft completion zsh                print it, to be put where you like
    """
    from firsttry_tasks.doit_tasks import completion

    shell = given[0] if given else completion.current()
    if shell not in completion.SHELLS:
        shells = ", ".join(completion.SHELLS)
        near = nearest(shell, completion.SHELLS)
        raise UsageError(f"There is no completion for {shell!r}.{near} The shells are {shells}.")
    text = completion.script(shell, pages(around.tasks()))
    if options["install"]:
        said = completion.install(shell, text, Path.home())
        sys.stdout.write(f"{said}\n")
    else:
        sys.stdout.write(text)
    return 0


def init(given: Sequence[str], options: Mapping[str, Any], around: Around) -> int:
    """Set this repository up: show what would be written and why, ask, and write.

    ft init                    ask for each file
    ft init --dry-run          write nothing
    ft init --yes              write without asking
    ft init --shards 4         with a workflow that runs on four machines
    ft init --json             what was found, would be written, and is left to do, as JSON

    exit codes: 0 done, 2 git or a file refused, 3 wrong usage or nobody to ask
    """
    from firsttry_tasks.steps.init.command import run

    if given or (options["yes"] and options["dry_run"]):
        raise UsageError("Write it as one of: ft init, ft init --yes, ft init --dry-run")
    run(around.home(), **options)
    return 0


def watch(_given: Sequence[str], options: Mapping[str, bool], around: Around) -> int:
    """Run warm at each save.

    ft watch                   now, and whenever a file is saved, until Ctrl-C
    ft watch -v                with whole failures

    The next run waits, with all that it needs loaded. What failed last runs first, and a save
    during a run starts it over. Needs: pip install 'firsttry-tasks[watch]'

    exit codes: 130 stopped, 2 a step could not do its work, 3 wrong usage or configuration
    """
    from firsttry_tasks.doit_tasks.watch import watch as forever

    words = [f"--{name}" for name in ("quiet", "verbose") if options[name]]
    if ANSWER.wanted:
        # Each run answers by a line of its own.
        ANSWER.lend()
        words.append("--json")
    words += [f"--for={CONSOLE.reader}"] if CONSOLE.reader else []
    return forever(around.home(), words)


def mcp(_given: Sequence[str], _options: Mapping[str, bool], around: Around) -> int:
    """Answer a coding agent over the Model Context Protocol, on standard input and output.

    ft mcp                     what an agent's configuration starts, in the project's folder

    Its tools are warm, why, impact, flaky and verdict, each with the command's JSON.
    Needs: pip install 'firsttry-tasks[mcp]'

    exit codes: 0 the other side has gone, 3 wrong usage, 130 stopped
    """
    from firsttry_tasks.steps.serve import mcp_server

    if ANSWER.wanted:
        raise UsageError("ft mcp speaks a protocol of its own. Leave --json out; see: ft help mcp")
    with holding.signals():
        mcp_server.serve(around.home())
    return 0


def demo(_given: Sequence[str], options: Mapping[str, bool], around: Around) -> int:
    """See all of it on a small project in a temporary folder, in half a minute.

    ft demo                    a warm run, an edit, an escape, and the line that mends it
    ft demo --keep             and leave the project, to play on

    exit codes: 0 played to its end, 2 a step could not do its work, 3 wrong usage, 130 stopped
    """
    del around
    from firsttry_tasks.steps.ask.demo import show

    show(keep=options["keep"])
    return 0


def replay(_given: Sequence[str], options: Mapping[str, Any], around: Around) -> int:
    """Play this repository's own last commits: what warm would have missed, and saved.

    ft replay                              the last 30 commits
    ft replay --commits 60 --minutes 20    as many as there is time for; the same again goes on
    ft replay --anew                       play them again, whatever was played before

    It learns at the oldest commit. At each later one it chooses as ft warm does, then runs
    everything, which is the truth, with what is installed here. It works in a clone in the state
    folder and leaves the checkout free meanwhile.

    exit codes: 0 nothing missed, 1 a test failed in warm alone, 2 no commit could be judged, 3
    wrong usage or configuration, 99 warm missed a test whose outcome had changed, 130 stopped
    """
    from firsttry_tasks.steps.prove.course import Wish
    from firsttry_tasks.steps.prove.replay import replay as play

    asked = dict(options)
    commits = asked.pop("commits")
    return _ending(lambda: play(around.home(), commits, Wish(**asked)))


def drill(_given: Sequence[str], options: Mapping[str, Any], around: Around) -> int:
    """Play seeded faults in this repository's code: whether warm fails every test that they break.

    ft drill                               20 faults
    ft drill --faults 60 --minutes 20      as many as there is time for; the same again goes on
    ft drill --seed 2                      other faults
    ft drill --data 'shop/rates/*.csv'     in data files, too

    A fault is a small wrong edit at HEAD: of a body, a condition, a return, a constant, a class
    attribute, a decorator, a line of a data file. It is made in a clone in the state folder.

    exit codes: 0 nothing missed, 2 no fault could be judged, 3 wrong usage or configuration, 99
    warm missed a test that a fault broke, 130 stopped
    """
    from firsttry_tasks.steps.prove.course import Wish
    from firsttry_tasks.steps.prove.drill import Asked
    from firsttry_tasks.steps.prove.drill import drill as play

    left = dict(options)
    asked = Asked(count=left.pop("faults"), seed=left.pop("seed"), data=left.pop("data"))
    return _ending(lambda: play(around.home(), asked, Wish(**left)))


def _ending(play: Callable[[], int]) -> int:
    """Play in the project's folder until it ends, or until Ctrl-C ends it and its children."""
    from firsttry_tasks.doit_tasks import holding
    from firsttry_tasks.system import process

    with holding.signals():
        try:
            return play()
        except KeyboardInterrupt:
            process.end_all()
            sys.stderr.write("Stopped. What was played is kept; the same again goes on.\n")
            return holding.INTERRUPTED


PROVING = [
    value("minutes", "stop in time after so many minutes; 0: play all", 0.0),
    flag("anew", "play again what was played before"),
]
#: What each does, and its options.
COMMANDS: dict[str, tuple[Callable[..., int], list[dict[str, Any]]]] = {
    "init": (
        init,
        [
            flag("yes", "write without asking"),
            flag("dry-run", "write nothing"),
            value("shards", "let CI run the tests on so many machines", 0),
        ],
    ),
    "pre-commit": (
        pre_commit,
        [
            flag("warm-only", "run the warm stage"),
            flag("parity", "run both stages, and compare"),
            flag("explain", "list each selected test with its why"),
        ],
    ),
    "watch": (watch, loudness()),
    "replay": (
        replay,
        [value("commits", "how many commits", 30), *PROVING],
    ),
    "drill": (
        drill,
        [
            value("faults", "how many faults", 20),
            value("seed", "which faults", 1),
            value("data", "a glob of data files to make faults in", ""),
            *PROVING,
        ],
    ),
    "mcp": (mcp, []),
    "demo": (demo, [flag("keep", "leave the project where it is")]),
    "completion": (completion, [flag("install", "write it where the shell looks for it")]),
}

#: Those that take words besides options.
TAKE_WORDS = frozenset({"init", "completion"})


def run(name: str, given: Sequence[str], around: Around) -> int:
    """Run a command; raises CmdParseError or UsageError for words that can't be read."""
    act, params = COMMANDS[name][0], common(COMMANDS[name][1])
    arranged = words.arranged(name, given, params, all_of_it=True)
    options, rest = CmdParse([CmdOption(param) for param in params]).parse(arranged)
    if rest and name not in TAKE_WORDS:
        near = nearest(rest[0], (f"--{param['long']}" for param in params))
        raise UsageError(f"ft {name} takes no {rest[0]!r}.{near} See: ft help {name}")
    ANSWER.wanted |= options.pop("as_json")
    CONSOLE.reader = options.pop("for")
    return ANSWER.around(name, lambda: act(rest, options, around))


def help_page(name: str) -> str:
    """Return a command's help page."""
    act, params = COMMANDS[name]
    return page(name, act.__doc__ or name, common(params))


def pages(tasks: Iterable[Task]) -> dict[str, tuple[str, list[dict[str, Any]]]]:
    """Return all commands that people type: in a line what each does, and its options."""
    found = {
        words.typed_command(task.name): (task.doc, list(task.params))
        for task in tasks
        if ":" not in task.name
    }
    for name, (act, params) in COMMANDS.items():
        found[name] = ((act.__doc__ or name).partition("\n")[0], common(params))
    return found
