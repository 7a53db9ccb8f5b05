"""Which classes of a recorded run have no object that outlived a test."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.recorder.probes.object_lifetimes import LifetimeProbe
from firsttry_tasks.recorder.tracing import quirks
from firsttry_tasks.recorder.tracing.attribution import Attribution
from tests.e2e.recorder.recorded import recorded

if TYPE_CHECKING:
    from firsttry_tasks.model.recording import Record
    from tests.e2e.checkout import Checkout

LIB = """\
class Plain:
    pass

class Circle:
    def __init__(self):
        self.itself = self

class Failing:
    pass

class Lone:
    pass

LONE = Lone()

class Left:
    pass

class Base:
    pass

class Heir(Base):
    pass

class Made:
    pass

def make():
    class Inner(Made):
        pass
    return Inner

class Shared:
    pass

class Outer:
    class Inner:
        pass

class Quiet:
    pass

class Alike(type):
    def __eq__(cls, other):
        raise ValueError

    __hash__ = None

class Odd(metaclass=Alike):
    pass
"""
LATE = """\
class Late:
    pass

class Kept:
    pass

KEPT = Kept()
"""
AGAIN = """\
class Again:
    pass
"""
TESTS = """\
import importlib
import pytest
import again
import lib

HELD = []

@pytest.fixture(scope="session")
def shared():
    return lib.Shared()

def test_short():
    lib.Plain(), lib.Circle(), lib.Outer.Inner(), lib.Odd()

def test_fails():
    failing = lib.Failing()
    assert not failing

def test_leaves():
    HELD.extend([lib.Left(), lib.Heir(), lib.make()()])

def test_shares(shared):
    assert shared

def test_late():
    import late
    late.Late()

def test_quiet():
    quiet = lib.Quiet()
    HELD.append(quiet)
    HELD.remove(quiet)

def test_again():
    HELD.append(importlib.reload(again).Again())

def test_last():
    del HELD[:]
"""
LAZY = """\
from deep import compute


class Box:
    def __init__(self) -> None:
        self._lid = None
        self._sides = {}

    def lid(self):
        if self._lid is None:
            self._lid = compute()
        return self._lid

    def side(self, name):
        if name not in self._sides:
            self._sides[name] = compute()
        return self._sides[name]
"""
ASKING = """\
from box import Box


def test_lid() -> None:
    assert Box().lid() == 1


def test_side() -> None:
    assert Box().side("left") == 1


def test_neither() -> None:
    box = Box()
    assert (box._lid, box._sides) == (None, {})
"""


#: What can be said of classes rests on this.
counted = pytest.mark.skipif(
    not quirks.COUNTED_OBJECTS, reason="this interpreter's counts say nothing of objects"
)


@pytest.fixture(name="record", scope="module")
def _record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    root = tmp_path_factory.mktemp("lives")
    return recorded(root, {"again.py": AGAIN, "lib.py": LIB, "late.py": LATE, "test_lib.py": TESTS})


@counted
@pytest.mark.parametrize(
    "kind", ["Plain", "Circle", "Failing", "Outer", "Outer.Inner", "Quiet", "Odd"]
)
def test_objects_that_die_with_their_test(record: Record, kind: str) -> None:
    """In a circle, in the frames of a failure, put aside and taken back, or never made."""
    assert ("lib.py", kind) in record.private


@pytest.mark.parametrize("kind", ["Lone", "Left", "Base", "Heir", "Made", "Shared"])
def test_objects_that_outlive_a_test(record: Record, kind: str) -> None:
    """Of a module, in a list, of an heir, of a class that a function made, of a fixture."""
    assert ("lib.py", kind) not in record.private


def test_classes_of_a_module_that_ran_twice(record: Record) -> None:
    """They have the names of others, whose objects are not theirs."""
    assert ("again.py", "Again") not in record.private


@counted
def test_classes_of_a_module_that_a_test_imports(record: Record) -> None:
    """They are looked at from then on."""
    assert {name for path, name in record.private if path == "late.py"} == {"Late"}


@counted
def test_what_a_test_keeps_in_an_object_of_its_own_is_nobody_elses(shop: Checkout) -> None:
    """Who has another object, and doesn't ask it, doesn't run."""
    shop.write("deep.py", "def compute():\n    return 1\n")
    shop.write("box.py", LAZY)
    shop.write("tests/test_box.py", ASKING)
    shop.run("ft", "warm")
    shop.write("deep.py", "def compute():\n    return 1 + 0\n")
    shop.run("ft", "warm")
    assert set(shop.selected()) == {f"tests/test_box.py::test_{it}" for it in ("lid", "side")}


class _Plain:
    """A class of a repository, with no object."""


@pytest.mark.parametrize("known", [pytest.param(True, marks=counted), False])
def test_nothing_is_said_where_counts_mean_other_things(
    monkeypatch: pytest.MonkeyPatch, *, known: bool
) -> None:
    """Python 3.14 and builds without the global lock count references in another way."""
    monkeypatch.setattr(quirks, "COUNTED_OBJECTS", known)
    here = Path(__file__)
    lives = LifetimeProbe(Attribution(str(here.parent)))
    lives.look()
    assert ((here.name, "_Plain") in lives.private()) == known
