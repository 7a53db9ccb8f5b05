"""Chooses more tests where those that ran gave no answer: one was skipped that had been run before.

A test may skip itself because another one did not run, and then a selection has changed what the
whole suite would have said.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from firsttry_tasks.model.values import Selection
    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun

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
