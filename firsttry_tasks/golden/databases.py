"""Opens SQLite databases from a store, and refuses those that are damaged or could act.

A view, a trigger, a virtual table or an expression in a schema runs when a database is read.
"""

from __future__ import annotations

import os
import re
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

from firsttry_tasks.dependency_db import FORMAT
from firsttry_tasks.golden.box import BadBoxError

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from firsttry_tasks.golden.contents import Kind

#: The tables of each kind of database. A foreign one with any other table, view or trigger was not
#: written by the tool that it claims, so it is refused.
TABLES: dict[Kind, frozenset[str]] = {
    "tests": frozenset({"ft_session", "ft_source"}),
    "mypy": frozenset({"files2"}),
}
#: Indexes by plain columns, tables without expressions: nothing that runs when it is read.
_INDEX = re.compile(r"CREATE (UNIQUE )?INDEX \w+ on \w+ ?\([\w, ]+\)", re.IGNORECASE)
_ACTS = re.compile(r"\b(virtual|generated|check|default|collate|as)\b", re.IGNORECASE)
#: Seconds that reading one database may take: real ones take well under one, a crafted one could
#: take for ever. A judgement.
PATIENCE = 20.0
#: SQLite's virtual machine looks at the clock after so many instructions, some milliseconds: rare
#: enough to cost nothing, often enough for a limit in seconds.
STEPS = 100_000


def check(path: Path, kind: Kind) -> None:
    """Raise BadBoxError unless the file is an undamaged database with this kind's tables only."""
    try:
        with closing(opened(path)) as link:
            _schema(link, kind)
            _sound(link, kind)
    # A damaged schema may hold bytes that are no UTF-8: those fail while they are read as text.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise BadBoxError(f"{path.name} is no sound database ({error})") from error


def opened(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads; its queries fail after ``PATIENCE`` seconds."""
    # immutable: SQLite then takes no lock and replays no journal, which a foreign box could plant.
    link = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    deadline = time.monotonic() + PATIENCE
    link.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    # Both before the first read: a schema must call no function, and a broken page must be seen.
    link.execute("PRAGMA trusted_schema = OFF")
    link.execute("PRAGMA cell_size_check = ON")
    return link


def seal(path: Path) -> None:
    """Fold SQLite's write-ahead log into the database, so that one file holds everything."""
    with closing(sqlite3.connect(path)) as link:
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        link.execute("PRAGMA journal_mode = DELETE")


def rebase(path: Path, old: str, new: str) -> None:
    """Let a database of coverage.py name the files below ``old`` as if they were below ``new``."""
    change = "UPDATE file SET path = ? || substr(path, ?) WHERE substr(path, 1, ?) = ?"
    with closing(sqlite3.connect(path)) as link, link:
        link.execute(change, (new, len(old) + 1, len(old), old))


def mask(path: Path, places: Iterable[str]) -> None:
    """Blot out this machine's places in a shard of mypy's cache.

    mypy looks modules up by their names and compares sources by their digests, so it uses the
    cache all the same, and notes where it found them.
    """
    # The longest first: a place may lie in another.
    raw = sorted({os.fsencode(place) for place in places}, key=len, reverse=True)
    with closing(sqlite3.connect(path)) as link, link:
        for row, data in link.execute("SELECT rowid, data FROM files2").fetchall():
            # Text before mypy 2, bytes since.
            masked = old = data.encode() if isinstance(data, str) else data
            for place in raw:
                # As long as before, because lengths stand in front of texts there.
                masked = masked.replace(place, b"/" + b"_" * (len(place) - 1))
            if masked != old:
                value = masked.decode() if isinstance(data, str) else masked
                link.execute("UPDATE files2 SET data = ? WHERE rowid = ?", (value, row))


def _schema(link: sqlite3.Connection, kind: Kind) -> None:
    tables = TABLES[kind]
    rows = link.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    for sort, name, table, sql in rows:
        plain = sort == "table" and name in tables and sql and not _ACTS.search(sql)
        # An index without SQL is one that SQLite makes for a primary key.
        index = sort == "index" and table in tables and (sql is None or _INDEX.fullmatch(sql))
        if not plain and not index:
            raise BadBoxError(f"a database holds the {sort} {name!r}, which its tool never makes")
    version = link.execute("PRAGMA user_version").fetchone()[0]
    if kind == "tests" and version != FORMAT:
        raise BadBoxError(f"the dependency db has format {version}, this FirstTry reads {FORMAT}")


def _sound(link: sqlite3.Connection, kind: Kind) -> None:
    # A wrong index could hide what was recorded; mypy checks what it reads by itself.
    pragma = "integrity_check" if kind == "tests" else "quick_check"
    said = link.execute(f"PRAGMA {pragma}(1)").fetchone()[0]
    if said != "ok":
        raise BadBoxError(f"a database is damaged ({said})")
