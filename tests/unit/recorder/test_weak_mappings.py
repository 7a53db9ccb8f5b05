"""What is lost in a weak mapping: entries whose key nobody but their own value has."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import pytest

from firsttry_tasks.recorder.replaced import weak_mappings
from firsttry_tasks.recorder.replaced.weak_mappings import Kept, values

if TYPE_CHECKING:
    from collections.abc import Callable


class Key:
    """What an entry is kept for."""

    kept: object = None

    def method(self) -> None:
        """Do nothing."""


def _holding(key: Key) -> Key:
    found = Key()
    found.kept = key
    return found


#: Values that lead back to their key.
LEADING: dict[str, Callable[[Key], object]] = {
    "the key itself": lambda key: key,
    "an object": _holding,
    "a method of it": lambda key: key.method,
    "a list": lambda key: [key],
}


@pytest.mark.parametrize("made", LEADING.values(), ids=LEADING)
def test_an_entry_that_keeps_its_own_key_is_lost_with_whoever_has_that(
    made: Callable[[Key], object],
) -> None:
    """As long as somebody has the key, it is not."""
    mapping: WeakKeyDictionary[Key, Any] = WeakKeyDictionary()
    key = Key()
    mapping[key] = made(key)
    had = len(values(mapping))
    del key
    assert (had, values(mapping)) == (1, [])


def test_a_value_that_somebody_has_leads_to_its_key() -> None:
    """So the entry is not lost."""
    mapping: WeakKeyDictionary[Key, Any] = WeakKeyDictionary()
    key = Key()
    value = mapping[key] = _holding(key)
    del key
    assert values(mapping) == [value]


def test_looks_are_equal_but_for_what_was_lost_between_them() -> None:
    """New entries of others are a difference."""
    mapping: WeakKeyDictionary[Key, Any] = WeakKeyDictionary()
    key = Key()
    mapping[key] = key
    before = Kept(mapping)
    del key
    assert before == Kept(mapping)
    other = Key()
    mapping[other] = 1
    assert before != Kept(mapping)


def test_whoever_walks_finds_what_was_lost(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is known afterwards, and nothing more is taken for lost."""
    for name, value in weak_mappings.replacing():
        monkeypatch.setattr(WeakKeyDictionary, name, value)
    mapping: WeakKeyDictionary[Key, Any] = WeakKeyDictionary()
    first = Key()
    values(mapping)
    mapping[first] = first
    del first
    before = len(values(mapping)), weak_mappings.hid(mapping)
    found = [*mapping]
    second = Key()
    mapping[second] = second
    del second
    after = len(values(mapping)), weak_mappings.hid(mapping)
    assert (before, len(found), after) == ((0, False), 1, (1, True))


def test_what_dies_leaves_nothing_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test may count the objects that there are, before and after."""
    for name, value in weak_mappings.replacing():
        monkeypatch.setattr(WeakKeyDictionary, name, value)
    known = len(weak_mappings.KNOWN)
    mapping: WeakKeyDictionary[Key, Any] = WeakKeyDictionary()
    seen = [*mapping], len(weak_mappings.KNOWN) - known
    values(mapping)
    looked = len(weak_mappings.KNOWN) - known
    del mapping
    assert (seen, looked, len(weak_mappings.KNOWN) - known) == (([], 0), 1, 0)


def test_a_mapping_with_other_entries_than_before_is_looked_at_anew() -> None:
    """Entries that were lost can be cleared away by whoever has the mapping."""
    mapping: WeakKeyDictionary[Key, Any] = WeakKeyDictionary()
    for _ in range(3):
        key = Key()
        mapping[key] = key
    del key
    assert values(mapping) == []
    mapping.clear()
    last = Key()
    mapping[last] = 2
    assert values(mapping) == [2]
