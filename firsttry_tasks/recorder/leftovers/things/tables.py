"""Reads containers, and their heirs, entry by entry, past the methods of their classes."""

from __future__ import annotations

import functools
import gc
import itertools
import types
from collections import OrderedDict, defaultdict, deque
from typing import Any, NamedTuple

from firsttry_tasks.recorder.tracing.attribution import identity

#: Containers of which each entry is told apart, and those of them with keys.
TABLES = (dict, defaultdict, OrderedDict, types.MappingProxyType, list, set, deque)
#: What a cache of the standard library is made of.
CACHE: Any = type(functools.lru_cache(lambda: None))
PAIRED = frozenset({dict, defaultdict, OrderedDict, types.MappingProxyType})


class Entry(NamedTuple):
    """One entry of a container."""

    #: Tells it from the others: its key or itself by identity, or the place where it stands.
    token: int
    value: Any
    #: All that there is of it: with its key, where it has one.
    whole: object


class Table(NamedTuple):
    """A container with entries that are told apart."""

    value: Any
    #: The builtin that it is, or inherits from: how its entries are read, whoever else says how.
    kind: Any

    def size(self) -> int:
        """Return how many entries there are."""
        return int(self.kind.__len__(self.value))

    def tokens(self) -> dict[int, int]:
        """Return what tells each entry from the others, and what stands there, by identity."""
        # All of it is walked through in C, as it is asked for wherever a module changed.
        if self.kind in PAIRED:
            keys, values = self.kind.keys(self.value), self.kind.values(self.value)
            return dict(zip(map(identity, keys), map(identity, values), strict=False))
        held = [*map(identity, self.kind.__iter__(self.value))]
        return dict(zip(held, held, strict=True)) if self.kind is set else dict(enumerate(held))

    def entries(self) -> list[Entry]:
        """Return its entries, in their order."""
        if self.kind in PAIRED:
            pairs = tuple(self.kind.items(self.value))
            return [Entry(identity(pair[0]), pair[1], pair) for pair in pairs]
        held = tuple(self.kind.__iter__(self.value))
        tokens = map(identity, held) if self.kind is set else itertools.count()
        return [Entry(token, it, it) for token, it in zip(tokens, held, strict=False)]


class Kept(NamedTuple):
    """What `functools.lru_cache` has kept, which it shows to the garbage collector alone."""

    value: Any

    def size(self) -> int:
        """Return how many results there are."""
        return int(CACHE.cache_info(self.value).currsize)

    def tokens(self) -> dict[int, int]:
        """Return what tells the arguments of each call, and its result, by identity."""
        return {identity(key): identity(result) for key, result in self._pairs()}

    def entries(self) -> list[Entry]:
        """Return the arguments of calls with their results."""
        return [Entry(identity(pair[0]), pair[1], pair) for pair in self._pairs()]

    def _pairs(self) -> list[tuple[object, object]]:
        found, size = gc.get_referents(self.value)[1:], self.size()
        # The key, the result and the class of each link stand before the dictionary of the links;
        # where no bound is set there are no links, and that is one of results.
        links, table = found[: 3 * size], found[3 * size] if len(found) > 3 * size else None
        if type(table) is dict and {*map(identity, table)} == {*map(identity, links[::3])}:
            return [*zip(links[::3], links[1::3], strict=True)]
        bare = found[0] if found and type(found[0]) is dict else {}
        return [*bare.items()] if len(bare) == size else []
