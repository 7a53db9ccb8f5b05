"""The door to the dependency db: what recorded runs learned, written and read back."""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections import Counter
from collections.abc import Callable
from contextlib import closing, contextmanager
from pathlib import Path  # noqa: TC003  a struct beside takes it at run time
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.model.values import Watched
from firsttry_tasks.selection.evidence import ingest
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
from firsttry_tasks.selection.syntax.fragment import Fragment
from firsttry_tasks.selection.syntax.parse import take_apart
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from firsttry_tasks.model.recording import Record

#: Another number here makes older dbs count as absent.
FORMAT = 10
#: What the db was called before format 10, when nothing of testmon was in it any more.
FORMER = "testmondata"
#: How many recorded runs are kept; each holds one dependency set of each of its tests.
KEPT = 12
_TABLES = """
CREATE TABLE IF NOT EXISTS ft_session (
    id INTEGER PRIMARY KEY, made REAL NOT NULL, body BLOB NOT NULL
);
CREATE TABLE IF NOT EXISTS ft_source (
    path TEXT NOT NULL, blob TEXT NOT NULL, pieces BLOB NOT NULL, PRIMARY KEY (path, blob)
) WITHOUT ROWID;
"""
_RECORDED = msgspec.msgpack.Decoder(RecordedRun)
_FRAGMENTS = msgspec.msgpack.Decoder(tuple[Fragment, ...])


class WarmSummary(msgspec.Struct, frozen=True, kw_only=True):
    """What stands beside the db: the named parts it rests on, the smoke tests, durations."""

    parts: dict[str, str] = {}
    smoke: tuple[str, ...] = ()
    durations: dict[str, float] = {}


class Door(Struct, frozen=True, kw_only=True):
    """How to reach files: ``read`` those of the tree, ``before`` digests others.

    ``before(path, began)`` returns None for what was made after ``began``.
    """

    read: Callable[[str], bytes]
    before: Callable[[str, float], str | None]


class DependencyDb:
    """Everything that is recorded in one db."""

    def __init__(self, path: Path) -> None:
        """Remember where the db is; it is opened when it is asked."""
        self.path = path
        self._rows: dict[tuple[str, str], bytes] | None = None
        self._fragments: dict[tuple[str, str], tuple[Fragment, ...]] = {}

    def recorded_runs(self) -> tuple[RecordedRun, ...]:
        """Return what is kept, newest first; nothing where there is no db that can be read."""
        if not self.path.exists():
            return ()
        try:
            with _open(self.path) as db:
                rows = db.execute("SELECT body FROM ft_session ORDER BY id DESC").fetchall()
            return tuple(_recorded(body) for (body,) in rows)
        except (sqlite3.DatabaseError, zlib.error, msgspec.DecodeError):
            discard(self.path)
            return ()

    def made(self) -> tuple[float, ...]:
        """Return when each of the recorded runs was recorded, by the clock of who recorded it."""
        if not self.path.exists():
            return ()
        try:
            with _open(self.path) as db:
                rows = db.execute("SELECT made FROM ft_session ORDER BY id DESC").fetchall()
            return tuple(float(made) for (made,) in rows)
        except sqlite3.DatabaseError:
            return ()

    def before(self, path: str, blob: str) -> tuple[Fragment, ...]:
        """Return the fragments of a file as it was; none for a file that never parsed."""
        key = path, blob
        if self._rows is None:
            with _open(self.path) as db:
                found = db.execute("SELECT path, blob, pieces FROM ft_source").fetchall()
            self._rows = {(place, kept): body for place, kept, body in found}
        if key not in self._fragments:
            body = self._rows.get(key)
            self._fragments[key] = () if body is None else _fragments(body)
        return self._fragments[key]

    def learn(
        self,
        records: Sequence[Record],
        manifest: Mapping[str, str],
        parts: Mapping[str, str],
        left: frozenset[str],
        door: Door,
    ) -> None:
        """Add one recorded run, whole or not at all; ``left`` are the tests nobody asked for."""
        with _open(self.path) as db:
            sources = _Sources(db, manifest, door.read)
            made = ingest.recorded(records, manifest, parts, sources, door.before)
            made = msgspec.structs.replace(made, deselected_by_project=left)
            with db:
                db.execute(
                    "INSERT INTO ft_session (made, body) VALUES (?, ?)",
                    (time.time(), zlib.compress(msgspec.msgpack.encode(made), 3)),
                )
                db.executemany("INSERT OR IGNORE INTO ft_source VALUES (?, ?, ?)", sources.fresh())
                _forget(db)


