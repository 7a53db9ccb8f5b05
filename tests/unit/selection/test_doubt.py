"""One look stands for several tests: only those that may have left a thing are said to."""

from __future__ import annotations

from array import array

import pytest

from firsttry_tasks.selection.evidence.recorded_run import RecordedTest
from firsttry_tasks.selection.learn.doubt import narrowed


def _test(name: str, *observations: int) -> RecordedTest:
    return RecordedTest(
        nodeid=name,
        path="test_it.py",
        outcome="passed",
        seconds=0.1,
        units=array("I").tobytes(),
        observations=observations,
        scopes=(),
        names=(),
        function=True,
    )


@pytest.mark.parametrize(
    ("tests", "may", "kept"),
    [
        ({"a": (1, 7), "b": (7,)}, {"a"}, {"a": (1, 7), "b": ()}),
        ({"a": (7,), "b": (7,)}, {"a", "b"}, {"a": (7,), "b": (7,)}),
        # It was one of these two, whatever the one before them may use.
        ({"a": (), "b": (7,), "c": (7,)}, {"a"}, {"a": (), "b": (7,), "c": (7,)}),
        # Two looks: each is one's of those for which it stands.
        ({"a": (7,), "b": (), "c": (7,)}, {"a"}, {"a": (7,), "b": (), "c": (7,)}),
        # Nobody uses it, so that it concerns nobody.
        ({"a": (7,), "b": (7,)}, set(), {"a": (), "b": ()}),
        ({"a": (1,), "b": (1,)}, {"a"}, {"a": (1,), "b": (1,)}),
    ],
    ids=["one", "both", "none of them", "two looks", "unused", "no doubt"],
)
def test_who_may_have_left_it(
    tests: dict[str, tuple[int, ...]], may: set[str], kept: dict[str, tuple[int, ...]]
) -> None:
    """The number 7 is what one of several left."""
    held = [_test(name, *seen) for name, seen in tests.items()]
    found = narrowed(held, {7}, lambda _: may)
    assert {test.nodeid: test.observations for test in found} == kept
