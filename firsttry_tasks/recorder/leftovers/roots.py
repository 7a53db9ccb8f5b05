"""Keeps how a module, or the value of a fixture, was when it was looked at last.

And tells whose things it has, which it may have changed while it was imported.
"""

from __future__ import annotations

import itertools
import types
from typing import TYPE_CHECKING, NamedTuple
from weakref import WeakKeyDictionary

from firsttry_tasks.recorder.leftovers.things.holders import ATOMS, Holder, holders
from firsttry_tasks.recorder.leftovers.things.objects import space
from firsttry_tasks.recorder.leftovers.things.opening import INTERPRETERS
from firsttry_tasks.recorder.leftovers.things.shown import told
from firsttry_tasks.recorder.replaced import weak_mappings
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
    from collections.abc import Set as AbstractSet


class Root(NamedTuple):
    """A module, or the value of a fixture, and how it was when it was looked at last."""

    path: str
    own: Mapping[str, object]
    holders: list[Holder]
    #: Of the holders that can be walked over and called, and the signs of the others.
    views: list[Iterable[object]]
    reads: list[Callable[[], object]]
    odd: list[Callable[[], object]]
    #: What all holders together were equal to, and each by itself.
    whole: object
    signs: list[object]
    #: What namespaces held, by the place of the holder; values only where that is their own.
    named: dict[int, dict[str, object]]
    #: Places of the holders that a test changed before.
    busy: list[int]
    #: What mappings and lists held, by the place of the holder.
    entries: dict[int, dict[int, int]]


def scanned(
    path: str,
    own: Mapping[str, object],
    often: Collection[str],
    which: Callable[[Holder], bool] | None = None,
    *,
    library: bool = False,
) -> Root:
    """Look into a namespace; ``often`` are the names of the holders that changed before.

    Of the project's own it is kept in mind which entries containers have. What a ``library`` hands
    on of modules below it is looked at here.
    """
    found = list(filter(which, holders(own, package=library)))
    named = {at: tokens(one.named()) for at, one in enumerate(found) if one.named is not None}
    views = [it for one in found if one.views is not None for it in one.views]
    reads = [it for one in found for it in one.reads]
    odd = [one.sign for one in found if one.views is None]
    busy = [at for at, one in enumerate(found) if one.name in often]
    tables = enumerate(() if library else found)
    held = {at: it for at, one in tables if (it := entries(one)) is not None}
    root = Root(path, own, found, views, reads, odd, None, signs(found), named, busy, held)
    return root._replace(whole=whole(root))


def hidden(root: Root) -> Iterator[str]:
    """Yield the names of the mappings with entries that were taken for lost, and were not."""
    for one in root.holders:
        if type(one.value) is WeakKeyDictionary and weak_mappings.hid(one.value):
            yield one.name


def changed(root: Root) -> list[int]:
    """Return the places of the holders that hold something else than at the last look."""
    pairs = enumerate(zip(signs(root.holders), root.signs, strict=False))
    return [at for at, (now, before) in pairs if now != before]


def values(found: Iterable[Holder]) -> frozenset[int]:
    """Return what tells the things themselves apart."""
    return frozenset(identity(one.value) for one in found if one.value is not None)


def named(roots: Iterable[Root]) -> set[tuple[str, int]]:
    """Return the names of all things in these roots, each with what tells it apart."""
    found = (one for root in roots for one in root.holders)
    return {(one.name, identity(one.value)) for one in found if one.value is not None}


def holding(roots: Mapping[str, Root], things: AbstractSet[int]) -> list[str]:
    """Return which roots lead to one of these things, by identity."""
    return [
        name
        for name, root in roots.items()
        if any(identity(one.value) in things for one in root.holders if one.value is not None)
    ]


def whole(root: Root) -> object:
    """Return what is equal as long as all that was found holds the same."""
    try:
        seen = list(map(identity, itertools.chain.from_iterable(root.views)))
        return seen, _read(root.reads), [sign() for sign in root.odd]
    except RuntimeError:
        return None  # it changed while it was looked at, as another thread may do


def _read(reads: list[Callable[[], object]]) -> list[int | None]:
    try:
        return [identity(read()) for read in reads]
    except (ValueError, AttributeError):
        return [*map(_read_one, reads)]  # a cell that is empty, or a slot


def _read_one(read: Callable[[], object]) -> int | None:
    try:
        return identity(read())
    except (ValueError, AttributeError):
        return None


def signs(found: list[Holder]) -> list[object]:
    """Return what each holder is seen to hold; nothing where another thread changes one."""
    try:
        return [one.sign() for one in found]
    except RuntimeError:
        return []  # it changed while it was looked at, as another thread may do


def tokens(named: Mapping[str, object]) -> dict[str, object]:
    """Return what tells the values of a namespace apart."""
    return {key: told(it) for key, it in named.items()}


def entries(one: Holder) -> dict[int, int] | None:
    """Return what tells the entries of a container apart; None for what has none.

    Of a mapping that is what stands for each key and its value, of a list the places and what
    stands there. Nothing in them is asked whether it equals another thing.
    """
    return None if one.table is None else one.table.tokens()


class Lent(NamedTuple):
    """What a module has of others: their names, and things that may be theirs, by identity."""

    homes: set[str]
    things: set[int]


def lent(own: Mapping[str, object]) -> Lent:
    """Return what a module may have of others, and change."""
    values = [it for key, it in tuple(own.items()) if key not in INTERPRETERS]
    homes: set[str] = set()
    things: set[int] = set()
    for it in values:
        kind = type(it)
        if kind is types.ModuleType or kind is types.FunctionType:
            homes.add(str(vars(it).get("__name__") if kind is types.ModuleType else it.__module__))
        elif issubclass(kind, type):
            # Its own class, where it is another one, may keep what there is of it.
            homes |= {str(space(one).get("__module__")) for one in (it, kind)}
        elif kind not in ATOMS:
            things.add(identity(it))
            homes.add(str(space(kind).get("__module__")))
    return Lent(homes, things)
