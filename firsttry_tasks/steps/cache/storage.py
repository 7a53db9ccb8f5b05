"""The store steps: what is in the store, and keeping it within its bounds."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from firsttry_tasks import stores
from firsttry_tasks.golden import retention
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.table import age, megabytes, table
from firsttry_tasks.steps.cache import holding, run_history
from firsttry_tasks.steps.run.project import project

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.stores import Store

#: Seconds for one request where a person, or a CI step, waits for it.
PATIENT = 60.0


def where(root: Path) -> str:
    """Return the store's address as the settings give it."""
    return stores.shown(project(root).settings.store)


def opened(root: Path, seconds: float = PATIENT) -> Store:
    """Return the project's store."""
    settings = project(root).settings
    holding_one = bool(holding.held(root))
    return stores.open_store(settings.store, root, seconds, settings.main, holding=holding_one)


def show(root: Path, *, prune_first: bool = False) -> None:
    """List the boxes in the store with age, size and commit; asked for, prune it first."""
    store = opened(root)
    if prune_first:
        prune(root, store)
    stored_boxes = retention.stored_boxes(store.entries())
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
    count = len(old) + run_history.prune(root)
    if count:
        CONSOLE.say(f"Removed {count} files from {where(root)}.")
