"""Telling a box that is published by the one before it in the store."""

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

    The index entry has the deltas that led to that box as well, so that who holds one before it can
    follow them. There is always the whole box beside: a chain that breaks costs bytes.
    """
    wanted = update.wanted_here(root)
    names = [name for name in (box.labelled(file.key) for file in store.entries()) if name]
    mine = box.named(index_entry.manifest)
    choice = nearest.choose(names, wanted.line.commits[1:], mine.lock, mine.compat_key)
    for candidate in choice.fitting:
        try:
            before = fetch.index_entry(root, store, candidate.name)
            change = delta.make(fetch.packed(store, before.archive), whole)
        except (BadBoxError, RefusedError):
            continue
        return _told(store, index_entry, before, change) if change else index_entry
    return index_entry


def _told(store: Store, index_entry: IndexEntry, before: IndexEntry, change: bytes) -> IndexEntry:
    base = before.archive.sha256
    key = box.delta_key(box.named(index_entry.manifest), base)
    store.put(key, change)
    sealed = box.Sealed(key=key, size=len(change), sha256=disk.digest(change))
    deltas = (box.Delta(base=base, sealed=sealed), *before.deltas)
    return msgspec.structs.replace(index_entry, deltas=deltas[: box.LINKS])
