"""What tests left behind, and who used it later."""

from __future__ import annotations

from array import array

import msgspec
import pytest

from firsttry_tasks.selection.evidence.recorded_run import NOWHERE, RecordedTest, Scope
from firsttry_tasks.selection.learn import shared_state
from firsttry_tasks.selection.learn.shared_state import SharedState
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
    assert _made("keep.py:KEPT") == {"kept": made}


@pytest.mark.parametrize(
    ("left", "kind"),
    [
        ("keep.py:KEPT", "kept"),
        ("keep.py:KEPT=+aa", "compared"),
        ("keep.py:KEPT=aa", "compared"),
        ("keep.py:KEPT=+aa?", "compared"),
    ],
)
def test_what_can_be_compared_is_told_apart(left: str, kind: str) -> None:
    """Who can't compare it rests on what may have made it, as for what nobody can spell."""
    assert _made(left) == {kind: {"fill"}}


def _made(left: str) -> dict[str, set[str]]:
    """Return the functions on which a test rests that uses what another one left, by kind."""
    fragments = take_apart(KEEP.encode())
    bodies = [(at, one.qualname) for at, one in enumerate(fragments) if one.is_function_body]
    units = [("keep.py", at) for at, _ in bodies]
    names = [name for _, name in bodies]
    state = SharedState(units, [("left", left)], (), lambda _: fragments, frozenset())
    first = _test("first", names.index("fill"), names.index("other"), left=True)
    user = _test("user", names.index("ask"))
    _, found = state.tests([[first, user]])
    kept = [state.scopes.all[at] for at in found.scopes]
    return {scope.kind: {names[unit] for unit in scope.units} for scope in kept}


def _import(asked: tuple[tuple[int, int], ...], lines: tuple[tuple[int, int], ...]) -> Scope:
    return Scope("import", "keep.py", (), (0, 1, 2), (), lines, asked=asked)


@pytest.mark.parametrize(
    ("scope", "seen"),
    [
        (_import(((3, 0), (4, 1), (4, 2)), ((3, 7),)), (0,)),
        (_import(((3, 0), (4, 0), (4, 1)), ((3, 7),)), (0, 2)),
        (_import(((3, 0), (NOWHERE, 1), (4, 2)), ((3, 7),)), (0, 1)),
        (_import(((3, 0), (4, 1)), ((NOWHERE, 7),)), (0, 1, 2)),
        (_import(((3, 0), (4, 1)), ((3, 8),)), (0, 1, 2)),
    ],
    ids=["its own", "of both", "of nobody known", "from nowhere", "not by a function"],
)
def test_what_an_import_filled_rests_on_what_those_statements_asked(
    scope: Scope, seen: tuple[int, ...]
) -> None:
    """What the function 7 made, of which the statement 3 asked, may tell what that one saw."""
    assert scope.seen_by({7}) == seen


@pytest.mark.parametrize("sure", ["other.py:FLAG=aa", "other.py:FLAG=bb"])
def test_letters_tell_nothing_of_another_thing(sure: str) -> None:
    """Two things may hold the same: who surely left one of them says nothing of the other."""
    fragments = take_apart(KEEP.encode())
    bodies = [(at, one.qualname) for at, one in enumerate(fragments) if one.is_function_body]
    names = [name for _, name in bodies]
    left = [("left", "keep.py:KEPT=aa?"), ("left", sure)]
    state = SharedState(
        [("keep.py", at) for at, _ in bodies], left, (), lambda _: fragments, frozenset()
    )
    fills = _test("fills", names.index("fill"), left=True)
    quiet = _test("quiet", names.index("other"), left=True)
    other = msgspec.structs.replace(_test("sure", names.index("other")), observations=(1,))
    found = {it.nodeid: it.observations for it in state.tests([[fills, quiet, other]])}
    assert found == {"fills": (0,), "quiet": (), "sure": (1,)}
