"""Values kept from one test for the next: caches, singletons, set-up functions, files."""

from tests.soundness.case import append, room, swap

case = room("runs once, serves many")

_CACHED = """
    --- load.py
    {how}
    --- test_load.py
    from load import value
    def test_first():
        assert value()
    def test_second():
        assert value() == 1
"""


_XUNIT = """
    --- make.py
    def make():
        return 1
    --- test_made.py
    from make import make
    def {hook}:
        global made
        made = make()
    def test_first():
        assert made
    def test_second():
        assert made == 1
"""

_LOAD = """
        --- load.py
        from functools import cache
        def make():
            return 1
        @cache
        def value():
            return make()
"""

_MADE = "from functools import lru_cache\ndef make():\n    return 1\n"


def _cached(how: str) -> str:
    body = how.replace("\n", "\n    ")
    return _CACHED.replace("{how}", body)


CASES = (
    case(
        "dictionary-that-tests-fill-key-by-key",
        """
        --- load.py
        KEPT = {}
        def make(name):
            return 1
        def value(name):
            if name not in KEPT:
                KEPT[name] = make(name)
            return KEPT[name]
        --- test_load.py
        from load import value
        def test_one():
            assert value("one")
        def test_two():
            assert value("two")
        def test_two_again():
            assert value("two") == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "objects-that-tests-keep-key-by-key",
        """
        --- load.py
        KEPT = {}
        class Thing:
            def __init__(self, name):
                self.size = self.measure()
            def measure(self):
                return 1
        def value(name):
            if name not in KEPT:
                KEPT[name] = Thing(name)
            return KEPT[name].size
        --- test_load.py
        from load import value
        def test_one():
            assert value("one")
        def test_two():
            assert value("two")
        def test_two_again():
            assert value("two") == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "results-of-a-method-kept-key-by-key",
        """
        --- load.py
        class Store:
            def __init__(self):
                self._kept = {}
            def make(self, name):
                return 1
            def value(self, name):
                if name not in self._kept:
                    made = self.make(name)
                    self._kept[name] = made
                return self._kept[name]
        STORE = Store()
        --- test_load.py
        from load import STORE
        def test_one():
            assert STORE.value("one")
        def test_two():
            assert STORE.value("two")
        def test_two_again():
            assert STORE.value("two") == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "results-of-the-method-of-another-object-kept-key-by-key",
        """
        --- load.py
        class Parser:
            def parse(self, name):
                return 1
        KEPT = {}
        PARSER = Parser()
        def value(name):
            if name not in KEPT:
                KEPT[name] = PARSER.parse(name)
            return KEPT[name]
        --- test_load.py
        from load import value
        def test_one():
            assert value("one")
        def test_two():
            assert value("two")
        def test_two_again():
            assert value("two") == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "results-of-a-handed-in-object-kept-key-by-key",
        """
        --- load.py
        class Lexer:
            def words(self, name):
                return [1]
        class Parser:
            def __init__(self, lexer):
                self.lexer = lexer
            def parse(self, name):
                return self.lexer.words(name)[0]
        class Other:
            def parse(self, name):
                return 3
        class Store:
            def __init__(self, parser):
                self._kept = {}
                self._parser = parser
            def value(self, name):
                if name not in self._kept:
                    made = self._parser.parse(name)
                    self._kept[name] = made
                return self._kept[name]
        STORE = Store(Parser(Lexer()))
        --- test_load.py
        from load import Other, STORE
        def test_one():
            assert STORE.value("one")
        def test_two():
            assert STORE.value("two")
        def test_two_again():
            assert STORE.value("two") == 1
        def test_other():
            assert Other().parse("two") == 3
        """,
        swap("load.py", "return [1]", "return [2]"),
    ),
    case(
        "property-of-an-argument-kept-key-by-key",
        """
        --- load.py
        class Page:
            def __init__(self, name):
                self.name = name
            @property
            def title(self):
                return self.name.title()
        KEPT = {}
        def title(page):
            if page.name not in KEPT:
                KEPT[page.name] = page.title
            return KEPT[page.name]
        --- test_load.py
        from load import Page, title
        def test_one():
            assert title(Page("one"))
        def test_two():
            assert title(Page("two"))
        def test_two_again():
            assert title(Page("two")) == "Two"
        """,
        swap("load.py", "self.name.title()", "self.name.upper()"),
    ),
    case(
        "results-kept-where-looking-for-them-fails",
        """
        --- load.py
        def make(name):
            return 1
        class Store:
            def __init__(self):
                self._kept = {}
            def value(self, name):
                try:
                    return self._kept[name]
                except KeyError:
                    made = self._kept[name] = make(name)
                    return made
        STORE = Store()
        --- test_load.py
        from load import STORE
        def test_one():
            assert STORE.value("one")
        def test_two():
            assert STORE.value("two")
        def test_two_again():
            assert STORE.value("two") == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "object-of-a-module-that-is-asked-after-others-were",
        """
        --- load.py
        def make():
            return 1
        class Box:
            def __init__(self):
                self._kept = None
            def get(self):
                if self._kept is None:
                    self._kept = make()
                return self._kept
        --- test_load.py
        import pytest
        from load import Box
        @pytest.fixture(scope="module")
        def box():
            return Box()
        @pytest.mark.parametrize("n", range(30))
        def test_own(n):
            assert Box().get()
        def test_first(box):
            assert box.get()
        def test_second(box):
            assert box.get() == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "decorator-of-our-own-that-remembers",
        """
        --- load.py
        import functools
        def remembers(function):
            kept = {}
            @functools.wraps(function)
            def answer(*asked):
                if asked not in kept:
                    kept[asked] = function(*asked)
                return kept[asked]
            return answer
        def make():
            return 1
        @remembers
        def value():
            return make()
        --- test_load.py
        from load import value
        def test_first():
            assert value()
        def test_second():
            assert value() == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "descriptor-of-our-own-that-remembers",
        """
        --- load.py
        class lazy:
            def __init__(self, function):
                self.function = function
                self.name = function.__name__
            def __get__(self, thing, kind):
                value = thing.__dict__[self.name] = self.function(thing)
                return value
        def make():
            return 1
        class Box:
            @lazy
            def value(self):
                return make()
        BOX = Box()
        --- test_load.py
        from load import BOX
        def test_first():
            assert BOX.value
        def test_second():
            assert BOX.value == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "maker-that-an-object-was-given",
        """
        --- load.py
        def make():
            return 1
        class Lazy:
            def __init__(self, maker):
                self.maker = maker
                self.kept = None
            def get(self):
                if self.kept is None:
                    self.kept = self.maker()
                return self.kept
        value = Lazy(make)
        --- test_load.py
        from load import value
        def test_first():
            assert value.get()
        def test_second():
            assert value.get() == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "maker-in-a-table",
        """
        --- load.py
        def make():
            return 1
        MAKERS = {"one": make}
        KEPT = {}
        def value(name):
            if name not in KEPT:
                KEPT[name] = MAKERS[name]()
            return KEPT[name]
        --- test_load.py
        from load import value
        def test_first():
            assert value("one")
        def test_second():
            assert value("one") == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "maker-that-the-first-who-asks-hands-in",
        """
        --- load.py
        KEPT = {}
        def value(name, maker):
            if name not in KEPT:
                KEPT[name] = maker()
            return KEPT[name]
        --- make.py
        def make():
            return 1
        --- test_load.py
        from load import value
        from make import make
        def test_first():
            assert value("one", make)
        def test_second():
            assert value("one", None) == 1
        """,
        swap("make.py", "return 1", "return 2"),
    ),
    case(
        "variable-of-a-closure",
        """
        --- load.py
        def make():
            return 1
        def lazily(maker):
            kept = None
            def get():
                nonlocal kept
                if kept is None:
                    kept = maker()
                return kept
            return get
        value = lazily(make)
        --- test_load.py
        from load import value
        def test_first():
            assert value()
        def test_second():
            assert value() == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "dictionary-of-a-closure",
        """
        --- load.py
        def make(name):
            return 1
        def lazily(maker):
            kept = {}
            def get(name):
                if name not in kept:
                    kept[name] = maker(name)
                return kept[name]
            return get
        value = lazily(make)
        --- test_load.py
        from load import value
        def test_first():
            assert value("a")
        def test_second():
            assert value("a") == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "test-that-needs-an-earlier-one",
        """
         --- test_mod.py
         STATE = []
         def test_a():
             STATE.append(1)
         def test_b():
             assert STATE
         """,
        swap("test_mod.py", "    STATE.append(1)", "    pass"),
    ),
    case(
        "state-an-earlier-test-left-in-a-module",
        """
         --- counter.py
         STATE = {}
         def begin():
             STATE["n"] = 1
         --- test_counter.py
         import counter
         def test_first():
             counter.begin()
         def test_second():
             assert counter.STATE["n"] == 1
         """,
        swap("counter.py", "= 1", "= 2"),
    ),
    case(
        "code-kept-in-an-object-that-an-earlier-test-made",
        """
         --- style.py
         class Style:
             def __init__(self):
                 self._code = None
             def make(self):
                 if self._code is None:
                     self._code = "code"
                 return self._code
             def render(self):
                 return self._code or self.make()
         BOLD = Style()
         --- test_style.py
         from style import BOLD
         def test_first():
             BOLD.render()
         def test_second():
             assert BOLD.render() == "code"
        """,
        swap("style.py", '"code"', '"mode"'),
    ),
    case(
        "variable-that-an-earlier-test-had-filled",
        """
         --- setup.py
         CODE = None
         def fill():
             global CODE
             CODE = "code"
         def code():
             if CODE is None:
                 fill()
             return CODE
         --- test_setup.py
         from setup import code
         def test_first():
             code()
         def test_second():
             assert code() == "code"
        """,
        swap("setup.py", '"code"', '"mode"'),
    ),
    case(
        "dictionary-that-an-earlier-test-had-filled",
        """
         --- store.py
         CODES = {}
         def fill(name):
             CODES[name] = "code"
         def code(name):
             if name not in CODES:
                 fill(name)
             return CODES[name]
         --- test_store.py
         from store import code
         def test_first():
             code("a")
         def test_second():
             assert code("a") == "code"
        """,
        swap("store.py", '"code"', '"mode"'),
    ),
    case(
        "finaliser-of-a-session-fixture",
        """
        --- closing.py
        def close():
            return 0
        --- conftest.py
        import pytest
        from closing import close
        def _close():
            assert close() == 0
        @pytest.fixture(scope="session")
        def thing(request):
            request.addfinalizer(_close)
        --- test_thing.py
        def test_first(thing):
            assert True
        def test_last(thing):
            assert True
        """,
        swap("closing.py", "0", "1"),
    ),
    case(
        "cached-function",
        _cached("from functools import lru_cache\n@lru_cache\ndef value():\n    return 1"),
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "cache-filled-while-its-module-is-imported",
        _cached(_MADE + "@lru_cache\ndef value():\n    return make()\nFIRST = value()"),
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "cache-that-raised-before-it-answered",
        _cached(
            _MADE
            + "@lru_cache\ndef of(n):\n    if n < 0:\n        raise ValueError\n    return 1\n"
            "def value():\n    try:\n        return of(-1)\n    except ValueError:\n"
            "        return make()"
        ),
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "cached-functions-that-call-each-other",
        """
        --- load.py
        from functools import cache
        def make():
            return 1
        @cache
        def even(n):
            return make() if n == 0 else odd(n - 1)
        @cache
        def odd(n):
            return make() if n == 0 else even(n - 1)
        --- test_load.py
        from load import even, odd
        def test_first():
            assert even(4)
        def test_second():
            assert odd(3) == 1
        def test_third():
            assert even(2) == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "cached-method-that-a-library-s-base-finishes",
        """
        --- load.py
        from functools import lru_cache
        from string import Formatter
        class Plain:
            def convert_field(self, value, conversion):
                return f"<{value}>"
        class Shown(Plain, Formatter):
            @lru_cache
            def format(self, text, *more):
                return super().format(text, *more)
        _SHOWN = Shown()
        def shown(text, *more):
            return _SHOWN.format(text, *more)
        --- test_load.py
        from load import shown
        def test_first():
            assert shown("{}", 1)
        def test_second():
            assert shown("{}", 1) == "<1>"
        """,
        swap("load.py", "<{value}>", "[{value}]"),
    ),
    case(
        "cached-method-of-a-fixture-s-object-whose-heir-a-library-asks",
        """
        --- load.py
        from functools import lru_cache
        from string import Formatter as Base
        class Shown(Base):
            @lru_cache
            def format(self, text, *more):
                return super().format(text, *more)
        class Marked(Shown):
            def convert_field(self, value, conversion):
                return f"<{value}>"
        --- conftest.py
        import pytest
        from load import Marked
        @pytest.fixture(scope="session")
        def shown():
            return Marked()
        --- test_load.py
        def test_first(shown):
            assert shown.format("{}", 1)
        def test_second(shown):
            assert shown.format("{}", 1) == "<1>"
        """,
        swap("load.py", "<{value}>", "[{value}]"),
    ),
    case(
        "cached-object-whose-constructor-is-inherited",
        """
        --- load.py
        from functools import lru_cache
        class Base:
            def __init__(self):
                self.n = 1
        class Thing(Base):
            pass
        @lru_cache
        def make():
            return Thing()
        --- test_load.py
        from load import make
        def test_first():
            assert make()
        def test_second():
            assert make().n == 1
        """,
        swap("load.py", "self.n = 1", "self.n = 2"),
    ),
    case(
        "cache-that-a-fixture-asks",
        _LOAD
        + """
        --- conftest.py
        import pytest
        from load import value
        @pytest.fixture(scope="module")
        def held():
            return value()
        --- test_load.py
        from load import value
        def test_first():
            assert value()
        def test_second(held):
            assert held == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "cache-that-two-modules-ask-while-they-are-imported",
        _LOAD
        + """
        --- one.py
        from load import value
        ONE = value()
        --- two.py
        from load import value
        TWO = value()
        --- test_one.py
        from one import ONE
        def test_one():
            assert ONE
        --- test_two.py
        from two import TWO
        def test_two():
            assert TWO == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "cache-asked-in-a-thread",
        _LOAD
        + """
        --- test_load.py
        import threading
        from load import value
        def test_first():
            thread = threading.Thread(target=value)
            thread.start()
            thread.join()
        def test_second():
            assert value() == 1
        """,
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "singleton-made-when-first-asked-for",
        _cached(
            "_made = []\ndef make():\n    return 1\n"
            "def value():\n    if not _made:\n        _made.append(make())\n    return _made[0]"
        ),
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "cached-property-of-a-shared-object",
        _cached(
            "from functools import cached_property\nclass One:\n    @cached_property\n"
            "    def n(self):\n        return 1\n_one = One()\ndef value():\n    return _one.n"
        ),
        swap("load.py", "return 1", "return 2"),
    ),
    case(
        "generator-begun-by-an-earlier-test",
        _cached(
            "def steps():\n    while True:\n        yield 5\n        yield 1\n"
            "_steps = steps()\ndef value():\n    return next(_steps)"
        ),
        swap("load.py", "yield 1", "yield 2"),
    ),
    case("set-up-of-a-module", _XUNIT.format(hook="setup_module()"), swap("make.py", "1", "2")),
    case("set-up-of-a-function", _XUNIT.format(hook="setup_function()"), swap("make.py", "1", "2")),
    case(
        "set-up-of-a-class",
        """
        --- make.py
        def make():
            return 1
        --- test_made.py
        from make import make
        class TestMade:
            @classmethod
            def setup_class(cls):
                cls.made = make()
            def test_first(self):
                assert self.made
            def test_second(self):
                assert self.made == 1
        """,
        swap("make.py", "1", "2"),
    ),
    case(
        "tear-down-of-a-module",
        """
        --- closing.py
        def close():
            return 0
        --- test_thing.py
        from closing import close
        def teardown_module():
            assert close() == 0
        def test_first():
            assert True
        def test_last():
            assert True
        """,
        swap("closing.py", "0", "1"),
    ),
    case(
        "file-written-by-an-earlier-test",
        """
        --- maker.py
        def make(path):
            path.write_text("1")
        --- test_maker.py
        from pathlib import Path
        from maker import make
        OUT = Path("made.txt")
        def test_first():
            make(OUT)
        def test_second():
            assert OUT.read_text() == "1"
        """,
        swap("maker.py", '"1"', '"2"'),
    ),
    case(
        "session-fixture-that-reads-a-file",
        """
        --- data.txt
        1
        --- conftest.py
        import pytest
        from pathlib import Path
        @pytest.fixture(scope="session")
        def data():
            return Path(__file__).with_name("data.txt").read_text().strip()
        --- test_data.py
        def test_first(data):
            assert data
        def test_second(data):
            assert data == "1"
        """,
        swap("data.txt", "1", "2"),
    ),
    case(
        "constant-used-by-a-session-fixture",
        """
        --- limits.py
        LIMIT = 1
        --- conftest.py
        import pytest
        import limits
        @pytest.fixture(scope="session")
        def limit():
            return limits.LIMIT
        --- test_limit.py
        def test_first(limit):
            assert limit
        def test_second(limit):
            assert limit == 1
        """,
        append("limits.py", "LIMIT = 2\n"),
    ),
)
