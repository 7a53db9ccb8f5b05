"""Real merges of the list of flaky tests by git."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.flaky import list_file
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model.flaky_records import FlakyMemory, Seen

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

CLOCK = "2026-03-01T12:00:00+00:00"


def _write(checkout: Checkout, memory: FlakyMemory) -> None:
    (checkout.root / "ci").mkdir(exist_ok=True)
    (checkout.root / flaky_memory.FILE).write_bytes(list_file.encode(memory))
    checkout.commit()


def _with(memory: FlakyMemory, *nodeids: str) -> FlakyMemory:
    seen = [
        (it, Seen(id=f"run {it}", at=CLOCK, tree="t", runs=2, failures=1, how="rerun"))
        for it in nodeids
    ]
    return flaky_memory.remember(memory, seen)


def _merge(checkout: Checkout, base: FlakyMemory, ours: FlakyMemory, theirs: FlakyMemory) -> int:
    """Merge two branches that changed the list; return git's exit code."""
    _write(checkout, base)
    checkout.git("checkout", "-q", "-b", "theirs")
    _write(checkout, theirs)
    checkout.git("checkout", "-q", "main")
    _write(checkout, ours)
    argv = ["git", "merge", "-q", "theirs", "-m", "merge"]
    env = checkout.environment
    done = subprocess.run(argv, cwd=checkout.root, env=env, check=False, capture_output=True)
    return done.returncode


NOTHING = FlakyMemory()
BASE = _with(NOTHING, "a::1", "b::1", "c::1", "m::1", "x::1")
CASES = {
    "first tests on both": (NOTHING, _with(NOTHING, "a::1"), _with(NOTHING, "b::1"), "a b"),
    "neighbours on both": (BASE, _with(BASE, "d::1"), _with(BASE, "e::1"), "a b c d e m x"),
    "the same on both": (BASE, _with(BASE, "d::1"), _with(BASE, "d::1"), "a b c d m x"),
    "the last on both": (BASE, _with(BASE, "y::1"), _with(BASE, "z::1"), "a b c m x y z"),
    "dropped and added": (BASE, _with(NOTHING, "a::1"), _with(BASE, "d::1"), "a d"),
}


@pytest.mark.parametrize("name", sorted(CASES))
def test_git_merges_by_itself(checkout: Checkout, name: str) -> None:
    """With the driver set up no merge of two lists stops for a person."""
    base, ours, theirs, names = CASES[name]
    checkout.run("doit", "flaky", "setup")
    checkout.commit()
    code = _merge(checkout, base, ours, theirs)
    assert (code, checkout.flaky()) == (0, [f"{it}::1" for it in names.split()])


def test_lists_that_do_not_touch_need_no_driver(checkout: Checkout) -> None:
    """A line for each test is enough for git's own merge."""
    ours, theirs = _with(BASE, "a::2"), _with(BASE, "o::1")
    assert _merge(checkout, BASE, ours, theirs) == 0


def test_a_conflict_is_mended_by_the_next_command(checkout: Checkout) -> None:
    """Without the driver git stops, and any command that writes the list folds both sides."""
    base, ours, theirs, _ = CASES["neighbours on both"]
    assert _merge(checkout, base, ours, theirs) == 1
    checkout.run("doit", "flaky", "own", "d::1", "@me")
    assert checkout.flaky() == ["a::1", "b::1", "c::1", "d::1", "e::1", "m::1", "x::1"]


def test_setup_keeps_what_stands_in_gitattributes(checkout: Checkout) -> None:
    """Asking twice adds one line once."""
    checkout.write(".gitattributes", "*.png binary")
    checkout.run("doit", "flaky", "setup")
    checkout.run("doit", "flaky", "setup")
    lines = (checkout.root / ".gitattributes").read_text().splitlines()
    assert lines == ["*.png binary", "ci/flaky_tests.json merge=firsttry-flaky"]
