"""Knows which functions each statement of a module ran while the module was imported."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import (
    NO_MODULES,
    NO_ORIGINS,
    ModuleMask,
    OriginMask,
)
from firsttry_tasks.selection.evidence.recorded_run import NOWHERE
from firsttry_tasks.selection.impact.docstrings import asks
from firsttry_tasks.selection.syntax.vocabulary import DOCS, HELP, TYPES

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.impact.changed_names import ChangedNames
    from firsttry_tasks.selection.impact.import_graph import ImportGraph
    from firsttry_tasks.selection.syntax.fragment import Fragment


def importing(
    modules: ImportGraph, libraries: AbstractSet[str]
) -> Iterator[tuple[str, int, Fragment]]:
    """Yield what imports one of these libraries, each with its file and number there."""
    for path, fragments in modules.sources.items():
        for number, fragment in enumerate(fragments):
            asked = {it for it in fragment.uses.imports if it.partition(".")[0] in libraries}
            if asked and not modules.imported(path, asked):
                yield path, number, fragment


def loads(asked: str, names: Iterable[str]) -> bool:
    """Tell whether importing the name ``asked`` loads one of these modules on the way."""
    return any(asked == name or asked.startswith(f"{name}.") for name in names)


def stirring(modules: ImportGraph) -> ModuleMask:
    """Return the modules whose import was seen to change things of other modules."""
    found = NO_MODULES
    for path in stirred(modules):
        found |= modules.bit.get(path, NO_MODULES)
    return found


def stirred(modules: ImportGraph) -> dict[str, frozenset[str]]:
    """Return the names of what imports were seen to change in other modules, by their files."""
    seen = modules.recorded.observations
    found: dict[str, frozenset[str]] = {}
    for scope in modules.recorded.scopes:
        told = map(seen.__getitem__, scope.observations if scope.kind == "import" else ())
        left = [name for kind, name in told if kind == "left"]
        for name in left:
            if not name.startswith(f"{scope.name}:"):
                words = frozenset(re.findall(r"\w+", name.partition("=")[0]))
                found[scope.name] = found.get(scope.name, frozenset()) | words
    return found


class ImportTimeCalls:
    """The functions that ran during imports.

    ``ran`` maps a module's path to the numbers of its statements, and those to the units that
    they ran.
    """

    def __init__(self, modules: ImportGraph) -> None:
        """Gather what the import scopes of the modules' recorded run hold."""
        recorded = self._recorded = modules.recorded
        self._modules = modules
        self.ran: dict[str, dict[int, set[int]]] = {}
        for scope in recorded.scopes:
            if scope.kind == "import":
                # Each process of a run imports a module by itself, so one module has many scopes.
                lines = self.ran.setdefault(scope.name, {})
                for number, unit in scope.lines:
                    lines.setdefault(number, set()).add(unit)

    def hit(
        self, names: ChangedNames, asking: Fragment, units: Iterable[int]
    ) -> tuple[OriginMask, str]:
        """Return the origins of the changed names that a statement's units refer to, and one name.

        ``asking`` is the statement, ``units`` are what it ran. A statement runs to another result
        if a function that it called refers to a changed name.
        """
        known = list(self._fragments(asking, units))
        for path, fragment in known:
            # The docstrings that such a function may ask for are dealt with below.
            mask, name = names.hit(path, fragment, DOCS | TYPES | {HELP})
            if mask:
                return mask, name
        # One function may search for members and another may read their docstrings.
        looked = any(names.docs.looks(path, fragment) for path, fragment in known)
        if looked and any(asks(fragment) for _, fragment in known):
            return names.docs.origins, "any docstring"
        return NO_ORIGINS, ""

    def asking(self, path: str, seen: AbstractSet[int]) -> list[int]:
        """Return the statements of a module that may have run code while it was imported.

        They are among those that were ``seen`` to do so, or inside them, as the members of a class
        are, if all those are known. A module of the repository that one imports has observed for
        itself.
        """
        found = self._modules.sources.get(path, ())
        if seen and NOWHERE not in seen and max(seen) < len(found):
            lines = {line for it in seen for line in range(found[it].first, found[it].last + 1)}
            inside = (at for at, it in enumerate(found) if it.first in lines and it.last in lines)
            whole = (at for at in inside if not (found[at].is_function_body or found[at].is_doc))
            return sorted({*seen, *whole})
        return [
            number
            for number, it in enumerate(found)
            if it.may_raise
            and not (it.is_function_body or it.is_doc)
            and (it.uses.names or it.star or not self._modules.imported(path, it.uses.imports))
        ]

    def fragments(self, path: str, statement: int) -> list[tuple[str, Fragment]]:
        """Return the functions that a statement ran, each with its file."""
        return list(self._known(self.ran.get(path, {}).get(statement, ())))

    def are_told(self, path: str, scope: str) -> bool:
        """Tell whether members of a class were told of it when it was made, so that they tell it.

        Nobody names that: ``__set_name__`` runs at the end of the class's body.
        """
        head = self._modules.head(path, scope)
        ran = self.fragments(path, head) if head is not None else []
        return any(it.is_function_body for _, it in ran)

    def _known(self, units: Iterable[int]) -> Iterator[tuple[str, Fragment]]:
        for unit in units:
            path, number = self._recorded.units[unit]
            # -1 says that no fragment holds the unit's line, as with code that was generated.
            if number >= 0 and path in self._modules.sources:
                yield path, self._modules.sources[path][number]

    def _fragments(self, asking: Fragment, units: Iterable[int]) -> Iterator[tuple[str, Fragment]]:
        for path, fragment in self._known(units):
            if fragment.qualname != "__getattr__" or not self._is_there(asking, path):
                yield path, fragment

    def _is_there(self, asking: Fragment, path: str) -> bool:
        """Tell whether a statement imports only what a module defines or imports itself.

        The import system then asks the module's ``__getattr__`` for ``__path__`` and for nothing
        else, so what that function refers to doesn't concern the statement.
        """
        return (
            bool(asking.uses.imports)
            and not asking.star
            and asking.uses.attrs <= self._modules.owns(path)
        )
