"""Builds boxes for the tests: real ones, and whatever else a store might serve."""

from __future__ import annotations

import io
import sqlite3
import zlib
from array import array
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec
import zstandard

from firsttry_tasks import dependency_db
from firsttry_tasks.dependency_db import DependencyDb, Door, WarmSummary, watched
from firsttry_tasks.golden import archive, box, contents, databases, proof, restore
from firsttry_tasks.model import state_paths
from firsttry_tasks.selection.evidence.recorded_run import (
    RecordedRun,
    RecordedTest,
    Scope,
    SeenOfRun,
)
from firsttry_tasks.selection.syntax.fragment import Fragment
from firsttry_tasks.system import disk, own_files

if TYPE_CHECKING:
    from pathlib import Path

HEAD = "a" * 40
LOCK = "b" * 64
PRINT = f"{HEAD}-{LOCK}"
PARTS = {"python": "cpython 3.11.7", "platform": "linux x86_64", "lock": LOCK, "ruff": "1"}
NAME = box.Name(head=HEAD, lock=LOCK, compat_key=box.compat_key(PARTS))
NOTHING = Door(read=lambda _path: b"", before=lambda _path, _began: None)
SHARD = "mypy/3.11/cache.0.db"


TREE = {"tests/test_a.py": "100644 aa", "tests/test_b.py": "100644 bb"}
AROUND = {name: value for name, value in PARTS.items() if name != "lock"}


def recorded() -> RecordedRun:
    """Return what a run of two tests recorded."""
    scopes = tuple(
        Scope(kind="collect", name=path, units=(n,), observations=(), used=(), lines=())
        for n, path in enumerate(TREE)
    )
    tests = tuple(
        RecordedTest(
            nodeid=f"{path}::test",
            path=path,
            outcome="passed",
            seconds=0.5,
            units=array("I", [n]).tobytes(),
            observations=(),
            scopes=(n,),
            names=(),
            function=True,
        )
        for n, path in enumerate(TREE)
    )
    return RecordedRun(
        manifest=TREE,
        parts=AROUND,
        variables={"TZ": "00"},
        outside={},
        modules={},
        patterns=("test_*.py",),
        testpaths=(),
        roots=(),
        units=tuple((path, 0) for path in TREE),
        observations=(),
        scopes=scopes,
        tests=tests,
        collected=dict.fromkeys(TREE, ("test",)),
        deselected_by_project=frozenset(),
    )


def db_of_tests(folder: Path, *more: str, of: RecordedRun | None = None) -> bytes:
    """Return a db as a recorded run leaves it; ``more`` is SQL to run in it."""
    place = folder / "db"
    dependency_db.discard(place)
    DependencyDb(place).learn((), {}, {}, NOTHING, SeenOfRun())
    fragment = Fragment(qualname="test", is_function_body=True, first=1, last=2, digest=b"d")
    with closing(sqlite3.connect(place)) as link:
        link.execute("UPDATE ft_session SET made = 1, body = ?", (squash(of or recorded()),))
        for path, blob in TREE.items():
            link.execute(
                "INSERT INTO ft_source VALUES (?, ?, ?)", (path, blob, squash((fragment,)))
            )
        for statement in more:
            link.execute(statement)
        link.commit()
    databases.seal(place)
    return place.read_bytes()


def squash(value: object) -> bytes:
    """Return a value as it stands in a row."""
    return zlib.compress(msgspec.msgpack.encode(value))


def mypy_db(folder: Path, *more: str) -> bytes:
    """Return a shard as mypy leaves it."""
    place = folder / "shard"
    dependency_db.discard(place)
    with closing(sqlite3.connect(place)) as link:
        link.execute("CREATE TABLE files2 (path TEXT UNIQUE NOT NULL, mtime REAL, data BLOB)")
        link.execute("CREATE INDEX path_idx on files2(path)")
        link.execute("INSERT INTO files2 VALUES ('a.meta.ff', 1.5, x'00ff')")
        for statement in more:
            link.execute(statement)
        link.commit()
    return place.read_bytes()


def files(folder: Path) -> dict[str, bytes]:
    """Return the files of a good box."""
    learned = WarmSummary(parts=AROUND, durations={"tests/test_a.py::test": 0.5})
    return {
        contents.FINGERPRINT: f"{PRINT}\n".encode(),
        SHARD: mypy_db(folder),
        contents.LEARNED: msgspec.json.encode(learned),
        contents.DB: db_of_tests(folder),
        contents.WATCHED: _watched(folder / "watched.json"),
    }


def _watched(place: Path) -> bytes:
    own_files.write(place, watched((recorded(),), variable=str, file=str))
    return place.read_bytes()


def manifest(held: dict[str, bytes]) -> box.Manifest:
    """Return the manifest that seals these files."""
    producer = box.Producer(
        commit=HEAD, ref="refs/heads/main", run="1", created="2026-11-01T00:00:00", firsttry="0.1.0"
    )
    members = (
        box.Member(path=path, size=len(data), sha256=disk.digest(data))
        for path, data in sorted(held.items())
    )
    return box.Manifest(fingerprint=PRINT, parts=PARTS, producer=producer, files=tuple(members))


def packed(held: dict[str, bytes], sealing: box.Manifest | None = None) -> bytes:
    """Return the archive of these files, as our writer packs it."""
    sink = io.BytesIO()
    archive.pack([raw(held, sealing)], sink)
    return sink.getvalue()


def raw(held: dict[str, bytes], sealing: box.Manifest | None = None) -> bytes:
    """Return the tar inside of that archive."""
    sizes = {path: len(data) for path, data in held.items()}
    sealed = sealing or manifest(held)
    return b"".join(archive.tar(sizes, lambda path: [held[path]], lambda _members: sealed))


def squeezed(tar: bytes) -> bytes:
    """Return any bytes in zstd, as an attacker would pack them."""
    return zstandard.ZstdCompressor(level=1).compress(tar)


def labelled(sealing: box.Manifest, data: bytes) -> box.IndexEntry:
    """Return the index entry that fits an archive: an attacker can write that one too."""
    sha256 = disk.digest(data)
    key = box.archive_key(NAME, sha256)
    return box.IndexEntry(
        manifest=sealing, archive=box.Sealed(key=key, size=len(data), sha256=sha256)
    )


def take(index_entry: bytes, data: bytes, root: Path) -> None:
    """Do what the update step does with what a store served."""
    staging = root / state_paths.STAGING
    found = box.read(index_entry, NAME)
    box.check_sealed(found.archive, data)
    restore.stage(found, archive.opened(io.BytesIO(data)), staging)
    proof.check(found.manifest, staging)
    restore.mark_ready(staging, found, tests=True, mypy=True)
    restore.finish(staging, root / "warm", root / ".mypy_cache")
