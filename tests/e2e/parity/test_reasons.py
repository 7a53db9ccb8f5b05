"""An escape names its reason: each of these is a real run that escaped for it."""

from __future__ import annotations

import sqlite3
import zlib
from contextlib import closing
from typing import TYPE_CHECKING, TypeVar

import msgspec
import pytest
from msgspec.structs import replace

from firsttry_tasks.selection.evidence import recorded_run
from tests.e2e.checkout import PATHS, TESTS_ONLY
from tests.e2e.golden.world import ONLY_TESTS, World

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Divergence
    from tests.e2e.checkout import Checkout

Facts = TypeVar("Facts", recorded_run.RecordedTest, recorded_run.Scope)
pytestmark = pytest.mark.slow

HEAD = "from pathlib import Path\n\nHERE = Path(__file__).parent\n"
#: Looks for a file through C, of which no recording hears.
AWAY = """\
import ctypes


def test_away() -> None:
    assert ctypes.CDLL(None).access({place!r}.encode(), 0) == -1
"""
ID = "tests/test_it.py::test_it"
OTHER = f"{HEAD}\n\ndef test_other() -> None:\n"
OTHER += "    assert [it.read_text() for it in (HERE / 'data').iterdir()]\n"
READS = f"{HEAD}\n\ndef test_it() -> None:\n    assert (HERE / 'data/a.txt').read_text() == 'ok'\n"
LISTS = f"{HEAD}\n\ndef test_it() -> None:\n    assert len(list((HERE / 'data').iterdir())) == 1\n"
IMPORTS = f"{HEAD}TEXT = (HERE / 'data/a.txt').read_text()\n\n\n"
IMPORTS += "def test_it() -> None:\n    assert TEXT == 'ok'\n"


def _db(root: Path) -> Path:
    [found] = root.rglob("dependencies.db")
    return found


def _forget(db: Path, *names: str) -> None:
    """Take from what is recorded of test_it that it touched these: what a lying db leaves out."""
    with closing(sqlite3.connect(db)) as opened, opened:
        for number, body in opened.execute("SELECT id, body FROM ft_session").fetchall():
            session = msgspec.msgpack.decode(zlib.decompress(body), type=recorded_run.RecordedRun)
            gone = {
                n for n, observation in enumerate(session.observations) if observation[1] in names
            }
            tests = (_without(it, gone, it.nodeid == ID) for it in session.tests)
            scopes = (_without(it, gone, it.name == ID.partition("::")[0]) for it in session.scopes)
            thin = replace(session, tests=tuple(tests), scopes=tuple(scopes))
            data = zlib.compress(msgspec.msgpack.encode(thin))
            opened.execute("UPDATE ft_session SET body = ? WHERE id = ?", (data, number))


def _without(it: Facts, gone: set[int], mine: bool) -> Facts:  # noqa: FBT001  asked for each
    return (
        replace(it, observations=tuple(n for n in it.observations if n not in gone)) if mine else it
    )


def _escaped(checkout: Checkout, **env: str) -> tuple[int, Divergence]:
    ran = checkout.run("doit", "parity", env=env)
    assert checkout.verdict().divergences, ran.out
    [found] = checkout.verdict().divergences
    assert found.kind == "selection gap", ran.out
    return ran.code, found


def _begin(checkout: Checkout, test: str, settings: str = "") -> None:
    checkout.write("pyproject.toml", f"{settings}{TESTS_ONLY}{PATHS}")
    checkout.write("README.md", "A shop.\n")
    _tests(checkout, test)
    checkout.commit()
    checkout.run("doit", "warm")


def _tests(checkout: Checkout, test: str) -> None:
    """Write the test, and another one by which it is known what reads the data."""
    checkout.write("tests/data/a.txt", "ok")
    checkout.write("tests/test_it.py", test)
    checkout.write("tests/test_other.py", OTHER)


def _away(folder: Path) -> str:
    return AWAY.format(place=str(folder / "away"))


