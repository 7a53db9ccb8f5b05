"""A delta and what it is told by make the box; nothing else does."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import zstandard

from firsttry_tasks.golden import box, delta
from firsttry_tasks.golden.box import BadBoxError
from tests.unit.golden import boxes

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.golden.box import IndexEntry

DICE = random.Random(7)
LARGE = DICE.randbytes(400_000)


def _pair(folder: Path) -> tuple[bytes, bytes]:
    """Return two archives with much in common."""
    held = boxes.files(folder)
    before = boxes.packed(held | {boxes.SHARD: LARGE})
    after = boxes.packed(held | {boxes.SHARD: LARGE[:200_000] + b"new" + LARGE[200_000:]})
    return before, after


def test_a_delta_makes_the_box(tmp_path: Path) -> None:
    """Byte for byte."""
    before, after = _pair(tmp_path)
    assert delta.apply(delta.tar(before), delta.make(before, after) or b"") == delta.tar(after)


def test_a_delta_is_small(tmp_path: Path) -> None:
    """What both have in common is not in it."""
    before, after = _pair(tmp_path)
    assert len(delta.make(before, after) or after) < len(after) / 20


def test_a_delta_that_saves_little_is_none(tmp_path: Path) -> None:
    """A store is not filled with files of no use."""
    held = boxes.files(tmp_path)
    before, after = (boxes.packed(held | {boxes.SHARD: DICE.randbytes(100_000)}) for _ in range(2))
    assert delta.make(before, after) is None


def test_a_delta_of_another_base_is_refused_or_something_else(tmp_path: Path) -> None:
    """It can't make the box by accident."""
    before, after = _pair(tmp_path)
    change = delta.make(before, after) or b""
    try:
        made = delta.apply(boxes.raw(boxes.files(tmp_path)), change)
    except BadBoxError:
        made = b""
    assert made != delta.tar(after)


@pytest.mark.parametrize("change", [b"", b"x" * 100, bytes(100)])
def test_what_is_no_delta_is_refused(tmp_path: Path, change: bytes) -> None:
    """Or comes to nothing, which no proof takes."""
    before, _ = _pair(tmp_path)
    try:
        made = delta.apply(delta.tar(before), change)
    except BadBoxError:
        made = b""
    assert made == b""


def test_a_delta_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    """Within the bound of what a box may be."""
    before, _ = _pair(tmp_path)
    zeros = zstandard.ZstdCompressor().compressobj()
    bomb = b"".join(zeros.compress(bytes(1 << 20)) for _ in range(200)) + zeros.flush()
    with pytest.raises(BadBoxError, match="too much"):
        delta.apply(delta.tar(before), bomb)


def _label(*bases: str, each: int = 10, whole: int = 100) -> IndexEntry:
    """Return an index entry of a box that these earlier ones lead to, the nearest first."""
    seal = boxes.manifest({})
    sealed = box.Sealed(key="", size=each, sha256="")
    archive = box.Sealed(key="", size=whole, sha256="mine")
    deltas = tuple(box.Delta(base=base, sealed=sealed) for base in bases)
    return box.IndexEntry(manifest=seal, archive=archive, deltas=deltas)


def _way(index_entry: IndexEntry, held: str) -> list[str] | None:
    found = delta.way(index_entry, held)
    return None if found is None else [one.base for one in found]


@pytest.mark.parametrize(
    ("held", "way"),
    [
        ("c", ["c"]),
        ("b", ["b", "c"]),
        ("a", ["a", "b", "c"]),
        ("mine", []),
        ("other", None),
    ],
)
def test_the_way_begins_at_what_is_held(held: str, way: list[str] | None) -> None:
    """Each delta makes what the next one is told by; a stranger fetches the whole."""
    assert _way(_label("c", "b", "a"), held) == way


def test_the_least_bytes_are_fetched() -> None:
    """Where the deltas come to as much as the whole, the whole is fetched."""
    index_entry = _label("c", "b", "a", each=40)
    assert (_way(index_entry, "b"), _way(index_entry, "a")) == (["b", "c"], None)
