"""Data files that a library in C opens by itself, as those for XML, images and tables do."""

import sys

from tests.soundness.case import Case, room, swap

case = room("file opened in C")

#: Stands for such a library, with what every C library has.
_READ = """
import ctypes

libc = ctypes.CDLL(None)
libc.fopen.restype = ctypes.c_void_p

def read(path):
    stream = ctypes.c_void_p(libc.fopen(str(path).encode(), b"r"))
    text = ctypes.create_string_buffer(100)
    libc.fgets(text, 100, stream)
    libc.fclose(stream)
    return text.value.decode().strip()
"""


def _read(name: str, tree: str, data: str, **rest: object) -> Case:
    lines = "\n".join(f"    {line}" for line in _READ.splitlines())
    whole = f"""
    --- src/creader.py{lines}
    --- {data}
    one
    --- pyproject.toml
    [tool.pytest.ini_options]
    pythonpath = ["src"]
    testpaths = ["tests"]
    --- tests/test_other.py
    def test_other():
        assert True
    {tree}
    """
    return case(name, whole, swap(data, "one", "two"), bystander="tests/test_other.py", **rest)


_ALSO = """
    --- tests/test_py.py
    def test_py():
        with open("data/it.txt") as stream:
            assert len(stream.read()) == 4
"""
_TEST = """
    --- tests/test_c.py
    import creader
    def test_c():
        assert creader.read("data/it.txt") == "one"
"""

CASES = (
    ()
    if sys.platform != "linux"
    else (
        _read("in-a-test", _TEST, "data/it.txt"),
        _read("read-by-python-in-another-test", _TEST + _ALSO, "data/it.txt"),
        _read(
            "beside-the-test",
            _TEST.replace("data/", "tests/data/") + _ALSO.replace("data/", "tests/data/"),
            "tests/data/it.txt",
        ),
        _read("in-the-root", _TEST.replace("data/", "") + _ALSO.replace("data/", ""), "it.txt"),
        _read(
            "in-a-session-fixture",
            """
    --- tests/test_c.py
    import creader, pytest
    @pytest.fixture(scope="session")
    def data():
        return creader.read("data/it.txt")
    def test_first(data):
        assert data
    def test_second(data):
        assert data == "one"
        """
            + _ALSO,
            "data/it.txt",
        ),
        _read(
            "at-import",
            """
    --- src/settings.py
    import creader
    LEVEL = creader.read("data/it.txt")
    --- tests/test_c.py
    import settings
    def test_first():
        assert settings
    def test_second():
        assert settings.LEVEL == "one"
        """
            + _ALSO,
            "data/it.txt",
        ),
        _read(
            "in-a-thread",
            """
    --- tests/test_c.py
    import creader, threading
    def test_c():
        out = []
        thread = threading.Thread(target=lambda: out.append(creader.read("data/it.txt")))
        thread.start()
        thread.join()
        assert out == ["one"]
        """
            + _ALSO,
            "data/it.txt",
        ),
        _read(
            "in-a-python-child",
            """
    --- tests/test_c.py
    import subprocess, sys
    def test_c():
        script = "import creader; print(creader.read('data/it.txt'))"
        env = {"PYTHONPATH": "src"}
        done = subprocess.run([sys.executable, "-c", script], env=env, stdout=subprocess.PIPE)
        assert done.stdout.strip() == b"one"
        """
            + _ALSO,
            "data/it.txt",
        ),
        _read(
            "in-two-workers",
            _TEST
            + _ALSO
            + """
    --- pytest.ini
    [pytest]
    addopts = -n 2
    pythonpath = src
    testpaths = tests
        """,
            "data/it.txt",
            needs="xdist",
        ),
    )
)
