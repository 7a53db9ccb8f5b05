"""Holds the changed names with their origins, and finds the fragments that refer to them."""

from collections.abc import Iterable
from collections.abc import Set as AbstractSet
from functools import cached_property
from typing import Literal

from firsttry_tasks.model.refinements import Refinement
from firsttry_tasks.selection.evidence.mask_types import (
    NO_MODULES,
    NO_ORIGINS,
    ModuleMask,
    OriginMask,
)
from firsttry_tasks.selection.impact.docstrings import GIVEN, ChangedDocstrings, holder
from firsttry_tasks.selection.impact.import_graph import ImportGraph
from firsttry_tasks.selection.impact.onlookers import PlainClasses
from firsttry_tasks.selection.impact.side_effects import hides_tests
from firsttry_tasks.selection.syntax.fragment import Fragment, own_name
from firsttry_tasks.selection.syntax.string_names import MADE, PASSED, QUOTED, patterns
from firsttry_tasks.selection.syntax.vocabulary import CALLED, DOCS, HELP, TYPES

#: How a name changed: nobody asks for it yet, or it is in what a module made for itself.
How = Literal["", "quiet", "own"]


class ChangedNames:
    """Changed names, each with the modules and followed classes that it comes from."""

    def __init__(
        self, modules: ImportGraph, looked: OriginMask, without: AbstractSet[Refinement]
    ) -> None:
        """Begin with nothing changed, and ``without`` some refinements.

        ``looked`` and the bit above it must be free.
        """
        self.modules = modules
        self.without = without
        #: File, or ``file:class`` -> names that changed in that namespace, for the code in it.
        self.bare: dict[str, set[str]] = {}
        #: Name -> its origins, for code that has it behind a dot or imports it.
        self.attrs: dict[str, OriginMask] = {}
        #: The same, without what an import was seen to write into nothing but what it made.
        self.told: dict[str, OriginMask] = {}
        #: Module or class with a changed member -> origins, for code that passes it on.
        self.opened: dict[str, OriginMask] = {}
        self.docs = ChangedDocstrings(modules, looked, without)
        self.plain = PlainClasses(modules)
        #: Name that modules bind no more -> the modules that have lost it.
        self._gone: dict[str, ModuleMask] = {}
        #: All origins; those among them of names and not of docstrings; those of members.
        self.origins = NO_ORIGINS
        self.values = NO_ORIGINS
        self.members = NO_ORIGINS
        #: Last name of a class -> origins of its members.
        self._by_class: dict[str, OriginMask] = {}
        #: Where any name changed.
        self.files: set[str] = set()
        #: Name -> the change that it comes from.
        self.why: dict[str, str] = {}
        #: How often something was added.
        self.grown = 0

    def bind(
        self, path: str, scope: str, name: str, why: str, bit: OriginMask, how: How = ""
    ) -> None:
        """Count a name as changed: of a module (``scope`` is ""), or a member of a class.

        ``bit`` is its origin, ``why`` the change that it comes from. What is "quiet" no code asks
        for by name; what is a module's "own" nobody has who does not name that.
        """
        self.files.add(path)
        at_home = self.bare.setdefault(f"{path}:{scope}" if scope else path, set())
        self.grown += name not in at_home
        at_home.add(name)
        self.origins |= bit
        self.values |= bit
        # A member isn't visible under its bare name, not even in the module of its class.
        if scope:
            self.members |= bit
            last = scope.rpartition(".")[2]
            self._by_class[last] = self._by_class.get(last, NO_ORIGINS) | bit
        self.why.setdefault(name, _because(path, f"{scope}.{name}".lstrip("."), why))
        holders = self.modules.holders(path, scope)
        holders |= {MADE + it for it in holders} if scope else set()
        if how == "quiet":
            self.docs.came |= bit
            self.show(holders, bit, self.why[name])
        else:
            self._add(self.opened, holders, bit, self.why[name])
        for masks in (self.attrs, *(() if how == "own" else (self.told,))):
            self._add(masks, (name, *patterns(name)), bit, self.why[name])

    def lose(self, path: str, name: str) -> None:
        """Note that a module no longer binds a name."""
        self._gone[name] = self._gone.get(name, NO_MODULES) | self.modules.bit[path]

    def lost(self, fragment: Fragment, reach: OriginMask) -> bool:
        """Tell whether a statement imports a name that a module in ``reach`` has lost."""
        return any(self._gone.get(name, NO_MODULES) & reach for name in fragment.uses.attrs)

    def document(
        self, path: str, fragment: Fragment, why: str, bit: OriginMask, *, known: bool
    ) -> None:
        """Count what a definition says of itself as changed, for code that holds the thing.

        If the thing is ``known`` to code that never names it (pytest, code that is given an
        instance), such code can read the docstring too.
        """
        what = "__annotations__" if fragment.of_types else "__doc__"
        why = _because(path, f"{fragment.qualname}.{what}", why)
        self.files.add(path)
        asked = self.docs.change(path, bit, known=known, of_types=fragment.of_types)
        self.origins |= bit | self.docs.found | self.docs.told
        name, around = own_name(fragment), holder(fragment)
        if fragment.of_types:
            self._add(self.docs.typed, {name}, bit, why)
            self.docs.given |= bit if around else NO_ORIGINS
            self.why.setdefault(GIVEN, why)
        holders = self.modules.holders(path, around)
        # Code that passes on the module can reach any function in it; code that passes on a
        # class is dealt with by the class's bit. A string may name either to a library.
        spelled = {it for it in holders if it.startswith(QUOTED)}
        self.show({name, *(spelled if around else holders)}, bit, why)
        given = {PASSED + it for it in holders} if around else set()
        self._add(self.docs.had, {*fragment.uses.held, *patterns(name), *given}, bit, why)
        self._add(self.attrs, TYPES if fragment.of_types else DOCS, asked, why)
        self.why.setdefault(HELP, why)

    def show(self, things: Iterable[str], bit: OriginMask, why: str) -> None:
        """Let those who pass these on concern tests that may look at all they are handed."""
        docs, found = self.docs, set(things)
        self.grown += len(found - docs.shown) + (docs.quiet | bit != docs.quiet)
        docs.quiet |= bit
        docs.shown |= found
        for name in found:
            self.why.setdefault(name, why)

    def hold(self, names: AbstractSet[str]) -> None:
        """Note that names stand for what holds a thing that says something else."""
        self.grown += self.docs.hold(names)

    def _add(
        self, masks: dict[str, OriginMask], names: Iterable[str], bit: OriginMask, why: str
    ) -> None:
        for name in names:
            before = masks.get(name, NO_ORIGINS)
            # Propagation goes on as long as this number grows, so only what is new may count.
            self.grown += before | bit != before
            masks[name] = before | bit
            self.why.setdefault(name, why)

    def hit(
        self, path: str, fragment: Fragment, but: frozenset[str] = frozenset()
    ) -> tuple[OriginMask, str]:
        """Return the origins of the changed names that a fragment refers to, and one of the names.

        Names in ``but`` are left out. The mask is empty if the fragment refers to none.
        """
        # The least of several names, where it costs little: a set has another order each time.
        mask, name = NO_ORIGINS, ""
        own: AbstractSet[str] = self.bare.get(path, frozenset())
        if not fragment.is_function_body:  # a class's body sees the names that it has bound
            own = own | self.bare.get(f"{path}:{fragment.qualname}", frozenset())
        if own and not own.isdisjoint(fragment.uses.names - but):
            name = min(own & (fragment.uses.names - but))
            mask |= self.modules.bit.get(path, NO_MODULES)
        # A name behind a dot may be that of any module or class, so all origins of it count. The
        # caller asks which of them the test depends on.
        asked = (fragment.uses.attrs & self.attrs.keys()) - but
        for other in sorted(asked - self._elsewhere(path, fragment, asked)):
            mask |= self.attrs[other]
            name = name or other
        # What is passed on as a whole may be searched by a library, which no fragment shows.
        for other in sorted(self.modules.meant(path, fragment) & self.opened.keys()):
            mask |= self.opened[other]
            name = name or other
        for other in sorted(self._hints(path, fragment) & (own | self.attrs.keys())):
            mask |= self.attrs.get(other, NO_ORIGINS)
            name = name or other
        if fragment.reflection.own_module and own:
            mask |= self.modules.bit.get(path, NO_MODULES)
            name = name or min(own)
        if self.values and self._looks_anywhere(path, fragment):
            mask |= self.values
            name = name or "any name"
        if fragment.reflection.any_member and self.members:
            mask |= self.members
            name = name or "any member"
        if fragment.reflection.own_member and self._by_class:
            mask |= self._mine(fragment)
            name = name or "any member"
        docs, how = self.docs.hit(path, fragment, but)
        return mask | docs, name or how

    def typed(self, path: str, fragment: Fragment) -> tuple[OriginMask, str]:
        """Return the origins of the changed names in annotations of a function, and one name."""
        mask, named = NO_ORIGINS, fragment.uses.annotations
        name = min(named & self.bare.get(path, set()), default="")
        if name:
            mask |= self.modules.bit.get(path, NO_MODULES)
        # Of a method they may name another member of its class.
        asked = (fragment.uses.attrs | (named if holder(fragment) else set())) & self.attrs.keys()
        for other in sorted(asked - self._elsewhere(path, fragment, asked)):
            mask |= self.attrs[other]
            name = name or other
        return mask, name

    def _looks_anywhere(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a fragment may refer to any name at all."""
        how = fragment.reflection
        inside = how.any_member or how.own_member or how.own_module or how.searched
        if how.any_name or (inside and "reflection" in self.without):
            return True
        # What is imported from outside has no names of the repository, unless code gives it some.
        outside = how.searched <= self.modules.foreign(path)
        return not outside or bool(how.searched and self._lent & self.attrs.keys())

    def _elsewhere(self, path: str, fragment: Fragment, asked: Iterable[str]) -> set[str]:
        """Return which of these attributes a fragment has of what it imports from outside alone.

        ``etree.__version__`` is no name of the repository, unless code of it gives etree that.
        """
        if "outside-names" in self.without:
            return set()
        found = {name for name in asked if name not in self._given}
        behind = {attr: set[str]() for attr in found}
        for name, attr in fragment.uses.behind:
            if attr in behind:
                behind[attr].add(name)
        outside = self.modules.foreign(path)
        return {attr for attr, names in behind.items() if names and names <= outside}

    @cached_property
    def _given(self) -> frozenset[str]:
        """Names of attributes that code gives a value, of whatever object."""
        return frozenset().union(
            *(it.uses.sets for fragments in self.modules.sources.values() for it in fragments)
        )

    @cached_property
    def _lent(self) -> frozenset[str]:
        """Names that code gives to something that it imports from outside."""
        return frozenset(
            end.removesuffix(CALLED)
            for path, fragments in self.modules.sources.items()
            for it in fragments
            for first, end in it.uses.writes
            if first in self.modules.foreign(path)
        )

    def _mine(self, fragment: Fragment) -> OriginMask:
        """Return the origins of the members that the object of a method may have."""
        own = fragment.qualname.partition(".<locals>")[0].rpartition(".")[0].rpartition(".")[2]
        # Of a class that inherits from both it has the members of both.
        heirs = self.modules.lineage(own)
        found = NO_ORIGINS
        for name, bit in self._by_class.items():
            if not own or not heirs.isdisjoint(self.modules.lineage(name)):
                found |= bit
        return found

    def lists(self, source: str, name: str) -> bool:
        """Tell whether ``from source import *`` takes a name along."""
        known = self.modules.exports(source)
        return name == "__all__" or (name in known if known else not name.startswith("_"))

    def unnoticed(self, path: str, fragment: Fragment) -> bool:
        """Tell whether a change of a class's member is noticed only by code that names it."""
        how, of, members = fragment.reflection, fragment.qualname, fragment.binds
        if "members" in self.without or hides_tests(self.modules, path, members):
            return False
        return (how.plain_class and self.plain.is_plain(path, of, members=members)) or (
            how.undecorated_methods and self.plain.is_plain(path, of, mild=True, members=members)
        )

    def _hints(self, path: str, fragment: Fragment) -> frozenset[str]:
        """Return the names in annotations that code may look at while the program runs."""
        # A dataclass searches the annotations of its fields for ClassVar and InitVar alone, so
        # the classes of the repository in them don't matter to it.
        if not fragment.uses.annotations:
            return fragment.uses.annotations
        if fragment.is_class:
            known = all(self.plain.is_plain(path, name, mild=True) for name in fragment.binds)
            return frozenset() if known else fragment.uses.annotations
        if not fragment.qualname or (
            fragment.reflection.plain_class and self.plain.is_plain(path, fragment.qualname)
        ):
            return frozenset()
        if self.plain.is_plain(path, fragment.qualname, mild=True) and self.plain.is_standard(path):
            return fragment.uses.annotations - self.modules.classes.keys()
        return fragment.uses.annotations


def _because(path: str, name: str, why: str) -> str:
    """Return the sentence for a changed name: it changed itself, or what it is made from did."""
    if why == f"{path} changed":
        return f"{path}::{name} changed"
    # However long the way from the edit was: its beginning is what a person can look up.
    return f"{path}::{name} may be another, since {why.rpartition(' since ')[2]}"
