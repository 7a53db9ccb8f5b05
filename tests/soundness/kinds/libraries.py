"""What tests and imports leave in libraries that nobody has heard of, and in pytest itself."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soundness.case import room, swap, write
from tests.soundness.kinds.strangers import library

if TYPE_CHECKING:
    from tests.soundness.case import Case

_KIND = "left in a library"
_ENV = {"PYTHONPATH": "{base}/site"}
_room = room(_KIND, env=_ENV, rerun=True)
#: What was recorded tells enough.
_told = room(_KIND, env=_ENV)


def case(name: str, frame: str, tree: str, old: str, new: str, **rest: object) -> Case:
    """Return a case with a library that is called ``frame``, and a change of ``shop.py``."""
    return _room(name, tree, swap("shop.py", old, new), setup=(library(frame),), **rest)


#: A package that hands on a function, and keeps the table that it uses in another module.
_YARD = (
    write("../site/yard/__init__.py", "from yard.rendering import render\n"),
    write("../site/yard/defaults.py", "WORDS = {}\n"),
    write(
        "../site/yard/rendering.py",
        "from yard.defaults import WORDS\ndef render(name, text):\n    return WORDS[name](text)\n",
    ),
)
CASES = (
    case(
        "results-in-a-table-that-only-the-library-names",
        """
        _SEEN = {}
        def keep(function):
            def ask(*key):
                if key not in _SEEN:
                    _SEEN[key] = function(*key)
                return _SEEN[key]
            return ask
        """,
        """
         --- shop.py
         from frame import keep
         @keep
         def price(n):
             return cost(n) * 2
         def cost(n):
             return n + 1
         --- test_shop.py
         from shop import price
         def test_first():
             assert price(1)
         def test_second():
             assert price(1) == 4
        """,
        "n + 1",
        "n + 2",
        quick=True,
    ),
    case(
        "plain-value-that-a-test-puts-into-a-library",
        """
        _KEPT = {}
        def put(key, value):
            _KEPT[key] = value
        def get(key):
            return _KEPT[key]
        """,
        """
         --- shop.py
         import frame
         def start():
             frame.put("rate", rate())
         def rate():
             return 3
         def cost(n):
             return n * frame.get("rate")
         --- test_shop.py
         import shop
         def test_first():
             shop.start()
         def test_second():
             assert shop.cost(2) == 6
        """,
        "return 3",
        "return 4",
    ),
    case(
        "object-behind-a-weak-reference-in-a-library",
        """
        import weakref
        _LIVE = weakref.WeakValueDictionary()
        def add(key, one):
            _LIVE[key] = one
            return one
        def find(key):
            return _LIVE[key]
        """,
        """
         --- shop.py
         import frame
         class Shelf:
             def __init__(self, size):
                 self.size = size
         KEPT = []
         def build():
             KEPT.append(frame.add("wall", Shelf(size())))
         def size():
             return 1
         def wall():
             return frame.find("wall").size
         --- test_shop.py
         import shop
         def test_first():
             shop.build()
         def test_second():
             assert shop.wall() == 1
        """,
        "return 1",
        "return 2",
    ),
    case(
        "library-that-a-function-imports-when-it-runs",
        """
        import pickle
        _KEPT = {}
        def dump(key, one):
            _KEPT[key] = pickle.dumps(one)
        def load(key):
            return pickle.loads(_KEPT[key])
        """,
        """
         --- shop.py
         def start():
             return 1
         def save():
             import frame
             frame.dump("till", {"sum": start()})
         def till():
             import frame
             return frame.load("till")["sum"]
         --- test_shop.py
         import shop
         def test_first():
             shop.save()
         def test_second():
             assert shop.till() == 1
        """,
        "return 1",
        "return 2",
    ),
    case(
        "fixture-of-a-plugin-that-keeps-what-it-made",
        """
        import importlib
        import pytest
        _KEPT = {}
        @pytest.fixture
        def till():
            if not _KEPT:
                _KEPT["till"] = importlib.import_module("shop").make()
            return _KEPT["till"]
        """,
        """
         --- conftest.py
         pytest_plugins = ["frame"]
         --- shop.py
         def make():
             return {"sum": start()}
         def start():
             return 1
         --- test_shop.py
         def test_first(till):
             assert till
         def test_second(till):
             assert till["sum"] == 1
        """,
        "return 1",
        "return 2",
    ),
    _room(
        "module-that-an-import-hook-of-a-library-makes-of-a-file",
        """
         --- conftest.py
         import frame
         frame.install()
         --- paints.conf
         red=1 blue=2
         --- test_red.py
         import paints
         def test_red():
             assert paints.red == 1
         --- test_sky.py
         def test_sky():
             import paints
             assert paints.blue == 2
        """,
        swap("paints.conf", "blue=2", "blue=3"),
        setup=(
            library(
                """
                import importlib.abc
                import importlib.util
                import pathlib
                import sys
                class Finder(importlib.abc.MetaPathFinder, importlib.abc.Loader):
                    def find_spec(self, name, path, target=None):
                        if pathlib.Path(f"{name}.conf").exists():
                            return importlib.util.spec_from_loader(name, self)
                    def exec_module(self, module):
                        for line in pathlib.Path(f"{module.__name__}.conf").read_text().split():
                            key, _, value = line.partition("=")
                            setattr(module, key, int(value))
                def install():
                    sys.meta_path.insert(0, Finder())
                """
            ),
        ),
    ),
    _room(
        "table-in-a-class-that-a-library-hands-on",
        """
         --- shop.py
         import yard
         def price():
             return 1
         def sell():
             yard.Till.PRICES["apple"] = price()
         --- test_shop.py
         import shop, yard
         def test_sells():
             shop.sell()
         def test_till():
             assert yard.Till.PRICES == {"apple": 1}
        """,
        swap("shop.py", "return 1", "return 2"),
        setup=(
            write("../site/yard/__init__.py", "from yard.tills import Till\n"),
            write("../site/yard/tills.py", "class Till:\n    PRICES = {}\n"),
        ),
    ),
    _room(
        "table-of-a-module-of-a-library-that-is-known-by-its-package",
        """
         --- shop.py
         from yard.defaults import WORDS
         def install():
             WORDS["loud"] = str.upper
         --- view.py
         import yard
         def show():
             return yard.render("loud", "a")
         --- test_1_shop.py
         from shop import install
         def test_install():
             install()
         --- test_2_view.py
         from view import show
         def test_show():
             assert show() == "A"
        """,
        swap("shop.py", "upper", "lower"),
        setup=_YARD,
    ),
    _room(
        "table-that-is-filled-before-another-import",
        """
         --- shop.py
         from yard.defaults import WORDS
         from yard import render
         def install():
             WORDS["loud"] = str.upper
         --- late.py
         LATE = 1
         --- test_1_shop.py
         from shop import install
         def test_install():
             install()
             import late
             assert late.LATE
         --- test_2_view.py
         from shop import render
         def test_show():
             assert render("loud", "a") == "A"
        """,
        swap("shop.py", "upper", "lower"),
        setup=_YARD,
    ),
    _room(
        "what-a-test-keeps-in-pytest-s-configuration",
        """
         --- shop.py
         def start():
             return 1
         --- test_shop.py
         import shop
         def test_first(pytestconfig):
             pytestconfig.till = shop.start()
         def test_second(pytestconfig):
             assert pytestconfig.till == 1
        """,
        swap("shop.py", "return 1", "return 2"),
    ),
    _room(
        "name-that-a-test-puts-among-the-builtins",
        """
         --- shop.py
         import builtins
         def start():
             return 1
         def install():
             builtins.till = start
         --- test_a.py
         import shop
         def test_first():
             shop.install()
         --- test_b.py
         def test_second():
             assert till() == 1
        """,
        swap("shop.py", "builtins.till = start", "pass"),
    ),
    _room(
        "seed-of-random-numbers-that-a-test-no-longer-sets",
        """
         --- shop.py
         import random
         def start():
             random.seed(5)
         def pick():
             return random.Random(5).random() == random.random()
         --- test_a.py
         import shop
         def test_first():
             shop.start()
         --- test_b.py
         import shop
         def test_second():
             assert shop.pick()
        """,
        swap("shop.py", "random.seed(5)", "pass"),
    ),
    _room(
        "handler-of-a-logger-that-a-test-no-longer-adds",
        """
         --- shop.py
         import logging
         SAID = []
         class Keeping(logging.Handler):
             def emit(self, record):
                 SAID.append(record.getMessage())
         def start():
             logging.getLogger("shop").addHandler(Keeping())
         def sell():
             logging.getLogger("shop").warning("sold")
         --- test_a.py
         import shop
         def test_first():
             shop.start()
         --- test_b.py
         import shop
         def test_second():
             shop.sell()
             assert shop.SAID == ["sold"]
        """,
        swap("shop.py", 'logging.getLogger("shop").addHandler(Keeping())', "pass"),
        want="closed",
    ),
    _told(
        "list-of-a-session-that-is-filled-through-an-argument",
        """
         --- conftest.py
         import pytest
         @pytest.fixture(scope="session")
         def items():
             return []
         --- shop.py
         def add(found):
             found.append(1)
         --- test_shop.py
         from shop import add
         def test_first(items):
             add(items)
         def test_second(items):
             assert len(items) == 1
        """,
        swap("shop.py", "found.append(1)", "found.extend((1, 2))"),
    ),
    _told(
        "row-more-in-the-database-of-a-session",
        """
         --- conftest.py
         import sqlite3
         import pytest
         @pytest.fixture(scope="session")
         def base():
             found = sqlite3.connect(":memory:")
             found.execute("create table log (what)")
             return found
         --- shop.py
         def sell(base):
             base.execute("insert into log values (1)")
         --- test_shop.py
         from shop import sell
         def test_first(base):
             sell(base)
         def test_second(base):
             assert base.execute("select count(*) from log").fetchone() == (1,)
        """,
        swap("shop.py", "values (1)", "values (1), (2)"),
    ),
)
