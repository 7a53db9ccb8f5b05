"""Finds the cause of a difference between the stages: asks for reruns, and judges them.

Each inquiry is a generator. It yields one rerun, is sent whether the test failed in it, and returns
its conclusion; callers make the reruns, so nothing here starts a process. A failure is excused only
if some rerun of the same tree passed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from firsttry_tasks.model.values import DivergenceKind, Stage

if TYPE_CHECKING:
    from collections.abc import Generator, Mapping

#: How a test is run again. "alone": by itself, from cold. "clean copy": alone, in a copy of what
#: git knows. "as warm": alone, recorded as warm runs record. "variables": alone, with the other
#: stage's environment variables. "warm's order" and "full's order": after all tests that this stage
#: ran before it. "after": after some of them, in the given order.
Way = Literal[
    "alone", "clean copy", "as warm", "variables", "warm's order", "full's order", "after"
]
#: Ways in which one run answers for many tests, so that callers can make it once for all.
SHARED: frozenset[Way] = frozenset({"warm's order", "full's order"})
#: How often a whole order is run before the search for the deciding test begins. Fewer than other
#: reruns, since each costs about a whole run, and what the search finds is confirmed anyway.
ORDERLY = 2


class Case(Struct, frozen=True, kw_only=True):
    """A test that failed in one stage (``side``) only.

    ``here`` and ``there`` are the tests that ran before it, in order, in the stage where it failed
    and in the other one; ``elsewhere`` tells whether the other stage ran it; ``variables`` are the
    names of environment variables whose values differ between the stages.
    """

    nodeid: str
    side: Stage
    here: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    elsewhere: bool = True
    variables: tuple[str, ...] = ()


class Ask(Struct, frozen=True):
    """One rerun to make; ``before`` are the tests to run first, for the way "after"."""

    way: Way
    before: tuple[str, ...] = ()


class Conclusion(Struct, frozen=True, kw_only=True):
    """The result of an inquiry; ``blocks`` means that nothing excuses the difference."""

    kind: DivergenceKind
    blocks: bool
    why: str
    before: str = ""
    mend: str = ""


ORDERS: dict[Stage, Ask] = {"warm": Ask("warm's order"), "full": Ask("full's order")}

if TYPE_CHECKING:
    Inquiry = Generator[Ask, bool, Conclusion]
    Answers = Generator[Ask, bool, list[bool]]
    Search = Generator[Ask, bool, Conclusion | None]


def inquire(case: Case, reruns: int) -> Inquiry:
    """Ask for reruns until the cause of the difference is known.

    ``reruns`` is how often each way is tried at most.
    """
    # Alone first: it is the cheapest way, and its answer says which causes are left.
    alone = yield from _repeat(Ask("alone"), reruns)
    if _mixed(alone):
        return _flaky(f"it failed {_of(alone)} times alone, on the same tree")
    if alone[0]:
        return (yield from _fails_alone(case, reruns))
    return (yield from _passes_alone(case, reruns))


def _repeat(ask: Ask, times: int) -> Answers:
    """Ask for the same rerun until it both passed and failed, or ``times`` times."""
    seen: list[bool] = []
    while len(seen) < times and not _mixed(seen):
        seen.append((yield ask))
    return seen


def _mixed(seen: list[bool]) -> bool:
    return len(set(seen)) > 1


def _of(seen: list[bool]) -> str:
    return f"{sum(seen)} of {len(seen)}"


def _flaky(why: str) -> Conclusion:
    return Conclusion(
        kind="flaky", blocks=False, why=why, mend="mend the test; it is remembered as flaky"
    )


def _passes_alone(case: Case, reruns: int) -> Inquiry:
    """Look for what makes a test fail that passes alone: a test before it, or the warm stage."""
    ordered = yield from _order(case, case.side, case.here, reruns, fails_after=True)
    if ordered:
        return ordered
    # Running alone is how full runs tests, from cold. Only warm's own ways are left to try.
    if case.side == "warm":
        seen = yield from _repeat(Ask("as warm"), reruns)
        if all(seen):
            return Conclusion(
                kind="environment",
                blocks=False,
                why="it fails whenever it runs as the warm stage runs it, and passes cold",
                mend="make the test independent of what records it",
            )
        if any(seen):
            return _flaky(f"it failed {_of(seen)} times when run as warm runs it")
    return _flaky(f"it failed in {case.side} and passed in every rerun")


def _fails_alone(case: Case, reruns: int) -> Inquiry:
    """Look for what made a test pass in the other stage, or see that it never ran there."""
    # Variables first: one that differs explains the difference whether or not warm ran the test.
    if case.variables:
        seen = yield from _repeat(Ask("variables"), reruns)
        if not any(seen):
            return _variables(case)
    if not case.elsewhere:
        return (yield from _not_selected(case, reruns))
    other: Stage = "full" if case.side == "warm" else "warm"
    ordered = yield from _order(case, other, case.there, reruns, fails_after=False)
    if ordered:
        return ordered
    return (yield from _around(reruns))


def _variables(case: Case) -> Conclusion:
    other = "full" if case.side == "warm" else "warm"
    names = ", ".join(case.variables)
    return Conclusion(
        kind="environment",
        # If full is the red stage, a variable hid a real failure from warm. If warm is, then full's
        # green stands.
        blocks=case.side == "full",
        why=f"it passes with {other}'s {names} and fails with {case.side}'s",
        mend=f"set {names} under environment in the parity lock",
    )


def _not_selected(case: Case, reruns: int) -> Inquiry:
    """Decide whether a test that warm did not select fails whenever it runs: a selection gap."""
    # The gravest conclusion, since selection itself was wrong. So all reruns are made, and it
    # stands only if not one of them passed.
    warm = yield from _times(Ask("as warm"), reruns)
    again = yield from _repeat(Ask("alone"), reruns)
    if _mixed(warm) or not all(again):
        return _flaky("it failed in some reruns and passed in others, on the same tree")
    return Conclusion(
        kind="selection gap",
        blocks=True,
        why="it fails whenever it runs, and warm had not selected it",
        mend=f"report it, and until then name what {case.nodeid} rests on under depends",
    )


def _times(ask: Ask, times: int) -> Answers:
    """Ask for the same rerun exactly ``times`` times."""
    seen: list[bool] = []
    for _ in range(times):
        seen += [(yield ask)]
    return seen


def _around(reruns: int) -> Inquiry:
    """Look for what outside of the tree decides: the test passed on it, and now fails alone."""
    clean = yield from _repeat(Ask("clean copy"), reruns)
    warm = yield from _repeat(Ask("as warm"), reruns)
    again = yield from _repeat(Ask("alone"), reruns)
    # Again at the end: if it passes by now, what decided has changed meanwhile.
    if not all(again) or _mixed(clean) or _mixed(warm):
        return _flaky("it failed in some reruns and passed in others, on the same tree")
    if not clean[0]:
        return Conclusion(
            kind="environment",
            blocks=False,
            why="it passes in a clean copy of the tree: a file that git does not know decides",
            mend="let the test clean up behind itself; it is remembered as flaky",
        )
    if not warm[0]:
        return Conclusion(
            kind="environment",
            blocks=True,
            why="it passes whenever it runs as the warm stage runs it, and fails cold",
            mend="make the test independent of what records it",
        )
    return Conclusion(
        kind="environment",
        blocks=True,
        why="both answers were seen on this tree, and now it fails in every rerun: "
        "the time, a service or another thing outside of the tree decides",
        mend="make the test independent of it",
    )


def _order(
    case: Case, stage: Stage, before: tuple[str, ...], reruns: int, *, fails_after: bool
) -> Search:
    """Find the test that has to run before this one to change its outcome.

    ``before`` are the tests that ``stage`` ran before it; with ``fails_after`` the outcome to look
    for is a failure, else a pass. None where the order does not decide.
    """
    if not before:
        return None
    seen = yield from _repeat(ORDERS[stage], min(ORDERLY, reruns))
    if _mixed(seen):
        return _flaky(f"it failed {_of(seen)} times in {stage}'s order, on the same tree")
    if seen[0] is not fails_after:
        return None
    culprit = yield from _narrow(before, wanted=fails_after)
    # Halving believes each single answer. So what it found must hold in reruns of both kinds: with
    # the found tests before, and without.
    after = yield from _repeat(Ask("after", culprit), reruns)
    alone = yield from _repeat(Ask("alone"), reruns)
    if any(answer is not fails_after for answer in after) or fails_after in alone:
        return _flaky("it failed in some reruns and passed in others, whatever ran before it")
    named = culprit[0] if len(culprit) == 1 else f"{len(culprit)} tests together"
    word = "fails" if fails_after else "passes only"
    return Conclusion(
        kind="order-dependent",
        blocks=False,
        why=f"it {word} after {named}",
        before=culprit[0] if len(culprit) == 1 else "",
        mend=f"mend what {named} and {case.nodeid} share; it is remembered as order-dependent",
    )


def _narrow(before: tuple[str, ...], *, wanted: bool) -> Generator[Ask, bool, tuple[str, ...]]:
    """Halve the tests that ran before for as long as one half alone gives the wanted outcome."""
    # The later half first: what a test leaves behind is more often undone the longer ago it was. If
    # neither half will do, several tests act together, and all that are left are named.
    while len(before) > 1:
        middle = len(before) // 2
        for half in (before[middle:], before[:middle]):
            if (yield Ask("after", half)) is wanted:
                before = half
                break
        else:
            return before
    return before


def of_gate(side: Stage, gate: str, seen: Mapping[Stage, bool]) -> Conclusion:
    """Judge a finding of ruff, mypy or diff-cover.

    ``seen`` tells for each stage whether the gate has the finding when it is run once more.
    """
    # From cold nothing stale can speak, so full's second answer counts as the truth. Warm is stale
    # if it contradicts that, whichever stage had the finding at first.
    cold = seen["full"]
    if cold if side == "full" else seen["warm"] and not cold:
        return Conclusion(
            kind="stale gate cache",
            blocks=True,
            why=f"{gate} says so again from cold, and the warm run had it otherwise"
            if cold
            else f"{gate} does not say so from cold, and the warm run does",
            mend="clear the warm state: doit clear_cache",
        )
    return Conclusion(
        kind="flaky",
        blocks=False,
        why=f"{gate} answered both ways on the same tree, from cold",
        mend=f"look for what {gate} reads outside of the tree",
    )
