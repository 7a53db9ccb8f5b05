"""Other shapes of tests: unittest, doctest, hypothesis, inherited and generated ones."""

from tests.soundness.case import append, room, swap

case = room("shape of tests")

_UNIT = """
    --- mod.py
    LEVEL = 1
    def begin():
        return 1
    def f():
        return 1
    --- test_mod.py
    import unittest
    import mod
    def setUpModule():
        global ground
        ground = mod.begin()
    class TestMod(unittest.TestCase):
        @classmethod
        def setUpClass(cls):
            cls.begun = mod.begin()
        def setUp(self):
            self.now = mod.begin()
        def test_a_first(self):
            assert self.begun and ground
        def test_begun(self):
            self.assertEqual(self.begun, 1)
        def test_f(self):
            with self.subTest("a"):
                self.assertEqual(mod.f(), 1)
        def test_ground(self):
            self.assertEqual(ground, 1)
        def test_level(self):
            self.assertEqual(mod.LEVEL, 1)
"""

_INHERITED = """
    --- suite.py
    class Suite:
        size = 1
        def make(self):
            return 1
        def test_size(self):
            assert self.size == 1
        def test_make(self):
            assert self.make() == 1
    --- test_one.py
    from suite import Suite
    class TestOne(Suite):
        pass
"""

_DOC = '''
    --- pytest.ini
    [pytest]
    addopts = --doctest-modules --doctest-glob=*.rst
    --- mod.py
    LEVEL = 1
    def f():
        """
        >>> f()
        1
        """
        return LEVEL
    --- guide.rst
    The level:

    >>> import mod
    >>> mod.LEVEL
    1
'''

_PARAMS = """
    --- table.py
    PAIRS = [(1, 2), (3, 4)]
    --- test_table.py
    import pytest
    from table import PAIRS
    @pytest.mark.parametrize("pair", PAIRS, ids=str)
    def test_pair(pair):
        assert pair[0] < pair[1]
"""

CASES = (
    case(
        "unittest-function",
        _UNIT,
        swap("mod.py", "def f():\n    return 1", "def f():\n    return 2"),
    ),
    case(
        "unittest-set-up",
        _UNIT,
        swap("mod.py", "def begin():\n    return 1", "def begin():\n    return 2"),
    ),
    case("unittest-constant", _UNIT, swap("mod.py", "LEVEL = 1", "LEVEL = 2")),
    case("inherited-test", _INHERITED, swap("suite.py", "return 1", "return 2")),
    case("attribute-of-an-inherited-suite", _INHERITED, swap("suite.py", "size = 1", "size = 2")),
    case(
        "new-inherited-test",
        _INHERITED,
        append("suite.py", "    def test_new(self):\n        assert False\n"),
    ),
    case("doctest-of-a-function", _DOC, swap("mod.py", "return LEVEL", "return LEVEL + 1")),
    case("doctest-and-a-constant", _DOC, swap("mod.py", "LEVEL = 1", "LEVEL = 2")),
    case("doctest-itself", _DOC, swap("mod.py", '    1\n    """', '    3\n    """')),
    case("doctest-in-a-text", _DOC, append("guide.rst", ">>> 1 + 1\n3\n")),
    case(
        "statements-that-an-item-of-another-kind-executes",
        """
        --- conftest.py
        import pytest
        def pytest_collect_file(parent, file_path):
            if file_path.suffix == ".say":
                return Says.from_parent(parent, path=file_path)
        class Says(pytest.File):
            def collect(self):
                yield Say.from_parent(self, name="it")
        class Say(pytest.Item):
            def runtest(self):
                text = self.path.read_text("utf-8")
                exec(compile(text, str(self.path), "exec"), {})
        --- mod.py
        LEVEL = 1
        --- one.say
        import mod
        assert mod.LEVEL == 1
        --- test_mod.py
        import mod
        def test_mod():
            assert mod
        """,
        swap("mod.py", "LEVEL = 1", "LEVEL = 2"),
    ),
    case("new-parameters-of-another-module", _PARAMS, swap("table.py", "(3, 4)", "(3, 4), (6, 5)")),
    case(
        "changed-parameters-under-the-same-name",
        """
         --- table.py
         PAIRS = [(1, 2), (3, 4)]
         --- test_table.py
         import pytest
         from table import PAIRS
         @pytest.mark.parametrize("pair", PAIRS)
         def test_pair(pair):
             assert pair[0] < pair[1]
         """,
        swap("table.py", "(3, 4)", "(4, 3)"),
    ),
    case(
        "mark-built-from-a-constant",
        """
         --- level.py
         LEVEL = 1
         --- test_one.py
         import pytest
         from level import LEVEL
         pytestmark = pytest.mark.skipif(LEVEL < 2, reason="low")
         def test_one():
             assert LEVEL < 2
         """,
        swap("level.py", "1", "2"),
    ),
    case(
        "hypothesis-function",
        """
         --- mod.py
         def f(n):
             return abs(n)
         --- test_mod.py
         from hypothesis import given, settings, strategies
         from mod import f
         @settings(database=None, max_examples=5, derandomize=True)
         @given(strategies.integers(-3, 3))
         def test_f(n):
             assert f(n) >= 0
         """,
        swap("mod.py", "abs(n)", "-abs(n) - 1"),
        needs="hypothesis",
    ),
    case(
        "hypothesis-strategy-of-another-module",
        """
         --- given.py
         from hypothesis import strategies
         SMALL = strategies.integers(0, 3)
         --- test_mod.py
         from hypothesis import given, settings
         from given import SMALL
         @settings(database=None, max_examples=5, derandomize=True)
         @given(SMALL)
         def test_small(n):
             assert n < 4
         """,
        swap("given.py", "0, 3", "5, 9"),
        needs="hypothesis",
    ),
    case(
        "assertion-helper",
        """
         --- checks.py
         def check(n):
             assert n == 1
         --- test_one.py
         from checks import check
         def test_one():
             check(1)
         """,
        swap("checks.py", "== 1", "== 2"),
    ),
    case(
        "patched-by-name",
        """
         --- mod.py
         def f():
             return 1
         --- test_mod.py
         from unittest import mock
         def test_patched():
             with mock.patch("mod.f", return_value=3):
                 import mod
                 assert mod.f() == 3
         """,
        swap("mod.py", "def f", "def g"),
    ),
    case(
        "signature-checked-by-a-mock",
        """
         --- mod.py
         def f(a):
             return a
         --- test_mod.py
         from unittest import mock
         import mod
         def test_signature():
             with mock.patch("mod.f", autospec=True) as f:
                 mod.f(1)
             assert f.called
         """,
        swap("mod.py", "def f(a)", "def f(a, b)"),
    ),
    case(
        "test-function-made-by-a-factory",
        """
         --- factory.py
         def make(n):
             def test():
                 assert n == 1
             return test
         --- test_made.py
         from factory import make
         test_one = make(1)
         """,
        swap("factory.py", "n == 1", "n == 2"),
    ),
    case(
        "subprocess-free-command-line-test",
        """
         --- cli.py
         import argparse
         def main(words):
             parser = argparse.ArgumentParser(prog="cli", description="Says hi")
             parser.add_argument("name")
             return "hi " + parser.parse_args(words).name
         --- test_cli.py
         import cli
         def test_main():
             assert cli.main(["ann"]) == "hi ann"
         """,
        swap("cli.py", '"hi "', '"ho "'),
    ),
)
