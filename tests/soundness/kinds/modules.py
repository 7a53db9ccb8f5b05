"""Modules that come, go, hide each other, or are run by other means than an import."""

import zipfile
from pathlib import Path

from tests.soundness.case import drop, room, swap, write

case = room("import")

_OPTIONAL = """
    --- app.py
    try:
        import turbo
    except ImportError:
        turbo = None
    def mode():
        return "turbo" if turbo else "plain"
    --- test_app.py
    from app import mode
    def test_mode():
        assert mode() == "plain"
"""


_PLUGINS = """
    --- plugins/__init__.py
    --- plugins/one.py
    NAME = "one"
    --- app.py
    import importlib
    import pkgutil
    import plugins
    def names():
        found = [m.name for m in pkgutil.iter_modules(plugins.__path__)]
        return [importlib.import_module("plugins." + name).NAME for name in sorted(found)]
    --- test_app.py
    from app import names
    def test_names():
        assert names() == ["one"]
"""


CASES = (
    case("optional-import-appears", _OPTIONAL, write("turbo.py", "fast = True\n")),
    case("optional-import-appears-as-a-package", _OPTIONAL, write("turbo/__init__.py", "")),
    case(
        "optional-import-disappears",
        """
        --- turbo.py
        fast = True
        --- app.py
        try:
            import turbo
        except ImportError:
            turbo = None
        --- test_app.py
        import app
        def test_turbo():
            assert app.turbo is not None
        """,
        drop("turbo.py"),
    ),
    case(
        "package-shadows-a-module",
        """
        --- tool.py
        def go():
            return 1
        --- test_tool.py
        import tool
        def test_go():
            assert tool.go() == 1
        """,
        write("tool/__init__.py", "def go():\n    return 2\n"),
    ),
    case(
        "new-module-shadows-the-standard-library",
        """
        --- app.py
        import colorsys
        def red():
            return colorsys.rgb_to_hsv(1, 0, 0)
        --- test_app.py
        from app import red
        def test_red():
            assert red() == (0, 1, 1)
        """,
        write("colorsys.py", "def rgb_to_hsv(*rgb):\n    return rgb\n"),
    ),
    case(
        "new-module-shadows-a-namespace-package",
        """
        --- space/part.py
        N = 1
        --- test_part.py
        def test_part():
            from space.part import N
            assert N == 1
        """,
        write("space.py", "N = 2\n"),
    ),
    case(
        "earlier-folder-of-the-path-gains-the-module",
        """
        --- conftest.py
        import sys
        from pathlib import Path
        here = Path(__file__).parent
        sys.path[:0] = [str(here / "first"), str(here / "second")]
        --- first/readme.txt
        empty
        --- second/tool.py
        N = 2
        --- test_tool.py
        import tool
        def test_n():
            assert tool.N == 2
        """,
        write("first/tool.py", "N = 1\n"),
    ),
    case(
        "function-run-only-by-an-import",
        """
        --- setup_tables.py
        def table():
            return [1, 2]
        TABLE = table()
        --- test_tables.py
        import setup_tables
        def test_table():
            assert setup_tables.TABLE == [1, 2]
        """,
        swap("setup_tables.py", "[1, 2]", "[1, 2, 3]"),
    ),
    case(
        "helper-of-another-module-run-by-an-import",
        """
        --- helper.py
        def build(n):
            return list(range(n))
        --- table.py
        from helper import build
        TABLE = build(3)
        --- test_table.py
        from table import TABLE
        def test_table():
            assert TABLE == [0, 1, 2]
        """,
        swap("helper.py", "range(n)", "range(n, 0, -1)"),
    ),
    case(
        "lazy-import-second-user",
        """
        --- rates.py
        RATE = 3
        --- app.py
        def rate():
            import rates
            return rates.RATE
        --- test_app.py
        from app import rate
        def test_first():
            assert rate() > 0
        def test_second():
            assert rate() == 3
        """,
        swap("rates.py", "3", "4"),
    ),
    case(
        "module-imported-by-a-computed-name",
        """
        --- part_a.py
        N = 1
        --- app.py
        from importlib import import_module
        def load(letter):
            return import_module("part_" + letter).N
        --- test_app.py
        from app import load
        def test_load():
            assert load("a") == 1
        """,
        swap("part_a.py", "1", "2"),
    ),
    case("plugin-file-added", _PLUGINS, write("plugins/two.py", "NAME = 'two'\n")),
    case("plugin-file-deleted", _PLUGINS, drop("plugins/one.py")),
    case("plugin-file-changed", _PLUGINS, swap("plugins/one.py", '"one"', '"eins"')),
    case(
        "script-loaded-by-its-path",
        """
        --- tool.script
        SIZE = 1
        --- test_tool.py
        from importlib.machinery import SourceFileLoader
        from importlib.util import module_from_spec, spec_from_loader
        from pathlib import Path
        def load():
            path = Path(__file__).with_name("tool.script")
            spec = spec_from_loader("tool", SourceFileLoader("tool", str(path)))
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            return module
        def test_size():
            assert load().SIZE == 1
        """,
        swap("tool.script", "1", "2"),
    ),
    case(
        "value-of-another-module-in-a-script-that-runs-past-the-import-system",
        """
        --- conf.py
        LIMIT = 1
        --- tool.py
        import conf
        result = conf.LIMIT
        --- test_tool.py
        import runpy
        def test_tool():
            assert runpy.run_path("tool.py")["result"] == 1
        """,
        swap("conf.py", "LIMIT = 1", "LIMIT = 2"),
    ),
    case(
        "value-under-the-guard-of-a-package-that-is-run",
        """
        --- app/__init__.py
        --- app/conf.py
        LIMIT = 1
        --- app/__main__.py
        from .conf import LIMIT
        if __name__ == "__main__":
            print(LIMIT)
        --- test_app.py
        import runpy
        def test_app(capsys):
            runpy.run_module("app", run_name="__main__")
            assert capsys.readouterr().out == "1\\n"
        """,
        swap("app/conf.py", "LIMIT = 1", "LIMIT = 2"),
    ),
    case(
        "script-run-in-the-process",
        """
        --- tool.py
        import sys
        result = "ran"
        --- test_tool.py
        import runpy
        def test_run():
            assert runpy.run_path("tool.py")["result"] == "ran"
        """,
        swap("tool.py", '"ran"', '"run"'),
    ),
    case(
        "source-executed-by-hand",
        """
        --- settings.conf
        level = 1
        --- test_settings.py
        from pathlib import Path
        def test_level():
            space = {}
            exec(Path("settings.conf").read_text(), space)
            assert space["level"] == 1
        """,
        swap("settings.conf", "1", "2"),
    ),
    case(
        "module-inside-a-zip",
        """
        --- test_zipped.py
        import sys
        sys.path.insert(0, "lib.zip")
        import zipped
        def test_n():
            assert zipped.N == 1
        """,
        lambda root: _zip(root, "N = 2\n"),
        setup=(lambda root: _zip(root, "N = 1\n"),),
    ),
    case(
        "import-order-turned-round",
        """
        --- log.py
        SEEN = []
        --- one.py
        import log
        log.SEEN.append("one")
        --- two.py
        import log
        log.SEEN.append("two")
        --- app.py
        import one
        import two
        --- test_app.py
        import app, log
        def test_order():
            assert log.SEEN == ["one", "two"]
        """,
        write("app.py", "import two\nimport one\n"),
    ),
)


def _zip(root: Path, text: str) -> None:
    with zipfile.ZipFile(root / "lib.zip", "w") as out:
        out.writestr("zipped.py", text)
