"""Compares what tests leave with what they were recorded to leave, by name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model.recording import ADDED, HOLDS, LIBRARY, PERHAPS, is_told

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun


def own(recorded_runs: Sequence[RecordedRun]) -> dict[str, frozenset[str]]:
    """Return what each test left when it was recorded last."""
    found: dict[str, frozenset[str]] = {}
    for run in recorded_runs:
        left = {n: name for n, (kind, name) in enumerate(run.observations) if kind == "left"}
        for test in run.tests:
            if test.nodeid not in found:
                found[test.nodeid] = frozenset(left[n] for n in test.observations if n in left)
    return found


def things(recorded_runs: Iterable[RecordedRun]) -> set[str]:
    """Return the things of the project that were left with letters in these runs."""
    return {
        name.partition(HOLDS)[0]
        for run in recorded_runs
        for kind, name in run.observations
        if kind == "left" and is_told(name)
    }


def kept_no_more(before: AbstractSet[str], now: AbstractSet[str]) -> Iterator[str]:
    """Yield what a test was recorded to leave, and is not there after it now."""
    for it in before:
        # In a library only what it surely left: its users are many.
        theirs = it.startswith(LIBRARY) and HOLDS in it and not it.endswith(PERHAPS)
        if (theirs or is_told(it)) and it.removesuffix(PERHAPS) not in now:
            yield it.removesuffix(PERHAPS)


def is_set(left: str) -> bool:
    """Tell whether a thing of the project was set, and not only added to."""
    return is_told(left) and ADDED not in left


def set_otherwise(names: AbstractSet[str], before: AbstractSet[str]) -> set[str]:
    """Return what a test set to another content than it did, and not only made or added to."""
    known = {it.removesuffix(PERHAPS) for it in before}
    things = {it.partition(HOLDS)[0] for it in known}
    return {it for it in names - known if is_set(it) and it.partition(HOLDS)[0] in things}


def missing(known: Mapping[str, AbstractSet[str]], gone: AbstractSet[str]) -> dict[str, str]:
    """Return what tests left that are gone, and who; ``known`` is what each test left.

    What another one was seen to add it adds, now that it comes first.
    """
    others = {
        it.removesuffix(PERHAPS) for who, names in known.items() if who not in gone for it in names
    }
    return {
        it.removesuffix(PERHAPS): who
        for who in sorted(gone & known.keys())
        for it in sorted(filter(is_told, known[who]))
        if is_set(it) or it.removesuffix(PERHAPS) not in others
    }
