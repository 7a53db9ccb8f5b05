"""The functions that ran, by name: who leads to whom, and who asks for what."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import CONSTRUCTORS, Fragment, own_name
from firsttry_tasks.selection.syntax.vocabulary import CALLED, LOOKING_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet


class Calls:
    """What the fragments of one recorded run may call, as far as names tell."""

    def __init__(
        self,
        fragments: Mapping[int, Fragment],
        paths: Mapping[int, str],
        files: Iterable[tuple[Fragment, ...]],
    ) -> None:
        """Take what ran, by number, with its file; and all fragments of all files."""
        self.fragments = fragments
        self.values = _values(files)
        self.places = {
            (paths[number], fragment.qualname): number for number, fragment in fragments.items()
        }
        self._paths = paths
        self._called = _by_name(fragments)
        self._plain: dict[str, set[int]] = {}  # functions of modules
        self._members: dict[str, set[int]] = {}  # functions of classes
        for number, fragment in fragments.items():
            if fragment.is_function_body and _is_member(fragment.qualname):
                self._members.setdefault(own_name(fragment), set()).add(number)
            if fragment.is_function_body and "." not in fragment.qualname:
                self._plain.setdefault(fragment.qualname, set()).add(number)
            elif fragment.is_function_body and fragment.qualname.endswith(CONSTRUCTORS):
                kind = fragment.qualname.rpartition(".")[0].rpartition(".")[2]
                self._plain.setdefault(kind, set()).add(number)

    def plain(self, names: Iterable[str]) -> set[int]:
        """Return the functions of modules that are called so, and constructors of classes."""
        return set().union(*(self._plain.get(name, set()) for name in names))

    def methods(self, number: int, names: Iterable[str]) -> set[int]:
        """Return the methods with these names of the class that a method is of."""
        scope, path = self.fragments[number].qualname.rpartition(".")[0], self._paths[number]
        known = (self.places.get((path, f"{scope}.{name}")) for name in names if scope)
        return {unit for unit in known if unit is not None}

    def members(self, names: Iterable[str]) -> set[int]:
        """Return methods with these names, of whatever class.

        A name that isn't marked as called may be a property's, if no other class has such a name.
        """
        asked = frozenset(names)
        called = (name.removesuffix(CALLED) for name in asked if name.endswith(CALLED))
        found = set().union(*(self._members.get(name, set()) for name in called))
        return found | self._lone(asked)

    def work(self, number: int) -> set[int]:
        """Return a function and all that it leads to by plain names, and by names of methods.

        Methods are of its own class, or have a name that no other class gives to one.
        """
        found, waiting = {number}, [number]
        while waiting:
            unit = waiting.pop()
            fragment = self.fragments[unit]
            known = self.methods(unit, fragment.uses.attrs) | self._lone(
                fragment.uses.attrs & fragment.uses.called_only
            )
            fresh = (self.plain(fragment.uses.names) | known) - found
            found |= fresh
            waiting += fresh
        return found

    def _lone(self, names: Iterable[str]) -> set[int]:
        known = (self._members.get(name, set()) for name in names)
        return set().union(*(units for units in known if len(units) == 1))

    def reach(self, names: Iterable[str]) -> set[int]:
        """Return what names lead to, and the names in that."""
        found: set[int] = set()
        waiting, seen = set(names), set[str]()
        while waiting:
            name = waiting.pop()
            seen.add(name)
            for unit in self._called.get(name, set()) - found:
                found.add(unit)
                waiting |= (
                    self.fragments[unit].uses.names | self.fragments[unit].uses.attrs
                ) - seen
        return found

    def looks(self, units: Iterable[int]) -> bool:
        """Tell whether any of these functions may look at files or variables."""
        return any(
            not LOOKING_OUT.isdisjoint(
                self.fragments[unit].uses.names | self.fragments[unit].uses.attrs
            )
            for unit in units
        )

    def asking(self, names: AbstractSet[str]) -> set[int]:
        """Return who has one of these names: a cache may answer them without running anything."""
        return set().union(*(self._naming.get(name, set()) for name in names))

    @cached_property
    def _naming(self) -> dict[str, set[int]]:
        """Units by the names they have."""
        found: dict[str, set[int]] = {}
        for number, fragment in self.fragments.items():
            for name in fragment.uses.names | fragment.uses.attrs:
                found.setdefault(name, set()).add(number)
        return found


def _is_member(key: str) -> bool:
    """Tell whether a body is of a method that code calls by its name."""
    scope, _, name = key.rpartition(".")
    return bool(scope) and not scope.endswith("<locals>") and not name.startswith("__")


def _by_name(fragments: Mapping[int, Fragment]) -> dict[str, set[int]]:
    """Return functions by their own name, methods also by their class's."""
    found: dict[str, set[int]] = {}
    for number, fragment in fragments.items():
        if fragment.is_function_body:
            for name in fragment.qualname.replace("#", ".").split("."):
                found.setdefault(name, set()).add(number)
    return found


def _values(files: Iterable[tuple[Fragment, ...]]) -> dict[str, set[str]]:
    """Return for each variable of a module or class the names in what it was given."""
    found: dict[str, set[str]] = {}
    for fragment in (fragment for file in files for fragment in file):
        if not (
            fragment.is_function_body
            or fragment.uses.imports
            or fragment.is_class
            or fragment.decorators
            or fragment.is_doc
        ):
            for name in fragment.binds:
                found.setdefault(name, set()).update(fragment.uses.names | fragment.uses.attrs)
    return found
