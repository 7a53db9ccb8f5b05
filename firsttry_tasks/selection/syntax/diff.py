"""Compares two versions of a file, fragment by fragment."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
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
    #: Numbers of the old version's imports that stand elsewhere now and bind what they bound.
    moved: frozenset[int] = frozenset()

    def __bool__(self) -> bool:
        """Tell whether anything differs."""
        return bool(self.bodies or self.statements or self.added or self.moved)


def compare(old: Sequence[Fragment], new: Sequence[Fragment]) -> FragmentDiff:
    """Return what differs between the fragments of two versions of a file."""
    # A body runs when it is called, so its place doesn't matter and its name does. A statement
    # runs where it stands: two that change places are a change, but for imports, which bind the
    # same wherever they stand.
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
    binders = Counter((it.qualname, name) for _, it in before for name in it.binds)
    # What a star binds isn't written there.
    plain = not any(it.star for _, it in before)
    still = Counter(_key(it) for it in added if plain and _only_imports(it, binders))
    moved = {place for place in gone if still[_key(before[place][1])] == 1}
    same = {_key(before[place][1]) for place in moved}
    return FragmentDiff(
        bodies=frozenset(changed),
        statements=frozenset(before[place][0] for place in gone if place not in moved),
        added=tuple(it for it in added if _key(it) not in same),
        removed=_bound(fragment for _, fragment in before) - _bound(after),
        moved=frozenset(before[place][0] for place in moved),
    )


def _key(fragment: Fragment) -> tuple[str, bytes]:
    return fragment.qualname, fragment.digest


def _only_imports(fragment: Fragment, binders: Mapping[tuple[str, str], int]) -> bool:
    """Tell whether a statement is an import of names that no other statement binds."""
    plain = fragment.uses.imports and not (fragment.uses.names or fragment.star)
    return bool(plain) and all(binders[fragment.qualname, name] == 1 for name in fragment.binds)


def _moves(old: Sequence[Fragment], new: Sequence[Fragment]) -> tuple[list[int], list[Fragment]]:
    """Return the places of old statements that are gone, and the statements that came."""
    left = [_key(fragment) for fragment in old]
    right = [_key(fragment) for fragment in new]
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
