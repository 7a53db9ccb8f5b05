"""Tells whether code can hold an instance of a changed class, by the constructors that ran."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_ORIGINS, OriginMask
from firsttry_tasks.selection.syntax.fragment import CONSTRUCTORS, Fragment
from firsttry_tasks.selection.syntax.vocabulary import REVIVING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.selection.impact.changed_names import ChangedNames
    from firsttry_tasks.selection.impact.import_graph import ImportGraph

#: Bases without a constructor of their own: that of the next base runs.
_SILENT = frozenset({"object", "Generic", "Protocol", "ABC"})


class Constructors:
    """The functions of the repository that construct instances of its classes."""

    def __init__(self, modules: ImportGraph, names: ChangedNames, *, sure: bool) -> None:
        """Take the classes of these modules; ``names`` knows which classes are plain.

        Unless ``sure``, no constructor counts as a proof.
        """
        self._told = sure
        self._modules = modules
        self._names = names
        self._found: dict[str, frozenset[str]] = {}
        self._reviving: dict[str, bool] = {}

    def having(
        self, path: str, fragment: Fragment, changed: Iterable[tuple[str, OriginMask, ChangedNames]]
    ) -> OriginMask:
        """Return the bits of the changed classes of which a fragment can hold an instance.

        ``changed`` holds the name of each class, its bit, and the names that would change if the
        class itself were another one.
        """
        parts = set(fragment.qualname.split(".")) if fragment.is_function_body else set()
        revives = self.revives(path, fragment)
        found = NO_ORIGINS
        for name, bit, names in changed:
            makers = self.of(name)
            lineage = self._modules.lineage(name)
            # Code that only calls a class gets an instance whose constructor is seen to run. So
            # the call itself says nothing.
            calls = fragment.uses.called_only & lineage if makers else frozenset()
            if (
                fragment.qualname in makers
                or revives
                or not parts.isdisjoint(lineage)
                or names.hit(path, fragment, calls)[0]
            ):
                found |= bit
        return found

    @cached_property
    def _bodies(self) -> frozenset[tuple[str, str]]:
        return frozenset(
            (path, fragment.qualname)
            for path, fragments in self._modules.sources.items()
            for fragment in fragments
            if fragment.is_function_body and fragment.qualname.endswith(CONSTRUCTORS)
        )

    def revives(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a fragment may make instances without a constructor, as unpickling does."""
        # Any function of a file that imports pickle may use it, under whatever local name.
        if path not in self._reviving:
            fragments = self._modules.sources.get(path, ())
            loaded = {name.partition(".")[0] for it in fragments for name in it.uses.imports}
            self._reviving[path] = not REVIVING.isdisjoint(loaded)
        return self._reviving[path] or not REVIVING.isdisjoint(
            fragment.uses.names | fragment.uses.attrs
        )

    def of(self, name: str) -> frozenset[str]:
        """Return the functions of which one runs whenever an instance of a class is made.

        Instances of subclasses count too. The set is empty if an instance may be made without
        running any function of the repository.
        """
        if name not in self._found:
            heirs = self._modules.lineage(name)
            # All or nothing: one subclass that can be made unseen makes silence no proof.
            sure = self._told and all(self._is_sure(heir, ()) for heir in heirs)
            self._found[name] = frozenset(self._all(heirs)) if sure else frozenset()
        return self._found[name]

    def _is_sure(self, name: str, above: tuple[str, ...]) -> bool:
        """Tell whether a constructor of the repository makes each instance of just this class."""
        heads = self._modules.classes.get(name, ())
        for path, head in heads:
            # A metaclass, a decorator or a base from elsewhere may make instances in other ways.
            if not self._names.plain(path, name):
                return False
            if not self._own(path, f"{head.qualname}.{name}".strip(".")):
                # Python looks for a constructor in the first base before all others. A circle can
                # only come from classes of one name in several files: then nothing is known.
                first = next((base for base in head.bases if base not in _SILENT), "")
                if first in above or not self._is_sure(first, (*above, name)):
                    return False
        return bool(heads)

    def _own(self, path: str, key: str) -> set[str]:
        """Return the constructors that a class defines itself."""
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
