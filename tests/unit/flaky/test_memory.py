"""The flaky memory is a fold: the order of sightings does not matter, and none is lost."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from firsttry_tasks.config.parity_lock import FlakyRules
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest, How, Seen

if TYPE_CHECKING:
    from random import Random

RULES = FlakyRules()
TODAY = dt.date(2026, 3, 10)
NUMBERS = itertools.count()


def _seen(how: How = "rerun", day: int = 1, runs: int = 2, failures: int = 1) -> Seen:
    at = f"2026-03-{day:02}T12:00:00+00:00"
    return Seen(id=str(next(NUMBERS)), at=at, tree="t", runs=runs, failures=failures, how=how)


def _memory(*seen: Seen) -> FlakyMemory:
    return flaky_memory.remember(FlakyMemory(), [("t", it) for it in seen])


def _state(*seen: Seen, today: dt.date = TODAY, expires: str = "") -> str:
    test = replace(_memory(*seen).tests["t"], expires=expires)
    return flaky_memory.state(test, RULES, today)


def _healed(memory: FlakyMemory, today: dt.date = TODAY) -> tuple[FlakyMemory, tuple[str, ...]]:
    return flaky_memory.heal(memory, RULES, today, lambda _: "@team")


SIGHTINGS = st.lists(
    st.tuples(
        st.sampled_from(["a", "b"]),
        st.builds(
            Seen,
            id=st.uuids().map(str),
            at=st.dates(dt.date(2026, 1, 1), dt.date(2026, 6, 1)).map(lambda it: f"{it}T00:00:00"),
            tree=st.just("t"),
            runs=st.just(3),
            failures=st.integers(0, 3),
            how=st.sampled_from(["table", "rerun", "order", "run"]),
        ),
    ),
    max_size=60,
    unique_by=lambda pair: pair[1].id,
)
LISTED = FlakyMemory(nodeids=("a", "b"))


@given(SIGHTINGS, st.randoms(use_true_random=False))
def test_the_order_of_sightings_does_not_matter(
    seen: list[tuple[str, Seen]], random: Random
) -> None:
    """Machines that tell what they saw one by one, in any order, come to the same memory."""
    memory = flaky_memory.remember(LISTED, seen)
    one_by_one = flaky_memory.remember(LISTED, [])
    for it in random.sample(seen, len(seen)):
        one_by_one = flaky_memory.remember(one_by_one, [it])
    assert one_by_one == memory


@given(SIGHTINGS)
def test_no_sighting_is_lost(seen: list[tuple[str, Seen]]) -> None:
    """Every run and every failure is counted, whatever is no longer kept in detail."""
    tests = flaky_memory.remember(LISTED, seen).tests.values()
    counted = (sum(it.runs for it in tests), sum(it.failures for it in tests))
    assert counted == (sum(it.runs for _, it in seen), sum(it.failures for _, it in seen))


@given(SIGHTINGS)
def test_the_memory_stays_within_its_bounds(seen: list[tuple[str, Seen]]) -> None:
    """Detail is kept of the newest only."""
    tests = flaky_memory.remember(LISTED, seen).tests.values()
    assert all(
        len(it.sightings) <= flaky_memory.WINDOW and len(it.passes) <= flaky_memory.DAYS
        for it in tests
    )


@given(SIGHTINGS)
def test_a_failing_sighting_counts_once(seen: list[tuple[str, Seen]]) -> None:
    """The same news twice, from a report and from beside it, is no more news."""
    red = [pair for pair in seen if pair[1].failures][: flaky_memory.WINDOW]
    memory = flaky_memory.remember(LISTED, red)
    assert flaky_memory.remember(memory, red) == memory


@given(SIGHTINGS)
def test_the_list_is_sorted_and_unique(seen: list[tuple[str, Seen]]) -> None:
    """Scripts read the list as it stands."""
    nodeids = flaky_memory.remember(FlakyMemory(nodeids=("b",)), seen).nodeids
    assert nodeids == tuple(sorted(set(nodeids)))


def test_a_pass_of_an_unknown_test_is_no_news() -> None:
    """Only tests that failed somewhere enter the list."""
    assert _memory(_seen(failures=0)) == FlakyMemory()


@pytest.mark.parametrize(
    ("seen", "state"),
    [
        ([_seen("table")], "suspect"),
        ([_seen("table"), _seen("table")], "flaky"),
        ([_seen("rerun")], "flaky"),
        ([_seen("order")], "order-dependent"),
        ([_seen("retry")], "flaky"),
        ([_seen(), _seen(day=3, failures=0, runs=19)], "flaky"),
        ([_seen(), _seen(day=3, failures=0, runs=20)], "probation"),
        ([_seen("run", runs=2, failures=2)] * 2, "suspect"),
        ([_seen("run", day=n, runs=2, failures=2) for n in (1, 2, 3)], "broken"),
    ],
)
def test_states_follow_from_the_evidence(seen: list[Seen], state: str) -> None:
    """Two sightings or one rerun make flaky, passes heal, and always red is broken."""
    assert _state(*seen) == state


def test_passes_count_from_the_last_failure() -> None:
    """A new failure begins the count anew."""
    passes = _seen(day=2, failures=0, runs=30)
    assert _state(_seen(), passes, _seen(day=3)) == "flaky"


def test_it_blocks_again_past_its_expiry() -> None:
    """A test on the list for too long is no longer forgiven."""
    assert _state(_seen(), expires="2026-03-09") == "expired"


def test_expiry_is_two_weeks_after_it_was_first_seen() -> None:
    """Later failures do not put it off."""
    memory, _ = _healed(_memory(_seen(day=1), _seen(day=9)))
    assert memory.tests["t"].expires == "2026-03-15"


def test_enough_passes_take_it_off_the_list() -> None:
    """It leaves, with its reason kept."""
    memory, _ = _healed(_memory(_seen(), _seen(day=3, failures=0, runs=60)))
    assert (memory.nodeids, memory.gone["t"].why) == ((), "passed 60 times in a row")


def test_leaving_is_said_aloud() -> None:
    """Nothing is dropped silently."""
    _, said = _healed(_memory(_seen(), _seen(day=3, failures=0, runs=60)))
    assert said == ("t leaves the flaky list: passed 60 times in a row",)


def test_a_suspicion_fades() -> None:
    """One sighting that never came again is no reason to watch a test for ever."""
    memory, _ = _healed(_memory(_seen("table")), dt.date(2026, 5, 1))
    assert memory.nodeids == ()


def test_a_test_that_comes_back_is_not_gone() -> None:
    """It can't be on both lists."""
    memory, _ = _healed(_memory(_seen(), _seen(day=3, failures=0, runs=60)))
    assert flaky_memory.remember(memory, [("t", _seen(day=8))]).gone == {}


