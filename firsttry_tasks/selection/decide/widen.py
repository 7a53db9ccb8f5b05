"""Chooses more tests where those that ran gave no answer.

A test may skip itself because another one did not run, and then a selection has changed what the
whole suite would have said. And one that was red may pass only because another one did not run.
"""

from __future__ import annotations

import itertools
from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.model.recording import FELT, HOLDS, LIBRARY, PERHAPS, SHIFTED
from firsttry_tasks.selection.decide.leftovers import with_more
from firsttry_tasks.selection.decide.reasons import FAILED
from firsttry_tasks.selection.learn import left_names
from firsttry_tasks.selection.learn.users import Users

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun

#: Tests that change a number before it is taken for a counter. A judgement: what is set to the same
#: by each test is changed by the first of them.
_COUNTING = 3
#: Outcomes of a test that ran to its end; after any other, what it would have used is not known.
RAN = frozenset({"passed", "failed", "xfailed", "xpassed"})


def unanswered(
    outcomes: Mapping[str, str], by_code: Collection[str], recorded_runs: Iterable[RecordedRun]
) -> tuple[str, ...]:
    """Return the tests that ran when they were recorded last, and this time did not.

    ``outcomes`` says how each test ended. Left out are the tests in ``by_code``, which marks in
    their own code take out, whatever else runs.
    """
    # An imperative xfail ends a test like a skip; a test that was no xfail before has not run.
    quiet = [nodeid for nodeid, it in outcomes.items() if it not in {"passed", "failed", "xpassed"}]
    known: dict[str, str] = {}
    for recorded in recorded_runs if quiet else ():
        for test in recorded.tests:
            known.setdefault(test.nodeid, test.outcome)
    return tuple(
        nodeid
        for nodeid in quiet
        if known.get(nodeid) in {"passed", "failed", "xpassed"} and nodeid not in by_code
    )


def by_files(chosen: Selection, lost: Iterable[str]) -> Selection:
    """Return the selection with all tests of the files in which tests were lost."""
    because: dict[str, str] = {}
    for nodeid in lost:
        because.setdefault(nodeid.partition("::")[0], nodeid)
    more = {
        nodeid: f"{because[nodeid.partition('::')[0]]} was skipped without it"
        for nodeid in sorted(chosen.skip_tests)
        if nodeid.partition("::")[0] in because
    }
    return replace(
        chosen,
        why=chosen.why | more,
        skip_tests=chosen.skip_tests - more.keys(),
        skip_files=chosen.skip_files - because.keys(),
    )


def with_flaky(chosen: Selection, known: frozenset[str]) -> Selection:
    """Return the selection with all known flaky tests in it.

    A skipped flaky test can't show that it is healed, nor that it still fails.
    """
    again = known & chosen.skip_tests
    return replace(
        chosen,
        why=chosen.why | dict.fromkeys(sorted(again), "known flaky"),
        skip_tests=chosen.skip_tests - again,
        # pytest doesn't even collect a skipped file, so the file has to go, too.
        skip_files=chosen.skip_files - {nodeid.partition("::")[0] for nodeid in again},
    )


def with_company(
    chosen: Selection,
    outcomes: Mapping[str, str],
    recorded_runs: Sequence[RecordedRun],
    now: CurrentTree,
    flaky: frozenset[str],
) -> Selection:
    """Return the selection with the tests beside which one ended otherwise than it does now.

    ``outcomes`` says how each test ended. One that failed when it ran last and passes now may do
    so only for want of what another one left. Where nothing that it used has changed, all count
    that ran beside it; else those that left something it may use. One that passed and fails now
    may need what others left: those that ran before it, and surely left something it may use.
    """
    why: dict[str, str] = {}
    known: set[str] = set()
    for run in recorded_runs:
        mine = (it for it in run.tests if it.nodeid in outcomes and it.nodeid not in known)
        ended = {it.nodeid: it.outcome for it in mine}
        known.update(ended)
        turned = {it for it in ended if {ended[it], outcomes[it]} == {"passed", "failed"}}
        if not turned - flaky:
            continue
        beside = [it.nodeid for it in run.tests if it.nodeid in chosen.skip_tests]
        mended = {it for it in turned - flaky if ended[it] == "failed"}
        same = min((it for it in mended if chosen.why.get(it) == FAILED), default="")
        company = _Company(run, Users(recorded_runs, now))
        if same:
            told = f"ran when {same} failed, which passes now though nothing that it used changed"
            why = dict.fromkeys(beside, f"it {told}") | why
        elif mended:
            why = company.of(mended, beside) | why
        why = company.before(turned - flaky - mended, beside) | why
    return with_more(chosen, why)


def _telling(own: Mapping[str, frozenset[str]]) -> dict[str, frozenset[str]]:
    """Return what tests left without numbers that many count further: that turns nobody red."""
    numbers = ({it.partition(HOLDS)[0] for it in left if SHIFTED in it} for left in own.values())
    times = Counter(itertools.chain.from_iterable(numbers))
    return {
        who: frozenset(
            it for it in left if SHIFTED not in it or times[it.partition(HOLDS)[0]] < _COUNTING
        )
        for who, left in own.items()
    }


class _Company:
    """Finds the tests of a recorded run that left what others may use."""

    def __init__(self, run: RecordedRun, users: Users) -> None:
        self._own, self._users = _telling(left_names.own([run])), users
        self._places = {it.nodeid: at for at, it in enumerate(run.tests)}

    def of(self, mended: AbstractSet[str], beside: Iterable[str]) -> dict[str, str]:
        """Return those that left something that one may use which failed and passes now."""
        found: dict[str, str] = {}
        for who in beside:
            names = sorted(self._own.get(who, ()))
            met = {it for name in names for it in self._users.among(mended, name, who)}
            if met:
                told = f"{min(met)} failed beside it, which left something changed, and passes now"
                found[who] = told
        return found

    def before(self, fell: AbstractSet[str], beside: Iterable[str]) -> dict[str, str]:
        """Return those that surely left something of the project that one may use which fails."""
        found: dict[str, str] = {}
        for who in beside if fell else ():
            sure = (it for it in self._own.get(who, ()) if not it.endswith(PERHAPS))
            mine = sorted(it for it in sure if not it.startswith((LIBRARY, FELT)))
            met = {it for name in mine for it in self._users.among(fell, name, who)}
            later = {it for it in met if self._places[it] > self._places[who]}
            if later:
                found[who] = f"{min(later)} fails without it, which left something changed"
        return found
