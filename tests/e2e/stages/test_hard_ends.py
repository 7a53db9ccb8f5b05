"""Runs that don't end by themselves: crashes, timeouts, edits meanwhile, kill and Ctrl-C."""

from __future__ import annotations

import contextlib
import json
import os
import random
import signal
import sqlite3
import time
import zlib
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.model import state_paths
from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from subprocess import Popen

    from firsttry_tasks.model.values import Stage
    from tests.e2e.checkout import Checkout

BROKEN = CODE.replace("n * 3", "n * 4")
TEST = "import os, signal, subprocess, sys, time\nfrom pathlib import Path\n"
SLEEP = "[sys.executable, '-c', 'import time; time.sleep(600)']"


def _test(shop: Checkout, body: str) -> None:
    """Add tests/test_odd.py with one test of this body; it runs after a good one."""
    lines = "".join(f"    {line}\n" for line in body.splitlines())
    good = "def test_good() -> None:\n    pass\n"
    shop.write("tests/test_odd.py", f"{TEST}\n\n{good}\n\ndef test_odd() -> None:\n{lines}")


ODD = "tests/test_odd.py::test_odd"


CRASHES = {
    "os._exit(0)": "exit code 0",
    "os._exit(3)": "exit code 3",
    "os.kill(os.getpid(), signal.SIGSEGV)": "signal 11",
    "os.kill(os.getpid(), signal.SIGKILL)": "signal 9",
}


@pytest.mark.parametrize(
    ("stage", "body"),
    [
        ("warm", "os._exit(0)"),
        ("full", "os.kill(os.getpid(), signal.SIGSEGV)"),
        *(pytest.param("warm", body, marks=pytest.mark.slow) for body in list(CRASHES)[1:]),
        *(pytest.param("full", body, marks=pytest.mark.slow) for body in list(CRASHES)[:2]),
    ],
)
def test_a_crash_names_the_test_it_died_in(shop: Checkout, stage: Stage, body: str) -> None:
    """Pytest died in the middle: 2, the test, and what was known until then."""
    _test(shop, body)
    ran = shop.run("doit", stage)
    gate = shop.gate(stage)
    told = (
        f"pytest died ({CRASHES[body]}), in {ODD}" in gate.message,
        [it.nodeid for it in gate.findings],
    )
    assert (ran.code, told) == (2, (True, [ODD])), ran.out


def test_what_was_known_before_a_crash_is_kept(shop: Checkout) -> None:
    """The tests that had ended before are counted."""
    _test(shop, "os._exit(1)")
    shop.run("doit", "warm")
    detail = shop.gate().tests
    assert detail
    assert detail.counts.passed >= 1


@pytest.mark.smoke
def test_a_crash_is_mended_by_the_next_run(shop: Checkout) -> None:
    """What the crashed run left is no obstacle."""
    _test(shop, "os._exit(1)")
    shop.run("doit", "warm")
    _test(shop, "pass")
    assert (shop.run("doit", "warm").code, ODD in shop.failed()) == (0, False)


PRICE = "tests:tests/test_shop.py::test_price"
#: Takes a look at the tree, and is killed when it has written the inputs and nothing after.
DIE = """\
import os, signal, sys
from doit.doit_cmd import DoitMain


def note(event, args):
    if event == "os.rename" and str(args[1]).endswith("fingerprint.json"):
        os.kill(os.getpid(), signal.SIGKILL)


sys.addaudithook(note)
sys.exit(DoitMain().run(["fingerprint"]))
"""


def _limit(shop: Checkout, tool: str, seconds: float) -> None:
    lock = {"tools": {tool: {"timeout": seconds}}}
    shop.write("ci/parity.lock.json", json.dumps(lock))


def _gone(pid: int) -> bool:
    for _ in range(100):
        try:
            state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            return True
        if state == "Z":
            return True
        time.sleep(0.05)
    return False


@pytest.mark.parametrize("deaf", [False, True])
def test_a_timeout_ends_the_whole_group(shop: Checkout, *, deaf: bool) -> None:
    """The child of a test that hangs is gone, even one that does not listen to SIGTERM."""
    ignore = "signal.signal(signal.SIGTERM, signal.SIG_IGN)\n" if deaf else ""
    place = shop.home / "pid"
    wait = f"child = subprocess.Popen({SLEEP})\nPath({str(place)!r}).write_text(str(child.pid))\n"
    _test(shop, f"{ignore}{wait}time.sleep(600)")
    _limit(shop, "pytest", 6)
    ran = shop.run("doit", "warm")
    said = f"pytest ran longer than 6 s and was ended, in {ODD}" in shop.gate().message
    assert (ran.code, said, _gone(int(place.read_text()))) == (2, True, True), ran.out


