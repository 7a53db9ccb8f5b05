"""What a test leaves in a module is compared with what it left when it was recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

TREE = {
    "shop.py": """\
PRICES = {}


def price():
    return 1


def take(name):
    PRICES[name] = price()
""",
    "test_fills.py": 'import shop\n\n\ndef test_fills():\n    shop.take("apple")\n',
    "test_uses.py": "import shop\n\n\ndef test_uses():\n    assert shop.PRICES is not None\n",
}
FILLS, USES = "test_fills.py::test_fills", "test_uses.py::test_uses"
SAME, OTHER = "return 2 - 1", "return 2"


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Checkout:
    checkout = Checkout(tmp_path / "project")
    checkout.begin()
    checkout.learn(TREE)
    return checkout


def _edit(checkout: Checkout, body: str) -> None:
    checkout.write("shop.py", TREE["shop.py"].replace("return 1", body))


@pytest.mark.parametrize(("body", "ran"), [(SAME, {FILLS}), (OTHER, {FILLS, USES})])
def test_users_run_where_something_else_stands_there(
    checkout: Checkout, body: str, ran: set[str]
) -> None:
    """And not for each change of what filled it."""
    _edit(checkout, body)
    assert checkout.run("ft", "warm").code == 0
    assert checkout.selected().keys() == ran


@pytest.mark.parametrize("body", [SAME, OTHER])
def test_impact_names_all_that_warm_may_run(checkout: Checkout, body: str) -> None:
    """Before the edit and after it: only a run tells what will stand there."""
    _edit(checkout, body)
    after = json.loads(checkout.run("ft", "impact", "shop.py::price", "--json").out)
    _edit(checkout, "return 1")
    before = json.loads(checkout.run("ft", "impact", "shop.py::price", "--json").out)
    assert {*before["tests"]} == {*after["tests"]} == {FILLS, USES}
