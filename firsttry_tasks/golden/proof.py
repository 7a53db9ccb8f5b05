"""Proves what a staged box holds, in a process of its own whose memory the system bounds.

Decoding foreign bytes can take any amount of memory and time. A process of its own can be ended by
the kernel without harm to the run that asked.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.dependency_db import WarmSummary, watched
from firsttry_tasks.golden import contents, databases, recorded_claims
from firsttry_tasks.golden.box import FITTING, BadBoxError, Manifest
from firsttry_tasks.model.observed import Watched
from firsttry_tasks.system import disk, machine, own_files, process

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.golden.box import Member

    Ask = Callable[[tuple[str, ...]], tuple[int, bytes, str]]

T = TypeVar("T")
#: Bytes of memory that reading a box may take; the largest real ones take a quarter of it.
MOST_MEMORY = 1 << 30
#: Seconds of processor time that it may take. It takes a few, so this ends only what hangs.
PATIENCE = 120
#: The part that no recording names: the lock's own text changes no test.
LOCK = "lock"
#: Hands the manifest to the process that proves: it can be too large for a command line.
MANIFEST = "manifest.json"
#: Hands over the files of the commit that the box names, where this clone has it.
COMMITTED = "committed.json"
#: Its exit code where it found something wrong and printed what.
REFUSED = 1
#: Its exit code where the kernel ended it for the time it took (signal 24 is SIGXCPU).
TOO_LONG = -24


def prove(
    manifest: Manifest,
    staging: Path,
    committed: dict[str, str] | None = None,
    ask: Ask | None = None,
) -> None:
    """Raise BadBoxError unless the files in a staging folder are what FirstTry's runs record.

    ``committed`` is ``path -> "<mode> <blob>"`` of the commit that the box names: what it was
    recorded with is held against that. None believes the box.
    """
    disk.write_json(staging / MANIFEST, manifest)
    disk.remove(staging / COMMITTED)
    if committed is not None:
        disk.write_json(staging / COMMITTED, committed)
    # -P: Python must not import a module from the folder it stands in.
    argv = (sys.executable, "-P", "-m", __name__, str(staging))
    code, out, err = (ask or _ask)(argv)
    if code == REFUSED:
        raise BadBoxError(out.decode("utf-8", "replace").strip())
    if code == TOO_LONG:
        raise BadBoxError(f"reading it takes longer than {PATIENCE} s")
    # Anything else, such as a MemoryError under the bound, is told by its last line.
    if code:
        words = (err.splitlines() or [""])[-1]
        raise BadBoxError(f"reading it ended with {code} {words}".rstrip())


def _ask(argv: tuple[str, ...]) -> tuple[int, bytes, str]:
    [answer] = process.outputs([argv], cwd="/", env=machine.clean(os.environ))
    return answer


def main(staging: Path) -> int:
    """Prove a staged box and print what is wrong with it; return the exit code."""
    # The manifest was written by this machine, so only what comes after it is bounded.
    manifest = msgspec.json.decode(disk.read(staging / MANIFEST) or b"", type=Manifest)
    machine.limit_resources(MOST_MEMORY, PATIENCE)
    try:
        check(manifest, staging)
    except BadBoxError as error:
        sys.stdout.write(f"{error}\n")
        return REFUSED
    except MemoryError:
        sys.stdout.write(f"reading it takes more than {MOST_MEMORY >> 20} MiB of memory\n")
        return REFUSED
    return 0


def check(manifest: Manifest, staging: Path) -> None:
    """Raise BadBoxError unless each file is what its tool writes, and the files agree."""
    for member in manifest.files:
        _sound(staging / member.path, member, manifest)
    _rests_on(staging, manifest)


def _sound(path: Path, member: Member, manifest: Manifest) -> None:
    found = contents.place(member.path)
    if found is None:
        raise BadBoxError(f"it holds {member.path!r}, which no box holds")
    if found.kind in {"tests", "mypy"}:
        databases.check(path, found.kind)
    elif found.kind == "text":
        if disk.read(path) != f"{manifest.fingerprint}\n".encode():
            raise BadBoxError(f"its {member.path} is not its manifest's fingerprint")
    elif found.kind == "watched":
        _watched(path)
    elif found.kind == "times":
        _decoded(path, dict[str, dict[str, dict[str, tuple[float, ...]]]])
    else:
        _decoded(path, WarmSummary)


def _decoded(path: Path, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(disk.read(path) or b"", type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBoxError(f"its {path.name} can't be read ({error})") from error


def _watched(path: Path) -> Watched:
    found = own_files.read(path, Watched)
    if found is None:
        raise BadBoxError(f"its {path.name} can't be read")
    return found


def _rests_on(staging: Path, manifest: Manifest) -> None:
    """Check that the db was recorded with the parts by which the box was chosen.

    Check too that the file of watched things names all that the tests looked at outside of the
    tree: what is missing there would never be compared, and a change of it would select no test.
    """
    recorded_runs = recorded_claims.read(staging / contents.DB)
    committed = disk.read_json(staging / COMMITTED, dict[str, str])
    for recorded in recorded_runs:
        wrong = committed is not None and recorded_claims.uncommitted(recorded.manifest, committed)
        if wrong:
            raise BadBoxError(f"it was recorded with another {wrong} than its commit has")
        for part in FITTING:
            if recorded.parts.get(part, "") != manifest.parts.get(part, "") and part != LOCK:
                raise BadBoxError(f"its db rests on another {part} than its manifest says")
    claimed = _watched(staging / contents.WATCHED)
    looked_at = watched(recorded_runs, variable=str, file=str)
    if (claimed.variables.keys(), claimed.files.keys()) != (
        looked_at.variables.keys(),
        looked_at.files.keys(),
    ):
        raise BadBoxError("what it watches is not what its tests looked at")


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