def watched(
    recorded_runs: Iterable[RecordedRun], variable: Callable[[str], str], file: Callable[[str], str]
) -> Watched:
    """Return what any kept recorded run's tests looked at besides the tree, as it is."""
    held = tuple(recorded_runs)
    return Watched(
        variables={n: variable(n) for n in sorted({n for one in held for n in one.variables})},
        files={n: file(n) for n in sorted({n for one in held for n in one.outside})},
    )


def _recorded(body: bytes) -> RecordedRun:
    return _RECORDED.decode(zlib.decompress(body))


def _fragments(body: bytes) -> tuple[Fragment, ...]:
    return _FRAGMENTS.decode(zlib.decompress(body))


def fragments(source: bytes | None) -> tuple[Fragment, ...] | None:
    """Return the fragments of a file, None for one that isn't Python."""
    try:
        return take_apart(source or b"")
    except (SyntaxError, ValueError, RecursionError):
        return None


def discard(db: Path) -> None:
    """Forget a db and what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm", "-journal"):
        disk.remove(db.with_name(db.name + end))


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the db with its tables; one of another format is emptied."""
    disk.own_folder(path.parent)
    if not path.exists():
        discard(path.with_name(FORMER))
    with closing(sqlite3.connect(path, timeout=60)) as db:
        db.executescript(_TABLES)
        if db.execute("PRAGMA user_version").fetchone()[0] != FORMAT:
            with db:
                db.execute("DELETE FROM ft_session")
                db.execute("DELETE FROM ft_source")
            db.execute(f"PRAGMA user_version = {FORMAT}")
        yield db


def _forget(db: sqlite3.Connection) -> None:
    """Keep few recorded runs: the newest ones, and those that alone speak for many tests."""
    rows = db.execute("SELECT id, body FROM ft_session ORDER BY id DESC").fetchall()
    if len(rows) <= KEPT:
        return
    held = {number: _recorded(body) for number, body in rows}
    tests = {number: {test.nodeid for test in one.tests} for number, one in held.items()}
    times = Counter(nodeid for known in tests.values() for nodeid in known)
    alone = {number: sum(times[nodeid] == 1 for nodeid in known) for number, known in tests.items()}
    victim = min(list(held)[1:], key=lambda number: (alone[number], number))
    db.execute("DELETE FROM ft_session WHERE id = ?", (victim,))
    del held[victim]
    spoken = {item for one in held.values() for item in one.manifest.items()}
    kept = set(db.execute("SELECT path, blob FROM ft_source").fetchall())
    db.executemany("DELETE FROM ft_source WHERE path = ? AND blob = ?", kept - spoken)


class _Sources:
    """Files taken apart: from the db where they are known, else from the tree."""

    def __init__(
        self, db: sqlite3.Connection, manifest: Mapping[str, str], read: Callable[[str], bytes]
    ) -> None:
        self.db = db
        self.manifest = manifest
        self.read = read
        self._known: dict[str, tuple[Fragment, ...]] = {}
        self._fresh: dict[str, tuple[Fragment, ...]] = {}

    def __call__(self, path: str) -> tuple[Fragment, ...]:
        if path not in self._known:
            self._known[path] = self._find(path)
        return self._known[path]

    def _find(self, path: str) -> tuple[Fragment, ...]:
        blob = self.manifest.get(path)
        if blob is None:
            return ()
        row = self.db.execute(
            "SELECT pieces FROM ft_source WHERE path = ? AND blob = ?", (path, blob)
        ).fetchone()
        if row is not None:
            return _fragments(row[0])
        found = fragments(self.read(path)) or ()
        self._fresh[path] = found
        return found

    def fresh(self) -> Iterator[tuple[str, str, bytes]]:
        """Return what is not in the db yet."""
        for path, found in self._fresh.items():
            yield path, self.manifest[path], zlib.compress(msgspec.msgpack.encode(found), 3)
