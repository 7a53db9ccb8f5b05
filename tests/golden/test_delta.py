"""A delta and what it is told by make the box; nothing else does."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
import zstandard

from firsttry_tasks.golden import delta
from firsttry_tasks.golden.box import BadBoxError
from tests.golden import boxes

if TYPE_CHECKING:
    from pathlib import Path

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
    assert delta.apply(before, delta.make(before, after) or b"") == delta.tar(after)


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
        made = delta.apply(boxes.packed(boxes.files(tmp_path)), change)
    except BadBoxError:
        made = b""
    assert made != delta.tar(after)


@pytest.mark.parametrize("change", [b"", b"x" * 100, bytes(100)])
def test_what_is_no_delta_is_refused(tmp_path: Path, change: bytes) -> None:
    """Or comes to nothing, which no proof takes."""
    before, _ = _pair(tmp_path)
    try:
        made = delta.apply(before, change)
    except BadBoxError:
        made = b""
    assert made == b""


def test_a_delta_that_is_a_bomb_is_refused(tmp_path: Path) -> None:
    """Within the bound of what a box may be."""
    before, _ = _pair(tmp_path)
    zeros = zstandard.ZstdCompressor().compressobj()
    bomb = b"".join(zeros.compress(bytes(1 << 20)) for _ in range(200)) + zeros.flush()
    with pytest.raises(BadBoxError, match="too much"):
        delta.apply(before, bomb)
