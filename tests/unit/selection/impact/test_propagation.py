"""How a change spreads through the statements of modules."""

from typing import TYPE_CHECKING

import pytest

from tests.unit.selection.world import World

if TYPE_CHECKING:
    from firsttry_tasks.selection.impact.propagation import Propagation

CONF = "LIMIT = 3\nOTHER = 4\n"
LIB = "from conf import LIMIT, OTHER\nDOUBLE = LIMIT * 2\nFOUR = DOUBLE * 2\nTHIRD = OTHER * 3\n"
SHAPES = "class Square:\n    sides = 4\n    size = 1\n"
WORLD = World(
    {
        "conf.py": CONF,
        "lib.py": LIB,
        "kit.py": "from conf import *\n",
        "loud.py": "import conf\nprint(conf.LIMIT)\n",
        "quiet.py": "import conf\nprint(conf.OTHER)\n",
        "shapes.py": SHAPES,
        "test_a.py": "import kit, lib, loud, quiet, shapes\ndef test_a():\n    pass\n",
    },
    {"test_a.py::test_a": ()},
)


def _spread(**changed: str) -> "Propagation":
    code = WORLD.held(**changed).effects.code
    assert code is not None
    return code.spread


@pytest.mark.parametrize(
    ("old", "new", "path", "names"),
    [
        ("LIMIT = 3", "LIMIT = 2", "conf.py", {"LIMIT"}),
        ("LIMIT = 3", "LIMIT = 2", "lib.py", {"LIMIT", "DOUBLE", "FOUR"}),
        ("OTHER = 4", "OTHER = 2", "lib.py", {"OTHER", "THIRD"}),
        ("LIMIT = 3", "LIMIT = 2", "kit.py", {"LIMIT"}),
        ("LIMIT = 3", "LIMIT = 3  # most", "lib.py", set()),
    ],
)
def test_names_that_are_computed_from_a_changed_one(
    old: str, new: str, path: str, names: set[str]
) -> None:
    """A name changes where a statement that binds it refers to one that did."""
    assert _spread(conf_py=CONF.replace(old, new)).names.bare.get(path, set()) == names


def test_a_statement_that_does_more_than_bind_concerns_who_imports_it() -> None:
    """What it does with the changed name may be noticed by anybody."""
    assert _spread(conf_py=CONF.replace("3", "2")).effects.keys() == {"loud.py"}


def test_an_import_of_a_name_that_is_gone_fails() -> None:
    """So whoever imports that module is concerned."""
    assert "lib.py" in _spread(conf_py="OTHER = 4\n").effects


@pytest.mark.parametrize(("value", "unsafe"), [("5", False), ("int('5')", True)])
def test_a_statement_that_calls_may_raise(value: str, unsafe: bool) -> None:  # noqa: FBT001
    """A module is imported once more, by some test, if its import may fail now."""
    assert ("conf.py" in _spread(conf_py=CONF.replace("3", value)).unsafe) == unsafe


def test_a_changed_member_concerns_who_has_an_object() -> None:
    """So its class is followed by itself."""
    changed = SHAPES.replace("sides = 4", "sides = 5")
    assert _spread(shapes_py=changed).classes.keys() == {("shapes.py", "Square")}


def test_a_new_class_concerns_nobody() -> None:
    """Nobody can refer to the members of a class that nobody names."""
    added = f"{SHAPES}class Round:\n    sides = 0\n"
    assert "sides" not in _spread(shapes_py=added).names.attrs
