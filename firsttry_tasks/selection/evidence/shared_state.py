"""Connects tests with code that ran in another test and left something that they use.

A function that keeps its result (a cache, a lazy singleton, a module's variable) runs in full for
one test only. Every test that may be given the result has to rest on what the function ran, or a
change there would select only the test that happened to come first. If the recorder saw what
the function ran (a scope of kind cache), that is taken. Otherwise it is guessed: of all code
that ran in the calling tests, what the function leads to by name.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.selection.evidence import written_files
from firsttry_tasks.selection.evidence.bitsets import bits, masks
from firsttry_tasks.selection.evidence.call_graph import CallGraph
from firsttry_tasks.selection.evidence.callbacks import Callbacks
from firsttry_tasks.selection.evidence.escape_analysis import EscapeAnalysis
from firsttry_tasks.selection.evidence.mask_types import NO_TESTS, TestMask
from firsttry_tasks.selection.evidence.scope_list import Scopes
from firsttry_tasks.selection.syntax.fragment import CONSTRUCTORS, own_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.evidence.recorded_run import RecordedTest, Scope
    from firsttry_tasks.selection.syntax.fragment import Fragment

Unit = tuple[str, int]

#: Kind of a scope for kept things that other functions may have made and handed in.
GIVEN = "given"

#: Kinds of observations that the content of a kept result can depend on. The others are about a
#: whole test ("text", "untraceable") or a library's doing.
_TELLING = frozenset({"read", "list", "probed", "env", "outside", "module"})
#: What is made once runs in one test; what every call does runs in all. Code counts as making a
#: kept thing if it ran in at most one of so many of the tests that ask for the thing: some make it
#: anew, because they cleared it or ran in another process. A smaller number takes ordinary code
#: for a maker and selects more tests, a larger one overlooks makers in small suites. The figure
#: is a judgement; no measurement of it is on record.
_RARE = 20


class SharedState:
    """Adds scopes for kept results and written files to the tests of one recorded run."""

    def __init__(
        self,
        units: Sequence[Unit],
        observations: Sequence[tuple[str, str]],
        scopes: Sequence[Scope],
        fragments: Callable[[str], tuple[Fragment, ...]],
        caches: Mapping[int, Iterable[int]],
        private: AbstractSet[tuple[str, str]] = frozenset(),
    ) -> None:
        """Take what one run recorded.

        ``fragments`` returns the fragments of a file. ``caches`` maps the unit of a cached
        function to the scopes of its calls. ``private`` are classes, by file and name, whose
        instances never survive a test.
        """
        self.observations = observations
        self.sources = fragments
        # If a cached function ran in another thread, what it ran couldn't be told from what else
        # was running. There it is guessed, as where nothing was recorded.
        self.caches = {
            unit: numbers
            for unit, numbers in caches.items()
            if not any(
                observations[n] == ("unordered-cache", "")
                for at in numbers
                for n in scopes[at].observations
            )
        }
        self.scopes = Scopes(scopes, fragments)
        self.fragments = {
            number: fragments(path)[fragment]
            for number, (path, fragment) in enumerate(units)
            if 0 <= fragment < len(fragments(path))
        }
        files = {path for path, _ in units} | {it.name for it in scopes if it.kind == "import"}
        every = {path: fragments(path) for path in sorted(files)}
        paths = {number: units[number][0] for number in self.fragments}
        known = EscapeAnalysis(private, every)
        self._private = {
            n for n, fragment in self.fragments.items() if known.keeps(paths[n], fragment)
        }
        self._calls = CallGraph(self.fragments, paths, every.values())
        self._works: dict[int, int] = {}
        self._givers = Callbacks(self.fragments, self._calls.places, every)

    def tests(self, tests: Iterable[RecordedTest]) -> tuple[RecordedTest, ...]:
        """Return the tests, each with the scopes of what it shares with others."""
        held = tuple(tests)
        more: dict[str, set[int]] = {test.nodeid: set() for test in held}
        self._kept(held, more)
        written_files.connect(held, self.observations, self.scopes, more)
        return tuple(
            msgspec.structs.replace(test, scopes=(*test.scopes, *sorted(more[test.nodeid])))
            if more[test.nodeid]
            else test
            for test in held
        )

    def _kept(self, tests: Sequence[RecordedTest], more: Mapping[str, set[int]]) -> None:
        """Add to ``more`` the scopes of kept results, by the node ids of tests that get them."""
        keepers = {
            n: fragment
            for n, fragment in self.fragments.items()
            if fragment.is_function_body and fragment.memo.keeps_results and n not in self._private
        }
        given = tuple(self._givers.statements())
        if not keepers and not given:
            return
        ran = [set(test.ran()) for test in tests]
        by_unit, by_observation = masks(ran), masks([test.observations for test in tests])
        for number, fragment in keepers.items():
            callers = by_unit.get(number, NO_TESTS)
            if fragment.memo.by_decorator:
                made = (tests[at] for at in bits(callers))
                names = {own_name(fragment)}
                asking = {number} | self._calls.asking(names)
                self._asked(asking, names, self._caches(number, made), tests, by_unit, more)
                continue
            # The recording is in the order in which tests ran: the first test that asks for a
            # thing is the one that makes it.
            first = next(bits(callers), None)
            if first is None:
                continue
            units, observations = self._made_once(
                fragment, callers, ran[first], tests[first].observations, by_unit, by_observation
            )
            takers = self._takers(number, fragment, by_unit)
            kind = GIVEN if fragment.memo.keeps_given else "kept"
            # Without any of these the scope would say nothing that the callers don't say.
            if units or observations or takers & ~callers:
                scope = self.scopes.add(kind, fragment.qualname, {number, *units}, observations)
                for at in bits(callers | takers):
                    more[tests[at].nodeid].add(scope)
            self._made(number, callers | takers, tests, by_unit, by_observation, more)
        for known, makers in given:
            asking = self._calls.asking(known)
            for maker in makers:
                scopes = {self._work(maker, by_unit.get(maker, NO_TESTS), tests, by_observation)}
                self._asked(asking, known, scopes, tests, by_unit, more)

    def _made_once(
        self,
        fragment: Fragment,
        callers: TestMask,
        ran: AbstractSet[int],
        seen: Iterable[int],
        by_unit: Mapping[int, TestMask],
        by_observation: Mapping[int, TestMask],
    ) -> tuple[set[int], set[int]]:
        """Return the units and observations that may have made what a function keeps.

        They are among what the first calling test ``ran`` and has ``seen``.
        """
        # What is made once runs in the first test that asks for it, and in few others.
        most = max(1, callers.bit_count() // _RARE)
        reach = self._calls.reach(
            fragment.memo.lazy_names or fragment.uses.names | fragment.uses.attrs
        )
        # A constructor counts even if many tests run it: the kept thing may be an instance of its
        # class, and changed attributes are looked for by the constructors that ran.
        units = {
            n
            for n in ran & reach
            if (by_unit[n] & callers).bit_count() <= most
            or self.fragments[n].qualname.endswith(CONSTRUCTORS)
        }
        telling = (n for n in seen if self.observations[n][0] in _TELLING)
        return units, {n for n in telling if (by_observation[n] & callers).bit_count() <= most}

    def _made(
        self,
        number: int,
        askers: TestMask,
        tests: Sequence[RecordedTest],
        by_unit: Mapping[int, TestMask],
        by_observation: Mapping[int, TestMask],
        more: Mapping[str, set[int]],
    ) -> None:
        """Let tests that get a kept thing rest on the functions that may have made it.

        A test that ran such a function itself rests on it anyway.
        """
        # A constructor keeps things for its new instance alone.
        if self.fragments[number].qualname.endswith(CONSTRUCTORS):
            return
        for maker in self._makers(number, by_unit):
            lacking = askers & ~by_unit.get(maker, NO_TESTS)
            if lacking:
                scope = self._work(maker, by_unit.get(maker, NO_TESTS), tests, by_observation)
                for at in bits(lacking):
                    more[tests[at].nodeid].add(scope)

    def _work(
        self,
        maker: int,
        runners: TestMask,
        tests: Sequence[RecordedTest],
        by_observation: Mapping[int, TestMask],
    ) -> int:
        """Return the scope of what a function does, by the names in it; make it if need be."""
        # One scope for all keepers that the function works for.
        if maker not in self._works:
            units = self._calls.work(maker)
            most = max(1, runners.bit_count() // _RARE)
            # Only a function that may look at files or variables can have made an observation.
            # One that most of its tests made belongs to the tests and not to the function.
            observations = {
                observation
                for at in bits(runners if self._calls.looks(units) else NO_TESTS)
                for observation in tests[at].observations
                if self.observations[observation][0] in _TELLING
                and (by_observation[observation] & runners).bit_count() <= most
            }
            self._works[maker] = self.scopes.add(
                "kept", self.fragments[maker].qualname, units, observations
            )
        return self._works[maker]

    def _takers(self, number: int, fragment: Fragment, by_unit: Mapping[int, TestMask]) -> TestMask:
        """Return the tests that may take what a function keeps without calling it.

        ``self._code or self._make_code()`` calls it only if it was never called before.
        """
        takers = NO_TESTS
        for other in self._calls.asking(fragment.memo.kept_in):
            if other != number and self.fragments[other].is_function_body:
                takers |= by_unit.get(other, NO_TESTS)
        return takers

    def _caches(self, number: int, made: Iterable[RecordedTest]) -> set[int]:
        """Return the scopes that hold what a cached function did, itself included."""
        # If its calls were recorded, the scopes hold what it called, but not the function.
        known = set(self.caches.get(number, ()))
        for at in known:
            self.scopes.include(at, number)
        if known:
            return known
        reach = self._calls.reach(
            self.fragments[number].uses.names | self.fragments[number].uses.attrs
        )
        # Nothing tells which test filled which key of the cache, so here all that made it count,
        # and no limit of rareness.
        looks = self._calls.looks({number, *reach})
        units, observations = {number}, set()
        for test in made:
            units |= reach.intersection(test.ran())
            observations |= {
                n for n in test.observations if looks and self.observations[n][0] in _TELLING
            }
        # Statements may have filled it while modules were imported.
        for scope in self.scopes.all:
            asked = {place for place, unit in scope.lines if unit == number}
            units |= {unit for place, unit in scope.lines if place in asked and unit in reach}
        return {self.scopes.add("kept", self.fragments[number].qualname, units, observations)}

    def _asked(
        self,
        asking: AbstractSet[int],
        names: AbstractSet[str],
        scopes: set[int],
        tests: Sequence[RecordedTest],
        by_unit: Mapping[int, TestMask],
        more: Mapping[str, set[int]],
    ) -> None:
        """Let all tests that may be answered by a cache rest on ``scopes``, which hold its work.

        These are tests that ran a unit of ``asking``. Statements of modules that have one of the
        names are connected too.
        """
        callers = NO_TESTS
        for unit in asking:
            callers |= by_unit.get(unit, NO_TESTS)
        for at in bits(callers):
            more[tests[at].nodeid] |= scopes
        self.scopes.answer(asking, names, scopes)

    def _makers(self, number: int, by_unit: Mapping[int, TestMask]) -> set[int]:
        """Return the functions that a function calls, or is given, to make what it keeps.

        A method of another object counts if it ran in a test in which the function ran too.
        """
        # A variable may hold the maker: `make = load`, `kept = make()`.
        names = set(self.fragments[number].memo.made_by)
        for name in self.fragments[number].memo.made_by:
            names |= self._calls.values.get(name, set())
        own = {name[1:] for name in names if name.startswith(".")}
        made = self._calls.plain(names) | self._calls.methods(number, own)
        others = self._calls.members(name[1:] for name in names if name.startswith(":"))
        made |= {it for it in others if by_unit.get(it, NO_TESTS) & by_unit.get(number, NO_TESTS)}
        return (made | self._givers.arguments(number)) - {number}
