"""Constructors: code that has run wherever there is a new object of a class."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.syntax.fragment import CONSTRUCTORS, Fragment
from firsttry_tasks.selection.syntax.vocabulary import REVIVING

if TYPE_CHECKING:
    from firsttry_tasks.selection.impact.changed_names import Names
    from firsttry_tasks.selection.impact.import_graph import Modules

#: Bases that leave the making of objects to the others.
_SILENT = frozenset({"object", "Generic", "Protocol", "ABC"})


class Makers:
    """Which functions of the repository make the objects of its classes."""

    def __init__(self, modules: Modules, names: Names) -> None:
        """Take the classes of these modules; ``names`` knows which take no notice of members."""
        self._modules = modules
        self._names = names
        self._found: dict[str, frozenset[str]] = {}
        self._reviving: dict[str, bool] = {}

    @cached_property
    def _bodies(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            (path, fragment.qualname)
            for path, fragments in self._modules.sources.items()
            for fragment in fragments
            if fragment.is_function_body and fragment.qualname.endswith(CONSTRUCTORS)
        )

    def revives(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a fragment may make objects without a constructor, as unpickling does."""
        if path not in self._reviving:
            fragments = self._modules.sources.get(path, ())
            loaded = {name.partition(".")[0] for it in fragments for name in it.uses.imports}
            self._reviving[path] = not REVIVING.isdisjoint(loaded)
        return self._reviving[path] or not REVIVING.isdisjoint(
            fragment.uses.names | fragment.uses.attrs
        )

    def of(self, name: str) -> frozenset[str]:
        """Return the functions of which one runs whenever an object of a class is made.

        Heirs included; nothing where an object may be made without any of them.
        """
        if name not in self._found:
            heirs = self._modules.lineage(name)
            sure = all(self._is_sure(heir, ()) for heir in heirs)
            self._found[name] = frozenset(self._all(heirs)) if sure else frozenset()
        return self._found[name]

    def _is_sure(self, name: str, above: tuple[str, ...]) -> bool:
        """Tell whether one of ours makes each object of just this class."""
        heads = self._modules.classes.get(name, ())
        for path, head in heads:
            if not self._names.plain(path, name):
                return False
            if not self._own(path, f"{head.qualname}.{name}".strip(".")):
                first = next((base for base in head.bases if base not in _SILENT), "")
                if first in above or not self._is_sure(first, (*above, name)):
                    return False
        return bool(heads)

    def _own(self, path: str, key: str) -> set[str]:
        return {key + end for end in CONSTRUCTORS if (path, key + end) in self._bodies}

    def _all(self, names: frozenset[str]) -> set[str]:
        """Return the constructors of these classes and of those that they inherit from."""
        seen, waiting = set(names), list(names)
        found: set[str] = set()
        while waiting:
            name = waiting.pop()
            for path, head in self._modules.classes.get(name, ()):
                found |= self._own(path, f"{head.qualname}.{name}".strip("."))
                waiting += set(head.bases) - seen
                seen.update(head.bases)
        return found
