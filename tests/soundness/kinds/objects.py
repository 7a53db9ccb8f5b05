"""An attribute of a class, and tests that come by an object of it without asking for the class."""

from pathlib import Path

from tests.soundness.case import Step, room, swap
from tests.soundness.kinds.strangers import library

case = room("object of a class")

_SHAPE = """
    --- shape.py
    class Shape:
        sides = 1
        def __init__(self):
            self.made = True
    --- other.py
    class Other:
        sides = 1
"""
_SIDES = swap("shape.py", "sides = 1", "sides = 2")


def _pickled(root: Path) -> None:
    """Lay an object into a file, as pickle writes it."""
    (root / "shape.bin").write_bytes(b"\x80\x04cshape\nShape\n)\x81.")


def _library(code: str) -> tuple[Step, ...]:
    return (library(code),)


CASES = (
    case(
        "made-by-a-session-fixture",
        _SHAPE
        + """
    --- conftest.py
    import pytest
    from shape import Shape
    @pytest.fixture(scope="session")
    def thing():
        return Shape()
    --- test_shape.py
    from shape import Shape
    def test_first(thing):
        assert isinstance(thing, Shape)
    def test_sides(thing):
        assert isinstance(thing, Shape) and thing.sides == 1
        """,
        _SIDES,
        quick=True,
    ),
    case(
        "made-while-a-module-was-imported",
        _SHAPE
        + """
    --- register.py
    from shape import Shape
    THINGS = []
    def fill():
        THINGS.append(Shape())
    fill()
    --- test_shape.py
    import register
    from shape import Shape
    def test_sides():
        thing = register.THINGS[0]
        assert isinstance(thing, Shape) and thing.sides == 1
        """,
        _SIDES,
    ),
    case(
        "made-by-a-helper-for-an-earlier-test",
        _SHAPE
        + """
    --- lazy.py
    from shape import Shape
    _thing = None
    def _build():
        return Shape()
    def thing():
        global _thing
        if _thing is None:
            _thing = _build()
        return _thing
    --- test_shape.py
    from lazy import thing
    from shape import Shape
    def test_first():
        assert isinstance(thing(), Shape)
    def test_sides():
        assert isinstance(thing(), Shape) and thing().sides == 1
        """,
        _SIDES,
    ),
    case(
        "made-by-a-helper-that-many-tests-use",
        _SHAPE
        + """
    --- lazy.py
    from shape import Shape
    _thing = None
    def build():
        return Shape()
    def thing():
        global _thing
        if _thing is None:
            _thing = build()
        return _thing
    --- test_shape.py
    import pytest
    from lazy import build, thing
    from shape import Shape
    @pytest.mark.parametrize("n", range(30))
    def test_build(n):
        assert thing() is not build()
    def test_sides():
        assert isinstance(thing(), Shape) and thing().sides == 1
        """,
        _SIDES,
    ),
    case(
        "handed-to-a-registry-by-an-earlier-test",
        _SHAPE
        + """
    --- registry.py
    _things = []
    def register(thing):
        _things.append(thing)
    def things():
        return _things
    --- test_shape.py
    from registry import register, things
    from shape import Shape
    def test_first():
        register(Shape())
    def test_sides():
        assert isinstance(things()[0], Shape) and things()[0].sides == 1
        """,
        _SIDES,
    ),
    case(
        "made-by-a-base-that-comes-first",
        _SHAPE
        + """
    --- wrong.py
    from shape import Shape
    class Wrong(ValueError, Shape):
        pass
    def check():
        raise Wrong("no")
    --- test_shape.py
    from shape import Shape
    from wrong import check
    def test_sides():
        try:
            check()
        except ValueError as error:
            assert isinstance(error, Shape) and error.sides == 1
        """,
        _SIDES,
    ),
    case(
        "made-by-another-base-of-ours",
        _SHAPE
        + """
    --- mixed.py
    from shape import Shape
    class Maker:
        def __init__(self):
            self.mixed = True
    class Mixed(Maker, Shape):
        pass
    def make():
        return Mixed()
    --- test_shape.py
    from mixed import make
    from shape import Shape
    def test_sides():
        thing = make()
        assert isinstance(thing, Shape) and thing.sides == 1
        """,
        _SIDES,
    ),
    case(
        "handed-out-by-a-metaclass",
        """
    --- shape.py
    class Single(type):
        _made = {}
        def __call__(cls):
            if cls not in cls._made:
                cls._made[cls] = super().__call__()
            return cls._made[cls]
    class Shape(metaclass=Single):
        sides = 1
        def __init__(self):
            self.made = True
    --- other.py
    class Other:
        sides = 1
    --- test_shape.py
    from shape import Shape
    def test_first():
        assert Shape().made
    def test_sides():
        assert Shape().sides == 1
        """,
        _SIDES,
    ),
    case(
        "unpickled-from-a-file",
        _SHAPE
        + """
    --- load.py
    from pathlib import Path
    from pickle import loads
    def load():
        return loads(Path("shape.bin").read_bytes())
    --- test_shape.py
    from load import load
    from shape import Shape
    def test_sides():
        thing = load()
        assert isinstance(thing, Shape) and thing.sides == 1
        """,
        _SIDES,
        setup=(_pickled,),
    ),
    case(
        "made-without-its-constructor",
        _SHAPE
        + """
    --- copies.py
    def bare(kind):
        return kind.__new__(kind)
    --- test_shape.py
    from copies import bare
    from shape import Shape
    def test_sides():
        thing = bare(Shape)
        assert isinstance(thing, Shape) and thing.sides == 1
        """,
        _SIDES,
    ),
    case(
        "class-by-another-name-of-an-import-in-a-function",
        _SHAPE
        + """
    --- test_shape.py
    def test_sides():
        from shape import Shape as Kind
        kind = Kind
        assert kind.sides == 1
        """,
        _SIDES,
    ),
    case(
        "attribute-of-the-class-itself",
        _SHAPE
        + """
    --- test_shape.py
    from shape import Shape
    def test_sides():
        assert Shape.sides == 1
        """,
        _SIDES,
    ),
    case(
        "class-that-a-library-makes-objects-of",
        _SHAPE
        + """
    --- test_shape.py
    import frame
    from shape import Shape
    def test_sides():
        thing = frame.make(Shape)
        assert isinstance(thing, Shape) and thing.sides == 1
        """,
        _SIDES,
        env={"PYTHONPATH": "{base}/site"},
        setup=_library("def make(kind):\n    return object.__new__(kind)\n"),
    ),
)
