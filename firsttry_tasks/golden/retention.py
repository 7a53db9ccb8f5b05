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


class Shelf(Struct, frozen=True, kw_only=True):
    """One box in a store: its files' keys and size, and when its label was written."""

    name: Name
    keys: tuple[str, ...]
    size: int
    modified: float


def shelves(files: Collection[Stored]) -> tuple[Shelf, ...]:
    """Return the boxes in a store, newest first: what has no label is none."""
    sizes = {file.key: file.size for file in files}
    found = []
    for file in files:
        name = box.labelled(file.key)
        if name:
            keys = tuple(sorted(key for key in sizes if key.startswith(f"{name}.")))
            size = sum(sizes[key] for key in keys)
            found.append(Shelf(name=name, keys=keys, size=size, modified=file.modified))
    return tuple(sorted(found, key=lambda shelf: (-shelf.modified, str(shelf.name))))


def outdated(files: Collection[Stored], now: float, *, keep: int, max_age: int) -> tuple[str, ...]:
    """Return what to delete, labels first: a box without its label is none."""
    boxes = shelves(files)
    old = [
        shelf
        for number, shelf in enumerate(boxes)
        if number >= keep or now - shelf.modified > max_age * DAY
    ]
    labels = [box.label_key(shelf.name) for shelf in old]
    rest = [key for shelf in old for key in shelf.keys if key not in labels]
    return (*labels, *rest, *_left_over(files, boxes, now))


def _left_over(files: Collection[Stored], boxes: Iterable[Shelf], now: float) -> tuple[str, ...]:
    """Return our files that no label speaks of and no publisher can still be writing one for."""
    held = {key for shelf in boxes for key in shelf.keys}
    ours = (file for file in files if file.key.startswith(box.PREFIX) and file.key not in held)
    return tuple(sorted(file.key for file in ours if now - file.modified > DAY))
