"""Compares two versions of a file, fragment by fragment."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

import msgspec

from firsttry_tasks.selection.syntax.fragment import Fragment


class FragmentDiff(msgspec.Struct, frozen=True):
    """What differs between an old and a new version of a file."""

    #: Numbers of the old version's function bodies that changed or went away.
    bodies: frozenset[int]
    #: Numbers of the old version's statements that changed, moved or went away.
    statements: frozenset[int]
    #: Statements of the new version that are new, changed or moved.
    added: tuple[Fragment, ...]
    #: Names that the module bound and binds no more.
    removed: frozenset[str]

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.bodies or self.statements or self.added)


def compare(old: Sequence[Fragment], new: Sequence[Fragment]) -> FragmentDiff:
    """Return what differs between the fragments of two versions of a file."""
    # A body runs when it is called, so its place doesn't matter and its name does. A statement
    # runs where it stands: two that change places are a change.
    bodies = {fragment.qualname: fragment.digest for fragment in new if fragment.is_function_body}
    changed = {
        number
        for number, fragment in enumerate(old)
        if fragment.is_function_body and bodies.get(fragment.qualname) != fragment.digest
    }
    before = [
        (number, fragment) for number, fragment in enumerate(old) if not fragment.is_function_body
    ]
    after = [fragment for fragment in new if not fragment.is_function_body]
    gone, added = _moves([fragment for _, fragment in before], after)
    return FragmentDiff(
        bodies=frozenset(changed),
        statements=frozenset(before[place][0] for place in gone),
        added=tuple(added),
        removed=_bound(fragment for _, fragment in before) - _bound(after),
    )


def _moves(old: Sequence[Fragment], new: Sequence[Fragment]) -> tuple[list[int], list[Fragment]]:
    """Return the places of old statements that are gone, and the statements that came."""
    left = [(fragment.qualname, fragment.digest) for fragment in old]
    right = [(fragment.qualname, fragment.digest) for fragment in new]
    # `autojunk` would ignore digests that occur often, in files of more than 200 statements.
    matcher = SequenceMatcher(None, left, right, autojunk=False)
    gone: list[int] = []
    added: list[Fragment] = []
    for tag, start, end, first, last in matcher.get_opcodes():
        if tag != "equal":
            gone.extend(range(start, end))
            added.extend(new[first:last])
    return gone, added


def _bound(fragments: Iterable[Fragment]) -> frozenset[str]:
    return frozenset(name for it in fragments if not it.qualname for name in it.binds)
