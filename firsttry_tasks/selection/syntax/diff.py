"""What differs between two versions of a file, in fragments."""

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

import msgspec

from firsttry_tasks.selection.syntax.fragment import Fragment


class FragmentDiff(msgspec.Struct, frozen=True):
    """The fragments of the old version that changed or went, and the statements that came."""

    bodies: frozenset[int]
    statements: frozenset[int]
    added: tuple[Fragment, ...]
    removed: frozenset[str]  # names the module bound, and binds no more

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.bodies or self.statements or self.added)


def compare(old: Sequence[Fragment], new: Sequence[Fragment]) -> FragmentDiff:
    """Bodies are compared by name, statements by their order."""
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
    """Places of old statements that are not where they were, and the new ones."""
    left = [(fragment.qualname, fragment.digest) for fragment in old]
    right = [(fragment.qualname, fragment.digest) for fragment in new]
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
