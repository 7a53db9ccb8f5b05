"""Judges each test of one recorded run: why its result no longer holds, if it doesn't."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.selection.decide import reasons
from firsttry_tasks.selection.decide.declared import Declared
from firsttry_tasks.selection.decide.widen import RAN
from firsttry_tasks.selection.evidence.circles import circles
from firsttry_tasks.selection.evidence.mask_types import NO_MODULES, NO_ORIGINS, OriginMask
from firsttry_tasks.selection.evidence.scope_summary import ScopeSummary, together
from firsttry_tasks.selection.impact.docstrings import GIVEN
from firsttry_tasks.selection.impact.invalidation import Invalidation

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.selection.evidence.recorded_run import (
        CurrentTree,
        RecordedRun,
        RecordedTest,
    )
    from firsttry_tasks.selection.impact.code_changes import CodeChanges


class Validity:
    """A recorded run together with what changed since; answers for each of its tests."""

    def __init__(self, recorded: RecordedRun, now: CurrentTree) -> None:
        """Compare the recorded run with the current tree."""
        self.recorded = recorded
        self.now = now
        self.effects = Invalidation(recorded, now)
        # Thousands of tests share few fixtures and units, so what one comes to is kept by number.
        self._scopes: dict[int, ScopeSummary] = {}
        self._unit_masks: dict[int, OriginMask] = {}
        self._loads = dict(recorded.loads)
        self._text = {n for n, (kind, _) in enumerate(recorded.observations) if kind == "text"}
        self._declared = Declared(now, self.effects.changes.paths)
        # What ran while pytest started (plugins, conftest files) counts for every test.
        self._start = [n for n, scope in enumerate(recorded.scopes) if scope.kind == "start"]
        compared = "compared" if now.compares(recorded) else ""
        self._left_out = {
            n
            for n, scope in enumerate(recorded.scopes)
            if scope.kind == compared and scope.name not in now.unsteady
        }

    def why(self, test: RecordedTest) -> str | None:
        """Return why a test has to run, None if it hasn't: the first answer is the reason."""
        effects = self.effects
        if effects.none:
            return None
        if effects.everything:
            return effects.everything[0]
        # What a hook or a plugin had in mind when it skipped a test isn't recorded. Any change may
        # be the one that lets it run. The same holds for outcomes that only a plugin knows.
        if test.outcome not in RAN and not test.explained and effects.changes.paths:
            return f"it was {test.outcome} when it ran last"
        # Only a test function in a Python file is taken apart into fragments. Any other test (a
        # doctest, a YAML case) is the whole file.
        if test.path in effects.changes.paths and not (test.function and test.path.endswith(".py")):
            return f"{test.path} changed"
        units = test.ran()
        return (
            self._declared.why(test)
            or self._direct(units, test.observations, "the test")
            or self._by_scopes(test)
            or self._by_names(test, units)
        )

    def brought_back(self, older: RecordedRun) -> bool:
        """Tell whether what changed since may now be as an older recorded run has it."""
        effects, observations = self.effects, self.recorded.observations
        if effects.everything:
            return True
        # An older run's variables and outside files aren't compared here: it is judged instead.
        if any(
            observations[n][0] in {"env", "list"} or observations[n][1] in self.recorded.outside
            for n in effects.observations
        ):
            return True
        same = self.now.manifest
        return any(older.manifest.get(it) == same.get(it) for it in effects.changes.paths)

    def _direct(self, units: Iterable[int], observations: Iterable[int], who: str) -> str | None:
        """Return why a unit that ran or an observation is no longer the same, and ``who`` did."""
        changed = self.effects.code.units if self.effects.code is not None else {}
        for found, numbers in ((changed, units), (self.effects.observations, observations)):
            hit = next((number for number in numbers if number in found), None) if found else None
            if hit is not None:
                kind = "" if found is changed else self.recorded.observations[hit][0]
                return reasons.met(found[hit], kind, who)
        return None

    def _by_scopes(self, test: RecordedTest) -> str | None:
        """Return why a fixture, collector or start-up that the test used changed."""
        found = (self._scope(number).why for number in self._around(test))
        return next((why for why in found if why is not None), None)

    def _around(self, test: RecordedTest) -> list[int]:
        """Return the scopes that a test rests on."""
        return [*self._start, *(it for it in test.scopes if it not in self._left_out)]

    def _scope(self, number: int) -> ScopeSummary:
        for circle in circles(number, self._used, self._scopes.__contains__):
            # Cached functions may use each other in a circle: each comes to what all come to.
            led = {it for at in circle for it in self._used(at)}.difference(circle)
            parts = [*map(self._judge, circle), *(self._scopes[it] for it in sorted(led))]
            self._scopes |= dict.fromkeys(circle, together(parts))
        return self._scopes[number]

    def _used(self, number: int) -> tuple[int, ...]:
        scope = self.recorded.scopes[number]
        # What an import used is in the closure of its module over imports already.
        return scope.used if scope.kind != "import" else ()

    def _judge(self, number: int) -> ScopeSummary:
        """Return what a scope comes to by itself."""
        scope, code = self.recorded.scopes[number], self.effects.code
        text = not self._text.isdisjoint(scope.observations)
        if scope.kind == "import":
            mask = code.modules.closure.get(scope.name, NO_MODULES) if code else NO_ORIGINS
            return ScopeSummary(why=None, depends_on=mask, origins=NO_ORIGINS, asks="", text=text)
        origins, asks = self._changed_origins(scope.units, scope.observations)
        return ScopeSummary(
            why=self._direct(scope.units, scope.observations, reasons.opener(scope)),
            depends_on=self._dependencies(scope.units, scope.observations),
            origins=origins,
            asks=asks,
            text=text,
        )

    def _dependencies(self, units: Iterable[int], observations: Iterable[int]) -> OriginMask:
        """Return the modules and changed classes that these units and observations depend on."""
        code = self.effects.code
        if code is None:
            return NO_ORIGINS
        mask = NO_ORIGINS
        for number in units:
            if number not in self._unit_masks:
                self._unit_masks[number] = self._unit_mask(code, number)
            mask |= self._unit_masks[number]
        return mask | self._loaded(code, observations)

    def _loaded(self, code: CodeChanges, observations: Iterable[int]) -> OriginMask:
        """Return the modules that were imported by name, or of which every line was read."""
        mask = NO_ORIGINS
        for number in observations:
            kind, name = self.recorded.observations[number]
            # Text that is executed may import what it names.
            if kind in {"module", "text"} and name:
                mask |= code.modules.mask(code.modules.imported("", (name,)))
            elif kind == "whole-module":
                mask |= code.modules.closure.get(name, NO_MODULES)
        return mask

    def _unit_mask(self, code: CodeChanges, number: int) -> OriginMask:
        """Return what one unit depends on: its module, what it imports, classes it may hold."""
        path, fragment = self.recorded.units[number]
        mask: OriginMask = code.modules.mask((path, *self._loads.get(number, ())))
        if fragment >= 0 and path in code.modules.sources:
            found = code.modules.sources[path][fragment]
            mask |= code.modules.mask(code.modules.imported(path, found.uses.imports))
            mask |= code.spread.having(path, found)
            docs = code.names.docs
            # Code that looks through all members of something may find a changed docstring in a
            # place that no name leads to; `ChangedDocstrings.finds` asks for this bit.
            mask |= docs.looked if docs.looks(path, found) else NO_ORIGINS
            mask |= docs.tells if docs.may_tell(path, found) else NO_ORIGINS
        return mask

    def _changed_origins(
        self, units: Iterable[int], observations: Iterable[int]
    ) -> tuple[OriginMask, str]:
        """Return the origins of changed names that units or data files refer to, and a reason."""
        code = self.effects.code
        if code is None or not code.names.origins:
            return NO_ORIGINS, ""
        mask, why = code.texts.hit(observations, code.names)
        # What a plugin's fixture made may look at what it is given, as a library may.
        given = code.names.docs.given
        if given and any(
            self.recorded.observations[number][0] == "lent" for number in observations
        ):
            mask, why = mask | given, why or code.names.why[GIVEN]
        for number in units:
            if number in code.reached:
                origins, name = code.reached[number]
                mask |= origins
                why = why or name
        return mask, why

    def _referring(self, test: RecordedTest, units: Iterable[int], mask: OriginMask) -> str | None:
        """Return why the test or its fixtures refer to a changed name with an origin in ``mask``.

        The mask is the whole test's. So a fixture's name may come from a module that only the
        test depends on, and hands to the fixture.
        """
        code = self.effects.code
        reached = code.reached if code is not None else {}
        for number in units:
            if number in reached and reached[number][0] & mask:
                return reached[number][1]
        origins, why = self._changed_origins((), test.observations)
        if origins & mask:
            return why
        scopes = (self._scope(number) for number in self._around(test))
        return next((scope.asks for scope in scopes if scope.origins & mask), None)

    def _all_dependencies(
        self, code: CodeChanges, test: RecordedTest, units: Iterable[int]
    ) -> OriginMask:
        """Return all modules and changed classes that a test depends on."""
        # The text of a doctest isn't taken apart, so it may import any module.
        if not test.function and self._runs_text(test):
            return ~NO_ORIGINS
        mask = self._dependencies(units, test.observations)
        for number in self._around(test):
            mask |= self._scope(number).depends_on
        mask |= code.modules.mask((test.path, *_conftests(test.path)))
        # A method that its class inherits runs with an object of that class, and need not name it.
        mask |= code.inherited({*_defined(test)[:-1]})
        # What a plugin's fixture made may look at what it is given, as a library may.
        lent = any(self.recorded.observations[n][0] == "lent" for n in test.observations)
        mask |= code.names.docs.tells if lent else NO_ORIGINS
        # Last, because all three ask what is in the mask by now.
        mask |= code.spread.imported(mask)
        mask &= ~code.unmet(mask)
        return mask | code.names.docs.finds(mask)

    def _runs_text(self, test: RecordedTest) -> bool:
        seen = not self._text.isdisjoint(test.observations)
        return seen or any(self._scope(at).text for at in test.scopes)

    def _by_names(self, test: RecordedTest, units: Iterable[int]) -> str | None:
        """Return why a changed name or a changed import concerns the test."""
        code = self.effects.code
        if code is None:
            return None
        mask = self._all_dependencies(code, test, units)
        for path, why in code.spread.effects.items():
            if code.modules.bit.get(path, NO_MODULES) & mask:
                return reasons.imported(why, path)
        # No record tells what a conftest.py that came will do to the tests below it, or what one
        # that went did for them.
        moved = self.effects.changes.added | self.effects.changes.removed
        for path in _conftests(test.path):
            if path in moved:
                return f"{path} came or went"
        # Most tests end here: no changed name comes from anything that they depend on.
        if not code.names.origins & mask:
            return None
        name = self._referring(test, units, mask) or self._own_names(code, test, mask)
        return reasons.named(name)

    def _own_names(self, code: CodeChanges, test: RecordedTest, mask: OriginMask) -> str | None:
        """Return why the own definition, class, marks or fixtures of a test changed, by name."""
        # Of a test that is no function (a doctest, a YAML case) any name in its file may be meant.
        changed, why = code.names.attrs, code.names.why
        own = {*_defined(test), *test.names, "pytestmark"}
        names = own if test.function else code.texts.names(test.path)
        return min((why[it] for it in names & changed.keys() if changed[it] & mask), default=None)

    def by_scope(self, number: int) -> str | None:
        """Return why the scope with this number, or one used in it, counts as changed."""
        return self._scope(number).why


def _defined(test: RecordedTest) -> list[str]:
    """Return the names of the classes around a test, and its own."""
    return test.nodeid.partition("[")[0].split("::")[1:]


def _conftests(path: str) -> list[str]:
    """Return where pytest would look for the conftest.py files of a test file."""
    folder, found = path, []
    while folder:
        folder = folder.rpartition("/")[0]
        found.append(f"{folder}/conftest.py" if folder else "conftest.py")
    return found
