"""Boxes that are whole and rightly sealed, and hold what their tools never wrote."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from tests.unit.golden import boxes
from tests.unit.golden.hostile import holding

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.golden.hostile import Served


def _truncated(folder: Path) -> bytes:
    return boxes.db_of_tests(folder)[:-4096]


def _torn(folder: Path) -> bytes:
    data = bytearray(boxes.db_of_tests(folder))
    data[4096:8192] = bytes(range(256)) * 16
    return bytes(data)


def _pages(folder: Path, size: bytes) -> bytes:
    data = boxes.db_of_tests(folder)
    return data[:16] + size + data[18:]


def _db(*statements: str) -> Callable[[Path], Served]:
    return lambda folder: holding(folder, db=boxes.db_of_tests(folder, *statements))


def _says(**other: Any) -> Callable[[Path], Served]:
    """Return a box whose recorded run says something else."""
    return lambda folder: holding(
        folder, db=boxes.db_of_tests(folder, of=replace(boxes.recorded(), **other))
    )


def _test(**other: Any) -> Callable[[Path], Served]:
    """Return a box in which a test says something else of itself."""
    first, second = boxes.recorded().tests
    return _says(tests=(replace(first, **other), second))


def _scope(**other: Any) -> Callable[[Path], Served]:
    """Return a box in which a scope says something else of itself."""
    first, second = boxes.recorded().scopes
    return _says(scopes=(replace(first, **other), second))


def _deep() -> Callable[[Path], Served]:
    """Return a box whose scopes use each other, a hundred thousand deep."""
    [scope, _] = boxes.recorded().scopes
    last = 100_000
    deep = (replace(scope, used=(n + 1,)) for n in range(last - 1))
    return _says(scopes=(*deep, scope))


def _row(data: bytes) -> Callable[[Path], Served]:
    return _db(f"UPDATE ft_session SET body = x'{data.hex()}'")  # noqa: S608  our own bytes


def _shard(*statements: str) -> Callable[[Path], Served]:
    return lambda folder: holding(folder, shard=boxes.mypy_db(folder, *statements))


#: Boxes that are whole, and hold what their tools never wrote.
CONTENTS: dict[str, Callable[[Path], Served]] = {
    "a db that is text": lambda folder: holding(folder, db=b"SELECT 1;\n" * 600),
    "an empty db": lambda folder: holding(folder, db=b""),
    "a db cut short": lambda folder: holding(folder, db=_truncated(folder)),
    "a torn page": lambda folder: holding(folder, db=_torn(folder)),
    "pages of one byte": lambda folder: holding(folder, db=_pages(folder, b"\0\1")),
    "pages of 64 KiB": lambda folder: holding(folder, db=_pages(folder, b"\0\0")),
    "a trigger": _db(
        "CREATE TRIGGER t AFTER INSERT ON ft_session BEGIN DELETE FROM ft_source; END"
    ),
    "a view": _db("CREATE VIEW v AS SELECT 1"),
    "a virtual table": _db("CREATE VIRTUAL TABLE v USING fts5(x)"),
    "another table": _db("CREATE TABLE notes (x)"),
    "an index that computes": _db("CREATE INDEX i ON ft_source (lower(path))"),
    "a partial index": _db("CREATE INDEX i ON ft_session (made) WHERE id > 1"),
    "a column that computes": _db(
        "DROP TABLE ft_source", "CREATE TABLE ft_source (path, blob, pieces AS (hex(path)))"
    ),
    "another format": _db("PRAGMA user_version = 99"),
    "no sessions": _db("DELETE FROM ft_session"),
    "no sources": _db("DELETE FROM ft_source"),
    "a row of text": _db("UPDATE ft_session SET body = 'x'"),
    "a row that is no zlib": _row(b"x" * 100),
    "a row that is cut": _row(boxes.squash(boxes.recorded())[:-9]),
    "a row that is a bomb": _row(zlib.compress(bytes(1 << 30), 9)),
    "a row of brackets": _row(zlib.compress(b"\x91" * 1_000_000)),
    "a row of another shape": _row(boxes.squash(["a", 1])),
    "no tests": _says(tests=()),
    "a session of another Python": _says(parts={**boxes.AROUND, "python": "cpython 2.7"}),
    "a session without its environment": _says(parts={}),
    "another thing to watch": _says(variables={"HOME": "00"}),
    "nothing to watch": _says(variables={}),
    "a test that depends on nothing": _test(scopes=(), units=b""),
    "a test of no file": _test(path="tests/test_c.py"),
    "a test that ran what is not there": _test(units=b"\xff\xff\xff\x7f"),
    "a test that ran half a number": _test(units=b"\0\0\0"),
    "a test of a frame that is not there": _test(scopes=(7,)),
    "a test of a frame before the first": _test(scopes=(-1,)),
    "a test of a fact that is not there": _test(observations=(0,)),
    "a frame of a unit that is not there": _scope(units=(9,)),
    "a frame of a frame that is not there": _scope(used=(9,)),
    "frames without an end": _deep(),
    "a piece that is not there": _says(units=(("tests/test_a.py", 1), ("tests/test_b.py", 0))),
    "a piece of no file": _says(units=(("../x.py", 0), ("tests/test_b.py", 0))),
    "a shard that is text": lambda folder: holding(folder, shard=b"x" * 8192),
    "a shard with a trigger": _shard(
        "CREATE TRIGGER t AFTER INSERT ON files2 BEGIN DELETE FROM files2; END"
    ),
    "a shard with a view": _shard("CREATE VIEW v AS SELECT 1"),
    "a learned list": lambda folder: holding(folder, learned=b"[]"),
    "nothing learned": lambda folder: holding(folder, learned=b""),
    "learned that is no JSON": lambda folder: holding(folder, learned=b"\xff{"),
    "another fingerprint": lambda folder: holding(folder, fingerprint=b"x\n"),
}
