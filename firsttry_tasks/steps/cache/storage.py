"""The store step: list the golden caches in the store, and delete those beyond its bounds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks import stores
from firsttry_tasks.golden import retention
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.reporting.table import age, megabytes, table
from firsttry_tasks.steps.cache import holding, run_history
from firsttry_tasks.steps.run.project import project

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.stores import Store

#: Seconds for one request where a person, or a CI step, asked for it: some 250 MB have to come
#: through in one. A judgement; warm runs have their own setting, ``store_seconds``.
PATIENT = 60.0


class StoredCache(Struct, frozen=True, kw_only=True):
    """A golden cache in the store: its name, commit, bytes, and when it was put there."""

    name: str
    commit: str
    size: int
    modified: float


class StoreAnswer(Struct, frozen=True, kw_only=True):
    """The store's address, and the golden caches in it, newest first."""

    store: str
    caches: tuple[StoredCache, ...]


def where(root: Path) -> str:
    """Return the store's address as the settings give it."""
    return stores.shown(project(root).settings.store)


def opened(root: Path, seconds: float = PATIENT) -> Store:
    """Return the project's store; ``seconds`` bounds each request."""
    settings = project(root).settings
    # The GitHub store reads the small artifacts of deltas first where a delta could be applied.
    holding_one = bool(holding.held(root))
    return stores.open_store(settings.store, root, seconds, settings.main, holding=holding_one)


def show(root: Path, *, prune_first: bool = False) -> None:
    """List the boxes in the store with commit, age and size; ``prune_first`` prunes before."""
    store = opened(root)
    if prune_first:
        prune(root, store)
    stored_boxes = retention.stored_boxes(store.entries())
    caches = (
        StoredCache(name=str(it.name), commit=it.name.head, size=it.size, modified=it.modified)
        for it in stored_boxes
    )
    ANSWER.give(StoreAnswer(store=where(root), caches=tuple(caches)))
    if not stored_boxes:
        CONSOLE.say(f"{where(root)} holds no golden cache.")
        return
    now = time.time()
    rows = [
        (it.name.head[:12], age(now - it.modified), megabytes(it.size), str(it.name))
        for it in stored_boxes
    ]
    total = megabytes(sum(stored_box.size for stored_box in stored_boxes))
    CONSOLE.say(*table(("commit", "age", "size", "name"), rows), "", f"{len(rows)} boxes, {total}")


def prune(root: Path, store: Store) -> None:
    """Delete what is beyond the settings' ``keep`` and ``max_age``."""
    settings = project(root).settings
    old = retention.outdated(
        store.entries(), time.time(), keep=settings.keep, max_age=settings.max_age
    )
    for key in old:
        store.delete(key)
    # Runs lie in a folder of their own, which the listing above does not show.
    count = len(old) + run_history.prune(root)
    if count:
        CONSOLE.say(f"Removed {count} files from {where(root)}.")
