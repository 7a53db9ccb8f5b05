"""Boxes told by the one before: fetched by their difference, and whole where that can't be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.golden import box
from tests.e2e.checkout import Checkout
from tests.e2e.golden import ONLY_TESTS, World

if TYPE_CHECKING:
    from pathlib import Path

TAKEN = "Restored the golden cache of"


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world with two boxes, and in ``early`` a clone that took the first."""
    made = World(tmp_path_factory.mktemp("deltas") / "world")
    made.origin.begin(ONLY_TESTS)
    tests = "\n\n".join(f"def test_{n}() -> None:\n    assert {n} < 500\n" for n in range(300))
    made.origin.write("tests/test_many.py", tests)
    made.origin.shop()
    made.publish()
    made.warm(made.clone("early"))
    code = (made.origin.root / "shop.py").read_text()
    made.origin.write("shop.py", code.replace("n * 3", "n * 3 + 0"))
    made.origin.commit()
    made.publish()
    return made


@pytest.fixture
def world(published: World, tmp_path: Path) -> World:
    """Return a world to use up."""
    return published.copy(tmp_path / "world")


def _early(world: World) -> Checkout:
    """Return the clone that took the first box, at the second commit."""
    early = Checkout(world.folder / "early")
    early.git("pull", "-q")
    return early


def _whole(world: World) -> Path:
    """Return where the archive of the second box stands."""
    files = world.store.glob("*.json")
    labels = [msgspec.json.decode(it.read_bytes(), type=box.Label) for it in files]
    [second] = [label for label in labels if label.delta]
    return world.store / second.archive.key


def _delta(world: World) -> Path:
    [found] = world.store.glob("*.delta.zst")
    return found


def test_a_delta_is_a_fraction(world: World) -> None:
    """Of the box that it stands for."""
    assert _delta(world).stat().st_size < _whole(world).stat().st_size / 2


def test_the_whole_box_is_not_fetched(world: World) -> None:
    """By who holds the one before."""
    _whole(world).unlink()
    assert TAKEN in world.update(_early(world)).out


def test_a_fresh_clone_fetches_the_whole_box(world: World) -> None:
    """It holds nothing that a delta could be told by."""
    _delta(world).unlink()
    assert TAKEN in world.update(world.clone()).out


def test_a_damaged_delta_costs_its_own_bytes(world: World) -> None:
    """The box is fetched whole then."""
    _delta(world).write_bytes(b"x" * _delta(world).stat().st_size)
    assert TAKEN in world.update(_early(world)).out


def test_who_took_a_delta_can_take_the_next(world: World) -> None:
    """What is held after it is what the next one is told by."""
    early = _early(world)
    _whole(world).rename(world.folder / "aside")
    world.update(early)
    (world.folder / "aside").rename(_whole(world))
    held = (early.root / ".firsttry/golden.tar.zst").read_bytes()
    assert held == _whole(world).read_bytes()
