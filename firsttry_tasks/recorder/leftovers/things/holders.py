"""Finds what a namespace leads to: namespaces, containers, caches, a few steps deep."""

from __future__ import annotations

import functools
import itertools
import types
from typing import TYPE_CHECKING, Any, NamedTuple

from firsttry_tasks.recorder.leftovers.things.opening import contents, opened, signed
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping

    from firsttry_tasks.recorder.leftovers.things.tables import Kept, Table

#: Steps from a variable to the last thing that is looked at: a wrapper, its closure, the cache in
#: there, the cache's table.
_DEEPEST = 4
#: Things of one module; what is found later is not looked at.
_MOST = 1000

#: Things that hold nothing, or nothing that changes.
ATOMS = frozenset(
    {int, str, float, bool, bytes, complex, type(None), types.ModuleType, types.CodeType}
)


class Holder(NamedTuple):
    """One thing that may change, and how to see whether it did."""

    name: str
    #: Returns what is equal as long as the thing holds the same.
    sign: Callable[[], object]
    #: What can be walked over, and called, to see the same in less time; None where only ``sign``
    #: tells. What is called raises where there is nothing.
    views: tuple[Iterable[object], ...] | None = None
    reads: tuple[Callable[[], object], ...] = ()
    #: Returns what a namespace holds, by name; None for what has no names in it.
    named: Callable[[], Mapping[str, object]] | None = None
    #: Nothing shows what is in it, but only how much that is.
    opaque: bool = False
    #: The entries of a container, where they are told apart.
    table: Table | Kept | None = None
    #: The thing itself.
    value: Any = None


def holders(own: Mapping[str, object], *, package: bool = False) -> Iterator[Holder]:
    """Yield what a namespace leads to, itself first: a module's, or one with a fixture's value.

    Functions and classes of other modules are left out, as they are met there; with ``package``
    not those of modules below this one, which it hands on as its own.
    """
    return itertools.islice(_found(own, package=package), _MOST)


def _found(own: Mapping[str, object], *, package: bool) -> Iterator[Holder]:
    yield Holder("", signed(own), (own.values(),), named=functools.partial(contents, own))
    home = own.get("__name__")
    below = f"{home}."

    def is_own(module: object) -> bool:
        return module == home or (package and type(module) is str and module.startswith(below))

    # Kept while it is walked, so that no other object comes to the place of one.
    met: dict[int, object] = {}
    # Breadth first: what is near is seen where there is too much of all.
    waiting = [(name, value, 1) for name, value in contents(own).items()]
    for name, value, depth in waiting:
        if type(value) in ATOMS or identity(value) in met:
            continue
        met[identity(value)] = value
        for found in opened(value, is_own):
            if found.sign is not None:
                yield Holder(name, found.sign, *found[2:], value)
            if depth < _DEEPEST:
                waiting += [(f"{name}.{key}", it, depth + 1) for key, it in found.inside]
