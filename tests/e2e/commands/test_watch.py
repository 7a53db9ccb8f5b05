"""Warm at each save, and nothing left when it ends."""

from __future__ import annotations

import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.system.guard.guardian import descendants
from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from collections.abc import Callable
    from subprocess import Popen

    from tests.e2e.checkout import Checkout

pytest.importorskip("watchfiles")
EDITED = CODE.replace("n // 5", "n // 5 + 0")


def _until(what: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 120
    while not what():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def _waits(watch: Popen[bytes]) -> bool:
    """Tell whether the next run waits, with a pytest below it."""
    return bool(_waiting(watch))


def _waiting(watch: Popen[bytes]) -> list[int]:
    """Return the processes of pytest that wait."""
    words = {pid: _said(pid) for pid in descendants(watch.pid)}
    return [
        pid
        for pid, said in words.items()
        if said[1:2] and said[1].endswith(b"guard/waiting.py") and b"--load" not in said
    ]


def _said(pid: int) -> list[bytes]:
    """Return the command line of a process, empty where it has ended."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
    except OSError:
        return []


def _resting(watch: Popen[bytes]) -> int:
    """Return the pytest that waits, when it has for longer than a run of these tests takes."""
    deadline = time.monotonic() + 120
    while True:
        before = _waiting(watch)
        time.sleep(2)
        if before and _waiting(watch) == before:
            return before[0]
        assert time.monotonic() < deadline


def _ran(shop: Checkout) -> set[str]:
    """Return the tests that the last warm run ran."""
    detail = shop.gate().tests
    return set(detail.durations) if detail else set()


def _end(watch: Popen[bytes], number: int) -> set[int]:
    """Send a signal; return what is left of all processes a moment later."""
    below = descendants(watch.pid)
    watch.send_signal(number)
    watch.communicate(timeout=60)
    for _ in range(100):
        left = {pid for pid in below if Path(f"/proc/{pid}").exists()}
        if not left:
            break
        time.sleep(0.05)
    return left


@pytest.mark.slow
def test_a_save_runs_what_it_can_break(shop: Checkout) -> None:
    """From the run that waits: the same report and records as warm's, also after a second save."""
    shop.run("ft", "warm")
    watch = shop.start("ft", "watch")
    try:
        for text, found in ((EDITED, "green"), (CODE.replace("n // 5", "n // 2"), "red")):
            _until(lambda: _waits(watch))
            shop.write("shop.py", text)
            _until(lambda: _ran(shop) == {"tests/test_shop.py::test_tax"})
            # The first save is green, and the second one, of the same test, red.
            _until(lambda found=found: shop.report().status == found)  # type: ignore[misc]
            assert list(shop.selected()) == ["tests/test_shop.py::test_tax"]
        _until(lambda: _waits(watch))
    finally:
        left = _end(watch, signal.SIGINT)
    assert (watch.returncode, left) == (130, set())
    assert shop.run("ft", "why", "test_tax", "--count").out == "1 of 1\n"


@pytest.mark.few(1)
@pytest.mark.slow
@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGHUP, signal.SIGTERM])
def test_nothing_is_left(shop: Checkout, number: int) -> None:
    """Of a run that waits, and of the pytest that waits below it."""
    shop.run("ft", "warm")
    watch = shop.start("ft", "watch")
    _until(lambda: _waits(watch))
    assert _end(watch, number) == set()


@pytest.mark.slow
def test_a_changed_configuration_is_read_anew(shop: Checkout) -> None:
    """The pytest that waits has read it before, and starts anew."""
    shop.run("ft", "warm")
    watch = shop.start("ft", "watch")
    try:
        _until(lambda: _waits(watch))
        settings = (shop.root / "pyproject.toml").read_text()
        shop.write("pyproject.toml", settings + "addopts = ['-k', 'price']\n")
        _until(lambda: _ran(shop) == {"tests/test_shop.py::test_price"})
    finally:
        _end(watch, signal.SIGINT)


