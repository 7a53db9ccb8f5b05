"""Tells in a weak mapping what whoever has a key can find from what only a walk over it finds.

An entry lives as long as its key. Where nobody but its own value has that key, as in a cache whose
values lead back to what they are kept for, nobody can ask for the entry any more: it is garbage
that stays. Who walks over the mapping meets it, though, and so it is seen whether anybody does.
"""

from __future__ import annotations

import functools
import gc
import itertools
import sys
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary, ref

if TYPE_CHECKING:
    from collections.abc import Iterator

#: Methods that meet entries without a key of theirs.
_WALKS = (
    "__iter__", "__len__", "keys", "values", "items", "popitem", "keyrefs", "copy", "__copy__",
    "__deepcopy__",
)  # fmt: skip


class _Mapping:
    """What is known of a weak mapping."""

    def __init__(self, mapping: WeakKeyDictionary[Any, Any]) -> None:
        here = id(mapping)
        self.itself = ref(mapping, lambda _: KNOWN.pop(here, None))
        self.walked = False
        #: The identities of all values, in order, when it was looked at last.
        self.all: list[int] = []
        #: The entries that somebody may ask for.
        self.kept: list[ref[Any]] = []
        #: The values of those that nobody can ask for; once so, always so.
        self.lost: set[int] = set()
        #: There were some once.
        self.hid = False

    def look(self, data: dict[ref[Any], object]) -> None:
        """Look at what is in the mapping now."""
        before, self.all = self.all, [*map(id, data.values())]
        # New entries come behind the others, and there may be thousands of those.
        if self.all[: len(before)] != before:
            before, self.kept = [], []
            self.lost.clear()
        asked = [*self.kept, *itertools.islice(data, len(before), None)]
        self.kept = [it for it in asked if self.walked or not _is_lost(it, data)]
        kept = {*map(id, self.kept)}
        self.lost.update(id(data[it]) for it in asked if id(it) not in kept)
        self.hid = self.hid or bool(self.lost)


#: By identity: such a mapping has no hash.
KNOWN: dict[int, _Mapping] = {}


class Kept:
    """What keys led to when it was looked at; equal to another look but for what is lost now."""

    def __init__(self, mapping: WeakKeyDictionary[Any, Any]) -> None:
        """Look at it."""
        self._found = frozenset(map(id, values(mapping)))
        self._lost = _known(mapping).lost

    def __eq__(self, other: object) -> bool:
        """Tell whether nobody who has a key finds something else."""
        return isinstance(other, Kept) and self._found ^ other._found <= self._lost

    __hash__ = None  # type: ignore[assignment]  # what is lost becomes more


def replacing() -> Iterator[tuple[str, object]]:
    """Yield what is to stand in place of methods of `WeakKeyDictionary`, by their names."""
    for name in _WALKS:
        yield name, _noting(getattr(WeakKeyDictionary, name))


def _noting(method: Any) -> Any:
    @functools.wraps(method)
    def walking(self: Any, *arguments: Any, **options: Any) -> Any:
        # Nothing is made for one that was never looked at: a test may count what there is.
        known = KNOWN.get(id(self))
        if known is not None and known.itself() is self:
            known.walked = True
        return method(self, *arguments, **options)

    return walking


def _known(mapping: WeakKeyDictionary[Any, Any]) -> _Mapping:
    found = KNOWN.get(id(mapping))
    if found is None or found.itself() is not mapping:
        found = KNOWN[id(mapping)] = _Mapping(mapping)
    return found


def hid(mapping: WeakKeyDictionary[Any, Any]) -> bool:
    """Tell whether somebody walked over entries that were taken for lost."""
    known = _known(mapping)
    return known.walked and known.hid


def values(mapping: WeakKeyDictionary[Any, Any]) -> list[object]:
    """Return the values that keys lead to."""
    known, data = _known(mapping), _data(mapping)
    known.look(data)
    return [data[it] for it in known.kept if it in data]


def _data(mapping: WeakKeyDictionary[Any, Any]) -> dict[ref[Any], object]:
    found: dict[ref[Any], object] = vars(mapping)["data"]
    return found


def _is_lost(one: ref[Any], data: dict[ref[Any], object]) -> bool:
    """Tell whether the key of an entry is referred to by its value alone, and that by nobody."""
    # Counted before the value is at hand here, as that may be the key itself.
    count = sys.getrefcount(one()) - _NONE
    value = data.get(one)
    key = one()
    if value is None or key is None:
        return False
    if value is key:
        return count == 1
    if _count(value) - _ONE != 1:
        return False
    inside = gc.get_referents(value)
    # An object may have a dictionary, which only it and this list refer to then.
    own = [one for one in inside if type(one) is dict and _count(one) - _ONE == _OWN]
    return count == sum(it is key for it in (*inside, *gc.get_referents(*own)))


def _count(value: object) -> int:
    return sys.getrefcount(value)


class _Probe:
    pass


def _probe() -> tuple[int, int]:
    """Return what is counted of a thing that nobody refers to, and that one variable does."""
    thing = _Probe()
    return sys.getrefcount(ref(thing)()) - 1, _count(thing)


_NONE, _ONE = _probe()
#: Besides a variable: an owner, and a list.
_OWN = 2