def test_a_timeout_of_mypy_is_told(checkout: Checkout) -> None:
    """The limit of the lock holds for every gate."""
    off = "[tool.firsttry.pytest]\nenabled = false\n"
    checkout.write("pyproject.toml", f"{off}[tool.firsttry.mypy]\nenabled = true\n")
    checkout.write("a.py", "x = 1\n")
    _limit(checkout, "mypy", 0.01)
    ran = checkout.run("doit", "full")
    message = checkout.gate("full", "mypy").message
    assert (ran.code, message) == (2, "mypy ran longer than 0.01 s and was ended"), ran.out


EDIT = "place = Path(__file__).parents[1] / 'shop.py'\n"


def test_an_edit_while_tests_run_is_not_recorded(shop: Checkout) -> None:
    """The run is shown, and the next one does not take it for the new tree's."""
    once = "mark = Path('.firsttry/edited')\nif not mark.exists():\n    mark.touch()\n"
    _test(shop, f"{EDIT}{once}    place.write_text(place.read_text().replace('n * 3', 'n * 4'))")
    first = shop.run("doit", "warm")
    second = shop.run("doit", "warm")
    told = "changed while tests ran" in first.out
    assert (told, second.code, PRICE in shop.failed()) == (
        True,
        1,
        True,
    ), second.out


def test_an_edit_that_was_taken_back_is_not_recorded(shop: Checkout) -> None:
    """A file that was wrong for a moment makes the run's result nobody's."""
    mark = f"mark = Path({str(shop.home / 'mark')!r})\nif not mark.exists():\n    mark.touch()\n"
    swap = "    old = place.read_text()\n    place.write_text('x')\n    place.write_text(old)\n"
    _test(shop, f"{EDIT}{mark}{swap}")
    shop.run("doit", "warm")
    moved = shop.gate().touched_during_run
    shop.run("doit", "warm")
    assert (moved, shop.ran(), shop.gate().touched_during_run) == (("shop.py",), {"tests"}, ())


PUT_BACK = """\
import os
from pathlib import Path

PAGE = Path(__file__).with_name("page.html")


def test_touches() -> None:
    os.utime(PAGE)
    os.utime(Path(__file__).parents[1] / "shop.py")


def test_puts_back() -> None:
    old = PAGE.read_bytes()
    PAGE.write_text("other")
    PAGE.write_bytes(old)
"""


def test_files_that_tests_touch_or_put_back_were_not_edited(shop: Checkout) -> None:
    """As tests of what is loaded anew do: the run is recorded as any other."""
    shop.write("tests/page.html", "<p>")
    shop.write("tests/test_page.py", PUT_BACK)
    shop.run("doit", "warm")
    moved = shop.gate().touched_during_run
    shop.run("doit", "warm")
    assert (moved, shop.ran()) == ((), set())


def test_an_edit_during_parity_is_not_learned_as_flaky(shop: Checkout) -> None:
    """Red in warm and mended before full is no test that answers both ways: 99, and why."""
    _test(shop, f"{EDIT}place.write_text(place.read_text().replace('n * 4', 'n * 3'))\n")
    shop.write("shop.py", BROKEN)
    ran = shop.run("doit", "parity")
    learned = (shop.root / "ci/flaky_tests.json").exists()
    said = "shop.py changed while" in ran.out
    assert (ran.code, shop.verdict().name, learned, said) == (99, "incomparable", False, True)


def test_a_new_module_that_a_test_writes_is_told(shop: Checkout) -> None:
    """Code that came into being while tests ran may be what they tested."""
    _test(shop, "Path('made.py').write_text('')")
    shop.run("doit", "warm")
    assert shop.gate().touched_during_run == ("made.py",)


def test_a_file_that_a_test_leaves_is_no_edit(shop: Checkout) -> None:
    """A report some test writes does not make every run nobody's."""
    _test(shop, "Path('left.txt').write_text('')")
    shop.run("doit", "warm")
    assert shop.gate().touched_during_run == ()


