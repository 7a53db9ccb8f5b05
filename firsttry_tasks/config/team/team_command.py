"""Finds how a team calls pytest, ruff and mypy, by the commands in its own CI and tools' files.

``pytest`` puts no folder on ``sys.path``, ``python -m pytest`` puts the current one there; and
``mypy .`` checks the tests, ``mypy src`` does not. What the team calls decides what is green.
"""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config import parity_lock, project_layout
from firsttry_tasks.config.team import django_runner, own_programs, pre_commit, tool_options
from firsttry_tasks.config.team import unittest_runner as plain_runner
from firsttry_tasks.config.team.pre_commit import Files
from firsttry_tasks.config.team.shell_text import joined, shell
from firsttry_tasks.config.team.team_files import AT_TOP, commands, from_here
from firsttry_tasks.config.team.tool_options import PLACES, kept
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping
    from pathlib import Path

    from firsttry_tasks.config.team.shell_text import Line
    from firsttry_tasks.config.team.team_files import Words

Form = Literal["script", "module"]
#: What a program is called, where it has more names than one.
NAMES = {"pytest": ("pytest", "py.test")}


class ToolCall(Struct, frozen=True, kw_only=True):
    """How a tool is called, and the file that says so, "" where none does and the form is a guess.

    ``env`` are the variables that stand before it, ``flags`` Python's own options before ``-m``,
    ``args`` the tool's options, ``paths`` what of the project it is called for; ``open`` tells that
    it is called for something that could not be read, ``whole`` that no option of it was left out.
    ``files`` are those that a hook passes.
    ``folder`` is where it is called, "" for the project itself; where that is only in folders below
    it, or with one set of options after the other, ``each`` are those calls, and ``turn`` counts
    those in one folder.
    """

    tool: str = "pytest"
    form: Form = "script"
    env: dict[str, str] = {}
    flags: tuple[str, ...] = ()
    args: tuple[str, ...] = ()
    paths: tuple[str, ...] = ()
    place: str = ""
    open: bool = False
    whole: bool = False
    files: Files | None = None
    folder: str = ""
    turn: int = 0
    each: tuple[ToolCall, ...] = ()

    def __str__(self) -> str:
        """Return the call as people write it."""
        if self.each:
            parts = ((shlex.quote(it.folder), str(it)) for it in self.each)
            return " && ".join(f"(cd {at} && {it})" if at != "''" else it for at, it in parts)
        around = [f"{name}={value}" for name, value in self.env.items()]
        python = ("python", *self.flags, "-m") if self.form == "module" else ()
        return shlex.join((*around, *python, self.tool, *self.args, *self.paths))


#: The number of a file, the folder of some calls in it, the file's path, and the calls.
_Found = tuple[int, str, str, list[ToolCall]]


def calls(root: Path, top: Path, command: str) -> dict[str, ToolCall]:
    """Return how each gate's tool is called; ``command`` is what the settings say of pytest."""
    found = {tool: find(root, top, tool) for tool in ("ruff", "mypy")}
    return {**found, "tests": given(command) if command else find(root, top, "pytest")}


def find(root: Path, top: Path, tool: str) -> ToolCall:
    """Return how the project at ``root``, in the repository at ``top``, calls a tool.

    The first file that calls it for more than single files decides, with all calls of it: a suite
    may run in parts. pytest's parts may stand in several files of CI. pre-commit's hooks come last.
    """
    found = _called(root, top, tool)
    if found or tool == "pytest":
        return found or _hooked(root, top, tool)
    hooked, members = _hooked(root, top, tool), _in_members(root, tool)
    # Who only configures a tool in a package, and has a hook, calls it by the hook.
    if members and not (hooked.place and members[0].open):
        return ToolCall(tool=tool, place=members[0].place, each=members)
    return hooked


