"""Answers which tests a person has declared, in the setting ``depends``, to depend on a file."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from firsttry_tasks.model import globs

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedTest


class Declared:
    """The lines of ``depends`` that a change fits: what the recorder can't see stands there."""

    def __init__(self, now: CurrentTree, paths: Iterable[str]) -> None:
        """Find the lines that name one of these changed paths."""
        # Globs are matched with the paths once, and not for each of thousands of tests.
        self._lines = tuple(_lines(now, paths))

    def why(self, test: RecordedTest) -> str | None:
        """Return why a declaration selects a test, None if none does."""
        for path, glob, targets in self._lines:
            if any(_is_meant(test, target) for target in targets):
                return f"{path} changed, which {glob} says it depends on"
        return None


def idle(depends: Mapping[str, Iterable[str]], tests: Collection[RecordedTest]) -> tuple[str, ...]:
    """Return the targets of ``depends`` that no known test fits: a name that was mistyped, say."""
    # Before the first run no test is known.
    targets = dict.fromkeys(it for found in depends.values() for it in found) if tests else {}
    return tuple(it for it in targets if not any(_is_meant(test, it) for test in tests))


def _lines(now: CurrentTree, paths: Iterable[str]) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield a changed path, the glob in the settings that it fits, and the tests that depend."""
    for glob, targets in now.depends.items():
        # The first in order, so that the reason is the same in every run.
        hit = next((path for path in sorted(paths) if globs.fit(path, glob)), None)
        if hit:
            yield hit, glob, targets


def _is_meant(test: RecordedTest, target: str) -> bool:
    """Tell whether the settings mean a test, by its node id or by a glob of its file."""
    # A node id is no path: a bracket in it is the bracket of a parameter, and `*` also stands for
    # slashes.
    if "::" in target:
        asked = target.removeprefix("./").replace("[", "[[]")
        # As for pytest, a test is meant with all its parameters, and a class with all its tests.
        return any(fnmatchcase(test.nodeid, asked + rest) for rest in ("", "[[]*", "::*"))
    return globs.fit(test.path, target.removeprefix("./"))
