"""What a recorded pytest run knows of its tests afterwards."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.recorder.probes import environ
from firsttry_tasks.recorder.replaced import environment
from tests.e2e.recorder.recorded import recorded

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.recording import Record, ScopeRecord, TestRecord

LIB = """\
import functools
import os
from pathlib import Path

def helper():
    return 1

VALUE = helper()

def read():
    return Path("data.txt").read_text()

def absent():
    return Path("absent.txt").exists()

def listed():
    return os.listdir("folder")

def variable():
    return os.environ.get("SHOP_MODE")

def deep():
    return helper()

def after():
    return 1

@functools.cache
def kept(fails):
    helper()
    if fails:
        raise ValueError
    return 1
"""
CONFTEST = """\
import pytest
import lib

@pytest.fixture(scope="session")
def shared():
    return lib.deep()
"""
TESTS = """\
import os, subprocess, sys, threading
import lib

KEPT = []

def test_first(shared):
    assert shared

def test_second(shared):
    assert shared

def test_looks():
    lib.read(), lib.absent(), lib.listed(), lib.variable()

def test_copies():
    dict(os.environ), os.environ.copy(), list(os.environ.items())

def test_thread():
    thread = threading.Thread(target=lib.deep)
    thread.start()
    thread.join()

def test_child():
    subprocess.run([sys.executable, "-c", "import lib"], env={}, check=True)

def test_fork():
    pid = os.fork()
    if pid == 0:
        try:
            lib.deep()
        finally:
            os._exit(0)
    os.waitpid(pid, 0)

def test_shell():
    os.system("true")

def test_hot():
    for _ in range(5000):
        lib.helper()
    lib.deep()

def test_profile():
    import cProfile

    profile = cProfile.Profile()
    profile.enable()
    import late
    lib.deep()
    profile.disable()
    assert "deep" in {getattr(entry.code, "co_name", "") for entry in profile.getstats()}

def test_after_profile():
    lib.deep()

def test_greenlets():
    import greenlet

    def first():
        other.switch()
        lib.variable()

    def second():
        stuck()

    def stuck():
        started.switch()

    started, other = greenlet.greenlet(first), greenlet.greenlet(second)
    KEPT.append(other)
    started.switch()

def test_after_greenlets():
    lib.deep()

def test_kept():
    try:
        lib.kept(True)
    except ValueError:
        lib.after()
    lib.kept(False)
    lib.variable()

def test_fails():
    assert lib.deep() == 2

def test_itself():
    assert True
