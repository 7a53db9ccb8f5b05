"""Keep parity runs in a store, a small file each; read them as data that anybody may have made."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from typing import TYPE_CHECKING, get_args

import msgspec
from msgspec import Struct

from firsttry_tasks.model.flaky_records import Seen
from firsttry_tasks.model.values import VerdictName
from firsttry_tasks.parity.history import Line
from firsttry_tasks.stores import OBJECTS, open_store, shown
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Sequence

    from firsttry_tasks.model.values import Stored
    from firsttry_tasks.stores import Store

#: A test's nodeid and what a run saw of it.
Sighting = tuple[str, Seen]
#: A folder of its own: a warm run lists the boxes, and must not pay for thousands of runs.
FOLDER = "runs"
PREFIX = "parity-run-"
#: Bytes of a run's file at most. A run has some kilobytes; the rest is room for a bad day.
MOST = 1 << 20
#: Runs that a store keeps at most, beside ``max_age``. A judgement: some months of a busy project,
#: and some tens of megabytes.
KEPT = 5_000
#: Numbers in a run are below this: no count or time comes near it (a thousand million seconds are
#: thirty years), and a sum of larger ones would spoil every statistic.
LARGE = 1e9
DAY = 86_400.0


class Fetched(Struct, frozen=True, kw_only=True):
    """A run that was read from a store: the store, the key there, and the run's line.

    ``line`` is None for a file that is no such line; it is kept so as not to be fetched again.
    """

    store: str
    key: str
    line: Line | None


def open_runs(url: str, root: Path, seconds: float) -> Store:
    """Return the store of the runs that belong to the store at ``url``; no request is made."""
    scheme, mark, rest = url.partition("://")
    if not mark or scheme == "file":
        from firsttry_tasks.stores.folder import FolderStore

        return FolderStore(root / Path(rest if mark else url).expanduser(), FOLDER)
    if scheme == "github":
        from firsttry_tasks.stores.github import trusted
        from firsttry_tasks.stores.github_runs import GitHubRuns

        return GitHubRuns(trusted(url, "").repository, root, seconds)
    if scheme in OBJECTS:
        from firsttry_tasks.stores.objects import ObjectsStore

        return ObjectsStore(url, shown(url), seconds, FOLDER)
    # It raises the error that names the kinds of store.
    return open_store(url, root, seconds)


def key(line: Line) -> str:
    """Return a run's key: the same run has the same key, and keys sort by time."""
    moment = dt.datetime.fromisoformat(line.at).astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S")
    return f"{PREFIX}{moment}-{disk.digest(line.id.encode())[:16]}.json"


def encode(line: Line, seen: Sequence[Sighting] = ()) -> bytes:
    """Return the bytes of a run's file: its line, then a line with what it saw of flaky tests."""
    # Two lines, so that statistics decode the first and never look at the second.
    return msgspec.json.encode(line) + b"\n" + msgspec.json.encode(seen) + b"\n"


def read(data: bytes) -> Line | None:
    """Return the run's line in a file's bytes; None where they can't be an honest one."""
    try:
        found = msgspec.json.decode(data.partition(b"\n")[0], type=Line)
        at = dt.datetime.fromisoformat(found.at)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    # Anybody who may run CI can write such a file. It is printed in terminals and added up, so
    # control characters and absurd numbers are refused.
    good = at.utcoffset() == dt.timedelta() and found.verdict in get_args(VerdictName)
    good = good and all(map(str.isprintable, _texts(found)))
    return found if good and all(0 <= number < LARGE for number in _numbers(found)) else None


def sightings(data: bytes) -> tuple[Sighting, ...]:
    """Return what the run in a file saw of flaky tests, without entries that can't be true."""
    try:
        found = msgspec.json.decode(data.partition(b"\n")[2], type=tuple[Sighting, ...])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(pair for pair in found if _can_be(*pair))


def _can_be(nodeid: str, it: Seen) -> bool:
    """Tell whether a sighting has numbers, a time and texts that an honest run may have."""
    try:
        at = dt.datetime.fromisoformat(it.at)
    except ValueError:
        return False
    texts = (nodeid, it.id, it.at, it.tree, it.before)
    counted = 0 <= it.failures <= it.runs < LARGE and it.runs > 0
    return counted and at.utcoffset() == dt.timedelta() and all(map(str.isprintable, texts))


def _numbers(line: Line) -> Iterator[float]:
    """Yield the numbers of a line that statistics add up."""
    yield from (line.warm, line.full, line.confirm, line.gates, line.cached, line.selected)
    yield from (line.total or 0, line.flaky, abs(line.age or 0), *line.classes.values())


def _texts(line: Line) -> Iterator[str]:
    """Yield the texts of a line that may be printed in a terminal."""
    yield from (line.id, line.at, line.fingerprint, *line.classes, *line.everything)


def outdated(files: Collection[Stored], now: float, *, max_age: int) -> tuple[str, ...]:
    """Return the keys of runs that are older than ``max_age`` days or beyond the KEPT newest."""
    # The folder may hold files of others, which are not FirstTry's to delete.
    mine = [file for file in files if file.key.startswith(PREFIX)]
    newest = sorted(mine, key=lambda file: (-file.modified, file.key))
    return tuple(
        file.key
        for number, file in enumerate(newest)
        if number >= KEPT or now - file.modified > max_age * DAY
    )
