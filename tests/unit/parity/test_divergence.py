"""Each kind of difference is told by the answers a test gives when it is run again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.model.values import Divergence, Finding
from firsttry_tasks.parity import divergence, machine_trouble
from firsttry_tasks.parity.divergence import Ask, Case, Conclusion

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.model.values import DivergenceKind, Stage

    #: Whether the test fails when it is run in the way asked for.
    World = Callable[[Ask], bool]

OTHERS = tuple(f"t{n}" for n in range(20))
SELECTED = Case(nodeid="t", side="full", here=OTHERS, there=OTHERS)
ESCAPED = Case(nodeid="t", side="full", here=OTHERS, elsewhere=False)
WARM_RED = Case(nodeid="t", side="warm", here=OTHERS, there=OTHERS)


#: What ran before in each of the ways in which a whole order is run.
WHOLE = {"warm's order", "full's order"}


def _before(ask: Ask) -> set[str]:
    return set(OTHERS) if ask.way in WHOLE else set(ask.before)


def _told(case: Case, world: World, reruns: int = 3) -> tuple[Conclusion, int]:
    """Return the conclusion and how many reruns it took."""
    inquiry = divergence.inquire(case, reruns)
    ask, asked = next(inquiry), 0
    while True:
        asked += 1
        try:
            ask = inquiry.send(world(ask))
        except StopIteration as stop:
            return stop.value, asked


def _after(*needed: str) -> World:
    """Fail when all of these ran before."""
    return lambda ask: set(needed) <= _before(ask)


def _unless(*needed: str) -> World:
    """Fail unless one of these ran before."""
    return lambda ask: not set(needed) & _before(ask)


def _in(*ways: str) -> World:
    """Fail in these ways alone."""
    return lambda ask: ask.way in ways


def _always(_ask: Ask) -> bool:
    return True


def _never(_ask: Ask) -> bool:
    return False


@pytest.mark.parametrize(
    ("case", "world", "kind", "blocks"),
    [
        (ESCAPED, _always, "selection gap", True),
        (ESCAPED, _in("alone", "after", *WHOLE), "selection gap", True),
        (ESCAPED, _never, "flaky", False),
        (ESCAPED, _after("t7"), "order-dependent", False),
        (SELECTED, _always, "environment", True),
        (SELECTED, _never, "flaky", False),
        (SELECTED, _after("t7"), "order-dependent", False),
        (SELECTED, _after("t3", "t17"), "order-dependent", False),
        (SELECTED, _unless("t7"), "order-dependent", False),
        (SELECTED, _in("alone", "as warm", *WHOLE), "environment", False),
        (SELECTED, _in("alone", "clean copy", *WHOLE), "environment", True),
        (WARM_RED, _always, "environment", True),
        (WARM_RED, _never, "flaky", False),
        (WARM_RED, _after("t0"), "order-dependent", False),
        (WARM_RED, _unless("t19"), "order-dependent", False),
        (WARM_RED, _in("as warm"), "environment", False),
    ],
)
def test_deterministic_causes_are_told_apart(
    case: Case, world: World, kind: str, *, blocks: bool
) -> None:
    """A test that answers by a rule is put in the class of that rule."""
    end, _ = _told(case, world)
    assert (end.kind, end.blocks) == (kind, blocks)


@pytest.mark.parametrize("name", OTHERS)
def test_the_polluting_test_is_named(name: str) -> None:
    """Whichever test of twenty pollutes, it is found."""
    assert _told(SELECTED, _after(name))[0].before == name


def test_two_polluters_together_are_told_as_such() -> None:
    """Where no single test is to blame, none is blamed."""
    assert _told(SELECTED, _after("t3", "t17"))[0].before == ""


def test_a_polluter_is_found_by_halving() -> None:
    """A thousand tests before it cost some twenty reruns, not a thousand."""
    many = Case(nodeid="t", side="full", here=tuple(f"t{n}" for n in range(1000)))
    assert _told(many, _after("t7"))[1] < 40


@pytest.mark.parametrize(("side", "blocks"), [("full", True), ("warm", False)])
def test_a_variable_that_differs_is_named(side: Stage, *, blocks: bool) -> None:
    """Full's answer is the canonical one: where a variable reddens it, it blocks."""
    case = Case(nodeid="t", side=side, variables=("TZ",), elsewhere=False)
    end, _ = _told(case, lambda ask: ask.way != "variables")
    assert (end.kind, end.blocks, "TZ" in end.why) == ("environment", blocks, True)


