"""A plan gives each test to one shard, keeps together what has to be, and is balanced."""

from __future__ import annotations

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.selection.shards import plan as plans
from firsttry_tasks.selection.shards.times import Expected, Times, expected, joined, kept
from firsttry_tasks.selection.shards.units import PlannedTest, paired
from tests.unit.selection.shards.suite import GROUND, file, homes, planned, shares


def test_each_test_has_one_shard() -> None:
    """No test is lost, and none runs twice."""
    suite = [it for n in range(9) for it in file(f"test_{n}.py", n + 1)]
    plan = planned(suite, shards=4)
    assert sorted(it for share in shares(plan) for it in share) == sorted(it.nodeid for it in suite)


def test_shards_of_two_thousand_tests_are_balanced() -> None:
    """With times from 1 ms to some seconds, no shard is a tenth longer than the mean."""
    dice = random.Random(17)
    suite = [it for n in range(100) for it in file(f"tests/test_{n}.py", 20)]
    seconds = {it.nodeid: dice.lognormvariate(-4, 1.5) for it in suite}
    for shards in (2, 3, 7, 16):
        plan = planned(suite, seconds, shards=shards)
        mean = plan.seconds / shards
        assert all(abs(it.seconds - mean) < mean / 10 for it in plan.shards)


def test_files_stay_whole_where_that_is_balanced() -> None:
    """Eight files of the same length are two for each of four shards."""
    names = [f"test_{n}.py" for n in range(8)]
    plan = planned([it for name in names for it in file(name, 5)], shards=4)
    assert [len(it) for it in homes(plan, *names)] == [1] * 8


def test_a_file_that_is_longer_than_a_shard_is_divided() -> None:
    """One long file is cut between its tests; the short ones stay whole."""
    short = [f"test_{n}.py" for n in range(4)]
    suite = [*file("test_long.py", 40), *(it for name in short for it in file(name, 2))]
    plan = planned(suite, shards=4)
    assert (len(homes(plan, "test_long.py")[0]) > 1, [len(it) for it in homes(plan, *short)]) == (
        True,
        [1] * 4,
    )


def test_a_class_is_divided_last() -> None:
    """Of a long file the classes stay whole where they are short enough."""
    names = [f"test_a.py::Test{n}" for n in range(6)]
    suite = [PlannedTest(nodeid=f"{name}::test_{n}") for name in names for n in range(4)]
    plan = planned(suite, shards=3)
    assert [len(it) for it in homes(plan, *names)] == [1] * 6


def test_a_group_stays_together_however_long_it_is() -> None:
    """What a mark binds is never divided, not within a file and not across files."""
    bound = (
        *file("test_a.py", 20, bound=("group:db",)),
        *file("test_b.py", 20, bound=("group:db",)),
    )
    plan = planned([*bound, *file("test_c.py", 4)], shards=4)
    assert homes(plan, "test_a.py") == homes(plan, "test_b.py") == [{1}]


def test_an_ordered_pair_stays_together() -> None:
    """A test and the one that has to run before it have one shard, in the order of collection."""
    first, last = "test_a.py::test_0", "test_z.py::test_0"
    suite = [*file("test_a.py", 30), *file("test_m.py", 30), *file("test_z.py", 30)]
    plan = planned(paired(suite, [(first, last)]), shards=9)
    (home,) = [it for it in shares(plan) if first in it]
    assert home.index(first) < home.index(last)


def test_a_pair_of_which_one_is_gone_binds_nobody() -> None:
    """The memory of a test that is no more does not disturb."""
    suite = file("test_a.py", 4)
    assert planned(paired(suite, [("gone.py::test", suite[0].nodeid)]), shards=2).tests == tuple(
        it.nodeid for it in suite
    )


