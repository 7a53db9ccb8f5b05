"""Several machines keep the flaky memory: whatever way their files meet, nothing is lost."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING

from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.config.parity_lock import FlakyRules
from firsttry_tasks.flaky import list_file
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model.flaky_records import FlakyMemory, Gone, Seen

if TYPE_CHECKING:
    from collections.abc import Iterable

Pair = tuple[str, Seen]

SEEN = st.builds(
    Seen,
    id=st.uuids().map(str),
    at=st.dates(dt.date(2026, 1, 1), dt.date(2026, 6, 1)).map(lambda it: f"{it}T00:00:00+00:00"),
    tree=st.just("t"),
    runs=st.integers(3, 5),
    failures=st.integers(0, 3),
    how=st.sampled_from(["table", "rerun", "order", "run"]),
)
PAIRS = st.lists(
    st.tuples(st.sampled_from(["a", "b"]), SEEN), max_size=40, unique_by=lambda pair: pair[1].id
)
LISTED = FlakyMemory(nodeids=("a", "b"))


def _of(base: FlakyMemory, seen: Iterable[Pair]) -> FlakyMemory:
    return flaky_memory.remember(base, seen)


@given(PAIRS, PAIRS, PAIRS)
def test_two_branches_come_to_what_one_would(
    before: list[Pair], ours: list[Pair], theirs: list[Pair]
) -> None:
    """A merge of what two machines saw is what one machine had seen that saw it all."""
    base = _of(LISTED, before)
    merged = list_file.merge(base, _of(base, ours), _of(base, theirs))
    assert merged == _of(base, [*ours, *theirs])


@given(PAIRS, PAIRS, PAIRS)
def test_news_on_both_branches_count_once(
    before: list[Pair], ours: list[Pair], both: list[Pair]
) -> None:
    """A commit that was picked onto another branch brings its failures, and is merged later."""
    red = [pair for pair in both if pair[1].failures][: flaky_memory.WINDOW // 2]
    base = _of(LISTED, before[:3])
    left, right = _of(base, [*red, *ours[:3]]), _of(base, red)
    assert list_file.merge(base, left, right) == _of(base, [*red, *ours[:3]])


@given(PAIRS, PAIRS, PAIRS)
def test_three_branches_merge_in_any_order(
    one: list[Pair], two: list[Pair], three: list[Pair]
) -> None:
    """Whichever two are merged first."""
    a, b, c = (_of(LISTED, seen) for seen in (one, two, three))
    first = list_file.merge(LISTED, list_file.merge(LISTED, a, b), c)
    second = list_file.merge(LISTED, a, list_file.merge(LISTED, b, c))
    assert first == second


@given(PAIRS, PAIRS)
def test_a_merge_stays_within_the_bounds(ours: list[Pair], theirs: list[Pair]) -> None:
    """Detail of the newest is kept, and everything is counted."""
    merged = list_file.merge(LISTED, _of(LISTED, ours), _of(LISTED, theirs)).tests.values()
    kept = all(
        len(it.sightings) <= flaky_memory.WINDOW and len(it.passes) <= flaky_memory.DAYS
        for it in merged
    )
    counted = (sum(it.runs for it in merged), sum(it.failures for it in merged))
    seen = [it for _, it in (*ours, *theirs)]
    assert (kept, counted) == (True, (sum(it.runs for it in seen), sum(it.failures for it in seen)))


def test_who_left_is_bounded_too() -> None:
    """The last hundred, by day."""
    gone = {f"t{n:03}": Gone(at=f"2026-01-{n % 28 + 1:02}", why="") for n in range(300)}
    half = dict(list(gone.items())[:150])
    merged = list_file.merge(None, FlakyMemory(gone=half), FlakyMemory(gone=gone)).gone
    assert (len(merged), min(it.at for it in merged.values())) == (flaky_memory.LEFT, "2026-01-19")


@given(PAIRS)
def test_a_file_can_be_sent_from_machine_to_machine(seen: list[Pair]) -> None:
    """What is written is read again, whatever was seen."""
    memory = _of(LISTED, seen)
    assert list_file.decode(list_file.encode(memory)) == memory


@given(PAIRS, st.integers(0, 200))
def test_a_memory_heals_the_same_on_every_machine(seen: list[Pair], day: int) -> None:
    """As of one day; healing again moves nothing."""
    today = dt.date(2026, 1, 1) + dt.timedelta(days=day)
    once, _ = flaky_memory.heal(_of(LISTED, seen), FlakyRules(), today, lambda _: "")
    again, moved = flaky_memory.heal(once, FlakyRules(), today, lambda _: "")
    assert (again, moved) == (once, ())
