"""Read the words after a command: options wherever they stand, and mistakes with the nearest."""

from __future__ import annotations

import getopt
import os
from typing import TYPE_CHECKING, Any

from doit.cmdparse import CmdOption, CmdParse, CmdParseError
from doit.exceptions import InvalidCommand

from firsttry_tasks.model.errors import UsageError, nearest
from firsttry_tasks.steps.typed import TYPED_IN, asked, value
from firsttry_tasks.system import machine

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

#: The commands of ft that are no tasks of doit. `doit_tasks/alone.py` has what they do.
ALONE = ("init", "pre-commit", "watch", "mcp", "demo", "completion", "replay", "drill")
#: The variable by which ``ft watch`` asks a run to get ready, and to wait for a byte on its
#: standard input.
WAITS = "FIRSTTRY_WAITS"
#: The variables of doit's command line that shape a run.
VARIABLES = ("record", "reuse", "shard", "cluster", "stage", "failed_first", TYPED_IN)
#: Those that are on or off.
SWITCHES = ("record", "reuse", "failed_first")
#: doit's own commands that ft passes on; any other word is a task for ``doit run``.
DOITS = ("list", "info", "help", "forget", "clean")


def arranged(
    command: str, words: Sequence[str], params: Iterable[dict[str, Any]], *, all_of_it: bool
) -> list[str]:
    """Return a command's words with its options first, as doit wants them.

    Where not ``all_of_it`` is the command's, the first word that is no option ends its options:
    doit takes that for the next task. Raises CmdParseError, which names the nearest option.
    """
    parser = CmdParse([CmdOption(param) for param in params])
    read = getopt.gnu_getopt if all_of_it else getopt.getopt
    try:
        options, rest = read(list(words), parser.get_short(), parser.get_long())
    except getopt.GetoptError as error:
        raise CmdParseError(_mistake(command, error, parser)) from error
    for name, said in options:
        _refuse_value(command, name, said, parser)
    first = [word for name, value in options for word in _joined(name, value)]
    # After the two hyphens nothing is an option, whatever it begins with.
    return [*first, "--", *rest] if all_of_it and rest else [*first, *rest]


def _joined(name: str, value: str) -> tuple[str, ...]:
    if name.startswith("--"):
        return (f"{name}={value}" if value else name,)
    return (name, value) if value else (name,)


#: What an option wants whose value is no text.
WANTED = {int: "a whole number", float: "a number"}


def _refuse_value(command: str, name: str, given: str, parser: CmdParse) -> None:
    """Raise CmdParseError for a value that an option can't have, with the nearest that it can."""
    option = next(it for it in parser.options if name in {f"--{it.long}", f"-{it.short}"})
    choices = list(dict(option.choices or ()))
    said = f"is one of {', '.join(choices)}" if choices and given not in choices else ""
    if option.type in WANTED:
        try:
            option.type(given)
        except ValueError:
            said = f"wants {WANTED[option.type]}"
    if said:
        typed = typed_command(command)
        raise CmdParseError(
            f"ft {typed}: {name} {said}, and {given!r} is none.{nearest(given, choices)}"
            f" See: ft help {typed}"
        )


def _mistake(command: str, error: getopt.GetoptError, parser: CmdParse) -> str:
    """Return the sentence for an option that can't be read."""
    typed = typed_command(command)
    see = f"See: ft help {typed}"
    if "not recognized" not in error.msg:
        return f"ft {typed}: {error.msg}. {see}"
    longs = [f"--{option.long}" for option in parser.options if option.long]
    word = f"-{error.opt}" if len(error.opt) == 1 else f"--{error.opt}"
    return f"ft {typed} has no option {word}.{nearest(word, longs)} {see}"


def typed_command(name: str) -> str:
    """Return a task's name as people type it after ft."""
    return name.replace("_", "-")


def unknown(word: str, tasks: Iterable[str], commands: Iterable[str] = DOITS) -> str:
    """Return the sentence for a word that is no command, with the nearest ones."""
    names = {*map(typed_command, tasks), *commands, *ALONE}
    return f"There is no command {word!r}.{nearest(word, names)} All commands: ft help"


def wrong_variable(names: Iterable[str], *, own_tasks: bool) -> str:
    """Return the sentence for a variable that shapes nothing, "" where all do.

    A project with tasks of its own may have variables, too: there only a near one is wrong.
    """
    for name in names:
        near = nearest(name, VARIABLES)
        if name not in VARIABLES and (near or not own_tasks):
            return f"There is no variable {name}=.{near} See: ft help full"
    return ""


def with_nearest(error: InvalidCommand, tasks: Iterable[str]) -> InvalidCommand:
    """Return doit's error for a word that is no task with FirstTry's sentence."""
    if error.not_found is None:
        return error
    return InvalidCommand(unknown(error.not_found, (name for name in tasks if ":" not in name)))


def refuse(chosen: Sequence[str]) -> None:
    """Raise UsageError for variables that don't go with what was typed beside them.

    So for ``reuse=1`` where the run is meant to prove something, ``shard`` where it is of the
    whole, and for a switch that is neither on nor off.
    """
    for name in SWITCHES:
        if value(name) not in {"", "0", "1"}:
            raise UsageError(f"{name}={value(name)}: {name} is 1 for yes, or 0 for no.")
    if asked("reuse") and ("parity" in chosen or machine.in_ci(os.environ)):
        raise UsageError(
            "reuse=1 lets gates of full stand that ran earlier, and that proves nothing: parity and"
            " CI always run them. Leave it out."
        )
    whole = frozenset(chosen).intersection(
        {"parity", "compare", "plan", "merge", "package", "publish"}
    )
    if value("shard") and whole:
        raise UsageError(
            f"A shard is a part of warm or full alone, and {min(whole)} is of the whole run."
        )
