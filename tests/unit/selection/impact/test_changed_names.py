"""Names that changed: which code refers to them, and which doesn't."""

import pytest

from firsttry_tasks.selection.evidence.mask_types import OriginMask
from firsttry_tasks.selection.impact.changed_names import ChangedNames
from firsttry_tasks.selection.impact.import_graph import ImportGraph
from tests.unit.selection.world import World

SHAPES = """\
from dataclasses import dataclass
from enum import Enum
LIMIT = 3
class Square:
    sides = 4
@dataclass
class Point:
    x: int
class Color(Enum):
    RED = 1
class Heir(Square):
    pass
def own():
    return LIMIT
def other():
    return 1
"""
USERS = """\
import shapes
def behind_a_dot():
    return shapes.LIMIT
def in_a_string():
    return getattr(shapes, "LIMIT")
def another_name():
    return shapes.other()
def by_its_start(name):
    return getattr(shapes, "LIM_" + name)
def any_name():
    return vars(shapes)
def member(square):
    return square.sides
def hands_on():
    return library(shapes)
"""
WORLD = World({"shapes.py": SHAPES, "users.py": USERS}, {})


@pytest.fixture(name="names")
def _names() -> ChangedNames:
    modules = ImportGraph(WORLD.recorded, WORLD.fragments)
    return ChangedNames(modules, OriginMask(1 << len(modules.paths)), frozenset())


def _refers(names: ChangedNames, path: str, function: str) -> bool:
    [fragment] = [
        it for it in WORLD.fragments[path] if it.is_function_body and it.qualname == function
    ]
    return bool(names.hit(path, fragment)[0])


@pytest.mark.parametrize(
    ("path", "function", "refers"),
    [
        ("shapes.py", "own", True),
        ("shapes.py", "other", False),
        ("users.py", "behind_a_dot", True),
        ("users.py", "in_a_string", True),
        ("users.py", "another_name", False),
        ("users.py", "any_name", True),
        ("users.py", "hands_on", True),
        ("users.py", "member", False),
    ],
)
def test_who_refers_to_a_changed_name(
    names: ChangedNames,
    path: str,
    function: str,
    refers: bool,  # noqa: FBT001  a column of the table
) -> None:
    """A name of a module is referred to bare at home, and behind a dot or in a string elsewhere."""
    names.bind("shapes.py", "", "LIMIT", "shapes.py changed", OriginMask(1))
    assert _refers(names, path, function) == refers


def test_a_name_that_is_put_together() -> None:
    """A string that may be the start of the name counts as the name."""
    modules = ImportGraph(WORLD.recorded, WORLD.fragments)
    names = ChangedNames(modules, OriginMask(1 << len(modules.paths)), frozenset())
    names.bind("shapes.py", "", "LIM_UPPER", "shapes.py changed", OriginMask(1))
    assert _refers(names, "users.py", "by_its_start")


def test_a_member_is_referred_to_behind_a_dot(names: ChangedNames) -> None:
    """Whatever stands before the dot may be an object of the class."""
    names.bind("shapes.py", "Square", "sides", "shapes.py changed", OriginMask(1))
    assert _refers(names, "users.py", "member")


def test_a_member_is_no_name_of_its_module(names: ChangedNames) -> None:
    """It can't be referred to bare."""
    names.bind("shapes.py", "Square", "sides", "shapes.py changed", OriginMask(1))
    assert "shapes.py" not in names.bare


def test_a_changed_name_says_why(names: ChangedNames) -> None:
    """The why names the change that it comes from."""
    names.bind("shapes.py", "", "LIMIT", "shapes.py changed", OriginMask(1))
    assert names.why["LIMIT"] == "shapes.py::LIMIT changed"


def test_a_name_that_changed_before_adds_nothing(names: ChangedNames) -> None:
    """Carrying names on ends where nothing is added."""
    names.bind("shapes.py", "", "LIMIT", "shapes.py changed", OriginMask(1))
    grown = names.grown
    names.bind("shapes.py", "", "LIMIT", "conf.py changed", OriginMask(1))
    assert names.grown == grown


@pytest.mark.parametrize(
    ("name", "plain", "mild"),
    [
        ("Square", True, True),
        ("Heir", True, True),
        ("Point", False, True),  # a dataclass looks at annotations, not at methods
        ("Color", False, True),
        ("Unknown", False, False),
    ],
)
def test_classes_that_take_no_notice(
    names: ChangedNames,
    name: str,
    plain: bool,  # noqa: FBT001  columns of the table
    mild: bool,  # noqa: FBT001
) -> None:
    """A plain class looks at none of its members, a mild one at none of its methods."""
    assert (
        names.plain.is_plain("shapes.py", name),
        names.plain.is_plain("shapes.py", name, mild=True),
    ) == (plain, mild)


INSIDE = {
    "made.py": "class Table:\n    first = 1\n    second = first + 1\n    third = 3\n",
    "test_made.py": "from made import Table\n"
    + "".join(f"def test_{it}():\n    assert Table.{it}\n" for it in ("first", "second", "third")),
}


def test_a_class_sees_what_its_body_has_bound() -> None:
    """A member that is made of another one is another one with it."""
    tests = {f"test_made.py::test_{it}": () for it in ("first", "second", "third")}
    found = World(INSIDE, tests).chosen(made_py=INSIDE["made.py"].replace("= 1", "= 5"))
    assert found.why.keys() == {"test_made.py::test_first", "test_made.py::test_second"}
