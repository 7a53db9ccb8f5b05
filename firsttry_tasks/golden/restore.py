"""Unpacks a box into a staging folder, and swaps it in once it is proved.

A kill at any moment leaves the old state, or the new one, or none: never a mixture that counts.
"""

from __future__ import annotations

import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks import dependency_db
from firsttry_tasks.dependency_db import WarmSummary
from firsttry_tasks.golden import archive, contents
from firsttry_tasks.golden.box import IndexEntry, Producer
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.observed import Watched
from firsttry_tasks.system import disk, own_files

if TYPE_CHECKING:
    from contextlib import AbstractContextManager

    from firsttry_tasks.golden.archive import Sink, Source
    from firsttry_tasks.golden.box import Member

T = TypeVar("T")
#: Written last into a staging folder. A folder with it is proved, so the next run goes on with a
#: swap that was cut short; a folder without it is thrown away.
READY = "ready.json"
#: The index entry that the warm state was restored from, and who recorded its db.
GOLDEN, FOREIGN = (Path(it).name for it in (state_paths.GOLDEN, state_paths.FOREIGN))
#: Where the digests of a box are staged that this machine has for its digests.
ALIASES = f"tests/{dependency_db.ALIASES}"


class Foreign(Struct, frozen=True, kw_only=True):
    """Which run recorded the tests of a restored db, and when it was restored (Unix time).

    What was recorded after ``restored`` was recorded in this checkout.
    """

    producer: Producer
    restored: float


def stage(index_entry: IndexEntry, tar: Source, staging: Path) -> None:
    """Unpack a box into an emptied staging folder; raises BadBoxError if any byte is wrong."""
    disk.fresh_folder(staging)
    archive.unpack(index_entry.manifest, tar, partial(_into, staging))


def _into(staging: Path, member: Member) -> AbstractContextManager[Sink]:
    # mypy itself does not wait for the disk either, and makes anew what a power cut damaged.
    place = contents.place(member.path)
    return disk.writing(staging / member.path, lasting=place is None or place.kind != "mypy")


def translate(staging: Path, aliases: dict[str, str]) -> None:
    """Say in a staged box which digests of this machine its digests of variables are.

    What is in no alias equals nothing here, so that the tests which read the variable run.
    """
    disk.write_json(staging / ALIASES, aliases)
    watched = own_files.read(staging / contents.WATCHED, Watched) or Watched()
    variables = {name: aliases.get(it, it) for name, it in watched.variables.items()}
    own_files.write(staging / contents.WATCHED, replace(watched, variables=variables))
    learned = disk.read_own(staging / contents.LEARNED, WarmSummary) or WarmSummary()
    parts = {n: dependency_db.translated(text, aliases) for n, text in learned.parts.items()}
    disk.write_json(staging / contents.LEARNED, replace(learned, parts=parts))


def mark_ready(staging: Path, index_entry: IndexEntry, *, tests: bool, mypy: bool) -> None:
    """Mark a staging folder as proved, once the unwanted halves of the box are removed."""
    for wanted, half in ((tests, "tests"), (mypy, "mypy")):
        if not wanted:
            disk.remove(staging / half)
    disk.write_json(staging / READY, index_entry)


def finish(staging: Path, warm: Path, mypy: Path | None) -> IndexEntry | None:
    """Swap in a box that ``mark_ready`` marked, in this run or in one that was cut short.

    Returns the index entry of the box that is now in place, or None where none was marked.
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
    # The mark first: a half-removed folder that still has it would be swapped in again.
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
    # The old db goes first and the new one comes last. Without a db nothing counts as learned, so a
    # kill in between costs time only. An old journal beside a new db would corrupt it.
    for end in ("", "-wal", "-shm", "-journal"):
        disk.remove(warm / f"{db.name}{end}")
    disk.write_json(warm / FOREIGN, origin)
    for name in (ALIASES, contents.WATCHED, contents.TIMES, contents.LEARNED, contents.DB):
        staged = staging / name
        if staged.exists():
            disk.move(staged, warm / staged.name)
