"""What conftest files and plugins do to tests: hooks, module level, coming and going."""

from tests.soundness.case import append, drop, room, swap, write

case = room("conftest and plugin")


def _hooked(conftest: str, test: str = "def test_one():\n    assert True") -> str:
    """Return a tree of a conftest and a test."""
    parts = f"--- conftest.py\n{conftest.strip()}\n--- test_one.py\n{test}"
    return "    " + parts.replace("\n", "\n    ")


_FAIL = "raise AssertionError\n"
_PLUGIN = """
    --- pytest.ini
    [pytest]
    addopts = -p plug
    pythonpath = .
    --- plug.py
    import pytest
    from level import LEVEL
    @pytest.fixture
    def level():
        return LEVEL
    def pytest_runtest_setup(item):
        item.user_properties.append(("level", 1))
    --- level.py
    LEVEL = 1
    --- test_one.py
    def test_one(request):
        assert request.node.user_properties == [("level", 1)]
    def test_level(level):
        assert level == 1
"""

_HELPED = """
    --- conftest.py
    import pytest
    from helper import level
    LEVEL = level()
    @pytest.fixture
    def the_level():
        return LEVEL
    --- helper.py
    def level():
        return 1
    --- sub/test_one.py
    def test_level(the_level):
        assert the_level == 1
"""

