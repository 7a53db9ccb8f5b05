"""How modules find each other: re-exports, helpers run by an import, shadows, optional imports."""

from tests.soundness.case import append, drop, move, room, swap, write

case = room("import")

_PACKAGE = """
    --- box/__init__.py
    from box.one import size
    --- box/one.py
    def size():
        return 1
    --- box/two.py
    def size():
        return 2
    --- test_box.py
    from box import size
    def test_size():
        assert size() == 1
"""

_CHAIN = """
    --- low.py
    def low():
        return 1
    def unused():
        return 2
    --- high.py
    import low
    def high():
        return low.low()
    --- test_high.py
    from high import high
    def test_high():
        assert high() == 1
"""

_CONSTANTS = """
    --- limits.py
    LIMIT = 1
    --- test_limits.py
    def test_limit():
        from limits import LIMIT
        assert LIMIT == 1
"""

_STRICT = """
    --- pytest.ini
    [pytest]
    filterwarnings = error
    --- shop.py
    MARK = "d"
    def idle(x):
        return x == 1
    def price():
        return 2
    --- test_shop.py
    from shop import price
    def test_price():
        assert price() == 2
"""

_OVER = """
    --- box/__init__.py
    import os
    __path__.insert(0, os.path.join(os.path.dirname(__file__), "over"))
    --- box/size.py
    N = 1
    --- test_size.py
    from box import size
    def test_size():
        assert size.N == 1
"""

_OVER_LATE = """
    --- box/__init__.py
    import os
    __path__.insert(0, os.path.join(os.path.dirname(__file__), "over"))
    --- box/size.py
    N = 1
    --- test_size.py
    def test_size():
        from box.size import N
        assert N == 1
"""

_ALWAYS = """
def idle(x):
    assert (x, "is true")
"""


CASES = (
    case("re-export-points-elsewhere", _PACKAGE, swap("box/__init__.py", "one", "two"), quick=True),
    case("re-export-removed", _PACKAGE, write("box/__init__.py", "")),
    case(
        "re-export-hidden-by-a-later-name",
        _PACKAGE,
        append("box/__init__.py", "size = lambda: 3\n"),
    ),
    case("package-loses-its-init", _PACKAGE, drop("box/__init__.py")),
    case(
        "syntax-error-in-an-imported-module",
        _CHAIN,
        append("low.py", "def broken(:\n"),
    ),
    case("error-while-a-module-is-imported", _CHAIN, append("low.py", "raise RuntimeError\n")),
    case("import-of-an-absent-module-added", _CHAIN, append("low.py", "import not_there\n")),
    case(
        "syntax-error-in-a-module-of-constants", _CONSTANTS, append("limits.py", "def broken(:\n")
    ),
    case("error-at-the-end-of-a-module-of-constants", _CONSTANTS, append("limits.py", "1 / 0\n")),
    case("module-of-constants-deleted", _CONSTANTS, drop("limits.py")),
    case("imports-made-circular", _CHAIN, append("low.py", "from high import high\n")),
    case("name-removed", _CHAIN, swap("low.py", "def low", "def lower")),
    case("module-deleted", _CHAIN, drop("low.py")),
    case("module-renamed", _CHAIN, move("low.py", "lower.py")),
    case("name-bound-again-below-its-function", _CHAIN, append("low.py", "low = unused\n")),
    case(
        "import-of-a-wrong-name-in-an-unused-module-of-the-package",
        """
         --- box/__init__.py
         import box.extra
         --- box/extra.py
         ready = True
         --- box/one.py
         def one():
             return 1
         --- test_one.py
         from box.one import one
         def test_one():
             assert one() == 1
         """,
        append("box/extra.py", "from box.one import two\n"),
    ),
    case("compiler-warns-of-a-constant-as-an-error", _STRICT, swap("shop.py", '"d"', '"\\d"')),
    case("compiler-warns-of-a-body-as-an-error", _STRICT, swap("shop.py", "x == 1", "x is 1")),
    case("compiler-warns-in-a-test-file", _STRICT, append("test_shop.py", _ALWAYS)),
    case("compiler-refuses-a-body", _STRICT, swap("shop.py", "return x == 1", "break")),
    case("module-comes-where-a-package-looks-first", _OVER, write("box/over/size.py", "N = 2\n")),
    case(
        "module-comes-where-a-package-looks-for-a-function",
        _OVER_LATE,
        write("box/over/size/__init__.py", "N = 2\n"),
    ),
)
