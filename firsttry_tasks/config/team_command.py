"""Finds how a team calls pytest and mypy, by the commands in its own CI and tools' files.

``pytest`` puts no folder on ``sys.path``, ``python -m pytest`` puts the current one there; and
``mypy .`` checks the tests, ``mypy src`` does not. What the team calls decides what is green.
"""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config.team_files import commands, shell
from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from firsttry_tasks.config.team_files import Words

Form = Literal["script", "module"]
#: What a program is called, where it has more names than one.
NAMES = {"pytest": ("pytest", "py.test")}
#: A variable that is set for one command.
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
#: Options of mypy by which it writes, or installs, something.
WRITES = re.compile(r"report|junit|cache|install|interactive|pdb")


class ToolCall(Struct, frozen=True, kw_only=True):
    """How a tool is called, and the file that says so, "" where none does and the form is a guess.

    ``env`` are the variables that stand before it, ``flags`` Python's own options before ``-m``,
    ``args`` the tool's options, ``paths`` what of the project it is called for.
    """

    tool: str = "pytest"
    form: Form = "script"
    env: dict[str, str] = {}
    flags: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    place: str = ""

    def __str__(self) -> str:
        """Return the call as people write it."""
        around = [f"{name}={value}" for name, value in self.env.items()]
        python = ("python", *self.flags, "-m") if self.form == "module" else ()
        return shlex.join((*around, *python, self.tool, *self.args, *self.paths))


def find(root: Path, top: Path, tool: str) -> ToolCall:
    """Return how the project at ``root``, in the repository at ``top``, calls a tool.

    The first file that calls it for more than single files decides; of its calls those that put no
    folder on ``sys.path``, because both must be green and these are the stricter.
    """
    for place, found in commands(root, top, NAMES.get(tool, (tool,))):
        calls = [call for words in found if (call := call_in(words, tool))]
        # A workflow that runs one benchmark, say, does not tell how the suite is run.
        whole = [call for call in calls if tool != "pytest" or not _of_single_files(call)]
        chosen = [it for it in whole if it.form == "script"] or whole
        if chosen:
            named = place.relative_to(top).as_posix()
            # pytest's options often stand for one job alone, as those of coverage do.
            options = _options(root, chosen[0]) if tool == "mypy" else ()
            paths = _joined(root, chosen)
            return replace(chosen[0], args=options, paths=paths, place=named)
    return ToolCall(tool=tool)


def given(command: str) -> ToolCall:
    """Return the call of pytest that the settings name; UsageError where it is none."""
    found = call_in(next(shell(command), ()), "pytest")
    if found is None:
        raise UsageError(
            f"pyproject.toml, [tool.firsttry.pytest]: command = {command!r} does not call pytest."
            " Write it as you call it: 'pytest', or 'python -m pytest'."
        )
    return replace(found, place="pyproject.toml")


def call_in(words: Words, tool: str) -> ToolCall | None:
    """Return how one command calls a tool; None where it does not."""
    names = NAMES.get(tool, (tool,))
    for at, word in enumerate(words):
        if word.rpartition("/")[2] not in names:
            continue
        before, args = words[:at], words[at + 1 :]
        pairs = (it.split("=", 1) for it in before if ASSIGNMENT.fullmatch(it))
        # What is substituted there is for make, tox or the shell to know.
        env = {name: value for name, value in pairs if not set(value) & set("${")}
        if before[-1:] == ("-m",):
            flags = _flags(before[:-1])
            return ToolCall(tool=tool, form="module", env=env, flags=flags, args=args)
        return ToolCall(tool=tool, env=env, args=args) if _starts_here(before) else None
    return None


def _starts_here(before: Words) -> bool:
    """Tell whether the word after these is a program to start, not another one's argument."""
    # `FOO=1 uv run --frozen` starts what follows, `pip install` does not.
    rest = [word for word in before if not ASSIGNMENT.fullmatch(word)]
    return not rest or any(word.endswith(("run", "exec")) for word in rest) or rest[-1] == "--"


def _flags(before: Words) -> Words:
    """Return Python's own options: ``-W error`` of ``python -W error -m coverage run``."""
    # `PYTHONDEVMODE=1 python -W error` has the word in a variable, too.
    rest = tuple(word for word in before if not ASSIGNMENT.fullmatch(word))
    starts = [at for at, word in enumerate(rest) if "python" in word.lower()]
    found = rest[starts[0] + 1 :] if starts else ()
    found = found[: found.index("-m")] if "-m" in found else found
    return found if found and found[0].startswith("-") else ()


def _of_single_files(call: ToolCall) -> bool:
    named = [word for word in call.args if ".py" in word and not word.startswith("-")]
    return bool(named) and not any("/" in it or it == "." for it in call.args if it not in named)


def _joined(root: Path, calls: Iterable[ToolCall]) -> Words:
    """Return the paths of the project that the calls name together; none where one names none."""
    paths = [_paths(root, call) for call in calls]
    return tuple(dict.fromkeys(path for found in paths for path in found)) if all(paths) else ()


def _paths(root: Path, call: ToolCall) -> Words:
    """Return the arguments of a call that are code of the project; none where that is not sure."""
    pairs = zip(("", *call.args), call.args, strict=False)
    found = [(last, word) for last, word in pairs if _is_code(root, word)]
    # `pytest --cov src` names no tests. mypy has no option whose value is code.
    unsure = any(last.startswith("-") and "=" not in last for last, _ in found)
    return () if unsure and call.tool == "pytest" else tuple(word for _, word in found)


def _is_code(root: Path, word: str) -> bool:
    return not word.startswith("-") and ((root / word).is_dir() or word.endswith(".py"))


def _options(root: Path, call: ToolCall) -> Words:
    """Return the options of a call of mypy that stand in one word, but for those that write."""
    pairs = zip(call.args, (*call.args, "-")[1:], strict=True)
    return tuple(
        word
        for word, after in pairs
        if word.startswith("--") and not WRITES.search(word)
        # What follows it else is its value.
        if "=" in word or after.startswith("-") or _is_code(root, after)
    )
