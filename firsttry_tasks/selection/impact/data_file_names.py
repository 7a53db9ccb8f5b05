"""Files that tests read, and the names of the project that are spelled in them.

A template says ``{{ page.title }}``, a table of cases which attribute to look up: such a file asks
for a name as code does.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_ORIGINS, OriginMask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
    from firsttry_tasks.selection.impact.changed_names import Names


class Texts:
    """What the files that a recorded run read say now; those that changed speak for themselves."""

    def __init__(self, recorded: RecordedRun, now: CurrentTree, changed: frozenset[str]) -> None:
        """Find the files, which are only read when they are asked for."""
        self._now = now
        self._names: dict[str, frozenset[str]] = {}
        self._files = {
            number: path
            for number, (kind, path) in enumerate(recorded.observations)
            if kind == "read"
            and path in now.manifest
            and path not in changed
            and not path.endswith(".py")
        }
        self.by_module = {
            scope.name: self._files.keys() & scope.observations
            for scope in recorded.scopes
            if scope.kind == "import" and not self._files.keys().isdisjoint(scope.observations)
        }

    def names(self, path: str) -> frozenset[str]:
        """Return the names in a file."""
        if path not in self._names:
            self._names[path] = self._now.spelled(path)
        return self._names[path]

    def hit(self, observations: Iterable[int], changed: Names) -> tuple[OriginMask, str]:
        """Return the origins of the changed names that observed files spell, and why."""
        mask, why = NO_ORIGINS, ""
        for number in observations:
            path = self._files.get(number)
            for masks in (changed.attrs, changed.docs.had):
                for name in sorted(self.names(path) & masks.keys()) if path is not None else ():
                    mask |= masks[name]
                    why = why or f"{path} names {name}, which changed"
        return mask, why