def _wait_for(place: Path, process: Popen[bytes]) -> None:
    for _ in range(400):
        if place.exists() or process.poll() is not None:
            return
        time.sleep(0.05)


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
@pytest.mark.smoke
def test_a_stopped_run_ends_with_130_and_no_child(shop: Checkout, number: int) -> None:
    """Ctrl-C, and the polite end that CI sends, leave nothing running."""
    place = shop.home / "pid"
    body = f"child = subprocess.Popen({SLEEP})\nPath({str(place)!r}).write_text(str(child.pid))\n"
    _test(shop, f"{body}time.sleep(600)")
    process = shop.start("doit", "warm")
    _wait_for(place, process)
    time.sleep(0.1)
    process.send_signal(number)
    out, _ = process.communicate(timeout=30)
    assert (process.returncode, _gone(int(place.read_text()))) == (130, True), out.decode()


def test_a_stopped_run_leaves_a_consistent_state(shop: Checkout) -> None:
    """The next run finds what it needs and is right."""
    place = shop.home / "here"
    _test(shop, f"Path({str(place)!r}).touch()\ntime.sleep(600)")
    process = shop.start("doit", "warm")
    _wait_for(place, process)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=30)
    _test(shop, "pass")
    shop.write("shop.py", BROKEN)
    ran = shop.run("doit", "warm")
    assert (ran.code, shop.failed()) == (1, {PRICE}), ran.out


def test_a_state_file_that_another_run_has_just_begun_is_left_to_it(shop: Checkout) -> None:
    """It has no table yet; to make it anew would take it away from that run."""
    place = shop.root / ".firsttry" / "doit.db"
    place.parent.mkdir()
    begun = sqlite3.connect(place)
    begun.execute("PRAGMA user_version = 0")
    place.touch()
    before = place.stat().st_ino
    ran = shop.run("doit", "warm")
    assert (ran.code, "made anew" in ran.out, place.stat().st_ino) == (0, False, before), ran.out
    begun.execute("CREATE TABLE IF NOT EXISTS doit (task_id TEXT)")
    begun.close()


def test_two_runs_at_once_are_both_right(shop: Checkout) -> None:
    """One waits for the other; both are green and the state is whole."""
    both = [shop.start("doit", "warm") for _ in range(2)]
    outs = [it.communicate(timeout=60)[0].decode() for it in both]
    again = shop.run("doit", "warm")
    codes = [it.returncode for it in both]
    assert (codes, again.code, shop.ran()) == ([0, 0], 0, set()), "\n".join([*outs, again.out])


def test_a_second_run_says_that_it_waits(shop: Checkout) -> None:
    """Whoever waits is told for what."""
    place = shop.home / "here"
    _test(shop, f"Path({str(place)!r}).touch()\ntime.sleep(1.5)")
    first = shop.start("doit", "warm")
    _wait_for(place, first)
    second = shop.run("doit", "warm")
    first.communicate(timeout=60)
    assert "Another run holds this checkout" in second.out


