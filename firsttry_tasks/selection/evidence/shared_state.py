"""What runs for one test and serves others: kept results, and files that tests write.

A function that keeps what it computed (a cache, a lazy singleton, a module's variable) runs in
full for one test only. So every test that may get the result also rests on what such a function
ran, where that was recorded (a scope of kind cache), or else on what it can have run: of all that
ran in the tests that called it, what it leads to by name.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.selection.evidence.bitsets import bits, masks
from firsttry_tasks.selection.evidence.call_graph import Calls
from firsttry_tasks.selection.evidence.callbacks import Givers
from firsttry_tasks.selection.evidence.escape_analysis import Private
from firsttry_tasks.selection.evidence.mask_types import NO_TESTS, TestMask
from firsttry_tasks.selection.evidence.recorded_run import RecordedTest, Scope
from firsttry_tasks.selection.syntax.fragment import CONSTRUCTORS, own_name

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.selection.syntax.fragment import Fragment

Unit = tuple[str, int]

#: Kind of a scope of kept things that may have been made by others.
GIVEN = "given"

#: Observations that may have been seen while something was made that is kept.
_TELLING = frozenset({"read", "list", "probed", "env", "outside", "module"})
#: One in so many of the tests that ask for a kept thing may make it anew.
_RARE = 20


class Shared:
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
        """Take what ran, by number; ``caches`` are the scopes of functions that keep results.

        Of ``private`` classes, by file and name, no object outlived a test.
        """
        self.observations = observations
        self.sources = fragments
        self.caches = {
            unit: numbers
            for unit, numbers in caches.items()
            if not any(
                observations[n] == ("unordered-cache", "")
                for at in numbers
                for n in scopes[at].observations
            )
        }
        self.scopes = list(scopes)
        self._running: dict[int, set[int]] = {}  # unit -> the scopes that it ran in
        for at in range(len(self.scopes)):
            self._runs(at)
        self.fragments = {
            number: fragments(path)[fragment]
            for number, (path, fragment) in enumerate(units)
            if 0 <= fragment < len(fragments(path))
        }
        files = {path for path, _ in units} | {it.name for it in scopes if it.kind == "import"}
        every = {path: fragments(path) for path in sorted(files)}
        paths = {number: units[number][0] for number in self.fragments}
        known = Private(private, every)
        self._private = {
            n for n, fragment in self.fragments.items() if known.keeps(paths[n], fragment)
        }
        self._calls = Calls(self.fragments, paths, every.values())
        self._works: dict[int, int] = {}
        self._givers = Givers(self.fragments, self._calls.places, every)

    def tests(self, tests: Iterable[RecordedTest]) -> tuple[RecordedTest, ...]:
        """Return the tests, each with the scopes it shares."""
        held = tuple(tests)
        more: dict[str, set[int]] = {test.nodeid: set() for test in held}
        self._kept(held, more)
        self._written(held, more)
        return tuple(
            msgspec.structs.replace(test, scopes=(*test.scopes, *sorted(more[test.nodeid])))
            if more[test.nodeid]
            else test
            for test in held
        )

    def _kept(self, tests: Sequence[RecordedTest], more: Mapping[str, set[int]]) -> None:
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
            first = next(bits(callers), None)
            if first is None:
                continue
            # What is made once runs in the first of those who ask for it, and few others.
            most = max(1, callers.bit_count() // _RARE)
            reach = self._calls.reach(
                fragment.memo.lazy_names or fragment.uses.names | fragment.uses.attrs
            )
            # A constructor tells, however many run it, that there is an object of its class.
            units = {
                n
                for n in ran[first] & reach
                if (by_unit[n] & callers).bit_count() <= most
                or self.fragments[n].qualname.endswith(CONSTRUCTORS)
            }
            seen = (n for n in tests[first].observations if self.observations[n][0] in _TELLING)
            observations = {n for n in seen if (by_observation[n] & callers).bit_count() <= most}
            takers = self._takers(number, fragment, by_unit)
            kind = GIVEN if fragment.memo.keeps_given else "kept"
            if units or observations or takers & ~callers:
                scope = self._scope(kind, fragment.qualname, {number, *units}, observations)
                for at in bits(callers | takers):
                    more[tests[at].nodeid].add(scope)
            self._made(number, callers | takers, tests, by_unit, by_observation, more)
        for known, makers in given:
            asking = self._calls.asking(known)
            for maker in makers:
                scopes = {self._work(maker, by_unit.get(maker, NO_TESTS), tests, by_observation)}
                self._asked(asking, known, scopes, tests, by_unit, more)

    def _made(
        self,
        number: int,
        askers: TestMask,
        tests: Sequence[RecordedTest],
        by_unit: Mapping[int, TestMask],
        by_observation: Mapping[int, TestMask],
        more: Mapping[str, set[int]],
    ) -> None:
        """Let those who take what others made rest on what may have made it.

        They are those who don't themselves run a function that a keeper calls for it.
        """
        if self.fragments[number].qualname.endswith(CONSTRUCTORS):
            return  # it makes something for a new object alone
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
        """Return the scope of what a function does, by the plain names in it."""
        if maker not in self._works:
            units = self._calls.work(maker)
            most = max(1, runners.bit_count() // _RARE)
            observations = {
                observation
                for at in bits(runners if self._calls.looks(units) else NO_TESTS)
                for observation in tests[at].observations
                if self.observations[observation][0] in _TELLING
                and (by_observation[observation] & runners).bit_count() <= most
            }
            self._works[maker] = self._scope(
                "kept", self.fragments[maker].qualname, units, observations
            )
        return self._works[maker]

    def _takers(self, number: int, fragment: Fragment, by_unit: Mapping[int, TestMask]) -> TestMask:
        """Return the tests that may take what a function keeps without asking it.

        ``self._code or self._make_code()`` asks only where nobody has asked before.
        """
        takers = NO_TESTS
        for other in self._calls.asking(fragment.memo.kept_in):
            if other != number and self.fragments[other].is_function_body:
                takers |= by_unit.get(other, NO_TESTS)
        return takers

    def _caches(self, number: int, made: Iterable[RecordedTest]) -> set[int]:
        """Return the scopes that hold what a cached function did, itself included."""
        known = set(self.caches.get(number, ()))
        for at in known:
            inside = tuple(sorted({*self.scopes[at].units, number}))
            self.scopes[at] = msgspec.structs.replace(self.scopes[at], units=inside)
        if known:
            return known
        reach = self._calls.reach(
            self.fragments[number].uses.names | self.fragments[number].uses.attrs
        )
        looks = self._calls.looks({number, *reach})
        units, observations = {number}, set()
        for test in made:
            units |= reach.intersection(test.ran())
            observations |= {
                n for n in test.observations if looks and self.observations[n][0] in _TELLING
            }
        for scope in self.scopes:
            asked = {place for place, unit in scope.lines if unit == number}
            units |= {unit for place, unit in scope.lines if place in asked and unit in reach}
        return {self._scope("kept", self.fragments[number].qualname, units, observations)}

    def _asked(
        self,
        asking: AbstractSet[int],
        names: AbstractSet[str],
        scopes: set[int],
        tests: Sequence[RecordedTest],
        by_unit: Mapping[int, TestMask],
        more: Mapping[str, set[int]],
    ) -> None:
        """Let all who may be answered by a cache rest on what its function did.

        They are those who run ``asking``, and statements of modules that have one of the names.
        """
        callers = NO_TESTS
        for unit in asking:
            callers |= by_unit.get(unit, NO_TESTS)
        for at in bits(callers):
            more[tests[at].nodeid] |= scopes
        units = {unit for at in scopes for unit in self.scopes[at].units}
        for at, places in self._statements(names):
            scope = self.scopes[at]
            lines = {*scope.lines, *((place, unit) for place in places for unit in units)}
            self.scopes[at] = msgspec.structs.replace(scope, lines=tuple(sorted(lines)))
        for at in set().union(*(self._running.get(unit, set()) for unit in asking)) - scopes:
            used = tuple(sorted({*self.scopes[at].used, *scopes}))
            self.scopes[at] = msgspec.structs.replace(self.scopes[at], used=used)

    def _statements(self, names: AbstractSet[str]) -> Iterator[tuple[int, set[int]]]:
        """Return which statements have one of these names, by the scope of their import."""
        found: dict[int, set[int]] = {}
        for name in names:
            for at, place in self._lines.get(name, ()):
                found.setdefault(at, set()).add(place)
        yield from found.items()

    @cached_property
    def _lines(self) -> dict[str, list[tuple[int, int]]]:
        """Statements by the names they have: the scope of an import, and the place in its file."""
        found: dict[str, list[tuple[int, int]]] = {}
        for at, scope in enumerate(self.scopes):
            for place, one in enumerate(self.sources(scope.name) if scope.kind == "import" else ()):
                for name in (
                    ()
                    if one.is_function_body or one.uses.imports
                    else one.uses.names | one.uses.attrs
                ):
                    found.setdefault(name, []).append((at, place))
        return found

    def _makers(self, number: int, by_unit: Mapping[int, TestMask]) -> set[int]:
        """Return the functions that a function calls, or is given, for what it keeps.

        Of another object's methods they are those that ran for a test which it ran for, too.
        """
        names = set(self.fragments[number].memo.made_by)
        for name in self.fragments[number].memo.made_by:
            names |= self._calls.values.get(name, set())
        own = {name[1:] for name in names if name.startswith(".")}
        made = self._calls.plain(names) | self._calls.methods(number, own)
        others = self._calls.members(name[1:] for name in names if name.startswith(":"))
        made |= {it for it in others if by_unit.get(it, NO_TESTS) & by_unit.get(number, NO_TESTS)}
        return (made | self._givers.arguments(number)) - {number}

    def _written(self, tests: Sequence[RecordedTest], more: Mapping[str, set[int]]) -> None:
        """Let a test that reads what another wrote rest on all that the other rests on."""
        known: dict[tuple[str, str], int] = {
            observation: n for n, observation in enumerate(self.observations)
        }
        holding: dict[int, list[RecordedTest]] = {}
        for test in tests:
            for number in test.observations:
                holding.setdefault(number, []).append(test)
        for number, (kind, path) in enumerate(self.observations):
            writers = holding.get(number, []) if kind == "write" else []
            reading = [known[how, path] for how in ("read", "probed") if (how, path) in known]
            if not writers or not reading:
                continue
            units = {unit for test in writers for unit in test.ran()}
            observations = {observation for test in writers for observation in test.observations}
            used = {scope for test in writers for scope in test.scopes}
            scope = self._scope("file", path, units, observations, used)
            for test in (test for other in reading for test in holding.get(other, ())):
                more[test.nodeid].add(scope)

    def _scope(
        self,
        kind: str,
        name: str,
        units: Iterable[int],
        observations: Iterable[int],
        used: Iterable[int] = (),
    ) -> int:
        made = Scope(
            kind=kind,
            name=name,
            units=tuple(sorted(units)),
            observations=tuple(sorted(observations)),
            used=tuple(sorted(used)),
            lines=(),
        )
        self.scopes.append(made)
        self._runs(len(self.scopes) - 1)
        return len(self.scopes) - 1

    def _runs(self, at: int) -> None:
        if self.scopes[at].kind != "import":
            for unit in self.scopes[at].units:
                self._running.setdefault(unit, set()).add(at)
