"""Finds how a team calls pytest, ruff and mypy, by the commands in its own CI and tools' files.

``pytest`` puts no folder on ``sys.path``, ``python -m pytest`` puts the current one there; and
``mypy .`` checks the tests, ``mypy src`` does not. What the team calls decides what is green.
"""

from __future__ import annotations

import itertools
import re
import shlex
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config import django_runner, pre_commit
from firsttry_tasks.config.pre_commit import Files
from firsttry_tasks.config.team_files import commands, shell
from firsttry_tasks.config.tool_options import kept
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
#: Words of a shell after which a command starts.
AFTER = frozenset({"then", "else", "do", "!", "time"})


class ToolCall(Struct, frozen=True, kw_only=True):
    """How a tool is called, and the file that says so, "" where none does and the form is a guess.

    ``env`` are the variables that stand before it, ``flags`` Python's own options before ``-m``,
    ``args`` the tool's options, ``paths`` what of the project it is called for; ``open`` tells that
    it is called for something that could not be read. ``files`` are those that a hook passes.
    """

    tool: str = "pytest"
    form: Form = "script"
    env: dict[str, str] = {}
    flags: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    place: str = ""
    open: bool = False
    files: Files | None = None

    def __str__(self) -> str:
        """Return the call as people write it."""
        around = [f"{name}={value}" for name, value in self.env.items()]
        python = ("python", *self.flags, "-m") if self.form == "module" else ()
        return shlex.join((*around, *python, self.tool, *self.args, *self.paths))


def calls(root: Path, top: Path, command: str) -> dict[str, ToolCall]:
    """Return how each gate's tool is called; ``command`` is what the settings say of pytest."""
    found = {tool: find(root, top, tool) for tool in ("ruff", "mypy")}
    return {**found, "tests": given(command) if command else find(root, top, "pytest")}


def find(root: Path, top: Path, tool: str) -> ToolCall:
    """Return how the project at ``root``, in the repository at ``top``, calls a tool.

    The first file that calls it for more than single files decides; of its calls those that put no
    folder on ``sys.path``, because both must be green and these are the stricter. pre-commit's
    hooks come last.
    """
    for place, found in commands(root, top, NAMES.get(tool, (tool,))):
        calls = [call for words in found if (call := call_in(words, tool))]
        # A workflow that runs one benchmark, say, does not tell how the suite is run.
        whole = [call for call in calls if tool != "pytest" or not _of_single_files(call)]
        chosen = [it for it in whole if it.form == "script"] or whole
        if chosen:
            return _read(root, chosen, place.relative_to(top).as_posix())
    return _hooked(root, top, tool)


def _read(root: Path, chosen: list[ToolCall], place: str) -> ToolCall:
    """Return the call that one file makes, with what it names of the project."""
    first = chosen[0]
    if first.tool == "pytest":
        # Its options often stand for one job alone, as those of coverage do.
        return replace(first, args=(), paths=_joined(root, chosen), place=place)
    args, rest = kept(first.tool, first.args)
    named = [_named(root, kept(first.tool, call.args)[1]) for call in chosen]
    paths = tuple(dict.fromkeys(it for found in named for it in found)) if all(named) else ()
    # `mypy -p shop` takes no paths beside it.
    paths = named[0] if "-p" in paths or "-m" in paths else paths
    return replace(first, args=args, paths=paths, place=place, open=not paths and bool(rest))


def _named(root: Path, rest: Words) -> Words:
    """Return what a call names of the project: paths that are there, packages, modules."""
    pairs = zip(("", *rest), rest, strict=False)
    found = (
        it for last, it in pairs if last in {"-p", "-m"} or it in {"-p", "-m"} or _is(root, it)
    )
    return tuple(found)


def _is(root: Path, word: str) -> bool:
    if not word or word.startswith("/"):
        return False
    return (root / word).exists() or (bool(set(word) & set("*?")) and any(root.glob(word)))


def _hooked(root: Path, top: Path, tool: str) -> ToolCall:
    """Return the call that a hook of pre-commit makes; one without a place where none does."""
    for hook in pre_commit.hooks(top, root):
        call = call_in(hook.words, tool)
        if call and tool == "pytest":
            return _read(root, [call], pre_commit.FILE)
        if call:
            return replace(_read(root, [call], pre_commit.FILE), files=hook.files)
    runner = django_runner.find(root, top) if tool == "pytest" else None
    if runner:
        # manage.py and `python -m` both put the current folder on sys.path.
        env = _assigned(runner.words)
        return ToolCall(form="module", env=env, args=runner.options, place=runner.place)
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
        if tool == "ruff":
            # `ruff format` is another check.
            if args[:1] != ("check",) or "--exit-zero" in args:
                return None
            args = args[1:]
        env = _assigned(before)
        if before[-1:] == ("-m",):
            flags = _flags(before[:-1])
            return ToolCall(tool=tool, form="module", env=env, flags=flags, args=args)
        return ToolCall(tool=tool, env=env, args=args) if _starts_here(before) else None
    return None


def _assigned(words: Words) -> dict[str, str]:
    """Return the variables that are set for a command."""
    pairs = (it.split("=", 1) for it in words if ASSIGNMENT.fullmatch(it))
    # What is substituted there is for make, tox or the shell to know.
    return {name: value for name, value in pairs if not set(value) & set("${")}


def _starts_here(before: Words) -> bool:
    """Tell whether the word after these is a program to start, not another one's argument."""
    # `FOO=1 uv run --frozen` starts what follows, `pip install` does not.
    rest = [it for it in before if not ASSIGNMENT.fullmatch(it) and it not in AFTER]
    if not rest or rest[-1] == "--":
        return True
    starters = [at for at, it in enumerate(rest) if it.endswith(("run", "exec", "uvx"))]
    if not starters:
        return False
    # Of `uvx --with tox-uv tox -e mypy`, tox is started: an option may take the word after it.
    between = rest[starters[-1] :]
    pairs = itertools.pairwise(between)
    return all(word.startswith("-") or last.startswith("-") for last, word in pairs)


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
    return word[:1] not in {"", "-"} and ((root / word).is_dir() or word.endswith(".py"))
