"""What kind of thing a difference between the stages is: which reruns to ask for, and the answer.

Each inquiry is a generator: it asks for one rerun, is sent whether the test failed, and returns
its conclusion. A red that no rerun turned green is never excused.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.model.values import DivergenceKind, Stage

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator, Mapping, Sequence

    from firsttry_tasks.model.values import Divergence, Finding

#: How a test is run again: by itself; by itself in a copy of what git knows; by itself as warm
#: runs tests; by itself with the other stage's variables; after all that a stage ran before it;
#: after some of them, in the order given.
Way = Literal[
    "alone", "clean copy", "as warm", "variables", "warm's order", "full's order", "after"
]
#: Ways in which one run answers for many tests.
SHARED: frozenset[Way] = frozenset({"warm's order", "full's order"})
#: How often a whole order is run before the search for the test that decides begins.
ORDERLY = 2

#: What a failure says when the machine is to blame.
BROKEN = re.compile(
    r"No space left on device|Disk quota exceeded|Cannot allocate memory|Too many open files"
    r"|File too large|can't start new thread|^(?:E +)?MemoryError\b",
    re.MULTILINE,
)
#: Fewer tests than this say nothing about the machine.
FEW = 10


class Case(Struct, frozen=True, kw_only=True):
    """A test that failed on one ``side`` only.

    ``here`` and ``there`` are the tests that ran before it in the stage where it failed and in
    the other one; ``elsewhere`` tells whether the other stage ran it; ``variables`` names what
    differs in the two stages' environment.
    """

    nodeid: str
    side: Stage
    here: tuple[str, ...] = ()
    there: tuple[str, ...] = ()
    elsewhere: bool = True
    variables: tuple[str, ...] = ()


class Ask(Struct, frozen=True):
    """One rerun to make."""

    way: Way
    before: tuple[str, ...] = ()


class Conclusion(Struct, frozen=True, kw_only=True):
    """What an inquiry came to; ``blocks`` means that nothing excuses the difference."""

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
    """Ask for reruns until the cause of the difference is known."""
    alone = yield from _repeat(Ask("alone"), reruns)
    if _mixed(alone):
        return _flaky(f"it failed {_of(alone)} times alone, on the same tree")
    if alone[0]:
        return (yield from _fails_alone(case, reruns))
    return (yield from _passes_alone(case, reruns))


def _repeat(ask: Ask, times: int) -> Answers:
    """Ask the same until both answers were seen, or often enough."""
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
    """Look for a test that must run before it to make it fail, or a stage in which it does."""
    ordered = yield from _order(case, case.side, case.here, reruns, fails_after=True)
    if ordered:
        return ordered
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
        blocks=case.side == "full",
        why=f"it passes with {other}'s {names} and fails with {case.side}'s",
        mend=f"set {names} under environment in the parity lock",
    )


def _not_selected(case: Case, reruns: int) -> Inquiry:
    """Make sure that a test which warm did not run fails whenever it runs."""
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
    seen: list[bool] = []
    for _ in range(times):
        seen += [(yield ask)]
    return seen


def _around(reruns: int) -> Inquiry:
    """Look at what stands around a test that passed on this tree, and now fails whenever alone."""
    clean = yield from _repeat(Ask("clean copy"), reruns)
    warm = yield from _repeat(Ask("as warm"), reruns)
    again = yield from _repeat(Ask("alone"), reruns)
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
    """Find the test that must run before to turn this one's answer; None where order is not it."""
    if not before:
        return None
    seen = yield from _repeat(ORDERS[stage], min(ORDERLY, reruns))
    if _mixed(seen):
        return _flaky(f"it failed {_of(seen)} times in {stage}'s order, on the same tree")
    if seen[0] is not fails_after:
        return None
    culprit = yield from _narrow(before, wanted=fails_after)
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
    """Halve the tests that ran before while one half alone still turns the answer."""
    while len(before) > 1:
        middle = len(before) // 2
        for half in (before[middle:], before[:middle]):
            if (yield Ask("after", half)) is wanted:
                before = half
                break
        else:
            return before
    return before


def broken_machine(finding: Finding) -> Conclusion | None:
    """Return a conclusion where the failure itself says that the machine could not."""
    said = BROKEN.search(f"{finding.message}\n{finding.detail}")
    if not said:
        return None
    words = said[0].removeprefix("E").strip()
    return Conclusion(
        kind="infrastructure", blocks=False, why=f"it failed with {words!r}", mend="run it again"
    )


def of_machine(found: Sequence[Divergence], ran: int, share: float) -> Iterator[Divergence]:
    """Suspect the machine where more than a share of all tests differ, and none is a gap."""
    tests = [it for it in found if it.gate == "tests"]
    gaps = any(it.kind in {"selection gap", "unconfirmed"} for it in tests)
    many = ran >= FEW and len(tests) > share * ran and not gaps
    for it in found:
        if many and it.gate == "tests":
            why = f"{len(tests)} of {ran} tests differ at once, so the machine is suspected"
            it = replace(  # noqa: PLW2901  what is yielded is the one as it now stands
                it, kind="infrastructure", blocks=False, sentence=why, mend="run it again"
            )
        yield it


def of_gate(side: Stage, gate: str, seen: Mapping[Stage, bool]) -> Conclusion:
    """Judge a finding of another gate by whether each stage has it when run once more."""
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
