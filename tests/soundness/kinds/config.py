"""What pytest is told by files: its ini options, their home, and those who read it besides."""

from tests.soundness.case import drop, room, swap, write

case = room("pytest configuration")


def _ini(test: str, *lines: str, more: str = "") -> str:
    """Return a tree of a `pytest.ini` with these lines, and a test module."""
    ini = "\n".join(["[pytest]", "# end", *lines])
    parts = f"--- pytest.ini\n{ini}\n--- test_one.py\n{test}\n{more}"
    return "    " + parts.replace("\n", "\n    ")


_GREEN = "def test_one():\n    assert True"
_WARNS = "import warnings\ndef test_one():\n    warnings.warn('old', UserWarning)"
_XFAIL = "import pytest\n@pytest.mark.xfail\ndef test_one():\n    assert True"
_MARKED = "import pytest\n@pytest.mark.odd\ndef test_one():\n    assert True"
_CHECK = "def check_one():\n    assert False\ndef test_one():\n    assert True"
_SETTING = (
    "def test_one(pytestconfig):\n    assert pytestconfig.getini('level') == '1'",
    "level = 1",
)

CASES = (
    case(
        "markers-made-strict",
        _ini(_MARKED),
        swap("pytest.ini", "# end", "addopts = --strict-markers"),
    ),
    case(
        "marker-removed-under-strict",
        _ini(_MARKED, "addopts = --strict-markers", "markers = odd"),
        swap("pytest.ini", "markers = odd", ""),
    ),
    case("xfail-made-strict", _ini(_XFAIL), swap("pytest.ini", "# end", "xfail_strict = true")),
    case(
        "warnings-made-errors",
        _ini(_WARNS),
        swap("pytest.ini", "# end", "filterwarnings = error"),
        quick=True,
    ),
    case(
        "warnings-made-errors-by-addopts",
        _ini(_WARNS),
        swap("pytest.ini", "# end", "addopts = -Werror"),
    ),
    case(
        "path-of-imports-taken-away",
        _ini(
            "import deep\ndef test_one():\n    assert deep.N == 1",
            "pythonpath = lib",
            more="--- lib/deep.py\nN = 1",
        ),
        swap("pytest.ini", "pythonpath = lib", ""),
    ),
    case(
        "path-of-imports-pointed-elsewhere",
        _ini(
            "import deep\ndef test_one():\n    assert deep.N == 1",
            "pythonpath = lib",
            more="--- lib/deep.py\nN = 1\n--- new/deep.py\nN = 2",
        ),
        swap("pytest.ini", "lib", "new"),
    ),
    case(
        "more-functions-are-tests",
        _ini(_CHECK),
        swap("pytest.ini", "# end", "python_functions = test check"),
    ),
    case(
        "more-classes-are-tests",
        _ini("class Check:\n    def test_one(self):\n        assert False"),
        swap("pytest.ini", "# end", "python_classes = Check"),
    ),
    case(
        "more-files-are-tests",
        _ini(_GREEN, more="--- check_two.py\ndef test_two():\n    assert 0"),
        swap("pytest.ini", "# end", "python_files = test_*.py check_*.py"),
    ),
    case(
        "more-folders-are-tests",
        _ini(
            _GREEN,
            "testpaths = one",
            more="--- one/test_a.py\ndef test_a():\n    assert True\n"
            "--- two/test_b.py\ndef test_b():\n    assert False",
        ),
        swap("pytest.ini", "= one", "= one two"),
        bystander="one/test_bystander.py",
    ),
    case(
        "folder-no-longer-passed-over",
        _ini(_GREEN, "norecursedirs = two", more="--- two/test_b.py\ndef test_b():\n    assert 0"),
        swap("pytest.ini", "norecursedirs = two", ""),
    ),
    case(
        "fixture-used-by-all",
        _ini(
            _GREEN,
            more="--- conftest.py\nimport pytest\n@pytest.fixture\ndef broken():\n"
            "    raise RuntimeError",
        ),
        swap("pytest.ini", "# end", "usefixtures = broken"),
    ),
    case(
        "doctests-turned-on",
        _ini(
            _GREEN,
            more='--- lib.py\ndef one():\n    """\n    >>> one()\n    2\n    """\n    return 1',
        ),
        swap("pytest.ini", "# end", "addopts = --doctest-modules"),
    ),
    case(
        "flags-of-doctests",
        _ini(
            _GREEN,
            "addopts = --doctest-modules",
            "doctest_optionflags = ELLIPSIS",
            more='--- lib.py\ndef one():\n    """\n    >>> one()\n    [1...]\n    """\n'
            "    return [1, 2]",
        ),
        swap("pytest.ini", "ELLIPSIS", "DONT_ACCEPT_BLANKLINE"),
    ),
    case(
        "tests-no-longer-left-out",
        _ini(
            "import pytest\n@pytest.mark.slow\ndef test_slow():\n    assert False\n" + _GREEN,
            "addopts = -m 'not slow'",
            "markers = slow",
        ),
        swap("pytest.ini", "addopts = -m 'not slow'", ""),
    ),
    case(
        "empty-parameters-made-an-error",
        _ini("import pytest\n@pytest.mark.parametrize('n', [])\ndef test_one(n):\n    assert n"),
        swap("pytest.ini", "# end", "empty_parameter_set_mark = fail_at_collect"),
    ),
    case(
        "plugin-that-must-be-there",
        _ini(_GREEN),
        swap("pytest.ini", "# end", "required_plugins = pytest-not-there"),
    ),
    case(
        "version-that-must-be-there", _ini(_GREEN), swap("pytest.ini", "# end", "minversion = 999")
    ),
    case(
        "plugin-turned-off",
        _ini(
            "def test_one(capsys):\n    print('a')\n    assert capsys.readouterr().out",
            "addopts = -v",
        ),
        swap("pytest.ini", "-v", "-p no:capture"),
    ),
    case(
        "plugin-turned-on",
        _ini(_GREEN, more="--- plug.py\ndef pytest_runtest_setup(item):\n    raise RuntimeError"),
        swap("pytest.ini", "# end", "addopts = -p plug\npythonpath = ."),
    ),
    case(
        "setting-of-a-plugin-of-our-own",
        _ini(
            *_SETTING,
            more="--- conftest.py\ndef pytest_addoption(parser):\n"
            "    parser.addini('level', 'the level', default='0')",
        ),
        swap("pytest.ini", "level = 1", "level = 2"),
    ),
    case(
        "level-of-logs",
        _ini(
            "import logging\ndef test_one(caplog):\n    logging.getLogger('a').info('hi')\n"
            "    assert caplog.records",
            "log_level = INFO",
        ),
        swap("pytest.ini", "INFO", "ERROR"),
    ),
    case(
        "way-of-importing",
        _ini(
            "import sibling\ndef test_one():\n    assert sibling.N",
            "testpaths = .",
            more="--- sub/test_two.py\ndef test_two():\n    from near import N\n    assert N\n"
            "--- sub/near.py\nN = 1\n--- sibling.py\nN = 1",
        ),
        swap("pytest.ini", "# end", "addopts = --import-mode=importlib"),
    ),
    case(
        "console-output-captured-otherwise",
        _ini("import sys\ndef test_one():\n    assert sys.stdout.fileno() != 1"),
        swap("pytest.ini", "# end", "addopts = -s"),
    ),
    case(
        "file-of-settings-that-comes-first",
        "--- test_one.py\n" + _MARKED + "\n",
        write("pytest.ini", "[pytest]\naddopts = --strict-markers\n"),
    ),
    case(
        "file-of-settings-gone",
        _ini(
            "import deep\ndef test_one():\n    assert deep.N",
            "pythonpath = lib",
            more="--- lib/deep.py\nN = 1",
        ),
        drop("pytest.ini"),
    ),
    case(
        "settings-in-pyproject",
        "--- pyproject.toml\n[tool.pytest.ini_options]\nxfail_strict = false\n"
        f"--- test_one.py\n{_XFAIL}\n",
        swap("pyproject.toml", "false", "true"),
    ),
    case(
        "settings-in-tox",
        f"--- tox.ini\n[pytest]\nxfail_strict = false\n--- test_one.py\n{_XFAIL}\n"
        "--- pyproject.toml\n[project]\nname = 'a'\nversion = '1'\n",
        swap("tox.ini", "false", "true"),
    ),
    case(
        "settings-in-setup-cfg",
        f"--- setup.cfg\n[tool:pytest]\nxfail_strict = false\n--- test_one.py\n{_XFAIL}\n"
        "--- pyproject.toml\n[project]\nname = 'a'\nversion = '1'\n",
        swap("setup.cfg", "false", "true"),
    ),
    case(
        "pyproject-read-as-data",
        "--- pyproject.toml\n[tool.pytest.ini_options]\n[tool.mine]\nlevel = 1\n--- test_one.py\n"
        "import tomllib\ndef test_one():\n    with open('pyproject.toml', 'rb') as f:\n"
        "        assert tomllib.load(f)['tool']['mine']['level'] == 1\n",
        swap("pyproject.toml", "level = 1", "level = 2"),
    ),
)
