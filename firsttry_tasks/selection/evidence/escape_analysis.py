"""What objects keep that no other test can have got: none of their class outlived a test."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.syntax.fragment import Piece

#: A class, by file and qualified name.
Kind = tuple[str, str]


class Private:
    """Tells which functions keep things in objects of such classes alone."""

    def __init__(self, kinds: AbstractSet[Kind], files: Mapping[str, tuple[Piece, ...]]) -> None:
        """Take the classes of which no object outlived a test, and all pieces of all files."""
        self._kinds = kinds
        self._owners: dict[str, set[Kind]] = {}  # attribute -> who sets it in objects of its own
        self._common: set[str] = set()  # attributes that classes have, or that hold others' things
        for path, pieces in files.items():
            for piece in pieces:
                scope = piece.key.rpartition(".")[0] if piece.body else piece.key
                for name in piece.fills if piece.body else piece.binds if scope else ():
                    self._owners.setdefault(name, set()).add((path, scope))
                self._common |= piece.lends | (piece.sets - piece.fills if piece.body else set())
                self._common |= piece.binds if scope and not piece.body else set()

    def keeps(self, path: str, piece: Piece) -> bool:
        """Tell whether a body of a file keeps what it keeps in such objects alone."""
        return (
            piece.own
            and self._common.isdisjoint(piece.items)
            and all(self._owned(name) for name in piece.others)
            and (piece.keeps <= piece.others or (path, piece.key.rpartition(".")[0]) in self._kinds)
        )

    def _owned(self, name: str) -> bool:
        owners = self._owners.get(name, set())
        return bool(owners) and owners <= self._kinds
