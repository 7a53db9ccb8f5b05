"""Listens to what Python is asked for besides code: files, the environment, imports by name.

Most of it Python announces as audit events. ``os.stat`` and its like, ``os.environ`` and
``importlib.import_module`` announce nothing, so functions that tell take their places.
"""

import ast
import functools
import linecache
import os
import sys
import threading
import warnings
from collections.abc import Callable, Sequence
from pathlib import Path
from types import CodeType
from typing import Any
from weakref import WeakKeyDictionary

from firsttry_tasks.recorder.probes.asking_code import AskingCode
from firsttry_tasks.recorder.probes.code_access import CODE, EVENT, CodeAccessProbe, named
from firsttry_tasks.recorder.probes.file_access import FileAccess
from firsttry_tasks.recorder.probes.paths import PathResolver
from firsttry_tasks.recorder.replaced import weak_mappings
from firsttry_tasks.recorder.replaced.environment import reading
from firsttry_tasks.recorder.replaced.import_frames import as_import
from firsttry_tasks.recorder.replaced.source_lines import serving
from firsttry_tasks.recorder.tracing.attribution import Attribution

#: FirstTry itself may be imported from a checkout; its modules are no neighbours of the project.
_OWN = str(Path(__file__).parents[2]) + os.sep
#: The variable that tells a Python child process where to write what it sees, for which scope,
#: and of which project: folder, number of the scope, root. `child/sitecustomize.py` reads it.
CHILD = "FIRSTTRY_CHILD"


class Busy(threading.local):
    """Tells whether this thread is in one of the recorder's own handlers."""

    now = False


