"""What goes wrong on one of several machines ends with 2 and a sentence, and never green."""

from __future__ import annotations

import shutil
import signal
import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import Checkout
from tests.e2e.shards.machines import FOLDER, Machines, suite

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow
FILES = {
    "tests/test_one.py": "from pathlib import Path\n\n\ndef test_one():\n"
    "    assert not Path('broken').exists()\n\n\ndef test_two():\n    pass\n",
    "tests/test_other.py": "def test_other():\n    pass\n\n\ndef test_fourth():\n    pass\n",
    ".gitignore": "__pycache__/\nbroken\ntest_made*.py\n",
}


@pytest.fixture(scope="module", name="_both")
def _both_shards(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a checkout with a plan, and what both of its shards left."""
    made = Checkout(tmp_path_factory.mktemp("shards") / "project")
    made.begin()
    machines = suite(made, FILES)
    assert made.run("ft", "plan", "--shards", "2").code == 0
    for asked in ("1/2", "2/2"):
        assert machines.shard(asked).code == 0
    return made


@pytest.fixture(name="both")
def _both_copy(_both: Checkout, tmp_path: Path) -> Machines:
    """Return a copy of it, for a test to use up."""
    return Machines(_both.copy(tmp_path / "project"))


def _left(machines: Machines, number: int) -> Path:
    [found] = (machines.origin.root / FOLDER / "full").glob(f"{number}-of-*")
    return found


def _merge(machines: Machines, sentence: str) -> None:
    """Merge, and see that it ends with 2, says so, and leaves no report that compares as green."""
    done = machines.origin.run("ft", "merge")
    assert (done.code, sentence in done.out) == (2, True), done.out
    assert machines.origin.report("full").status == "error"


def test_a_shard_is_missing(both: Machines) -> None:
    """Its job died before it could leave anything; the sentence says what to run."""
    _left(both, 2).unlink()
    _merge(both, "This shard left no result: 2/2. Run it again (ft full --shard 2/2), then merge.")
    assert both.shard("2/2", name="another").code == 0
    assert both.origin.run("ft", "merge").code == 0


def test_half_a_result_is_none(both: Machines) -> None:
    """An upload that was cut off."""
    place = _left(both, 1)
    place.write_bytes(place.read_bytes()[:99])
    _merge(both, "is damaged, or no shard's file; run that shard again.")


def test_a_plan_that_is_gone(both: Machines) -> None:
    """The merge can't know what was planned."""
    (both.origin.root / FOLDER / "full/plan.json").unlink()
    _merge(both, "There is no plan in artifacts/shards/full/plan.json")


def test_shards_of_another_plan(both: Machines) -> None:
    """Who plans anew in between has to run anew; a folder may hold what is old."""
    old = both.origin.root / FOLDER / "full"
    kept = old.parent / "kept"
    shutil.copytree(old, kept)
    assert both.origin.run("ft", "plan", "--shards", "3").code == 0
    for place in kept.glob("*.shard"):
        shutil.move(place, old)
    _merge(both, "A run of shard 1 is of another plan")


def test_another_tree(both: Machines) -> None:
    """An edit after the plan: neither a shard nor the merge goes on."""
    both.origin.write("tests/test_other.py", "def test_other():\n    assert 1\n")
    _merge(both, "The plan does not hold here: files differ from those of the plan")
    done = both.origin.run("ft", "full", "--shard", "1/2")
    assert (done.code, "The plan does not hold here" in done.out) == (2, True), done.out


def test_another_commit(both: Machines) -> None:
    """A job that checked out what was pushed meanwhile."""
    there = both.clone("late")
    there.write("more.py", "")
    there.commit()
    done = both.shard("1/2", name="late")
    assert (done.code, "The plan does not hold here: the plan is of commit" in done.out) == (
        2,
        True,
    )


def test_another_environment(both: Machines) -> None:
    """A variable that steers tests was set on the machines and is not set here, or otherwise."""
    done = both.origin.run("ft", "merge", env={"TZ": "Asia/Tokyo"})
    sentence = "Shard 1 of 2 ran in another environment than this one: TZ."
    assert (done.code, sentence in done.out) == (2, True), done.out


def test_a_test_that_answers_in_two_ways(both: Machines) -> None:
    """The job that is run again by hand replaces its shard; the sighting goes to the flaky list."""
    (both.clone("again").root / "broken").touch()
    for number in (1, 2):
        both.shard(f"{number}/2", name="again")
    red = both.origin.run("ft", "merge")
    assert (red.code, "test_one failed in 1 of 2 runs of its shard" in red.out) == (1, True), (
        red.out
    )
    (both.clone("again").root / "broken").unlink()
    for number in (1, 2):
        both.shard(f"{number}/2", name="again")
    assert both.origin.run("ft", "merge").code == 0
    both.origin.run("ft", "warm")
    both.origin.run("ft", "compare")
    assert both.origin.flaky() == ["tests/test_one.py::test_one"]


def test_a_machine_that_is_lost(both: Machines) -> None:
    """A kill -9 in the middle of a shard leaves nothing that counts."""
    _left(both, 1).unlink()
    there = both.clone("lost")
    shutil.copytree(both.origin.root / FOLDER, there.root / FOLDER)
    (there.root / "artifacts/.gitignore").write_text("*\n")
    running = there.start("ft", "full", "--shard", "1/2")
    time.sleep(0.5)
    running.send_signal(signal.SIGKILL)
    running.communicate()
    assert list((there.root / FOLDER / "full").glob("1-of-*")) == []
    _merge(both, "This shard left no result: 1/2.")


def test_a_file_that_git_does_not_have_is_gone(checkout: Checkout) -> None:
    """A generated test file was planned, and is not there when its shard runs."""
    machines = suite(checkout, FILES)
    for name in ("a", "b"):
        checkout.write(f"tests/test_made_{name}.py", "def test_made():\n    pass\n")
    assert checkout.run("ft", "plan", "--shards", "1").code == 0
    assert machines.shard("1/1").code == 0
    _merge(machines, "In shard 1 of 1 these planned tests did not run: tests/test_made_a.py")


def test_more_shards_than_tests(checkout: Checkout) -> None:
    """A shard to which the plan gives nothing is green, and the merge takes it."""
    machines = suite(checkout, {"tests/test_a.py": "def test_a():\n    pass\n"})
    done = machines.all(2)
    assert (done.code, "1 of 1 tests (all)" in done.out) == (0, True), done.out


@pytest.mark.parametrize(
    ("files", "words", "code", "sentence"),
    [
        ({"shop.py": ""}, ("plan",), 2, "There is no test to plan"),
        (
            {"tests/test_a.py": "import nothing_of_this_name\n"},
            ("plan",),
            2,
            "tests/test_a.py can't be collected (ModuleNotFoundError",
        ),
        ({"shop.py": ""}, ("full", "--shard", "3/2"), 3, "A shard is asked for as 2/3"),
        ({"shop.py": ""}, ("plan", "--shards", "2", "--seconds", "9"), 3, "not both"),
        ({"shop.py": ""}, ("parity", "shard=1/2"), 3, "A shard is a part of warm or full alone"),
        ({"shop.py": ""}, ("plan", "--warm"), 2, "There is no test to plan"),
    ],
)
def test_what_can_not_be_planned(
    checkout: Checkout, files: dict[str, str], words: tuple[str, ...], code: int, sentence: str
) -> None:
    """A plan of nothing is an error, and a mistake in typing is told as one."""
    suite(checkout, files)
    done = checkout.run("ft", *words)
    assert (done.code, sentence in done.out) == (code, True), done.out


def test_a_shard_is_asked_of_a_plan_that_has_others(both: Machines) -> None:
    """A matrix that was not changed with the plan."""
    done = both.origin.run("ft", "full", "--shard", "1/3")
    assert (done.code, "Plan anew: ft plan --shards 3" in done.out) == (2, True), done.out
