"""The file of flaky tests: read from the seed's format on, merged, mended, never guessed at."""

from __future__ import annotations

import datetime as dt
import json
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.config.parity_lock import FlakyRules
from firsttry_tasks.flaky import list_file, memory
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest, Gone, Seen
from firsttry_tasks.reporting import statistics


def _seen(name: str, day: int = 1, failures: int = 1) -> Seen:
    at = f"2026-03-{day:02}T12:00:00+00:00"
    return Seen(id=name, at=at, tree="t", runs=2, failures=failures, how="rerun")


def _memory(*nodeids: str, of: FlakyMemory = FlakyMemory(), day: int = 1) -> FlakyMemory:  # noqa: B008  frozen
    return memory.remember(of, [(nodeid, _seen(f"{nodeid} {day}", day)) for nodeid in nodeids])


MEMORY = memory.remember(_memory("b", "a", 'é"\\'), [("a", _seen("p", 5, failures=0))])
TODAY = dt.date(2026, 11, 28)


def test_what_is_written_is_read_again() -> None:
    """Nothing is lost on the way to disk and back."""
    assert list_file.decode(list_file.encode(MEMORY)) == MEMORY


def test_the_list_stands_on_top() -> None:
    """Scripts and people find it first."""
    assert next(iter(json.loads(list_file.encode(MEMORY)))) == "nodeids"


def test_each_test_has_a_line() -> None:
    """So git merges what does not touch, and a diff is readable."""
    lines = list_file.encode(_memory("a", "b")).decode().splitlines()
    assert sum(line.startswith('    "a"') for line in lines) == 2


@pytest.mark.parametrize(
    "text", ['{"nodeids": ["b", "a", "a"]}', '{"nodeids": ["a", "b"], "version": 1}']
)
def test_the_seeds_format_is_read(text: str) -> None:
    """A file with nothing but the list is a list, whatever its order."""
    assert list_file.decode(text.encode()).nodeids == ("a", "b")


@pytest.mark.parametrize(
    "text", ["[]", "null", '{"nodeids": "a"}', '{"nodeids": [1]}', '{"tests": {"a": 1}}', "{"]
)
def test_what_is_no_memory_is_refused(text: str) -> None:
    """The sentence says how to get the last good one back."""
    with pytest.raises(FirstTryError, match="git checkout HEAD -- ci"):
        list_file.decode(text.encode())


@given(st.integers(1, 10_000))
def test_a_cut_file_is_never_read_as_less(seed: int) -> None:
    """Half a file is an error, not a shorter list."""
    data = list_file.encode(MEMORY).rstrip()
    with pytest.raises(FirstTryError):
        list_file.decode(data[: random.Random(seed).randrange(len(data))])


@given(st.binary(max_size=300), st.integers(0, 10_000))
def test_a_spoiled_file_is_read_or_refused(noise: bytes, at: int) -> None:
    """Whatever stands in it, there is a memory or a sentence."""
    data = list_file.encode(MEMORY)
    at %= len(data)
    try:
        found = list_file.decode(data[:at] + noise + data[at:])
    except FirstTryError as error:
        assert "can't be read" in str(error)  # noqa: PT017  either is right
    else:
        assert found.nodeids == tuple(sorted(set(found.nodeids)))


BASE = _memory("a", "b")


@pytest.mark.parametrize(
    ("ours", "theirs", "merged"),
    [
        (BASE, BASE, ("a", "b")),
        (_memory("c", of=BASE), _memory("d", of=BASE), ("a", "b", "c", "d")),
        (_memory("c", of=BASE), _memory("c", of=BASE), ("a", "b", "c")),
        (_memory("a"), BASE, ("a",)),
        (_memory("a"), _memory("c", of=BASE), ("a", "c")),
        (_memory("a"), _memory("b", of=BASE, day=9), ("a", "b")),
    ],
)
def test_both_branches_count(
    ours: FlakyMemory, theirs: FlakyMemory, merged: tuple[str, ...]
) -> None:
    """What one adds is added; what one dropped is dropped, but for news of it."""
    assert list_file.merge(BASE, ours, theirs).nodeids == merged


def test_runs_of_both_branches_are_added_once() -> None:
    """What both had from their common ancestor is not counted twice."""
    merged = list_file.merge(BASE, _memory("a", of=BASE, day=2), _memory("a", of=BASE, day=3))
    assert (merged.tests["a"].runs, len(merged.tests["a"].sightings)) == (6, 3)


@given(st.permutations(["a", "b", "c"]), st.permutations(["c", "d"]))
def test_sides_can_be_swapped(left: list[str], right: list[str]) -> None:
    """It does not matter which branch is merged into which."""
    ours, theirs = _memory(*left, of=BASE), _memory(*right, of=BASE, day=4)
    assert list_file.merge(BASE, ours, theirs) == list_file.merge(BASE, theirs, ours)


def test_a_test_that_left_on_one_branch_stays_gone() -> None:
    """The reason is kept with it."""
    left = {"a": Gone(at="x", why="y")}
    gone = FlakyMemory(nodeids=("b",), tests={"b": BASE.tests["b"]}, gone=left)
    assert list_file.merge(BASE, gone, BASE) == gone


def test_a_conflict_that_git_left_is_mended() -> None:
    """Both sides of it are read."""
    text = '{"nodeids": [\n<<<<<<< ours\n"a"\n||||||| base\n=======\n"b"\n>>>>>>> theirs\n]}\n'
    assert list_file.decode(text.encode()).nodeids == ("a", "b")


def test_a_record_without_evidence_merges() -> None:
    """A listed test of the seed's format has no dates yet."""
    listed = FlakyMemory(nodeids=("a",))
    assert list_file.merge(None, listed, listed).tests["a"] == FlakyTest()


@pytest.mark.parametrize("name", ["first", "last", "expires"])
@pytest.mark.parametrize("day", ["yesterday", "2026-02-30", "10000-01-01", "-1"])
def test_a_day_that_is_none_is_told(name: str, day: str) -> None:
    """The list is the team's own: wrong configuration, with the test and what to do."""
    data = json.dumps({"nodeids": ["a"], "tests": {"a": {name: day}}}).encode()
    with pytest.raises(UsageError, match=rf"{name} of a is '{day}'.*git checkout"):
        list_file.decode(data)


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31", ""])
def test_the_first_and_the_last_day_are_days(day: str) -> None:
    """No arithmetic on them leaves what a date can be."""
    data = json.dumps({"nodeids": ["a"], "tests": {"a": {"first": day, "runs": 3}}}).encode()
    healed, _ = memory.heal(list_file.decode(data), FlakyRules(), TODAY, lambda _: "")
    assert healed.nodeids == ("a",)
    assert statistics.audit(healed, 50, TODAY)