class AuditProbe:
    """Notes what Python is asked for in the innermost scope.

    It is inert once it has ended, because an audit hook can't be removed.
    """

    def __init__(
        self,
        attribution: Attribution,
        on_code: Callable[[CodeType], None],
        on_module: Callable[[object], None],
        on_open: Callable[[str], None],
    ) -> None:
        """Hand on code that is executed, modules asked for by name, and files that are opened."""
        self.attribution = attribution
        self.on_code = on_code
        self.on_module = on_module
        self.live = True
        #: Set while a handler runs: it looks at files itself, which must not be heard again. Other
        #: threads look at files meanwhile, which must.
        self._busy = Busy()
        self._undo: list[Callable[[], None]] = []
        asking, paths = AskingCode(attribution), PathResolver(attribution)
        # Bound once: `os.stat` and `os.environ` are asked so often that each hop counts.
        self._note = asking.note
        self._where = paths.where
        self._neighbour = paths.neighbour
        self._handlers: dict[str, Callable[..., None]] = {
            **FileAccess(asking, paths, on_open).handlers,
            "exec": self._exec,
            "cpython.PyInterpreterState_New": self._blind,
            "pickle.find_class": self._unpickled,
            EVENT: CodeAccessProbe(attribution).hear,
        }

    def begin(self) -> None:
        """Begin to listen."""
        sys.addaudithook(self._hook())
        for name in ("stat", "lstat", "access", "readlink"):
            self._wrap_look(name)
        # Of the class, because `os.environ[...]` asks the class for these methods.
        for name, value in reading(self._variable):
            self._replace(type(os.environ), name, value)
        for name, value in serving(self._source):
            self._replace(linecache, name, value)
        for name, value in weak_mappings.replacing():
            self._replace(WeakKeyDictionary, name, value)
        self._wrap_import()
        sys.meta_path.append(self)

    def end(self) -> None:
        """Stop to listen."""
        self.live = False
        # A test may have put its own list of finders in place.
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        # Last first, in case one thing was replaced twice.
        for undo in reversed(self._undo):
            undo()

    def on(self, event: str, handler: Callable[..., None]) -> None:
        """Let another probe hear an audit event."""
        self._handlers[event] = handler

    def _hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        """Return what hears all events: calling a method would take thrice as long."""
        handlers, handle = self._handlers, self._handle

        def hear(event: str, arguments: tuple[Any, ...]) -> None:
            # Frames and tracebacks cause the same event as functions for other attributes, so
            # often that a call of the handler for each would be felt.
            if event in handlers and (event != EVENT or arguments[1] == CODE):
                handle(handlers[event], arguments)

        return hear

    def _handle(self, handler: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        busy = self._busy
        if self.live and not busy.now:
            busy.now = True
            try:
                handler(*arguments)
            finally:
                busy.now = False

    def neighbour(self, path: str | None) -> None:
        """Let every test depend on a module that is neither the project's nor installed."""
        found = self._stranger(path)
        if found is not None:
            # Which tests it serves is not known: its functions are not watched.
            self.attribution.add_to(self.attribution.stack[0], "outside", found)

    def is_stranger(self, path: str | None) -> bool:
        """Tell whether a module is neither the project's nor installed, as one a test has made."""
        return self._stranger(path) is not None

    def _stranger(self, path: str | None) -> str | None:
        # Code that was made from text has a name like "<string>".
        found = None if path is None or path[:1] == "<" else self._neighbour(path)
        return None if found is None or found.startswith(_OWN) else found

    def imports(self, path: str) -> set[str]:
        """Return the names of the modules that a Python file imports, read without being heard.

        The set is empty where the file can't be read or is no Python.
        """
        self._busy.now = True
        try:
            # What there is to warn of was told when it was compiled, to whoever listens.
            with warnings.catch_warnings(record=True):
                warnings.simplefilter("always")
                tree = ast.parse(Path(path).read_bytes())
        except (OSError, SyntaxError, ValueError):
            return set()
        finally:
            self._busy.now = False
        names: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                # What is imported from a package may be a module as well as a name in it.
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
        return names

    def find_spec(self, name: str, path: Sequence[str] | None = None, _target: Any = None) -> None:
        """Note the files outside in which a module that no finder found may appear later.

        The import system calls this as the last of its finders. It never finds anything itself.
        """
        leaf = name.rpartition(".")[2]
        for entry in sys.path if path is None else path:
            for end in (leaf, f"{leaf}.py", f"{leaf}/__init__.py"):
                place = os.path.join(entry, end)  # noqa: PTH118
                self.neighbour(place)
                # One of the repository may be generated later, and git ignores it.
                self._look(place)

    def _exec(self, code: object) -> None:
        """Hear that a code object is executed: a module's, or another that ``exec`` is given."""
        if not isinstance(code, CodeType):
            return
        # Libraries execute text while they are imported (dataclasses do); in a test it may come
        # from a data file or a doctest, whose code is in no fragment of a Python file.
        if not code.co_filename.endswith(".py") and self.attribution.top.kind not in {
            "start",
            "import",
        }:
            self.attribution.add("text", "")
            for name in sorted(named(code)):
                self.attribution.add("text", name)
        if code.co_filename[:1] != "<":
            self.on_code(code)

    def _unpickled(self, module: object, name: object) -> None:
        """Hear that a pickle names a class or function, as text that is executed might."""
        self.attribution.add("module", str(module))
        for part in str(name).split("."):
            self.attribution.add("text", part)

    def _look(self, path: object) -> None:
        """Note that code asks whether a file or folder of the project exists."""
        # A number is an open file, which was noted when it was opened.
        busy = self._busy
        if not self.live or busy.now or isinstance(path, int):
            return
        busy.now = True
        try:
            found = self._where(path)
            inside = found is not None and not found.startswith("/") and found != "."
            if found is not None and inside:
                self._note("probed", found)
        finally:
            busy.now = False

    def _wrap_look(self, name: str) -> None:
        original = getattr(os, name)
        look = self._look

        @functools.wraps(original)
        def looking(path: Any, *arguments: Any, **options: Any) -> Any:
            look(path)
            return original(path, *arguments, **options)

        # Libraries ask `os.stat in os.supports_dir_fd` before they pass such an argument.
        for known in (os.supports_dir_fd, os.supports_follow_symlinks, os.supports_fd):
            if original in known:
                known.add(looking)
        self._replace(os, name, looking)

    def _source(self, path: object) -> None:
        """Note that the source of a file is asked for, which need not be opened for that."""
        busy = self._busy
        if not self.live or busy.now:
            return
        busy.now = True
        try:
            found = self._where(path)
            if found is not None and not found.startswith("/"):
                self._note("read", found)
        finally:
            busy.now = False

    def _blind(self) -> None:
        """Note that another interpreter begins in this process, which no listener follows."""
        self.attribution.add("untraceable", "a second interpreter in the process")

    def _variable(self, key: object) -> None:
        if not self.live or self._busy.now or not isinstance(key, str | bytes):
            return
        name = os.fsdecode(key)
        # Set by the tools that run the tests, and different in each run.
        if name.startswith(("PYTEST_", "FIRSTTRY_", "COVERAGE_", "TESTMON_")):
            return
        self._note("env", name)

    def _wrap_import(self) -> None:
        """Note modules that are asked for by a name at run time, whether they are there or not."""
        import importlib.util

        original = importlib.import_module
        attribution, on_module = self.attribution, self.on_module

        @as_import
        @functools.wraps(original)
        def importing(name: str, package: str | None = None) -> Any:
            # Asked for anew each time: a forked child has another `add` there.
            asked = importlib.util.resolve_name(name, package) if package else name
            attribution.add("module", asked)
            module = original(name, package)
            on_module(module)
            return module

        self._replace(importlib, "import_module", importing)

    def _replace(self, holder: Any, name: str, value: object) -> None:
        before = getattr(holder, name)
        setattr(holder, name, value)

        def undo() -> None:
            # What a test has put in its place for good stays.
            if getattr(holder, name) is value:
                setattr(holder, name, before)

        self._undo.append(undo)
