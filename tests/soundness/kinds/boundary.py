"""What a process asks the C library for: looks that Python announces nowhere, or in a child."""

import sys

from tests.soundness.case import Case, append, room, swap, write

case = room("asked of the C library", bystander="tests/test_other.py")

_HEAD = """
    --- pyproject.toml
    [tool.pytest.ini_options]
    pythonpath = ["."]
    testpaths = ["tests"]
    --- tests/test_other.py
    def test_other():
        assert True
"""


def _row(name: str, tree: str, *change: object, **rest: object) -> Case:
    return case(name, _HEAD + tree, *change, **rest)  # type: ignore[arg-type]


CASES = (
    ()
    if sys.platform != "linux"
    else (
        _row(
            "settings-by-an-ending-that-tools-read",
            """
    --- etc/motor.cfg
    idle
    --- tests/test_c.py
    import ctypes
    def test_c():
        libc = ctypes.CDLL(None)
        handle = libc.open(b"etc/motor.cfg", 0)
        text = ctypes.create_string_buffer(20)
        libc.read(handle, text, 20)
        libc.close(handle)
        assert text.value == b"idle\\n"
            """,
            swap("etc/motor.cfg", "idle", "fast"),
        ),
        _row(
            "looked-for-in-vain-in-c",
            """
    --- etc/keep
    --- tests/test_c.py
    import ctypes
    def test_c():
        assert ctypes.CDLL(None).access(b"etc/override.ini", 0) == -1
            """,
            write("etc/override.ini", "on\n"),
        ),
        _row(
            "folder-listed-in-c",
            """
    --- parts/a.txt
    1
    --- tests/test_c.py
    import ctypes
    def test_c():
        libc = ctypes.CDLL(None)
        libc.opendir.restype = libc.readdir.restype = ctypes.c_void_p
        folder = ctypes.c_void_p(libc.opendir(b"parts"))
        names = 0
        while libc.readdir(folder):
            names += 1
        assert names == 3
            """,
            write("parts/b.txt", "2\n"),
        ),
        _row(
            "sizes-by-a-walk-of-the-folder",
            """
    --- parts/a.txt
    1
    --- tests/test_c.py
    import os
    def test_c():
        with os.scandir("parts") as found:
            assert max(it.stat().st_size for it in found) == 2
            """,
            write("parts/a.txt", "three\n"),
        ),
        _row(
            "spec-of-an-optional-module-in-a-test",
            """
    --- shop/__init__.py
    --- tests/test_c.py
    from importlib.util import find_spec
    def test_c():
        assert find_spec("shop.speedups") is None
            """,
            write("shop/speedups.py", "X = 1\n"),
        ),
        _row(
            "optional-module-of-a-child",
            """
    --- report.py
    try:
        from extras import colour
    except ImportError:
        colour = "grey"
    print(colour)
    --- tests/test_c.py
    import subprocess, sys
    def test_c():
        out = subprocess.run([sys.executable, "report.py"], capture_output=True, text=True)
        assert out.stdout == "grey\\n"
            """,
            write("extras.py", "colour = 'red'\n"),
        ),
        _row(
            "source-shown-by-a-later-test",
            """
    --- rates.py
    def tax():  # per cent
        return 7
    --- tests/test_c.py
    import inspect
    import rates
    def test_first():
        assert "def" in inspect.getsource(rates.tax)
    def test_second():
        assert "# per cent" in inspect.getsource(rates.tax)
            """,
            swap("rates.py", "# per cent", "# per mille"),
        ),
        _row(
            "second-interpreter",
            """
    --- rates.py
    TAX = 7
    --- tests/test_c.py
    import sys
    def test_c():
        try:
            import _interpreters as inner
            run = inner.exec
        except ImportError:
            import _xxsubinterpreters as inner
            run = inner.run_string
        code = "import sys; sys.path.insert(0, '.'); import rates; assert rates.TAX == 7"
        assert run(inner.create(), code) is None
            """,
            swap("rates.py", "7", "19"),
        ),
        _row(
            "shell-loop-over-files",
            """
    --- parts/a.conf
    1
    --- tests/test_c.py
    import subprocess
    def test_c():
        out = subprocess.run("for it in parts/*.conf; do cat $it; done", shell=True,
                             capture_output=True, text=True, env={"PATH": "/usr/bin:/bin"})
        assert out.stdout == "1\\n"
            """,
            write("parts/b.conf", "2\n"),
        ),
        _row(
            "worker-that-an-earlier-test-started",
            """
    --- prices.py
    def net(x):
        return x
    --- tests/conftest.py
    import multiprocessing, pytest
    from concurrent.futures import ProcessPoolExecutor
    @pytest.fixture(scope="module")
    def workers():
        context = multiprocessing.get_context("spawn")
        with ProcessPoolExecutor(1, mp_context=context) as pool:
            yield pool
    --- tests/test_c.py
    import prices
    def test_first(workers):
        assert workers.submit(prices.net, 0).result() == 0
    def test_second(workers):
        assert workers.submit(prices.net, 2).result() == 2
            """,
            swap("prices.py", "return x", "return x * 2"),
        ),
        _row(
            "variable-of-a-copy",
            """
    --- tests/test_c.py
    import os
    def test_c():
        given = {**os.environ}
        assert given.get("XDG_DATA_HOME") == "/one"
            """,
            append("tests/test_other.py", "\n"),
            learn_env={"XDG_DATA_HOME": "/one"},
            later_env={"XDG_DATA_HOME": "/two"},
        ),
    )
)
