"""What is left where an abstract class is told of another class, which is kept in C."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model.recording import HOLDS
from tests.e2e.recorder.recorded import recorded

if TYPE_CHECKING:
    from pathlib import Path

FILES = {
    "shapes.py": """\
import abc

class Any(abc.ABC):
    pass

class Shape(Any):
    pass

class Ring:
    pass

class Cube:
    pass
""",
    "joined.py": """\
import shapes
shapes.Shape.register(shapes.Cube)
""",
    "test_a.py": """\
import collections.abc
import fractions
import shapes

def test_ours():
    shapes.Shape.register(shapes.Ring)

def test_again():
    shapes.Shape.register(shapes.Ring)

def test_standard():
    collections.abc.Sized.register(shapes.Ring)
    collections.abc.Sequence.register(fractions.Fraction)

def test_imports():
    import joined

def test_odd():
    class Meta(type(shapes.Any)):
        def __getattribute__(cls, name):
            if name in ("__module__", "__qualname__"):
                raise ValueError(name)
            return super().__getattribute__(name)
    class Odd(metaclass=Meta):
        pass
    Odd.register(shapes.Ring)
""",
}


def test_what_registers_a_class_leaves_it(tmp_path: Path) -> None:
    """By the names of both, of those above, and of a library's where the project has told it."""
    record = recorded(tmp_path, FILES)
    said = {n: it.name for n, it in enumerate(record.observations) if it.kind == "left"}
    left = {
        test.nodeid.partition("::")[2]: {said[n] for n in test.observations if n in said}
        for test in record.tests
    }
    things = {name: {it.partition(HOLDS)[0] for it in names} for name, names in left.items()}
    ours = {"shapes.py:Any", "shapes.py:Shape", "shapes.py:Ring"}
    assert things["test_ours"] == ours
    assert all(HOLDS in it for it in left["test_ours"])
    assert things["test_again"] == set()
    assert things["test_standard"] == {
        "shapes.py:Ring",
        "library:collections.abc:Sized",
        "library:collections.abc:Sequence",
    }
    assert things["test_imports"] == set()
    scope = next(it for it in record.scopes if (it.kind, it.name) == ("import", "joined.py"))
    names = {said[n] for n in scope.observations if n in said}
    assert {it for it in names if HOLDS not in it} == {
        "shapes.py:Any",
        "shapes.py:Shape",
        "shapes.py:Cube",
    }
    assert len(names) == 6
    assert things["test_odd"] == {"test_a.py:test_odd", "shapes.py:Ring"}
    assert not any(it.kind == "untraceable" for it in record.observations)
