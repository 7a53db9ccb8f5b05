"""Golden caches between checkouts: what is packed, which is taken, and what is refused."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.golden import box
from tests.e2e.golden.world import ONLY_TESTS, SETTINGS, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a world that tests copy and leave as it is."""
    return World(tmp_path_factory.mktemp("published") / "world").begin(ONLY_TESTS)


@pytest.fixture
def world(published: World, tmp_path: Path) -> World:
    """Return a world to use up."""
    return published.copy(tmp_path / "world")


def _count(checkout: Checkout) -> int:
    detail = checkout.gate().tests
    return detail.counts.selected if detail else -1


@pytest.mark.smoke
def test_a_fresh_clone_is_warm(tmp_path: Path) -> None:
    """No test runs, and mypy takes the cache; what that saves, the benchmark tells."""
    world = World(tmp_path).begin(SETTINGS)
    clone = world.clone()
    world.warm(clone)
    argv = clone.gate("warm", "mypy").argv
    assert (_count(clone), "--no-incremental" in argv) == (0, False)
    assert list((clone.root / ".mypy_cache").glob("3.*"))


def test_three_commits_later(world: World) -> None:
    """The nearest box is three commits back; only what the commits affect runs."""
    for number in range(3):
        world.origin.write("notes.txt", str(number))
        world.origin.commit()
    world.origin.write("shop.py", (world.origin.root / "shop.py").read_text() + "\n\nX = 1\n")
    assert "3 commits back" in world.warm(world.clone()).out


def test_on_a_branch(world: World) -> None:
    """A branch takes the box of the commit it left main at."""
    clone = world.clone()
    clone.git("checkout", "-qb", "topic")
    clone.write("shop.py", (clone.root / "shop.py").read_text().replace("n * 3", "n * 3 + 0"))
    clone.commit()
    world.warm(clone)
    assert list(clone.selected()) == ["tests/test_shop.py::test_price"]


def test_a_branchs_own_box_is_not_taken(world: World) -> None:
    """What was published from a branch is no golden cache for main."""
    world.origin.git("checkout", "-qb", "topic")
    world.origin.write("more.txt", "")
    world.origin.commit()
    world.publish()
    world.origin.git("checkout", "-q", "main")
    world.origin.write("again.txt", "")
    world.origin.commit()
    assert "1 commit back" in world.update(world.clone()).out


def test_after_a_rebase(world: World) -> None:
    """A rebased branch takes main's newer box, as it is nearer than the state here."""
    clone = world.clone()
    clone.git("checkout", "-qb", "topic")
    clone.write("more.txt", "")
    clone.commit()
    world.warm(clone)
    world.origin.write("shop.py", (world.origin.root / "shop.py").read_text() + "\n\nX = 1\n")
    world.origin.commit()
    world.publish()
    clone.git("fetch", "-q")
    clone.git("rebase", "-q", "origin/main")
    assert "Restored the golden cache of" in world.warm(clone).out


def test_a_shallow_clone_is_told_so(world: World) -> None:
    """Where history is cut off before any box, the sentence says how to get more."""
    world.origin.write("more.txt", "")
    world.origin.commit()
    clone = world.clone("shallow", "--depth=1")
    assert "git fetch --unshallow" in world.update(clone).out


def test_a_shallow_clone_takes_the_exact_box(world: World) -> None:
    """One commit is enough where that one has a box."""
    assert "this very commit" in world.update(world.clone("shallow", "--depth=1")).out


def _relabel(world: World, **parts: str) -> None:
    """Make the box in the store one of other parts."""
    [place] = world.store.glob("*.json")
    old = msgspec.json.decode(place.read_bytes(), type=box.IndexEntry)
    manifest = msgspec.structs.replace(old.manifest, parts={**old.manifest.parts, **parts})
    name = box.named(manifest)
    key = box.archive_key(name, old.archive.sha256)
    sealed = msgspec.structs.replace(old.archive, key=key)
    (world.store / old.archive.key).rename(world.store / key)
    place.unlink()
    index_entry = msgspec.structs.replace(old, manifest=manifest, archive=sealed)
    (world.store / box.index_key(name)).write_bytes(box.encode(index_entry))


def test_another_micro_version_is_told(world: World) -> None:
    """Both versions are in the sentence."""
    _relabel(world, python="cpython 3.9.99")
    assert "python cpython 3.9.99 -> cpython 3." in world.update(world.clone()).out


def test_another_environment_does_not_fit(world: World) -> None:
    """What the tests' state rests on decides, and is named."""
    clone = world.clone()
    said = clone.run("doit", "update_cache", env={**world.env, "TZ": "Asia/Tokyo"}).out
    assert ("environment changed: TZ" in said, "Tokyo" in said) == (True, False)


