"""The setting `inert` is a claim about warm: full sees every file, so a wrong claim is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE, PATHS, TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

INERT = '[tool.firsttry]\ninert = ["shop.py", "rates/*"]\n'
READS = """\
from pathlib import Path


def test_rates() -> None:
    assert Path("rates/eu.csv").read_text() == "1,2\\n"
"""
BROKEN = CODE.replace("n * 3", "n * 4")


def _claimed(checkout: Checkout) -> Checkout:
    """Make a green project whose code is inert, with the state that a laptop has."""
    checkout.shop()
    checkout.write("pyproject.toml", PATHS + INERT + TESTS_ONLY)
    checkout.commit()
    assert checkout.run("doit", "parity").code == 0
    return checkout


@pytest.mark.parametrize(("path", "text"), [("shop.py", BROKEN), ("rates/eu.csv", "1,3\n")])
def test_what_tests_use_is_seen_in_both_stages(checkout: Checkout, path: str, text: str) -> None:
    """It was seen to be read, so the claim that no test reads it does not hide its change."""
    checkout.write("rates/eu.csv", "1,2\n")
    checkout.write("tests/test_rates.py", READS)
    _claimed(checkout).write(path, text)
    checkout.commit()
    done = checkout.run("doit", "parity")
    assert (done.code, checkout.verdict().name) == (1, "red"), done.out


def test_full_sees_an_inert_file_for_what_it_is(checkout: Checkout) -> None:
    """A table that is called inert is in full's manifest, and its change is a reason there."""
    _claimed(checkout).write("rates/eu.csv", "1,2\n")
    checkout.commit()
    checkout.run("doit", "warm")
    checkout.run("doit", "full")
    why = checkout.gate("full").why
    assert (checkout.ran("warm"), "rates/eu.csv added" in " ".join(why)) == (set(), True), why
