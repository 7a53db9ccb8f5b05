"""What was asked for while something was imported, by which statement, and for whom."""

from __future__ import annotations

from tests.soundness.case import room, swap, write
from tests.soundness.kinds.strangers import library

case = room("asked at import", env={"PYTHONPATH": "{base}/site"})
_MODE = write("mode.txt", "fast\n")

#: Reads a file of the project as it is loaded.
READS = """
from pathlib import Path
MODE = Path("mode.txt").read_text().strip()
"""

CASES = (
    case(
        "library-that-reads-a-file-as-it-is-loaded",
        """
         --- mode.txt
         slow
         --- first.py
         import frame
         def mode():
             return frame.MODE
         --- second.py
         import frame
         def mode():
             return frame.MODE
         --- test_first.py
         import first
         def test_first():
             assert first.mode()
         --- test_second.py
         import second
         def test_second():
             assert second.mode() == "slow"
        """,
        _MODE,
        setup=(library(READS),),
        quick=True,
    ),
    case(
        "library-that-a-test-before-loaded",
        """
         --- mode.txt
         slow
         --- test_shop.py
         def test_first():
             import frame
             assert frame.MODE
         def test_second():
             import frame
             assert frame.MODE == "slow"
        """,
        _MODE,
        setup=(library(READS),),
    ),
    case(
        "library-that-another-library-loads",
        """
         --- mode.txt
         slow
         --- shop.py
         import frame
         def name():
             return frame.NAME
         --- test_first.py
         import shop
         def test_first():
             assert shop.name()
         --- test_second.py
         import inner
         def test_second():
             assert inner.MODE == "slow"
        """,
        _MODE,
        setup=(library('import inner\nNAME = "frame"\n'), write("../site/inner.py", READS)),
    ),
    case(
        "library-that-another-library-loads-when-it-is-needed",
        """
         --- mode.txt
         slow
         --- test_shop.py
         import frame
         def test_first():
             assert frame.mode()
         def test_second():
             assert frame.mode() == "slow"
        """,
        _MODE,
        setup=(
            library("def mode():\n    import inner\n    return inner.MODE\n"),
            write("../site/inner.py", READS),
        ),
    ),
    case(
        "library-loaded-before-and-imported-by-name",
        """
         --- mode.txt
         slow
         --- test_first.py
         import frame
         def test_first():
             assert frame.MODE
         --- test_second.py
         import importlib
         def test_second():
             assert importlib.import_module("frame").MODE == "slow"
        """,
        _MODE,
        setup=(library(READS),),
    ),
    case(
        "version-that-a-package-asks-git-for",
        """
         --- notes.txt
         one
         --- shop/__init__.py
         import subprocess
         from pathlib import Path
         HERE = Path(__file__).parent
         WORDS = ["git", "describe", "--always", "--dirty"]
         VERSION = subprocess.run(WORDS, cwd=HERE, capture_output=True, text=True).stdout
         SIDE = print()
         --- test_shop.py
         import shop
         def test_version():
             assert "dirty" not in shop.VERSION
        """,
        write("notes.txt", "two\n"),
    ),
    case(
        "file-that-one-statement-opens-and-another-reads",
        """
         --- mode.txt
         slow
         --- shop.py
         HANDLE = open("mode.txt")
         OTHER = 1
         MODE = HANDLE.read().strip()
         --- test_shop.py
         from shop import MODE
         def test_mode():
             assert MODE == "slow"
        """,
        _MODE,
    ),
    case(
        "table-of-another-module-filled-from-a-file",
        """
         --- mode.txt
         slow
         --- tables.py
         TABLE = {}
         def fill(name):
             with open(name) as file:
                 TABLE["mode"] = file.read().strip()
         def get():
             return TABLE["mode"]
         --- shop.py
         import tables
         for name in ("mode.txt",):
             tables.fill(name)
         --- test_shop.py
         import shop
         import tables
         def test_mode():
             assert tables.get() == "slow"
        """,
        _MODE,
    ),
    case(
        "file-read-in-a-class-while-it-is-imported",
        """
         --- mode.txt
         slow
         --- shop.py
         class Settings:
             other = 1
             mode = open("mode.txt").read().strip()
         SETTINGS = Settings()
         --- test_shop.py
         from shop import SETTINGS
         def test_mode():
             assert SETTINGS.mode == "slow"
        """,
        _MODE,
    ),
    case(
        "file-read-by-a-decorator-s-argument",
        """
         --- mode.txt
         slow
         --- shop.py
         def known_as(name):
             def mark(function):
                 function.known = name
                 return function
             return mark
         @known_as(open("mode.txt").read().strip())
         def price():
             return 1
         --- test_shop.py
         import shop
         def test_price():
             assert shop.price.known == "slow"
        """,
        _MODE,
    ),
    case(
        "class-that-a-pickle-names",
        """
         --- shop.py
         class Price:
             pass
         class Cost:
             pass
         --- test_shop.py
         import pickle
         DATA = b"c" + b"shop" + b"\\n" + b"Pr" + b"ice" + b"\\n."
         def test_price():
             assert isinstance(pickle.loads(DATA), type)
        """,
        swap("shop.py", "class Price:", "class Fee:"),
    ),
    case(
        "file-read-in-a-thread-of-an-import",
        """
         --- mode.txt
         slow
         --- shop.py
         import threading
         FOUND = []
         GO = threading.Event()
         def look():
             GO.wait(5)
             FOUND.append(open("mode.txt").read().strip())
         THREAD = threading.Thread(target=look)
         THREAD.start()
         OTHER = GO.set()
         THREAD.join()
         --- test_shop.py
         from shop import FOUND
         def test_mode():
             assert FOUND == ["slow"]
        """,
        _MODE,
    ),
    case(
        "file-asked-for-twice-at-import",
        """
         --- mode.txt
         slow
         --- shop.py
         from pathlib import Path
         FIRST = Path("mode.txt").exists()
         SECOND = Path("mode.txt").read_text().strip()
         THIRD = Path("mode.txt").read_text().strip()
         --- test_shop.py
         import shop
         def test_first():
             assert shop.FIRST
         def test_third():
             assert shop.THIRD == "slow"
        """,
        _MODE,
    ),
)
