"""Differences that the machine really makes: a full disk, limits, ports, threads, variables."""

from __future__ import annotations

import contextlib
import json
import socket
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import PATHS, TESTS_ONLY
from tests.unit.stores.servers import free_port

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.slow

#: What a stage is judged to be: verdict, exit code, kinds.
Judged = tuple[str, int, set[str]]
MACHINE: Judged = ("infrastructure", 2, {"infrastructure"})


def _begin(checkout: Checkout, **files: str) -> None:
    checkout.write("pyproject.toml", TESTS_ONLY + PATHS)
    for name, text in files.items():
        checkout.write(f"tests/test_{name}.py", text)
    checkout.commit()


def _judged(checkout: Checkout) -> Judged:
    verdict = checkout.verdict()
    return verdict.name, verdict.exit_code, {it.kind for it in verdict.divergences}


def _compared(checkout: Checkout, within: tuple[str, ...]) -> Judged:
    """Run full, and full alone, in a world of its own."""
    warm = checkout.run("doit", "warm")
    assert warm.code == 0, warm.out
    checkout.run("doit", "full", within=within)
    checkout.run("doit", "compare")
    return _judged(checkout)


def _limited(*limit: str) -> tuple[str, ...]:
    return ("sh", "-c", f'ulimit {" ".join(limit)} && exec "$0" "$@"')


OPENS = """\
import os
import tempfile


def test_open() -> None:
    with tempfile.TemporaryFile() as one:
        held = [os.dup(one.fileno()) for _ in range(100)]
        for number in held:
            os.close(number)
"""
WRITES = """\
from pathlib import Path


def test_write(tmp_path: Path) -> None:
    (tmp_path / "large").write_bytes(bytes(8_000_000))
"""
HOLDS = "def test_hold() -> None:\n    assert len(bytearray(1 << 31)) == 1 << 31\n"
STARTS = """\
import threading


def test_start() -> None:
    threading.stack_size(1 << 30)
    ready = threading.Event()
    try:
        for _ in range(3):
            threading.Thread(target=ready.wait).start()
    finally:
        ready.set()
"""
SPINS = """\
import time


def test_spin() -> None:
    while time.process_time() < 6:
        pass
"""
LIMITS = {
    "few open files": (OPENS, _limited("-n", "80")),
    "small files": (WRITES, _limited("-f", "8000")),
    "little memory": (HOLDS, _limited("-v", "2000000")),
    "no room for threads": (STARTS, _limited("-v", "2000000")),
    "a killed pytest": (SPINS, _limited("-t", "4")),
}


@pytest.mark.few(1)
@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_the_machines(checkout: Checkout, name: str) -> None:
    """Full ran under a limit that warm did not have: no verdict, and nothing is learned."""
    test, within = LIMITS[name]
    _begin(checkout, it=test)
    judged = _compared(checkout, within)
    learned = (checkout.root / "ci/flaky_tests.json").exists()
    assert (judged, learned) == (MACHINE, False), checkout.verdict().sentence


def test_a_disk_that_is_full_is_the_machines(checkout: Checkout, tmp_path: Path) -> None:
    """A file system of 64 kilobytes, whose end a test comes to."""
    place = tmp_path / "disk"
    place.mkdir()
    body = f"    Path({str(place)!r}, 'large').write_bytes(bytes(1_000_000))\n"
    _begin(checkout, it=f"from pathlib import Path\n\n\ndef test_write() -> None:\n{body}")
    script = 'mount -t tmpfs -o size=64k none "$0" && exec "$@"'
    within = ("unshare", "-m", "sh", "-c", script, str(place))
    if subprocess.run([*within, "true"], check=False, capture_output=True).returncode:
        pytest.skip("mounting a small file system needs root")
    assert _compared(checkout, within) == MACHINE, checkout.verdict().sentence


BINDS = """\
import socket


def test_bind() -> None:
    with socket.socket() as server:
        server.bind(("127.0.0.1", {port}))
"""


