"""Docstrings that changed: who has what they belong to, and which classes may show them."""

from __future__ import annotations

import msgspec
import pytest

from firsttry_tasks.selection.syntax.parse import take_apart
from tests.unit.selection.world import World

NAMED, CALLED, MADE = (f"test_tool.py::test_{it}" for it in ("named", "called", "made"))


@pytest.mark.parametrize(
    ("code", "free"),
    [
        ("tool()", set()),
        ("tool.part()", set()),
        ("tool.__doc__", {"tool", "tool.__doc__"}),
        ("kind.tool", {"tool"}),
        ("keep(tool)", {"tool", "(tool"}),
        ("len(tool)", {"tool"}),
        ("isinstance(tool, Kind)", {"tool"}),
        ("getattr(kind, 'tool')", {"kind", "'tool"}),
        ("[getattr(kind, 'tool_' + each)]", {"kind", "'tool_", "tool_*", "each"}),
        ("lambda: tool", {"tool"}),
    ],
)
def test_what_code_has_without_calling_it(code: str, free: set[str]) -> None:
    """Functions by name and in strings, what a call is given, and whose docstring is asked for."""
    assert take_apart(code.encode())[0].uses.held == free


def test_own_names_are_nobody_elses() -> None:
    """A parameter says nothing; what a function imports counts by its name at home."""
    body = take_apart(b"def f(one):\n    from kit import tool as two\n    return one, two\n")[-1]
    assert body.uses.held == {"tool"}


@pytest.mark.parametrize(
    ("head", "told"),
    [
        ("class Kind:", False),
        ("class Kind(ValueError):", False),
        ("class Kind(Thread):", False),
        ("class Kind(threading.Thread):", False),
        ("class Kind(Base):", False),
        ("@dataclass\nclass Kind:", False),
        ("class Kind(frame.TestCase):", True),
        ("class Kind(TestCase):", False),
        ("class Kind(cmd.Cmd):", True),
        ("class Kind(frame.Model):", True),
        ("class Kind(Heir):", True),
        ("@filed\nclass Kind:", True),
        ("class Kind(metaclass=Meta):", True),
    ],
)
def test_who_may_show_the_docstrings_of_a_class(head: str, told: bool) -> None:  # noqa: FBT001
    """Where what it is made with is not known, whoever names the class may see them."""
    tool = f"""\
import cmd
import threading
import frame
from dataclasses import dataclass
from threading import Thread
from frame import Model, TestCase

class Base: ...
class Heir(Model): ...
class Meta(type): ...
def filed(kind):
    return kind

{head}
    def part(self):
        "Say so."
"""
    tests = """\
from tool import Kind

def test_made():
    assert Kind()

def test_named():
    assert Kind().part

def test_called():
    assert not Kind().part()
"""
    world = World(
        {"tool.py": tool, "test_tool.py": tests},
        {MADE: (), NAMED: (), CALLED: ("tool.py:Kind.part",)},
    )
    chosen = world.chosen(tool_py=tool.replace("so", "no")).why.keys()
    # Of a class that a library has made its own the library may look at all that a test names.
    own = {NAMED} if "TestCase" in head else set()
    assert chosen == ({MADE, NAMED, CALLED} if told else own)


TYPED = """\
import kit
class Tool:
    def go(self, n: int):
        return n
def make(n: int):
    return n
def sent():
    return kit.send(Tool())
def held():
    return [make]
def shown():
    return kit.show(held())
def called():
    return make(1) + Tool().go(1)
"""
TYPED_TEST = """\
import tool
def test_sent():
    assert tool.sent()
def test_held():
    assert tool.held()
def test_shown():
    assert tool.shown()
def test_called():
    assert tool.called()
"""
_GO, _MAKE = "tool.py:Tool.go", "tool.py:make"
ANNOTATED = World(
    {"tool.py": TYPED, "test_tool.py": TYPED_TEST},
    {
        "test_tool.py::test_sent": ("tool.py:sent", _GO),
        "test_tool.py::test_held": ("tool.py:held",),
        "test_tool.py::test_shown": ("tool.py:shown", "tool.py:held"),
        "test_tool.py::test_called": ("tool.py:called", _GO, _MAKE),
    },
)


