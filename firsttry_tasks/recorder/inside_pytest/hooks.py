"""The pytest hooks that tell which test, fixture or collector is running.

Each opens a scope in the `ProcessRecorder` for as long as its work takes.
"""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from firsttry_tasks.model.recording import SUFFIX, encode
from firsttry_tasks.recorder.inside_pytest.process_recorder import ProcessRecorder, fixture_name
from firsttry_tasks.recorder.inside_pytest.record import FinishedTest, build
from firsttry_tasks.recorder.inside_pytest.reports import Ending, bad, word
from firsttry_tasks.recorder.inside_pytest.skips import explained
from firsttry_tasks.recorder.tracing.attribution import OpenScope


class RecorderHooks:
    """A pytest plugin; it is registered where the plan asks for a recording."""

    def __init__(self, root: Path, folder: Path, data: tuple[str, ...], key: bytes) -> None:
        """Record the project at ``root`` into ``folder``; its ``data`` lies in these folders.

        Digests of variables are made with ``key``.
        """
        self.folder = folder
        self.key = key
        self.recorder = ProcessRecorder(root, folder, data, key)
        self.attribution = self.recorder.attribution
        self.tests: list[FinishedTest] = []
        self.collected: list[pytest.Item] = []
        #: What the reports of the running test come to.
        self._ending = Ending()

    def begin(self) -> None:
        """Start to listen."""
        self.recorder.begin()

    def end(self, config: pytest.Config, name: str) -> None:
        """Stop to listen, and write the record to a file that is called ``name``."""
        self.recorder.state.settle([test.scope for test in self.tests])
        self.recorder.end()
        # Written beside and then renamed: a record that is there is complete.
        aside = self.folder / f"{name}.tmp"
        aside.write_bytes(
            encode(build(self.recorder, self.tests, self.collected, config, self.key))
        )
        aside.replace(self.folder / f"{name}{SUFFIX}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionstart(self, session: pytest.Session) -> None:
        """Stop to watch opened files in the process that distributes tests to xdist's workers.

        The kernel tells every process that watches of all opens, and the workers do watch.
        """
        if session.config.pluginmanager.hasplugin("dsession"):
            self.recorder.opened.end()

    # All wrappers come first, so that what other plugins do belongs to the scope as well.

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_make_collect_report(self, collector: pytest.Collector) -> Iterator[None]:
        """Put what a collector does to its own scope."""
        scope = self.attribution.scope("collect", collector.nodeid)
        self.recorder.enter(scope)
        try:
            return (yield)
        finally:
            self.recorder.leave(scope)
            # pytest asks each object of a module what it is; one that is made lazily is made then.
            self.recorder.state.passed(scope, scope.units)

    @pytest.hookimpl(tryfirst=True)
    def pytest_itemcollected(self, item: pytest.Item) -> None:
        """Remember every test there is, before any is deselected."""
        # Asked for its node id at the end, because hooks may still give it another one.
        self.collected.append(item)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_fixture_setup(self, fixturedef: Any) -> Iterator[None]:
        """Put what a fixture does that outlives a test to its own scope."""
        code = getattr(fixturedef.func, "__code__", None)
        place = self.attribution.place(code.co_filename) if code is not None else None
        if place is None and not fixturedef.func.__module__.startswith("_pytest."):
            self.attribution.add("lent", fixturedef.argname)
        if fixturedef.scope == "function":
            self._lend(fixturedef.func)
            return (yield)
        scope = self.attribution.scope("fixture", fixture_name(fixturedef))
        scope.reach = fixturedef.scope
        # The scope around may be another fixture's, which then rests on this one.
        self.attribution.top.used.add(scope.number)
        self.recorder.enter(scope)
        try:
            value = yield
        finally:
            self.recorder.leave(scope)
        if place is not None:
            self.recorder.state.hold(scope.name, place, fixturedef.argname, value)
        return value

    def _lend(self, function: Any) -> None:
        """Note whose fixture a test uses, where it is a library's, which may keep something."""
        module = getattr(function, "__module__", None)
        code = getattr(function, "__code__", None)
        strange = code is not None and self.attribution.place(code.co_filename) is None
        if strange and isinstance(module, str) and self.recorder.state.lends(module):
            self.attribution.add("module", module)

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Iterator[None]:
        """Put what happens while a test runs to the test."""
        # Objects that modules made in their import are there before the first test.
        if not self.tests:
            paths = {it.path for it in item.session.items}
            found = (self.attribution.place(str(it)) for it in paths)
            self.recorder.state.begin(item.config, frozenset(filter(None, found)))
        scope = OpenScope("test", item.nodeid, -1)
        self._ending = Ending()
        self.recorder.enter(scope)
        try:
            return (yield)
        finally:
            if not self.recorder.collector.sees():
                self.attribution.add("untraceable", "something took the recorder's place")
            self.recorder.leave(scope)
            self.recorder.state.ended(scope)
            self._finish(item, scope)

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_teardown(self, item: pytest.Item) -> None:
        """Note which longer-lived fixtures the test used, whichever test set them up."""
        # pytest has no public way to ask, and forgets them in the teardown; so asked for now, and
        # with care, because other kinds of items have no such attribute.
        request = getattr(item, "_request", None)
        for fixture in getattr(request, "_fixture_defs", {}).values():
            if fixture.scope != "function":
                scope = self.attribution.scope("fixture", fixture_name(fixture))
                self.attribution.top.used.add(scope.number)

    # First, because pytest's own summary of subtests turns a report that passed into a failed one.
    @pytest.hookimpl(tryfirst=True)
    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Take in what a phase of the running test came to, whatever node id the report has."""
        self._ending.hear(report)

    def _finish(self, item: pytest.Item, scope: OpenScope) -> None:
        report = self._ending.decisive
        # Without a teardown the test did not come to its end, as after Ctrl-C: nothing says that it
        # would pass.
        whole = report is not None and self._ending.phase == "teardown"
        outcome = "failed" if report is None or not whole or bad(report) else word(report)
        skipped = whole and report is not None and explained(item, report)
        self.tests.append(FinishedTest(item, scope, outcome, self._ending.seconds, skipped))
