"""Follows calls between the functions that ran, by their names."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import CONSTRUCTORS, Fragment, own_name
from firsttry_tasks.selection.syntax.vocabulary import CALLED, LOOKING_OUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from collections.abc import Set as AbstractSet


class CallGraph:
    """What the fragments of one recorded run may call, as far as names tell.

    Recording calls instead would cost a hook for each call while tests run; names cost nothing
    then, and answer with too much rather than too little.
    """

    def __init__(
        self,
        fragments: Mapping[int, Fragment],
        paths: Mapping[int, str],
        files: Iterable[tuple[Fragment, ...]],
    ) -> None:
        """Take the fragments that ran and their files, by unit; and all fragments of all files."""
        self.fragments = fragments
        self.values = _values(files)
        self.places = {
            (paths[number], fragment.qualname): number for number, fragment in fragments.items()
        }
        self._paths = paths
        self._called = _by_name(fragments)
        #: Name -> functions of modules, and constructors by the name of their class.
        self._plain: dict[str, set[int]] = {}
        #: Name -> methods of any class.
        self._members: dict[str, set[int]] = {}
        for number, fragment in fragments.items():
            if fragment.is_function_body and _is_member(fragment.qualname):
                self._members.setdefault(own_name(fragment), set()).add(number)
            if fragment.is_function_body and "." not in fragment.qualname:
                self._plain.setdefault(fragment.qualname, set()).add(number)
            elif fragment.is_function_body and fragment.qualname.endswith(CONSTRUCTORS):
                kind = fragment.qualname.rpartition(".")[0].rpartition(".")[2]
                self._plain.setdefault(kind, set()).add(number)

    def plain(self, names: Iterable[str]) -> set[int]:
        """Return the functions of modules and the constructors of classes with these names."""
        return set().union(*(self._plain.get(name, set()) for name in names))

    def methods(self, number: int, names: Iterable[str]) -> set[int]:
        """Return the methods with these names in the class of the method ``number``."""
        scope, path = self.fragments[number].qualname.rpartition(".")[0], self._paths[number]
        known = (self.places.get((path, f"{scope}.{name}")) for name in names if scope)
        return {unit for unit in known if unit is not None}

    def members(self, names: Iterable[str]) -> set[int]:
        """Return the methods with these names, of any class.

        A name that isn't marked as called counts only if a single class has such a method.
        """
        # An attribute may be a property, but mostly it is data, and a common name (`value`) would
        # lead to every property of that name.
        asked = frozenset(names)
        called = (name.removesuffix(CALLED) for name in asked if name.endswith(CALLED))
        found = set().union(*(self._members.get(name, set()) for name in called))
        return found | self._lone(asked)

    def work(self, number: int) -> set[int]:
        """Return a function and all that it leads to, by names of functions and of methods.

        A method counts if it is of the same class, or if no other class has one of that name.
        """
        # Narrower than `reach`: for what one maker does a common name would lead everywhere.
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
        """Return the methods whose name no other class gives to one."""
        known = (self._members.get(name, set()) for name in names)
        return set().union(*(units for units in known if len(units) == 1))

    def reach(self, names: Iterable[str]) -> set[int]:
        """Return the functions that names lead to, and the names in those, and so on."""
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
        """Return the units that have one of these names.

        A cache may answer them without running anything, so that they ran says nothing.
        """
        return set().union(*(self._naming.get(name, set()) for name in names))

    @cached_property
    def _naming(self) -> dict[str, set[int]]:
        """Units by the names in them."""
        found: dict[str, set[int]] = {}
        for number, fragment in self.fragments.items():
            for name in fragment.uses.names | fragment.uses.attrs:
                found.setdefault(name, set()).add(number)
        return found


def _is_member(key: str) -> bool:
    """Tell whether a body is that of a method which code calls by its name."""
    # Python itself calls methods with two underscores. A function inside a function is local.
    scope, _, name = key.rpartition(".")
    return bool(scope) and not scope.endswith("<locals>") and not name.startswith("__")


def _by_name(fragments: Mapping[int, Fragment]) -> dict[str, set[int]]:
    """Return functions by every part of their qualified names."""
    # `Shape` leads to all methods of the class, as code that has an instance may call any.
    found: dict[str, set[int]] = {}
    for number, fragment in fragments.items():
        if fragment.is_function_body:
            for name in fragment.qualname.replace("#", ".").split("."):
                found.setdefault(name, set()).add(number)
    return found


def _values(files: Iterable[tuple[Fragment, ...]]) -> dict[str, set[str]]:
    """Return for each variable of a module or class the names in what is assigned to it."""
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