def _kill(process: Popen[bytes]) -> None:
    """End the whole tree at once, as a power cut would: the session, and its groups."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(process.pid, signal.SIGSTOP)
    for pid in [*_below(process.pid), process.pid]:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=30)


def _below(pid: int) -> list[int]:
    found = []
    for place in Path(f"/proc/{pid}/task").glob("*/children"):
        with contextlib.suppress(OSError):
            for child in map(int, place.read_text().split()):
                found += [*_below(child), child]
    return found


#: Of the moments for each command the first few are for every run of the tests; four hundred more
#: are `python -m benchmarks.hard_ends`.
MOMENTS = [
    pytest.param(command, seed, marks=[] if seed < few else pytest.mark.slow)
    for command, few in (("warm", 3), ("parity", 2))
    for seed in range(5)
]


@pytest.mark.parametrize(("command", "seed"), MOMENTS)
def test_a_killed_run_never_makes_the_next_one_wrong(
    proved: Checkout, command: str, seed: int
) -> None:
    """Killed at a random moment on red code, or on green code that turns red after it."""
    dice = random.Random(seed)
    proved.write("shop.py", BROKEN if seed % 2 else f"{CODE}\n")
    process = proved.start("doit", command)
    time.sleep(dice.uniform(0.05, {"warm": 1.2, "parity": 2.4}[command]))
    _kill(process)
    proved.write("shop.py", BROKEN)
    ran = proved.run("doit", command)
    assert (ran.code, proved.failed(), proved.gate().touched_during_run) == (1, {PRICE}, ()), (
        ran.out
    )


@pytest.mark.few(1)
@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_a_run_killed_many_times_gets_there(proved: Checkout, seed: int) -> None:
    """Kill after kill, on one tree and another: the run that is let be is right."""
    dice = random.Random(seed)
    for _ in range(5):
        proved.write("shop.py", dice.choice([BROKEN, CODE, f"{CODE}\n"]))
        process = proved.start("doit", "parity")
        time.sleep(dice.uniform(0.05, 2.4))
        _kill(process)
    proved.write("shop.py", BROKEN)
    ran = proved.run("doit", "parity")
    assert (ran.code, proved.failed("full")) == (1, {PRICE}), ran.out


def test_a_look_that_was_killed_is_taken_again(proved: Checkout) -> None:
    """Inputs half written for another tree are not taken for those of the tree seen before."""
    proved.write("shop.py", BROKEN)
    proved.run("doit", "fingerprint")
    proved.write("shop.py", CODE)
    died = proved.run("python", "-c", DIE)
    proved.write("shop.py", BROKEN)
    assert (died.code, proved.run("doit", "warm").code) == (-signal.SIGKILL, 1)


def test_an_edit_within_the_second_is_run_as_it_is(proved: Checkout) -> None:
    """Python takes bytecode of the same second and size for the source's; a run must not."""
    source = proved.root / "shop.py"
    proved.run("python", "-m", "compileall", "-q", "shop.py")
    seen = source.stat()
    proved.write("shop.py", BROKEN)
    os.utime(source, ns=(seen.st_atime_ns, seen.st_mtime_ns // 10**9 * 10**9 + 9 * 10**8))
    compiled = next((proved.root / "__pycache__").glob("shop.*.pyc"))
    os.utime(compiled, ns=(seen.st_atime_ns, seen.st_mtime_ns // 10**9 * 10**9))
    assert proved.run("doit", "parity").code == 1


@pytest.mark.parametrize("table", ["ft_source", "ft_session"])
def test_records_that_cannot_be_read_cost_time_only(proved: Checkout, table: str) -> None:
    """Everything runs, the why is told, and the run after that selects again."""
    column = "pieces" if table == "ft_source" else "body"
    with contextlib.closing(sqlite3.connect(proved.root / state_paths.DB)) as db, db:
        db.execute(f"UPDATE {table} SET {column} = ?", (zlib.compress(b"\x91\x01"),))  # noqa: S608
    proved.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    first = proved.run("doit", "warm")
    why = proved.gate().why
    proved.write("shop.py", CODE.replace("n // 5", "n // 5 + 1"))
    second = proved.run("doit", "warm")
    assert (first.code, second.code) == (0, 1), f"{first.out}\n{second.out}"
    assert "record" in " ".join(why), first.out
    assert set(proved.selected()) == {"tests/test_shop.py::test_tax"}


@pytest.mark.slow
def test_records_that_cannot_be_learned_cost_no_result(shop: Checkout) -> None:
    """A record that nobody can make sense of: the run is told, and the next runs everything."""
    shop.write(
        "tests/conftest.py",
        "from firsttry_tasks.recorder.plugin import WATCH\n\n\n"
        "def pytest_sessionfinish(session):\n"
        "    watch = session.config.pluginmanager.get_plugin(WATCH)\n"
        "    if watch is not None:\n"
        "        watch.attribution.add('read', '/a\\0b')\n",
    )
    ran = shop.run("doit", "warm")
    assert (ran.code, "can't be used (ValueError" in ran.out) == (0, True), ran.out
    assert "Traceback" not in ran.out
    (shop.root / "tests/conftest.py").unlink()
    again = shop.run("doit", "warm")
    assert (again.code, "2 of 2 tests (all)" in again.out) == (0, True), again.out
    shop.write("shop.py", BROKEN)
    assert shop.run("doit", "warm").code == 1
    assert set(shop.selected()) == {"tests/test_shop.py::test_price"}


def test_a_task_may_call_doit(shop: Checkout) -> None:
    """It does not wait for the run that it is part of."""
    task = '\n\ndef task_mine():\n    return {"actions": ["doit fingerprint", "ft warm"]}\n'
    shop.write("dodo.py", (shop.root / "dodo.py").read_text() + task)
    done = shop.run("doit", "warm", "mine")
    assert (done.code, "waiting" in done.out) == (0, False), done.out
