"""Telling a box that is published by the one before it in the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks import disk
from firsttry_tasks.golden import box, delta, nearest
from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.steps import storage, update
from firsttry_tasks.stores import TooLargeError

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.golden.box import Delta, Label
    from firsttry_tasks.golden.nearest import Candidate
    from firsttry_tasks.stores import Store


def publish(root: Path, store: Store, label: Label, packed: bytes) -> Delta | None:
    """Put the delta from the nearest earlier box into the store; None where there is none.

    Each delta is told by a whole box: there is no chain that could break or grow.
    """
    if storage.where(root).startswith("github:"):
        return None  # an artifact is fetched whole
    wanted = update.wanted_here(root)
    names = [name for name in (box.labelled(file.key) for file in store.entries()) if name]
    mine = box.named(label.manifest)
    choice = nearest.choose(names, wanted.line.commits[1:], mine.lock, mine.fit)
    for candidate in choice.fitting[:1]:
        before = _archive(root, store, candidate)
        change = delta.make(before, packed) if before else None
        if before and change:
            base = disk.digest(before)
            key = box.delta_key(mine, base)
            store.put(key, change)
            sealed = box.Sealed(key=key, size=len(change), sha256=disk.digest(change))
            return box.Delta(base=base, sealed=sealed)
    return None


def _archive(root: Path, store: Store, candidate: Candidate) -> bytes | None:
    """Return an earlier box's archive, if it is what its label seals."""
    data = store.get(box.label_key(candidate.name), box.MOST_LABEL) or b""
    try:
        update.verify(root, store, candidate, data)
        sealed = box.read(data, candidate.name).archive
        packed = store.get(sealed.key, sealed.size) or b""
        box.check_sealed(sealed, packed)
    except (BadBoxError, TooLargeError):
        return None
    return packed
