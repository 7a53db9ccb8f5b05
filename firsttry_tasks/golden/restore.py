"""Staging a box, and swapping it in once it is proved: the old state stands, or the new one."""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct

from firsttry_tasks.golden import archive, contents
from firsttry_tasks.golden.box import IndexEntry, Producer
from firsttry_tasks.model import state_paths
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from firsttry_tasks.golden.archive import Sink, Source
    from firsttry_tasks.golden.box import Member

T = TypeVar("T")
#: Written last into a staging folder: from then on the swap is carried through.
READY = "ready.json"
#: What the warm state was restored from; where what is in its db came from, and when.
GOLDEN, FOREIGN = (Path(it).name for it in (state_paths.GOLDEN, state_paths.FOREIGN))


class Foreign(Struct, frozen=True, kw_only=True):
    """Who recorded what a restored db holds; what is recorded later, is recorded here."""

    producer: Producer
    restored: float


def stage(index_entry: IndexEntry, tar: Source, staging: Path) -> None:
    """Unpack into an empty staging folder; raises BadBoxError unless each byte is sealed."""
    disk.fresh_folder(staging)
    archive.unpack(index_entry.manifest, tar, partial(_into, staging))


def _into(staging: Path, member: Member) -> AbstractContextManager[Sink]:
    # mypy itself does not wait for the disk either: what a power cut leaves, it makes anew.
    place = contents.place(member.path)
    return disk.writing(staging / member.path, lasting=place is None or place.kind != "mypy")


def mark_ready(staging: Path, index_entry: IndexEntry, *, tests: bool, mypy: bool) -> None:
    """Let the swap begin, with the halves of the box that are wanted."""
    for wanted, half in ((tests, "tests"), (mypy, "mypy")):
        if not wanted:
            disk.remove(staging / half)
    disk.write_json(staging / READY, index_entry)


def finish(staging: Path, warm: Path, mypy: Path | None) -> IndexEntry | None:
    """Swap a proved box in; one that an earlier run began to swap in is carried through.

    Returns the index entry of what is now in place, or None where nothing was ready.
    """
    index_entry = disk.read_own(staging / READY, IndexEntry)
    if index_entry is None:
        disk.remove(staging)
        return None
    if mypy:
        _swap_mypy(staging / "mypy", mypy)
    _swap_tests(
        staging, warm, Foreign(producer=index_entry.manifest.producer, restored=time.time())
    )
    disk.write_json(warm / GOLDEN, index_entry)
    disk.remove(staging / READY)
    disk.remove(staging)
    return index_entry


def _swap_mypy(staged: Path, mypy: Path) -> None:
    if not staged.is_dir():
        return
    disk.own_folder(mypy)
    for version in sorted(staged.iterdir()):
        disk.remove(mypy / version.name)
        disk.move(version, mypy / version.name)


def _swap_tests(staging: Path, warm: Path, origin: Foreign) -> None:
    db = staging / contents.DB
    if not db.exists():
        return
    disk.own_folder(warm)
    # Without a db nothing counts as learned: a kill from here on costs time only.
    for end in ("", "-wal", "-shm", "-journal"):
        disk.remove(warm / f"{db.name}{end}")
    disk.write_json(warm / FOREIGN, origin)
    for name in (contents.WATCHED, contents.LEARNED, contents.DB):
        staged = staging / name
        if staged.exists():
            disk.move(staged, warm / staged.name)
