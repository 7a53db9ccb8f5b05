"""Packing is the inverse of unpacking, and there is exactly one spelling of a box."""

from __future__ import annotations

import io
import tarfile
from typing import TYPE_CHECKING

import pytest
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from firsttry_tasks.golden import box, contents
from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.model import state_paths
from tests.unit.golden import boxes

if TYPE_CHECKING:
    from pathlib import Path


def test_pack_then_restore_is_the_identity(tmp_path: Path) -> None:
    """What was packed stands in the warm state and in mypy's cache, byte for byte."""
    held = boxes.files(tmp_path)
    data = boxes.packed(held)
    boxes.take(box.encode(boxes.labelled(boxes.manifest(held), data)), data, tmp_path)
    places = {
        contents.DB: "warm/dependencies.db",
        contents.LEARNED: "warm/learned.json",
        boxes.SHARD: ".mypy_cache/3.11/cache.0.db",
    }
    assert {name: (tmp_path / place).read_bytes() for name, place in places.items()} == {
        name: held[name] for name in places
    }


def test_the_same_state_packs_to_the_same_bytes(tmp_path: Path) -> None:
    """Neither the clock nor the order of files is in a box."""
    held = boxes.files(tmp_path)
    again = dict(reversed(held.items()))
    assert boxes.packed(held) == boxes.packed(again)


def test_a_box_is_an_ordinary_tar(tmp_path: Path) -> None:
    """People can look into a box with tar and zstd."""
    held = boxes.files(tmp_path)
    tar = zstandard.ZstdDecompressor().stream_reader(boxes.packed(held)).read()
    with tarfile.open(fileobj=io.BytesIO(tar)) as opened:
        assert opened.getnames() == [*sorted(held), "manifest.json"]


def test_nothing_stays_in_staging(tmp_path: Path) -> None:
    """A restore leaves no folder behind."""
    held = boxes.files(tmp_path)
    data = boxes.packed(held)
    boxes.take(box.encode(boxes.labelled(boxes.manifest(held), data)), data, tmp_path)
    assert not (tmp_path / state_paths.STAGING).exists()


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(where=st.floats(min_value=0, max_value=1, exclude_max=True), bit=st.integers(0, 7))
def test_one_flipped_bit_is_refused(
    tmp_path_factory: pytest.TempPathFactory, where: float, bit: int
) -> None:
    """Wherever in the archive it is, and nothing is written."""
    root = tmp_path_factory.mktemp("flip")
    held = boxes.files(root)
    data = boxes.packed(held)
    index_entry = box.encode(boxes.labelled(boxes.manifest(held), data))
    at = int(where * len(data))
    broken = data[:at] + bytes([data[at] ^ (1 << bit)]) + data[at + 1 :]
    with pytest.raises(BadBoxError):
        boxes.take(index_entry, broken, root)
    assert not (root / "warm").exists()
