"""Boxes told by the one before: fetched by their difference, and whole where that can't be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.golden import box
from tests.e2e.checkout import Checkout
from tests.e2e.golden.world import ONLY_TESTS, World

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.golden.box import IndexEntry

TAKEN = "Restored the golden cache of"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world with three boxes, and in ``early`` a clone that took the first."""
    made = World(tmp_path_factory.mktemp("deltas") / "world")
    made.origin.begin(ONLY_TESTS)
    tests = "\n\n".join(f"def test_{n}() -> None:\n    assert {n} < 500\n" for n in range(300))
    made.origin.write("tests/test_many.py", tests)
    made.origin.shop()
    made.publish()
    made.warm(made.clone("early"))
    code = (made.origin.root / "shop.py").read_text()
    for changed in ("n * 3 + 0", "n * 3 + 00"):
        made.origin.write("shop.py", code.replace("n * 3", changed))
        made.origin.commit()
        made.publish()
    return made


@pytest.fixture
def world(published: World, tmp_path: Path) -> World:
    """Return a world to use up."""
    return published.copy(tmp_path / "world")


def _early(world: World) -> Checkout:
    """Return the clone that took the first box, at the third commit."""
    early = Checkout(world.folder / "early")
    early.git("pull", "-q")
    return early


def _index_entries(world: World) -> list[IndexEntry]:
    """Return the index entries of the boxes, the first one first."""
    files = world.store.glob("*.json")
    found = [msgspec.json.decode(it.read_bytes(), type=box.IndexEntry) for it in files]
    return sorted(found, key=lambda index_entry: len(index_entry.deltas))


def _wholes(world: World) -> list[Path]:
    return [world.store / index_entry.archive.key for index_entry in _index_entries(world)]


def _deltas(world: World) -> list[Path]:
    """Return where the deltas of the last box stand, the one that makes it first."""
    return [world.store / delta.sealed.key for delta in _index_entries(world)[-1].deltas]


def test_a_delta_is_a_fraction(world: World) -> None:
    """Of the box that it stands for."""
    assert _deltas(world)[0].stat().st_size < _wholes(world)[-1].stat().st_size / 2


def test_a_label_tells_the_whole_chain(world: World) -> None:
    """The third box by the second, and that one by the first."""
    first, second, third = _index_entries(world)
    bases = [delta.base for delta in third.deltas]
    assert bases == [second.archive.sha256, first.archive.sha256]


def test_no_whole_box_is_fetched(world: World) -> None:
    """By who holds one from which deltas lead to it."""
    for whole in _wholes(world):
        whole.unlink()
    assert TAKEN in world.update(_early(world)).out


def test_a_fresh_clone_fetches_the_whole_box(world: World) -> None:
    """It holds nothing that a delta could be told by."""
    for delta in _deltas(world):
        delta.unlink()
    assert TAKEN in world.update(world.clone()).out


@pytest.mark.parametrize("which", [0, 1])
def test_a_damaged_delta_costs_its_own_bytes(world: World, which: int) -> None:
    """The box is fetched whole then, whichever of the chain it is."""
    place = _deltas(world)[which]
    place.write_bytes(b"x" * place.stat().st_size)
    assert TAKEN in world.update(_early(world)).out


def test_a_pruned_delta_breaks_no_chain(world: World) -> None:
    """The box is fetched whole then."""
    _deltas(world)[1].unlink()
    assert TAKEN in world.update(_early(world)).out


def test_who_took_a_delta_can_take_the_next(world: World) -> None:
    """What is held after it is what the next one is told by."""
    early = _early(world)
    whole = _wholes(world)[-1]
    whole.rename(world.folder / "aside")
    world.update(early)
    [held] = (early.root / ".firsttry/golden").glob("*.tar.zst")
    same = held.read_bytes() == (world.folder / "aside").read_bytes()
    assert (same, held.name.removesuffix(".tar.zst")) == (
        True,
        _index_entries(world)[-1].archive.sha256,
    )


def test_a_held_box_is_not_fetched_again(world: World) -> None:
    """The index entry is all that comes."""
    early = _early(world)
    world.update(early)
    for path in (*_wholes(world), *_deltas(world)):
        path.unlink()
    assert TAKEN in world.update(early, "--force").out


def test_damaged_held_bytes_cost_a_fetch(world: World) -> None:
    """What is held is proved like any other box."""
    early = _early(world)
    [held] = (early.root / ".firsttry/golden").glob("*.tar.zst")
    held.write_bytes(held.read_bytes()[:-100])
    assert TAKEN in world.update(early).out
