"""Docstrings that changed, and who may have what they belong to."""

from __future__ import annotations

import builtins
import sys
from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_ORIGINS, OriginMask
from firsttry_tasks.selection.syntax.vocabulary import DOCS, HELP

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.impact.import_graph import Modules
    from firsttry_tasks.selection.syntax.fragment import Fragment

#: A class of the standard library that shows the docstrings of its heirs.
_SHOWING = "Cmd"
#: Modules that otherwise look at no docstring.
_QUIET = sys.stdlib_module_names | {"attr", "attrs", "typing_extensions"}
#: Ends the names of classes that take a docstring for what a test is called, at most.
_SUITE = "TestCase"


class Docs:
    """Changed docstrings: who reads one has got the function, or an object of the class.

    ``had`` maps how code has it, without calling it, to a mask of origins (see `Fragment.free`).
    ``looked`` is the bit of who looked through all members of something: where he rests on an
    origin, too, he may have ``found`` what has a changed docstring.
    """

    def __init__(self, modules: Modules, looked: OriginMask) -> None:
        """Begin with nothing changed; neither ``looked`` nor the bit above it has a meaning yet."""
        self.looked = looked
        self.found = looked << 1
        self.had: dict[str, OriginMask] = {}
        self.origins = NO_ORIGINS
        self.asked = NO_ORIGINS  # of who asks for docstrings, however he has what they belong to
        self._files: set[str] = set()
        self._modules = modules
        self._quiet: dict[str, frozenset[str]] = {}

    def change(self, path: str, bit: OriginMask, *, known: bool) -> OriginMask:
        """Count a docstring of this file as changed; return the origins for who asks for any."""
        self._files.add(path)
        self.origins |= bit
        self.asked |= self.found | (bit if known else NO_ORIGINS)
        return self.asked

    def hit(self, path: str, fragment: Fragment, but: AbstractSet[str]) -> tuple[OriginMask, str]:
        """Return the origins of changed docstrings that a fragment asks for by itself, and how."""
        mask, name = NO_ORIGINS, ""
        if self.had:
            for other in sorted(fragment.uses.held & self.had.keys()):
                mask |= self.had[other]
                name = name or other
            if HELP in fragment.uses.names - but:
                mask |= self.asked
                name = name or HELP
            if self.looks(path, fragment) and asks(fragment):
                mask |= self.origins
                name = name or "any docstring"
        return mask, name

    def looks(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a fragment may get at anything that has a changed docstring.

        The ``__dict__`` of an object holds none of its class's functions; a module or class that
        a fragment names itself counts as handed on.
        """
        if not self.origins:
            return False
        of_class = fragment.reflection.any_member and (
            "type" in fragment.uses.names or "__class__" in fragment.uses.attrs
        )
        return (
            fragment.reflection.any_name
            or of_class
            or (fragment.reflection.own_module and path in self._files)
        )

    def finds(self, mask: OriginMask) -> OriginMask:
        """Return the bit of who may have found something, for a test that rests on ``mask``."""
        return self.found if mask & self.looked and mask & self.origins else NO_ORIGINS

    def telling(self, path: str, fragment: Fragment) -> Iterator[str]:
        """Return the classes around a docstring whose bases or decorators may ask for it."""
        around = holder(fragment)
        while around:
            above, _, name = around.rpartition(".")
            heads = self._modules.classes.get(name, ())
            if any(it == path and head.qualname == above for it, head in heads) and not all(
                self._silent(it, head, frozenset()) for it, head in heads
            ):
                yield around
            around = above

    def _silent(self, path: str, head: Fragment, above: frozenset[str]) -> bool:
        """Tell whether nothing that a class is made with can ask for its docstrings unseen."""
        quiet = self._quiet_names(path)
        strange = self._modules.foreign(path) - quiet
        own = head.uses.names - quiet - strange - vars(builtins).keys()
        if _SHOWING in head.bases or (own and not head.reflection.undecorated_methods):
            return False
        if any(not name.endswith(_SUITE) for name in head.uses.names & strange):
            return False
        told = quiet | vars(builtins).keys()  # of what else a module of theirs has, no own name
        return all(self._silent_base(base, above, told if own else {base}) for base in head.bases)

    def _silent_base(self, name: str, above: frozenset[str], told: AbstractSet[str]) -> bool:
        """Tell whether a base, known or ``told`` of, can't ask for docstrings unseen."""
        known = self._modules.classes.get(name)
        if known is None:
            return name in told or name.endswith(_SUITE)
        return name in above or all(
            self._silent(place, base, above | {name}) for place, base in known
        )

    def _quiet_names(self, path: str) -> frozenset[str]:
        """Return the names that a file imports from modules that look at no docstring."""
        if path not in self._quiet:
            found: set[str] = set()
            for fragment in self._modules.sources.get(path, ()):
                tops = {name.partition(".")[0] for name in fragment.uses.imports}
                if tops and not fragment.is_function_body and tops <= _QUIET:
                    found |= fragment.binds
            self._quiet[path] = frozenset(found) & self._modules.foreign(path)
        return self._quiet[path]


def holder(fragment: Fragment) -> str:
    """Return the class that a docstring is of, or of a member of which it is; "" for none."""
    return fragment.qualname if fragment.is_class else fragment.qualname.rpartition(".")[0]


def asks(fragment: Fragment) -> bool:
    """Tell whether a fragment reads docstrings."""
    return HELP in fragment.uses.names or not DOCS.isdisjoint(
        fragment.uses.attrs | fragment.uses.names
    )
