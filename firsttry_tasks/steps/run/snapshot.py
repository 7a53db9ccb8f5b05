"""The fingerprint step: look at the tree once a run and write what each gate depends on."""

from __future__ import annotations

import time
from itertools import product
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import fingerprint
from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.team import requirements, tool_use
from firsttry_tasks.config.team.pre_commit import FILE as PRE_COMMIT
from firsttry_tasks.fingerprint import Fingerprint
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.entries import is_endless
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import STAGES
from firsttry_tasks.steps.observe import watching
from firsttry_tasks.steps.run.project import Project, project
from firsttry_tasks.steps.run_id import RUN
from firsttry_tasks.system import disk, file_state, own_files, working_tree
from firsttry_tasks.system.boundary import path_state

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Stage
    from firsttry_tasks.system.working_tree import TreeSnapshot

    #: What stands now where each watched gate's tool looked last.
    Watched = Mapping[str, Mapping[str, str] | None]

#: Seconds after which the kernel's clock for files, which ticks every 4 to 10 ms, has moved on.
TICK = 0.02


def take(root: Path) -> None:
    """Look at the tree, and rewrite the manifests and inputs that changed."""
    here = project(root)
    here.settings  # noqa: B018  a wrong setting is told before anything else
    disk.own_folder(root / state_paths.STATE)
    _begin(root)

    # All gates judge this one snapshot: asked again later, git could show another tree.
    look = here.seen()
    watched = {gate: watching.now(root, gate) for gate in sorted(fingerprint.WATCHED)}
    seen = _digest(here, look, watched)
    # The files below are file_dep of the gates' tasks. Where nothing changed they are not even
    # written, which is what makes a run without changes quick.
    if disk.read(root / state_paths.SEEN) != seen:
        # Until all is written nothing counts as seen: a kill here must cost a look, not a lie.
        disk.remove(root / state_paths.SEEN)
        _write(here, look, watched)
        disk.write(root / state_paths.SEEN, seen)
    uses = tool_use.Known(stamps=tool_use.stamps(here.root, here.top), uses=here.uses)
    disk.write_if_changed(root / state_paths.USES, own_files.encoded(uses))
    _warn(root, strict=here.strict())


def _begin(root: Path) -> None:
    """Note the moment from which on a file that is written is not what the gates judge."""
    place = root / state_paths.ARTIFACTS
    if not place.exists():
        # Now: a folder that appears while tools run would be a change of what they list.
        disk.own_folder(place)
        time.sleep(TICK)
    file_state.mark(root / state_paths.BEGAN)


def read(root: Path) -> Fingerprint:
    """Return the fingerprint that the last snapshot left; FirstTryError where there is none."""
    found = disk.read_own(root / state_paths.LOOKED, Fingerprint)
    if found is None:
        raise FirstTryError("There is no fingerprint yet; run: ft fingerprint")
    return found


def _digest(here: Project, look: TreeSnapshot, watched: Watched) -> bytes:
    # All that the written files are made of, so that none of it changes unseen.
    keys = {gate: watching.part(states, {}) for gate, states in watched.items()}
    tools = {gate: _tool(here, gate) for gate in keys}
    own = (here.watched, here.record, here.variables, _endless(here, look))
    state = (look.head, here.parts, here.settings, here.uses, own, keys, tools)
    around = msgspec.json.encode(state)
    return disk.digest(around + b"\0" + look.raw()).encode("ascii")


def _write(here: Project, look: TreeSnapshot, watched: Watched) -> None:
    """Write manifests, inputs and fingerprint; a file whose content stays is not touched."""
    entries = here.entries(look)
    parts = here.parts | {"head": look.head, "unknown": _endless(here, look)}
    # Known flaky tests run always, so a new entry changes what a run does.
    known = {"flaky": "\n".join(f"{nodeid}=known" for nodeid in here.memory.nodeids)}
    names = sorted({gate for stage in STAGES for gate in here.gates(stage)})
    for stage, gate in product(STAGES, names):
        seen = here.readable(stage, gate, entries)
        data = fingerprint.manifest(seen)
        disk.write_if_changed(here.root / state_paths.manifest_file(stage, gate), data)
        more = _parts(here, gate, entries, watched.get(gate)) if gate in watched else {}
        _write_inputs(here, stage, gate, data, tuple(seen), parts | known | more)
    mark = Fingerprint(
        head=look.head,
        lock=here.locked[1],
        tree=disk.digest(fingerprint.manifest(entries)),
        parts=parts,
        warnings=_mismatches(here),
        pins=tuple(other_versions(here)),
        unknown=working_tree.unknown(look),
    )
    disk.write_json(here.root / state_paths.LOOKED, mark)
    disk.write_if_changed(here.root / state_paths.FINGERPRINT, f"{mark.name}\n".encode("ascii"))


