"""Takes apart what the recorder calls a thing of a module: names that lead from one to the next."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from firsttry_tasks.model.recording import HOLDS

if TYPE_CHECKING:
    from collections.abc import Set as AbstractSet

#: What Python puts before a name of a class's own.
_MANGLED = re.compile(r"_[A-Za-z]\w*?(?=__\w+(?<!__)$)")
#: How an item of a container is written in the name of a thing.
_EMPTY = frozenset({"", "[]"})


class Thing(NamedTuple):
    """What changed in a module: the names that lead to it, and those of what is inside it."""

    names: frozenset[str]
    inside: frozenset[str]

    @property
    def all(self) -> frozenset[str]:
        """Return all these names."""
        return self.names | self.inside


def words(trail: str, classes: AbstractSet[str]) -> tuple[list[str], int]:
    """Return the words of a trail, and how many of them are classes around the rest."""
    found, over = [it for it in trail.partition(HOLDS)[0].split(".") if it not in _EMPTY], 0
    while over < len(found) - 1 and found[over] in classes:
        over += 1
    return found, over


def written(name: str) -> str:
    """Return how code in a class writes a name, where it begins with two underscores there."""
    return _MANGLED.sub("", name)
