"""What differs between two versions of a file, in pieces."""

from collections.abc import Sequence
from difflib import SequenceMatcher

import msgspec

from firsttry_tasks.selection.syntax.fragment import Piece


class Delta(msgspec.Struct, frozen=True):
    """The pieces of the old version that changed or went, and the statements that came."""

    bodies: frozenset[int]
    statements: frozenset[int]
    added: tuple[Piece, ...]
    removed: frozenset[str]  # names the module bound, and binds no more

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.bodies or self.statements or self.added)


def compare(old: Sequence[Piece], new: Sequence[Piece]) -> Delta:
    """Bodies are compared by name, statements by their order."""
    bodies = {piece.key: piece.digest for piece in new if piece.body}
    changed = {
        number
        for number, piece in enumerate(old)
        if piece.body and bodies.get(piece.key) != piece.digest
    }
    before = [(number, piece) for number, piece in enumerate(old) if not piece.body]
    after = [piece for piece in new if not piece.body]
    gone, added = _moves([piece for _, piece in before], after)
    return Delta(
        bodies=frozenset(changed),
        statements=frozenset(before[place][0] for place in gone),
        added=tuple(added),
        removed=_bound(piece for _, piece in before) - _bound(after),
    )


def _moves(old: Sequence[Piece], new: Sequence[Piece]) -> tuple[list[int], list[Piece]]:
    """Places of old statements that are not where they were, and the new ones."""
    left = [(piece.key, piece.digest) for piece in old]
    right = [(piece.key, piece.digest) for piece in new]
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    gone: list[int] = []
    added: list[Piece] = []
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag != "equal":
            gone.extend(range(start, end))
            added.extend(new[first:last])
    return gone, added


def _bound(pieces: object) -> frozenset[str]:
    return frozenset(
        name
        for piece in pieces  # type: ignore[attr-defined]
        if not piece.key
        for name in piece.binds
    )
