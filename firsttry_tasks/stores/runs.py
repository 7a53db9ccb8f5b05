"""Lines of parity runs in a store: a small file each, in a folder beside the boxes."""

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

Sighting = tuple[str, Seen]
#: A folder of its own: warm lists the boxes, and must not pay for the runs.
FOLDER = "runs"
PREFIX = "parity-run-"
#: A run has some kilobytes; more than this is none of ours.
MOST = 1 << 20
#: How many runs a store keeps.
KEPT = 5_000
#: Seconds, tests and hours of a run are fewer than this.
LARGE = 1e9
DAY = 86_400.0


class Fetched(Struct, frozen=True, kw_only=True):
    """A line that was read from a store, where it stood there, and which store that was.

    What stood there and is no line of ours is remembered as None, and not asked for again.
    """

    store: str
    key: str
    line: Line | None


def open_runs(url: str, root: Path, seconds: float) -> Store:
    """Return the place of runs in the store at ``url``; no request is made."""
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
    return open_store(url, root, seconds)  # which says what is known


def key(line: Line) -> str:
    """Return where a run's line stands: the same run has the same place, the names sort by time."""
    moment = dt.datetime.fromisoformat(line.at).astimezone(dt.UTC).strftime("%Y%m%dT%H%M%S")
    return f"{PREFIX}{moment}-{disk.digest(line.id.encode())[:16]}.json"


def encode(line: Line, seen: Sequence[Sighting] = ()) -> bytes:
    """Return a run's file: its line, and in another one what it saw of flaky tests."""
    return msgspec.json.encode(line) + b"\n" + msgspec.json.encode(seen) + b"\n"


def read(data: bytes) -> Line | None:
    """Return the line in a file, None for what is none: whoever may run CI may have written it."""
    try:
        found = msgspec.json.decode(data.partition(b"\n")[0], type=Line)
        at = dt.datetime.fromisoformat(found.at)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError, ValueError):
        return None
    good = at.utcoffset() == dt.timedelta() and found.verdict in get_args(VerdictName)
    good = good and all(map(str.isprintable, _texts(found)))
    return found if good and all(0 <= number < LARGE for number in _numbers(found)) else None


def sightings(data: bytes) -> tuple[Sighting, ...]:
    """Return what the run in a file saw of flaky tests; what can't be so is left out."""
    try:
        found = msgspec.json.decode(data.partition(b"\n")[2], type=tuple[Sighting, ...])
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return ()
    return tuple(pair for pair in found if _can_be(*pair))


def _can_be(nodeid: str, it: Seen) -> bool:
    try:
        at = dt.datetime.fromisoformat(it.at)
    except ValueError:
        return False
    texts = (nodeid, it.id, it.at, it.tree, it.before)
    counted = 0 <= it.failures <= it.runs < LARGE and it.runs > 0
    return counted and at.utcoffset() == dt.timedelta() and all(map(str.isprintable, texts))


def _numbers(line: Line) -> Iterator[float]:
    """Yield what is added up."""
    yield from (line.warm, line.full, line.confirm, line.gates, line.cached, line.selected)
    yield from (line.total or 0, line.flaky, abs(line.age or 0), *line.classes.values())


def _texts(line: Line) -> Iterator[str]:
    """Yield what may be shown in a terminal."""
    yield from (line.id, line.at, line.fingerprint, *line.classes, *line.everything)


def outdated(files: Collection[Stored], now: float, *, max_age: int) -> tuple[str, ...]:
    """Return the runs that are older than so many days, or more than a store keeps."""
    mine = [file for file in files if file.key.startswith(PREFIX)]
    newest = sorted(mine, key=lambda file: (-file.modified, file.key))
    return tuple(
        file.key
        for number, file in enumerate(newest)
        if number >= KEPT or now - file.modified > max_age * DAY
    )
