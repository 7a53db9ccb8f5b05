"""Who a changed name concerns: classes with objects, strings, data files, libraries, docstrings."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firsttry_tasks.model.recording import Observation
from firsttry_tasks.selection.syntax.parse import take_apart
from firsttry_tasks.selection.syntax.string_names import parts, quoted, spelled, words
from tests.unit.selection.world import World

SHAPES = '''\
class Line:
    """A line."""
    sides = 1

class Square:
    sides = 4
    hidden = 0

TABLE = {"square": Square()}

def count(shape):
    """Count the sides."""
    return shape.sides

def made(name):
    return TABLE[name]
'''
KIT = "from shapes import *\n"
TESTS = """\
import pathlib
import shapes
from shapes import Line, Square, count, made

def test_line():
    assert count(Line()) == 1

def test_square():
    assert count(Square()) == 4

def test_made():
    assert made("square").sides == 4

def test_names():
    for name in pathlib.Path("names.txt").read_text().split():
        assert getattr(shapes, name)

def test_handed():
    assert library(Square)

def test_doc():
    assert count.__doc__

def test_said():
    assert Line().__doc__
"""
LINE, SQUARE, MADE, NAMES, HANDED, DOC, SAID = (
    f"test_shapes.py::test_{it}"
    for it in ("line", "square", "made", "names", "handed", "doc", "said")
)


@pytest.fixture(name="world", scope="module")
def _world() -> World:
    return World(
        {"shapes.py": SHAPES, "test_shapes.py": TESTS, "names.txt": "TABLE\n", "kit.py": KIT},
        {
            LINE: ("shapes.py:count",),
            SQUARE: ("shapes.py:count",),
            MADE: ("shapes.py:made",),
            NAMES: (Observation("read", "names.txt"),),
            HANDED: (),
            DOC: (),
            SAID: (),
        },
    )


@pytest.mark.parametrize(
    ("old", "new", "selected"),
    [
        ("sides = 1", "sides = 2", {LINE}),
        ("sides = 4", "sides = 5", {SQUARE, MADE, HANDED}),
        ("hidden = 0", "hidden = 1", {SQUARE, MADE, NAMES, HANDED}),
        ('"square": Square()', '"square": None', {MADE, NAMES}),
        ("A line.", "The line.", {SAID}),
        ("Count the sides.", "Count them.", {DOC}),
    ],
)
def test_a_change_concerns(world: World, old: str, new: str, selected: set[str]) -> None:
    """Of a member those who have an object; of a docstring those who have what it says."""
    assert world.chosen(shapes_py=SHAPES.replace(old, new)).why.keys() == selected


def test_a_class_whose_module_a_test_never_loaded() -> None:
    """Another module may have a class and an attribute of the same names."""
    plans = "import plans\ndef test_plans(): assert plans.Square().sides\n"
    shapes = plans.replace("plans", "shapes")
    world = World(
        {
            "shapes.py": SHAPES,
            "plans.py": "class Square:\n    sides = 0\n",
            "test_plans.py": plans,
            "test_shapes.py": shapes,
        },
        {"test_plans.py::test_plans": (), "test_shapes.py::test_shapes": ()},
    )
    chosen = world.chosen(shapes_py=SHAPES.replace("sides = 4", "sides = 5"))
    assert chosen.why.keys() == {"test_shapes.py::test_shapes"}


def test_a_module_that_a_library_imported() -> None:
    """What it holds may be read by anybody's library code: all tests run."""
    files = {"conf.py": "ZONE = 1\n", "test_a.py": "def test_a(): ...\n"}
    world = World(files, {"test_a.py::test_a": (Observation("module", "conf"),)})
    kept = world.chosen(conf_py="ZONE = 2\n").why
    world.lend("conf.py")
    assert (kept, set(world.chosen(conf_py="ZONE = 2\n").why)) == ({}, {"test_a.py::test_a"})


@pytest.mark.parametrize(
    ("old", "new", "selected"),
    [
        ("['one']", "['one', 'two']", {"test_b.py::test_two"}),
        ("['one']", "['two']", {"test_b.py::test_one", "test_b.py::test_two"}),
        ("['one']", "('one',)", set()),
    ],
)
def test_names_listed_for_star_imports(old: str, new: str, selected: set[str]) -> None:
    """Only who asks for a name that came or went is concerned."""
    tool = "__all__ = ['one']\none = two = 1\n"
    tests = "import kit\ndef test_one(): assert kit.one\ndef test_two(): assert kit.two\n"
    world = World(
        {"tool.py": tool, "kit.py": "from tool import *\n", "test_b.py": tests},
        {"test_b.py::test_one": (), "test_b.py::test_two": ()},
    )
    assert world.chosen(tool_py=tool.replace(old, new)).why.keys() == selected


def test_tests_without_a_name_of_their_own() -> None:
    """Plugins make tests whose node id ends with the colons: they did run."""
    world = World({"case.txt": "1", "a.py": "X = 1\n"}, {"case.txt::": ()})
    assert not world.chosen(a_py="X = 2\n").why


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("name", {"name"}),
        ("pkg.mod:name", {"pkg", "mod", "name"}),
        ("not a name", set()),
        ("-> {page.title!r} <- {% if user.admin %}", {"page", "title", "r", "if", "user", "admin"}),
        ("{0.title}" + " and much more of it" * 9, {"title"}),
    ],
)
def test_names_in_a_string(text: str, names: set[str]) -> None:
    """A string may be a name, a path of names, or hold some in braces."""
    assert words(text) == names


