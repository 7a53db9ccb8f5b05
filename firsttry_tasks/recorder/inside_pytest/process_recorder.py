"""Records what one process does: it starts and stops all sources, and opens and closes scopes.

The pytest hooks (`hooks`) say when tests, fixtures and collectors begin and end. Imports this
module sees by itself, through the loaders that execute modules.
"""

import contextlib
import functools
import importlib.machinery
import os
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import CodeType, ModuleType
from typing import Any

from _pytest.assertion.rewrite import AssertionRewritingHook
from _pytest.fixtures import FixtureDef

from firsttry_tasks.model.recording import EARLY
from firsttry_tasks.recorder.boundary.gathering import Gathering
from firsttry_tasks.recorder.boundary.lasting import alive
from firsttry_tasks.recorder.boundary.library import Library
from firsttry_tasks.recorder.inside_pytest.registered import Registrations
from firsttry_tasks.recorder.leftovers.watch import StateWatch
from firsttry_tasks.recorder.probes.annotations import AnnotationsProbe
from firsttry_tasks.recorder.probes.audit import AuditProbe
from firsttry_tasks.recorder.probes.importers import ImporterProbe
from firsttry_tasks.recorder.probes.inotify import InotifyProbe
from firsttry_tasks.recorder.probes.paths import PathResolver
from firsttry_tasks.recorder.probes.stack import libraries, standard
from firsttry_tasks.recorder.probes.subprocesses import ChildProcessProbe
from firsttry_tasks.recorder.replaced.import_frames import as_import
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope
from firsttry_tasks.recorder.tracing.collector import collector

#: What executes modules: Python's own loader, and pytest's for test files, conftests and plugins,
#: whose assertions it rewrites.
_LOADERS: tuple[Any, ...] = (importlib.machinery.SourceFileLoader, AssertionRewritingHook)
#: How many lines of a module are told while it is imported. One that makes its tables in loops runs
#: far more, and what asks for something in it counts for the whole module. A judgement.
_LINES = 20_000


