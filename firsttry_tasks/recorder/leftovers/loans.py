"""Tells whose things a module has, and may have changed while it was imported."""

from __future__ import annotations

import types
from typing import TYPE_CHECKING, NamedTuple

from firsttry_tasks.recorder.leftovers.holders import ATOMS, INTERPRETERS
from firsttry_tasks.recorder.leftovers.objects import space
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Mapping


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
