"""The flaky memory is a fold that forgets nothing and repeats nothing."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks import flaky
from firsttry_tasks.values import FlakyMemory

IDS = st.lists(st.text(min_size=1), max_size=8)


@given(IDS, IDS)
def test_memory_is_sorted_and_unique(known: list[str], seen: list[str]) -> None:
    """Scripts read the list as it stands."""
    memory = flaky.remember(flaky.remember(FlakyMemory(), known), seen)
    assert memory.nodeids == tuple(sorted({*known, *seen}))


@given(IDS)
def test_remembering_twice_changes_nothing(seen: list[str]) -> None:
    """A second sighting gives the same memory."""
    memory = flaky.remember(FlakyMemory(), seen)
    assert flaky.remember(memory, seen) == memory


def test_an_empty_memory_is_told_in_words() -> None:
    """No flaky test is good news, not an empty page."""
    assert flaky.audit(FlakyMemory(), 50) == ("No flaky tests are recorded.",)


def test_the_audit_counts_and_lists() -> None:
    """The count stands beside the limit, the tests below."""
    lines = flaky.audit(FlakyMemory(nodeids=("t::a", "t::b")), 50)
    assert lines == ("2 flaky tests (limit 50):", "  t::a", "  t::b")


def test_the_audit_warns_above_the_limit() -> None:
    """One test too many is a warning that says what to do."""
    assert "WARNING: more than 1" in flaky.audit(FlakyMemory(nodeids=("a", "b")), 1)[1]
