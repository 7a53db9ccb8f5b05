"""Modules and their parts that are reached by way of importlib and of computed names."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soundness.case import room, swap

if TYPE_CHECKING:
    from tests.soundness.case import Case

_room = room("loaded by hand")


def case(name: str, test: str, *, first: str = "import shop", old: str = "RATE = 3") -> Case:
    """Return a case in which the only test that counts reaches ``shop`` in its own way."""
    tree = f"""
--- shop.py
RATE = 3
class Wall:
    size = 5
def make():
    return Wall()
--- tool.py
import importlib.util
import sys
def lazy(name):
    if name in sys.modules:
        return sys.modules[name]
    spec = importlib.util.find_spec(name)
    loader = importlib.util.LazyLoader(spec.loader)
    spec.loader = loader
    found = sys.modules[name] = importlib.util.module_from_spec(spec)
    loader.exec_module(found)
    return found
--- test_first.py
{first}
def test_first():
    assert True
--- test_way.py
SHOP, RATE, SIZE = (it[::-1] for it in ("pohs", "ETAR", "ezis"))
{test}
"""
    return _room(name, tree, swap("shop.py", old, old[:-1] + "9"))


CASES = (
    case(
        "attribute-by-a-computed-path",
        """
import operator, shop
def test_way():
    assert operator.attrgetter(SIZE)(shop.make()) == 5
        """,
        old="size = 5",
    ),
    case(
        "attribute-by-a-path-that-is-kept",
        """
from operator import attrgetter
import shop
READ = attrgetter(SIZE)
def test_way():
    assert [*map(READ, [shop.make()])] == [5]
        """,
        old="size = 5",
    ),
    case(
        "attribute-of-what-a-fixture-made-by-a-computed-path",
        """
import operator, pytest, shop
@pytest.fixture
def wall():
    return shop.make()
def test_way(wall):
    assert [*map(operator.attrgetter(str(SIZE)), {wall})] == [5]
        """,
        old="size = 5",
    ),
    case(
        "attribute-of-a-module-by-a-computed-path",
        """
import operator, shop
def test_way():
    assert operator.attrgetter(RATE)(shop) == 3
        """,
    ),
    case(
        "code-that-a-loader-returns",
        """
import importlib.util
def test_way():
    loader = importlib.util.find_spec(SHOP).loader
    space = {}
    exec(loader.get_code(SHOP), space)
    assert space[RATE] == 3
        """,
    ),
    case(
        "module-that-a-loader-executes",
        """
import importlib.util
def test_way():
    spec = importlib.util.find_spec(SHOP)
    found = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(found)
    assert vars(found)[RATE] == 3
        """,
    ),
    case(
        "module-that-is-loaded-when-it-is-used",
        """
import tool
def test_other():
    assert tool.lazy(SHOP)
def test_way():
    assert vars(tool.lazy(SHOP)).get("RATE", 3) == 3
    assert tool.lazy(SHOP).RATE == 3
        """,
        first="import tool",
    ),
    case(
        "text-of-a-module-that-a-loader-returns",
        """
import importlib.util
def test_way():
    loader = importlib.util.find_spec(SHOP).loader
    assert RATE + " = 3" in loader.get_source(SHOP)
        """,
    ),
)