def test_a_damaged_box_costs_time_only(world: World) -> None:
    """Warm goes on cold and green, and the box is kept for inspection."""
    data = bytearray(world.archive.read_bytes())
    data[len(data) // 2] ^= 1
    world.archive.write_bytes(data)
    clone = world.clone()
    done = world.warm(clone)
    kept = (clone.root / ".firsttry/quarantine/reason.txt").exists()
    assert (done.code, _count(clone), kept) == (0, 2, True)


def test_a_box_without_its_archive_is_refused(world: World) -> None:
    """As it is while another machine prunes."""
    world.archive.unlink()
    assert "its archive is missing" in world.update(world.clone()).out


def test_an_archive_that_grew_is_refused(world: World) -> None:
    """More is not even read."""
    with world.archive.open("ab") as stream:
        stream.write(bytes(1000))
    assert "is refused" in world.update(world.clone()).out


def test_no_store_is_no_failure(world: World) -> None:
    """Warm runs everything, green."""
    clone = world.clone()
    done = clone.run("doit", "warm", env={"FIRSTTRY_STORE": "/nowhere/at/all"})
    assert (done.code, _count(clone)) == (0, 2)


def test_an_unknown_store_is_wrong_usage(world: World) -> None:
    """A typing error is told, not gone past."""
    done = world.clone().run("doit", "update_cache", env={"FIRSTTRY_STORE": "gopher://x"})
    assert done.code == 3


def test_newer_state_is_not_thrown_away(world: World) -> None:
    """What warm learned here is as near as the box."""
    clone = world.clone()
    world.warm(clone)
    assert "as near as any" in world.update(clone).out


def test_force_takes_the_box_all_the_same(world: World) -> None:
    """The one who says so decides."""
    clone = world.clone()
    world.warm(clone)
    assert "Restored the golden cache" in world.update(clone, "--force").out


def test_warm_asks_only_when_head_moved(world: World) -> None:
    """A second run does not look into the store."""
    clone = world.clone()
    world.warm(clone)
    world.store.rename(world.folder / "gone")
    before = (clone.root / ".firsttry/warm/asked.json").stat().st_mtime_ns
    world.warm(clone)
    assert (clone.root / ".firsttry/warm/asked.json").stat().st_mtime_ns == before


def test_the_store_is_listed(world: World) -> None:
    """With the commit and the size."""
    head = world.origin.git("rev-parse", "HEAD")[:12]
    assert head in world.origin.run("doit", "store", env=world.env).out


def test_publishing_twice_is_one_box(world: World) -> None:
    """The same recording packs to the same bytes."""
    world.origin.run("doit", "publish", "record=1", env=world.env)
    assert len(list(world.store.glob("*.tar.zst"))) == 1


@pytest.mark.smoke
def test_red_is_not_packed(world: World) -> None:
    """A golden cache comes from a green run."""
    world.origin.write("shop.py", "def price(n: int) -> int:\n    return 1\n")
    world.origin.commit()
    world.origin.run("doit", "full", "record=1")
    assert "Nothing to pack: full is red" in world.origin.run("doit", "package", "record=1").out


def test_a_dirty_tree_is_not_packed(world: World) -> None:
    """A golden cache is of a commit."""
    world.origin.write("new.txt", "")
    world.origin.run("doit", "full", "record=1")
    said = world.origin.run("doit", "package", "record=1")
    assert (said.code, "not as committed (new.txt)" in said.out) == (2, True)


def test_a_staged_change_is_not_packed(world: World) -> None:
    """The index counts as well."""
    world.origin.write("new.txt", "")
    world.origin.git("add", "new.txt")
    world.origin.run("doit", "full", "record=1")
    assert "not as committed" in world.origin.run("doit", "package", "record=1").out


def test_a_tree_that_moved_on_is_not_packed(world: World) -> None:
    """The report is of the commit before."""
    world.origin.write("new.txt", "")
    world.origin.commit()
    assert "Nothing to pack" in world.origin.run("doit", "package", "record=1").out


def test_a_full_run_that_did_not_record_is_not_packed(world: World) -> None:
    """And the recording of an earlier run does not stand in for it."""
    world.origin.run("doit", "full")
    assert "recorded nothing" in world.origin.run("doit", "package").out


def test_full_and_publish_in_one_run(world: World) -> None:
    """Publishing waits for the full stage where both are asked for."""
    world.origin.write("new.txt", "")
    world.origin.commit()
    done = world.origin.run("doit", "full", "publish", "record=1", env=world.env)
    assert (done.code, len(list(world.store.glob("*.json")))) == (0, 2)


def test_clear_cache_forgets_what_was_restored(world: World) -> None:
    """And says so."""
    clone = world.clone()
    world.warm(clone)
    assert "removed .firsttry/warm" in clone.run("doit", "clear_cache").out


def test_the_doctor_finds_nothing(world: World) -> None:
    """In a clone that is warm."""
    clone = world.clone()
    world.warm(clone)
    done = clone.run("doit", "doctor", env=world.env)
    assert (done.code, "holds 1 golden cache," in done.out) == (0, True)


def test_the_doctor_tells_of_a_refused_box(world: World) -> None:
    """With the reason, and ends red."""
    world.archive.write_bytes(b"nothing")
    clone = world.clone()
    world.warm(clone)
    done = clone.run("doit", "doctor", env=world.env)
    assert (done.code, "wrong: a box was refused" in done.out) == (1, True)


def test_the_doctor_tells_of_a_store_that_is_not_there(world: World) -> None:
    """With the store's own words."""
    env = {"FIRSTTRY_STORE": "http://127.0.0.1:9/boxes"}
    done = world.clone().run("doit", "doctor", env=env)
    assert (done.code, "wrong: Can't list http://127.0.0.1:9" in done.out) == (1, True)
