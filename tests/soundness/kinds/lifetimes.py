"""Code that runs once and serves many tests: fixtures, caches, singletons, what is torn down."""

from tests.soundness.case import room, swap

case = room("runs once, serves many")


def _fixture(scope: str) -> str:
    """Return a tree whose second test rests on what a fixture of this scope did for the first."""
    return f"""
    --- make.py
    def make():
        return [1, 2]
    --- conftest.py
    import pytest
    from make import make
    @pytest.fixture(scope="{scope}")
    def made():
        return make()
    --- pack/__init__.py
    --- pack/test_made.py
    class TestMade:
        def test_first(self, made):
            assert made
        def test_second(self, made):
            assert made == [1, 2]
    """


_CHANGE = swap("make.py", "[1, 2]", "[1, 2, 3]")

_TEARDOWN = """
    --- closing.py
    def close():
        return 0
    --- conftest.py
    import pytest
    from closing import close
    @pytest.fixture{scope}
    def thing():
        yield 1
        assert close() == 0
    --- test_thing.py
    def test_first(thing):
        assert thing
    def test_second(thing):
        assert thing
"""


_ORDERED = """
 --- pytest.ini
 [pytest]
 markers = order
 --- conftest.py
 def pytest_collection_modifyitems(items):
     def place(item):
         mark = item.get_closest_marker("order")
         return mark.args[0] if mark else 7
     items.sort(key=place)
 --- shop.py
 SOLD = []
 def sell(it):
     SOLD.append(it)
 --- test_early.py
 def test_early():
     pass
 --- test_sell.py
 import pytest
 import shop
 @pytest.mark.order(1)
 def test_sell():
     shop.sell("a")
 --- test_sold.py
 import pytest
 import shop
 @pytest.mark.order(5)
 def test_sold():
     assert shop.SOLD == ["a"]
"""