def test_tests_that_share_a_fixture_stay_together_while_that_is_short() -> None:
    """Two files with one database are in one shard; a fixture of all tests binds nobody."""
    sharing = [
        *file("test_a.py", 3, shares=("db", "all")),
        *file("test_b.py", 3, shares=("db", "all")),
    ]
    others = [it for n in range(6) for it in file(f"test_o{n}.py", 3, shares=("all",))]
    plan = planned([*others, *sharing], shards=4)
    assert homes(plan, "test_a.py") == homes(plan, "test_b.py")
    assert len(homes(plan, "test_")[0]) == 4


@given(st.integers(min_value=0, max_value=2**32), st.integers(min_value=1, max_value=9))
@settings(max_examples=60, deadline=None)
def test_whatever_the_suite_the_plan_is_a_partition(seed: int, shards: int) -> None:
    """Groups across files, long tests, no times: each test is there once, groups have one shard."""
    dice = random.Random(seed)
    suite = [
        PlannedTest(
            nodeid=f"test_{dice.randrange(6)}.py::T{dice.randrange(3)}::test_{n}",
            bound=tuple(f"group:{dice.randrange(4)}" for _ in range(dice.randrange(5) == 0)),
            shares=tuple(f"fixture:{dice.randrange(3)}" for _ in range(dice.randrange(3) == 0)),
        )
        for n in range(dice.randrange(1, 60))
    ]
    seconds = {it.nodeid: dice.choice([0.0, 0.01, 1.0, 30.0]) for it in suite}
    plan = planned(suite, seconds, shards=shards)
    given_out = [nodeid for share in shares(plan) for nodeid in share]
    of_group: dict[str, set[int]] = {}
    for number, share in enumerate(shares(plan)):
        for it in suite:
            if it.nodeid in share:
                for name in it.bound:
                    of_group.setdefault(name, set()).add(number)
    assert sorted(given_out) == sorted(it.nodeid for it in suite)
    assert all(len(it) == 1 for it in of_group.values())


def test_the_same_suite_gives_the_same_bytes() -> None:
    """Every machine makes the same plan of the same tests and times."""
    suite = [it for n in range(5) for it in file(f"test_{n}.py", 7)]
    times = {it.nodeid: 0.25 for it in suite}
    backwards = dict(reversed(times.items()))
    assert plans.encode(planned(suite, times, shards=3)) == plans.encode(
        planned(suite, backwards, shards=3)
    )


def test_a_plan_is_read_as_it_was_written() -> None:
    """The file brings the plan back, and its digest is its name."""
    plan = planned(file("test_a.py", 3), shards=5)
    assert plans.decode(plans.encode(plan)) == plan
    assert plan.digest in plans.encode(plan).decode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{}",
        plans.encode(planned(file("test_a.py", 3), shards=2)).replace(b"test_1", b"test_9"),
        plans.encode(planned(file("test_a.py", 3), shards=2))[:-9],
    ],
)
def test_a_plan_that_was_changed_is_refused(data: bytes) -> None:
    """Who reads it is told to make it again."""
    with pytest.raises(FirstTryError, match="ft plan"):
        plans.decode(data)


def test_a_plan_of_nothing_is_an_error() -> None:
    """No test at all is no plan that is green."""
    with pytest.raises(FirstTryError, match="no test"):
        planned((), shards=3)


def test_more_shards_than_tests_leave_some_empty() -> None:
    """Who asks for seven shards gets seven, of which some have nothing to do."""
    plan = planned(file("test_a.py", 3), shards=7)
    assert sorted(len(it.tests) for it in plan.shards) == [0, 0, 0, 0, 1, 1, 1]


def test_the_number_follows_from_the_seconds_that_one_may_take() -> None:
    """A hundred seconds of tests in shards of 21, of which one is the start, are five shards."""
    assert len(planned(file("test_a.py", 100), start=1.0, within=21).shards) == 5


def test_shards_that_only_start_are_refused() -> None:
    """Less time than a start takes is no shard."""
    with pytest.raises(UsageError, match="before its first test"):
        planned(file("test_a.py", 100), start=5.0, within=5)


