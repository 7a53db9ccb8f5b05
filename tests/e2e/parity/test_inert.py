"""The setting `inert` is a claim about warm: full sees every file, so a wrong claim is found."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.e2e.checkout import CODE, PATHS, TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

INERT = '[tool.firsttry]\ninert = ["shop.py", "rates/*"]\n'
BROKEN = CODE.replace("n * 3", "n * 4")


def _claimed(checkout: Checkout) -> Checkout:
    """Make a green project whose code is inert, with the state that a laptop has."""
    checkout.shop()
    checkout.write("pyproject.toml", PATHS + INERT + TESTS_ONLY)
    checkout.commit()
    assert checkout.run("doit", "parity").code == 0
    return checkout


def test_code_that_is_called_inert_is_no_secret_of_full(checkout: Checkout) -> None:
    """Warm believes the setting, full does not, and the escape names the setting."""
    _claimed(checkout).write("shop.py", BROKEN)
    checkout.commit()
    done = checkout.run("doit", "parity")
    [found] = checkout.verdict().divergences
    assert (done.code, found.reason, found.mend.startswith("take it out of inert")) == (
        99,
        "inert setting",
        True,
    ), done.out


def test_full_sees_an_inert_file_for_what_it_is(checkout: Checkout) -> None:
    """A table that is called inert is in full's manifest, and its change is a reason there."""
    _claimed(checkout).write("rates/eu.csv", "1,2\n")
    checkout.commit()
    checkout.run("doit", "warm")
    checkout.run("doit", "full")
    why = checkout.gate("full").why
    assert (checkout.ran("warm"), "rates/eu.csv added" in " ".join(why)) == (set(), True), why
