"""The fingerprint step: look at the tree once a run and write what each gate depends on."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import fingerprint
from firsttry_tasks.config import parity_lock
from firsttry_tasks.fingerprint import Fingerprint
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.entries import is_endless
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import STAGES
from firsttry_tasks.steps.run.project import RUN, Project, project
from firsttry_tasks.system import disk, working_tree

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Stage
    from firsttry_tasks.system.working_tree import TreeSnapshot


def take(root: Path) -> None:
    """Look at the tree, and rewrite the manifests and inputs that changed."""
    here = project(root)
    here.settings  # noqa: B018  a wrong setting is told before anything else
    disk.own_folder(root / state_paths.STATE)

    # All gates judge this one snapshot: asked again later, git could show another tree.
    look = here.seen()
    seen = _digest(here, look)
    # The files below are file_dep of the gates' tasks. Where nothing changed they are not even
    # written, which is what makes a run without changes quick.
    if disk.read(root / state_paths.SEEN) != seen:
        # Until all is written nothing counts as seen: a kill here must cost a look, not a lie.
        disk.remove(root / state_paths.SEEN)
        _write(here, look)
        disk.write(root / state_paths.SEEN, seen)
    _warn(root, strict=here.strict())


def read(root: Path) -> Fingerprint:
    """Return the fingerprint that the last snapshot left; FirstTryError where there is none."""
    found = disk.read_own(root / state_paths.LOOKED, Fingerprint)
    if found is None:
        raise FirstTryError("There is no fingerprint yet; run: doit fingerprint")
    return found


def _digest(here: Project, look: TreeSnapshot) -> bytes:
    # All that the written files are made of, so that none of it changes unseen.
    state = (look.head, here.parts, here.settings, here.watched, here.record, _endless(look))
    around = msgspec.json.encode(state)
    return disk.digest(around + b"\0" + look.raw()).encode("ascii")


def _write(here: Project, look: TreeSnapshot) -> None:
    """Write manifests, inputs and fingerprint; a file whose content stays is not touched."""
    entries = here.entries(look)
    parts = here.parts | {"head": look.head, "unknown": _endless(look)}
    # Known flaky tests run always, so a new entry changes what a run does.
    known = {"flaky": "\n".join(f"{nodeid}=known" for nodeid in here.memory.nodeids)}
    names = sorted({gate for stage in STAGES for gate in here.gates(stage)})
    for stage, gate in product(STAGES, names):
        seen = here.readable(stage, gate, entries)
        data = fingerprint.manifest(seen)
        disk.write_if_changed(here.root / state_paths.manifest_file(stage, gate), data)
        _write_inputs(here, stage, gate, data, tuple(seen), parts | known)
    mark = Fingerprint(
        head=look.head,
        lock=here.locked[1],
        tree=disk.digest(fingerprint.manifest(entries)),
        parts=parts,
        warnings=_mismatches(here),
        unknown=working_tree.unknown(look),
    )
    disk.write_json(here.root / state_paths.LOOKED, mark)
    disk.write_if_changed(here.root / state_paths.FINGERPRINT, f"{mark.name}\n".encode("ascii"))


def _endless(look: TreeSnapshot) -> str:
    """Return what no two runs have in common, where nobody can tell what a part of the tree holds.

    Then no earlier result stands for this tree.
    """
    return RUN if any(map(is_endless, look.dirty.values())) else ""


def _write_inputs(
    here: Project,
    stage: Stage,
    gate: str,
    data: bytes,
    paths: tuple[str, ...],
    parts: dict[str, str],
) -> None:
    """Write what one gate of one stage depends on, digest and parts."""
    from firsttry_tasks.gates import GATES

    # Only warm skips tests; a full run sees changed variables and files by running everything.
    if stage == "warm" and here.watched:
        parts = parts | {"watched": here.watched}
    job = here.job(stage, gate, paths)
    command = GATES[gate].command(job)
    argv = _portable(job, command.argv) if command else "nothing to do"
    if job.record:
        # A green result that recorded nothing must not stand for one that has to.
        argv = f"{argv} (recording)"
    if gate == "tests" and not job.call.place:
        # The first run finds out how pytest is called. Where a file says it later, that may be
        # another way, and then every test has to run.
        argv = f"{argv} (called as the first run found out)"
    value = fingerprint.inputs(gate, data, parts, argv)
    place = here.root / state_paths.inputs_file(stage, gate)
    disk.write_if_changed(place, msgspec.json.format(msgspec.json.encode(value)) + b"\n")


def _portable(job: Job, argv: tuple[str, ...]) -> str:
    """Return the command line without this machine's paths, so that keys of two machines agree."""
    program = argv[0].rpartition("/")[2]
    names = {place: name for name, place in job.programs.items() if place}
    rest = (names.get(word) or word.replace(job.root, ".") for word in argv[1:])
    return " ".join(("python" if program.startswith("python") else program, *rest))


def _mismatches(here: Project) -> tuple[str, ...]:
    locked = here.locked[0]
    found = parity_lock.mismatches(locked, parity_lock.current(here.root, locked))
    return tuple(str(mismatch) for mismatch in found)


def _warn(root: Path, *, strict: bool) -> None:
    """Raise in CI where the environment is not the lock's; elsewhere the report shows it."""
    warnings = read(root).warnings
    if warnings and strict:
        raise FirstTryError(f"This environment is not the parity lock's. {' '.join(warnings)}")