CASES = (
    case("session-fixture", _fixture("session"), _CHANGE, quick=True),
    case("package-fixture", _fixture("package"), _CHANGE),
    case("module-fixture", _fixture("module"), _CHANGE),
    case("class-fixture", _fixture("class"), _CHANGE),
    case("function-fixture", _fixture("function"), _CHANGE),
    case("fixture-itself", _fixture("function"), swap("conftest.py", "make()", "make() * 2")),
    case(
        "session-fixture-itself", _fixture("session"), swap("conftest.py", "make()", "make() * 2")
    ),
    case("teardown-of-a-fixture", _TEARDOWN.format(scope=""), swap("closing.py", "0", "1")),
    case(
        "teardown-of-a-session-fixture",
        _TEARDOWN.format(scope='(scope="session")'),
        swap("closing.py", "0", "1"),
    ),
    case(
        "teardown-of-a-module-fixture",
        _TEARDOWN.format(scope='(scope="module")'),
        swap("closing.py", "0", "1"),
    ),
    case(
        "fixture-resting-on-a-session-fixture",
        """
        --- base.py
        def base():
            return 1
        --- conftest.py
        import pytest
        from base import base
        @pytest.fixture(scope="session")
        def ground():
            return base()
        @pytest.fixture
        def house(ground):
            return ground + 1
        --- test_house.py
        def test_first(ground):
            assert ground
        def test_second(house):
            assert house == 2
        """,
        swap("base.py", "1", "2"),
    ),
    case(
        "autouse-session-fixture",
        """
        --- world.py
        def begin(state):
            state["n"] = 1
        --- conftest.py
        import pytest
        import world
        STATE = {}
        @pytest.fixture(autouse=True, scope="session")
        def begun():
            world.begin(STATE)
        --- test_world.py
        import conftest
        def test_first():
            assert True
        def test_second():
            assert conftest.STATE["n"] == 1
        """,
        swap("world.py", "1", "2"),
    ),
    case(
        "fixture-asked-for-by-name",
        """
        --- make.py
        def make():
            return 1
        --- conftest.py
        import pytest
        import make
        @pytest.fixture(scope="session")
        def made():
            return make.make()
        --- test_made.py
        def test_first(made):
            assert made
        def test_second(request):
            assert request.getfixturevalue("made") == 1
        """,
        swap("make.py", "1", "2"),
    ),
    case(
        "parametrised-session-fixture",
        """
        --- make.py
        def make(n):
            return n
        --- conftest.py
        import pytest
        from make import make
        @pytest.fixture(scope="session", params=[1, 2])
        def made(request):
            return make(request.param)
        --- test_made.py
        def test_first(made):
            assert made
        def test_second(made):
            assert made < 3
        """,
        swap("make.py", "return n", "return n + 1"),
    ),
    case(
        "iterator-of-a-module-that-an-earlier-test-began",
        """
         --- deep.py
         def compute():
             return "code"
         --- style.py
         from deep import compute
         def _codes():
             code = compute()
             while True:
                 yield code
         CODES = _codes()
         --- test_style.py
         from style import CODES
         def test_first():
             next(CODES)
         def test_second():
             assert next(CODES) == "code"
        """,
        swap("deep.py", '"code"', '"mode"'),
    ),
    case(
        "results-of-a-method-named-like-others-behind-one-that-fills-by-key",
        """
         --- load.py
         class Lexer:
             def take(self, name):
                 return 1
         class Reader:
             def take(self, name):
                 return 1
         class Parser:
             def __init__(self):
                 self.lexer = Lexer()
             def parse(self, name):
                 return self.lexer.take(name)
         KEPT = {}
         PARSER = Parser()
         def value(name):
             if name not in KEPT:
                 KEPT[name] = PARSER.parse(name)
             return KEPT[name]
         --- test_load.py
         from load import Reader, value
         def test_one():
             assert value("one")
         def test_two():
             assert value("two")
         def test_two_again():
             assert value("two") == 1
         def test_reader():
             assert Reader().take("one")
         """,
        swap("load.py", "return 1\nclass Reader", "return 2\nclass Reader"),
    ),
    case(
        "test-that-comes-to-stand-before-one-that-fills-a-list",
        """
         --- shop.py
         SOLD = []
         def sell(it):
             SOLD.append(it)
         --- test_shop.py
         import shop
         def test_sell():
             shop.sell("a")
         def test_free():
             assert True
         def test_sold():
             assert shop.SOLD == ["a"]
        """,
        swap(
            "test_shop.py",
            'def test_sell():\n    shop.sell("a")\ndef test_free():\n    assert True\n'
            'def test_sold():\n    assert shop.SOLD == ["a"]\n',
            'def test_free():\n    assert True\ndef test_sold():\n    assert shop.SOLD == ["a"]\n'
            'def test_sell():\n    shop.sell("a")\n',
        ),
    ),
    case(
        "mark-by-which-a-plugin-puts-tests-in-order",
        _ORDERED,
        swap("test_sell.py", "order(1)", "order(9)"),
    ),
    case(
        "mark-of-one-that-comes-after-another-now",
        _ORDERED.replace("order(5)", "order(0)").replace('== ["a"]', "== []"),
        swap("test_sold.py", "order(0)", "order(5)"),
    ),
    case(
        "kept-by-way-of-a-variable-that-another-function-sets",
        """
         --- rates.py
         def rate():
             return 2
         --- shop.py
         from rates import rate
         KEPT = {}
         _next = None
         def prepare():
             global _next
             _next = rate()
         def keep():
             KEPT["now"] = _next
         def kept():
             return KEPT["now"]
         --- test_shop.py
         import shop
         def test_keep():
             shop.prepare()
             shop.keep()
         def test_kept():
             assert shop.kept() == 2
        """,
        swap("rates.py", "return 2", "return 3"),
    ),
    case(
        "kept-by-way-of-an-object-that-another-function-fills",
        """
         --- rates.py
         def rate():
             return 2
         --- shop.py
         from rates import rate
         class Till:
             pass
         KEPT = {}
         TILL = Till()
         def prepare():
             TILL.price = rate()
         def keep():
             KEPT["now"] = TILL.price
         def kept():
             return KEPT["now"]
         --- test_shop.py
         import shop
         def test_keep():
             shop.prepare()
             shop.keep()
         def test_kept():
             assert shop.kept() == 2
        """,
        swap("rates.py", "return 2", "return 3"),
    ),
)
