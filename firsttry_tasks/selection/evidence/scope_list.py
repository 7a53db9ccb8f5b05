"""Holds the scopes of a recorded run while scopes for shared state are added to them."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.selection.evidence.recorded_run import Scope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.syntax.fragment import Fragment


class Scopes:
    """The scopes of one recorded run, by number; numbers never change, scopes may grow."""

    def __init__(
        self, scopes: Sequence[Scope], sources: Callable[[str], tuple[Fragment, ...]]
    ) -> None:
        """Take the recorded scopes, and the function that returns a file's fragments."""
        self.all = list(scopes)
        self._sources = sources
        #: Unit -> the scopes that it ran in, without imports: those have lines.
        self._running: dict[int, set[int]] = {}
        #: What was answered and is not taken in yet: lines of imports, and scopes that are used.
        self._answered: dict[int, set[tuple[int, int]]] = {}
        self._using: dict[int, set[int]] = {}
        for at in range(len(self.all)):
            self._note(at)

    def add(
        self,
        kind: str,
        name: str,
        units: Iterable[int],
        observations: Iterable[int],
        used: Iterable[int] = (),
    ) -> int:
        """Add a scope and return its number."""
        made = Scope(
            kind=kind,
            name=name,
            # Sorted, so that equal runs are stored as equal bytes.
            units=tuple(sorted(units)),
            observations=tuple(sorted(observations)),
            used=tuple(sorted(used)),
            lines=(),
        )
        self.all.append(made)
        self._note(len(self.all) - 1)
        return len(self.all) - 1

    def include(self, at: int, unit: int) -> None:
        """Add a unit to a scope."""
        units = tuple(sorted({*self.all[at].units, unit}))
        self.all[at] = msgspec.structs.replace(self.all[at], units=units)

    def answer(
        self, asking: Iterable[int], names: Iterable[str], kept: int, units: AbstractSet[int]
    ) -> None:
        """Let whatever may be answered by a cache rest on the scope ``kept``, and on its ``units``.

        That is every scope in which a unit of ``asking`` ran, and every statement of a module
        that has one of the names. `settle` takes it in.
        """
        # An import's scope tells which statement ran which unit, because a statement that runs
        # to another result changes the names that it binds. So the cached work counts as run by
        # the statement, and not by the import as a whole.
        for at, places in self._statements(names):
            lines = self._answered.setdefault(at, set())
            lines.update((place, unit) for place in places for unit in units)
        # A scope can't use itself: the work may have run in a scope that asks.
        for at in set().union(*(self._running.get(unit, set()) for unit in asking)) - {kept}:
            self._using.setdefault(at, set()).add(kept)

    def settle(self) -> None:
        """Take in all that was answered: at once, as thousands of answers meet in one scope."""
        for at, lines in self._answered.items():
            scope = self.all[at]
            whole = tuple(sorted({*scope.lines, *lines}))
            self.all[at] = msgspec.structs.replace(scope, lines=whole)
        for at, kept in self._using.items():
            used = tuple(sorted({*self.all[at].used, *kept}))
            self.all[at] = msgspec.structs.replace(self.all[at], used=used)
        self._answered.clear()
        self._using.clear()

    def _statements(self, names: Iterable[str]) -> Iterator[tuple[int, set[int]]]:
        """Yield each import's scope with the numbers of its statements that have such a name."""
        found: dict[int, set[int]] = {}
        for name in names:
            for at, place in self._lines.get(name, ()):
                found.setdefault(at, set()).add(place)
        yield from found.items()

    @cached_property
    def _lines(self) -> dict[str, list[tuple[int, int]]]:
        """Statements by the names in them: the scope of an import, and the place in its file."""
        # Most runs have no cache that a statement asks, so this is made when first needed.
        found: dict[str, list[tuple[int, int]]] = {}
        for at, scope in enumerate(self.all):
            for place, one in enumerate(
                self._sources(scope.name) if scope.kind == "import" else ()
            ):
                for name in (
                    ()
                    if one.is_function_body or one.uses.imports
                    else one.uses.names | one.uses.attrs
                ):
                    found.setdefault(name, []).append((at, place))
        return found

    def _note(self, at: int) -> None:
        if self.all[at].kind != "import":
            for unit in self.all[at].units:
                self._running.setdefault(unit, set()).add(at)
