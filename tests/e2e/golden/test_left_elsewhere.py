"""What tests left on the machine that published a golden cache, and leave on this one."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.golden.world import ONLY_TESTS, World

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.e2e

SHOP = """\
PRICES = {}


def price():
    return 1


def greet():
    return "hello"


def take(name):
    PRICES[name] = price()
"""
#: `greet` is called by no name, so that it is none of what may have filled the table.
FILLS = """\
import shop


def test_fills():
    assert getattr(shop, "gr" + "eet")()
    shop.take("apple")
"""
USES = "import shop\n\n\ndef test_uses():\n    assert shop.PRICES is not None\n"


@pytest.mark.parametrize(
    ("old", "new", "ran"),
    [
        # It has no part in what was left, and letters of two machines are never the same.
        ('"hello"', '"good day"', {"test_fills.py::test_fills"}),
        ("return 1", "return 2 - 1", {"test_fills.py::test_fills", "test_uses.py::test_uses"}),
    ],
)
def test_users_rest_on_what_may_have_made_it(
    tmp_path: Path, old: str, new: str, ran: set[str]
) -> None:
    """Letters of another machine are not compared, and so nobody runs for them."""
    world = World(tmp_path / "here")
    world.origin.begin(ONLY_TESTS)
    for name, text in (("shop.py", SHOP), ("test_fills.py", FILLS), ("test_uses.py", USES)):
        world.origin.write(name, text)
    world.origin.commit()
    world.publish()
    there = World(tmp_path / "there").origin
    world.origin.git("clone", "-q", f"file://{world.origin.root}", str(there.root))
    assert world.update(there).code == 0
    there.write("shop.py", SHOP.replace(old, new))
    assert world.warm(there).code == 0
    assert there.selected().keys() == ran