def _endless(here: Project, look: TreeSnapshot) -> str:
    """Return what no two runs have in common, where nobody can tell what a part of the tree holds.

    Then no earlier result stands for this tree.
    """
    if not any(map(is_endless, look.dirty.values())):
        return ""
    # Only now, because it lists the whole tree: what no test reads hides nothing from tests.
    seen = here.readable("warm", "tests", here.entries(look))
    return RUN if any(map(is_endless, seen.values())) else ""


def _parts(
    here: Project, gate: str, entries: dict[str, str], states: Mapping[str, str] | None
) -> dict[str, str]:
    """Return the parts of the key of a gate whose tool is watched."""
    # Imported late, as in the steps: a run in which nothing changed gets by without.
    from firsttry_tasks.steps.observe import mypy_state

    last = watching.kept(here.root, gate) if states is not None else None
    shown = {path: entries.get(path, path_state.ABSENT) for path in last.tree} if last else {}
    return {
        "seen": watching.part(states if last else None, shown),
        "tool": _tool(here, gate),
        "variables": here.variables,
        "configuration": mypy_state.configuration(here.root) if gate == "mypy" else "",
    }


def _tool(here: Project, gate: str) -> str:
    """Return which program a gate starts: where it stands, its size and time, its version."""
    # Wherever it came from: pipx and brew bring programs without a distribution.
    program = here.programs[gate]
    return f"{here.installed.get(gate, '')} {program} {path_state.stamp(program)}"


def _write_inputs(
    here: Project,
    stage: Stage,
    gate: str,
    data: bytes,
    paths: tuple[str, ...],
    parts: dict[str, str],
) -> None:
    """Write what one gate of one stage depends on, digest and parts."""
    from firsttry_tasks.gates import argv as joined_argv
    from firsttry_tasks.gates import commands

    # Only warm skips tests; a full run sees changed variables and files by running everything.
    if stage == "warm" and here.watched:
        parts = parts | {"watched": here.watched}
    # Full's tools run as the team runs them, and nobody watches; so their answers never stand.
    if stage == "full" and "seen" in parts:
        parts = parts | {"seen": fingerprint.UNKNOWN}
    job = here.job(stage, gate, paths)
    found = commands(gate, job)
    argv = _portable(job, joined_argv(found)) if found else "nothing to do"
    if job.record:
        # A green result that recorded nothing must not stand for one that has to.
        argv = f"{argv} (recording)"
    variables = (f"{name}={it}" for part in job.each for name, it in part.call.env.items())
    argv = " ".join((*variables, argv))
    if gate == "tests" and not job.call.place:
        # The first run finds out how pytest is called. Where a file says it later, that may be
        # another way, and then every test has to run.
        argv = f"{argv} (called as the first run found out)"
    value = fingerprint.inputs(gate, data, parts, argv)
    fingerprint.write_inputs(here.root / state_paths.inputs_file(stage, gate), value)


def _portable(job: Job, argv: tuple[str, ...]) -> str:
    """Return the command line without this machine's paths, so that keys of two machines agree."""
    program = argv[0].rpartition("/")[2]
    names = {place: name for name, place in job.programs.items() if place}
    rest = (names.get(word) or word.replace(job.root, ".") for word in argv[1:])
    return " ".join(("python" if program.startswith("python") else program, *rest))


def _mismatches(here: Project) -> tuple[str, ...]:
    locked = here.locked[0]
    now = parity_lock.current(here.root, locked, here.unused)
    return tuple(str(mismatch) for mismatch in parity_lock.mismatches(locked, now, here.unused))


def other_versions(here: Project) -> Iterator[str]:
    """Yield a sentence for each tool of a gate whose version is not the one the project pins."""
    for gate in here.gates("warm"):
        tool, hook = ("pytest" if gate == "tests" else gate), here.calls[gate].place == PRE_COMMIT
        pin = requirements.pinned(here.root, here.top, tool, hook=hook)
        have = here.installed.get(tool, "")
        if requirements.otherwise(pin, tool, have):
            # Only now, because it reads all that CI runs: who pins it may be another environment.
            from firsttry_tasks.config.environments import choose, pins

            found = choose.environments(here.root, here.top)
            pin = pins.pinned(here.root, here.top, tool, found, hook=hook)
            yield from filter(None, [requirements.otherwise(pin, tool, have)])


def _warn(root: Path, *, strict: bool) -> None:
    """Raise in CI where the environment is not the lock's; elsewhere the report shows it."""
    warnings = read(root).warnings
    if warnings and strict:
        raise FirstTryError(f"This environment is not the parity lock's. {' '.join(warnings)}")