@pytest.mark.slow
def test_the_pytest_that_waits_is_the_one_that_runs(shop: Checkout) -> None:
    """It runs nothing before it is asked, and no other is started then."""
    ran = shop.home / "ran.txt"
    shop.write(
        "tests/test_shop.py",
        "import os\n\nfrom shop import price, tax\n\n\ndef test_tax():\n"
        f"    with open({str(ran)!r}, 'a') as stream:\n"
        "        print(os.getpid(), file=stream)\n"
        "    assert tax(10) == 2\n\n\ndef test_price():\n    assert price(2) == 6\n",
    )
    shop.commit()
    assert shop.run("ft", "warm").code == 0
    watch = shop.start("ft", "watch")
    try:
        for number in (1, 2):
            waiting = _resting(watch)
            assert len(ran.read_text().split()) == number
            shop.write("shop.py", CODE.replace("n // 5", f"n // 5 + {number} - {number}"))
            _until(lambda number=number: len(ran.read_text().split()) > number)  # type: ignore[misc]
            assert ran.read_text().split()[number:] == [str(waiting)]
    finally:
        _end(watch, signal.SIGINT)


@pytest.mark.thorough
def test_what_a_plugin_read_before_the_wait_is_read_anew(shop: Checkout) -> None:
    """The plugin is no part of the project, and is loaded before anything is to run."""
    (shop.home / "theirs.py").write_text("VALUE = open('rate.txt').read().strip()\n")
    settings = (shop.root / "pyproject.toml").read_text()
    shop.write("pyproject.toml", settings + "addopts = ['-p', 'theirs']\n")
    shop.write("rate.txt", "20\n")
    shop.write(
        "tests/test_rate.py", "import theirs\n\n\ndef test_it():\n    assert theirs.VALUE == '20'\n"
    )
    shop.commit()
    env = {"PYTHONPATH": str(shop.home)}
    assert shop.run("ft", "warm", env=env).code == 0
    watch = shop.start("ft", "watch", **env)
    try:
        for text, found in (("30", "red"), ("20 ", "green")):
            _resting(watch)
            shop.write("rate.txt", f"{text}\n")
            _until(lambda found=found: shop.report().status == found)  # type: ignore[misc]
            assert "tests/test_rate.py::test_it" in _ran(shop)
    finally:
        _end(watch, signal.SIGINT)


def test_without_watchfiles_it_says_what_to_install(shop: Checkout) -> None:
    """Wrong usage, in a sentence."""
    (shop.home / "watchfiles.py").write_text("raise ImportError\n")
    ran = shop.run("ft", "watch", env={"PYTHONPATH": str(shop.home)})
    assert (ran.code, "firsttry-tasks[watch]" in ran.out) == (3, True), ran.out


@pytest.mark.thorough
def test_mypy_waits_too(shop: Checkout) -> None:
    """Started before the save, it finds what a fresh one finds, and rests on what it read."""
    settings = (shop.root / "pyproject.toml").read_text()
    shop.write(
        "pyproject.toml", settings.replace("mypy]\nenabled = false", "mypy]\nenabled = true")
    )
    shop.commit()
    assert shop.run("ft", "warm").code == 0
    watch = shop.start("ft", "watch")
    for text, found in ((CODE.replace("n // 5", "str(n)"), "red"), (EDITED, "green")):
        _until(lambda: any(b"mypy.main" in it for it in _words(watch)) and _waits(watch))
        shop.write("shop.py", text)
        _until(lambda found=found: shop.report().status == found)  # type: ignore[misc]
        assert shop.gate(gate="mypy").status == found
    assert _end(watch, signal.SIGINT) == set()
    assert (shop.run("ft", "warm").code, shop.ran()) == (0, set())


def _words(watch: Popen[bytes]) -> list[bytes]:
    """Return all words of the command lines of a watch's processes."""
    return [word for pid in descendants(watch.pid) for word in _said(pid)]
