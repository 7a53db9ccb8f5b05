"""The door to the dependency db: testmon's own file, read without starting pytest."""

from __future__ import annotations

import sqlite3
from array import array
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks import disk

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


class Learned(msgspec.Struct, frozen=True, kw_only=True):
    """What a db rests on besides files, and what pytest told while it was learned.

    ``parts`` are the named inputs of the run; ``config`` is the digest of each place that
    configures pytest, ``conftests`` the blob of each conftest; ``left`` maps a test that the
    project's own options leave out to the blob of its file then; ``smoke`` are the tests with the
    smoke mark.
    """

    parts: dict[str, str] = {}
    config: dict[str, str] = {}
    conftests: dict[str, str] = {}
    left: dict[str, str] = {}
    smoke: tuple[str, ...] = ()
    durations: dict[str, float] = {}


class Use(Struct, frozen=True, kw_only=True):
    """One test's use of one file: the file's blob then, and the blocks the test ran."""

    nodeid: str
    path: str
    blob: str | None
    blocks: frozenset[int]


class Known(Struct, frozen=True, kw_only=True):
    """What the db holds: tests with "failed when it last ran", and what they used."""

    tests: dict[str, bool]
    blobs: dict[str, frozenset[str | None]]


def known(db: Path) -> Known | None:
    """Return the db's tests and files, or None where there is no readable db."""
    try:
        with closing(_open(db)) as link:
            tests = dict(
                link.execute("SELECT test_name, coalesce(failed, 0) != 0 FROM test_execution")
            )
            blobs: dict[str, set[str | None]] = {}
            rows = link.execute(
                "SELECT DISTINCT filename, fsha FROM file_fp WHERE id IN "
                "(SELECT fingerprint_id FROM test_execution_file_fp)"
            )
            for path, blob in rows:
                blobs.setdefault(path, set()).add(blob)
    except sqlite3.Error:
        return None
    return Known(tests=tests, blobs={path: frozenset(found) for path, found in blobs.items()})


def uses(db: Path, paths: Iterable[str]) -> tuple[Use, ...]:
    """Return every test's use of the given files."""
    with closing(_open(db)) as link:
        seen = {
            number: (path, blob, frozenset(array("i", data)))
            for path in paths
            for number, blob, data in link.execute(
                "SELECT id, fsha, method_checksums FROM file_fp WHERE filename = ?", (path,)
            )
        }
        names = dict(link.execute("SELECT id, test_name FROM test_execution"))
        # One pass in the order the rows lie: testmon has no index that leads from a file to tests.
        rows = link.execute("SELECT test_execution_id, fingerprint_id FROM test_execution_file_fp")
        pairs = [(names[test], seen[number]) for test, number in rows if number in seen]
    return tuple(
        Use(nodeid=nodeid, path=path, blob=blob, blocks=data)
        for nodeid, (path, blob, data) in pairs
    )


def blocks(root: Path, path: str) -> frozenset[int]:
    """Return the checksums of the blocks that a file has now, as testmon counts them."""
    from testmon.process_code import Module, read_source_sha

    source, blob = read_source_sha(str(root / path))
    if source is None:
        return frozenset()
    module = Module(source_code=source, fs_fsha=blob, ext=path.rpartition(".")[2], filename=path)
    return frozenset(module.method_checksums)


def stage(db: Path, beside: Path) -> None:
    """Copy the db to where a run may write; the run's end decides which of the two stays."""
    discard(beside)
    data = disk.read(db)
    if data is not None:
        disk.write(beside, data)


def seal(db: Path) -> None:
    """Fold what SQLite keeps beside a db that was written into the one file."""
    try:
        with closing(sqlite3.connect(db)) as link:
            link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            link.execute("PRAGMA journal_mode = DELETE")
    except sqlite3.Error:
        discard(db)


def discard(db: Path) -> None:
    """Forget a db and what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm", "-journal"):
        disk.remove(db.with_name(db.name + end))


def _open(db: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"file:{_quoted(db)}?mode=ro&immutable=1", uri=True)


def _quoted(path: Path) -> str:
    from urllib.parse import quote

    return quote(str(path))
