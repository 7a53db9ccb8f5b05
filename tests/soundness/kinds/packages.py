"""What is installed: versions, builds, entry points, editable neighbours, all of them made up."""

from pathlib import Path

from tests.soundness.case import Step, drop, room, swap, write

_ENV = {"PYTHONPATH": "{base}/site"}
case = room("installed package", env=_ENV)


def _install(name: str, version: str, code: str, points: str = "") -> tuple[Step, ...]:
    """Return the steps that lay a distribution of one module into the site folder."""
    info = f"../site/{name}-{version}.dist-info"
    meta = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
    record = f"{name}.py,,\n{name}-{version}.dist-info/METADATA,,\n"
    return (
        write(f"../site/{name}.py", code),
        write(f"{info}/METADATA", meta),
        write(f"{info}/RECORD", record),
        write(f"{info}/INSTALLER", "pip\n"),
        *((write(f"{info}/entry_points.txt", points),) if points else ()),
    )


_USES = """
    --- app.py
    import turbo
    def speed():
        return turbo.speed()
    --- test_app.py
    from app import speed
    def test_speed():
        assert speed() == 1
"""

_OPTIONAL = """
    --- app.py
    try:
        import turbo
    except ImportError:
        turbo = None
    --- test_app.py
    import app
    def test_turbo():
        assert (app.turbo is None) == {absent}
"""

_POINTS = """
    --- test_points.py
    from importlib.metadata import entry_points
    def test_points():
        assert [point.value for point in entry_points(group="mine")] == ["turbo:one"]
"""

_ONE = "def speed():\n    return 1\n"
_TWO = "def speed():\n    return 2\n"
_OLD = _install("turbo", "1.0.0", _ONE)
_REMOVE = (drop("../site/turbo.py"), drop("../site/turbo-1.0.0.dist-info"))

CASES = (
    case(
        "plugin-of-pytest-that-is-the-project-itself",
        """
         --- plug.py
         import pytest
         def twice(n):
             return n * 2
         def pytest_report_header():
             return "plugged"
         @pytest.fixture
         def doubled():
             return twice
         --- test_plug.py
         def test_twice(doubled):
             assert doubled(2) == 4
        """,
        swap("plug.py", "n * 2", "n * 3"),
        setup=(
            write("../site/plug-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: plug\n"),
            write("../site/plug-1.0.dist-info/entry_points.txt", "[pytest11]\nplug = plug\n"),
        ),
        quick=True,
    ),
    case("patch-release", _USES, *_REMOVE, *_install("turbo", "1.0.1", _TWO), setup=_OLD),
    case("minor-release", _USES, *_REMOVE, *_install("turbo", "1.1.0", _TWO), setup=_OLD),
    case("local-build-of-the-same-version", _USES, write("../site/turbo.py", _TWO), setup=_OLD),
    case(
        "local-version-label", _USES, *_REMOVE, *_install("turbo", "1.0.0+local", _TWO), setup=_OLD
    ),
    case("package-removed", _OPTIONAL.format(absent=False), *_REMOVE, setup=_OLD),
    case(
        "package-installed",
        _OPTIONAL.format(absent=True),
        *_OLD,
        setup=_install("other", "1.0", ""),
    ),
    case(
        "entry-point-changed",
        _POINTS,
        swap("../site/turbo-1.0.0.dist-info/entry_points.txt", "turbo:one", "turbo:two"),
        setup=_install("turbo", "1.0.0", _ONE, "[mine]\na = turbo:one\n"),
    ),
    case(
        "entry-point-of-a-new-package",
        _POINTS,
        *_install("other", "1.0", "", "[mine]\nb = other:two\n"),
        setup=_install("turbo", "1.0.0", _ONE, "[mine]\na = turbo:one\n"),
    ),
    case(
        "version-asked-for",
        """
         --- test_version.py
         from importlib.metadata import version
         def test_version():
             assert version("turbo") == "1.0.0"
         """,
        *_REMOVE,
        *_install("turbo", "1.0.1", _ONE),
        setup=_OLD,
    ),
    case(
        "data-file-of-a-package",
        """
         --- test_data.py
         from pathlib import Path
         import turbo
         def test_data():
             assert Path(turbo.__file__).with_suffix(".txt").read_text() == "1\\n"
         """,
        write("../site/turbo.txt", "2\n"),
        setup=(*_OLD, write("../site/turbo.txt", "1\n")),
    ),
    case(
        "plugin-of-pytest-installed",
        "--- test_one.py\ndef test_one():\n    assert True\n",
        *_install(
            "turbo",
            "1.0.0",
            "def pytest_runtest_setup(item):\n    raise RuntimeError\n",
            "[pytest11]\nturbo = turbo\n",
        ),
        setup=_install("other", "1.0", ""),
    ),
    case(
        "plugin-of-pytest-rebuilt",
        "--- test_one.py\ndef test_one(level):\n    assert level == 1\n",
        swap("../site/turbo.py", "return 1", "return 2"),
        setup=_install(
            "turbo",
            "1.0.0",
            "import pytest\n@pytest.fixture\ndef level():\n    return 1\n",
            "[pytest11]\nturbo = turbo\n",
        ),
    ),
    case(
        "editable-neighbour",
        _USES,
        write("../next/src/turbo.py", _TWO),
        setup=(write("../next/src/turbo.py", _ONE), *_install("other", "1.0", "")),
        env={"PYTHONPATH": "{base}/next/src"},
    ),
    case(
        "new-module-of-an-editable-neighbour",
        _OPTIONAL.format(absent=True),
        write("../next/src/turbo.py", _TWO),
        setup=(write("../next/src/other.py", _ONE),),
        env={"PYTHONPATH": "{base}/next/src"},
    ),
    case(
        "editable-neighbour-by-a-path-file",
        _USES,
        write("../next/src/turbo.py", _TWO),
        setup=(
            write("../next/src/turbo.py", _ONE),
            write(
                "../site/sitecustomize.py",
                "import site, os\nsite.addsitedir(os.path.dirname(__file__) + '/links')\n",
            ),
            write("../site/links/next.pth", "../../next/src\n"),
        ),
    ),
    case("package-shadowed-by-a-new-module", _USES, write("turbo.py", _TWO), setup=_OLD),
    case(
        "metadata-of-dependencies",
        """
         --- test_needs.py
         from importlib.metadata import requires
         def test_needs():
             assert requires("turbo") is None
         """,
        lambda root: _append(root, "Requires-Dist: other\n"),
        setup=_OLD,
    ),
)


def _append(root: Path, line: str) -> None:
    path = root / "../site/turbo-1.0.0.dist-info/METADATA"
    path.write_text(path.read_text() + line)
