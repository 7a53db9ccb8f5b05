"""What CI saw heals the list: the same news again change nothing, and nothing new enters by it."""

from __future__ import annotations

import datetime as dt
import itertools
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.config.parity_lock import FlakyRules
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model.flaky_records import FlakyMemory, Seen
from tests.unit.flaky.test_machines import LISTED, PAIRS, Pair

if TYPE_CHECKING:
    from random import Random

NUMBERS = itertools.count()


def _seen(day: int, runs: int = 2, failures: int = 0) -> Pair:
    at = f"2026-03-{day:02}T12:00:00+00:00"
    number = str(next(NUMBERS))
    return "a", Seen(id=number, at=at, tree="t", runs=runs, failures=failures, how="retry")


@given(PAIRS, PAIRS)
def test_the_same_news_change_nothing(before: list[Pair], seen: list[Pair]) -> None:
    """However often it is gathered."""
    once = flaky_memory.gather(flaky_memory.remember(LISTED, before), seen)
    assert flaky_memory.gather(once, [*seen, *seen]) == once


@given(PAIRS, st.randoms(use_true_random=False))
def test_the_order_of_runs_does_not_matter(seen: list[Pair], random: Random) -> None:
    """A store lists them as it pleases."""
    mixed = random.sample(seen, len(seen))
    assert flaky_memory.gather(LISTED, mixed) == flaky_memory.gather(LISTED, seen)


@given(PAIRS)
def test_no_test_enters_by_it(seen: list[Pair]) -> None:
    """One that a branch added may never have come to main."""
    assert flaky_memory.gather(FlakyMemory(nodeids=("a",)), seen).nodeids == ("a",)


@given(PAIRS)
def test_it_stays_within_the_bounds(seen: list[Pair]) -> None:
    """As the fold does."""
    tests = flaky_memory.gather(LISTED, seen).tests.values()
    assert all(
        len(it.sightings) <= flaky_memory.WINDOW and len(it.passes) <= flaky_memory.DAYS
        for it in tests
    )


def _runs(*seen: Pair, before: tuple[Pair, ...] = ()) -> tuple[int, int, dict[str, int]]:
    memory = flaky_memory.remember(FlakyMemory(nodeids=("a",)), before)
    test = flaky_memory.gather(memory, seen).tests["a"]
    return test.runs, test.failures, test.passes


def test_passes_of_a_day_are_added_up() -> None:
    """All runs of CI on that day."""
    assert _runs(_seen(2), _seen(2), _seen(3)) == (6, 0, {"2026-03-02": 4, "2026-03-03": 2})


def test_passes_that_were_counted_here_count_once() -> None:
    """The list that a pull request brought has those of its own run."""
    mine = _seen(2)
    assert _runs(mine, _seen(2), before=(mine,)) == (4, 0, {"2026-03-02": 4})


def test_a_failure_that_passed_again_is_counted() -> None:
    """And begins the count of passes anew."""
    assert _runs(_seen(2), _seen(3, 2, 1), _seen(4)) == (4, 1, {"2026-03-04": 2})


def test_a_test_that_failed_every_time_is_no_evidence() -> None:
    """The change that was tried there may have broken it."""
    assert _runs(_seen(2, 4, 4)) == (0, 0, {})


def test_what_fell_out_of_the_window_is_not_counted_again() -> None:
    """Thirty failures, of which twenty are kept."""
    many = tuple(_seen(day, 2, 1) for day in range(1, 31))
    assert _runs(*many, before=many)[:2] == (60, 30)


@pytest.mark.parametrize(("days", "state"), [(5, "flaky"), (10, "probation"), (31, None)])
def test_enough_passes_heal(days: int, state: str | None) -> None:
    """On its way off the list, and then off it."""
    seen = [_seen(day) for day in range(1, days + 1)]
    rules, today = FlakyRules(days=100), dt.date(2026, 4, 1)
    healed, _ = flaky_memory.heal(
        flaky_memory.gather(FlakyMemory(nodeids=("a",)), seen), rules, today, lambda _: ""
    )
    found = healed.tests.get("a")
    assert (found.state if found else None) == state
