"""Keeps how a module, or the value of a fixture, was when it was looked at last."""

from __future__ import annotations

import itertools
from typing import TYPE_CHECKING, NamedTuple

from firsttry_tasks.recorder.leftovers.holders import Holder, holders
from firsttry_tasks.recorder.leftovers.shown import told
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Mapping


class Root(NamedTuple):
    """A module, or the value of a fixture, and how it was when it was looked at last."""

    path: str
    own: Mapping[str, object]
    holders: list[Holder]
    #: Of the holders that can be walked over, and the signs of the others.
    views: list[Iterable[object]]
    odd: list[Callable[[], object]]
    #: What all holders together were equal to, and each by itself.
    whole: object
    signs: list[object]
    #: What namespaces held, by the place of the holder; values only where that is their own.
    named: dict[int, dict[str, object]]
    #: Places of the holders that a test changed before.
    busy: list[int]


def scanned(
    path: str,
    own: Mapping[str, object],
    often: Collection[str],
    which: Callable[[Holder], bool] | None = None,
) -> Root:
    """Look into a namespace; ``often`` are the names of the holders that changed before."""
    found = list(filter(which, holders(own)))
    named = {at: tokens(one.named()) for at, one in enumerate(found) if one.named is not None}
    views = [one.view for one in found if one.view is not None]
    odd = [one.sign for one in found if one.view is None]
    busy = [at for at, one in enumerate(found) if one.name in often]
    root = Root(path, own, found, views, odd, None, signs(found), named, busy)
    return root._replace(whole=whole(root))


def whole(root: Root) -> object:
    """Return what is equal as long as all that was found holds the same."""
    try:
        seen = list(map(identity, itertools.chain.from_iterable(root.views)))
        return seen, [sign() for sign in root.odd]
    except RuntimeError:
        return None  # it changed while it was looked at, as another thread may do


def signs(found: list[Holder]) -> list[object]:
    """Return what each holder is seen to hold; nothing where another thread changes one."""
    try:
        return [one.sign() for one in found]
    except RuntimeError:
        return []  # it changed while it was looked at, as another thread may do


def tokens(named: Mapping[str, object]) -> dict[str, object]:
    """Return what tells the values of a namespace apart."""
    return {key: told(it) for key, it in named.items()}