"""


_COUNTED = sys.version_info < (3, 12)
#: What runs before the recorder: nothing, another's tracer, what takes our way of counting away.
FIRST = {
    "alone": "",
    "traced": "import sys\nsys.settrace(lambda *arguments: None)",
    "uncounted": "import sys\nsys.modules['ctypes'] = None",
}


@pytest.fixture(name="record", scope="module", params=[*FIRST][: 2 + _COUNTED])
def _record(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Record:
    root = tmp_path_factory.mktemp("recorded")
    (root / "folder").mkdir()
    files = {
        "late.py": "",
        "lib.py": LIB,
        "conftest.py": CONFTEST,
        "test_lib.py": TESTS,
        "data.txt": "1",
    }
    return recorded(root, files, FIRST[request.param])


def _test(record: Record, name: str) -> TestRecord:
    return next(test for test in record.tests if test.nodeid == f"test_lib.py::{name}")


def _ran(record: Record, part: TestRecord | ScopeRecord) -> set[str]:
    return {record.units[number].name for number in part.units}


def _saw(record: Record, part: TestRecord | ScopeRecord) -> set[tuple[str, str]]:
    return {
        (record.observations[number].kind, record.observations[number].name)
        for number in part.observations
    }


def test_a_test_knows_what_it_ran(record: Record) -> None:
    """Itself, and nothing of what only others ran."""
    assert _ran(record, _test(record, "test_itself")) == {"test_itself"}


@pytest.mark.parametrize(
    "name", ["test_thread", "test_fork", "test_hot", "test_after_greenlets", "test_after_profile"]
)
def test_code_is_seen_wherever_it_runs(record: Record, name: str) -> None:
    """In threads, in forked children, and after something else ran hot or took the profiler."""
    assert _ran(record, _test(record, name)) >= {name, "deep", "helper"}


def test_code_is_seen_in_greenlets(record: Record) -> None:
    """A greenlet may stop for good inside a call, while the one that it called back goes on."""
    inner = {name.rpartition(".")[2] for name in _ran(record, _test(record, "test_greenlets"))}
    assert inner == {"test_greenlets", "first", "second", "stuck", "variable"}


def test_what_a_test_leaves_is_told_by_its_name(record: Record) -> None:
    """A cache with an entry more; nothing of what was there before, or that others left."""
    left = {
        test.nodeid: [it for kind, it in _saw(record, test) if kind == "left"]
        for test in record.tests
    }
    kept = {nodeid for nodeid, it in left.items() if any(n.startswith("lib.py:kept=+") for n in it)}
    assert kept == {"test_lib.py::test_kept"}


def test_a_profiler_of_the_tests_own_takes_no_code_away(record: Record) -> None:
    """Where ours had to give way, the test says that it could not be seen into."""
    taken = _test(record, "test_profile")
    blind = any(kind == "untraceable" for kind, _ in _saw(record, taken))
    assert blind or {"deep", "helper"} <= _ran(record, taken)
    assert taken.outcome == "passed", "it was taken from the test"


@pytest.mark.parametrize("name", ["test_first", "test_second"])
def test_a_session_fixture_counts_for_all_who_use_it(record: Record, name: str) -> None:
    """Not only for the test that set it up."""
    used = [record.scopes[number] for number in _test(record, name).scopes]
    [fixture] = [scope for scope in used if scope.kind == "fixture"]
    assert _ran(record, fixture) == {"shared", "deep", "helper"}


def test_what_a_module_runs_belongs_to_its_import(record: Record) -> None:
    """With the line of the module that ran it."""
    [scope] = [it for it in record.scopes if (it.kind, it.name) == ("import", "lib.py")]
    lines = {(line, record.units[unit].name) for line, unit in scope.lines}
    assert lines == {(LIB.splitlines().index("VALUE = helper()") + 1, "helper")}


@pytest.mark.parametrize(
    "observation",
    [("read", "data.txt"), ("probed", "absent.txt"), ("list", "folder"), ("env", "SHOP_MODE")],
)
def test_a_test_knows_what_it_looked_at(record: Record, observation: tuple[str, str]) -> None:
    """Files, files that are absent, folders, variables."""
    assert observation in _saw(record, _test(record, "test_looks"))


def test_a_copy_of_the_environment_asks_for_no_variable_by_itself(record: Record) -> None:
    """PWD and the like differ from checkout to checkout, and count only for who names them."""
    assert {name for kind, name in _saw(record, _test(record, "test_copies")) if kind == "env"} == {
        "*"
    }


def test_a_python_child_is_recorded(record: Record) -> None:
    """Also where its environment was scrubbed."""
    assert ("whole-module", "lib.py") in _saw(record, _test(record, "test_child"))


def test_another_child_makes_its_test_depend_on_everything(record: Record) -> None:
    """What a shell does in the repository nobody sees."""
    assert "untraceable" in {kind for kind, _ in _saw(record, _test(record, "test_shell"))}


def test_outcomes(record: Record) -> None:
    """A failure is remembered as one."""
    outcomes = {test.nodeid.partition("::")[2]: test.outcome for test in record.tests}
    assert (outcomes["test_fails"], outcomes["test_itself"]) == ("failed", "passed")


def test_the_runner_looking_around_counts_for_nobody(record: Record) -> None:
    """What pytest itself reads and lists is no dependency of the tests."""
    [start] = [scope for scope in record.scopes if scope.kind == "start"]
    assert {kind for kind, _ in _saw(record, start)}.isdisjoint({"read", "list", "probed", "env"})


@pytest.mark.parametrize("name", ["PWD", "TOOLS", environment.ALL])
def test_where_a_checkout_lies_is_no_change(name: str) -> None:
    """A clone at another place rests on the same variables; what else they say counts."""
    here, there, other = (
        environ.variable(name, {"PWD": root, "TOOLS": f"{root}/{tools}"}, root, b"k")
        for root, tools in (("/here/shop", "bin"), ("/there/shop", "bin"), ("/there/shop", "sbin"))
    )
    assert here == there
    assert (there == other) == (name == "PWD")


def test_what_an_import_changes_is_told_by_each_name_that_it_has(tmp_path: Path) -> None:
    """Also by the names in modules that the import has nothing to do with."""
    files = {
        "kinds.py": "class Kind:\n    pass\n\n\nROOT = Kind()\n",
        "filters.py": "import kinds\n\nWANTED = kinds.ROOT\n",
        "test_one.py": "import filters\n\n\ndef test_one():\n    assert filters.WANTED\n",
        "test_two.py": "import kinds\n\nkinds.ROOT.comment = object()\n\n\n"
        "def test_two():\n    assert kinds.ROOT\n",
    }
    record = recorded(tmp_path, files)
    (scope,) = (it for it in record.scopes if it.name == "test_two.py" and it.kind == "import")
    names = {record.observations[n].name for n in scope.observations}
    assert {"kinds.py:ROOT.comment", "filters.py:WANTED.comment"} <= names


def test_a_number_that_was_closed_stays_so_in_a_forked_child(tmp_path: Path) -> None:
    """The recorder writes to a file of its own there, and code may count on numbers."""
    files = {
        "lib.py": "def helper():\n    return 1\n",
        "test_lib.py": "import os\n\nimport lib\n\n\n"
        "def test_child():\n"
        "    handle = os.open(__file__, os.O_RDONLY)\n"
        "    os.close(handle)\n"
        "    child = os.fork()\n"
        "    if not child:\n"
        "        lib.helper()\n"
        "        try:\n"
        "            os.fstat(handle)\n"
        "        except OSError:\n"
        "            os._exit(0)\n"
        "        os._exit(1)\n"
        "    assert os.waitpid(child, 0)[1] == 0\n",
    }
    (test,) = recorded(tmp_path, files).tests
    assert test.outcome == "passed"
