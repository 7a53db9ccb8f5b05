"""One change after another: broken-off runs, edits meanwhile, branches, what was skipped."""

from tests.soundness.case import again, append, git, move, room, swap, touch, write

case = room("way of running")

_STEPS = """
    --- mod.py
    from old import n
    def f():
        return n()
    --- old.py
    def n():
        return 1
    --- new.py
    def n():
        return 1
    --- test_mod.py
    from mod import f
    def test_f():
        assert f() == 1
    def test_other():
        assert True
"""


_SKIPPED = """
    --- level.py
    LEVEL = 1
    --- test_mod.py
    import pytest
    import level
    {how}
"""


def _skipped(how: str) -> str:
    return _SKIPPED.replace("{how}", how.replace("\n", "\n    "))


CASES = (
    case(
        "edit-while-tests-are-learnt",
        """
         --- mod.py
         def f():
             return 1
         --- test_mod.py
         import os
         from pathlib import Path
         from mod import f
         def test_f():
             assert f() == 1
         def test_slow():
             if "EDITOR" in os.environ:
                 Path("mod.py").write_text("def f():\\n    return 2\\n")
         """,
        touch("mod.py"),
        learn_env={"EDITOR": "on"},
    ),
    case(
        "edit-of-data-while-tests-are-learnt",
        """
         --- data.txt
         1
         --- test_mod.py
         import os
         from pathlib import Path
         def test_f():
             assert Path("data.txt").read_text().strip() == "1"
         def test_slow():
             if "EDITOR" in os.environ:
                 Path("data.txt").write_text("2\\n")
         """,
        touch("data.txt"),
        learn_env={"EDITOR": "on"},
    ),
    case(
        "process-that-died-while-learning",
        """
         --- mod.py
         def f():
             return 1
         --- test_a.py
         def test_a():
             assert True
         --- test_b.py
         import os
         from mod import f
         def test_b():
             if "DIE" in os.environ:
                 os._exit(3)
             assert f() == 1
         """,
        swap("mod.py", "1", "2"),
        learn_env={"DIE": "on"},
        learned="red",
    ),
    case(
        "stopped-at-the-first-failure-while-learning",
        """
         --- pytest.ini
         [pytest]
         addopts = -x
         --- mod.py
         def f():
             return 1
         --- test_a.py
         import os
         def test_a():
             assert "FAIL" not in os.environ
         def test_b():
             from mod import f
             assert f() == 1
         """,
        swap("mod.py", "1", "2"),
        learn_env={"FAIL": "on"},
        learned="red",
    ),
    case(
        "failed-when-it-was-learnt",
        _STEPS.replace("f() == 1", "f() == 3"),
        append("README.md", "hi\n"),
        learned="red",
    ),
    case(
        "failed-with-an-error-when-it-was-learnt",
        _STEPS.replace("from mod", "from mood"),
        append("README.md", "hi\n"),
        learned="red",
    ),
    case(
        "second-edit-of-what-the-first-brought-in",
        _STEPS,
        swap("mod.py", "old", "new"),
        again,
        swap("new.py", "1", "2"),
    ),
    case(
        "edit-taken-back-then-another",
        _STEPS,
        swap("old.py", "1", "2"),
        again,
        swap("old.py", "2", "1"),
        again,
        swap("old.py", "1", "3"),
    ),
    case("failure-left-standing", _STEPS, swap("old.py", "1", "2"), again),
    case(
        "failure-left-standing-after-another-edit",
        _STEPS,
        swap("old.py", "1", "2"),
        again,
        append("new.py", "x = 1\n"),
    ),
    case(
        "failure-taken-back-then-returned-to",
        _STEPS,
        swap("old.py", "1", "2"),
        again,
        swap("old.py", "2", "1"),
        again,
        swap("old.py", "1", "2"),
    ),
    case(
        "branch-changed",
        _STEPS,
        git("checkout", "-qb", "other"),
        swap("old.py", "1", "2"),
        git("-c", "user.name=m", "-c", "user.email=m@example.org", "commit", "-qam", "two"),
        git("checkout", "-q", "main"),
        again,
        git("checkout", "-q", "other"),
    ),
    case(
        "test-deleted-and-brought-back",
        _STEPS,
        move("test_mod.py", "away.txt"),
        again,
        move("away.txt", "test_mod.py"),
        swap("old.py", "1", "2"),
    ),
    case(
        "commit-of-a-breaking-change",
        _STEPS,
        swap("old.py", "1", "2"),
        git("-c", "user.name=m", "-c", "user.email=m@example.org", "commit", "-qam", "two"),
    ),
    case("change-that-is-staged", _STEPS, swap("old.py", "1", "2"), git("add", "-A")),
    case(
        "file-git-is-told-to-take-as-unchanged",
        _STEPS,
        git("update-index", "--assume-unchanged", "old.py"),
        swap("old.py", "1", "2"),
    ),
    case(
        "skipped-for-a-constant-when-learnt",
        _skipped(
            "@pytest.mark.skipif(level.LEVEL == 1, reason='low')\n"
            "def test_one():\n    assert level.LEVEL == 1"
        ),
        swap("level.py", "1", "2"),
    ),
    case(
        "skipped-from-inside-when-learnt",
        _skipped(
            "def test_one():\n    if level.LEVEL == 1:\n        pytest.skip('low')\n"
            "    assert level.LEVEL == 1"
        ),
        swap("level.py", "1", "2"),
    ),
    case(
        "skipped-by-a-fixture-when-learnt",
        _skipped(
            "@pytest.fixture\ndef high():\n    if level.LEVEL == 1:\n"
            "        pytest.skip('low')\ndef test_one(high):\n    assert level.LEVEL == 1"
        ),
        swap("level.py", "1", "2"),
    ),
    case(
        "module-skipped-when-learnt",
        _skipped("pytest.importorskip('lateness')\ndef test_one():\n    assert False"),
        write("lateness.py", ""),
    ),
    case(
        "skipped-because-another-failed",
        """
         --- conftest.py
         import pytest
         def pytest_runtest_makereport(item, call):
             if call.excinfo is not None and call.when == "call":
                 item.parent.broken = item.name
         def pytest_runtest_setup(item):
             before = getattr(item.parent, "broken", "")
             if before:
                 pytest.skip(f"{before} failed")
         --- door.py
         def opened():
             return False
         --- test_mod.py
         from door import opened
         def test_door():
             assert opened()
         def test_room():
             assert False
         """,
        swap("door.py", "False", "True"),
        learned="red",
    ),
    case(
        "example-that-builds-on-another-of-its-document",
        """
         --- conftest.py
         import pytest
         class Example(pytest.Item):
             def __init__(self, *, source, names, **rest):
                 super().__init__(**rest)
                 self.source, self.names = source, names
             def runtest(self):
                 exec(self.source, self.names)
         class Document(pytest.File):
             def collect(self):
                 names = {}
                 for at, line in enumerate(self.path.read_text().splitlines()):
                     yield Example.from_parent(
                         self, name=f"line{at}", source=line, names=names
                     )
         def pytest_collect_file(parent, file_path):
             if file_path.suffix == ".doc":
                 return Document.from_parent(parent, path=file_path)
         --- rates.py
         def low():
             return 1
         def high():
             return 2
         --- guide.doc
         import rates
         rate = rates.low()
         assert rate < 2
         """,
        swap("rates.py", "return 1", "return 3"),
    ),
    case(
        "expected-to-fail-when-learnt",
        _skipped("@pytest.mark.xfail(strict=True)\ndef test_one():\n    assert level.LEVEL == 2"),
        swap("level.py", "1", "2"),
    ),
    case(
        "skip-mark-removed",
        "--- test_one.py\nimport pytest\n@pytest.mark.skip\ndef test_one():\n    assert False\n",
        swap("test_one.py", "@pytest.mark.skip\n", ""),
    ),
    case(
        "test-that-clears-the-trace-function",
        """
         --- mod.py
         def f():
             return 1
         --- test_mod.py
         import sys, threading
         def test_f():
             sys.settrace(None)
             sys.setprofile(None)
             threading.settrace(None)
             from mod import f
             assert f() == 1
         """,
        swap("mod.py", "1", "2"),
    ),
    case(
        "test-that-sets-its-own-trace-function",
        """
         --- mod.py
         def f():
             return 1
         --- test_mod.py
         import sys
         def test_f():
             before = sys.gettrace()
             sys.settrace(lambda *args: None)
             from mod import f
             assert f() == 1
             sys.settrace(before)
         """,
        swap("mod.py", "1", "2"),
    ),
    case(
        "test-that-forgets-modules",
        """
         --- mod.py
         N = 1
         --- test_mod.py
         import sys
         def test_a():
             import mod
             del sys.modules["mod"]
         def test_b():
             import mod
             assert mod.N == 1
         """,
        swap("mod.py", "1", "2"),
    ),
    case(
        "new-test-in-an-old-file",
        _STEPS,
        append("test_mod.py", "def test_new():\n    assert False\n"),
    ),
    case("new-test-file", _STEPS, write("test_new.py", "def test_new():\n    assert False\n")),
    case(
        "test-file-renamed",
        _STEPS,
        move("test_mod.py", "test_renamed.py"),
        swap("old.py", "1", "2"),
    ),
)
