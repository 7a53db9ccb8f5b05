"""What a test learns from folders and from files that are not there."""

from tests.soundness.case import append, drop, room, write
from tests.soundness.trees import reads

case = room("file on disk")


_LIST = """
    --- parts/a.txt
    a
    --- look.py
    import os, glob
    from pathlib import Path
    HERE = Path(__file__).parent / "parts"
    def listdir():
        return len(os.listdir(HERE))
    def scandir():
        return len(list(os.scandir(HERE)))
    def globbed():
        return len(glob.glob(str(HERE / "*.txt")))
    def iterdir():
        return len(list(HERE.iterdir()))
    def walked():
        return sum(len(files) for _, _, files in os.walk(HERE))
    --- test_look.py
    import look
    def test_look():
        assert look.{how}() == 1
"""


_ABSENT = """
    --- look.py
    import os
    from pathlib import Path
    HERE = Path(__file__).parent
    def exists():
        return os.path.exists(HERE / "extra.ini")
    def is_file():
        return (HERE / "extra.ini").is_file()
    def opened():
        try:
            return bool(open(HERE / "extra.ini"))
        except FileNotFoundError:
            return False
    def access():
        return os.access(HERE / "extra.ini", os.R_OK)
    def stat():
        try:
            return bool(os.stat(HERE / "extra.ini"))
        except OSError:
            return False
    def config():
        from configparser import ConfigParser
        return bool(ConfigParser().read(HERE / "extra.ini"))
    --- test_look.py
    import look
    def test_look():
        assert not look.{how}()
"""


_NEW = write("parts/b.txt", "b\n")


_APPEARS = write("extra.ini", "[a]\n")


CASES = (
    *(
        case(
            f"new-file-in-a-folder-listed-by-{how}",
            _LIST.replace("{how}", how),
            _NEW,
            quick=how == "listdir",
        )
        for how in ("listdir", "scandir", "globbed", "iterdir", "walked")
    ),
    *(
        case(
            f"ignored-file-in-a-folder-listed-by-{how}",
            _LIST.replace("{how}", how),
            write("parts/b.artifact.txt", "b\n"),
            setup=(append(".gitignore", "*.artifact.txt\n"),),
        )
        for how in ("listdir", "scandir", "globbed", "walked")
    ),
    case(
        "ignored-file-in-a-folder-that-git-ignores",
        _LIST.replace("{how}", "listdir"),
        write("parts/b.txt", "b\n"),
        setup=(append(".gitignore", "parts/\n"),),
    ),
    case("file-gone-from-a-listed-folder", _LIST.replace("{how}", "listdir"), drop("parts/a.txt")),
    case(
        "new-file-below-a-walked-folder",
        _LIST.replace("{how}", "walked"),
        write("parts/deep/b.txt", "b\n"),
    ),
    *(
        case(
            f"absent-file-asked-for-by-{how}",
            _ABSENT.replace("{how}", how),
            _APPEARS,
        )
        for how in ("exists", "is_file", "opened", "access", "stat", "config")
    ),
    case(
        "file-that-existed-is-gone",
        reads("def look():\n    return str(int((HERE / 'data.txt').exists()))"),
        drop("data.txt"),
    ),
    case(
        "parameters-from-a-file",
        """
         --- cases.txt
         1 2
         --- test_cases.py
         from pathlib import Path
         import pytest
         LINES = Path(__file__).with_name("cases.txt").read_text().splitlines()
         @pytest.mark.parametrize("line", LINES, ids=range(len(LINES)))
         def test_line(line):
             a, b = line.split()
             assert int(a) < int(b)
         """,
        append("cases.txt", "4 3\n"),
    ),
    case(
        "parameters-from-a-folder",
        """
         --- cases/a.txt
         1
         --- test_cases.py
         from pathlib import Path
         import pytest
         CASES = sorted(Path(__file__).with_name("cases").iterdir())
         @pytest.mark.parametrize("path", CASES, ids=lambda path: path.name)
         def test_case(path):
             assert path.read_text() == "1\\n"
         """,
        write("cases/b.txt", "2\n"),
    ),
    case(
        "parameters-from-a-file-a-hook-reads",
        """
         --- cases.txt
         1
         --- conftest.py
         from pathlib import Path
         def pytest_generate_tests(metafunc):
             if "n" in metafunc.fixturenames:
                 lines = Path(__file__).with_name("cases.txt").read_text().split()
                 metafunc.parametrize("n", [int(line) for line in lines])
         --- test_cases.py
         def test_n(n):
             assert n < 2
         """,
        append("cases.txt", "3\n"),
    ),
)
