"""Run a tool watched, and tell afterwards what it looked at and what stands there now."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import fingerprint
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.entries import is_link
from firsttry_tasks.model.observed import Observed, ObservedRest, PathState
from firsttry_tasks.system import disk, own_files, process
from firsttry_tasks.system.boundary import path_state
from firsttry_tasks.system.working_tree import is_own

if TYPE_CHECKING:
    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command


def kept_file(root: Path, gate: str) -> Path:
    """Return the file with what a gate's last kept run looked at."""
    return root / state_paths.ran_file("warm", gate, "seen")


def kept(root: Path, gate: str) -> Observed | None:
    """Return what the gate's last kept warm run rested on; None before the first."""
    return own_files.read(kept_file(root, gate), Observed)


def now(root: Path, gate: str) -> dict[str, str] | None:
    """Return what stands now where the gate's tool looked last, but for what git shows.

    None where that is not known.
    """
    last = own_files.read(kept_file(root, gate), ObservedRest)
    if last is None or last.unknown:
        return None
    return states(last.rest)


def states(rest: Mapping[str, PathState]) -> dict[str, str]:
    """Return what stands now at each of these places."""
    return {name: path_state.now(name, known).text for name, known in rest.items()}


def part(rest: Mapping[str, str] | None, tree: Mapping[str, str]) -> str:
    """Return the part of a gate's key that says what was seen."""
    if rest is None:
        return fingerprint.UNKNOWN
    return fingerprint.seen({**rest, **{f"tree {path}": blob for path, blob in tree.items()}})


def key(seen: Observed) -> str:
    """Return the part of a gate's key for what its tool has just seen."""
    if seen.unknown:
        return fingerprint.UNKNOWN
    rest, tree = ({n: it.text for n, it in some.items()} for some in (seen.rest, seen.tree))
    return part(rest, tree)


def reasons(root: Path, gate: str, tree: Mapping[str, str]) -> tuple[str, ...]:
    """Return, as one sentence, what changed of what the gate's tool looked at last."""
    from firsttry_tasks.gates import observed as pure

    last = kept(root, gate)
    if last is None:
        return ()
    if last.unknown:
        return (f"what {gate} reads is not known: {last.unknown}",)
    old = {f"file {root}/{path}": state.text for path, state in last.tree.items()}
    new = {f"file {root}/{path}": tree.get(path, path_state.ABSENT) for path in last.tree}
    rest = {name: state.text for name, state in last.rest.items()}
    said = pure.changes({**rest, **old}, {**states(last.rest), **new}, str(root))
    return (fingerprint.some(said),) if said else ()


def prepared(
    commands: tuple[tuple[Job, Command], ...], logs: Path, library: Path
) -> tuple[tuple[tuple[Job, Command], ...], str]:
    """Return a gate's commands so that they run watched; and why, where they can't be watched."""
    from firsttry_tasks.recorder.boundary import elf
    from firsttry_tasks.system.boundary import preload

    try:
        made = preload.library(library)
    except preload.UnwatchableError as error:
        return commands, str(error)
    for _, command in commands:
        # A script's first line, or a link, may lead to what can't be preloaded.
        if not elf.follows(Path(command.argv[0])):
            return commands, f"nothing can be preloaded into {command.argv[0]}"
    place = logs.resolve()
    watched = tuple(
        (job, msgspec.structs.replace(it, env=preload.environment(it.env, made, place)))
        for job, it in commands
    )
    # What waits to be one of them has begun its log.
    if not any(process.is_prepared(it) for _, it in watched):
        disk.fresh_folder(logs)
    return watched, ""


#: What is left out of the logs of pytest before its recorder says so more exactly.
BEFORE = ("/proc/", "/dev/", "/sys/", "/etc/", "/usr/", "/lib/", "/lib64/", "/site-packages/")


def seeing(command: Command, root: Path, logs: Path) -> Command:
    """Return the command of pytest with the library preloaded, as it is where that can't be."""
    from firsttry_tasks.recorder.boundary import elf
    from firsttry_tasks.system.boundary import preload

    try:
        made = preload.library(root / state_paths.BOUNDARY)
    except preload.UnwatchableError:
        return command
    if not elf.follows(Path(command.argv[0])):
        return command
    env = preload.environment(command.env, made, logs.resolve(), os.path.realpath(root), BEFORE)
    return msgspec.structs.replace(command, env=env)


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """Where a tool ran: the project, the repository, the tool's cache, and what git showed."""

    root: Path
    top: Path
    cache: str
    tree: Mapping[str, str]

    def own(self, path: str) -> bool:
        """Tell whether a path is the tools' own."""
        if self.cache and f"{path}/".startswith(f"{self.cache}/"):
            return True
        inside = f"{self.top}/"
        # As a folder and as a file: FirstTry's own folders are looked at, too.
        name = path.removeprefix(inside)
        return path.startswith(inside) and (is_own(name) or is_own(f"{name}/"))

    def shown(self, name: str) -> str | None:
        """Return the project's path of a file that git shows; None for anything else."""
        kind, _, path = name.partition(" ")
        if kind not in {"file", "link"} or not path.startswith(f"{self.top}/"):
            return None
        inside = path.removeprefix(f"{self.root}/")
        relative = inside if inside != path else os.path.relpath(path, self.root)
        # What a link leads to is looked at by ourselves.
        plain = relative in self.tree and not is_link(self.tree[relative])
        return relative if plain else None


def look(
    place: Place, logs: Path, moment: int, earlier: Observed | None
) -> tuple[Observed, tuple[str, ...]]:
    """Return what the tool looked at, and the paths that changed since ``moment``.

    With ``earlier``, the tool left out what it knew from an earlier run, so that this run rests on
    what that one looked at, too.
    """
    # Imported late: each run looks at what was seen, and few runs watch.
    from firsttry_tasks.gates import observed as pure
    from firsttry_tasks.system.boundary import preload

    try:
        asked = pure.rests_on(preload.read(logs), place.own)
        "".join(asked).encode("utf-8")
    except preload.UnwatchableError as error:
        return Observed(unknown=str(error)), ()
    except UnicodeEncodeError:
        return Observed(unknown="a path is no UTF-8"), ()
    # git writes there whenever it is asked; ruff lists it, and goes by what info/exclude says.
    asked.pop(f"list {place.top}/.git", None)
    known = earlier.rest if earlier else {}
    names = {**dict.fromkeys(known, frozenset[bool]()), **asked}
    if earlier:
        names |= {f"file {place.root}/{path}": frozenset() for path in earlier.tree}
    moved = partial(_moved, moment=moment, root=str(place.root))
    shown = {name: place.shown(name) for name in names}
    rest = {name: path_state.now(name, known.get(name)) for name in names if not shown[name]}
    changed = [name for name in names if moved(name, names[name], rest.get(name))]
    tree = {
        path: PathState(place.tree[path], path_state.stamp(f"{place.root}/{path}"))
        for path in shown.values()
        if path
    }
    return Observed(tree=tree, rest=rest), _told(changed, str(place.root))


def _moved(
    name: str, answers: frozenset[bool], state: PathState | None, *, moment: int, root: str
) -> bool:
    """Tell whether a path changed since ``moment``, or gave two answers."""
    there = state.text if state else "file"
    # A link that leads nowhere is there, and is not.
    contrary = (False in answers and there != path_state.ABSENT and there[:2] != "->") or (
        True in answers and there == path_state.ABSENT
    )
    return contrary or path_state.written_since(name, moment, root)


def _told(names: list[str], root: str) -> tuple[str, ...]:
    return tuple(sorted({name.partition(" ")[2].removeprefix(f"{root}/") for name in names}))
