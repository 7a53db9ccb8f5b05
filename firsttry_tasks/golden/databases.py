"""Opening foreign databases: whole, of the version we read, and nothing in them that acts."""

from __future__ import annotations

import re
import sqlite3
import time
from contextlib import closing
from typing import TYPE_CHECKING

from firsttry_tasks.dependency_db import FORMAT
from firsttry_tasks.golden.box import BadBoxError

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.golden.contents import Kind

#: The tables of each kind of database; what else is in one was not put there by its tool.
TABLES: dict[Kind, frozenset[str]] = {
    "tests": frozenset({"ft_session", "ft_source"}),
    "mypy": frozenset({"files2"}),
}
#: Indexes by plain columns, tables without expressions: nothing that runs when it is read.
_INDEX = re.compile(r"CREATE (UNIQUE )?INDEX \w+ on \w+ ?\([\w, ]+\)", re.IGNORECASE)
_ACTS = re.compile(r"\b(virtual|generated|check|default|collate|as)\b", re.IGNORECASE)
#: Seconds that checking one database may take, looked at every so many of SQLite's steps.
PATIENCE = 20.0
STEPS = 100_000


def check(path: Path, kind: Kind) -> None:
    """Raise BadBoxError unless the file is a database of this kind, sound and inert."""
    try:
        with closing(opened(path)) as link:
            _schema(link, kind)
            _sound(link, kind)
    # A damaged schema may hold bytes that are no UTF-8: those fail while they are read as text.
    except (sqlite3.Error, UnicodeDecodeError) as error:
        raise BadBoxError(f"{path.name} is no sound database ({error})") from error


def opened(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads, and that gives up after a while."""
    link = sqlite3.connect(f"{path.resolve().as_uri()}?mode=ro&immutable=1", uri=True)
    deadline = time.monotonic() + PATIENCE
    link.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    link.execute("PRAGMA trusted_schema = OFF")
    link.execute("PRAGMA cell_size_check = ON")
    return link


def seal(path: Path) -> None:
    """Fold what SQLite keeps beside a database that was written into the one file."""
    with closing(sqlite3.connect(path)) as link:
        link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        link.execute("PRAGMA journal_mode = DELETE")


def _schema(link: sqlite3.Connection, kind: Kind) -> None:
    tables = TABLES[kind]
    rows = link.execute("SELECT type, name, tbl_name, sql FROM sqlite_master")
    for sort, name, table, sql in rows:
        plain = sort == "table" and name in tables and sql and not _ACTS.search(sql)
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
