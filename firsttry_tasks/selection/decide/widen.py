"""Chooses more tests where those that ran gave no answer.

A test may skip itself because another one did not run, and then a selection has changed what the
whole suite would have said. And one that was red may pass only because another one did not run.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.selection.decide.leftovers import with_more
from firsttry_tasks.selection.decide.reasons import FAILED
from firsttry_tasks.selection.learn import left_names
from firsttry_tasks.selection.learn.users import Users

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun

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
    """Return the selection with the tests beside which one failed that passes now.

    ``outcomes`` says how each test ended. What made it red may be what another one left, and
    without that one it is no proof that it passes. Where nothing that it used has changed, all
    count that ran when it failed; else those that left something it may use.
    """
    why: dict[str, str] = {}
    known: set[str] = set()
    for run in recorded_runs:
        red = {it.nodeid for it in run.tests if it.outcome == "failed"} - known - flaky
        known.update(it.nodeid for it in run.tests)
        mended = {it for it in red if outcomes.get(it) == "passed"}
        beside = [it.nodeid for it in run.tests if it.nodeid in chosen.skip_tests]
        same = min((it for it in mended if chosen.why.get(it) == FAILED), default="")
        if beside and same:
            told = (
                f"it ran when {same} failed, which passes now though nothing that it used changed"
            )
            why = dict.fromkeys(beside, told) | why
        elif beside and mended:
            why = _leaving(beside, mended, run, Users(recorded_runs, now)) | why
    return with_more(chosen, why)


def _leaving(
    beside: Iterable[str], mended: Collection[str], run: RecordedRun, users: Users
) -> dict[str, str]:
    """Return which tests left something that one uses which failed and passes now."""
    own, which, found = left_names.own([run]), frozenset(mended), dict[str, str]()
    for who in beside:
        names = sorted(own.get(who, ()))
        met = next((it for name in names for it in sorted(users.among(which, name, who))), "")
        if met:
            found[who] = f"{met} failed beside it, which left something changed, and passes now"
    return found
