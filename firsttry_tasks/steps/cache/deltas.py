"""Publish a box also as a delta: the bytes that lead from an earlier box in the store to it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.golden import box, delta, nearest
from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.steps.cache import fetch, update
from firsttry_tasks.stores import RefusedError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.golden.box import IndexEntry
    from firsttry_tasks.stores import Store


def publish(root: Path, store: Store, index_entry: IndexEntry, whole: bytes) -> IndexEntry:
    """Put the delta from the nearest earlier box into the store; return an index entry with it.

    ``whole`` is the packed box. Where no earlier box can be used, the entry is returned as it is.
    """
    wanted = update.wanted_here(root)
    names = [name for name in (box.labelled(file.key) for file in store.entries()) if name]
    mine = box.named(index_entry.manifest)
    # From the second commit on: on main the first one is the commit that is being published.
    choice = nearest.choose(names, wanted.line.commits[1:], mine.lock, mine.compat_key)
    for candidate in choice.fitting:
        try:
            before = fetch.index_entry(root, store, candidate.name)
            change = delta.make(fetch.packed(store, before.archive), whole)
        except (BadBoxError, RefusedError):
            # A box that can't be read is no base; another one may be, and the whole box is there
            # anyway.
            continue
        return _stored(store, index_entry, before, change) if change else index_entry
    return index_entry


def _stored(store: Store, index_entry: IndexEntry, before: IndexEntry, change: bytes) -> IndexEntry:
    """Put the delta into the store; return the index entry that names it and earlier ones."""
    base = before.archive.sha256
    key = box.delta_key(box.named(index_entry.manifest), base)
    store.put(key, change)
    sealed = box.Sealed(key=key, size=len(change), sha256=disk.digest(change))
    # The deltas that led to the earlier box go along, so a machine that holds a still older box
    # can follow the chain. A broken chain costs bytes only: the whole box is always beside it.
    deltas = (box.Delta(base=base, sealed=sealed), *before.deltas)
    return msgspec.structs.replace(index_entry, deltas=deltas[: box.LINKS])
