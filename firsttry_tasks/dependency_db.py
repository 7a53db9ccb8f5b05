"""Reads and writes the dependency db: what recorded runs learned of each test, in SQLite."""

from __future__ import annotations

import sqlite3
import time
import zlib
from collections.abc import Callable
from contextlib import closing, contextmanager
from functools import lru_cache
from pathlib import Path  # noqa: TC003  a struct beside takes it at run time
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.model.observed import Watched
from firsttry_tasks.model.refinements import Refinement
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, SeenOfRun
from firsttry_tasks.selection.evidence.superfluous import superfluous
from firsttry_tasks.selection.learn import ingest
from firsttry_tasks.selection.syntax.fragment import Fragment
from firsttry_tasks.selection.syntax.parse import take_apart
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from firsttry_tasks.model.recording import Record

#: The format of the rows; raise it when their types change. A db of another format is emptied and
#: not converted: recording anew costs one run, and a converter that errs would hide changes.
FORMAT = 26
#: What the db was called before format 10, when nothing of testmon was in it any more.
FORMER = "testmondata"
#: The file beside a db that a box brought, with the digests that its digests have here.
ALIASES = "aliases.json"
#: How many recorded runs are kept. Each warm run adds one with the tests that it ran. Selection
#: reads all of them, so more make every run slower, and fewer lose what rarely runs. A judgement.
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
    """The small file beside the db: its named parts, the smoke tests, and seconds by test."""

    parts: dict[str, str] = {}
    smoke: tuple[str, ...] = ()
    durations: dict[str, float] = {}


class Door(Struct, frozen=True, kw_only=True):
    """How ingesting a recording reaches files.

    ``read(path)`` returns the bytes of a file of the tree. ``before(path, began)`` returns the
    digest of another file, None for one that was made after ``began`` (Unix time). ``without`` are
    the refinements that are switched off.
    """

    read: Callable[[str], bytes]
    before: Callable[[str, float], str | None]
    without: frozenset[Refinement] = frozenset()


class DependencyDb:
    """One dependency db."""

    def __init__(self, path: Path) -> None:
        """Take the db's path; the file need not exist and is opened for each question."""
        self.path = path
        #: Digests that another machine's key made -> this machine's of the same values.
        self._aliases = disk.read_own(path.parent / ALIASES, dict[str, str]) or {}
        self._rows: dict[tuple[str, str], bytes] | None = None
        self._fragments: dict[tuple[str, str], tuple[Fragment, ...]] = {}

    def recorded_runs(self) -> tuple[RecordedRun, ...]:
        """Return the recorded runs, newest first; none where there is no db that can be read.

        A db that can't be read is removed.
        """
        if not self.path.exists():
            return ()
        try:
            with _open(self.path) as db:
                rows = db.execute("SELECT body FROM ft_session ORDER BY id DESC").fetchall()
            return tuple(self._translated(_recorded(body)) for (body,) in rows)
        # A damaged db is as good as none: everything runs, and the next recording begins anew.
        except (sqlite3.DatabaseError, zlib.error, msgspec.DecodeError):
            discard(self.path)
            return ()

    def _translated(self, run: RecordedRun) -> RecordedRun:
        """Return a run with this machine's digests of variables, where a box brought others."""
        if not self._aliases:
            return run
        variables = {n: self._aliases.get(it, it) for n, it in run.variables.items()}
        parts = {n: translated(text, self._aliases) for n, text in run.parts.items()}
        return msgspec.structs.replace(run, variables=variables, parts=parts)

    def made(self) -> tuple[float, ...]:
        """Return the time (Unix) of each recorded run, newest first, by the recording machine."""
        if not self.path.exists():
            return ()
        try:
            with _open(self.path) as db:
                rows = db.execute("SELECT made FROM ft_session ORDER BY id DESC").fetchall()
            return tuple(float(made) for (made,) in rows)
        except sqlite3.DatabaseError:
            return ()

    def before(self, path: str, blob: str) -> tuple[Fragment, ...]:
        """Return the fragments of a file's earlier content; none if that never parsed."""
        key = path, blob
        # All rows in one query, since selection asks for many files; but each is decoded only when
        # it is asked for, which most never are.
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
        door: Door,
        seen: SeenOfRun,
    ) -> None:
        """Add one recorded run, in one transaction.

        ``manifest`` is the tree that was recorded (``path -> blob``), ``parts`` the named parts of
        the environment.
        """
        with _open(self.path) as db:
            sources = _Sources(db, manifest, door.read)
            made = ingest.recorded(records, manifest, parts, sources, door.before, door.without)
            made = msgspec.structs.replace(
                made,
                deselected_by_project=seen.deselected,
                red=seen.red,
                unsteady=tuple(sorted(seen.unsteady)),
            )
            # One transaction for everything (whole or not at all): a run without its sources would
            # be believed with nothing to compare.
            with db:
                db.execute(
                    "INSERT INTO ft_session (made, body) VALUES (?, ?)",
                    (
                        time.time(),
                        zlib.compress(msgspec.msgpack.encode(made, order="deterministic"), 3),
                    ),
                )
                db.executemany("INSERT OR IGNORE INTO ft_source VALUES (?, ?, ?)", sources.fresh())
                _forget(db)


