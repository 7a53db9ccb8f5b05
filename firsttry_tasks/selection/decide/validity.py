"""One recorded run held against the tree now: why each of its tests has to run, if it has."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.model import globs
from firsttry_tasks.selection.evidence.mask_types import NO_MODULES, NO_ORIGINS, OriginMask
from firsttry_tasks.selection.evidence.shared_state import GIVEN
from firsttry_tasks.selection.impact.invalidation import Effects

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.selection.evidence.recorded_run import (
        CurrentTree,
        RecordedRun,
        RecordedTest,
        Scope,
    )
    from firsttry_tasks.selection.impact.code_changes import Code


class _Seen(Struct, frozen=True, kw_only=True):
    """What a scope and all inside it come to; masks are of modules.

    ``why`` it counts as changed, if it does; ``rests``: what it rests on; ``origins``: where the
    changed names come from that it asks for; ``asks``: why one of them changed; ``text``:
    code that stands in no Python file ran.
    """

    why: str | None
    rests: OriginMask
    origins: OriginMask
    asks: str
    text: bool


class Judged:
    """A recorded run, and what changed since."""

    def __init__(self, recorded: RecordedRun, now: CurrentTree) -> None:
        """Find out what changed since the recorded run."""
        self.recorded = recorded
        self.now = now
        self.effects = Effects(recorded, now)
        self._scopes: dict[int, _Seen] = {}
        self._masks: dict[int, OriginMask] = {}
        self._namings: dict[int, OriginMask] = {}
        self._text = next(
            (n for n, observation in enumerate(recorded.observations) if observation[0] == "text"),
            -1,
        )
        self._declarations = tuple(_declarations(now, self.effects.changes.paths))
        self._start = [n for n, scope in enumerate(recorded.scopes) if scope.kind == "start"]

    def why(self, test: RecordedTest) -> str | None:
        """Return why a test has to run, None if nothing it rests on changed."""
        effects = self.effects
        if effects.none:
            return None
        if effects.everything:
            return effects.everything[0]
        if test.outcome == "skipped" and effects.changes.paths:
            return "was skipped when it ran last"
        if test.path in effects.changes.paths and not (test.function and test.path.endswith(".py")):
            return f"{test.path} changed"
        units = test.ran()
        return (
            self._declared(test)
            or self._direct(units, test.observations)
            or self._by_scopes(test)
            or self._by_names(test, units)
        )

    def brought_back(self, older: RecordedRun) -> bool:
        """Tell whether what changed since may be now as an older recorded run has it."""
        effects, observations = self.effects, self.recorded.observations
        if effects.everything:
            return True
        if any(
            observations[n][0] == "env" or observations[n][1] in self.recorded.outside
            for n in effects.observations
        ):
            return True
        same = self.now.manifest
        return any(older.manifest.get(it) == same.get(it) for it in effects.changes.paths)

    def _declared(self, test: RecordedTest) -> str | None:
        """Ask the settings: what the recorder can't see, a person may have written down."""
        for hit, glob, targets in self._declarations:
            if any(_is_meant(test, target) for target in targets):
                return f"{hit} changed, which {glob} says it depends on"
        return None

    def _direct(self, units: Iterable[int], observations: Iterable[int]) -> str | None:
        code = self.effects.code
        changed = code.units if code is not None else {}
        for found, numbers in ((changed, units), (self.effects.observations, observations)):
            hit = next((number for number in numbers if number in found), None) if found else None
            if hit is not None:
                return found[hit]
        return None

    def _by_scopes(self, test: RecordedTest) -> str | None:
        reasons = (self._scope(number).why for number in (*self._start, *test.scopes))
        return next((why for why in reasons if why is not None), None)

    def _scope(self, number: int) -> _Seen:
        if number not in self._scopes:
            self._scopes[number] = self._judge(self._closure(number))
        return self._scopes[number]

    def _closure(self, number: int) -> list[Scope]:
        """Return a scope and all that were opened inside: cached functions may call each other."""
        seen, waiting = {number}, [number]
        found = []
        while waiting:
            scope = self.recorded.scopes[waiting.pop()]
            found.append(scope)
            if scope.kind != "import":
                waiting += set(scope.used) - seen
                seen.update(scope.used)
        return found

    def _judge(self, scopes: Iterable[Scope]) -> _Seen:
        code, rests, origins = self.effects.code, NO_ORIGINS, NO_ORIGINS
        why: str | None = None
        asks, text = "", False
        for scope in scopes:
            text = text or self._text in scope.observations
            if scope.kind == "import":
                if code is not None:
                    rests |= code.modules.closure.get(scope.name, NO_MODULES)
                continue
            rests |= self._reach(scope.units, scope.observations)
            why = why or self._direct(scope.units, scope.observations)
            mask, name = self._asked(scope.units, scope.observations)
            origins |= mask
            asks = asks or name
        return _Seen(why=why, rests=rests, origins=origins, asks=asks, text=text)

    def _reach(self, units: Iterable[int], observations: Iterable[int]) -> OriginMask:
        """Return the modules that code in these units and these dynamic imports rest on."""
        code = self.effects.code
        if code is None:
            return NO_ORIGINS
        mask = NO_ORIGINS
        for number in units:
            if number not in self._masks:
                self._masks[number] = self._unit_mask(code, number)
            mask |= self._masks[number]
        for number in observations:
            kind, name = self.recorded.observations[number]
            if kind == "module":
                mask |= code.modules.mask(code.modules.imported("", (name,)))
            elif kind == "whole-module":
                mask |= code.modules.closure.get(name, NO_MODULES)
        return mask

    def _unit_mask(self, code: Code, number: int) -> OriginMask:
        path, fragment = self.recorded.units[number]
        mask: OriginMask = code.modules.mask((path, *self.recorded.loads.get(number, ())))
        if fragment >= 0 and path in code.modules.sources:
            found = code.modules.sources[path][fragment]
            mask |= code.modules.mask(code.modules.imported(path, found.uses.imports))
            mask |= code.spread.having(path, found)
            docs = code.names.docs
            mask |= docs.looked if docs.looks(path, found) else NO_ORIGINS
        return mask

    def _named(self, code: Code, number: int) -> OriginMask:
        """Return the changed classes that a unit names: what it was given may be of their kind."""
        if not code.spread.classes:
            return NO_ORIGINS
        if number not in self._namings:
            path, fragment = self.recorded.units[number]
            known = fragment >= 0 and path in code.modules.sources
            found = code.modules.sources[path][fragment] if known else None
            self._namings[number] = NO_ORIGINS if found is None else code.spread.naming(path, found)
        return self._namings[number]

    def _asked(self, units: Iterable[int], observations: Iterable[int]) -> tuple[OriginMask, str]:
        """Return the origins of the changed names that units refer to or read files spell."""
        code = self.effects.code
        if code is None or not code.names.origins:
            return NO_ORIGINS, ""
        mask, why = code.texts.hit(observations, code.names)
        for number in units:
            if number in code.reached:
                origins, name = code.reached[number]
                mask |= origins
                why = why or name
        return mask, why

    def _hits(self, test: RecordedTest, units: Iterable[int], mask: OriginMask) -> str | None:
        """Return why the test, or what it rests on, asks for a name that changed in ``mask``.

        What a fixture asks for may be of a module that only the test knows, and hands to it.
        """
        code = self.effects.code
        reached = code.reached if code is not None else {}
        for number in units:
            if number in reached and reached[number][0] & mask:
                return reached[number][1]
        origins, why = self._asked((), test.observations)
        if origins & mask:
            return why
        scopes = (self._scope(number) for number in (*self._start, *test.scopes))
        return next((scope.asks for scope in scopes if scope.origins & mask), None)

    def _mask(self, code: Code, test: RecordedTest, units: Iterable[int]) -> OriginMask:
        if not test.function and self._runs_text(test):
            return ~NO_ORIGINS  # a doctest or the like may import what it pleases
        mask = self._reach(units, test.observations)
        for number in (*self._start, *test.scopes):
            mask |= self._scope(number).rests
        if any(self.recorded.scopes[number].kind == GIVEN for number in test.scopes):
            for number in units:
                mask |= self._named(code, number)
        mask |= code.modules.mask((test.path, *_conftests(test.path)))
        mask |= code.spread.imported(mask)
        return mask | code.names.docs.finds(mask)

    def _runs_text(self, test: RecordedTest) -> bool:
        return self._text in test.observations or any(self._scope(at).text for at in test.scopes)

    def _by_names(self, test: RecordedTest, units: Iterable[int]) -> str | None:
        code = self.effects.code
        if code is None:
            return None
        mask = self._mask(code, test, units)
        for path, why in code.spread.effects.items():
            if code.modules.bit.get(path, NO_MODULES) & mask:
                return why
        moved = self.effects.changes.added | self.effects.changes.removed
        for path in _conftests(test.path):
            if path in moved:
                return f"{path} came or went"
        if not code.names.origins & mask:
            return None
        return self._hits(test, units, mask) or self._own_names(code, test, mask)

    def _own_names(self, code: Code, test: RecordedTest, mask: OriginMask) -> str | None:
        """Ask for the test's definition, class and fixtures; of other kinds for its whole file."""
        changed, why = code.names.attrs, code.names.why
        parts = test.nodeid.partition("[")[0].split("::")[1:]
        names = {*parts, *test.names} if test.function else code.texts.names(test.path)
        hits = (name for name in names & changed.keys() if changed[name] & mask)
        return min((why[name] for name in hits), default=None)

    def by_frame(self, number: int) -> str | None:
        """Return why a scope, or what was opened inside it, counts as changed."""
        return self._scope(number).why


def _conftests(path: str) -> list[str]:
    """Return where conftests for a file would stand."""
    folder, found = path, []
    while folder:
        folder = folder.rpartition("/")[0]
        found.append(f"{folder}/conftest.py" if folder else "conftest.py")
    return found


def _declarations(
    now: CurrentTree, paths: Iterable[str]
) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Yield a changed path, the glob in the settings that it fits, and the tests that depend."""
    for glob, targets in now.depends.items():
        hit = next((path for path in sorted(paths) if globs.fit(path, glob)), None)
        if hit:
            yield hit, glob, targets


def _is_meant(test: RecordedTest, target: str) -> bool:
    """Tell whether the settings mean a test by its node id, or by a glob of its file.

    A node id is no path: a bracket in it is a bracket, and ``*`` stands for anything.
    """
    if "::" in target:
        return fnmatchcase(test.nodeid, target.replace("[", "[[]"))
    return globs.fit(test.path, target)
