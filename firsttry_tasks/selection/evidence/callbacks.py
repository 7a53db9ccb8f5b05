"""Functions that are given to what keeps results: by a decorator, a call, an argument."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import own_name
from firsttry_tasks.selection.syntax.string_names import LOCAL, QUOTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firsttry_tasks.selection.syntax.fragment import Fragment


class Givers:
    """Finds who makes what is kept where the keeper's own code names no maker."""

    def __init__(
        self,
        fragments: Mapping[int, Fragment],
        places: Mapping[tuple[str, str], int],
        files: Mapping[str, tuple[Fragment, ...]],
    ) -> None:
        """Take what ran, by number, and by file and name; and all fragments of all files."""
        self._places = places
        self._sources = files
        self._files = tuple(files.values())
        self._functions: dict[str, set[int]] = {}
        for number, fragment in fragments.items():
            if fragment.is_function_body:
                self._functions.setdefault(own_name(fragment), set()).add(number)
        self._sets = frozenset(name for file in self._files for it in file for name in it.uses.sets)
        self._keepers = {
            number: names(fragment)
            for number, fragment in fragments.items()
            if self._is_given(fragment)
        }
        self._known = frozenset().union(*self._keepers.values())

    def _is_given(self, fragment: Fragment) -> bool:
        return any(
            not name or (name[1:] in self._sets and name[1:] not in self._functions)
            for name in fragment.memo.calls_given
        )

    def arguments(self, number: int) -> set[int]:
        """Return the functions that other functions hand to a keeper, as they run."""
        asked = self._keepers.get(number, frozenset())
        found: set[int] = set()
        for file in self._files if asked else ():
            for fragment in file:
                if fragment.is_function_body and not asked.isdisjoint(
                    fragment.uses.names | fragment.uses.attrs
                ):
                    found |= self._handed(fragment)
        return found - {number}

    def statements(self) -> Iterator[tuple[frozenset[str], set[int]]]:
        """Return for each statement that gives functions to a keeper what it is known by."""
        for path, file in self._sources.items() if self._known else ():
            for fragment in file:
                if fragment.is_function_body or self._known.isdisjoint(
                    fragment.uses.names | fragment.uses.attrs
                ):
                    continue
                makers = self._handed(fragment)
                for name in fragment.binds if fragment.decorators else ():
                    unit = self._places.get((path, f"{fragment.qualname}.{name}".strip(".")))
                    makers |= set() if unit is None else {unit}
                if makers:
                    yield self._aliases(fragment.binds), makers

    def _handed(self, fragment: Fragment) -> set[int]:
        """Return the functions that a fragment hands on."""
        found: set[int] = set()
        for name in fragment.uses.passed_on:
            last = name.removeprefix(LOCAL).removeprefix(QUOTED).rpartition(".")[2]
            found |= self._functions.get(last, set())
        return found

    def _aliases(self, names: frozenset[str]) -> frozenset[str]:
        """Return names with those that statements give to the same thing, or to what holds it."""
        found, waiting = set(names), set(names)
        while waiting:
            fresh = self._given.get(waiting.pop(), set()) - found
            found |= fresh
            waiting |= fresh
        return frozenset(found)

    @cached_property
    def _given(self) -> dict[str, set[str]]:
        """For each name the names that variables have which are given something of that name."""
        found: dict[str, set[str]] = {}
        for fragment in chain.from_iterable(self._files):
            if not (fragment.is_function_body or fragment.is_class or fragment.decorators):
                for name in fragment.uses.names | fragment.uses.attrs:
                    found.setdefault(name, set()).update(fragment.binds)
        return found


def names(fragment: Fragment) -> frozenset[str]:
    """Return the names by which a function, or what it lies in, is got at."""
    parts = (part.partition("#")[0] for part in fragment.qualname.split("."))
    return frozenset(part for part in parts if not part.startswith(("__", "<")))