@pytest.mark.few(1)
@pytest.mark.parametrize(
    ("test", "name", "text", "reason"),
    [
        (READS, "a.txt", "bad", "data file"),
        (LISTS, "b.txt", "", "listing"),
        (IMPORTS, "a.txt", "bad", "import time"),
    ],
)
def test_what_a_record_lacks(
    checkout: Checkout, test: str, name: str, text: str, reason: str
) -> None:
    """A db without the dependency misses the change; the rerun sees it, and names the line."""
    _begin(checkout, test)
    _forget(_db(checkout.root / ".firsttry/warm"), "tests/data/a.txt", "tests/data")
    checkout.write(f"tests/data/{name}", text)
    code, found = _escaped(checkout)
    assert (code, found.reason, bool(found.depends)) == (99, reason, True), found


def test_what_is_out_of_sight(checkout: Checkout, tmp_path: Path) -> None:
    """Recorded today, here, and nothing in the tree that it touches changed."""
    _begin(checkout, _away(tmp_path))
    (tmp_path / "away").touch()
    checkout.write("README.md", "Another.\n")
    assert _escaped(checkout)[1].reason == "out of sight"


def test_a_stale_db(checkout: Checkout, tmp_path: Path) -> None:
    """The same, and its record is of long ago: a db that a CI cache brought back."""
    _begin(checkout, _away(tmp_path))
    with closing(sqlite3.connect(_db(checkout.root / ".firsttry/warm"))) as db, db:
        db.execute("UPDATE ft_session SET made = made - 40 * 86400")
    (tmp_path / "away").touch()
    checkout.write("README.md", "Another.\n")
    found = _escaped(checkout)[1]
    assert (found.reason, "40 days old" in found.because) == ("stale db", True), found


@pytest.fixture
def world(tmp_path: Path) -> World:
    """Return a project with nothing published yet."""
    world = World(tmp_path / "world")
    world.origin.begin(ONLY_TESTS + PATHS)
    world.origin.write("README.md", "A shop.\n")
    return world


def _published(world: World) -> Checkout:
    """Publish where the test is green; return a clone on a machine where it is not."""
    _tests(world.origin, _away(world.folder))
    world.origin.commit()
    world.publish()
    (world.folder / "away").touch()
    return world.clone()


@pytest.mark.thorough
def test_a_golden_cache_of_another_machine(world: World) -> None:
    """The test is green where it was recorded, and never was green here."""
    clone = _published(world)
    code, found = _escaped(clone, **world.env)
    commit = world.origin.git("rev-parse", "HEAD")[:12]
    assert (code, found.reason, commit in found.because) == (99, "foreign golden cache", True)


def test_a_golden_cache_that_lies(world: World) -> None:
    """Whole, sealed and proved, and without a dependency that the test has here."""
    _tests(world.origin, READS)
    world.origin.commit()
    world.origin.run("doit", "full", "record=1", env=world.env)
    _forget(_db(world.origin.root / ".firsttry/full"), "tests/data/a.txt")
    assert world.origin.run("doit", "publish", "record=1", env=world.env).code == 0
    clone = world.clone()
    clone.write("tests/data/a.txt", "bad")
    found = _escaped(clone, **world.env)[1]
    assert (found.reason, found.depends) == ("foreign golden cache", {"tests/data/a.txt": ID})


@pytest.mark.thorough
def test_what_ran_here_since_is_not_the_golden_caches(world: World) -> None:
    """A record made after the restore is this machine's own."""
    clone = _published(world)
    (world.folder / "away").unlink()
    clone.run("doit", "warm", env=world.env)
    clone.write("tests/test_it.py", f"{_away(world.folder)}    assert ctypes\n")
    clone.run("doit", "warm", env=world.env)
    (world.folder / "away").touch()
    clone.write("README.md", "Another.\n")
    assert _escaped(clone, **world.env)[1].reason == "out of sight"


@pytest.mark.thorough
def test_a_cleared_golden_cache_does_not_mislead_again(world: World) -> None:
    """As the sentence advises: warm records it here, and sees what full sees."""
    clone = _published(world)
    _escaped(clone, **world.env)
    clone.run("doit", "clear_cache")
    ran = clone.run("doit", "parity", env={"FIRSTTRY_STORE": "/nowhere/at/all"})
    assert (ran.code, clone.verdict().name) == (1, "red"), ran.out