@given(st.sampled_from([ESCAPED, SELECTED, WARM_RED]), st.integers(1, 5))
def test_what_never_passes_again_is_never_excused(case: Case, reruns: int) -> None:
    """However few reruns the lock gives, a red that stays red blocks."""
    assert _told(case, _always, reruns)[0].blocks


def _coin(rate: float, seed: int) -> World:
    roll = random.Random(seed)
    return lambda _ask: roll.random() < rate


@pytest.mark.parametrize("case", [ESCAPED, SELECTED, WARM_RED])
def test_hardly_a_coin_is_called_an_escape(case: Case) -> None:
    """Of 5,000 tests that fail half the time at most 2 % block."""
    blocked = sum(_told(case, _coin(0.5, seed))[0].blocks for seed in range(5000))
    assert blocked <= 100


@pytest.mark.parametrize("rate", [0.1, 0.5, 0.9])
def test_an_inquiry_comes_to_an_end(rate: float) -> None:
    """A test that answers at random can't keep it going."""
    assert all(_told(SELECTED, _coin(rate, seed))[1] < 60 for seed in range(500))


def _finding(message: str) -> Finding:
    return Finding(
        id="tests:t", gate="tests", tool="pytest", rule="failed", message=message, nodeid="t"
    )


@pytest.mark.parametrize(
    "message",
    [
        "OSError: [Errno 28] No space left on device",
        "OSError: [Errno 27] File too large",
        "RuntimeError: can't start new thread",
        "MemoryError",
        "assert x\nE   MemoryError: out of it",
    ],
)
def test_a_failure_may_say_that_the_machine_could_not(message: str) -> None:
    """Then no test is looked into."""
    end = machine_trouble.broken_machine(_finding(message))
    assert end is not None
    assert (end.kind, "'E " in end.why) == ("infrastructure", False)


@pytest.mark.parametrize("message", ["assert 1 == 2", "DID NOT RAISE <class 'MemoryError'>"])
def test_an_ordinary_failure_is_looked_into(message: str) -> None:
    """Though it may speak of memory."""
    assert machine_trouble.broken_machine(_finding(message)) is None


def _differs(kind: DivergenceKind, n: int) -> Divergence:
    return Divergence(
        finding=f"tests:t{n}", gate="tests", side="full", kind=kind, blocks=False, sentence=""
    )


@pytest.mark.parametrize(
    ("kinds", "ran", "kind"),
    [
        (["flaky"] * 9, 10, "infrastructure"),
        (["flaky"] * 8, 10, "flaky"),
        (["flaky"] * 9, 9, "flaky"),
        (["environment"] * 50, 60, "infrastructure"),
        ([*["flaky"] * 9, "selection gap"], 10, "flaky"),
        ([*["flaky"] * 9, "unconfirmed"], 10, "flaky"),
    ],
)
def test_many_at_once_are_the_machines(kinds: list[DivergenceKind], ran: int, kind: str) -> None:
    """When most of all tests differ and pass again, no test is blamed; a gap stays a gap."""
    found = [_differs(it, n) for n, it in enumerate(kinds)]
    assert next(iter(machine_trouble.of_machine(found, ran, 0.8))).kind == kind


@pytest.mark.parametrize(
    ("side", "warm", "full", "kind"),
    [
        ("full", False, True, "stale gate cache"),
        ("full", True, True, "stale gate cache"),
        ("full", False, False, "flaky"),
        ("warm", True, False, "stale gate cache"),
        ("warm", False, False, "flaky"),
        ("warm", True, True, "flaky"),
    ],
)
def test_gates_are_judged_by_their_cold_answer(
    side: Stage, kind: str, *, warm: bool, full: bool
) -> None:
    """What full says again from cold is so; what it no longer says was a mood."""
    assert divergence.of_gate(side, "mypy", {"warm": warm, "full": full}).kind == kind
