"""What the statements of modules started while these were imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_ORIGINS, OriginMask
from firsttry_tasks.selection.impact.docstrings import asks
from firsttry_tasks.selection.syntax.vocabulary import CALLED, DOCS, HELP

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun
    from firsttry_tasks.selection.impact.changed_names import Names
    from firsttry_tasks.selection.impact.import_graph import Modules
    from firsttry_tasks.selection.syntax.fragment import Fragment


class Imported:
    """Units by the statement that ran them; ``ran`` maps a module to its statements' numbers."""

    def __init__(self, recorded: RecordedRun, modules: Modules) -> None:
        """Take in what a recorded run saw."""
        self._recorded = recorded
        self._modules = modules
        self.ran: dict[str, dict[int, set[int]]] = {}
        for scope in recorded.scopes:
            if scope.kind == "import":
                lines = self.ran.setdefault(scope.name, {})
                for number, unit in scope.lines:
                    lines.setdefault(number, set()).add(unit)

    def hit(self, names: Names, asking: Fragment, units: Iterable[int]) -> tuple[OriginMask, str]:
        """Return the origins of the changed names that a statement's units ask for, and one name.

        What fills a registry for each of many statements reads what the others put there only to
        add its own: that it is another registry now changes none of the others. It may see their
        docstrings too, but those of what it is given.
        """
        known = list(self._fragments(asking, units))
        for path, fragment in known:
            fills = frozenset(end.removesuffix(CALLED) for _, end in fragment.uses.writes)
            mask, name = names.hit(path, fragment, fills | DOCS | {HELP})
            if mask:
                return mask, name
        looked = any(names.docs.looks(path, fragment) for path, fragment in known)
        if looked and any(asks(fragment) for _, fragment in known):
            return names.docs.origins, "any docstring"
        return NO_ORIGINS, ""

    def _fragments(self, asking: Fragment, units: Iterable[int]) -> Iterator[tuple[str, Fragment]]:
        for unit in units:
            path, number = self._recorded.units[unit]
            if number >= 0 and path in self._modules.sources:
                fragment = self._modules.sources[path][number]
                if fragment.qualname != "__getattr__" or not self._is_there(asking, path):
                    yield path, fragment

    def _is_there(self, asking: Fragment, path: str) -> bool:
        """Tell whether a statement imports only what a module defines or imports itself.

        Its ``__getattr__`` is asked for ``__path__`` then, and for nothing else.
        """
        return (
            bool(asking.uses.imports)
            and not asking.star
            and asking.uses.attrs <= self._modules.owns(path)
        )
