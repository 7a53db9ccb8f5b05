"""Children that aren't plain Python: shells, tools, servers, a pytest inside a test."""

from tests.soundness.case import append, git, room, swap, write
from tests.soundness.trees import RUN, child, python_child

case = room("child process")


_CHANGE = swap("number.py", "1", "2")


_TOOL = RUN.format(words="['sh', 'tool.sh']", more="")


CASES = (
    case("shell-script", child(_TOOL, "--- tool.sh", "echo 1"), write("tool.sh", "echo 2\n")),
    case(
        "shell-script-that-sources-another",
        child(_TOOL, "--- tool.sh", ". ./more.sh", "--- more.sh", "echo 1"),
        write("more.sh", "echo 2\n"),
    ),
    case(
        "shell-script-that-starts-python",
        child(
            _TOOL.replace("'tool.sh']", "'tool.sh', sys.executable]"),
            "--- tool.sh",
            '"$1" answer.py',
        ),
        _CHANGE,
    ),
    case(
        "file-another-program-reads",
        child(RUN.format(words="['cat', 'data.txt']", more=""), "--- data.txt", "1"),
        write("data.txt", "2\n"),
    ),
    case(
        "make-and-its-makefile",
        child(RUN.format(words="['make', '-s']", more=""), "--- Makefile", "all: ; @echo 1"),
        swap("Makefile", "echo 1", "echo 2"),
    ),
    case(
        "file-a-python-child-reads",
        python_child("'-c', 'print(open(\"data.cfg\").read())'"),
        write("data.cfg", "2\n"),
        setup=(write("data.cfg", "1\n"),),
    ),
    case(
        "file-a-child-looks-for",
        python_child("'-c', 'import os; print(1 + os.path.exists(\"late.cfg\"))'"),
        write("late.cfg", "a\n"),
    ),
    case(
        "git-asked-for-its-files",
        child(
            "def start():\n    return len(subprocess.check_output("
            "['git', 'ls-files', '*.dat'], cwd=HERE).split())",
            "--- a.dat",
            "a",
        ),
        write("b.dat", "b\n"),
        git("add", "b.dat"),
    ),
    case(
        "child-of-a-session-fixture",
        """
         --- answer.py
         print(1)
         --- conftest.py
         import subprocess, sys
         import pytest
         @pytest.fixture(scope="session")
         def said():
             return int(subprocess.check_output([sys.executable, "answer.py"]))
         --- test_said.py
         def test_first(said):
             assert said
         def test_second(said):
             assert said == 1
         """,
        swap("answer.py", "1", "2"),
    ),
    case(
        "child-of-an-import",
        """
         --- answer.py
         print(1)
         --- said.py
         import subprocess, sys
         SAID = int(subprocess.check_output([sys.executable, "answer.py"]))
         --- test_said.py
         from said import SAID
         def test_said():
             assert SAID == 1
         """,
        swap("answer.py", "1", "2"),
    ),
    case(
        "server-that-outlives-its-test",
        """
         --- serve.py
         import sys
         for line in sys.stdin:
             from number import N
             print(N, flush=True)
         --- number.py
         N = 1
         --- conftest.py
         import subprocess, sys
         import pytest
         @pytest.fixture(scope="session")
         def ask():
             server = subprocess.Popen([sys.executable, "serve.py"], text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
             def ask():
                 server.stdin.write("?\\n")
                 server.stdin.flush()
                 return int(server.stdout.readline())
             yield ask
             server.communicate()
         --- test_ask.py
         def test_first(ask):
             assert ask()
         def test_second(ask):
             assert ask() == 1
         """,
        swap("number.py", "1", "2"),
    ),
    case(
        "pytest-inside-a-test",
        """
         --- number.py
         N = 1
         --- conftest.py
         pytest_plugins = ["pytester"]
         --- test_inner.py
         def test_inner(pytester, request, monkeypatch):
             monkeypatch.setenv("PYTHONPATH", str(request.config.rootpath))
             pytester.makepyfile(test_deep="from number import N\\ndef test(): assert N == 1")
             pytester.runpytest_subprocess("-p", "no:testmon").assert_outcomes(passed=1)
         """,
        _CHANGE,
    ),
    case(
        "pytest-inside-a-test-in-the-same-process",
        """
         --- number.py
         N = 1
         --- conftest.py
         pytest_plugins = ["pytester"]
         --- test_inner.py
         def test_inner(pytester, request):
             pytester.syspathinsert(request.config.rootpath)
             pytester.makepyfile(test_deep="from number import N\\ndef test(): assert N == 1")
             pytester.runpytest_inprocess("-p", "no:testmon").assert_outcomes(passed=1)
         """,
        _CHANGE,
    ),
    case(
        "module-a-child-imports-gone-wrong",
        python_child("'answer.py'"),
        append("number.py", "raise RuntimeError\n"),
    ),
)
