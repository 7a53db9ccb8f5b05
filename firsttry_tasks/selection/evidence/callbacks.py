"""Finds functions that are handed to a function that keeps results.

They may be decorated, registered by a call, or passed as an argument. The keeper's own code names
none of them, so they can't be found by following its names.
"""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import own_name
from firsttry_tasks.selection.syntax.string_names import LOCAL, QUOTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firsttry_tasks.selection.syntax.fragment import Fragment


class Callbacks:
    """Finds the functions that make a kept result where the keeper's own code names none."""

    def __init__(
        self,
        fragments: Mapping[int, Fragment],
        places: Mapping[tuple[str, str], int],
        files: Mapping[str, tuple[Fragment, ...]],
    ) -> None:
        """Take the fragments that ran, by unit.

        ``places`` maps file and qualified name to a unit, ``files`` a path to all fragments of
        that file.
        """
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
        """Tell whether a body calls something that it was given."""
        # An attribute counts if some code sets it and no function has its name: then what it holds
        # is a value that came from elsewhere.
        return any(
            not name or (name[1:] in self._sets and name[1:] not in self._functions)
            for name in fragment.memo.calls_given
        )

    def arguments(self, number: int) -> set[int]:
        """Return the functions that other functions hand to the keeper ``number`` as they run."""
        asked = self._keepers.get(number, frozenset())
        found: set[int] = set()
        # Any function that names the keeper may hand over whatever else it passes on.
        for file in self._files if asked else ():
            for fragment in file:
                if fragment.is_function_body and not asked.isdisjoint(
                    fragment.uses.names | fragment.uses.attrs
                ):
                    found |= self._handed(fragment)
        return found - {number}

    def statements(self) -> Iterator[tuple[frozenset[str], set[int]]]:
        """Yield, for each statement that hands functions to a keeper, its names and the functions.

        Code that has one of the names may be answered by the keeper.
        """
        for path, file in self._sources.items() if self._known else ():
            for fragment in file:
                if fragment.is_function_body or self._known.isdisjoint(
                    fragment.uses.names | fragment.uses.attrs
                ):
                    continue
                makers = self._handed(fragment)
                # A keeper that is a decorator is handed the function that it decorates.
                for name in fragment.binds if fragment.decorators else ():
                    unit = self._places.get((path, f"{fragment.qualname}.{name}".strip(".")))
                    makers |= set() if unit is None else {unit}
                if makers:
                    yield self._aliases(fragment.binds), makers

    def _handed(self, fragment: Fragment) -> set[int]:
        """Return the functions that a fragment passes on as a whole."""
        found: set[int] = set()
        for name in fragment.uses.passed_on:
            # By its last name alone: what a name of another module stands for isn't followed here.
            last = name.removeprefix(LOCAL).removeprefix(QUOTED).rpartition(".")[2]
            found |= self._functions.get(last, set())
        return found

    def _aliases(self, names: frozenset[str]) -> frozenset[str]:
        """Return names together with those of variables that are assigned from them."""
        # `fast = keeper(slow)`, `table = {"fast": fast}`: code may ask for the result as `table`.
        found, waiting = set(names), set(names)
        while waiting:
            fresh = self._given.get(waiting.pop(), set()) - found
            found |= fresh
            waiting |= fresh
        return frozenset(found)

    @cached_property
    def _given(self) -> dict[str, set[str]]:
        """For each name, the variables that are assigned something with that name in it."""
        found: dict[str, set[str]] = {}
        for fragment in chain.from_iterable(self._files):
            if not (fragment.is_function_body or fragment.is_class or fragment.decorators):
                for name in fragment.uses.names | fragment.uses.attrs:
                    found.setdefault(name, set()).update(fragment.binds)
        return found


def names(fragment: Fragment) -> frozenset[str]:
    """Return the names by which code reaches a function or the class around it."""
    # Nothing is reached by a special method's own name, or by `<locals>`.
    parts = (part.partition("#")[0] for part in fragment.qualname.split("."))
    return frozenset(part for part in parts if not part.startswith(("__", "<")))
