"""Reads containers, and their heirs, entry by entry, past the methods of their classes."""

from __future__ import annotations

import itertools
import types
from collections import OrderedDict, defaultdict, deque
from typing import Any, NamedTuple

from firsttry_tasks.recorder.tracing.attribution import identity

#: Containers of which each entry is told apart, and those of them with keys.
TABLES = (dict, defaultdict, OrderedDict, types.MappingProxyType, list, set, deque)
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
