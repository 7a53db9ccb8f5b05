"""A project whose tests run on a cluster, and what a run of it said."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

from benchmarks.dask_machines import Machines

if TYPE_CHECKING:
    import subprocess
    from pathlib import Path

    from tests.e2e.checkout import Checkout

#: Settings of a cluster that is lost sooner than a person would wait.
SOON = "workers = 0\nwait = 20\nsilence = 5\n"
#: Four files of four tests each: what they took is known, so that a plan has many shards.
TESTS = """\
import os
import time

import pytest

from shop import price


@pytest.mark.parametrize("n", range(4))
def test_price(n: int) -> None:
    time.sleep({seconds})
    assert price(n) == 3 * n
"""
#: Ends the worker that runs it: not pytest alone, but the process that started all.
KILLER = """\
import os
import signal


def test_fine() -> None:
    pass


def test_kills() -> None:
    pid = os.getpid()
    while pid > 1:
        words = Path(f"/proc/{pid}/cmdline").read_bytes()
        if b"spawn_main" in words or b"dask_worker" in words:
            os.kill(pid, signal.SIGKILL)
        pid = int(Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[1])
    raise AssertionError("no worker is above")


def test_fine_too() -> None:
    pass
"""


def suite(checkout: Checkout, seconds: float = 0.3, **more: str) -> Checkout:
    """Give a project sixteen tests that take so long each, and further test files."""
    for number in range(4):
        checkout.write(f"tests/test_{number}.py", TESTS.format(seconds=seconds))
    for name, text in more.items():
        checkout.write(f"tests/{name}.py", text)
    checkout.write("tests/test_shop.py", "")
    checkout.commit()
    return checkout


def machines(checkout: Checkout, tmp_path: Path) -> Machines:
    """Return a cluster with this project's settings; it has no workers yet."""
    made = Machines(tmp_path / "machines", checkout.environment)
    settings = checkout.root / "pyproject.toml"
    checkout.write("pyproject.toml", settings.read_text() + made.settings + SOON)
    checkout.commit()
    return made


def count(checkout: Checkout) -> tuple[str, int, int]:
    """Return the status of the last full run's tests, how many passed, and how many there are."""
    result = checkout.gate("full")
    assert result.tests is not None
    counts = result.tests.counts
    return result.status, counts.passed, counts.total or 0


def rest(process: subprocess.Popen[bytes], seconds: float = 120) -> tuple[int, str]:
    """Wait for the end of a run; return its exit code and what it printed since."""
    assert process.stdout is not None
    os.set_blocking(process.stdout.fileno(), True)
    try:
        out, _ = process.communicate(timeout=seconds)
    finally:
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)
    return process.returncode, out.decode()


def working(machine: Path) -> bool:
    """Tell whether a shard's tests run at a worker now."""
    return any(it.stat().st_size > 0 for it in machine.rglob(".firsttry/full/tests/events.jsonl"))


def until_working(machine: Path, seconds: float = 90) -> None:
    """Wait until a shard's tests run at a worker."""
    until = time.monotonic() + seconds
    while not working(machine):
        assert time.monotonic() < until
        time.sleep(0.05)
