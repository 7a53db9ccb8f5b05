"""How tests are run: options, plugins, layouts, folders to start from."""

from tests.soundness.case import room, swap

case = room("way of running")


def _with(addopts: str, more: str = "") -> str:
    """Return a small tree whose pytest is told `addopts`."""
    rest = more.strip("\n").replace("\n", "\n    ")
    return f"""
    --- pytest.ini
    [pytest]
    addopts = {addopts}
    markers = slow
    --- rates.py
    RATE = 3
    --- shop.py
    import rates
    def price(n):
        return n * rates.RATE
    --- test_shop.py
    from shop import price
    def test_price():
        assert price(2) == 6
    {rest}
    """


_BODY = swap("shop.py", "n * rates", "n + rates")
_VALUE = swap("rates.py", "3", "4")


CASES = (
    case("two-workers", _with("-n 2"), _BODY, needs="xdist"),
    case("two-workers-constant", _with("-n 2"), _VALUE, needs="xdist"),
    case("left-out-by-a-mark", _with("-m 'not slow'"), _BODY),
    case("left-out-by-a-name", _with("-k 'not slow'"), _BODY),
    case("last-failures-first", _with("--ff"), _BODY),
    case("without-a-cache", _with("-p no:cacheprovider"), _BODY),
    case("quietly", _with("-q -q"), _VALUE),
    case("without-testmon", _with("-p no:testmon"), _BODY),
    case("only-until-the-first-failure", _with("-x"), _VALUE),
    case("measured-by-coverage", _with("--cov=. --cov-report="), _BODY, needs="pytest_cov"),
    case(
        "measured-by-branch-coverage",
        _with("--cov=. --cov-branch --cov-report="),
        _BODY,
        needs="pytest_cov",
    ),
    case(
        "imports-by-importlib",
        _with(
            "--import-mode=importlib",
            "--- conftest.py\nimport sys\n"
            "import pathlib\nsys.path.insert(0, str(pathlib.Path(__file__).parent))",
        ),
        _VALUE,
    ),
    case("other-core-of-coverage", _with("-v"), _BODY, env={"COVERAGE_CORE": "sysmon"}),
    case(
        "plugins-only-by-name",
        _with("-v"),
        _VALUE,
        env={"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": ""},
    ),
    case(
        "python-that-writes-no-bytecode", _with("-v"), _VALUE, env={"PYTHONDONTWRITEBYTECODE": "1"}
    ),
    case(
        "settings-below-the-root",
        """
         --- pyproject.toml
         [project]
         name = "lib"
         version = "1"
         --- src/lib.py
         def f():
             return 1
         --- tests/pytest.ini
         [pytest]
         pythonpath = ../src
         --- tests/test_lib.py
         from lib import f
         def test_f():
             assert f() == 1
         """,
        swap("src/lib.py", "1", "2"),
        cwd="tests",
        bystander="tests/test_bystander.py",
    ),
    case(
        "started-below-the-root",
        """
         --- mod.py
         def f():
             return 0
         --- sub/mod.py
         def f():
             return 1
         --- sub/test_mod.py
         from mod import f
         def test_f():
             assert f() == 1
         """,
        swap("sub/mod.py", "1", "2"),
        cwd="sub",
        bystander="sub/test_bystander.py",
    ),
    case(
        "source-layout",
        """
         --- pyproject.toml
         [tool.pytest.ini_options]
         pythonpath = ["src"]
         testpaths = ["tests"]
         --- src/box/__init__.py
         from box.lid import open_
         --- src/box/lid.py
         WIDE = 1
         def open_():
             return WIDE
         --- tests/test_lid.py
         import box
         def test_open():
             assert box.open_() == 1
         """,
        swap("src/box/lid.py", "WIDE = 1", "WIDE = 2"),
        bystander="tests/test_bystander.py",
    ),
)
