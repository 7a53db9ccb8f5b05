"""Each kind of damage damages, and the same seed does it alike."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest

from benchmarks import mutations

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize("kind", mutations.KINDS)
def test_each_kind_damages(tmp_path: Path, kind: str) -> None:
    """Over some seeds the file is another one, or none any more."""
    before = b'{"key": "value", "days": 14}\n'
    place = tmp_path / "state.json"
    seen = set()
    for seed in range(9):
        place.write_bytes(before)
        mutations.mutate(place, kind, random.Random(seed))
        seen.add(place.read_bytes() if place.is_file() else None)
        place.rmdir() if place.is_dir() else place.unlink()
    assert seen - {before}


@pytest.mark.parametrize("kind", mutations.MUTATIONS)
def test_a_seed_is_played_again_alike(kind: str) -> None:
    """So that what was found can be looked into."""
    one, other = (mutations.MUTATIONS[kind](b'{"a": 1}', random.Random(7)) for _ in range(2))
    assert one == other
