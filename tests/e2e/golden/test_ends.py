"""Golden caches and hard ends: kills, two at once, a full disk. No half box, no wrong green."""

from __future__ import annotations

import os
import random
import shutil
import signal
import subprocess
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import pytest

from tests.e2e.golden.world import ONLY_TESTS, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.checkout import Checkout

#: How often a run is killed, each time at another moment.
TRIALS = 6


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world that tests copy and leave as it is."""
    return World(tmp_path_factory.mktemp("ends") / "world").begin(ONLY_TESTS)


@pytest.fixture
def world(published: World, tmp_path: Path) -> World:
    """Return a world to use up."""
    return published.copy(tmp_path / "world")


def _kill_at(checkout: Checkout, world: World, moment: float, *words: str) -> None:
    process = checkout.start(*words, **world.env)
    with suppress(subprocess.TimeoutExpired):
        process.wait(moment)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()


def _length(checkout: Checkout, world: World, *words: str) -> float:
    began = time.monotonic()
    checkout.run(*words, env=world.env)
    return time.monotonic() - began


def test_a_killed_package_leaves_no_half_archive(world: World) -> None:
    """After every kill there is none, or a whole one; what is left over is in nobody's way."""
    dice = random.Random(TRIALS)
    words = ("doit", "package", "record=1")
    length = _length(world.origin, world, *words)
    artifacts = world.origin.root / "artifacts"
    [whole] = {path.read_bytes() for path in artifacts.glob("warm-cache-*.zst")}
    seen = set()
    for _ in range(TRIALS):
        for path in artifacts.glob("*warm-cache-*"):
            path.unlink()
        _kill_at(world.origin, world, dice.uniform(length / 4, length), *words)
        seen |= {path.read_bytes() for path in artifacts.glob("warm-cache-*.zst")}
    done = world.origin.run("doit", "publish", "record=1", env=world.env)
    taken = "this very commit" in world.update(world.clone()).out
    assert (seen <= {whole}, done.code, taken) == (True, 0, True)


@pytest.mark.thorough
def test_a_killed_publish_leaves_no_half_box(world: World) -> None:
    """After every kill, a fresh clone is warm or cold and green, and nothing is refused."""
    dice = random.Random(TRIALS)
    words = ("doit", "publish", "record=1")
    length = _length(world.origin, world, *words)
    refused = 0
    for _ in range(TRIALS):
        shutil.rmtree(world.store, ignore_errors=True)
        _kill_at(world.origin, world, dice.uniform(length / 4, length), *words)
        clone = world.clone()
        refused += "is refused" in world.update(clone).out
        shutil.rmtree(clone.root)
    assert refused == 0


@pytest.mark.slow
def test_a_killed_update_leaves_the_old_state_or_the_new(world: World) -> None:
    """After every kill, a change that breaks a test turns warm red."""
    dice = random.Random(TRIALS)
    words = ("doit", "update_cache", "--force")
    clone = world.clone()
    length = _length(clone, world, *words)
    clone.write("shop.py", (clone.root / "shop.py").read_text().replace("n * 3", "n * 4"))
    codes = set()
    for _ in range(TRIALS):
        _kill_at(clone, world, dice.uniform(length / 4, length), *words)
        codes.add(world.warm(clone).code)
    assert codes == {1}


def test_two_publishers_at_once(world: World) -> None:
    """Both end well, and what is in the store is whole."""
    other = world.origin.copy(world.folder / "other")
    both = [it.start("doit", "publish", "record=1", **world.env) for it in (world.origin, other)]
    codes = [process.wait(60) for process in both]
    for process in both:
        process.communicate()
    assert (codes, "this very commit" in world.update(world.clone()).out) == ([0, 0], True)


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Return a folder on a disk of its own that is almost full."""
    place = tmp_path / "small"
    place.mkdir()
    mount = ["mount", "-t", "tmpfs", "-o", "size=4m", "tmpfs", str(place)]
    if shutil.which("mount") is None or subprocess.run(mount, check=False).returncode:
        pytest.skip("mounting a small disk needs root")
    yield place
    subprocess.run(["umount", str(place)], check=True)


def test_a_full_disk_keeps_the_old_state(world: World, small_disk: Path) -> None:
    """The restore is given up, and warm still gives the right answer."""
    clone = world.clone()
    world.warm(clone)
    shutil.copytree(clone.root, small_disk / "clone", symlinks=True, dirs_exist_ok=True)
    clone = type(clone)(small_disk / "clone")
    _fill(small_disk)
    code = world.update(clone, "--force").code
    (small_disk / "filler").unlink()
    clone.write("shop.py", (clone.root / "shop.py").read_text().replace("n * 3", "n * 4"))
    assert (code > 0, world.warm(clone).code) == (True, 1)


@pytest.mark.parametrize("room", [0, 4])
def test_a_full_disk_publishes_no_half_box(world: World, small_disk: Path, room: int) -> None:
    """With room for nothing, or for less than a box: it is told, and the box before stays."""
    shutil.copytree(world.store, small_disk / "store")
    world.store = small_disk / "store"
    world.origin.write("notes.txt", "")
    world.origin.commit()
    world.origin.run("doit", "full", "record=1", env=world.env)
    _fill(small_disk, room << 10)
    done = world.origin.run("doit", "publish", "record=1", env=world.env)
    said = world.update(world.clone()).out
    told = "Can't write" in done.out and "space" in done.out
    assert (done.code, told, "1 commit back" in said) == (2, True, True), done.out + said


def test_a_full_disk_packs_no_half_box(world: World, small_disk: Path) -> None:
    """It is told; with room again the package is made."""
    origin = small_disk / "origin"
    shutil.copytree(world.origin.root, origin, symlinks=True)
    place = type(world.origin)(origin)
    for path in (origin / "artifacts").glob("warm-cache-*"):
        path.unlink()
    _fill(small_disk)
    full = place.run("doit", "package", "record=1")
    half = list((origin / "artifacts").glob("warm-cache-*.json"))
    (small_disk / "filler").unlink()
    again = place.run("doit", "package", "record=1")
    assert (full.code > 0, half, again.code) == (True, [], 0), full.out + again.out


def _fill(disk: Path, but: int = 0) -> None:
    """Fill a disk, but for so many bytes."""
    with (disk / "filler").open("wb", buffering=0) as stream:
        with suppress(OSError):
            while True:
                stream.write(bytes(512))
        stream.truncate(stream.tell() - but)
