"""Connects tests with what others left behind and they use: things of modules, written files.

A cache that is filled, an object that is made when first asked for, a registry: what fills it runs
for one test and serves others. The recorder looks at the project's modules after each test, and
says by name what changed. Tests that come later and may use the thing rest on what may have made
it, among all that ran in the test that left it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import msgspec

from firsttry_tasks.model.recording import FELT, HOLDS, LIBRARY, PERHAPS, VARIABLE, is_told
from firsttry_tasks.selection.evidence.bitsets import as_bits
from firsttry_tasks.selection.evidence.scope_list import Scopes
from firsttry_tasks.selection.learn import doubt, written_files
from firsttry_tasks.selection.learn.makers import Makers

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from collections.abc import Set as AbstractSet

    from firsttry_tasks.model.refinements import Refinement
    from firsttry_tasks.selection.evidence.recorded_run import RecordedTest, Scope
    from firsttry_tasks.selection.learn.trails import Thing
    from firsttry_tasks.selection.syntax.fragment import Fragment

Unit = tuple[str, int]

#: How a walk through all variables is observed.
ALL = "*"

#: Kinds of observations that what is kept can depend on. The others are about a whole test
#: ("text", "untraceable") or a library's doing.
_TELLING = frozenset({"read", "list", "probed", "env", "outside", "module"})


#: How often it is sought who made a thing, at a millisecond each in a large suite. Where more is
#: left, all that ran counts: more tests rest on more, and none is missed.
_MOST_ASKED = 20_000

#: Units, observations and other scopes that a scope holds, as bits.
_Held = tuple[int, int, int]


class _Left:
    """A thing that was left changed: who may use it, and the scope of its last change."""

    def __init__(self, thing: Thing, users: AbstractSet[int], asking: int, kind: int) -> None:
        self.thing = thing
        self.users = users
        #: The same as bits.
        self.asking = asking
        #: A number for all things that the same names lead to.
        self.kind = kind
        self.scope: int | None = None
        #: What the scopes of this change and of those before it hold together.
        self.held: _Held = (0, 0, 0)
        self.units: frozenset[int] = frozenset()

    def again(self) -> _Left:
        """Return the same thing, for another change of it."""
        return _Left(self.thing, self.users, self.asking, self.kind)

    def used_as(self, test: RecordedTest) -> bool:
        """Tell whether a test has the thing as an argument, as the value of a fixture."""
        return bool(test.names) and not self.thing.names.isdisjoint(test.names)


class _Ran(NamedTuple):
    """The units that ran for a test, also as bits, and the scopes of its fixtures."""

    units: set[int]
    bits: int
    fixtures: set[int]
    #: Whether the test may use a thing, by the number of its kind.
    uses: dict[int, bool]


class _Known(NamedTuple):
    """What was left so far, by name, and the kind of its scopes."""

    kind: str
    things: dict[str, _Left]


class SharedState:
    """Adds scopes for what tests left behind to the tests of one recorded run."""

    def __init__(
        self,
        units: Sequence[Unit],
        observations: Sequence[tuple[str, str]],
        scopes: Sequence[Scope],
        fragments: Callable[[str], tuple[Fragment, ...]],
        without: AbstractSet[Refinement],
    ) -> None:
        """Take what one run recorded; ``fragments`` returns the fragments of a file."""
        self._most_asked = 0 if "makers" in without else _MOST_ASKED
        self.observations = observations
        self.scopes = Scopes(scopes, fragments)
        imports = [it for it in scopes if it.kind == "import"]
        files = {path for path, _ in units} | {it.name for it in imports}
        self._makers = Makers(units, files, fragments)
        #: What ran for each test, and the scopes of its fixtures, by node id.
        self._ran: dict[str, _Ran] = {}
        self._asked = 0
        #: The units that may use things of the same names, also as bits, and their number.
        self._kinds: dict[frozenset[str], tuple[frozenset[int], int, int]] = {}
        #: What was left before the first test, for the tests of all processes.
        self._early = _Known("kept", {})

    def tests(self, processes: Iterable[Iterable[RecordedTest]]) -> tuple[RecordedTest, ...]:
        """Return all tests, those of each process in the order in which they ran.

        Each has the scopes of what it shares with others.
        """
        groups = [self._narrowed(tuple(tests)) for tests in processes]
        held = tuple(test for tests in groups for test in tests)
        more: dict[str, set[int]] = {test.nodeid: set() for test in held}
        self._before()
        for tests in groups:
            self._walk(tests, more)
        written_files.connect(held, self.observations, self.scopes, more)
        return tuple(
            msgspec.structs.replace(test, scopes=(*test.scopes, *sorted(more[test.nodeid])))
            if more[test.nodeid]
            else test
            for test in held
        )

    def _narrowed(self, tests: Sequence[RecordedTest]) -> Sequence[RecordedTest]:
        """Let a test have left only what it may use."""
        self._ran |= {test.nodeid: self._run_for(test) for test in tests}
        bits = {test.nodeid: self._ran[test.nodeid].bits for test in tests}
        able = doubt.Able(self._makers, self.observations, tests, bits)
        return doubt.narrowed(tests, able.doubtful.keys(), able.of) if able.doubtful else tests

    def _new(self, name: str) -> _Left:
        path, _, trail = name.partition(":")
        thing = self._makers.thing(path, trail)
        if thing.names not in self._kinds:
            users = self._makers.users(thing)
            self._kinds[thing.names] = users, as_bits(users), len(self._kinds)
        return _Left(thing, *self._kinds[thing.names])

    def _before(self) -> None:
        """Take in what imports and collectors changed in modules, before the first test."""
        for at, scope in enumerate(tuple(self.scopes.all)):
            early = scope.kind in {"import", "collect"}
            seen = scope.observations if early else ()
            names = [*self._names(seen), *self._names(seen, LIBRARY)]
            ran = {*scope.units, *(unit for _, unit in scope.lines)} if names else set()
            telling = lambda units, it=scope: self._telling(it.seen_by(units))  # noqa: E731
            self._leave(names, ran, telling, (at,), self._early)
        # Once for each thing, however many imports had a part in it: the last scope uses those
        # before, and what all of them hold is known.
        for left in self._early.things.values():
            if left.scope is not None:
                self.scopes.answer(left.users, left.thing.names, left.scope, left.units)
        self.scopes.settle()

    def _walk(self, tests: Sequence[RecordedTest], more: Mapping[str, set[int]]) -> None:
        """Go through the tests of a process: what was left so far, the next ones may use."""
        known = _Known("kept", dict(self._early.things))
        compared = _Known("compared", {})
        variables: dict[str, list[int]] = {}
        for test in tests:
            names, told = self._names(test.observations), self._told(test.observations)
            ran, fixtures = self._ran[test.nodeid].units, self._ran[test.nodeid].fixtures
            for left in (*known.things.values(), *compared.things.values()):
                if left.scope is not None and self._uses(test, left):
                    more[test.nodeid].add(left.scope)
            asked = self._read(test)
            more[test.nodeid].update(it for name in asked for it in variables.get(name, ()))
            telling = self._telling(test.observations)
            seen = lambda _units, it=telling: it  # noqa: E731
            self._leave(names, ran, seen, fixtures, known, test.names)
            self._leave(told, ran, seen, fixtures, compared, test.names)
            for name in self._names(test.observations, VARIABLE):
                # What set it may have been anything that ran.
                scope = self.scopes.add("kept", name, ran, telling, fixtures)
                for variable in (name.removeprefix(VARIABLE), ALL):
                    variables.setdefault(variable, []).append(scope)

    def _uses(self, test: RecordedTest, left: _Left) -> bool:
        """Tell whether a test may use a thing, which is asked for a thousand things of one name."""
        ran = self._ran[test.nodeid]
        found = ran.uses.get(left.kind)
        if found is None:
            found = ran.uses[left.kind] = bool(left.asking & ran.bits) or left.used_as(test)
        return found

    def _run_for(self, test: RecordedTest) -> _Ran:
        ran, found, waiting = set(test.ran()), set[int](), set(test.scopes)
        while waiting:
            number = waiting.pop()
            scope = self.scopes.all[number]
            if scope.kind != "import" and number not in found:
                found.add(number)
                ran.update(scope.units)
                waiting.update(scope.used)
        fixtures = {number for number in found if self.scopes.all[number].kind == "fixture"}
        return _Ran(ran, as_bits(ran), fixtures, {})

    def _names(self, observations: Iterable[int], begin: str = "") -> list[str]:
        """Return what was left changed in modules, or what has a name that begins so."""
        seen = (self.observations[number] for number in observations)
        # Of what one of many may have left, only what is new is told from what is known.
        left = (name for kind, name in seen if kind == "left")
        if begin:
            return [it for it in left if it.startswith(begin) and not it.endswith(PERHAPS)]
        # In a module by default.
        others = (VARIABLE, FELT, LIBRARY)
        named = (it for it in left if not (it.startswith(others) or is_told(it)))
        return [*dict.fromkeys(it.removesuffix(PERHAPS) for it in named)]

    def _told(self, observations: Iterable[int]) -> list[str]:
        """Return the things that were left, and of which it can be told what they hold.

        What is left there in a later run is compared, and nobody has to ask what made it; but for
        those who can't compare.
        """
        seen = (self.observations[number] for number in observations)
        told = (name for kind, name in seen if kind == "left" and is_told(name))
        return [*dict.fromkeys(it.partition(HOLDS)[0] for it in told)]

    def _read(self, test: RecordedTest) -> set[str]:
        """Return the variables that a test asked for."""
        seen = (self.observations[number] for number in test.observations)
        return {name for kind, name in seen if kind == "env"}

    def _telling(self, observations: Iterable[int]) -> frozenset[int]:
        return frozenset(it for it in observations if self.observations[it][0] in _TELLING)

    def _leave(
        self,
        names: Sequence[str],
        ran: AbstractSet[int],
        telling: Callable[[AbstractSet[int]], frozenset[int]],
        around: Iterable[int],
        known: _Known,
        handed: Iterable[str] = (),
    ) -> None:
        """Add a scope for each thing of these names, which holds what may have made it.

        ``telling`` returns the observations that concern what some units made. The scope uses those
        ``around``: of the fixtures, or of what left it before any test. Fixtures of the names
        ``handed`` a test has as its arguments.
        """
        if not names:
            return
        outer = as_bits(around)
        #: What counts for each thing where more are left than can be asked about.
        every = frozenset(ran), telling(ran)
        whole = as_bits(every[0]), as_bits(every[1]), outer
        #: Scopes of this test: a hundred settings that were set together have one, and its name.
        made: dict[tuple[int, int, int | None], int] = {}
        for name in names:
            before = known.things.get(name)
            left = before.again() if before else self._new(name)
            self._asked += 1
            (units, seen), new = every, whole
            if self._asked <= self._most_asked:
                path, _, trail = name.partition(":")
                given = trail.partition(".")[0] in handed
                units = frozenset(self._makers.makers(path, left.thing, ran, handed=given))
                seen = telling(units)
                new = as_bits(units), as_bits(seen), outer
            held = before.held if before else left.held
            # Most tests that fill a cache anew do it by the same code, which is noted once.
            if before and not any(it & ~old for it, old in zip(new, held, strict=True)):
                continue
            # What was in it before may still be there.
            last = before.scope if before else None
            at = new[0], new[1], last
            if at not in made or known is self._early:
                used = (*around, last) if last is not None else around
                made[at] = self.scopes.add(known.kind, name, units, seen, used)
            left.scope = made[at]
            left.held = (held[0] | new[0], held[1] | new[1], held[2] | new[2])
            left.units = units | before.units if before else units
            known.things[name] = left
