"""What a test leaves may depend on who ran before: that alone makes nobody run."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

SHOP = """\
PRICES = {}


class Field:
    made = 0

    def __init__(self):
        Field.made += 1


def ask(name):
    return PRICES.setdefault(name, len(name))
"""
EDITED = "test_edited.py::test_edited"


@pytest.fixture(name="checkout")
def _checkout(tmp_path: Path) -> Checkout:
    checkout = Checkout(tmp_path / "project")
    checkout.begin()
    return checkout


def _test(name: str, body: str, before: str = "") -> dict[str, str]:
    text = f"import shop\n\n{before}\n\ndef test_{name}():\n    {body}\n"
    return {f"test_{name}.py": text}


def _selected(checkout: Checkout, body: str) -> set[str]:
    """Return what runs when this is what the test does now."""
    checkout.write("test_edited.py", _test("edited", body)["test_edited.py"])
    assert checkout.run("ft", "warm").code == 0
    return set(checkout.selected())


def test_what_the_import_of_another_test_file_added(checkout: Checkout) -> None:
    """It is not imported now, and the test adds the same itself."""
    tree = _test("asking", "assert True", before='shop.ask("apple")\n')
    tree |= _test("edited", 'assert shop.ask("apple") == 5')
    tree |= _test("listing", "assert len(shop.PRICES) < 3")
    checkout.learn({"shop.py": SHOP} | tree)
    assert _selected(checkout, 'assert 5 == shop.ask("apple")') == {EDITED}
    # Another entry is seen by whoever looks at all of them.
    listing = "test_listing.py::test_listing"
    assert listing in _selected(checkout, 'assert shop.ask("pear") == 4')


def test_what_is_counted(checkout: Checkout) -> None:
    """The number is another one where fewer tests ran."""
    tree = _test("before", "assert shop.Field()")
    tree |= _test("edited", "assert shop.Field()")
    tree |= _test("then", "assert shop.Field().made")
    checkout.learn({"shop.py": SHOP} | tree)
    assert _selected(checkout, "assert shop.Field() is not None") == {EDITED}
    # Who comes later sees another number where one counts further.
    then = "test_then.py::test_then"
    assert _selected(checkout, "assert shop.Field() is not shop.Field()") == {EDITED, then}


def test_what_a_test_file_has_by_a_name_of_its_own(checkout: Checkout) -> None:
    """A function gave it, so that no name leads from where it is kept to who uses it."""
    shop = "class Box:\n    size = 1\n\n\nKEPT = Box()\n\n\ndef lend():\n    return KEPT\n"
    tree = _test("edited", "shop.lend().size = 2 - 0")
    tree |= _test("then", "assert box.size < 3", before="box = shop.lend()\n")
    checkout.learn({"shop.py": shop} | tree)
    checkout.write("test_edited.py", _test("edited", "shop.lend().size = 3")["test_edited.py"])
    assert checkout.run("ft", "warm").code == 1
    assert "test_then.py::test_then" in checkout.selected()
