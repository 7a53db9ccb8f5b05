"""Boxes that are rightly sealed and want more memory than any real one."""

from __future__ import annotations

import random
import sqlite3
import zlib
from contextlib import closing
from typing import TYPE_CHECKING

import msgspec

from tests.unit.golden import boxes, hostile

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.unit.golden.hostile import Served

#: Makes a box large enough for what unpacks to two hundred times as much.
NOISE = random.Random(4).randbytes(3_000_000)


def _noisy(folder: Path) -> bytes:
    row = f"VALUES ('b.meta.ff', 1.5, x'{NOISE.hex()}')"
    return boxes.mypy_db(folder, f"INSERT INTO files2 {row}")


def _recorded(**raw: bytes) -> bytes:
    """Return a recorded run's row with some fields as other MessagePack than msgspec writes."""
    recorded = boxes.recorded()
    fields = (raw.get(name, getattr(recorded, name)) for name in recorded.__struct_fields__)
    held = [msgspec.Raw(it) if isinstance(it, bytes) else it for it in fields]
    return zlib.compress(msgspec.msgpack.encode(held), 1)


def _array(count: int, item: bytes) -> bytes:
    return b"\xdd" + count.to_bytes(4, "big") + item * count


def _db(folder: Path, bodies: list[bytes]) -> Served:
    place = folder / "greedy"
    place.write_bytes(boxes.db_of_tests(folder))
    with closing(sqlite3.connect(place)) as link:
        link.execute("DELETE FROM ft_session")
        for number, body in enumerate(bodies):
            link.execute("INSERT INTO ft_session VALUES (?, ?, ?)", (number + 1, 1, body))
        link.commit()
    return hostile.holding(folder, db=place.read_bytes(), shard=_noisy(folder))


def units(folder: Path) -> Served:
    """Fifty million units of three bytes, each of which takes forty in memory."""
    return _db(folder, [_recorded(units=_array(50_000_000, b"\x92\xa0\x00"))])


def scopes(folder: Path) -> Served:
    """Twenty million empty scopes of seven bytes, each of which takes a hundred in memory."""
    return _db(folder, [_recorded(scopes=_array(20_000_000, b"\x96\xa0\xa0\x90\x90\x90\x90"))])


def recorded_runs(folder: Path) -> Served:
    """Sixty recorded runs of ten million bytes each."""
    text = b"\x81\xa1a\xdb" + (10_000_000).to_bytes(4, "big") + b"x" * 10_000_000
    return _db(folder, [_recorded(manifest=text)] * 60)


def body(folder: Path) -> Served:
    """One row of four hundred megabytes."""
    return _db(folder, [bytes(400_000_000)])


def learned(folder: Path) -> Served:
    """Twelve million durations."""
    pairs = ",".join(f'"{number:x}":1' for number in range(12_000_000))
    text = f'{{"parts":{{}},"durations":{{{pairs}}}}}'
    return hostile.holding(folder, learned=text.encode())


def spaces(folder: Path) -> Served:
    """Half a gigabyte of JSON that says nothing."""
    return hostile.holding(folder, learned=b" " * 500_000_000, shard=_noisy(folder))


BOXES: dict[str, Callable[[Path], Served]] = {
    "units": units,
    "frames": scopes,
    "sessions": recorded_runs,
    "one row": body,
    "durations": learned,
    "spaces": spaces,
    "a bomb": hostile.ARCHIVES["a bomb"],
    "a bomb behind its end": hostile.ARCHIVES["a bomb behind its end"],
    "a window of gigabytes": hostile.ARCHIVES["a window of gigabytes"],
}
