"""What a test reads from disk: contents, folders, absences, links, permissions."""

import shutil
from importlib import import_module
from pathlib import Path

from tests.soundness.case import Step, append, drop, git, link, mode, move, room, sql, swap, write
from tests.soundness.trees import reads

case = room("file on disk")


_READ = "def look():\n    return (HERE / 'data.txt').read_text().strip()"


def _library(name: str) -> Step:
    """Return the step that puts this module of the interpreter's own in place as `lib.so`."""

    def step(root: Path) -> None:
        file = import_module(name).__file__
        shutil.copy(str(file), root / "lib.so")

    return step


def _inner(root: Path) -> None:
    """Make the folder `inner` a repository of its own, which the outer one can't look into."""
    for words in (("init", "-q"), ("add", "-A")):
        git(*words)(root / "inner")
    git("-c", "user.name=m", "-c", "user.email=m@example.org", "commit", "-qm", "in")(
        root / "inner"
    )


CASES = (
    case(
        "shared-library",
        """
        --- look.py
        import ctypes
        def has(name):
            return hasattr(ctypes.CDLL("./lib.so"), name)
        --- test_look.py
        from look import has
        def test_has():
            assert has("PyInit__json")
        """,
        _library("_csv"),
        setup=(_library("_json"),),
    ),
    case("text-file", reads(_READ), swap("data.txt", "1", "2"), quick=True),
    case(
        "text-file-read-by-the-old-paths-of-pytest",
        """
        --- data.txt
        1
        --- test_it.py
        from pathlib import Path
        def test_plain():
            assert (Path(__file__).parent / "data.txt").read_text().strip()
        def test_old(request):
            assert request.node.fspath.dirpath("data.txt").read_text("utf-8").strip() == "1"
        """,
        swap("data.txt", "1", "2"),
    ),
    case(
        "golden-files-of-a-collector",
        """
        --- conftest.py
        import pytest
        def pytest_collect_file(parent, file_path):
            if file_path.suffix == ".case":
                return Cases.from_parent(parent, path=file_path)
        class Cases(pytest.File):
            def collect(self):
                yield Case.from_parent(self, name="it")
        class Case(pytest.Item):
            def __init__(self, name, parent):
                super().__init__(name, parent)
                self.given = self.fspath.read_text("utf-8")
                self.wanted = (self.fspath + ".golden").read_text("utf-8")
            def runtest(self):
                assert self.given == self.wanted
        --- one.case
        1
        --- one.case.golden
        1
        --- two.case
        1
        --- two.case.golden
        1
        """,
        swap("two.case.golden", "1", "2"),
    ),
    case(
        "text-file-beside-one-that-cannot-be",
        """
        --- data.txt
        1
        --- look.py
        import os
        def look(names):
            for name in names:
                try:
                    os.path.exists(name)
                    with open(name) as file:
                        return file.read().strip()
                except (OSError, ValueError):
                    continue
        --- test_look.py
        from look import look
        def test_look():
            assert look(["a\\0b", "/a\\0b", "x" * 9999, "data.txt"]) == "1"
        """,
        swap("data.txt", "1", "2"),
    ),
    case("text-file-deleted", reads(_READ), drop("data.txt")),
    case("text-file-renamed", reads(_READ), move("data.txt", "old.txt")),
    case(
        "file-read-at-import",
        reads("TEXT = (HERE / 'data.txt').read_text().strip()\ndef look():\n    return TEXT"),
        swap("data.txt", "1", "2"),
    ),
    case(
        "file-read-by-the-descriptor",
        reads(
            "def look():\n    fd = os.open(HERE / 'data.txt', os.O_RDONLY)\n"
            "    try:\n        return os.read(fd, 1).decode()\n    finally:\n        os.close(fd)"
        ),
        swap("data.txt", "1", "2"),
    ),
    case(
        "file-mapped-into-memory",
        reads(
            "import mmap\ndef look():\n    with open(HERE / 'data.txt', 'rb') as f:\n"
            "        return mmap.mmap(f.fileno(), 0, access=mmap.ACCESS_READ)[:1].decode()"
        ),
        swap("data.txt", "1", "2"),
    ),
    case(
        "file-by-a-relative-path",
        reads(
            "def look():\n    os.chdir(HERE / 'sub')\n    try:\n"
            "        return open('data.txt').read().strip()\n    finally:\n        os.chdir('..')",
            name="sub/data.txt",
        ),
        swap("sub/data.txt", "1", "2"),
    ),
    case(
        "file-of-the-package",
        reads(
            "from importlib import resources\ndef look():\n"
            "    return resources.files('pack').joinpath('data.txt').read_text().strip()",
            name="pack/data.txt",
        ),
        swap("pack/data.txt", "1", "2"),
    ),
    case(
        "json-file",
        reads(
            "import json\ndef look():\n    return json.loads((HERE / 'a.json').read_bytes())['n']",
            name="a.json",
            text='{"n": "1"}',
        ),
        swap("a.json", "1", "2"),
    ),
    case(
        "size-of-a-file-never-opened",
        reads("def look():\n    return str(os.path.getsize(HERE / 'data.txt') - 1)"),
        append("data.txt", "more\n"),
    ),
    case(
        "source-read-as-text",
        reads(
            "import inspect\ndef f():  # 1\n    pass\ndef look():\n"
            "    return inspect.getsource(f).split()[3]"
        ),
        swap("look.py", "# 1", "# 2"),
    ),
    case(
        "file-ignored-by-git",
        reads(_READ.replace("data.txt", "local.artifact")),
        write("local.artifact", "2\n"),
        setup=(write("local.artifact", "1\n"), append(".gitignore", "*.artifact\n")),
    ),
    case(
        "file-outside-the-repository",
        reads(_READ.replace("data.txt", "../outside.txt")),
        write("../outside.txt", "2\n"),
        setup=(write("../outside.txt", "1\n"),),
    ),
    case(
        "file-of-a-repository-inside",
        reads(_READ.replace("data.txt", "inner/a.txt")),
        write("inner/a.txt", "2\n"),
        setup=(write("inner/a.txt", "1\n"), _inner),
    ),
    case(
        "database",
        reads(
            "import sqlite3\ndef look():\n    db = sqlite3.connect(HERE / 'a.db')\n"
            "    try:\n        return str(db.execute('select n from t').fetchone()[0])\n"
            "    finally:\n        db.close()"
        ),
        sql("a.db", "update t set n = 2"),
        setup=(sql("a.db", "create table t (n)"), sql("a.db", "insert into t values (1)")),
    ),
    case(
        "link-to-another-file",
        reads(_READ.replace("data.txt", "now.txt"), name="one.txt"),
        link("now.txt", "two.txt"),
        setup=(link("now.txt", "one.txt"), write("two.txt", "2\n")),
    ),
    case(
        "target-of-a-link",
        reads(_READ.replace("data.txt", "now.txt"), name="one.txt"),
        swap("one.txt", "1", "2"),
        setup=(link("now.txt", "one.txt"),),
    ),
    case(
        "target-of-a-link-outside",
        reads(_READ.replace("data.txt", "now.txt")),
        write("../far.txt", "2\n"),
        setup=(link("now.txt", "../far.txt"), write("../far.txt", "1\n")),
    ),
    case(
        "linked-folder-of-modules",
        """
         --- one/mod.py
         N = 1
         --- two/mod.py
         N = 2
         --- test_mod.py
         def test_n():
             from now import mod
             assert mod.N == 1
         """,
        link("now", "two"),
        setup=(link("now", "one"),),
    ),
    case(
        "permission-to-run",
        reads("def look():\n    return str(int(os.access(HERE / 'tool', os.X_OK)))", name="tool"),
        mode("tool", 0o644),
        setup=(mode("tool", 0o755),),
    ),
)
