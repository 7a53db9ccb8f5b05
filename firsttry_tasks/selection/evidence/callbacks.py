"""Functions that are given to what keeps results: by a decorator, a call, an argument."""

from __future__ import annotations

from functools import cached_property
from itertools import chain
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import own_name
from firsttry_tasks.selection.syntax.string_names import LOCAL, QUOTED

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from firsttry_tasks.selection.syntax.fragment import Piece


class Givers:
    """Finds who makes what is kept where the keeper's own code names no maker."""

    def __init__(
        self,
        pieces: Mapping[int, Piece],
        places: Mapping[tuple[str, str], int],
        files: Mapping[str, tuple[Piece, ...]],
    ) -> None:
        """Take what ran, by number, and by file and name; and all pieces of all files."""
        self._places = places
        self._sources = files
        self._files = tuple(files.values())
        self._functions: dict[str, set[int]] = {}
        for number, piece in pieces.items():
            if piece.body:
                self._functions.setdefault(own_name(piece), set()).add(number)
        self._sets = frozenset(name for file in self._files for it in file for name in it.sets)
        self._keepers = {
            number: names(piece) for number, piece in pieces.items() if self._is_given(piece)
        }
        self._known = frozenset().union(*self._keepers.values())

    def _is_given(self, piece: Piece) -> bool:
        return any(
            not name or (name[1:] in self._sets and name[1:] not in self._functions)
            for name in piece.gets
        )

    def arguments(self, number: int) -> set[int]:
        """Return the functions that other functions hand to a keeper, as they run."""
        asked = self._keepers.get(number, frozenset())
        found: set[int] = set()
        for file in self._files if asked else ():
            for piece in file:
                if piece.body and not asked.isdisjoint(piece.names | piece.attrs):
                    found |= self._handed(piece)
        return found - {number}

    def statements(self) -> Iterator[tuple[frozenset[str], set[int]]]:
        """Return for each statement that gives functions to a keeper what it is known by."""
        for path, file in self._sources.items() if self._known else ():
            for piece in file:
                if piece.body or self._known.isdisjoint(piece.names | piece.attrs):
                    continue
                makers = self._handed(piece)
                for name in piece.binds if piece.decor else ():
                    unit = self._places.get((path, f"{piece.key}.{name}".strip(".")))
                    makers |= set() if unit is None else {unit}
                if makers:
                    yield self._aliases(piece.binds), makers

    def _handed(self, piece: Piece) -> set[int]:
        """Return the functions that a piece hands on."""
        found: set[int] = set()
        for name in piece.handed:
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
        for piece in chain.from_iterable(self._files):
            if not (piece.body or piece.is_class or piece.decor):
                for name in piece.names | piece.attrs:
                    found.setdefault(name, set()).update(piece.binds)
        return found


def names(piece: Piece) -> frozenset[str]:
    """Return the names by which a function, or what it lies in, is got at."""
    parts = (part.partition("#")[0] for part in piece.key.split("."))
    return frozenset(part for part in parts if not part.startswith(("__", "<")))