def test_the_seeds_format_is_carried_forward() -> None:
    """A test that is only listed is flaky from today."""
    memory, _ = _healed(FlakyMemory(nodeids=("t",)))
    assert (memory.tests["t"].state, memory.tests["t"].expires) == ("flaky", "2026-03-24")


def test_a_test_taken_off_by_hand_is_off() -> None:
    """What stands in the list is the list; the details beside it follow."""
    memory = replace(_memory(_seen()), nodeids=())
    assert flaky_memory.remember(memory, []).tests == {}


def test_owners_are_filled_in() -> None:
    """CODEOWNERS says who is to mend it."""
    assert _healed(_memory(_seen()))[0].tests["t"].owner == "@team"


@pytest.mark.parametrize(
    ("seen", "forgiven"), [("table", frozenset()), ("rerun", {"t"}), ("order", {"t"})]
)
def test_only_what_is_proved_is_forgiven(seen: How, forgiven: set[str]) -> None:
    """A mere suspect that fails is red."""
    assert flaky_memory.forgiven(_memory(_seen(seen)), RULES, TODAY) == forgiven


def test_a_rate_has_wilsons_interval() -> None:
    """1 of 10 lies between 1.8 and 40.4 percent (Brown, Cai, DasGupta 2001)."""
    assert flaky_memory.interval(1, 10) == pytest.approx((0.0179, 0.4042), abs=1e-4)


@given(st.integers(0, 50), st.integers(1, 50))
def test_a_rate_lies_within_its_interval(failures: int, more: int) -> None:
    """Whatever was seen, the rate itself is possible."""
    runs = failures + more
    low, high = flaky_memory.interval(failures, runs)
    assert 0 <= low <= failures / runs <= high <= 1


def test_a_record_of_nothing_is_flaky() -> None:
    """The default of a listed test, without any evidence, is what the seed meant by the list."""
    assert flaky_memory.state(FlakyTest(), RULES, TODAY) == "flaky"
