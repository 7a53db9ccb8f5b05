"""State that is damaged, locked, elsewhere or a link: a sentence, and never a traceback."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.checkout import Checkout, Ran

DB = ".firsttry/doit.db"
ANEW = f"{DB} can't be read and is made anew"


def _told(ran: Ran, code: int, *words: str) -> bool:
    """Tell whether a run ended so, said these words, and printed no traceback."""
    assert "Traceback" not in ran.out, ran.out
    assert (ran.code, [it for it in words if it not in ran.out]) == (code, []), ran.out
    return True


def _rewrite(place: Path, text: str) -> None:
    with closing(sqlite3.connect(place)) as db, db:
        db.execute("UPDATE doit SET task_data = ?", (text,))


def _cut(place: Path) -> None:
    place.write_bytes(place.read_bytes()[:5000])


def _folder(place: Path) -> None:
    place.unlink()
    place.mkdir()


def _other_table(place: Path) -> None:
    with closing(sqlite3.connect(place)) as db, db:
        db.execute("ALTER TABLE doit RENAME COLUMN task_data TO other")


DAMAGE: dict[str, Callable[[Path], object]] = {
    "garbage": lambda place: place.write_bytes(b"no database" * 400),
    "cut": _cut,
    "folder": _folder,
    "other table": _other_table,
    "no JSON": lambda place: _rewrite(place, "{"),
    "other JSON": lambda place: _rewrite(place, json.dumps({"deps:": 5})),
    "deep JSON": lambda place: _rewrite(place, '{"deps:": ' + "[" * 20_000),
}


def test_a_damaged_state_of_doit_is_made_anew(shop: Checkout) -> None:
    """One sentence, the run goes on, and the next one says nothing any more."""
    shop.run("doit", "fingerprint")
    for harm in DAMAGE.values():
        harm(shop.root / DB)
        assert _told(shop.run("doit", "fingerprint"), 0, ANEW)
    assert "anew" not in shop.run("doit", "fingerprint").out


def test_a_state_that_another_process_holds(shop: Checkout) -> None:
    """2, after a short wait: the file is sound, so it is not made anew."""
    shop.run("doit", "fingerprint")
    with closing(sqlite3.connect(shop.root / DB, isolation_level=None)) as db:
        db.execute("BEGIN EXCLUSIVE")
        ran = shop.run("doit", "fingerprint")
    assert _told(ran, 2, "is locked by another process")
    assert _told(shop.run("doit", "fingerprint"), 0)


@pytest.mark.parametrize("backend", ["dbm", "json"])
def test_another_database_of_doit(shop: Checkout, backend: str) -> None:
    """It gets a file of its own, and a damaged one is made anew as well."""
    words = ("doit", "run", "--backend", backend, "fingerprint")
    assert _told(shop.run(*words), 0)
    for place in (shop.root / ".firsttry").glob(f"doit.db.{backend}*"):
        place.write_bytes(b"\0garbage" * 9)
    assert _told(shop.run(*words), 0, "made anew")
    assert _told(shop.run("doit", "fingerprint"), 0)


def test_a_database_that_a_person_named_is_theirs(shop: Checkout) -> None:
    """A file of another kind is told and stays as it is."""
    place = shop.write("notes.db", "mine\n")
    ran = shop.run("doit", "run", "--db-file", "notes.db", "fingerprint")
    assert (_told(ran, 2, "notes.db"), place.read_text()) == (True, "mine\n")


@pytest.mark.parametrize("name", [".firsttry", ".firsttry/warm", ".firsttry/doit.db", "artifacts"])
def test_state_that_is_a_link_is_refused(shop: Checkout, name: str) -> None:
    """Whatever it leads to is neither written nor removed."""
    victim = shop.home / "victim"
    (victim / "tests").mkdir(parents=True)
    (victim / "tests/precious").write_text("mine")
    link = shop.root / name
    link.parent.mkdir(exist_ok=True)
    link.symlink_to(victim / "tests/precious" if name.endswith("db") else victim)
    for command in ("warm", "clear_cache"):
        assert _told(shop.run("doit", command), 2, f"{name} is a link")
    there = sorted(it.relative_to(victim).as_posix() for it in victim.rglob("*"))
    assert there == ["tests", "tests/precious"]
    assert (victim / "tests/precious").read_text() == "mine"


@pytest.mark.parametrize("name", [".firsttry", "artifacts"])
def test_a_file_in_the_place_of_a_folder_is_told(shop: Checkout, name: str) -> None:
    """It is somebody's, and stays."""
    place = shop.write(name, "mine")
    assert _told(shop.run("doit", "warm"), 2, f"{name} is a file", "Move the file away")
    assert place.read_text() == "mine"


ASKS = """
import os


def test_asks() -> None:
    assert os.environ.get("SHIFT", "early") == "early"
"""


@pytest.mark.parametrize("damaged", [b"", b"{" * 20_000, "another name"])
def test_what_tests_looked_at_is_never_forgotten(shop: Checkout, damaged: bytes | str) -> None:
    """Without the list of their variables no earlier green stands, and the list is made anew."""
    shop.write("tests/test_asks.py", ASKS)
    shop.run("doit", "warm")
    place = shop.root / ".firsttry/warm/watched.json"
    # One letter makes it the list of a variable that nobody asks for.
    other = place.read_bytes().replace(b"SHIFT", b"SHOFT")
    place.write_bytes(damaged if isinstance(damaged, bytes) else other)
    assert _told(shop.run("doit", "warm", env={"SHIFT": "late"}), 1, "all tests run")
    assert "all tests run" not in shop.run("doit", "warm").out
