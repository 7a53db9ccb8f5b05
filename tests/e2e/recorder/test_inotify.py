"""Files that are opened past Python, as the kernel tells of them."""

import ctypes
import os
import resource
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from firsttry_tasks.recorder.probes import inotify
from firsttry_tasks.recorder.probes.inotify import InotifyProbe
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope
from tests.e2e.recorder.recorded import recorded

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells")


class Watched:
    """A folder that is watched, and what its innermost scope knows."""

    def __init__(self, root: Path) -> None:
        """Watch ``root`` and its folder ``data``."""
        self.root = root
        self.spool = root / ".firsttry"
        self.spool.mkdir()
        (root / "data").mkdir()
        for name in ("one.txt", "data/two.txt"):
            (root / name).write_text("1")
        self.attribution = Attribution(str(root))
        self.opens = InotifyProbe(self.attribution, ("", "data"), self.spool)
        self.attribution.push(OpenScope("test", "test_it", -1))

    def by_library(self, name: str) -> None:
        """Open a file as a library in C does."""
        number = ctypes.CDLL(None).open(os.fsencode(self.root / name), os.O_RDONLY)
        assert number >= 0
        os.close(number)

    def by_python(self, name: str) -> None:
        """Open a file as Python does, which audits it first."""
        self.opens.known(name)
        (self.root / name).read_text()

    def observations(self) -> set[tuple[str, str]]:
        """Return what the innermost scope knows by now."""
        self.opens.drain()
        names = list(self.attribution.observations)
        return {names[number] for number in self.attribution.top.observations}


@pytest.fixture(name="watched")
def _watched(tmp_path: Path) -> Iterator[Watched]:
    watched = Watched(tmp_path.resolve())
    watched.opens.begin()
    yield watched
    watched.opens.end()


def test_what_a_library_opens_is_known(watched: Watched) -> None:
    """Below the root and in it."""
    watched.by_library("one.txt")
    watched.by_library("data/two.txt")
    assert watched.observations() == {("read", "one.txt"), ("read", "data/two.txt")}


def test_it_belongs_to_the_innermost_scope(watched: Watched) -> None:
    """What was opened before is another's."""
    watched.by_library("one.txt")
    watched.observations()
    watched.attribution.push(OpenScope("fixture", "it", -1))
    watched.by_library("data/two.txt")
    assert watched.observations() == {("read", "data/two.txt")}


def test_what_python_opens_is_left_to_others(watched: Watched) -> None:
    """They know who asked, and whether it was to write."""
    watched.by_python("one.txt")
    assert watched.observations() == set()
    watched.by_library("one.txt")
    assert watched.observations() == {("read", "one.txt")}, "it was Python's before, not now"


@pytest.mark.parametrize("name", ["it.py", "mypy.ini", ".gitignore"])
def test_what_tools_open_meanwhile_counts_for_nobody(watched: Watched, name: str) -> None:
    """Other gates run beside the tests."""
    (watched.root / name).write_text("")
    watched.observations()
    watched.by_library(name)
    assert not {("read", name)} & watched.observations()


def test_between_tests_nothing_counts(watched: Watched) -> None:
    """It would count for every test."""
    watched.attribution.push(OpenScope("collect", "test_it.py", -1))
    watched.observations()
    watched.attribution.stack[1:] = []
    watched.attribution.top = watched.attribution.stack[0]
    watched.by_library("one.txt")
    assert watched.observations() == set()


def test_what_another_worker_opens_is_its_own(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each keeps a log of what Python opens; what stands in none counts for both."""
    monkeypatch.setenv("PYTEST_XDIST_WORKER", "gw0")
    watched = Watched(tmp_path.resolve())
    watched.opens.begin()
    (watched.spool / "1.opens").write_text("one.txt\n")
    watched.by_library("one.txt")
    watched.by_library("data/two.txt")
    assert watched.observations() == {("read", "data/two.txt")}
    watched.by_python("one.txt")
    watched.opens.end()
    [mine] = watched.spool.glob(f"{os.getpid()}.opens")
    assert mine.read_text() == "one.txt\n"


def test_a_queue_that_was_closed_is_no_answer(watched: Watched) -> None:
    """Tests may close what they did not open; the number may be another file's then."""
    queue = watched.opens._queue  # noqa: SLF001
    other = os.open(watched.root / "one.txt", os.O_RDONLY)
    os.dup2(other, queue)
    assert "untraceable" in {kind for kind, _ in watched.observations()}
    assert os.read(queue, 1) == b"1", "it is not ours to read"
    os.close(other)
    os.close(queue)


def test_more_than_the_kernel_keeps_is_no_answer(watched: Watched) -> None:
    """Then the test depends on everything."""
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for _ in range(most // 2 + 1):
        watched.by_library("one.txt")
        watched.by_library("data/two.txt")
    assert "untraceable" in {kind for kind, _ in watched.observations()}


def test_python_may_open_any_number(watched: Watched) -> None:
    """The queue is emptied meanwhile."""
    most = int(Path("/proc/sys/fs/inotify/max_queued_events").read_text())
    for _ in range(most // 2 + 1):
        watched.by_python("one.txt")
        watched.by_python("data/two.txt")
    assert watched.observations() == set()


def test_without_ctypes_nothing_is_watched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The recorder goes on without it."""
    monkeypatch.setattr(inotify, "ctypes", None)
    watched = Watched(tmp_path.resolve())
    watched.opens.begin()
    watched.by_library("one.txt")
    assert watched.observations() == set()


def test_what_the_kernel_refuses_to_watch_is_an_observation(tmp_path: Path) -> None:
    """Every test may rest on it; here no file may be opened any more."""
    watched = Watched(tmp_path.resolve())
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, hard))
    try:
        watched.opens.begin()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    start = watched.attribution.stack[0]
    known = {
        observation
        for observation, number in watched.attribution.observations.items()
        if number in start.observations
    }
    assert (known, watched.observations()) == ({("unwatched", "."), ("unwatched", "data")}, set())


def test_a_folder_that_is_gone_holds_nothing(tmp_path: Path) -> None:
    """The manifest is of a moment before."""
    watched = Watched(tmp_path.resolve())
    (watched.root / "data/two.txt").unlink()
    (watched.root / "data").rmdir()
    watched.opens.begin()
    watched.by_library("one.txt")
    assert (watched.observations(), len(watched.attribution.observations)) == (
        {("read", "one.txt")},
        1,
    )
    watched.opens.end()


TESTS = """\
import ctypes, os, pathlib

libc = ctypes.CDLL(None)

def test_library():
    os.close(libc.open(b"one.txt", os.O_RDONLY))

def test_forked():
    pid = os.fork()
    if pid == 0:
        libc.open(b"one.txt", os.O_RDONLY)
        os._exit(0)
    os.waitpid(pid, 0)

def test_writes():
    pathlib.Path("two.txt").write_text("2")

def test_nothing():
    assert True
"""


def test_a_run_records_it(tmp_path: Path) -> None:
    """For the tests that did it, also in a forked child, and no others."""
    root = tmp_path / "root"
    root.mkdir()
    record = recorded(root, {"test_it.py": TESTS, "one.txt": "1", "two.txt": "2"})
    read = {
        test.nodeid.partition("::")[2]
        for test in record.tests
        if any(record.observations[n].kind == "read" for n in test.observations)
    }
    assert read == {"test_library", "test_forked"}