CASES = (
    case(
        "hook-that-sets-a-test-up",
        _hooked(
            "def pytest_runtest_setup(item):\n    item.user_properties.append(1)",
            "def test_one(request):\n    assert request.node.user_properties == [1]",
        ),
        swap("conftest.py", "append(1)", "append(2)"),
    ),
    case(
        "hook-that-did-nothing",
        _hooked("def pytest_runtest_setup(item):\n    pass"),
        swap("conftest.py", "pass", _FAIL),
    ),
    case(
        "hook-added",
        _hooked("x = 1"),
        append("conftest.py", f"def pytest_runtest_call(item):\n    {_FAIL}"),
    ),
    case(
        "hook-that-configures",
        _hooked(
            "def pytest_configure(config):\n    config.level = 1",
            "def test_one(request):\n    assert request.config.level == 1",
        ),
        swap("conftest.py", "= 1", "= 2"),
    ),
    case(
        "hook-that-ends-the-session",
        _hooked("def pytest_sessionfinish(session):\n    pass"),
        swap("conftest.py", "pass", "session.exitstatus = 1"),
    ),
    case(
        "hook-that-orders-tests",
        _hooked(
            "def pytest_collection_modifyitems(items):\n    items.sort(key=lambda i: i.name)",
            "SEEN = []\ndef test_a():\n    SEEN.append(1)\ndef test_b():\n    assert SEEN",
        ),
        swap("conftest.py", "i.name)", "i.name, reverse=True)"),
    ),
    case(
        "hook-that-marks-tests",
        _hooked(
            "import pytest\ndef pytest_collection_modifyitems(items):\n"
            "    for item in items:\n        item.add_marker(pytest.mark.skip)",
            "def test_one():\n    assert False",
        ),
        swap("conftest.py", "item.add_marker(pytest.mark.skip)", "pass"),
    ),
    case(
        "hook-that-makes-tests",
        _hooked(
            "def pytest_generate_tests(metafunc):\n    if 'n' in metafunc.fixturenames:\n"
            "        metafunc.parametrize('n', [1])",
            "def test_one(n):\n    assert n < 2",
        ),
        swap("conftest.py", "[1]", "[1, 2]"),
    ),
    case(
        "hook-that-judges-the-report",
        _hooked(
            "import pytest\n@pytest.hookimpl(wrapper=True)\n"
            "def pytest_runtest_makereport(item, call):\n    report = yield\n"
            "    return report"
        ),
        swap("conftest.py", "    return", "    report.outcome = 'failed'\n    return"),
    ),
    case(
        "default-of-an-option",
        _hooked(
            "def pytest_addoption(parser):\n    parser.addoption('--level', default='1')",
            "def test_one(pytestconfig):\n    assert pytestconfig.getoption('level') == '1'",
        ),
        swap("conftest.py", "'1'", "'2'"),
    ),
    case(
        "module-level-of-conftest",
        _hooked(
            "import os\nos.environ['LEVEL'] = '1'",
            "import os\ndef test_one():\n    assert os.environ['LEVEL'] == '1'",
        ),
        swap("conftest.py", "'1'", "'2'"),
        quick=True,
    ),
    case(
        "constant-of-conftest",
        _hooked(
            "import pytest\nLEVEL = 1\n@pytest.fixture\ndef level():\n    return LEVEL",
            "def test_one(level):\n    assert level == 1",
        ),
        swap("conftest.py", "LEVEL = 1", "LEVEL = 2"),
    ),
    case("helper-of-conftest", _HELPED, swap("helper.py", "1", "2")),
    case("syntax-error-in-conftest", _HELPED, append("conftest.py", "def broken(:\n")),
    case("conftest-deleted", _HELPED, drop("conftest.py")),
    case(
        "conftest-deleted-with-its-path",
        """
         --- conftest.py
         import sys, pathlib
         sys.path.insert(0, str(pathlib.Path(__file__).parent / "lib"))
         --- lib/deep.py
         N = 1
         --- test_one.py
         def test_one():
             import deep
             assert deep.N == 1
         """,
        drop("conftest.py"),
    ),
    case("fixture-renamed", _HELPED, swap("conftest.py", "def the_level", "def a_level")),
    case(
        "fixture-overridden-nearer",
        _HELPED,
        write(
            "sub/conftest.py", "import pytest\n@pytest.fixture\ndef the_level():\n    return 2\n"
        ),
    ),
    case(
        "conftest-added-at-the-root",
        "--- test_one.py\ndef test_one():\n    assert True\n",
        write("conftest.py", f"def pytest_runtest_setup(item):\n    {_FAIL}"),
    ),
    case(
        "conftest-added-below",
        _HELPED,
        write(
            "sub/conftest.py",
            "import pytest\n@pytest.fixture(autouse=True)\ndef broken():\n    raise RuntimeError\n",
        ),
    ),
    case(
        "fixture-made-autouse",
        _hooked("import pytest\n@pytest.fixture\ndef broken():\n    raise RuntimeError"),
        swap("conftest.py", "fixture\n", "fixture(autouse=True)\n"),
    ),
    case(
        "scope-of-a-fixture",
        _hooked(
            "import pytest\n@pytest.fixture\ndef box():\n    return []",
            "def test_a(box):\n    box.append(1)\ndef test_b(box):\n    assert not box",
        ),
        swap("conftest.py", "fixture\n", "fixture(scope='session')\n"),
    ),
    case(
        "parameters-of-a-fixture",
        _hooked(
            "import pytest\n@pytest.fixture(params=[1])\ndef n(request):\n    return request.param",
            "def test_one(n):\n    assert n == 1",
        ),
        swap("conftest.py", "[1]", "[1, 2]"),
    ),
    case(
        "plugin-of-a-conftest",
        """
         --- conftest.py
         pytest_plugins = ["plug"]
         --- plug.py
         import pytest
         @pytest.fixture(scope="session")
         def level():
             return 1
         --- test_one.py
         def test_first(level):
             assert level
         def test_second(level):
             assert level == 1
         """,
        swap("plug.py", "return 1", "return 2"),
    ),
    case(
        "plugin-of-the-command-line",
        _PLUGIN,
        swap("plug.py", '"level", 1', '"level", 2'),
    ),
    case("constant-of-a-plugin", _PLUGIN, swap("level.py", "1", "2")),
    case("plugin-gone", _PLUGIN, drop("plug.py")),
    case(
        "own-kind-of-test-file",
        """
         --- conftest.py
         import pytest
         from rules import check
         def pytest_collect_file(parent, file_path):
             if file_path.suffix == ".case":
                 return Cases.from_parent(parent, path=file_path)
         class Cases(pytest.File):
             def collect(self):
                 yield One.from_parent(self, name="one")
         class One(pytest.Item):
             def runtest(self):
                 check(self.path.read_text())
         --- rules.py
         def check(text):
             assert text.startswith("good")
         --- a.case
         good
         """,
        swap("a.case", "good", "bad"),
    ),
    case(
        "rules-of-an-own-kind-of-test-file",
        """
         --- conftest.py
         import pytest
         def pytest_collect_file(parent, file_path):
             if file_path.suffix == ".case":
                 return Cases.from_parent(parent, path=file_path)
         class Cases(pytest.File):
             def collect(self):
                 from rules import names
                 for name in names():
                     yield One.from_parent(self, name=name)
         class One(pytest.Item):
             def runtest(self):
                 assert self.name == "one"
         --- rules.py
         def names():
             return ["one"]
         --- a.case
         good
         """,
        swap("rules.py", '"one"', '"one", "two"'),
    ),
)
