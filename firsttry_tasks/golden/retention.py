"""Decides which files of a store to delete: boxes beyond a count or an age, and leftovers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.golden import box
from firsttry_tasks.golden.box import Name

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from firsttry_tasks.model.values import Stored

DAY = 86_400.0


class StoredBox(Struct, frozen=True, kw_only=True):
    """One box in a store: its keys, its bytes, and when its index entry was written (Unix time)."""

    name: Name
    keys: tuple[str, ...]
    size: int
    modified: float


def stored_boxes(files: Collection[Stored]) -> tuple[StoredBox, ...]:
    """Return the boxes in a store, newest first; files without an index entry form no box."""
    sizes = {file.key: file.size for file in files}
    boxes = []
    for file in files:
        name = box.labelled(file.key)
        if name:
            # By prefix, because an archive's and a delta's keys hold digests that only it knows.
            keys = tuple(sorted(key for key in sizes if key.startswith(f"{name}.")))
            size = sum(sizes[key] for key in keys)
            boxes.append(StoredBox(name=name, keys=keys, size=size, modified=file.modified))
    return tuple(sorted(boxes, key=lambda stored_box: (-stored_box.modified, str(stored_box.name))))


def outdated(files: Collection[Stored], now: float, *, keep: int, max_age: int) -> tuple[str, ...]:
    """Return the keys to delete, in order; ``now`` is Unix time, ``max_age`` is in days."""
    boxes = stored_boxes(files)
    old = [
        stored_box
        for number, stored_box in enumerate(boxes)
        if number >= keep or now - stored_box.modified > max_age * DAY
    ]
    index_entries = [box.index_key(stored_box.name) for stored_box in old]
    rest = [key for stored_box in old for key in stored_box.keys if key not in index_entries]
    # Index entries first: a deletion that is cut short leaves no entry whose archive is gone.
    return (*index_entries, *rest, *_left_over(files, boxes, now))


def _left_over(
    files: Collection[Stored], boxes: Iterable[StoredBox], now: float
) -> tuple[str, ...]:
    """Return FirstTry's files that no index entry names and that are older than a day."""
    held = {key for stored_box in boxes for key in stored_box.keys}
    own = (file for file in files if file.key.startswith(box.PREFIX) and file.key not in held)
    # A publishing job writes the archive before the index entry. It may still run when its archive
    # has no entry, so a day, longer than any job may take on GitHub (six hours), must pass.
    return tuple(sorted(file.key for file in own if now - file.modified > DAY))
