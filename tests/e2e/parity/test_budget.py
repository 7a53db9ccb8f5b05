"""Confirming keeps within the lock's time, and costs nothing where there is nothing to confirm."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE, TESTS_ONLY
from tests.e2e.parity.causes import DOWN, moody

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

#: Seconds that ending what runs, and telling of it, may take beyond the budget.
BEYOND = 8.0


def _set_up(checkout: Checkout, text: str, **rules: object) -> None:
    checkout.write("pyproject.toml", TESTS_ONLY)
    checkout.write("tests/test_it.py", text)
    checkout.write("ci/parity.lock.json", json.dumps(rules))
    checkout.commit()


def _text(tmp_path: Path, script: str) -> str:
    [text] = moody(script).values()
    return text.replace("{out}", str(tmp_path))


def _kinds(checkout: Checkout) -> set[str]:
    return {it.kind for it in checkout.verdict().divergences}


@pytest.mark.slow
def test_a_used_up_budget_counts_as_an_escape(checkout: Checkout, tmp_path: Path) -> None:
    """What could not be confirmed is not excused, and the sentence says so."""
    _set_up(checkout, _text(tmp_path, "PFP"), confirm={"minutes": 0.0001})
    ran = checkout.run("doit", "parity")
    assert (ran.code, _kinds(checkout)) == (99, {"unconfirmed"}), ran.out


@pytest.mark.slow
def test_a_rerun_that_hangs_is_ended(checkout: Checkout, tmp_path: Path) -> None:
    """The budget holds for what is running too."""
    hangs = '    if n > 1:\n        __import__("time").sleep(60)\n'
    _set_up(checkout, _text(tmp_path, "PFH") + hangs, confirm={"minutes": 0.1})
    ran = checkout.run("doit", "parity")
    took = checkout.verdict().confirm_seconds
    assert (ran.code, _kinds(checkout), took < 6 + BEYOND) == (99, {"unconfirmed"}, True)


@pytest.mark.thorough
def test_many_differences_share_the_budget(checkout: Checkout, tmp_path: Path) -> None:
    """Forty slow tests that a service reddened: six seconds for all of them, not for each."""
    text = DOWN.format(n=40).replace("{out}", str(tmp_path))
    head = "def test_service(n: int) -> None:\n"
    slow = f"{head}    __import__('time').sleep(0.25)\n"
    _set_up(checkout, text.replace(head, slow), confirm={"minutes": 0.1})
    checkout.run("doit", "warm")
    (tmp_path / "down").touch()
    checkout.run("doit", "full")
    ran = checkout.run("doit", "compare")
    found = {
        (it.kind, "time for confirming" in it.sentence) for it in checkout.verdict().divergences
    }
    took = checkout.verdict().confirm_seconds
    assert (ran.code, found, took < 6 + BEYOND) == (99, {("unconfirmed", True)}, True), ran.code


def _nothing_ran_again(checkout: Checkout) -> bool:
    return not list((checkout.root / ".firsttry").rglob("again"))


def test_agreement_costs_nothing(proved: Checkout) -> None:
    """Where the stages agree nothing runs again and no evidence is written."""
    evidence = (proved.root / "artifacts/divergence.json").exists()
    took = proved.verdict().confirm_seconds
    assert (took, evidence, _nothing_ran_again(proved)) == (0, False, True)


@pytest.mark.slow
def test_agreement_in_red_costs_nothing(shop: Checkout) -> None:
    """A test that both stages saw fail needs no third witness."""
    shop.write("shop.py", CODE.replace("n * 3", "n * 4"))
    shop.run("doit", "parity")
    assert (shop.verdict().confirm_seconds, _nothing_ran_again(shop)) == (0, True)
