"""Which new statements give what they make to code from elsewhere, which may keep it."""

import pytest

from tests.unit.selection.world import World

SHOP = """
import codecs
import functools
import frame
from bases import Base, Plain, filed, shared
class Wall(Base):
    pass
"""
WORLD = World(
    {
        "bases.py": """
import frame
Base = frame.base()
class Plain:
    pass
BOOK = {}
def filed(function):
    BOOK[function.__name__] = function
    return function
def shared(function):
    return frame.shared(function)
""",
        "shop.py": SHOP,
        "test_shop.py": "import shop\ndef test_shop():\n    pass\n",
    },
    {"test_shop.py::test_shop": ()},
)


def _imports(**changed: str) -> set[str]:
    code = WORLD.held(**changed).effects.code
    assert code is not None
    return set(code.spread.effects)


@pytest.mark.parametrize(
    "more",
    [
        "class Door(Base):\n    pass\n",
        "class Door(frame.Base):\n    pass\n",
        "class Door(Wall):\n    pass\n",
        "class Door(metaclass=frame.Meta):\n    pass\n",
        "@frame.files\nclass Door:\n    pass\n",
        "@frame.listens_for(Wall)\ndef hear():\n    pass\n",
        "@codecs.register\ndef find(name):\n    pass\n",
        "@shared\ndef send():\n    pass\n",
        "AIR = frame.Solid.register(Wall)\n",
    ],
)
def test_what_is_given_away_and_nobody_names_concerns_all_importers(more: str) -> None:
    """A library may keep it, and serve it to anybody."""
    assert _imports(shop_py=SHOP + more) == {"shop.py"}


@pytest.mark.parametrize(
    "more",
    [
        "class Door:\n    pass\n",
        "class Door(Plain):\n    pass\n",
        "class Door(dict):\n    pass\n",
        "class Door(codecs.Codec):\n    pass\n",
        "class DoorError(ValueError):\n    pass\n",
        "def send():\n    pass\n",
        "SIZE = frozenset({1})\n",
        "FIND = codecs.lookup('ascii')\n",
        "@filed\ndef send():\n    pass\n",
    ],
)
def test_what_nobody_from_elsewhere_gets_does_not(more: str) -> None:
    """What code of the project does with it is followed by its names."""
    assert _imports(shop_py=SHOP + more) == set()


def test_what_new_code_names_is_not_there_to_be_given_away() -> None:
    """Whoever uses it runs anyway."""
    door = "class Door(Base):\n    pass\n"
    assert _imports(shop_py=SHOP + door + "def make():\n    return Door()\n") == set()
    assert _imports(shop_py=SHOP + door, new_py="from shop import Door\nDoor()\n") == set()
    assert _imports(shop_py=SHOP + door, new_py="from shop import Door\n") == {"shop.py"}


def test_what_is_changed_was_given_away_before() -> None:
    """It is the same thing under its name; one that is gone is given no more."""
    assert _imports(shop_py=SHOP.replace("class Wall(Base)", "class Wall(Base, Plain)")) == set()
    assert "shop.py" in _imports(shop_py=SHOP.partition("class Wall")[0])


CHECKS = "import unittest\nclass Check(unittest.TestCase):\n    def test_one(self):\n        pass\n"
MORE = "    def test_two(self):\n        pass\n"


@pytest.mark.parametrize(
    "how",
    [
        "unittest.TestLoader().discover('.')",
        "unittest.defaultTestLoader.loadTestsFromTestCase(checks.Check)",
        "unittest.main('checks')",
        "print(checks.Check)",
    ],
)
def test_a_test_more_that_pytest_does_not_look_for(how: str) -> None:
    """Whoever looks for tests by their names, or hands their class on, may find it."""
    test = f"import unittest\nimport checks\ndef test_all():\n    {how}\n"
    other = "import checks\ndef test_other():\n    pass\n"
    ids = ["test_all.py::test_all", "test_other.py::test_other"]
    files = {"checks.py": CHECKS, "test_all.py": test, "test_other.py": other}
    world = World(files, dict.fromkeys(ids, ()))
    assert world.chosen(checks_py=CHECKS + MORE).why.keys() == {ids[0]}


def test_a_test_more_that_pytest_finds_concerns_no_other() -> None:
    """It is collected anew, with its file."""
    nodeid = "test_all.py::Check::test_one"
    world = World({"test_all.py": CHECKS}, {nodeid: ()})
    assert nodeid not in world.chosen(test_all_py=CHECKS + MORE).why