def test_parts_of_names() -> None:
    """A string may be put before or after another to make a name."""
    assert parts("visit_") | parts("_done") | parts("visit") == {"visit_*", "*_done"}


def test_names_in_a_file() -> None:
    """Every word counts, be the rest text or not."""
    assert spelled(b"\x00a.b_c=1\xff{d}") == {"a", "b_c", "d"}


@pytest.mark.parametrize(
    ("code", "handed"),
    [
        ("load(conf)", {"conf"}),
        ("load(conf.local, x=[Base])", {"conf.local", "Base"}),
        ("load('conf.local')", {"'conf.local"}),
        ("isinstance(conf, Base)", set()),
        ("conf.load()", set()),
        ("other = conf", {"conf"}),
        ("held['x'] = conf", set()),
        ("load(1, 'no name')", set()),
    ],
)
def test_what_is_handed_on(code: str, handed: set[str]) -> None:
    """Modules and classes that go elsewhere as a whole, by themselves or by name."""
    assert take_apart(code.encode())[0].uses.passed_on == handed


def test_names_that_strings_are_quoted_for() -> None:
    """A colon is as good as a dot, and prose names nothing."""
    assert (quoted("a:b"), quoted("a b"), quoted(3)) == ("'a.b", "", "")


def test_the_reason_is_the_first_name_by_alphabet() -> None:
    """Of many changed names one is told, and another run on the same tree tells the same."""
    names = [f"name_{letter}" for letter in "qwertyuiopasdfgh"]
    code = "".join(f"{name} = 1\n" for name in names)
    body = "".join(f"    a.{name}\n" for name in names)
    test = "test_a.py::test_all"
    files = {"a.py": code, "test_a.py": f"import a\n\ndef test_all():\n{body}"}
    chosen = World(files, {test: ()}).later({**files, "a.py": code.replace("1", "2")})
    assert chosen.why[test] == "a.py::name_a changed, and the test may use it"


HEADS = {
    "from unittest": "from unittest import TestCase\n\n\nclass TestShop(TestCase):\n",
    "by its module": "import unittest\n\n\nclass TestShop(unittest.TestCase):\n",
    "of a framework": "from django.test import TestCase\n\n\nclass TestShop(TestCase):\n",
    "of both": (
        "import unittest\nfrom django.test import TestCase\n\n\nclass TestShop(TestCase):\n"
    ),
    "a metaclass": "from unittest import TestCase\n\n\nclass TestShop(TestCase, metaclass=M):\n",
}
OWN = "    def test_own(self):\n        assert True\n"


@pytest.mark.parametrize(
    ("head", "added", "who"),
    [
        ("from unittest", "test_new", "nobody"),
        ("by its module", "test_new", "nobody"),
        ("from unittest", "helper", "nobody"),
        # It takes the place of what the base has, or is called by that.
        ("from unittest", "run", "all"),
        ("from unittest", "setUp", "all"),
        ("of a framework", "test_new", "all"),
        ("of both", "test_new", "all"),
        ("a metaclass", "test_new", "all"),
    ],
)
def test_a_method_that_comes_to_a_class_of_unittest(head: str, added: str, who: str) -> None:
    """No other test of the class notices it."""
    own, new = "test_shop.py::TestShop::test_own", f"    def {added}(self):\n        assert True\n"
    world = World({"test_shop.py": HEADS[head] + OWN}, {own: ()})
    chosen = world.chosen(test_shop_py=HEADS[head] + OWN + "\n" + new).why
    assert (own in chosen) == (who == "all")


PAGES = {
    "page.py": "def fill(page):\n    page.title = 'one'\n    return page\n",
    "shop.py": "import page, base\nSHOP = page.fill(base.BASE)\n",
    "base.py": "class Base: ...\nBASE = Base()\n",
    "test_page.py": "import shop\ndef test_page(): ...\n",
    "page.txt": "{{ title }}\n",
}


@pytest.mark.parametrize(
    ("left", "selected"),
    [
        ((), False),
        (("shop.py:SHOP.title",), False),
        (("base.py:BASE.title",), True),
        (("base.py:BASE.other",), False),
    ],
    ids=["nothing", "its own", "another module's", "another name"],
)
def test_a_data_file_names_what_an_import_wrote(left: tuple[str, ...], selected: object) -> None:
    """Where that was seen to write it into another module's object: who has its own names that."""
    test = "test_page.py::test_page"
    seen = tuple(Observation("left", it) for it in left)
    world = World(PAGES, {test: (Observation("read", "page.txt"), *seen)})
    fill = world._unit("page.py:fill")  # noqa: SLF001  what an import ran no test has to run
    numbers = tuple(n for n, it in enumerate(world.recorded.observations) if it[0] == "left")
    scopes = tuple(
        replace(it, lines=((1, fill),), observations=numbers)
        if (it.kind, it.name) == ("import", "shop.py")
        else it
        for it in world.recorded.scopes
    )
    world.recorded = replace(world.recorded, scopes=scopes, units=tuple(world.units))
    changed = PAGES["page.py"].replace("'one'", "'two'")
    assert (test in world.chosen(page_py=changed).why) == selected
