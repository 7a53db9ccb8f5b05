"""Full is what warm is held against: it runs whenever it is asked for, whatever ran before."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

#: Red once something changes that stands in no file of the repository.
OUTSIDE = """
import os
import time
from pathlib import Path


def test_outside() -> None:
    assert os.environ.get("WANTED", "1") == "1"
    assert Path(os.environ["HOME"], "price.txt").read_text() == "1"
    assert time.time() < float(Path(os.environ["HOME"], "until.txt").read_text())
"""


@pytest.fixture(name="outside")
def _outside(shop: Checkout) -> Checkout:
    """Return a shop with a test on things outside of it, after a green full run."""
    shop.write("tests/test_outside.py", OUTSIDE)
    (shop.home / "price.txt").write_text("1")
    (shop.home / "until.txt").write_text("9e9")
    assert shop.run("doit", "full").code == 0
    return shop


def test_full_sees_a_variable(outside: Checkout) -> None:
    """One that no setting of ours knows of, and that no record of a full run holds."""
    done = outside.run("doit", "full", env={"WANTED": "2"})
    assert (done.code, outside.ran("full")) == (1, {"tests"}), done.out


@pytest.mark.parametrize("name", ["price.txt", "until.txt"])
def test_full_sees_what_lies_outside(outside: Checkout, name: str) -> None:
    """A file in the home folder, and the clock that it is compared with."""
    (outside.home / name).write_text("0")
    assert outside.run("doit", "full").code == 1


def test_a_person_may_let_full_stand(outside: Checkout) -> None:
    """With ``reuse=1`` nothing runs, the report says since when, and compare calls it no proof."""
    done = outside.run("doit", "full", "reuse=1")
    assert (done.code, outside.ran("full")) == (0, set()), done.out
    assert "full:tests stands since 20" in done.out
    outside.run("doit", "warm")
    judged = outside.run("doit", "compare")
    assert (judged.code, "Nothing is proved: full:tests" in judged.out) == (2, True), judged.out


@pytest.mark.smoke
def test_a_red_full_never_stands(outside: Checkout) -> None:
    """Whatever a person wishes."""
    (outside.home / "price.txt").write_text("0")
    outside.run("doit", "full")
    done = outside.run("doit", "full", "reuse=1")
    assert (done.code, outside.ran("full")) == (1, {"tests"}), done.out


@pytest.mark.parametrize(
    ("words", "env"), [(("parity", "reuse=1"), {}), (("full", "reuse=1"), {"CI": "true"})]
)
def test_where_a_run_has_to_prove_something(
    outside: Checkout, words: tuple[str, ...], env: dict[str, str]
) -> None:
    """Parity and CI refuse the wish, with a sentence, before anything runs."""
    done = outside.run("doit", *words, env=env)
    assert (done.code, "Leave it out." in done.out) == (3, True), done.out
