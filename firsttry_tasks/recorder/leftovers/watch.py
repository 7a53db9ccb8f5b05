"""Tells what each test left changed in the modules of the project, by its name.

A cache that was filled, a lazily made object, a registry with an entry more: whoever uses it later
rests on what the test ran that left it.
"""

from __future__ import annotations

import sys
import types
from typing import TYPE_CHECKING

from firsttry_tasks.model.recording import HOLDS, PERHAPS, SHIFTED
from firsttry_tasks.recorder.leftovers import roots
from firsttry_tasks.recorder.leftovers.allowance import Allowance
from firsttry_tasks.recorder.leftovers.differences import Alike, again, differences
from firsttry_tasks.recorder.leftovers.libraries import LibraryWatch
from firsttry_tasks.recorder.leftovers.process import ProcessWatch
from firsttry_tasks.recorder.tracing.attribution import identity
from firsttry_tasks.recorder.tracing.unbroken import unbroken

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope

#: Part of the time of tests and imports that looking may take, and seconds that it always may.
#: Where they are so short that a look after each would take more, one stands for several, and what
#: it finds counts for each of them: more tests rest on more, and nothing is missed.
#: Test files may hold a thousand functions, and what stands there other files' tests seldom use.
#: What libraries keep is told by its content, whoever leaves it.
CODE, TESTS, LIBRARIES = "code", "tests", "libraries"
_SHARES = {CODE: 0.03, TESTS: 0.01, LIBRARIES: 0.01}
_FREE = 0.05
#: The same for glances at what changed before, which cost far less and are taken in between.
_GLANCES, _GLANCES_SHARE = "glances", 0.02
#: Begins the name of a fixture's value among those of modules.
_FIXTURE = "fixture "


