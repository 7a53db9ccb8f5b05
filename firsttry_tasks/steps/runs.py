"""Share parity runs by the store: CI puts each run's line there, and statistics read them."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks import disk, history, machine, reports, stores
from firsttry_tasks.errors import FirstTryError
from firsttry_tasks.history import Line
from firsttry_tasks.steps.project import project
from firsttry_tasks.stores import StoreError, TooLargeError
from firsttry_tasks.stores import runs as shelf
from firsttry_tasks.stores.bounded import BoundedStore
from firsttry_tasks.stores.runs import Fetched

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from firsttry_tasks.stores import Store
    from firsttry_tasks.values import Stored

#: The runs of this checkout, and those that were read from the store.
LOCAL = f"{reports.HISTORY}/parity.jsonl"
READ = f"{reports.HISTORY}/store.jsonl"
#: Seconds that sharing a run may take, and that reading the others' may take.
SECONDS = 5.0
#: How many runs are read at once, and at most by one call.
SIDE_BY_SIDE, AT_MOST = 8, 1_000


class Known(Struct, frozen=True, kw_only=True):
    """The runs that are known, oldest first, and a sentence on where they are from."""

    lines: tuple[Line, ...]
    source: str


def share(root: Path, line: Line) -> str:
    """Put a run's line into the store, in CI; return a sentence where it could not be put.

    A verdict stands by itself: no trouble with the store changes it.
    """
    if not machine.in_ci(os.environ):
        return ""
    try:
        _place(root).put(shelf.key(line), shelf.encode(line))
    except FirstTryError as error:
        return f"note: this run is not in the store's statistics: {error}"
    return ""


def known(root: Path) -> Known:
    """Return the runs of this checkout and the store's, as far as it answers in time."""
    own = history.read(disk.read(root / LOCAL) or b"")
    held = _held(root)
    said = ""
    try:
        held, left = _refreshed(root, held)
        said = f" ({left} more are there; the next call reads on)" if left else ""
    except FirstTryError:
        said = " (it could not be asked now; doit doctor says why)"
    here = {line.id for line in own}
    theirs = {it.line.id: it.line for it in held if it.line and it.line.id not in here}
    lines = sorted((*own, *theirs.values()), key=lambda line: line.at)
    source = f"of these {len(own)} from this checkout, {len(theirs)} from {_where(root)}{said}"
    return Known(lines=tuple(lines), source=source)


def prune(root: Path) -> int:
    """Delete the runs in the store that are too old; return how many those were."""
    store = _place(root)
    max_age = project(root).settings.max_age
    old = shelf.outdated(store.entries(), time.time(), max_age=max_age)
    for key in old:
        store.delete(key)
    return len(old)


def _where(root: Path) -> str:
    return stores.shown(project(root).settings.store)


def _place(root: Path) -> Store:
    return shelf.open_runs(project(root).settings.store, root, SECONDS)


def _held(root: Path) -> list[Fetched]:
    """Return what was read from this very store before."""
    found = []
    for text in (disk.read(root / READ) or b"").splitlines():
        try:
            found.append(msgspec.json.decode(text, type=Fetched))
        except msgspec.DecodeError:
            continue
    return [it for it in found if it.store == _where(root)]


def _refreshed(root: Path, held: list[Fetched]) -> tuple[list[Fetched], int]:
    """Read what is new in the store, newest first; return all that is held, and what is left."""
    store = BoundedStore(_place(root), SECONDS)
    seen = {it.key for it in held}
    files = sorted(store.entries(), key=lambda file: file.modified, reverse=True)
    new = [it for it in files if it.key.startswith(shelf.PREFIX) and it.key not in seen]
    fresh = _fetch(root, store, new[:AT_MOST])
    if fresh:
        held = [*held, *fresh][-history.KEPT :]
        disk.own_folder(root / reports.HISTORY)
        disk.write(root / READ, b"".join(msgspec.json.encode(it) + b"\n" for it in held))
    return held, len(new) - len(fresh)


def _fetch(root: Path, store: Store, files: Iterable[Stored]) -> list[Fetched]:
    """Read files side by side; those that do not come in time are left for another time."""
    from concurrent.futures import ThreadPoolExecutor

    where = _where(root)

    def one(file: Stored) -> Fetched | None:
        try:
            data = store.get(file.key, shelf.MOST)
        except TooLargeError:
            data = b""
        except StoreError:
            return None
        return Fetched(store=where, key=file.key, line=shelf.read(data or b""))

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return [found for found in pool.map(one, files) if found]
