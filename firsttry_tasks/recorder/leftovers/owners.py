"""Knows which modules hold a container that another one has imported from them, or through them.

A function and a class say where they are at home; a dictionary or a list does not.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING

from firsttry_tasks.recorder.leftovers.things.tables import TABLES
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Collection

_KINDS = frozenset(TABLES)


class Owners:
    """Keeps the names of modules by the containers that they hold."""

    def __init__(self) -> None:
        """Begin with no module; each is looked at once."""
        self._names: dict[int, list[str]] = {}
        self._known: set[str] = set()

    def of(self, things: Collection[int]) -> set[str]:
        """Return the names of the modules that hold one of these things, told by identity."""
        if len(self._known) != len(sys.modules):
            self._meet()
        return {name for thing in things for name in self._names.get(thing, ())}

    def _meet(self) -> None:
        for name, module in tuple(sys.modules.items()):
            if name in self._known or type(module) is not types.ModuleType:
                continue
            for value in tuple(vars(module).values()):
                if type(value) in _KINDS:
                    self._names.setdefault(identity(value), []).append(name)
        self._known = {*sys.modules}
