"""Finds functions that keep state only in instances that never survive a test.

Such state can't reach another test, so the tests that it serves needn't rest on its makers.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.syntax.fragment import Fragment

#: A class, by file and qualified name.
Kind = tuple[str, str]


class EscapeAnalysis:
    """Knows the classes whose instances never survive a test, and who sets which attribute."""

    def __init__(self, kinds: AbstractSet[Kind], files: Mapping[str, tuple[Fragment, ...]]) -> None:
        """Take the classes whose instances never survive a test, and the fragments of each file.

        The recorder counts the references to each class for this: an instance holds one.
        """
        self._kinds = kinds
        # An attribute is known by its name alone, so it counts as private only if every class that
        # sets it is.
        #: Attribute -> the classes whose methods set it in their own instances.
        self._owners: dict[str, set[Kind]] = {}
        #: Attributes that a class itself has, that are set from outside, or that may hold an object
        #: which is somebody else's too: what is stored in those may survive the instance.
        self._common: set[str] = set()
        for path, fragments in files.items():
            for fragment in fragments:
                scope = (
                    fragment.qualname.rpartition(".")[0]
                    if fragment.is_function_body
                    else fragment.qualname
                )
                for name in (
                    fragment.memo.stored_own
                    if fragment.is_function_body
                    else fragment.binds
                    if scope
                    else ()
                ):
                    self._owners.setdefault(name, set()).add((path, scope))
                self._common |= fragment.memo.stored_foreign | (
                    fragment.uses.sets - fragment.memo.stored_own
                    if fragment.is_function_body
                    else set()
                )
                self._common |= fragment.binds if scope and not fragment.is_function_body else set()

    def keeps(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a function keeps its results only in instances that never survive a test."""
        # If it stores an item, the container must be the instance's own; if it stores an attribute
        # of another object, every class that has such an attribute must be private.
        return (
            fragment.memo.in_own_object
            and self._common.isdisjoint(fragment.memo.item_of)
            and all(self._owned(name) for name in fragment.memo.other_owners)
            and (
                fragment.memo.kept_in <= fragment.memo.other_owners
                or (path, fragment.qualname.rpartition(".")[0]) in self._kinds
            )
        )

    def _owned(self, name: str) -> bool:
        # An attribute that no method sets may belong to a library's object.
        owners = self._owners.get(name, set())
        return bool(owners) and owners <= self._kinds