class StateWatch:
    """Looks at the project's modules, and at the values of fixtures that outlive a test."""

    def __init__(self, attribution: Attribution, key: bytes = b"") -> None:
        """Begin with nothing seen; the first look is what the others are compared with.

        What stands for the content of things is made with ``key``.
        """
        self._attribution, self._key, self.alike = attribution, key, Alike()
        #: What can't be followed since a look failed, and why.
        self.broken = ""
        self._roots: dict[str, roots.Root] = {}
        self._process = ProcessWatch(key)
        self._libraries = LibraryWatch(lambda file: attribution.place(file) is not None, key)
        #: Imports since the last look at libraries.
        self._importing: list[OpenScope] = []
        self._latest: list[OpenScope] = []
        self._modules = 0
        #: What the last look found changed, by identity.
        self._touched: frozenset[int] = frozenset()
        #: The modules that have an object, by its identity.
        self._things: dict[int, set[str]] = {}
        #: Tests that ended since the last look at each part, and what fixtures' values showed
        #: meanwhile.
        self._waiting: dict[str, list[OpenScope]] = {part: [] for part in _SHARES}
        self._files: frozenset[str] = frozenset()
        self._gone: list[str] = []
        #: Those that ended since the last glance, and the holders that are glanced at, by root.
        self._unseen: dict[str, list[OpenScope]] = {CODE: [], TESTS: []}
        self._busy: dict[str, set[str]] = {}
        #: Imports since the last look at whose things they have, each with those modules.
        self._borrowing: list[tuple[OpenScope, set[str]]] = []
        self.allowance = Allowance({**_SHARES, _GLANCES: _GLANCES_SHARE}, _FREE)

    @unbroken
    def begin(self, config: object, files: frozenset[str] = frozenset()) -> None:
        """Take in what there is before the first test, found in ``files``: nobody left it."""
        self._files = files
        for part in self._unseen:
            self._look(part)
        for name, root in tuple(self._roots.items()):
            if self._part(name) == TESTS:
                self._scan(name, root.path, root.own)
        self._process.look()
        self._libraries_left(self._importing or self._latest, PERHAPS)
        late = (it for scope in self._latest for it in self._libraries.counted(scope))
        self._add([*self._libraries.stayed(), *late])
        self._libraries.begin(config)
        # What imports took of the time must not keep tests from being looked at one by one.
        self.allowance.begin()

    @unbroken
    def ended(self, test: OpenScope) -> None:
        """Hear that a test has ended; look what it left, if there is time for that."""
        self._add([*self._libraries.stayed(), *self._libraries.counted(test)])
        for name in self._process.look():
            self._attribution.add_to(test, "left", name)
        for waiting in (*self._waiting.values(), *self._unseen.values()):
            waiting.append(test)
        if self.allowance.covers(_GLANCES):
            self._glance()
        for part in _SHARES:
            if self.allowance.covers(part):
                self._settle(part)

    def _libraries_left(self, scopes: list[OpenScope], doubt: str = "") -> None:
        self._add(self._libraries.left(scopes, doubt))
        self._importing.clear()

    def _add(self, found: Iterable[tuple[OpenScope, str]]) -> None:
        for scope, name in found:
            self._attribution.add_to(scope, "left", name)

    def _glance(self) -> None:
        """Look at what tests changed before: as a rule that is what they change again."""
        # So a cache that many fill is not said to be filled by all between two looks.
        with self.allowance.taken(_GLANCES):
            for name in self._busy:
                root = self._roots.get(name)
                for it in sorted(again(root, self._key, self.alike)) if root else ():
                    self._left(self._unseen[self._part(name)], it)
            self.alike.over()
            for unseen in self._unseen.values():
                unseen.clear()

    def settle(self, tests: Sequence[OpenScope] = ()) -> None:
        """Look what the tests left that ended since the last look; ``tests`` are all of them."""
        self._settle_all(tests)
        for test in tests if self.broken else ():
            self._attribution.add_to(test, "untraceable", self.broken)

    @unbroken
    def _settle_all(self, tests: Sequence[OpenScope]) -> None:
        self._glance()
        for part in _SHARES:
            self._settle(part)
        # Which of them left what only the walk found, nobody saw.
        mine = self._roots.values()
        found = (f"{it.path}:{name}{PERHAPS}" for it in mine for name in roots.hidden(it))
        for name in [*found, *self._libraries.hidden()]:
            for test in tests:
                self._attribution.add_to(test, "left", name)

    def _settle(self, part: str) -> None:
        with self.allowance.taken(part):
            waiting = self._waiting[part]
            if part == LIBRARIES:
                if waiting:
                    self._libraries_left([*waiting, *self._importing])
            else:
                for name in self._look(part) if waiting else ():
                    self._left(waiting, name)
                self._unseen[part].clear()
            waiting.clear()

    def _left(self, scopes: list[OpenScope], name: str) -> None:
        doubt = PERHAPS if len(scopes) > 1 else ""
        for scope in scopes:
            self._attribution.add_to(scope, "left", f"{name}{doubt}")

    def _look(self, part: str) -> list[str]:
        """Return what changed since the last look: paths of modules, and names in them."""
        self._settle_imports()
        if len(sys.modules) != self._modules:
            self._meet()
        found = [*self._gone] if part == CODE else []
        self._gone = [] if part == CODE else self._gone
        for name in [name for name in self._roots if self._part(name) == part]:
            found += self._changes(name)
        self.alike.over()
        return found

    def _part(self, name: str) -> str:
        own = self._roots[name].path in self._files and not name.startswith(_FIXTURE)
        return TESTS if own else CODE

    @unbroken
    def imported(self, module: types.ModuleType, place: str, scope: OpenScope) -> None:
        """Look at a module that has just been imported, and at what its import changed."""
        with self.allowance.taken(CODE):
            name = str(vars(module).get("__name__"))
            # It may be loaded once more, and then what others changed in it is seen no later.
            self._borrowed(name)
            self._scan(name, place, vars(module))
            # Of what can't be looked into nothing else tells that it was filled so early.
            for one in self._roots[name].holders:
                if one.opaque:
                    self._attribution.add_to(scope, "left", f"{place}:{one.name}")
            self.passed(scope, {number for _, number in tuple(scope.lines)}, place)
            # What it imported it may have changed without a function of that: `TABLE[key] = 1`.
            held = roots.lent(vars(module))
            self._importing.append(scope)
            self._latest = [scope]
            self._libraries.lend(held)
            if self._libraries.early:
                self._add(self._libraries.counted(scope))
            if self.allowance.covers(LIBRARIES):
                # A test that was not looked at since it ended may have done it as well.
                self._libraries.wait([*self._waiting[LIBRARIES], *self._importing])
                self._importing.clear()
            near = {it for it in held.homes if it in self._roots}
            for thing in held.things:
                near |= self._things.setdefault(thing, set())
                self._things[thing].add(name)
            self._borrowing.append((scope, near - {name}))
            if self.allowance.covers(CODE):
                self._settle_imports()

    def _settle_imports(self) -> None:
        """Look at the modules of which imports have things, since the last look at them."""
        for name in sorted(set().union(*(near for _, near in self._borrowing))):
            self._borrowed(name)
        self._borrowing.clear()

    def _borrowed(self, name: str, *scopes: OpenScope) -> None:
        """Put what changed in a module to these scopes, and to the imports that have its things."""
        if name not in self._roots:  # it is met now, or was a fixture's value
            return
        have = [scope for scope, near in self._borrowing if name in near]
        waiting = self._waiting[self._part(name)]
        doubt = PERHAPS if waiting or len(have) + len(scopes) > 1 else ""
        found = self._changes(name)
        # Later imports may have it, too, and would say by another name that it changed.
        for other in roots.holding(self._roots, self._touched) if found else ():
            found += self._changes(other)
        self.alike.over()
        for it in found:
            # What imports change rests on what they ran, whatever stands there now; but what they
            # leave is told, so that a test is known that leaves the same without them.
            for scope in (*scopes, *have):
                self._attribution.add_to(scope, "left", it.partition(HOLDS)[0])
                if HOLDS in it and SHIFTED not in it:
                    self._attribution.add_to(scope, "left", f"{it}{doubt}")
            # A test that was not looked at since it ended may have done it as well.
            for scope in waiting:
                self._attribution.add_to(scope, "left", f"{it}{PERHAPS}")

    @unbroken
    def passed(self, scope: OpenScope, ran: Iterable[int], but: str = "") -> None:
        """Look, before any test, at the modules of which code ``ran`` in an import or collector."""
        units = list(self._attribution.units)
        paths = {units[number].path for number in ran if number >= 0} - {but}
        for name in tuple(self._roots) if paths else ():
            if self._roots[name].path in paths:
                self._borrowed(name, scope)

    def lends(self, library: str) -> bool:
        """Look from now on at a library of which a test uses a fixture; tell if that is one."""
        self._libraries.have((library,))
        return library in self._libraries.roots

    @unbroken
    def hold(self, fixture: str, path: str, argument: str, value: object) -> None:
        """Look from now on at the value of a fixture, which a file defines."""
        self._scan(f"{_FIXTURE}{fixture}", path, {argument: value})

    @unbroken
    def release(self, fixture: str) -> None:
        """Look at the value of a fixture no more, so that it is not kept alive."""
        name = f"{_FIXTURE}{fixture}"
        if name in self._roots:
            self._gone += self._changes(name)
            del self._roots[name]

    def _changes(self, name: str) -> list[str]:
        root = self._roots[name]
        if roots.whole(root) == root.whole:  # as most are, and one walk in C tells so
            return []
        changed = roots.changed(root)
        told, found = self.alike.told, set[str]()
        for at in changed:
            found |= {told(root, at, it) for it in differences(root, at, self._key)}
        self._touched = roots.values(root.holders[at] for at in changed)
        self._busy.setdefault(name, set()).update(root.holders[at].name for at in changed)
        self._scan(name, root.path, root.own)
        return sorted(found)

    def _meet(self) -> None:
        """Look at modules for the first time that were imported past our loaders."""
        for name, module in list(sys.modules.items()):
            if name in self._roots or type(module) is not types.ModuleType:
                continue
            file = vars(module).get("__file__")
            path = self._attribution.place(file) if isinstance(file, str) else None
            if path is not None:
                self._scan(name, path, vars(module))
            else:
                self._libraries.came(name, vars(module))
        self._modules = len(sys.modules)

    def _scan(self, name: str, path: str, own: Mapping[str, object]) -> None:
        held: set[tuple[str, int]] = set()
        if path in self._files and not name.startswith(_FIXTURE):
            # What a module of the code has is looked at there, whoever has it by the same name.
            modules = (it for it in tuple(self._roots) if not it.startswith(_FIXTURE))
            held = roots.named(self._roots[it] for it in modules if self._part(it) == CODE)
        which = lambda one: (one.name, identity(one.value)) not in held  # noqa: E731
        self._roots[name] = roots.scanned(
            path, own, self._busy.get(name, ()), which if held else None
        )