@pytest.mark.parametrize(("start", "shards"), [(20.0, 1), (5.0, 2), (0.5, 20), (0.0, 100)])
def test_without_a_wish_there_are_as_many_as_are_worth_their_starts(
    start: float, shards: int
) -> None:
    """Of a hundred seconds of tests, all starts together take a tenth at most."""
    assert len(planned(file("test_a.py", 100), start=start).shards) == shards


@pytest.mark.parametrize("text", ["", "3", "0/3", "4/3", "1/0", "a/b", "1/2/3", "-1/3", "1/99999"])
def test_a_shard_that_can_not_be_is_wrong_usage(text: str) -> None:
    """The sentence shows how it is asked for."""
    with pytest.raises(UsageError, match="2/3"):
        plans.asked(text)


def test_a_shard_is_asked_for_by_number_and_count() -> None:
    """The first of three is 1/3."""
    assert plans.asked("1/3") == (1, 3)


def test_what_differs_from_the_plan_is_told() -> None:
    """A commit, a tree and a Python each have their words; nothing different has none."""
    assert [
        list(plans.differences(GROUND, now))
        for now in (
            GROUND,
            replace(GROUND, head="decade"),
            replace(GROUND, tree="bush"),
            replace(GROUND, parts={"python": "cpython 3.12.1"}),
        )
    ] == [
        [],
        ["the plan is of commit c0ffee, and this is decade"],
        ["files differ from those of the plan, at the same commit c0ffee"],
        ["python cpython 3.11.7 -> cpython 3.12.1"],
    ]


def test_one_contended_run_does_not_move_the_median() -> None:
    """Thirteen seconds that once were ten minutes are thirteen."""
    times = Times()
    for it in (13.0, 13.2, 627.0, 12.9):
        times = kept(times, "ci", {"a.py::t": it})
    assert expected(["a.py::t"], times, "ci").seconds == {"a.py::t": pytest.approx(13.1)}


def test_times_of_the_same_kind_of_machine_count() -> None:
    """A laptop's times are not taken where CI's are known, and are better than none."""
    times = kept(kept(Times(), "ci", {"a.py::t": 4.0}), "laptop", {"a.py::t": 1.0})
    assert [expected(["a.py::t"], times, kind) for kind in ("ci", "new")] == [
        Expected(seconds={"a.py::t": 4.0}, basis="by the median times of 1 run"),
        Expected(
            seconds={"a.py::t": 1.0},
            basis="by the median times of 1 run on another kind of machine (laptop)",
        ),
    ]


def test_times_of_a_golden_cache_and_of_this_checkout_go_together() -> None:
    """A warm run of one test does not make the times of all others unknown."""
    restored = kept(Times(), "ci", {"a.py::t": 4.0, "a.py::u": 2.0})
    known = joined(restored, kept(Times(), "ci", {"a.py::t": 6.0}))
    assert known.kinds == {"ci": {"a.py::t": (4.0, 6.0), "a.py::u": (2.0,)}}


def test_a_test_without_a_time_takes_as_long_as_its_neighbours() -> None:
    """The median of its file, or where nothing of the file is known, of all tests."""
    times = kept(Times(), "ci", {"a.py::t": 4.0, "b.py::t": 1.0, "b.py::u": 1.0})
    found = expected(["a.py::t", "a.py::new", "b.py::t", "b.py::u", "c.py::new"], times, "ci")
    assert (found.seconds["a.py::new"], found.seconds["c.py::new"]) == (4.0, 1.0)
    assert found.basis == "by the median times of 1 run; 2 tests have no times"


def test_without_any_time_the_number_of_tests_counts() -> None:
    """Each test is as long as any other, and the plan says so."""
    assert expected(["a.py::t", "b.py::t"], Times(), "ci") == Expected(
        seconds={"a.py::t": 1.0, "b.py::t": 1.0}, basis="no times are known: by number of tests"
    )
