"""What tests left behind, and who used it later."""

from __future__ import annotations

from array import array

import pytest

from firsttry_tasks.selection.evidence import shared_state
from firsttry_tasks.selection.evidence.recorded_run import RecordedTest
from firsttry_tasks.selection.evidence.shared_state import SharedState
from firsttry_tasks.selection.syntax.parse import take_apart

KEEP = """\
KEPT = {}
def fill(name):
    KEPT[name] = name
def ask(name):
    return KEPT[name]
def other():
    return 1
"""


def _test(name: str, *units: int, left: bool = False) -> RecordedTest:
    return RecordedTest(
        nodeid=name,
        path="test_it.py",
        outcome="passed",
        seconds=0.1,
        units=array("I", units).tobytes(),
        observations=(0,) if left else (),
        scopes=(),
        names=(),
        function=True,
    )


@pytest.mark.parametrize(("most", "made"), [(1, {"fill"}), (0, {"fill", "other"})])
def test_beyond_a_bound_all_that_ran_may_have_made_it(
    monkeypatch: pytest.MonkeyPatch, most: int, made: set[str]
) -> None:
    """More may be found then than is right, and nothing less."""
    monkeypatch.setattr(shared_state, "_MOST_ASKED", most)
    fragments = take_apart(KEEP.encode())
    bodies = [(at, one.qualname) for at, one in enumerate(fragments) if one.is_function_body]
    units = [("keep.py", at) for at, _ in bodies]
    names = [name for _, name in bodies]
    state = SharedState(units, [("left", "keep.py:KEPT")], (), lambda _: fragments, frozenset())
    first = _test("first", names.index("fill"), names.index("other"), left=True)
    user = _test("user", names.index("ask"))
    _, found = state.tests([[first, user]])
    kept = [state.scopes.all[at] for at in found.scopes]
    assert {names[unit] for scope in kept for unit in scope.units} == made
