"""The pytest hooks that open and close scopes, and the record of a process at its end."""

import functools
import importlib.machinery
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

import pytest
from _pytest.assertion.rewrite import AssertionRewritingHook
from _pytest.fixtures import FixtureDef

from firsttry_tasks.model.recording import SUFFIX, Record, ScopeRecord, TestRecord, encode
from firsttry_tasks.recorder.probes.audit import AuditProbe
from firsttry_tasks.recorder.probes.environ import variable
from firsttry_tasks.recorder.probes.importers import ImporterProbe
from firsttry_tasks.recorder.probes.inotify import InotifyProbe
from firsttry_tasks.recorder.probes.object_lifetimes import LifetimeProbe
from firsttry_tasks.recorder.probes.subprocesses import ChildProcessProbe
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope
from firsttry_tasks.recorder.tracing.collector import collector
from firsttry_tasks.recorder.tracing.functools_caches import caching

_LOADERS: tuple[Any, ...] = (importlib.machinery.SourceFileLoader, AssertionRewritingHook)


class RecorderHooks:
    """A pytest plugin; registered where the plan asks for a recording."""

    def __init__(self, root: Path, folder: Path, data: tuple[str, ...] = ()) -> None:
        """Record the project at ``root`` into ``folder``; its ``data`` lies in these folders."""
        self.folder = folder
        self.attribution = Attribution(os.path.realpath(root))
        self.collector = collector(self.attribution, self._enter, self._leave)
        self.asker = ImporterProbe(self.attribution)
        self.opens = InotifyProbe(self.attribution, data, folder)
        self.audit = AuditProbe(self.attribution, self._code, self.asker.fetched, self.opens.known)
        self.children = ChildProcessProbe(self.attribution, self.audit, self.collector, folder)
        self.lives = LifetimeProbe(self.attribution)
        self.tests: list[tuple[pytest.Item, OpenScope, str, float]] = []
        self.collected: list[str] = []
        self._outcomes: dict[str, list[str]] = {}
        self._seconds: dict[str, float] = {}
        self._began = time.time()
        self._modules: dict[int, CodeType] = {}
        self._undo: list[tuple[Any, str, Any]] = []

    def begin(self) -> None:
        """Start to listen; what was imported before counts as a whole."""
        for module in list(sys.modules.values()):
            path = _path(module)
            place = None if path is None else self.attribution.place(path)
            if place is not None:
                self.attribution.add("whole-module", place)
                self.lives.executed(place)
            else:
                self.audit.neighbour(path)
        self.collector.begin()
        self.opens.begin()
        self.audit.begin()
        self.children.disown()
        self.children.begin()
        for loader in _LOADERS:
            self._patch(loader, "exec_module", self._importing(loader.exec_module))
        self._patch(FixtureDef, "finish", self._finishing(FixtureDef.finish))
        for holder, name, value in caching(self.collector.caches):
            self._patch(holder, name, value)

    def end(self, config: pytest.Config, name: str) -> None:
        """Stop to listen, and write the record."""
        self._drain()
        self.children.end()
        self.audit.end()
        self.opens.end()
        self.collector.end()
        for holder, attribute, before in reversed(self._undo):
            setattr(holder, attribute, before)
        aside = self.folder / f"{name}.tmp"
        aside.write_bytes(encode(self._record(config)))
        aside.replace(self.folder / f"{name}{SUFFIX}")  # a record that is there is complete

    # Frames

    def _enter(self, scope: OpenScope) -> None:
        self._drain()
        self.attribution.push(scope)
        if scope.kind != "import":
            self.children.own(scope)

    def _leave(self, scope: OpenScope) -> None:
        self._drain()
        self.attribution.pop(scope)
        if scope.kind != "import":
            self.children.own(self.attribution.top)

    def _drain(self) -> None:
        self.collector.drain()
        self.opens.drain()

    def _patch(self, holder: Any, name: str, value: object) -> None:
        self._undo.append((holder, name, getattr(holder, name)))
        setattr(holder, name, value)

    def _importing(self, original: Callable[..., None]) -> Callable[..., None]:
        def exec_module(loader: Any, module: ModuleType) -> None:
            path = _path(module)
            place = None if path is None else self.attribution.place(path)
            if place is None:
                self.audit.neighbour(path)
                self.collector.foreign(functools.partial(original, loader, module))
                if path is not None and self.audit.is_stranger(path):
                    self._ask(path)
                return
            scope = self.attribution.scope("import", place)
            self.attribution.top.used.add(scope.number)
            self.asker.imported(scope)
            self._enter(scope)
            try:
                original(loader, module)
            finally:
                self._leave(scope)
                self._tell_import()

        return exec_module

    def _ask(self, path: str) -> None:
        """Count for whole what a module from elsewhere imports: what it does with it is unknown."""
        for name in self.audit.imports(path):
            found = _path(sys.modules.get(name))
            place = None if found is None else self.attribution.place(found)
            if place is not None:
                self._whole(place, set())

    def _whole(self, place: str, seen: set[str]) -> None:
        """Count a module and all that it imports for whole."""
        seen.add(place)
        self.attribution.add("whole-module", place)
        scopes = list(self.attribution.scopes.values())
        known = self.attribution.scopes.get(("import", place))
        for number in known.used if known is not None else ():
            if scopes[number].kind == "import" and scopes[number].name not in seen:
                self._whole(scopes[number].name, seen)

    def _finishing(self, original: Callable[..., None]) -> Callable[..., None]:
        def finish(fixture: Any, request: Any) -> None:
            if fixture.scope == "function" or fixture.cached_result is None:
                original(fixture, request)
                return
            scope = self.attribution.scope("fixture", _fixture_name(fixture))
            self._enter(scope)
            try:
                original(fixture, request)
            finally:
                self._leave(scope)

        return finish

    def _code(self, code: CodeType) -> None:
        """Hear that a module's code is about to run, or any other that ``exec`` is given."""
        place = self.attribution.place(code.co_filename)
        if place is None:
            return
        self.collector.arm(code)
        if code.co_name == "<module>":
            self.lives.executed(place)
        if self.children.forked:
            self.attribution.add("whole-module", place)
            return
        top = self.attribution.top
        if top.kind == "import" and top.name == place:
            self._modules[top.number] = code
            self._tell_import()
        elif code.co_name == "<module>":
            self.attribution.add("whole-module", place)

    def _tell_import(self) -> None:
        if self.children.forked:
            return
        scope = next(one for one in reversed(self.attribution.stack) if one.kind != "cache")
        module = self._modules.get(scope.number) if scope.kind == "import" else None
        self.collector.importing(module, scope)

    # Hooks

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Stop to look at opened files where tests run in other processes, which do so."""
        if session.config.pluginmanager.hasplugin("dsession"):
            self.opens.end()

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Give what collectors do to their own scopes."""
        scope = self.attribution.scope("collect", collector.nodeid)
        self._enter(scope)
        try:
            return (yield)
        finally:
            self._leave(scope)

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember every test there is."""
        self.collected.append(item.nodeid)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Give what longer-lived fixtures do to their own scopes."""
        if fixturedef.scope == "function":
            return (yield)
        scope = self.attribution.scope("fixture", _fixture_name(fixturedef))
        self.attribution.top.used.add(scope.number)
        self._enter(scope)
        try:
            return (yield)
        finally:
            self._leave(scope)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Give what happens while a test runs to the test."""
        if not self.tests:
            self.lives.look()
        scope = OpenScope("test", item.nodeid, -1)
        self._enter(scope)
        try:
            return (yield)
        finally:
            if not self.collector.sees():
                self.attribution.add("untraceable", "something took the recorder's place")
            self.lives.look()
            self._leave(scope)
            self._finish(item, scope)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Note which longer-lived fixtures the test used, whoever set them up."""
        request = getattr(item, "_request", None)
        for fixture in getattr(request, "_fixture_defs", {}).values():
            if fixture.scope != "function":
                scope = self.attribution.scope("fixture", _fixture_name(fixture))
                self.attribution.top.used.add(scope.number)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Remember how the phases of a test ended."""
        self._outcomes.setdefault(report.nodeid, []).append(_outcome(report))
        self._seconds[report.nodeid] = self._seconds.get(report.nodeid, 0.0) + report.duration

    def _finish(self, item: pytest.Item, scope: OpenScope) -> None:
        outcomes = self._outcomes.pop(item.nodeid, [])
        if "passed" not in outcomes and "skipped" not in outcomes:
            outcomes.append("failed")
        outcome = min(outcomes, key=("failed", "skipped", "passed").index)
        self.tests.append((item, scope, outcome, self._seconds.pop(item.nodeid, 0.0)))

    def _test(
        self, item: pytest.Item, scope: OpenScope, outcome: str, seconds: float
    ) -> TestRecord:
        above = {
            self.attribution.scope("collect", parent.nodeid).number
            for parent in item.listchain()[:-1]
        }
        return TestRecord(
            nodeid=item.nodeid,
            path=self.attribution.place(str(item.path)) or "",
            outcome=outcome,
            seconds=round(seconds, 6),
            units=tuple(sorted(scope.units - {-1})),
            observations=tuple(sorted(scope.observations)),
            scopes=tuple(sorted(scope.used | above)),
            names=tuple(sorted(getattr(item, "fixturenames", ()))),
            function=isinstance(item, pytest.Function),
        )

    def _record(self, config: pytest.Config) -> Record:
        attribution = self.attribution
        tests = tuple(self._test(*test) for test in self.tests)
        scopes = tuple(
            ScopeRecord(
                kind=scope.kind,
                name=scope.name,
                units=tuple(sorted(scope.units - {-1})),
                observations=tuple(sorted(scope.observations)),
                used=tuple(sorted(scope.used)),
                lines=tuple(sorted(line for line in scope.lines if line[1] >= 0)),
            )
            for scope in attribution.scopes.values()
        )
        return Record(
            units=tuple(attribution.units),
            observations=attribution.listed_observations(),
            scopes=scopes,
            tests=tests,
            modules=self._named_modules(),
            environment={
                name: variable(name, attribution.environment, attribution.root)
                for kind, name in attribution.observations
                if kind == "env"
            },
            patterns=tuple(map(str, config.getini("python_files"))),
            testpaths=tuple(map(str, config.getini("testpaths"))),
            roots=self._roots(),
            began=self._began,
            collected=tuple(self.collected),
            loads=tuple(sorted(pair for pair in attribution.loads if pair[0] >= 0)),
            private=tuple(sorted(self.lives.private())) if self.tests else (),
        )

    def _roots(self) -> tuple[str, ...]:
        entries = (entry for entry in sys.path if entry != "")
        found = {self.attribution.place(os.path.join(it, "x")) for it in entries}  # noqa: PTH118
        return tuple(sorted(place.rpartition("/")[0] for place in found if place is not None))

    def _named_modules(self) -> dict[str, str]:
        found = {}
        for name, module in list(sys.modules.items()):
            path = _path(module)
            place = None if path is None else self.attribution.place(path)
            if place is not None:
                found[name] = place
        return found


def _path(module: object) -> str | None:
    path = getattr(module, "__file__", None)
    return path if isinstance(path, str) else None


def _fixture_name(fixture: Any) -> str:
    return f"{fixture.baseid}::{fixture.argname}"


def _outcome(report: pytest.TestReport) -> str:
    """Return how a test ended: an expected failure ran as it should, a skip did not run."""
    if report.outcome == "skipped" and hasattr(report, "wasxfail"):
        return "passed"
    return report.outcome
