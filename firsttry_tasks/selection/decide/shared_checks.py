"""Keeps together what plugins make together: all of it runs, or none.

A plugin may make an item for each file and ask its tool once for all of them, for the files whose
items run. Then an item's outcome rests on other files, and on which other items run. Or it makes
the items of one file, as examples in a document or steps of a scenario, which may build on each
other in a way that only the plugin knows.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.selection.decide.widen import RAN

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun

#: Observations that tell what an outcome was made of.
_LOOKING = frozenset({"read", "list", "import", "module", "whole-module", "text", "untraceable"})


def together(
    recorded_runs: Sequence[RecordedRun],
    manifest: Mapping[str, str],
    existing: Collection[str],
    chosen: Collection[str],
) -> dict[str, str]:
    """Return the checks that have to run with others of their kind, each with the reason.

    ``manifest`` is the tree as it is now, ``existing`` are the tests that there are, and ``chosen``
    those that run anyway.
    """
    found = _of_one_file(recorded_runs, existing, chosen)
    chosen = {*chosen, *found}
    for kind in sorted(_shared(recorded_runs)):
        members = {
            test.nodeid
            for recorded in recorded_runs
            for test in recorded.tests
            if test.kind == kind and test.nodeid in existing
        }
        why = _why(kind, members, recorded_runs, manifest, chosen)
        if why:
            found |= dict.fromkeys(sorted(members.difference(chosen)), why)
    return found


def standing_alone(recorded_runs: Iterable[RecordedRun]) -> frozenset[str]:
    """Return the kinds of which every item that was recorded did something of its own.

    Of any other kind it is not known that its items can run without each other.
    """
    held = tuple(recorded_runs)
    known = {test.kind for recorded in held for test in recorded.tests if test.kind}
    return frozenset(known - _shared(held))


def _of_one_file(
    recorded_runs: Iterable[RecordedRun], existing: Collection[str], chosen: Collection[str]
) -> dict[str, str]:
    """Return the items that a plugin made of files of which other items are chosen."""
    made: dict[tuple[str, str], set[str]] = {}
    for recorded in recorded_runs:
        for test in recorded.tests:
            # Of pytest's own kinds it is known that each stands alone: doctests copy their globals.
            if test.kind and not test.kind.startswith("_pytest.") and test.nodeid in existing:
                made.setdefault((test.path, test.kind), set()).add(test.nodeid)
    found: dict[str, str] = {}
    for (path, _), members in made.items():
        first = next((nodeid for nodeid in sorted(members) if nodeid in chosen), None)
        if first is not None:
            why = f"{first} runs, and what one plugin makes of {path} may build on each other"
            found |= dict.fromkeys(sorted(members.difference(chosen)), why)
    return found


def _shared(recorded_runs: Iterable[RecordedRun]) -> set[str]:
    """Return the kinds of which one item, at least, did nothing of its own.

    It ran no code and looked into nothing of the repository, so its outcome was made elsewhere: it
    may have taken it from a file outside, where the run of a tool had put it.
    """
    found = set[str]()
    for recorded in recorded_runs:
        looks = {n for n, (kind, _) in enumerate(recorded.observations) if kind in _LOOKING}
        found |= {
            test.kind
            for test in recorded.tests
            # One that was skipped has no outcome of its own either, and rests on nobody's.
            if test.kind
            and test.outcome in RAN
            and not test.units
            and looks.isdisjoint(test.observations)
        }
    return found


def _why(
    kind: str,
    members: set[str],
    recorded_runs: Iterable[RecordedRun],
    manifest: Mapping[str, str],
    chosen: Collection[str],
) -> str:
    """Return why the checks of a kind have to run, "" where they don't."""
    first = next((nodeid for nodeid in sorted(members) if nodeid in chosen), None)
    if first is not None:
        return f"one run of {kind} answers for it and for {first}"
    # Only a run with all of them is an answer.
    whole = (one for one in recorded_runs if members <= {test.nodeid for test in one.tests})
    last = next(whole, None)
    if last is None:
        return f"{kind} did not run for all its files at once"
    before = last.manifest
    changed = sorted(
        path for path in before.keys() | manifest if before.get(path) != manifest.get(path)
    )
    return f"{changed[0]} changed, and it can't be seen what {kind} reads" if changed else ""
