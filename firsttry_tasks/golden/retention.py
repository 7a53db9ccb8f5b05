"""What a store keeps: so many boxes, none older than so many days, and no leftovers."""

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
    """One box in a store: its files' keys and size, and when its index entry was written."""

    name: Name
    keys: tuple[str, ...]
    size: int
    modified: float


def stored_boxes(files: Collection[Stored]) -> tuple[StoredBox, ...]:
    """Return the boxes in a store, newest first: what has no index entry is none."""
    sizes = {file.key: file.size for file in files}
    found = []
    for file in files:
        name = box.labelled(file.key)
        if name:
            keys = tuple(sorted(key for key in sizes if key.startswith(f"{name}.")))
            size = sum(sizes[key] for key in keys)
            found.append(StoredBox(name=name, keys=keys, size=size, modified=file.modified))
    return tuple(sorted(found, key=lambda stored_box: (-stored_box.modified, str(stored_box.name))))


def outdated(files: Collection[Stored], now: float, *, keep: int, max_age: int) -> tuple[str, ...]:
    """Return what to delete, index entries first: a box without its index entry is none."""
    boxes = stored_boxes(files)
    old = [
        stored_box
        for number, stored_box in enumerate(boxes)
        if number >= keep or now - stored_box.modified > max_age * DAY
    ]
    index_entries = [box.index_key(stored_box.name) for stored_box in old]
    rest = [key for stored_box in old for key in stored_box.keys if key not in index_entries]
    return (*index_entries, *rest, *_left_over(files, boxes, now))


def _left_over(
    files: Collection[Stored], boxes: Iterable[StoredBox], now: float
) -> tuple[str, ...]:
    """Return our files that no index entry names, and that nobody can still be publishing."""
    held = {key for stored_box in boxes for key in stored_box.keys}
    ours = (file for file in files if file.key.startswith(box.PREFIX) and file.key not in held)
    return tuple(sorted(file.key for file in ours if now - file.modified > DAY))
