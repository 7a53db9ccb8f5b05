"""Says which classes a method's object may be of, so that what a library calls back is found.

A method that goes on in a library's base (``super().render()``) names none of the methods by which
that base asks its object again. The object is of the method's class, or of one that inherits it.
"""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import MAGIC, own_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.syntax.fragment import Fragment

#: Bases that call no method of their heirs, besides those with underscores.
_PLAIN = frozenset({*dir(builtins), "ABC", "Generic", "NamedTuple", "Protocol", "TypedDict"})

#: What stands before the name of a library's class; no name of the project begins so.
_THEIRS = ":"


class Lineage:
    """The classes of all files, by their names: two of one name count as one."""

    def __init__(self, files: Mapping[str, Sequence[Fragment]]) -> None:
        """Find the bases of each class; ``files`` are the project's, by their paths."""
        self._own = {part for path in files for part in path.removesuffix(".py").split("/")}
        self._bases: dict[str, set[str]] = {}
        for fragments in files.values():
            called = {name: one for one in fragments if one.uses.imports for name in one.binds}
            for one in fragments:
                for name in one.binds if one.is_class else ():
                    self._bases.setdefault(name, set()).update(self._meant(name, one, called))
        self._heirs: dict[str, set[str]] = {}
        for name, bases in self._bases.items():
            for base in bases:
                self._heirs.setdefault(base, set()).add(name)
        self._foreign = frozenset(
            name
            for name in self._bases
            if not self._closed(name, self._bases) <= self._bases.keys() | _PLAIN
        )
        self._known: dict[str, frozenset[str]] = {}

    def heirs(self, name: str) -> frozenset[str]:
        """Return the names of a class and of those that inherit from it."""
        if name not in self._known:
            self._known[name] = frozenset(self._closed(name, self._heirs))
        return self._known[name]

    def reached_by(self, name: str, body: Fragment) -> frozenset[str]:
        """Return the names by which code reaches a function that has a name in its path.

        What a class inherits a library may call, and Python what has underscores. All else is
        called by its own name.
        """
        if name not in self._bases:
            return frozenset({name})
        unnamed = MAGIC.fullmatch(own_name(body))
        return frozenset(
            {name, *(self.heirs(name) if unnamed else self.heirs(name) & self._foreign)}
        )

    def called_back(self, body: Fragment) -> frozenset[str]:
        """Return the classes whose methods a library may call for the object of a method."""
        method = body.qualname.partition(".<locals>")[0]
        owner = method.rpartition(".")[0].rpartition(".")[2]
        if owner not in self._bases:
            return frozenset()
        heirs = self.heirs(owner)
        return frozenset() if heirs.isdisjoint(self._foreign) else heirs

    def _meant(self, name: str, head: Fragment, called: Mapping[str, Fragment]) -> Iterator[str]:
        """Yield a class's bases as they are called where they are defined, a library's marked."""
        roots = [called[it] for it in head.uses.names if it in called]
        for base in head.bases:
            if base in called:
                # `from library import Base as Theirs`, where `Base` may be a class here, too.
                meant, theirs = called[base].uses.attrs or {base}, self._is_library(called[base])
            else:
                # `library.Base` tells the last name alone.
                dotted = base not in head.uses.names
                meant, theirs = {base}, dotted and any(map(self._is_library, roots))
            yield from meant
            if (theirs and meant.isdisjoint(_PLAIN)) or name in meant:
                yield f"{_THEIRS}{base}"

    def _is_library(self, statement: Fragment) -> bool:
        tops = {it.partition(".")[0] for it in statement.uses.imports}
        # A relative import begins with a dot.
        return "" not in tops and tops.isdisjoint(self._own)

    @staticmethod
    def _closed(name: str, steps: Mapping[str, AbstractSet[str]]) -> set[str]:
        seen, waiting = {name}, [name]
        while waiting:
            fresh = steps.get(waiting.pop(), set()) - seen
            seen |= fresh
            waiting += fresh
        return seen