def watched(
    recorded_runs: Iterable[RecordedRun], variable: Callable[[str], str], file: Callable[[str], str]
) -> Watched:
    """Return what the tests of any recorded run looked at outside of the tree, as it is now.

    ``variable`` and ``file`` return the present digest of a variable and of a file.
    """
    held = tuple(recorded_runs)
    return Watched(
        variables={n: variable(n) for n in sorted({n for one in held for n in one.variables})},
        files={n: file(n) for n in sorted({n for one in held for n in one.outside})},
    )


def translated(text: str, aliases: Mapping[str, str]) -> str:
    """Return a part that lists ``name=digest`` with other digests for those that have one."""
    lines = (line.rpartition("=") for line in text.split("\n"))
    return "\n".join(f"{name}{mark}{aliases.get(digest, digest)}" for name, mark, digest in lines)


# One process asks several times: to choose, when something was learned, and at each save.
@lru_cache(maxsize=KEPT + 1)
def _recorded(body: bytes) -> RecordedRun:
    return _RECORDED.decode(zlib.decompress(body))


def _fragments(body: bytes) -> tuple[Fragment, ...]:
    return _FRAGMENTS.decode(zlib.decompress(body))


def fragments(source: bytes | None) -> tuple[Fragment, ...] | None:
    """Return the fragments of a file, None for one that can't be parsed as Python."""
    # take_apart raises ValueError for a NUL byte, RecursionError for expressions that lie too deep.
    try:
        return take_apart(source or b"")
    except (SyntaxError, ValueError, RecursionError):
        return None


def discard(db: Path) -> None:
    """Remove a db and the files that SQLite keeps beside it."""
    # A log that is left beside the next db would corrupt it.
    for end in ("", "-wal", "-shm", "-journal"):
        disk.remove(db.with_name(db.name + end))


@contextmanager
def _open(path: Path) -> Iterator[sqlite3.Connection]:
    """Open the db with its tables; one of another format is emptied."""
    # A minute's patience, because a second process may be writing: SQLite gives up after five
    # seconds by default.
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
    """Drop one recorded run where more than ``KEPT`` are there, and the files that only it had."""
    rows = db.execute("SELECT id, body FROM ft_session ORDER BY id DESC").fetchall()
    if len(rows) <= KEPT:
        return
    held = {number: _recorded(body) for number, body in rows}
    victim = superfluous(held)
    db.execute("DELETE FROM ft_session WHERE id = ?", (victim,))
    del held[victim]
    spoken = {item for one in held.values() for item in one.manifest.items()}
    kept = set(db.execute("SELECT path, blob FROM ft_source").fetchall())
    db.executemany("DELETE FROM ft_source WHERE path = ? AND blob = ?", kept - spoken)


class _Sources:
    """Returns the fragments of files, from the db where they are known, else from the tree.

    Each content of a file is parsed once and then kept in the db.
    """

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
        """Yield the rows of files that are not in the db yet."""
        for path, found in self._fresh.items():
            yield (
                path,
                self.manifest[path],
                # Sets have another order in each process, and deltas of boxes go by equal bytes.
                zlib.compress(msgspec.msgpack.encode(found, order="deterministic"), 3),
            )