@pytest.mark.parametrize(
    ("old", "new", "tests"),
    [
        ("go(self, n: int)", "go(self, n: str)", {"sent"}),
        ("make(n: int)", "make(n: str)", {"shown"}),
        ("make(n: int)", "make(n: int = 1)", {"held", "shown", "called"}),
        ("make(n: int)", "make(n)", {"shown"}),
    ],
)
def test_annotations_concern_who_may_read_them(old: str, new: str, tests: set[str]) -> None:
    """Who gives a library an object, or the function that it got from who has it."""
    chosen = ANNOTATED.chosen(tool_py=TYPED.replace(old, new)).why
    assert {
        nodeid.rpartition("_")[2] for nodeid, why in chosen.items() if "raise" not in why
    } == tests


#: The numbers of the bodies for whose annotations somebody asked: of none, of all.
_NOBODY: tuple[int, ...] = ()
_BODIES = tuple(n for n, it in enumerate(ANNOTATED.fragments["tool.py"]) if it.is_function_body)


@pytest.mark.parametrize(
    ("asked", "old", "new", "tests"),
    [
        ({"tool.py": _NOBODY}, "go(self, n: int)", "go(self, n: str)", set()),
        ({"tool.py": _NOBODY}, "make(n: int)", "make(n: str)", set()),
        ({"tool.py": _NOBODY}, "make(n: int)", "make(n)", set()),
        ({"tool.py": _NOBODY}, "def held():", "def held() -> list:", set()),
        ({"tool.py": _NOBODY}, "make(n: int)", "make(n: int = 1)", {"held", "shown", "called"}),
        ({"tool.py": _BODIES}, "make(n: int)", "make(n: str)", {"shown"}),
        ({"tool.py": _BODIES[1:]}, "go(self, n: int)", "go(self, n: str)", set()),
        ({"test_tool.py": _NOBODY}, "make(n: int)", "make(n: str)", {"shown"}),
    ],
)
def test_annotations_for_which_nobody_asked_concern_nobody(
    asked: dict[str, tuple[int, ...]], old: str, new: str, tests: set[str]
) -> None:
    """Where that was seen of their file."""
    world = World(ANNOTATED.files, {})
    world.recorded = msgspec.structs.replace(ANNOTATED.recorded, annotations=asked)
    chosen = world.chosen(tool_py=TYPED.replace(old, new)).why
    found = {it.rpartition("_")[2] for it, why in chosen.items() if "raise" not in why}
    assert found == tests


def test_where_the_refinement_is_off_annotations_are_code() -> None:
    """Although nobody asked for them."""
    world = World(ANNOTATED.files, {})
    world.recorded = msgspec.structs.replace(ANNOTATED.recorded, annotations={"tool.py": _NOBODY})
    chosen = world.without("annotations", tool_py=TYPED.replace("make(n: int)", "make(n: str)"))
    assert "test_tool.py::test_called" in chosen.why


HINTED = """\
from kinds import Number
def make(n: Number):
    return n
def made():
    return [make]
def read():
    return made()[0].__annotations__
"""
KINDS = "Number = int\n"
NAMING = World(
    {
        "kinds.py": KINDS,
        "tool.py": HINTED,
        "test_tool.py": "import tool\n"
        "def test_read():\n    tool.read()\n"
        "def test_made():\n    tool.made()\n",
    },
    {
        "test_tool.py::test_read": ("tool.py:read", "tool.py:made"),
        "test_tool.py::test_made": ("tool.py:made",),
    },
)


def test_a_name_in_annotations_concerns_who_may_read_them() -> None:
    """Not who holds the function."""
    chosen = NAMING.chosen(kinds_py=KINDS.replace("int", "str"))
    assert chosen.why.keys() == {"test_tool.py::test_read"}


def test_a_name_that_annotations_ask_for_something_may_raise() -> None:
    """A name alone can't, if it was there."""
    heads = "Number = int\nSize = list\n"
    text = f"{heads}def make(n: Number):\n    return n\ndef cut(n: Size[int]):\n    return n\n"
    world = World(
        {"a.py": text, "test_a.py": "import a\ndef test_a(): ...\n"}, {"test_a.py::test_a": ()}
    )
    for old, new, unsafe in (("= int", "= str", False), ("= list", "= int", True)):
        code = world.held(a_py=text.replace(old, new)).effects.code
        assert code is not None
        assert ("a.py" in code.spread.unsafe) is unsafe
