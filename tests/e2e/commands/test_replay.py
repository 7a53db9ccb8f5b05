"""Warm is proved on the repository's own commits, and with faults in its code."""

from __future__ import annotations

import os
import socketserver
import threading
import time
from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.parity.proof import Proof
from tests import schemas
from tests.e2e.checkout import CODE, PATHS, TESTS_ONLY

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.parity.played import Step
    from tests.e2e.checkout import Checkout

PLAYED = ".firsttry/replay/played.jsonl"
READS = "\n\ndef test_readme() -> None:\n    assert 'shop' in open('README.md').read()\n"
ASKS = """\
import socket


def test_asks() -> None:
    with socket.create_connection(("127.0.0.1", {})) as service:
        assert service.recv(9) == b"yes"
"""


@pytest.fixture
def history(shop: Checkout) -> Checkout:
    """Return a shop with commits of several kinds after its first ones."""
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    shop.commit()  # a test fails now
    shop.write("shop.py", "def price(:\n")
    shop.commit()  # nothing can be collected
    shop.write("shop.py", CODE)
    shop.commit()  # as in the beginning, which warm remembers
    shop.write("NOTES.md", "Nobody reads this.\n")
    shop.commit()
    return shop


def _proof(out: str) -> Proof:
    """Return the JSON that stands last, after what was printed for people."""
    line = out.splitlines()[-1].encode()
    schemas.prove("proof", line)
    return msgspec.json.decode(line, type=Proof)


def _around(shop: Checkout) -> tuple[str, ...]:
    asked = (("status", "--porcelain"), ("worktree", "list"), ("for-each-ref",), ("stash", "list"))
    return tuple(shop.git(*words) for words in asked)


@pytest.mark.slow
def test_commits_are_played_and_nothing_is_left(history: Checkout) -> None:
    """Each says what warm ran of all; the broken one is told apart."""
    before = _around(history)
    ran = history.run("ft", "replay", "--commits", "4", "--json")
    found = _proof(ran.out)
    steps = [(it.state, it.ran, it.total, it.changed, len(it.missed)) for it in found.steps]
    assert (steps, ran.code, found.left) == (
        [
            ("learned", 2, 2, 0, 0),
            ("judged", 1, 2, 1, 0),
            ("uncollected", 0, 1, 0, 0),
            ("judged", 0, 2, 1, 0),
            ("judged", 0, 2, 0, 0),
        ],
        0,
        0,
    ), ran.out
    assert (_around(history), (history.root / ".firsttry/replay/tree").exists()) == (before, False)
    again = history.run("ft", "replay", "--commits", "4", "--json")
    assert ("was played before" in again.out, _proof(again.out)) == (True, found)


class _Service(socketserver.BaseRequestHandler):
    """Says yes to the first two who ask, the runs of the first commit, and then no."""

    asked = 0

    def handle(self) -> None:
        """Answer and hang up."""
        _Service.asked += 1
        self.request.sendall(b"yes" if _Service.asked <= 2 else b"no")


@pytest.mark.slow
def test_a_miss_ends_with_99_and_its_reason(shop: Checkout) -> None:
    """What another program answers is in no record."""
    with socketserver.TCPServer(("127.0.0.1", 0), _Service) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        shop.write("tests/test_asks.py", ASKS.format(server.server_address[1]))
        shop.commit()
        shop.write("NOTES.md", "Nobody reads this.\n")
        shop.commit()
        ran = shop.run("ft", "replay", "--commits", "1")
        server.shutdown()
        thread.join()
    said = [it in ran.out for it in ("missed: tests/test_asks.py::test_asks", "sight", "Don't")]
    assert (ran.code, said) == (99, [True] * 3), ran.out


@pytest.mark.thorough
def test_a_killed_replay_goes_on_where_it_was(history: Checkout, tmp_path: Path) -> None:
    """With the same result as one that nobody killed, and without playing anything twice."""
    whole = history.copy(tmp_path / "whole" / "project")
    with history.start("ft", "replay", "--commits", "4") as killed:
        _wait(history.root / PLAYED, 2)
        os.killpg(killed.pid, 9)
    # Its processes are gone a second later, whatever else the machine does.
    time.sleep(1)
    first = (history.root / PLAYED).read_bytes().splitlines()[:2]
    found = [
        _proof(it.run("ft", "replay", "--commits", "4", "--json").out) for it in (history, whole)
    ]
    assert (history.root / PLAYED).read_bytes().splitlines()[:2] == first
    untimed = [[_untimed(step) for step in it.steps] for it in found]
    assert untimed[0] == untimed[1]