def _in_members(root: Path, tool: str) -> tuple[ToolCall, ...]:
    """Return the calls of a workspace's members: by their own files, else by configuration alone.

    mypy takes the configuration from where it starts, ruff finds each file's by itself.
    """
    data = disk.read(root / "pyproject.toml") or b""
    members = project_layout.members(root, data)
    found = {it: _called(it, it, tool) for it in members}
    each = ((it, one) for it, call in found.items() if call for one in call.each or (call,))
    called = tuple(_of_member(root, it, one) for it, one in each)
    if called or tool == "ruff" or configured(root, tool):
        return called
    set_up = ((it, place) for it in members if (place := configured(it, tool)))
    return tuple(
        _of_member(root, it, ToolCall(tool=tool, place=place, open=True)) for it, place in set_up
    )


def _of_member(root: Path, member: Path, call: ToolCall) -> ToolCall:
    folder = member.relative_to(root).as_posix()
    return replace(call, folder=folder, place=f"{folder}/{call.place}")


def configured(root: Path, tool: str) -> str:
    """Return the place that configures a tool in a folder, "" where none does."""
    return next((it for it in parity_lock.sections(root) if it.startswith(PLACES[tool])), "")


def _called(root: Path, top: Path, tool: str) -> ToolCall | None:
    """Return the call that the files of CI and people make; None where they make none."""
    found = [
        (number, folder, place.relative_to(top).as_posix(), calls)
        for number, (place, lines) in enumerate(commands(root, top, NAMES.get(tool, (tool,))))
        for folder, calls in _whole(lines, tool, os.path.relpath(place.parent, root)).items()
    ]
    # The first file, and in it the project's own folder; tests may well run in parts besides.
    inside = [it for it in found if not it[1].startswith("..")]
    if tool == "pytest":
        inside = list(_together(inside))
    inside.sort(key=lambda it: (it[1] != "", it[0]) if tool == "pytest" else (it[0], it[1] != ""))
    # Of a project in a larger repository CI may name the files, without going to its folder.
    first = next(iter(inside or (it for it in found if it[1] == _up(root, top))), None)
    if first is None:
        return None
    if inside and first[1]:
        return _below(root, {it[1]: it for it in reversed(inside) if it[1]})
    return _read(root, first[3], first[2])


def _together(found: Iterable[_Found]) -> Iterator[_Found]:
    """Yield the calls of all files of CI as those of the first one, for each folder."""
    of_ci: dict[str, _Found] = {}
    for number, folder, place, made in found:
        if not place.startswith(AT_TOP):
            yield number, folder, place, made
        elif folder in of_ci:
            of_ci[folder][3].extend(made)
        else:
            of_ci[folder] = number, folder, place, list(made)
            yield of_ci[folder]


def _up(root: Path, top: Path) -> str:
    return joined("", os.path.relpath(top, root))


def _whole(lines: Iterable[Line], tool: str, at: str) -> dict[str, list[ToolCall]]:
    """Return the calls of one file, which lies ``at`` a folder, by the folders it makes them in."""
    found: dict[str, list[ToolCall]] = {}
    for line in lines:
        call = call_in(tuple(from_here(it, at) for it in line.words), tool)
        # A workflow that runs one benchmark, say, does not tell how the suite is run.
        if call and not (tool == "pytest" and tool_options.single_files(call.args)):
            # What a workflow sets for pytest is about CI's own services as a rule.
            more = tool_options.known(line.env) if tool != "pytest" else {}
            call = replace(call, env={**more, **call.env})
            found.setdefault(joined(line.folder, call.folder), []).append(call)
    return found


def _below(root: Path, first: Mapping[str, _Found]) -> ToolCall:
    """Return the calls that the team makes in folders below the project."""
    read = ((it, _read(root / it, first[it][3], first[it][2])) for it in sorted(first))
    each = [replace(one, folder=it) for it, call in read for one in call.each or (call,)]
    if each[0].tool == "pytest":
        # All tests run at once, at the top: there each folder is a path.
        paths = [joined(it.folder, path) for it in each for path in it.paths or ("",)]
        return replace(each[0], folder="", paths=tuple(dict.fromkeys(paths)))
    return ToolCall(tool=each[0].tool, place=each[0].place, each=tuple(each))


