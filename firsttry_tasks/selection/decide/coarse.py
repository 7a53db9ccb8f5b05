"""Finds what makes selection coarse in a project: what tests share, and what can't be seen."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from firsttry_tasks.selection.decide.reasons import opener

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, Scope

#: From how many files on what is read counts as "the whole tree". A judgement: a fixture that reads
#: some data files is meant to.
MANY = 50
#: How many of a kind are named.
NAMED = 3


def told(recorded: RecordedRun) -> Iterator[str]:
    """Yield a line for each thing that makes selection coarse, and what mends it."""
    yield from _early(recorded)
    yield from _unseen(recorded)
    yield from _readers(recorded)


def _early(recorded: RecordedRun) -> Iterator[str]:
    """Yield which modules were imported before pytest could be watched."""
    starts = [scope for scope in recorded.scopes if scope.kind == "start"]
    seen = (recorded.observations[number] for scope in starts for number in scope.observations)
    paths = sorted({name for kind, name in seen if kind == "whole-module"})
    if paths:
        yield (
            f"{_some(paths)} {_is(paths)} imported before pytest can be watched, so an edit of any"
            " line there runs every test. Import less where pytest starts: in a plugin that is"
            " installed with the project, in `-p`, in sitecustomize."
        )


def _unseen(recorded: RecordedRun) -> Iterator[str]:
    """Yield for how many tests something went on that can't be followed."""
    found: Counter[str] = Counter()
    for test in recorded.tests:
        scopes = (recorded.scopes[number] for number in test.scopes)
        numbers = {*test.observations, *(n for scope in scopes for n in scope.observations)}
        seen = (recorded.observations[number] for number in numbers)
        found.update({name for kind, name in seen if kind == "untraceable"})
    for name, count in found.most_common(NAMED):
        yield (
            f"In {count} of {len(recorded.tests)} tests: {name}. They run after any change. Start"
            " Python by sys.executable without -S, -I or -E where that will do; else say what they"
            " rest on: [tool.firsttry.depends]"
        )


def _readers(recorded: RecordedRun) -> Iterator[str]:
    """Yield which fixtures read much of the tree for many tests."""
    uses = Counter(number for test in recorded.tests for number in set(test.scopes))
    for number, count in uses.most_common():
        scope = recorded.scopes[number]
        files, folders = _read(recorded, scope)
        if scope.kind == "fixture" and count > 1 and (len(files) > MANY or "." in folders):
            what = "lists the project's folder" if "." in folders else f"reads {len(files)} files"
            yield (
                f"{opener(scope)} {what}, and {count} tests use it: each new or edited file there"
                " runs them all. Let it read the folder that it means, or fewer tests use it."
            )


def _read(recorded: RecordedRun, scope: Scope) -> tuple[set[str], set[str]]:
    """Return the files that a scope read, and the folders that it listed."""
    seen = [recorded.observations[number] for number in scope.observations]
    return {name for kind, name in seen if kind == "read"}, {n for k, n in seen if k == "list"}


def _some(names: list[str]) -> str:
    more = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {more} more" if more > 0 else "")


def _is(names: list[str]) -> str:
    return "is" if len(names) == 1 else "are"
