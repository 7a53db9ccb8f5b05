"""Each refinement narrows something, and can be switched off."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.model.refinements import REFINEMENTS
from tests.unit.selection.world import World

if TYPE_CHECKING:
    from firsttry_tasks.model.refinements import Refinement

SHOP = '''\
import json
import math
REGISTRY = []
class Cart:
    LIMIT = 3
    def __init__(self):
        self.items = []
    def total(self):
        """Add up."""
        return math.fsum(self.items) + Cart.LIMIT
def enter(it):
    REGISTRY.append(it)
    return it
def rebate():
    return 1
def half(cart):
    return isinstance(cart, Cart) and cart.LIMIT
def any_of(of, name):
    return getattr(math, "f" + name)
ENTERED = enter(1)
'''
TEST = """\
import shop
def test_total():
    assert shop.Cart().total() == 3
def test_rebate():
    assert shop.rebate()
def test_half():
    assert not shop.half(1)
def test_any():
    assert shop.any_of(1, "sum")
def test_entered():
    assert shop.REGISTRY
"""
TESTS = {
    "test_shop.py::test_total": ("shop.py:Cart.__init__", "shop.py:Cart.total"),
    "test_shop.py::test_rebate": ("shop.py:rebate",),
    "test_shop.py::test_half": ("shop.py:half",),
    "test_shop.py::test_any": ("shop.py:any_of",),
    "test_shop.py::test_entered": (),
}
WORLD = World({"shop.py": SHOP, "test_shop.py": TEST}, TESTS)


@pytest.mark.parametrize(
    ("one", "old", "new"),
    [
        ("docstrings", "Add up.", "Sum up."),
        ("members", "    LIMIT = 3\n", "    LIMIT = 3\n    MORE = 1\n"),
        ("moved-imports", "import json\nimport math", "import math\nimport json"),
        ("side-effects", "ENTERED = enter(1)", "ENTERED = enter(2)"),
    ],
)
def test_more_is_selected_without_it(one: Refinement, old: str, new: str) -> None:
    """And nothing less."""
    changed = SHOP.replace(old, new)
    narrow = WORLD.chosen(shop_py=changed).why.keys()
    wide = WORLD.without(one, shop_py=changed).why.keys()
    assert narrow < wide


def test_each_has_a_sentence() -> None:
    """The settings' answer and the table name them all."""
    assert all(REFINEMENTS.values())
