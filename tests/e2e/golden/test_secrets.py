"""No value of a variable, and no path outside of the repository, leaves the machine in a box."""

from __future__ import annotations

import io
import sqlite3
import tarfile
import zlib
from contextlib import closing
from typing import TYPE_CHECKING

import pytest
import zstandard

from tests.e2e.checkout import PATHS
from tests.e2e.golden.world import ONLY_TESTS, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

TESTS = """\
import os
from pathlib import Path


def test_pin() -> None:
    assert os.environ.get("SHOP_PIN", "") != "0000"


def test_home() -> None:  # reads the variable HOME, which is another one elsewhere
    assert not (Path.home() / ".shop.toml").exists()


def test_elsewhere() -> None:
    assert Path({place!r}).read_text() == "1"


def test_plain() -> None:
    assert 1 + 1 == 2
"""
#: Variables as the publishing machine has them: one that tests read, two whose names only begin as
#: those of tools do, and one that steers.
GIVEN = {
    "SHOP_PIN": "4711",
    "LANGUAGETOOL_KEY": "very-secret-one",
    "PYTEST_COMPANY_TOKEN": "very-secret-two",
    "LC_NAME": "very-secret-three",
}
SECRETS = (b"4711", b"very-secret")


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> World:
    """Return a project whose box was published by somebody with secrets."""
    world = World(tmp_path_factory.mktemp("secrets") / "world")
    world.origin.begin(ONLY_TESTS + PATHS)
    place = world.folder / "acme-merger/table.txt"
    place.parent.mkdir()
    place.write_text("1")
    world.origin.write("tests/test_shop.py", TESTS.format(place=str(place)))
    world.origin.commit()
    for words in (("full", "record=1"), ("publish", "record=1")):
        done = world.origin.run("doit", *words, env=world.env | GIVEN)
        assert done.code == 0, done.out
    return world


def _clone(world: World, folder: Path) -> Checkout:
    """Return a clone on another machine: with another home, and so another key."""
    clone = World(folder / "there")
    world.origin.git("clone", "-q", f"file://{world.origin.root}", str(clone.origin.root))
    return clone.origin


def _unpacked(world: World) -> dict[str, bytes]:
    """Return all that a stranger sees: the box's files, with rows unpacked, and the label."""
    with world.archive.open("rb") as packed:
        raw = zstandard.ZstdDecompressor().stream_reader(packed, read_across_frames=True).read()
    with tarfile.open(fileobj=io.BytesIO(raw)) as tar:
        files = {it: tar.extractfile(it).read() for it in tar.getnames()}  # type: ignore[union-attr]
    place = world.folder / "seen.db"
    place.write_bytes(files["tests/dependencies.db"])
    with closing(sqlite3.connect(place)) as db:
        for number, (body,) in enumerate(db.execute("SELECT body FROM ft_session")):
            files[f"row {number}"] = zlib.decompress(body)
    return files | {it.name: it.read_bytes() for it in world.store.glob("*.json")}


def test_a_box_says_no_value_and_no_place(published: World) -> None:
    """Names of variables are in it; neither what they say, nor where this machine keeps things."""
    files = _unpacked(published)
    told = (*SECRETS, b"acme-merger", str(published.folder).encode(), b"/home")
    assert {it: name for it in told for name, data in files.items() if it in data} == {}
    assert b"SHOP_PIN" in files["manifest.json"]


def test_reports_and_state_say_no_value(published: World) -> None:
    """Of what is written here only the file for this user alone has the values that steer."""
    root = published.origin.root
    telling = [
        it.relative_to(root).as_posix()
        for it in (*root.glob("artifacts/*.json"), *root.glob(".firsttry/**/*"))
        if it.is_file() and any(secret in it.read_bytes() for secret in SECRETS)
    ]
    place = root / ".firsttry/reports/full/variables.json"
    expected = [".firsttry/reports/full/variables.json"]
    assert (telling, place.stat().st_mode & 0o777) == (expected, 0o600)


TELLS = """\
import os


def test_tells() -> None:
    assert os.environ["SHOP_KEY"] == "a-good-one", f"the key {os.environ['SHOP_KEY']} is refused"
"""


@pytest.mark.parametrize("stages", [("warm", "full"), ("full record=1",)])
def test_a_failure_names_the_variable_whose_value_it_says(
    shop: Checkout, stages: tuple[str, ...]
) -> None:
    """On the console, and in all that is uploaded; full knows from warm what tests ask for."""
    shop.write("tests/test_shop.py", TELLS)
    given = {"SHOP_KEY": "correct-horse"}
    said = "".join(shop.run("doit", *it.split(), env=given).out for it in stages)
    texts = [it.read_text() for it in shop.root.glob("artifacts/*.json")]
    assert ("the key $SHOP_KEY is refused" in said, "correct-horse" in said) == (True, False), said
    assert [it for it in texts if "correct-horse" in it] == []


@pytest.mark.parametrize(
    ("given", "selected"),
    [
        ({}, {"elsewhere", "home"}),
        ({"SHOP_PIN": "1234"}, {"elsewhere", "home", "pin"}),
    ],
)
def test_another_machine_compares_values_without_knowing_them(
    published: World, tmp_path: Path, given: dict[str, str], selected: set[str]
) -> None:
    """Equal ones run nothing; a test that read a file without a name for others does run."""
    clone = _clone(published, tmp_path)
    done = clone.run("doit", "warm", env=published.env | GIVEN | given)
    found = {nodeid.rpartition("_")[2] for nodeid in clone.selected()}
    assert (done.code, "Restored" in done.out, found) == (0, True, selected), done.out


def test_another_value_of_what_steers_does_not_fit(published: World, tmp_path: Path) -> None:
    """The variable is named, and neither machine's value is told."""
    clone = _clone(published, tmp_path)
    given = published.env | GIVEN | {"LC_NAME": "very-own"}
    said = clone.run("doit", "update_cache", env=given).out
    assert ("environment changed: LC_NAME" in said, "very" in said) == (True, False), said
