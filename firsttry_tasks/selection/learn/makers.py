"""Finds by name who may use a thing of a module, and what ran that may have made it.

Names are followed as they are written: from a function to what it calls, from a module's variable
to what it is given.
"""

from __future__ import annotations

import functools
import itertools
from typing import TYPE_CHECKING, NamedTuple, TypeVar

from firsttry_tasks.model import recording
from firsttry_tasks.selection.evidence.bitsets import as_bits
from firsttry_tasks.selection.learn import trails
from firsttry_tasks.selection.learn.lineage import Lineage
from firsttry_tasks.selection.learn.trails import Thing
from firsttry_tasks.selection.syntax.fragment import MAGIC, own_name
from firsttry_tasks.selection.syntax.vocabulary import CALLED

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.syntax.fragment import Fragment

_T = TypeVar("_T")
#: What stands before the name of a library.
LIBRARY = recording.LIBRARY.removesuffix(":")


class _Parts(NamedTuple):
    """Units of a whole run around a thing: whoever of them ran may have made it."""

    users: frozenset[int]
    inside: frozenset[int]
    writing: frozenset[int]
    being: frozenset[int]
    #: Named by the statements that bind the thing.
    named: frozenset[int]


class Makers:
    """The functions that ran in a recorded run, by the names in them."""

    def __init__(
        self,
        units: Sequence[tuple[str, int]],
        files: Iterable[str],
        fragments: Callable[[str], tuple[Fragment, ...]],
    ) -> None:
        """Take the units, and all files whose statements may lead from one to another."""
        self._units = units
        self._files = {path: fragments(path) for path in sorted(files)}
        self._bodies = {
            number: self._files[path][fragment]
            for number, (path, fragment) in enumerate(units)
            if 0 <= fragment < len(self._files[path])
        }
        self._imported = functools.cache(self._having)
        #: What was found already: where functions lead to in one step, as bits.
        self._nexts: dict[int, int] = {}
        #: The same for what surrounds things, and for who hands something to a function.
        self._known: dict[tuple[str, Thing], _Parts] = {}
        self._giving: dict[int, frozenset[int]] = {}

    def thing(self, path: str, trail: str) -> Thing:
        """Return the names of a thing that the recorder calls ``trail``, in the file ``path``."""
        if path == LIBRARY:
            module, _, inside = trail.partition(recording.HOLDS)[0].partition(":")
            names = {inside.partition(".")[0], *self._imported(module.partition(".")[0])}
            return Thing(self._meant(names - {""}), frozenset())
        words, over = trails.words(trail, self._classes(path))
        spelled = {name for it in words[over + 1 :] for name in (it, trails.written(it))}
        return Thing(self._meant({words[over]}), frozenset(spelled))

    def near(self, path: str, trail: str) -> frozenset[int] | None:
        """Return the units that may have the class which a thing is a member of.

        Those that name it, and its own methods; None for what is no member of one.
        """
        words, over = trails.words(trail, self._classes(path))
        if not over:
            return None
        heads = {*words[:over]}
        bodies = (it for it in self._bodies.items() if self._units[it[0]][0] == path)
        methods = {unit for unit, it in bodies if not heads.isdisjoint(it.qualname.split("."))}
        return self.users(Thing(self._meant(heads), frozenset())) | methods

    def _having(self, top: str) -> frozenset[str]:
        """Return the names by which the project has something of a library."""
        # What a plugin or a test keeps there, fixtures find by their request.
        found = {top, "request"} if top == recording.CONFIG else {top}
        for one in itertools.chain.from_iterable(self._files.values()):
            if any(it.partition(".")[0] == top for it in one.uses.imports):
                found |= {own_name(one)} if one.is_function_body else one.binds
        return frozenset(found)

    def users(self, thing: Thing) -> frozenset[int]:
        """Return the units that may use a thing: that name it, or are it."""
        return self._naming(thing.names) | self._being(thing.names)

    def writers(self, path: str, trail: str) -> frozenset[int]:
        """Return the units that change what a trail ends at, by themselves."""
        last = trails.words(trail, self._classes(path))[0][-1]
        return frozenset(
            it for it in self._bodies if self._changes(it, {last, trails.written(last)})
        )

    def makers(
        self, path: str, thing: Thing, ran: AbstractSet[int], *, handed: bool = False
    ) -> set[int]:
        """Return which of the units that ``ran`` may have made what is in a thing now.

        One that is ``handed`` to tests, as a fixture's value is, has any name where it is used.
        """
        all_ = self._parts(path, thing)
        near = ran if handed else all_.users & ran
        every = near | all_.inside & ran
        # Who changes a thing has made what is in it. Only where nobody is seen to change it (a
        # library does, that was handed it) do all count that name it. A function that is wrapped
        # by what keeps its results fills it.
        start = (all_.writing & ran or every) | all_.being & ran
        # Where something behind the name does it, as a wrapper, who calls that hands it over.
        if start & near:
            start |= self._givers(start & near, ran)
        elif any(self._bodies[unit].takes for unit in start):
            start |= near
        return self._led((start | all_.named) & ran, ran)

    def possible(self, path: str, thing: Thing) -> frozenset[int]:
        """Return units of which whoever made what is in a thing ran at least one."""
        return frozenset().union(*self._parts(path, thing))

    def _parts(self, path: str, thing: Thing) -> _Parts:
        if (path, thing) not in self._known:
            users, inside = self.users(thing), self._naming(thing.inside)
            binding = (
                it
                for it in self._files.get(path, ())
                if not (it.is_function_body or it.binds.isdisjoint(thing.names))
            )
            self._known[path, thing] = _Parts(
                users,
                inside,
                frozenset(unit for unit in users | inside if self._writes(unit, thing.all)),
                frozenset(self._being(thing.names)),
                frozenset().union(*(self._named(_words(it)) for it in binding)),
            )
        return self._known[path, thing]

    def _led(self, start: AbstractSet[int], ran: AbstractSet[int]) -> set[int]:
        """Return these functions and those that they lead to by name, through what ``ran`` alone.

        What did not run has called nothing.
        """
        allowed, found = as_bits(ran), as_bits(start)
        waiting = found
        while waiting:
            unit = (waiting & -waiting).bit_length() - 1
            waiting &= waiting - 1
            fresh = self._next(unit) & allowed & ~found
            found |= fresh
            waiting |= fresh
        return {unit for unit in ran if found >> unit & 1}

    def _classes(self, path: str) -> set[str]:
        return {name for one in self._files.get(path, ()) if one.is_class for name in one.binds}

    def _meant(self, names: set[str]) -> frozenset[str]:
        """Return these names and those that modules give to what is made of them."""
        waiting = list(names)
        while waiting:
            fresh = self._made_of.get(waiting.pop(), set()) - names
            names |= fresh
            waiting += fresh
        return frozenset(names)

    @functools.cached_property
    def _made_of(self) -> dict[str, set[str]]:
        """Names in statements, each with the names that those statements bind."""
        every = self._statements()
        return _indexed((name, it) for one in every for it in one.binds for name in _words(one))

    @functools.cached_property
    def _values(self) -> dict[str, set[str]]:
        """Variables of modules, each with the names in what it is given."""
        found: dict[str, set[str]] = {}
        for one in self._statements():
            if not (one.qualname or one.uses.imports or one.decorated):
                for name in one.binds:
                    found.setdefault(name, set()).update(_words(one))
        return found

    def _statements(self) -> Iterator[Fragment]:
        for fragments in self._files.values():
            for one in fragments:
                if not (one.is_function_body or one.is_class or one.is_doc):
                    yield one

    def _naming(self, names: AbstractSet[str]) -> frozenset[int]:
        return frozenset().union(*(self._by_word.get(name, ()) for name in names))

    def _being(self, names: AbstractSet[str]) -> set[int]:
        return set().union(*(self._by_own_name.get(name, ()) for name in names))

    @functools.cached_property
    def _by_own_name(self) -> dict[str, set[int]]:
        return _indexed((own_name(body), unit) for unit, body in self._bodies.items())

    @functools.cached_property
    def _by_word(self) -> dict[str, set[int]]:
        bodies = self._bodies.items()
        return _indexed((it, unit) for unit, one in bodies for it in _words(one) | one.uses.sets)

    @functools.cached_property
    def _by_name(self) -> dict[str, set[int]]:
        """Functions by each part of their qualified names.

        A class leads to all its methods, and to those that it inherits and nobody has to name.
        """
        found: dict[str, set[int]] = {}
        for unit, body in self._bodies.items():
            # A function inside of a function is called by that one alone.
            for part in body.qualname.partition(".<locals>")[0].replace("#", ".").split("."):
                for name in self._lineage.reached_by(part, body):
                    found.setdefault(name, set()).add(unit)
        return found

    def _writes(self, unit: int, names: AbstractSet[str]) -> bool:
        """Tell whether a function may change what has one of these names, or lends it."""
        held = {name.lstrip("('") for name in self._bodies[unit].uses.held}
        return not names.isdisjoint(held) or self._changes(unit, names)

    def _changes(self, unit: int, names: AbstractSet[str]) -> bool:
        uses = self._bodies[unit].uses
        ends = {end.removesuffix(CALLED) for _, end in uses.writes}
        return not names.isdisjoint({*uses.sets, *ends, *(first for first, _ in uses.writes)})

    def _givers(self, units: AbstractSet[int], ran: AbstractSet[int]) -> set[int]:
        """Return those that hand something to these functions, and to those in turn."""
        found, waiting = set[int](), [*units]
        while waiting:
            fresh = (ran & self._asking(waiting.pop())) - found
            found |= fresh
            waiting += fresh
        return found

    def _asking(self, unit: int) -> frozenset[int]:
        """Return who may hand something to a function: whoever names it, where it takes it."""
        if unit not in self._giving:
            body = self._bodies[unit]
            name, magic = own_name(body), MAGIC.fullmatch(own_name(body))
            # Python calls a method with underscores itself, for whoever has the class.
            if magic:
                name = body.qualname.rpartition(".")[0].rpartition(".")[2]
            asked = body.takes or magic
            self._giving[unit] = self._naming({name}) if asked else frozenset()
        return self._giving[unit]

    def _next(self, unit: int) -> int:
        """Return what a function names, also in its variables, and who sets one that it names."""
        if unit not in self._nexts:
            body = self._bodies.get(unit)  # what is no function leads nowhere
            words: AbstractSet[str] = set()
            if body is not None:
                words = _words(body) | self._given((unit,)) | self._lineage.called_back(body)
            setting = (self._setting.get(word, ()) for word in words)
            self._nexts[unit] = as_bits(self._named(words).union(*setting))
        return self._nexts[unit]

    @functools.cached_property
    def _lineage(self) -> Lineage:
        return Lineage(self._files)

    @functools.cached_property
    def _setting(self) -> dict[str, set[int]]:
        """Functions by the variables of modules that they set or change."""
        firsts = {unit: {it for it, _ in one.uses.writes} for unit, one in self._bodies.items()}
        return _indexed((it, unit) for unit in firsts for it in firsts[unit] & self._values.keys())

    def _named(self, words: Iterable[str]) -> set[int]:
        plain = (word for word in words if not MAGIC.fullmatch(word))
        return set().union(*(self._by_name.get(word, ()) for word in plain))

    def _given(self, units: Iterable[int]) -> set[str]:
        """Return the names in what the variables are given that these functions name."""
        names = {name for unit in units for name in self._bodies[unit].uses.names}
        return set().union(*(self._values.get(name, ()) for name in names))


def _words(fragment: Fragment) -> frozenset[str]:
    return fragment.uses.names | fragment.uses.attrs


def _indexed(pairs: Iterable[tuple[str, _T]]) -> dict[str, set[_T]]:
    found: dict[str, set[_T]] = {}
    for name, it in pairs:
        found.setdefault(name, set()).add(it)
    return found
