"""What comes from around the process: variables, interpreter flags, programs on the path."""

from tests.soundness.case import mode, room, swap

case = room("environment")


def _says(how: str, test: str = "assert look() == '1'") -> str:
    """Return a tree with a function that asks its surroundings, and a test of what it says."""
    body = how.strip("\n").replace("\n", "\n    ")
    return f"""
    --- look.py
    import os, subprocess, sys
    {body}
    --- test_look.py
    from look import look
    def test_look():
        {test}
    """


def _level(old: str | None, new: str | None) -> dict[str, dict[str, str]]:
    """Return what the variable LEVEL is while tests are learnt, and later."""
    return {
        "learn_env": {} if old is None else {"LEVEL": old},
        "later_env": {} if new is None else {"LEVEL": new},
    }


_GET = "def look():\n    return os.environ.get('LEVEL', '1')"

CASES = (
    case("variable-changed", _says(_GET), **_level("1", "2"), quick=True),
    case("variable-appears", _says(_GET), **_level(None, "2")),
    case(
        "variable-disappears",
        _says("def look():\n    return os.environ['LEVEL']"),
        **_level("1", None),
    ),
    case(
        "variable-by-getenv",
        _says("def look():\n    return os.getenv('LEVEL')"),
        **_level("1", "2"),
    ),
    case(
        "variable-by-membership",
        _says("def look():\n    return '2' if 'LEVEL' in os.environ else '1'"),
        **_level(None, "2"),
    ),
    case(
        "variable-by-bytes",
        _says("def look():\n    return os.environb[b'LEVEL'].decode()"),
        **_level("1", "2"),
    ),
    case(
        "variable-by-walking-all",
        _says("def look():\n    return [v for k, v in os.environ.items() if k == 'LEVEL'][0]"),
        **_level("1", "2"),
    ),
    case(
        "variable-by-a-copy",
        _says("def look():\n    return dict(os.environ)['LEVEL']"),
        **_level("1", "2"),
    ),
    case(
        "variable-by-expansion",
        _says("def look():\n    return os.path.expandvars('$LEVEL')"),
        **_level("1", "2"),
    ),
    case(
        "variable-at-import",
        _says("LEVEL = os.environ.get('LEVEL')\ndef look():\n    return LEVEL"),
        **_level("1", "2"),
    ),
    case(
        "variable-in-a-mark",
        """
         --- test_look.py
         import os, pytest
         @pytest.mark.skipif(os.environ.get("LEVEL") == "1", reason="low")
         def test_look():
             assert False
         """,
        **_level("1", "2"),
    ),
    case(
        "variable-in-a-conftest",
        """
         --- conftest.py
         import os, pytest
         @pytest.fixture(scope="session")
         def level():
             return os.environ["LEVEL"]
         --- test_look.py
         def test_first(level):
             assert level
         def test_second(level):
             assert level == "1"
         """,
        **_level("1", "2"),
    ),
    case(
        "variable-a-child-reads",
        _says(
            "def look():\n    return subprocess.check_output('echo $LEVEL', shell=True, "
            "text=True).strip()"
        ),
        **_level("1", "2"),
    ),
    case(
        "variable-a-python-child-reads",
        _says(
            "def look():\n    return subprocess.check_output([sys.executable, '-c', "
            "'import os; print(os.environ[\"LEVEL\"])'], text=True).strip()"
        ),
        **_level("1", "2"),
    ),
    case(
        "variables-that-a-python-child-walks-through",
        _says(
            "def look():\n    return subprocess.check_output([sys.executable, '-c', "
            "'import os; print([v for k, v in os.environ.items() if k == \\\"LEVEL\\\"][0])'], "
            "text=True).strip()"
        ),
        **_level("1", "2"),
    ),
    case(
        "time-zone",
        _says(
            "import time\ndef look():\n    return time.strftime('%H', time.localtime(0))",
            "assert look() == '00'",
        ),
        learn_env={"TZ": "UTC"},
        later_env={"TZ": "Asia/Tokyo"},
    ),
    case(
        "home-folder",
        _says("def look():\n    return os.path.expanduser('~/a')", "assert look() == '/one/a'"),
        learn_env={"HOME": "/one"},
        later_env={"HOME": "/two"},
    ),
    case(
        "user-name",
        _says(
            "import getpass\ndef look():\n    return getpass.getuser()", "assert look() == 'ann'"
        ),
        learn_env={"LOGNAME": "ann"},
        later_env={"LOGNAME": "bob"},
    ),
    case(
        "path-of-programs",
        """
         --- bin/mytool
         #!/bin/sh
         --- test_tool.py
         import shutil
         def test_absent():
             assert shutil.which("mytool") is None
         """,
        setup=(mode("bin/mytool", 0o755),),
        later_env={"PATH": "{base}/repo/bin:/usr/local/bin:/usr/bin:/bin"},
    ),
    case(
        "path-of-modules",
        """
         --- one/mod.py
         N = 1
         --- two/mod.py
         N = 2
         --- test_mod.py
         def test_n():
             import mod
             assert mod.N == 1
         """,
        learn_env={"PYTHONPATH": "{base}/repo/one"},
        later_env={"PYTHONPATH": "{base}/repo/two"},
    ),
    case(
        "optimised-interpreter",
        _says(
            "def look():\n    return '1' if __debug__ else '2'",
            "if look() != '1':\n            raise AssertionError",
        ),
        later_env={"PYTHONOPTIMIZE": "1"},
    ),
    case(
        "warnings-of-the-interpreter",
        _says(
            "import warnings\nwarnings.simplefilter('default', append=True)\n"
            "def look():\n    return str(len(sys.warnoptions) + 1)"
        ),
        later_env={"PYTHONWARNINGS": "ignore"},
    ),
    case(
        "seed-of-hashes",
        _says("def look():\n    return str(sys.flags.hash_randomization + 1)"),
        learn_env={"PYTHONHASHSEED": "0"},
        later_env={"PYTHONHASHSEED": "1"},
    ),
    case(
        "development-mode",
        _says("def look():\n    return str(int(not sys.flags.dev_mode))"),
        later_env={"PYTHONDEVMODE": "1"},
    ),
    case(
        "encoding-of-files",
        _says("import locale\ndef look():\n    return str(sys.flags.utf8_mode + 1)"),
        learn_env={"PYTHONUTF8": "0"},
        later_env={"PYTHONUTF8": "1"},
    ),
    case(
        "options-of-pytest",
        "--- test_one.py\nimport pytest\n@pytest.mark.xfail\ndef test_one():\n    assert True\n",
        later_env={"PYTEST_ADDOPTS": "-o xfail_strict=true"},
    ),
    case(
        "set-up-of-the-interpreter",
        """
         --- site/sitecustomize.py
         import builtins
         builtins.LEVEL = 1
         --- test_level.py
         def test_level():
             assert LEVEL == 1
         """,
        swap("site/sitecustomize.py", "LEVEL = 1", "LEVEL = 2"),
        env={"PYTHONPATH": "{base}/repo/site"},
    ),
)
