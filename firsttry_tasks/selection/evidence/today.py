"""What each test is known to run, in the lines of today's files: the shape testmon keeps."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, RecordedTest
    from firsttry_tasks.selection.syntax.fragment import Fragment


class Known(Struct, frozen=True, kw_only=True):
    """One test: how it ended, its seconds, and for each file a line of every fragment it ran."""

    failed: bool
    seconds: float
    lines: dict[str, frozenset[int]]


def known(
    recorded_runs: Iterable[RecordedRun],
    before: Callable[[str, str], tuple[Fragment, ...]],
    now: Callable[[str], tuple[Fragment, ...] | None],
) -> dict[str, Known]:
    """Return what the newest recorded run that holds a test knows of it, for each test.

    ``before(path, blob)`` and ``now(path)`` are a file's fragments then and today.
    """
    found: dict[str, Known] = {}
    for recorded in recorded_runs:
        places = _Places(recorded, before, now)
        for test in recorded.tests:
            if test.nodeid not in found:
                lines = places.lines(test)
                failed = test.outcome == "failed"
                found[test.nodeid] = Known(failed=failed, seconds=test.seconds, lines=lines)
    return found


class _Places:
    """Where the units of one recorded run stand today."""

    def __init__(
        self,
        recorded: RecordedRun,
        before: Callable[[str, str], tuple[Fragment, ...]],
        now: Callable[[str], tuple[Fragment, ...] | None],
    ) -> None:
        self._recorded = recorded
        self._before = before
        self._now = now
        self._today: dict[str, dict[str, int]] = {}
        self._units: dict[int, tuple[str, int] | None] = {}

    def lines(self, test: RecordedTest) -> dict[str, frozenset[int]]:
        found: dict[str, set[int]] = {test.path: {1}}
        for unit in self._ran(test):
            place = self._place(unit)
            if place:
                found.setdefault(place[0], set()).add(place[1])
        return {path: frozenset(lines) for path, lines in found.items()}

    def _ran(self, test: RecordedTest) -> Iterator[int]:
        """Yield the units of the test, and of the scopes it rests on."""
        yield from test.ran()
        seen, waiting = set(test.scopes), list(test.scopes)
        while waiting:
            scope = self._recorded.scopes[waiting.pop()]
            yield from scope.units
            waiting += set(scope.used) - seen
            seen.update(scope.used)

    def _place(self, unit: int) -> tuple[str, int] | None:
        if unit not in self._units:
            path, number = self._recorded.units[unit]
            fragments = self._before(path, self._recorded.manifest.get(path, ""))
            key = fragments[number].qualname if 0 <= number < len(fragments) else ""
            line = self._bodies(path).get(key)
            self._units[unit] = (path, line) if line else None
        return self._units[unit]

    def _bodies(self, path: str) -> dict[str, int]:
        """Return the last line of each function today: a line of its body, as testmon counts."""
        if path not in self._today:
            fragments = self._now(path) or ()
            self._today[path] = {
                fragment.qualname: fragment.last
                for fragment in fragments
                if fragment.is_function_body
            }
        return self._today[path]
