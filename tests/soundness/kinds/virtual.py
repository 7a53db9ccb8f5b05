"""Classes that an abstract one takes for its own, by `register`: that is kept in C."""

from tests.soundness.case import room, swap

case = room("registers itself")
nothing = room("nothing to break", want="nothing")

_SHAPES = """
    --- shapes.py
    import abc
    import collections.abc
    class Any(abc.ABC):
        pass
    class Shape(Any):
        pass
    --- kinds.py
    class Ring:
        def __len__(self):
            return 0
    --- drawn.py
    import functools
    import shapes
    @functools.singledispatch
    def drawn(it):
        return "nothing"
    @drawn.register
    def _(it: shapes.Shape):
        return "shape"
"""

_BY_TEST = """
    --- joined.py
    import kinds
    import shapes
    def join():
        shapes.Shape.register(kinds.Ring)
    def size():
        return 1
    --- test_first.py
    import joined
    def test_join():
        joined.join()
        assert joined.size()
"""

_BY_IMPORT = """
    --- joined.py
    import kinds
    import shapes
    shapes.Shape.register(kinds.Ring)
    def size():
        return 1
    --- test_first.py
    import joined
    def test_size():
        assert joined.size()
"""

_ITSELF = """
    --- test_later.py
    import kinds
    import shapes
    def test_shape():
        assert isinstance(kinds.Ring(), shapes.Shape)
"""

_ABOVE = """
    --- test_later.py
    import kinds
    import shapes
    def test_any():
        assert isinstance(kinds.Ring(), shapes.Any)
"""

_VARIANT = """
    --- test_later.py
    import drawn
    import kinds
    def test_drawn():
        assert drawn.drawn(kinds.Ring()) == "shape"
"""

_STANDARD = """
    --- test_later.py
    import collections.abc
    import kinds
    def test_sequence():
        assert isinstance(kinds.Ring(), collections.abc.Sequence)
"""

_CALL = "shapes.Shape.register(kinds.Ring)"
_SEQUENCE = "shapes.collections.abc.Sequence.register(kinds.Ring)"

CASES = (
    case(
        "virtual-subclass-by-an-earlier-test",
        _SHAPES + _BY_TEST + _ITSELF,
        swap("joined.py", _CALL, "pass"),
    ),
    case(
        "virtual-subclass-of-a-subclass-by-an-earlier-test",
        _SHAPES + _BY_TEST + _ABOVE,
        swap("joined.py", _CALL, "pass"),
    ),
    case(
        "virtual-subclass-that-selects-a-variant",
        _SHAPES + _BY_TEST + _VARIANT,
        swap("joined.py", _CALL, "pass"),
    ),
    case(
        "virtual-subclass-by-the-import-of-another-test",
        _SHAPES + _BY_IMPORT + _ITSELF,
        swap("joined.py", _CALL, "X = 1"),
    ),
    case(
        "virtual-subclass-of-a-subclass-by-the-import-of-another-test",
        _SHAPES + _BY_IMPORT + _ABOVE,
        swap("joined.py", _CALL, "X = 1"),
    ),
    case(
        "virtual-sequence-by-an-earlier-test",
        _SHAPES + _BY_TEST.replace(_CALL, _SEQUENCE) + _STANDARD,
        swap("joined.py", _SEQUENCE, "pass"),
    ),
    case(
        "virtual-sequence-by-the-import-of-another-test",
        _SHAPES + _BY_IMPORT.replace(_CALL, _SEQUENCE) + _STANDARD,
        swap("joined.py", _SEQUENCE, "X = 1"),
    ),
    case(
        "virtual-subclass-that-comes",
        _SHAPES + _BY_TEST.replace(_CALL, "pass") + _ITSELF.replace("assert", "assert not"),
        swap("joined.py", "pass", _CALL),
        rerun=True,
    ),
    nothing(
        "beside-an-import-that-registers-a-class",
        _SHAPES
        + _BY_IMPORT.replace("test_size", "_size").replace("--- test_first.py", "--- none.py")
        + _ITSELF.replace("import kinds", "import joined\n    import kinds"),
        swap("joined.py", "return 1", "return 2"),
    ),
)