def _read(root: Path, chosen: list[ToolCall], place: str) -> ToolCall:
    """Return the call that one file makes, with what it names of the project."""
    scripts = [it for it in chosen if it.form == "script"]
    first = (scripts or chosen)[0]
    if first.tool == "pytest":
        paths, alone = _joined(root, chosen), _joined(root, scripts)
        # Those that put no folder on ``sys.path`` are stricter, and both must be green. But what is
        # only called as a module may need the folder.
        if (
            scripts
            and alone
            and not (paths and all(tool_options.inside(it, alone) for it in paths))
        ):
            first = next(it for it in chosen if it.form == "module")
        # Its options often stand for one job alone, as those of coverage do.
        args = tool_options.widening(root, [it.args for it in chosen])
        return replace(first, args=args, paths=paths, place=place)
    # Each set of options finds other things, and all must be green.
    sets: dict[object, list[ToolCall]] = {}
    for call in chosen:
        options = kept(call.tool, call.args)[0], *sorted(call.env.items())
        sets.setdefault(options, []).append(call)
    parts = [_alike(root, calls, place) for calls in sets.values()]
    each = tuple(replace(it, turn=number) for number, it in enumerate(parts))
    return parts[0] if len(parts) == 1 else ToolCall(tool=first.tool, place=place, each=each)


def _alike(root: Path, chosen: list[ToolCall], place: str) -> ToolCall:
    """Return the call that some with the same options make, for what they name together."""
    first = next((it for it in chosen if it.form == "script"), chosen[0])
    args, rest = kept(first.tool, first.args)
    named = [_named(root, kept(first.tool, call.args)[1]) for call in chosen]
    paths = tuple(dict.fromkeys(it for found in named for it in found)) if all(named) else ()
    # `mypy -p shop` takes no paths beside it.
    paths = named[0] if "-p" in paths or "-m" in paths else paths
    return replace(first, args=args, paths=paths, place=place, open=not paths and bool(rest))


def _named(root: Path, rest: Words) -> Words:
    """Return what a call names of the project: paths that are there, packages, modules."""
    pairs, naming = zip(("", *rest), rest, strict=False), {"-p", "-m"}
    return tuple(it for last, it in pairs if naming & {last, it} or _is(root, it))


def _is(root: Path, word: str) -> bool:
    if word[:1] in {"", "/"}:
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
    runners = (django_runner, plain_runner) if tool == "pytest" else ()
    runner = next(filter(None, (it.find(root, top) for it in runners)), None)
    if runner:
        # manage.py and `python -m` both put the current folder on sys.path.
        flags = own_programs.flags(root, runner.words)
        call = ToolCall(form="module", env=runner.env, flags=flags, args=runner.options)
        return replace(call, paths=runner.paths, place=runner.place)
    below = tool_options.configured_below(root) if tool == "pytest" else ""
    return ToolCall(tool=tool, paths=(below.rpartition("/")[0],) if below else (), place=below)


def given(command: str) -> ToolCall:
    """Return the call of pytest that the settings name; UsageError where it is none."""
    found = call_in(next(shell(command), ()), "pytest")
    if found is None:
        raise UsageError(
            f"pyproject.toml, [tool.firsttry.pytest]: command = {command!r} does not call pytest."
            " Write it as you call it: 'pytest', or 'python -m pytest'."
        )
    return replace(found, place="pyproject.toml", whole=True)


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
        call = ToolCall(
            tool=tool, env=tool_options.assigned(before), args=args, folder=tool_options.led(before)
        )
        if before[-1:] == ("-m",):
            return replace(call, form="module", flags=tool_options.flags(before[:-1]))
        return call if tool_options.starts_here(before) else None
    return None


def _joined(root: Path, calls: Iterable[ToolCall]) -> Words:
    """Return the paths of the project that the calls name together; none where one names none.

    Where one names none, and the configuration says where pytest looks then, it is those.
    """
    paths = [tool_options.paths(root, it.tool, it.args) for it in calls]
    if any(paths) and not all(paths):
        paths = [found or tool_options.looked(root) for found in paths]
    return tuple(dict.fromkeys(path for found in paths for path in found)) if all(paths) else ()
