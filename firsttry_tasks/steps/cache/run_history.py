"""Share the history of parity runs: CI stores a line for each, and statistics read them all."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks import stores
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.parity import history
from firsttry_tasks.parity.history import Line
from firsttry_tasks.steps.run.project import project
from firsttry_tasks.stores import StoreError, TooLargeError
from firsttry_tasks.stores import runs as stored_runs
from firsttry_tasks.stores.bounded import BoundedStore
from firsttry_tasks.stores.runs import Fetched, Sighting
from firsttry_tasks.system import machine, own_files

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from pathlib import Path

    from firsttry_tasks.model.values import Stored
    from firsttry_tasks.stores import Store

#: Seconds that storing a run, or reading what is new, may take: both happen beside what was asked
#: for. A judgement.
SECONDS = 5.0
#: Seconds for `doit flaky gather`, where a person waits for just this. A judgement.
PATIENT = 60.0
#: Runs that are read at once: answers take their time on the way, not on this machine. And at most
#: by one call: the next one reads on. Both are judgements.
SIDE_BY_SIDE, AT_MOST = 8, 1_000


class KnownRuns(Struct, frozen=True, kw_only=True):
    """The runs that are known, oldest first, and a sentence on where they are from."""

    lines: tuple[Line, ...]
    source: str


def share(root: Path, line: Line, seen: Sequence[Sighting] = ()) -> str:
    """Store a run's line where this is CI; return a sentence where that failed, else ""."""
    # Runs on a laptop are of half-done work, and most people may not write to the store.
    if not machine.in_ci(os.environ):
        return ""
    try:
        _place(root).put(stored_runs.key(line), stored_runs.encode(line, seen))
    except FirstTryError as error:
        # Said, not raised: no trouble with the store changes a verdict.
        return f"note: this run is not in the store's statistics: {error}"
    return ""


def known(root: Path) -> KnownRuns:
    """Return this checkout's runs and those of the store, as far as it answers in time."""
    own = own_files.lines(root / state_paths.RUNS, Line)
    held = _held(root)
    said = ""
    try:
        held, left = _refreshed(root, held)
        said = f" ({left} more are there; the next call reads on)" if left else ""
    except FirstTryError:
        said = " (it could not be asked now; doit doctor says why)"
    # A run of this CI machine is in both places, and counts once.
    here = {line.id for line in own}
    theirs = {it.line.id: it.line for it in held if it.line and it.line.id not in here}
    lines = sorted((*own, *theirs.values()), key=lambda line: line.at)
    source = f"of these {len(own)} from this checkout, {len(theirs)} from {where(root)}{said}"
    return KnownRuns(lines=tuple(lines), source=source)


def sightings(root: Path) -> tuple[list[Sighting], int]:
    """Return what the newest runs in the store saw of flaky tests, and how many runs those are."""
    store = BoundedStore(_place(root, PATIENT), PATIENT)
    files = sorted(store.entries(), key=lambda file: file.modified, reverse=True)
    mine = [file for file in files if file.key.startswith(stored_runs.PREFIX)][:AT_MOST]
    found = _fetch(store, mine)
    return [pair for data in found.values() for pair in stored_runs.sightings(data)], len(found)


def prune(root: Path) -> int:
    """Delete the runs in the store that are too old; return their number."""
    store = _place(root)
    max_age = project(root).settings.max_age
    old = stored_runs.outdated(store.entries(), time.time(), max_age=max_age)
    for key in old:
        store.delete(key)
    return len(old)


def where(root: Path) -> str:
    """Return the store's address without user name and password."""
    return stores.shown(project(root).settings.store)


def _place(root: Path, seconds: float = SECONDS) -> Store:
    return stored_runs.open_runs(project(root).settings.store, root, seconds)


def _held(root: Path) -> list[Fetched]:
    """Return the runs that were read from this store before."""
    return [
        it
        for it in own_files.lines(root / state_paths.STORE_RUNS, Fetched)
        # The setting may have been changed; runs of another store are not this one's.
        if it.store == where(root)
    ]


def _refreshed(root: Path, held: list[Fetched]) -> tuple[list[Fetched], int]:
    """Read new runs, newest first; return all runs held now and the number of those left unread."""
    store = BoundedStore(_place(root), SECONDS)
    seen = {it.key for it in held}
    files = sorted(store.entries(), key=lambda file: file.modified, reverse=True)
    new = [it for it in files if it.key.startswith(stored_runs.PREFIX) and it.key not in seen]
    fresh = [
        # What is no line is kept as None, so that it is not fetched again each time.
        Fetched(store=where(root), key=key, line=stored_runs.read(data))
        for key, data in _fetch(store, new[:AT_MOST]).items()
    ]
    if fresh:
        held = [*held, *fresh][-history.KEPT :]
        own_files.write_lines(root / state_paths.STORE_RUNS, held)
    return held, len(new) - len(fresh)


def _fetch(store: Store, files: Iterable[Stored]) -> dict[str, bytes]:
    """Read files side by side; return those that came in time, by their keys."""
    from concurrent.futures import ThreadPoolExecutor

    def one(file: Stored) -> tuple[str, bytes] | None:
        try:
            return file.key, store.get(file.key, stored_runs.MOST) or b""
        except TooLargeError:
            # Remembered as a run that can't be read: it would be too large next time as well.
            return file.key, b""
        except StoreError:
            return None

    with ThreadPoolExecutor(SIDE_BY_SIDE) as pool:
        return dict(found for found in pool.map(one, files) if found)