def _wait(place: Path, lines: int) -> None:
    until = time.monotonic() + 60
    while not place.exists() or len(place.read_bytes().splitlines()) < lines:
        assert time.monotonic() < until
        time.sleep(0.05)


def _untimed(step: Step) -> Step:
    nothing = dict.fromkeys(("warm_seconds", "full_seconds", "warm_cpu", "full_cpu"), 0.0)
    return msgspec.structs.replace(step, **nothing)


def test_no_time_is_told_with_the_command_that_goes_on(shop: Checkout) -> None:
    """Nothing is begun that there is no time for."""
    ran = shop.run("ft", "replay", "--commits", "2", "--minutes", "0.0001")
    assert (ran.code, "to go on: ft replay --commits 2" in ran.out) == (0, True), ran.out


def test_a_commit_with_another_layout_is_told_apart(checkout: Checkout) -> None:
    """Python would import this checkout's code there."""
    checkout.write("shop/__init__.py", CODE)
    checkout.commit()
    checkout.git("mv", "shop", "source")
    checkout.git("mv", "-k", "source", "shop2")
    (checkout.root / "src").mkdir()
    checkout.git("mv", "shop2", "src/shop")
    checkout.commit()
    ran = checkout.run(
        "ft", "replay", "--commits", "1", "--json", env={"PYTHONPATH": _src(checkout)}
    )
    assert _proof(ran.out).steps[0].state == "uninstalled"


@pytest.mark.thorough
def test_generated_modules_come_along(checkout: Checkout) -> None:
    """A version file that a build wrote is in no commit."""
    checkout.write("pyproject.toml", f"{TESTS_ONLY}{PATHS}")
    checkout.write(".gitignore", "_version.py\n__pycache__/\n")
    checkout.write("shop/__init__.py", "from shop._version import VERSION\n")
    checkout.write("shop/_version.py", "VERSION = 1\n")
    checkout.write(
        "tests/test_shop.py", "import shop\n\n\ndef test() -> None:\n    assert shop.VERSION\n"
    )
    checkout.commit()
    checkout.commit()
    found = _proof(checkout.run("ft", "replay", "--commits", "1", "--json").out)
    assert [it.state for it in found.steps] == ["learned", "judged"]


@pytest.mark.thorough
def test_what_could_not_be_collected_is_played_once_more(checkout: Checkout) -> None:
    """What was missing then may be installed now, and need not be a package."""
    checkout.write("pyproject.toml", TESTS_ONLY)
    checkout.write("tests/test_shop.py", "import missing\n\n\ndef test() -> None:\n    pass\n")
    checkout.commit()
    checkout.commit()
    words = ("ft", "replay", "--commits", "1")
    first = checkout.run(*words)
    assert (first.code, "installing what is missing" in first.out) == (2, True), first.out
    (checkout.home / "more").mkdir()
    (checkout.home / "more/missing.py").touch()
    again = checkout.run(*words, env={"PYTHONPATH": str(checkout.home / "more")})
    assert (again.code, "1 commit judged" in again.out) == (0, True), again.out


def _src(checkout: Checkout) -> str:
    return str(checkout.root / "src")


def test_one_commit_is_no_history(tmp_path: Path, checkout: Checkout) -> None:
    """A clone that was cut short says how to get the rest."""
    clone = checkout.copy(tmp_path / "short" / "project")
    clone.git("checkout", "-q", "--orphan", "alone")
    clone.commit()
    ran = clone.run("ft", "replay")
    assert (ran.code, "git fetch --unshallow" in ran.out) == (2, True), ran.out


@pytest.mark.slow
def test_faults_are_played(shop: Checkout) -> None:
    """Warm fails each test that a fault breaks."""
    tests = shop.root / "tests/test_shop.py"
    shop.write("tests/test_shop.py", tests.read_text() + READS)
    shop.commit()
    before = _around(shop)
    ran = shop.run("ft", "drill", "--faults", "3", "--data", "README.md", "--json")
    found = [(it.kind, it.state, it.broke, it.ran, it.total) for it in _proof(ran.out).faults]
    assert (ran.code, found, _around(shop)) == (
        0,
        [
            ("return", "judged", 1, 1, 3),
            ("data file", "judged", 1, 1, 3),
            ("return", "judged", 1, 1, 3),
        ],
        before,
    ), ran.out
