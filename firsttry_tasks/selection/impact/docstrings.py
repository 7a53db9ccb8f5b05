"""Finds code that may read a changed docstring, or changed annotations of a function.

These are kept apart from other names because almost no code reads them: a change of one should
select only tests that do.
"""

from __future__ import annotations

import builtins
from functools import cached_property
from typing import TYPE_CHECKING

from firsttry_tasks.selection.evidence.mask_types import NO_ORIGINS, OriginMask
from firsttry_tasks.selection.impact.onlookers import Libraries
from firsttry_tasks.selection.learn.unread import are_unread
from firsttry_tasks.selection.syntax.fragment import own_name
from firsttry_tasks.selection.syntax.vocabulary import DOCS, HELP, TYPES

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.model.refinements import Refinement
    from firsttry_tasks.selection.impact.import_graph import ImportGraph
    from firsttry_tasks.selection.syntax.fragment import Fragment

#: `cmd.Cmd` shows the docstrings of the methods of its subclasses as help.
_SHOWING = "Cmd"
#: Ends the names of unittest's classes and of those built on them. They use a test's docstring as
#: its description and for nothing that a test could notice.
_SUITE = "TestCase"
#: What stands in a reason for what a library may do with an object.
GIVEN = "what a library is given"


class ChangedDocstrings:
    """Changed docstrings, and where they come from.

    Code reads a docstring of something that it holds: a function, a class, an instance.

    Four reserved bits stand for code that needs no name to get there. A test has ``looked`` if
    its code searches through the members of something. If it also depends on the origin of a
    changed docstring, it may have ``found`` the thing that the docstring belongs to. A test has
    ``tells`` if any of its code may look at what it is handed as a whole. Only then it may be
    ``told`` what code says that hands the thing on.
    """

    def __init__(
        self, modules: ImportGraph, looked: OriginMask, without: AbstractSet[Refinement]
    ) -> None:
        """Begin with nothing changed; ``looked`` and the three bits above it must be free."""
        self._without = without
        self.looked = looked
        self.found = looked << 1
        self.tells = looked << 2
        self.told = looked << 3
        #: Origins of what only code with ``tells`` notices in a thing: of all of it, of members
        #: that came.
        self.quiet = NO_ORIGINS
        self.came = NO_ORIGINS
        #: Ways to read what changed: docstrings, annotations, or both.
        self._ways: frozenset[str] = frozenset()
        #: Things that show such, by how code passes them on; names that hold such things.
        self.shown: set[str] = set()
        self.tainted: set[str] = set()
        #: How code holds a thing without calling it (see `Uses.held`) -> the docstring's origins.
        self.had: dict[str, OriginMask] = {}
        #: Functions with changed annotations by name, for code that reads such.
        self.typed: dict[str, OriginMask] = {}
        #: Origins of members with changed annotations, for code that may give a library an object.
        self.given = NO_ORIGINS
        self.origins = NO_ORIGINS
        #: Origins for code that reads docstrings, however it got hold of the thing.
        self.asked = NO_ORIGINS
        self._files: set[str] = set()
        self._modules = modules
        self._libraries = Libraries(modules)

    def change(self, path: str, bit: OriginMask, *, known: bool, of_types: bool) -> OriginMask:
        """Count a docstring of this file as changed, or annotations.

        Return the origins for code that reads docstrings. Only a thing that is ``known`` to code
        that never names it (pytest, holders of an instance) puts its own origin among them.
        """
        self._files.add(path)
        self._ways |= TYPES if of_types else DOCS | {HELP}
        self.origins |= bit
        self.asked |= self.found | (bit if known else NO_ORIGINS)
        return self.asked

    def hit(self, path: str, fragment: Fragment, but: AbstractSet[str]) -> tuple[OriginMask, str]:
        """Return the origins of changed docstrings that a fragment may read, and how.

        Names in ``but`` are left out.
        """
        mask, name = NO_ORIGINS, ""
        if self.quiet and (other := self.handed(path, fragment)):
            mask, name = self.told, other
        if self.had:
            # `help(x)` reads the docstring of whatever it is given, and nobody imports it.
            if HELP in fragment.uses.names - but:
                mask |= self.asked
                name = name or HELP
            if asks(fragment):
                named = (fragment.uses.names | fragment.uses.attrs) & self.typed.keys()
                for other in sorted(named):
                    mask |= self.typed[other]
                    name = name or other
                if self.looks(path, fragment):
                    mask |= self.origins
                    name = name or "any docstring"
        if self.given and self._libraries.are_given(path, fragment):
            mask |= self.given
            name = name or GIVEN
        return mask, name

    def handed(self, path: str, fragment: Fragment) -> str:
        """Return what a fragment has as a whole that says something else, "" for nothing."""
        uses = fragment.uses
        found = (
            *(uses.held & self.had.keys()),
            *(self._modules.meant(path, fragment) & self.shown),
            *((uses.names | uses.attrs) & self.tainted),
        )
        return min(found, default="")

    def hold(self, names: AbstractSet[str]) -> int:
        """Note that names stand for what holds such a thing; return how many are new."""
        before = len(self.tainted)
        self.tainted |= names
        return len(self.tainted) - before

    def may_tell(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a fragment may look at all that it gets hold of, or a library for it."""
        if not self.quiet:
            return False
        how = fragment.reflection
        looks = how.any_name or how.any_member or how.own_module or how.own_member or how.searched
        return (
            (looks and bool(self.came))
            or not self._ways.isdisjoint(fragment.uses.attrs | fragment.uses.names)
            or self._libraries.are_given(path, fragment)
        )

    def looks(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a fragment may search its way to a thing with a changed docstring."""
        if not self.origins:
            return False
        # The `__dict__` of an instance holds none of its class's functions, so asking for it is
        # no search unless the class is asked for. A class that is named counts as passed on.
        of_class = fragment.reflection.own_member or (
            fragment.reflection.any_member
            and ("type" in fragment.uses.names or "__class__" in fragment.uses.attrs)
        )
        return (
            fragment.reflection.any_name
            or bool(fragment.reflection.searched)
            or of_class
            or (fragment.reflection.own_module and path in self._files)
        )

    def finds(self, mask: OriginMask) -> OriginMask:
        """Return the bits of what a test that depends on ``mask`` may have found, or been told."""
        found = self.found if mask & self.looked and mask & self.origins else NO_ORIGINS
        return found | (self.told if mask & self.tells and mask & self.quiet else NO_ORIGINS)

    def is_code(self, path: str, fragment: Fragment) -> bool:
        """Tell whether what a definition says of itself counts as the definition.

        So it does where a decorator from elsewhere may read it. Code of the repository is seen.
        """
        one = "annotations" if fragment.of_types else "docstrings"
        if self.unread(path, fragment):
            return False
        # A plugin of pytest may go by the annotations of tests and fixtures.
        if one in self._without or (fragment.of_types and self._modules.has_tests(path)):
            return True
        found = self._modules.sources[path]
        heads = (found[it] for it in self._modules.definitions(path, fragment.qualname))
        return any(
            self._libraries.decorate(path, head, fragment) for head in heads if head.decorated
        )

    def unread(self, path: str, fragment: Fragment) -> bool:
        """Tell whether these are annotations for which nobody was seen to ask.

        pytest asks for those of tests and fixtures by itself: what it does there isn't looked into.
        """
        if not fragment.of_types or "annotations" in self._without or self._modules.has_tests(path):
            return False
        found = self._modules.sources[path]
        return are_unread(self._modules.recorded, path, found, fragment.qualname)

    def calls(self, path: str, fragment: Fragment, plain: Callable[..., bool]) -> bool:
        """Tell whether annotations that are evaluated may run code of a class or a library."""
        names = fragment.uses.annotations
        classes = names & self._modules.classes.keys()
        return self._libraries.is_strange(path, names) or any(
            not plain(path, name, mild=True) or name in self._indexed for name in classes
        )

    @cached_property
    def _indexed(self) -> frozenset[str]:
        """Classes that run code of their own where they stand before brackets."""
        found = (it.qualname for fragments in self._modules.sources.values() for it in fragments)
        end = ".__class_getitem__"
        return frozenset(
            name.removesuffix(end).rpartition(".")[2] for name in found if name.endswith(end)
        )

    def telling(self, path: str, fragment: Fragment) -> Iterator[str]:
        """Yield the classes around a docstring whose bases or decorators may read it."""
        around = holder(fragment)
        while around:
            above, _, name = around.rpartition(".")
            heads = self._modules.classes.get(name, ())
            # Classes are known by name; of one that is defined twice, each definition must be
            # harmless.
            if any(it == path and head.qualname == above for it, head in heads) and not all(
                self._ignores_docs(it, head, frozenset()) and not _shows(head, fragment)
                for it, head in heads
            ):
                yield around
            around = above

    def _ignores_docs(self, path: str, head: Fragment, above: frozenset[str]) -> bool:
        """Tell whether no base, decorator or metaclass can read a class's docstrings unseen.

        Code of the repository is seen, as its functions run; only libraries are unseen.
        """
        quiet = self._libraries.quiet(path)
        strange = self._modules.foreign(path) - quiet
        own = head.uses.names - quiet - strange - vars(builtins).keys()
        if _SHOWING in head.bases or (own and not head.reflection.undecorated_methods):
            return False
        if any(not name.endswith(_SUITE) for name in head.uses.names & strange):
            return False
        # If all names in the class's head are foreign and harmless, a base is one of them, under
        # whatever name (`typing.Generic`). Otherwise it has to be known by its own name.
        known = quiet | vars(builtins).keys()
        return all(
            self._base_ignores_docs(base, above, known if own else {base}) for base in head.bases
        )

    def _base_ignores_docs(
        self, name: str, above: frozenset[str], harmless: AbstractSet[str]
    ) -> bool:
        """Tell whether a base, of the repository or ``harmless``, can't read docstrings unseen."""
        heads = self._modules.classes.get(name)
        if heads is None:
            return name in harmless or name.endswith(_SUITE)
        # Classes of one name in two files can look like a circle of bases.
        return name in above or all(
            self._ignores_docs(place, base, above | {name}) for place, base in heads
        )


def holder(fragment: Fragment) -> str:
    """Return the class that a docstring, or the member it describes, belongs to; "" for none."""
    return fragment.qualname if fragment.is_class else fragment.qualname.rpartition(".")[0]


def _shows(head: Fragment, fragment: Fragment) -> bool:
    """Tell whether a class says in its docstring which arguments make it, as dataclasses do."""
    made = fragment.of_types and own_name(fragment) == "__init__"
    return made and "dataclass" in head.uses.names | head.uses.attrs


def asks(fragment: Fragment) -> bool:
    """Tell whether a fragment reads docstrings or annotations of anything."""
    return HELP in fragment.uses.names or not (DOCS | TYPES).isdisjoint(
        fragment.uses.attrs | fragment.uses.names
    )
