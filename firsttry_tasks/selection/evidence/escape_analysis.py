"""What objects keep that no other test can have got: none of their class outlived a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.syntax.fragment import Fragment

#: A class, by file and qualified name.
Kind = tuple[str, str]


class Private:
    """Tells which functions keep things in objects of such classes alone."""

    def __init__(self, kinds: AbstractSet[Kind], files: Mapping[str, tuple[Fragment, ...]]) -> None:
        """Take the classes of which no object outlived a test, and all fragments of all files."""
        self._kinds = kinds
        self._owners: dict[str, set[Kind]] = {}  # attribute -> who sets it in objects of its own
        self._common: set[str] = set()  # attributes that classes have, or that hold others' things
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
        """Tell whether a body of a file keeps what it keeps in such objects alone."""
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
        owners = self._owners.get(name, set())
        return bool(owners) and owners <= self._kinds