@contextlib.contextmanager
def _taken(port: int) -> Iterator[None]:
    with socket.socket() as server:
        server.bind(("127.0.0.1", port))
        server.listen()
        yield


@pytest.mark.thorough
def test_a_port_that_another_program_has(checkout: Checkout) -> None:
    """Free in warm, taken in full and ever after: something outside decides, and it blocks."""
    port = free_port()
    _begin(checkout, bind=BINDS.format(port=port))
    checkout.run("doit", "warm")
    with _taken(port):
        checkout.run("doit", "full")
        checkout.run("doit", "compare")
    assert _judged(checkout) == ("escape", 99, {"environment"})


def test_a_port_that_was_taken_for_a_while(checkout: Checkout) -> None:
    """Free again when it is looked into: it answered both ways on one tree."""
    port = free_port()
    _begin(checkout, bind=BINDS.format(port=port))
    checkout.run("doit", "warm")
    with _taken(port):
        checkout.run("doit", "full")
    checkout.run("doit", "compare")
    assert _judged(checkout) == ("flaky", 0, {"flaky"})


def test_a_port_that_an_earlier_test_left_open(checkout: Checkout) -> None:
    """Full runs both, warm the edited one alone: the order decides, and the first is named."""
    port = free_port()
    leak = (
        "import socket\n\nHELD: list[socket.socket] = []\n\n\ndef test_leak() -> None:\n"
        f"    HELD.append(socket.create_server(('127.0.0.1', {port})))\n"
    )
    _begin(checkout, a=leak, b=BINDS.format(port=0))
    checkout.run("doit", "warm")
    checkout.write("tests/test_b.py", BINDS.format(port=port))
    checkout.run("doit", "parity")
    before = {it.before for it in checkout.verdict().divergences}
    judged = _judged(checkout)
    assert (judged, before) == (("flaky", 0, {"order-dependent"}), {"tests/test_a.py::test_leak"})


@pytest.mark.thorough
def test_a_variable_that_full_has(checkout: Checkout) -> None:
    """No tool's variable, so it is not named; it stands around the test, and it blocks."""
    body = "    assert 'MOOD' not in os.environ\n"
    _begin(checkout, it=f"import os\n\n\ndef test_it() -> None:\n{body}")
    checkout.run("doit", "warm")
    for stage in ("full", "compare"):
        checkout.run("doit", stage, env={"MOOD": "bad"})
    assert _judged(checkout) == ("escape", 99, {"environment"})


RACE = """\
import threading
import time


def test_race() -> None:
    seen, done = [0], threading.Event()

    def count() -> None:
        while not done.is_set():
            seen[0] += 1

    thread = threading.Thread(target=count)
    thread.start()
    time.sleep(0.02)
    done.set()
    thread.join()
    assert seen[0] % 2 == 0
"""
HASH = "def test_hash() -> None:\n    assert hash('a') % 2 == 0\n"
#: Parity runs until the stages differ; a coin is seen both ways in nearly all of so many.
TRIES = 12


@pytest.mark.parametrize("text", [RACE, HASH], ids=["a thread race", "a hash seed of each process"])
def test_a_coin_that_the_machine_throws(checkout: Checkout, text: str) -> None:
    """Which thread is faster, or how strings hash, decides anew each time: flaky."""
    _begin(checkout, it=text)
    rules = {"confirm": {"reruns": 6}, "flaky": {"reruns": 0}}
    checkout.write("ci/parity.lock.json", json.dumps(rules))
    checkout.commit()
    for turn in range(TRIES):
        # A test that was green twice is not run a third time, unless it is another one.
        checkout.write("tests/test_it.py", text.replace("== 0", f"== 0, {turn}"))
        checkout.run("doit", "parity")
        if checkout.verdict().divergences:
            break
    assert _judged(checkout) == ("flaky", 0, {"flaky"})
