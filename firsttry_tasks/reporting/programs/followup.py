"""Says with which command line to go on: the one that an answer names, or that an error names."""

from __future__ import annotations

import re
import shlex
import shutil
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.system import process

if TYPE_CHECKING:
    from collections.abc import Sequence

    from firsttry_tasks.config.team.team_command import ToolCall

#: Sentences for people end with what to do: ``run: ft warm``, ``See: ft help why``.
NAMED = re.compile(
    r"\b(?:run|see|as one of|all commands): (\w[^.;,()]*(?:\.\S[^.;,()]*)*)", re.IGNORECASE
)
#: The programs whose words are the same. Where FirstTry's own is, doit need not be on the path.
OURS = frozenset({"ft", "doit"})


def command(words: Sequence[str]) -> str:
    """Return the command line for these words of ft's, whose answer is JSON again."""
    return line((*words, "--json"))


def line(words: Sequence[str]) -> str:
    """Return the command line for these words of ft's."""
    return shlex.join((*_ft(), *words))


def named(sentence: str) -> str | None:
    """Return the command line that a sentence names, None for none."""
    found = NAMED.search(sentence)
    if found is None:
        return None
    text = found[1].strip()
    first, _, rest = text.partition(" ")
    return command(shlex.split(rest)) if first in OURS else text


def program(name: str) -> str:
    """Return what starts a program of this environment where the next command is typed."""
    # Where the environment is not activated, the name is another's or nobody's.
    here, found = process.beside(name), shutil.which(name)
    return name if here is None or found == here else here


def called(call: ToolCall, path: str) -> str:
    """Return the command line that calls a tool as the team does, for one path alone."""
    started = program("python" if call.form == "module" else call.tool)
    _, _, rest = str(replace(call, env={}, paths=(path,))).partition(" ")
    around = (shlex.quote(f"{name}={value}") for name, value in call.env.items())
    return " ".join((*around, shlex.quote(started), rest))


def _ft() -> tuple[str, ...]:
    return (program("ft"),) if process.beside("ft") else (program("python"), "-m", "firsttry_tasks")
