"""mypy's shards are packed without the places of the machine."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from firsttry_tasks.golden import databases
from tests.unit.golden import boxes

if TYPE_CHECKING:
    from pathlib import Path

UPDATE = "UPDATE files2 SET data ="


def test_places_are_blotted_out_and_lengths_stay(tmp_path: Path) -> None:
    """The inner place goes with the outer one, and what is no place stays."""
    text = b"\x1d/home/ada/venv/lib/a.pyi\x08/home/ad"
    place = tmp_path / "cache.0.db"
    place.write_bytes(boxes.mypy_db(tmp_path, f"{UPDATE} x'{text.hex()}'"))
    databases.mask(place, ["/home/ada", "/home/ada/venv"])
    with closing(sqlite3.connect(place)) as link:
        [(data,)] = link.execute("SELECT data FROM files2").fetchall()
    assert data == b"\x1d/" + b"_" * 13 + b"/lib/a.pyi\x08/home/ad"
