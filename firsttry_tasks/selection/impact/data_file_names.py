"""Finds changed names that data files spell, for the tests that read those files.

A template says ``{{ page.title }}``, a table of test cases names an attribute to look up. Such a
file refers to a name as code does. So does text that is executed, whatever it was made of.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_ORIGINS, OriginMask

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
    from firsttry_tasks.selection.impact.changed_names import ChangedNames


class DataFileNames:
    """The data files that a recorded run read and that didn't change, with the names in them."""

    def __init__(self, recorded: RecordedRun, now: CurrentTree, changed: frozenset[str]) -> None:
        """Find the files; each is read when its names are asked for the first time."""
        self._now = now
        self._names: dict[str, frozenset[str]] = {}
        # A changed file selects its readers by itself, whatever names it spells. Python files are
        # taken apart into fragments, which know more than a list of words.
        self._files = {
            number: path
            for number, (kind, path) in enumerate(recorded.observations)
            if kind == "read"
            and path in now.manifest
            and path not in changed
            and not path.endswith(".py")
        }
        #: Names in text that was executed.
        self._executed = {
            number: frozenset(name.split("."))
            for number, (kind, name) in enumerate(recorded.observations)
            if kind == "text" and name
        }
        #: Files that the statements of a module read while it was imported: what a file names
        #: counts for them.
        self.by_module: dict[str, dict[int, set[int]]] = {}
        for scope in recorded.scopes:
            read = scope.asking(self._files) if scope.kind == "import" else {}
            for number, statements in read.items():
                known = self.by_module.setdefault(scope.name, {})
                for statement in statements:
                    known.setdefault(statement, set()).add(number)

    def names(self, path: str) -> frozenset[str]:
        """Return all names in the file at a path."""
        if path not in self._names:
            self._names[path] = self._now.spelled(path)
        return self._names[path]

    def hit(self, observations: Iterable[int], changed: ChangedNames) -> tuple[OriginMask, str]:
        """Return the origins of the changed names that the observed files spell, and the reason."""
        mask, why = NO_ORIGINS, ""
        for number in observations:
            if number in self._executed:
                for name in sorted(self._executed[number] & changed.told.keys()):
                    mask |= changed.told[name]
                    why = why or f"text that was executed names {name}, which changed"
            path = self._files.get(number)
            # A file may also name something of which only the docstring changed, for a library
            # that shows it (`autofunction:: area`).
            for masks in (changed.told, changed.docs.had):
                for name in sorted(self.names(path) & masks.keys()) if path is not None else ():
                    mask |= masks[name]
                    why = why or f"{path} names {name}, which changed"
        return mask, why
