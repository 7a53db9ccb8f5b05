"""Nothing outlives a run: no child, no lock, however it ends."""

from __future__ import annotations

import fcntl
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

    from tests.e2e.checkout import Checkout

#: Starts a daemon that has left its parent's session and group, and does not listen to SIGTERM.
DAEMON = '''\
import os, signal, subprocess, sys, time
from pathlib import Path

PIDS = Path({pids!r})
SLEEPS = "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(600)"
STARTS = """
import subprocess, sys
quiet = subprocess.DEVNULL
print(subprocess.Popen(sys.argv[1:], start_new_session=True, stdout=quiet, stderr=quiet).pid)
"""


def test_daemon() -> None:
    words = [sys.executable, "-c", STARTS, sys.executable, "-c", SLEEPS]
    daemon = subprocess.run(words, stdout=subprocess.PIPE, check=True, text=True).stdout.strip()
    PIDS.with_name("pids.tmp").write_text(f"{{os.getpid()}} {{os.getppid()}} {{daemon}}")
    PIDS.with_name("pids.tmp").rename(PIDS)
    time.sleep({sleeps})
'''


def _daemon(shop: Checkout, sleeps: int) -> Path:
    """Add a test that leaves a daemon; return the file that it writes its processes to."""
    place = shop.home / "pids"
    shop.write("tests/test_daemon.py", DAEMON.format(pids=str(place), sleeps=sleeps))
    return place


def _survivors(place: Path, within: float) -> list[int]:
    """Return the processes of the file that still run after so many seconds."""
    deadline = time.monotonic() + within
    while (found := [pid for pid in map(int, place.read_text().split()) if _runs(pid)]) and (
        time.monotonic() < deadline
    ):
        time.sleep(0.02)
    return found


def _runs(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _is_locked(shop: Checkout) -> bool:
    handle = os.open(shop.root / ".firsttry/lock", os.O_RDWR)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    finally:
        os.close(handle)
    return False


def _send(*numbers: int) -> Callable[[Popen[bytes]], None]:
    def send(process: Popen[bytes]) -> None:
        for number in numbers:
            process.send_signal(number)
            time.sleep(0.15)

    return send


ENDS = {
    "kill -9": (_send(signal.SIGKILL), -9),
    "a closed terminal": (_send(signal.SIGHUP), 130),
    "Ctrl-backslash": (_send(signal.SIGQUIT), 130),
    "Ctrl-C twice": (_send(signal.SIGINT, signal.SIGINT), 130),
    "SIGTERM three times": (_send(*[signal.SIGTERM] * 3), 130),
    "Ctrl-C, then kill -9": (_send(signal.SIGINT, signal.SIGKILL), None),
}


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells of orphans")
@pytest.mark.parametrize(
    "end", [it if it == "kill -9" else pytest.param(it, marks=pytest.mark.slow) for it in ENDS]
)
def test_no_process_and_no_lock_outlive_a_run(shop: Checkout, end: str) -> None:
    """Neither pytest, nor its guardian, nor a daemon in a session of its own."""
    place = _daemon(shop, sleeps=600)
    process = shop.start("doit", "warm")
    while not place.exists() and process.poll() is None:
        time.sleep(0.02)
    act, code = ENDS[end]
    act(process)
    out, _ = process.communicate(timeout=20)
    assert "Traceback" not in out.decode(), out.decode()
    assert (_survivors(place, 2.0), _is_locked(shop)) == ([], False)
    assert code is None or process.returncode == code


@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells of orphans")
def test_what_a_green_run_leaves_is_ended_with_it(shop: Checkout) -> None:
    """The daemon that a test forgot does not stay until the machine is switched off."""
    place = _daemon(shop, sleeps=0)
    ran = shop.run("doit", "warm")
    assert (ran.code, _survivors(place, 0.0)) == (0, []), ran.out


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells of orphans")
@pytest.mark.parametrize("kind", ["process", "thread"])
def test_the_processes_of_doit_end_too(shop: Checkout, kind: str) -> None:
    """`doit run -n 2` forks processes that hold the lock with it."""
    place = _daemon(shop, sleeps=600)
    process = shop.start("doit", "run", "-n", "2", "-P", kind, "warm")
    while not place.exists() and process.poll() is None:
        time.sleep(0.02)
    process.kill()
    process.communicate(timeout=20)
    assert _survivors(place, 2.0) == []
    time.sleep(0.2)
    assert not _is_locked(shop)


@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/stat").exists(), reason="only Linux tells of orphans")
def test_a_stopped_run_does_not_stop_the_clock(shop: Checkout) -> None:
    """The time limit holds also where nobody is there to look at it."""
    shop.write("ci/parity.lock.json", '{"tools": {"pytest": {"timeout": 5}}}')
    place = _daemon(shop, sleeps=600)
    process = shop.start("doit", "warm")
    while not place.exists() and process.poll() is None:
        time.sleep(0.02)
    process.send_signal(signal.SIGSTOP)
    try:
        # The limit, what the guardian waits beyond it, and its graces.
        assert _survivors(place, 18.0) == []
    finally:
        process.kill()
        process.communicate(timeout=20)