class ProcessRecorder:
    """Holds the collector and the probes of one process, which all write to one attribution."""

    def __init__(self, root: Path, folder: Path, data: tuple[str, ...], key: bytes) -> None:
        """Record the project at ``root``, and keep files for the time of the run in ``folder``.

        ``data`` are the folders of the project that hold more than code, relative to ``root``.
        Digests are made with ``key``.
        """
        # Links are resolved, because code objects are placed by their resolved paths.
        self.attribution = Attribution(os.path.realpath(root))
        self.collector = collector(self.attribution)
        self.importers = ImporterProbe(self.attribution)
        self.opened = InotifyProbe(self.attribution, data, folder)
        self.audit = AuditProbe(
            self.attribution, self._code, self.importers.fetched, self.opened.known
        )
        self.children = ChildProcessProbe(self.attribution, self.audit, self.collector, folder)
        self.annotations = AnnotationsProbe(self.attribution, self.audit, folder)
        self.state = StateWatch(self.attribution, key)
        self.registered = Registrations(self.attribution, key)
        self.library = Library()
        self.children.followed = self.library.there
        self.logs = Gathering(self.attribution, folder)
        self._early = folder / EARLY
        self.began = time.time()
        #: The code of each module whose import is open, by the number of its scope.
        self._modules: dict[int, CodeType] = {}
        self._undo: list[tuple[Any, str, Any]] = []

    def begin(self) -> None:
        """Start to listen; a module that was imported before counts as a whole."""
        for module in list(sys.modules.values()):
            path = module_file(module)
            place = None if path is None else self.attribution.place(path)
            if place is not None:
                # Nothing saw what its import ran, so each of its lines may have mattered.
                self.attribution.add("whole-module", place)
            else:
                self.audit.neighbour(path)
        self.collector.begin()
        if self.library.there:
            left_out = PathResolver(self.attribution).left_out
            self.library.begin(self.logs.folder, self.attribution.root, left_out)
        else:
            self.opened.begin()
        self.audit.begin()
        # A worker of xdist is a child process of the one that distributes the tests, and would be
        # recorded twice.
        self.children.disown()
        self.children.begin()
        self.annotations.begin()
        for loader in _LOADERS:
            self._patch(loader, "exec_module", self._importing(loader.exec_module))
        for replaced in self.registered.serving():
            self._patch(*replaced)
        # No hook of pytest stands around the end of a fixture: `pytest_fixture_post_finalizer` is
        # called when it is over.
        self._patch(FixtureDef, "finish", self._finishing(FixtureDef.finish))

    def end(self) -> None:
        """Stop to listen, and put back what was replaced."""
        self.drain()
        self.library.enter(0)
        self.children.end()
        self._gather()
        self.audit.end()
        self.opened.end()
        self.collector.end()
        for holder, attribute, before in reversed(self._undo):
            setattr(holder, attribute, before)

    def enter(self, scope: OpenScope) -> None:
        """Open a scope: what happens from now on belongs to it."""
        # First, because what ran until now belongs to the scope around.
        self.drain()
        self.attribution.push(scope)
        self._tell(scope)

    def leave(self, scope: OpenScope) -> None:
        """Close a scope: what happens from now on belongs to the one around it."""
        self.drain()
        if scope.kind == "test":
            self.attribution.outlived(scope, alive())
        self.attribution.pop(scope)
        self._tell(self.attribution.top, left=scope)

    def _tell(self, scope: OpenScope, left: OpenScope | None = None) -> None:
        """Say which scope is open now; ``left`` is one that was closed."""
        # A forked child stays in the scope in which it was forked.
        if self.children.forked:
            return
        self.library.enter(self.attribution.owner(scope))
        # Imports are many, and each would change the environment twice. So a Python child process
        # that one starts belongs to the scope around it.
        if (left or scope).kind not in {"import", "library"}:
            self.children.own(scope)

    def _gather(self) -> None:
        """Take in what the C library saw, and find the children that nothing saw."""
        followed: frozenset[int] = frozenset()
        if self.library.there:
            self.logs.early(self._early)
            followed = self.logs.gather(self.children.excused, self.children.unheeded)
        self.children.find_unseen(followed)

    def drain(self) -> None:
        """Put to the innermost scope what the sources have gathered that can't tell at once."""
        self.collector.drain()
        self.opened.drain()

    def _patch(self, holder: Any, name: str, value: object) -> None:
        self._undo.append((holder, name, getattr(holder, name)))
        setattr(holder, name, value)

    def _importing(self, original: Callable[..., None]) -> Callable[..., None]:
        """Return what executes a module inside a scope of its own, in place of ``original``."""

        @as_import
        def exec_module(loader: Any, module: ModuleType) -> None:
            path = module_file(module)
            place = None if path is None else self.attribution.place(path)
            if place is None:
                self.audit.neighbour(path)
                with self._loading(path, module):
                    self.collector.foreign(functools.partial(original, loader, module))
                # After it ran, because only then is there a module for each name that it imports.
                if path is not None and self.audit.is_stranger(path):
                    self._count_imports(path)
                return
            scope = self.attribution.scope("import", place)
            # A module is executed once, and serves all that import it: they rest on its scope.
            self.attribution.top.used.add(scope.number)
            self.importers.imported(scope, loader)
            self.annotations.loaded(place, loader)
            around, self.attribution.loading = self.attribution.loading, None
            self.enter(scope)
            try:
                original(loader, module)
            finally:
                self.attribution.loading = around
                self.leave(scope)
                self.state.imported(module, place, scope)
                # The import around this one goes on, and starts need its lines again.
                self._tell_import()

        return exec_module

    @contextlib.contextmanager
    def _loading(self, path: str | None, module: ModuleType) -> Iterator[None]:
        """Let what is looked at count for all that use a module from elsewhere, within the block.

        What it loads in turn is one with it, and so is what has it loaded when it is first needed.
        """
        if self.attribution.loading is not None or path is None or standard(path):
            yield
            return
        before = set(sys.modules)
        scope = self.attribution.scope("library", str(vars(module).get("__name__")))
        scope.loaded |= libraries(self.attribution.place)
        self.attribution.loading = scope
        self._tell(self.attribution.top, left=scope)
        try:
            yield
        finally:
            self.attribution.loading = None
            self._tell(self.attribution.top, left=scope)
            names = {scope.name} | sys.modules.keys() - before
            scope.loaded |= {name.partition(".")[0] for name in names}

    def _count_imports(self, path: str) -> None:
        """Count for whole what a module from elsewhere imports: what it does with it is unknown."""
        for name in self.audit.imports(path):
            found = module_file(sys.modules.get(name))
            place = None if found is None else self.attribution.place(found)
            if place is not None:
                self._count_whole(place, set())

    def _count_whole(self, place: str, seen: set[str]) -> None:
        """Count a module for whole, and all that it imports, but what is ``seen`` already."""
        seen.add(place)
        self.attribution.add("whole-module", place)
        # Scopes are numbered in the order of this dictionary.
        scopes = list(self.attribution.scopes.values())
        known = self.attribution.scopes.get(("import", place))
        for number in known.used if known is not None else ():
            if scopes[number].kind == "import" and scopes[number].name not in seen:
                self._count_whole(scopes[number].name, seen)

    def _finishing(self, original: Callable[..., None]) -> Callable[..., None]:
        """Return what ends a fixture inside its own scope, in place of ``original``."""

        def finish(fixture: Any, request: Any) -> None:
            # A function's fixture is part of its test, and one that was never set up ends nothing.
            if fixture.scope == "function" or fixture.cached_result is None:
                original(fixture, request)
                return
            scope = self.attribution.scope("fixture", fixture_name(fixture))
            self.state.release(scope.name)
            self.enter(scope)
            try:
                original(fixture, request)
            finally:
                self.leave(scope)

        return finish

    def _code(self, code: CodeType) -> None:
        """Hear that a module's code is about to run, or any other that ``exec`` is given."""
        place = self.attribution.place(code.co_filename)
        if place is None:
            return
        self.annotations.executed(place)
        self.collector.arm(code)
        # Only what a forked child writes at once gets home; its scopes and their lines don't.
        if self.children.forked:
            self.attribution.add("whole-module", place)
            return
        top = self.attribution.top
        if top.kind == "import" and top.name == place:
            self._modules[top.number] = code
            self._tell_import()
        elif code.co_name == "<module>":
            # It runs past the loaders, as `runpy` does it, so that it has no scope.
            self.attribution.add("whole-module", place)
            self.attribution.add("executed", place)

    def _tell_import(self) -> None:
        """Tell the collector which module's lines the starts of functions come with, if any."""
        if self.children.forked:
            return
        scope = self.attribution.top
        module = self._modules.get(scope.number) if scope.kind == "import" else None
        self.collector.importing(module, scope, functools.partial(self._reached, scope))

    def _reached(self, scope: OpenScope, line: int) -> bool:
        """Hear that a module that is imported runs this line; tell if more are of use."""
        scope.told += 1
        more = scope.told < _LINES
        self.attribution.reached(scope, line if more else 0)
        if self.attribution.top is scope and not self.children.forked:
            self.library.enter(self.attribution.owner(scope))
        return more


def module_file(module: object) -> str | None:
    """Return the path that a module says it was loaded from, None where it says nothing."""
    # What stands in `sys.modules` need not be a module, nor its `__file__` a string.
    path = getattr(module, "__file__", None)
    return path if isinstance(path, str) else None


def fixture_name(fixture: Any) -> str:
    """Return the name of a fixture's scope: fixtures of one name may be defined in many places."""
    return f"{fixture.baseid}::{fixture.argname}"
