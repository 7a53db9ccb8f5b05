"""What tests look at besides code: files, folders, the environment, child processes."""

import ast
import functools
import os
import sys
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from itertools import islice
from pathlib import Path
from types import CodeType
from typing import Any

from firsttry_tasks.model.recording import ObservationKind
from firsttry_tasks.recorder.probes.code_access import CODE, EVENT, CodeAccessProbe
from firsttry_tasks.recorder.probes.environ import ALL
from firsttry_tasks.recorder.probes.paths import PathResolver
from firsttry_tasks.recorder.probes.stack import frames, standard
from firsttry_tasks.recorder.tracing.attribution import Attribution

_RUNNER = ("/_pytest/", "/xdist/", "/pluggy/", "/firsttry_tasks/recorder/")
#: In the runner's package, but a library that projects use: the old ``py.path``.
_LIBRARY = "/_pytest/_py/"
_IMPORTERS = ("<frozen importlib", "<frozen zipimport")
_WARNINGS = frozenset({"warnings.py", "_py_warnings.py"})
_NEAR, _FAR = 8, 80  # frames that are looked at
_OWN = str(Path(__file__).parents[2]) + os.sep
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT
CHILD = "FIRSTTRY_CHILD"  # folder and frame for the recording of a child process


class AuditProbe:
    """Hooks that feed a attribution; inert once closed, because an audit hook can't be removed."""

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
        self.on_open = on_open
        self.live = True
        self._busy = False
        self._undo: list[Callable[[], None]] = []
        self._where = PathResolver(attribution).where
        self._handlers: dict[str, Callable[..., None]] = {
            "open": self._open,
            "exec": self._exec,
            "os.listdir": self._list,
            "os.scandir": self._list,
            "sqlite3.connect": self._database,
            "os.rename": self._renamed,
            "os.utime": self._touched,
            "os.chmod": self._touched,
            "ctypes.dlopen": self._file,
            "os.chdir": self._nothing,
            EVENT: CodeAccessProbe(attribution).hear,
        }

    def begin(self) -> None:
        """Begin to listen."""
        sys.addaudithook(self._hook())
        for name in ("stat", "lstat", "access", "readlink"):
            self._wrap_look(name)
        self._wrap_environment()
        self._wrap_import()
        sys.meta_path.append(self)

    def end(self) -> None:
        """Stop to listen."""
        self.live = False
        if self in sys.meta_path:
            sys.meta_path.remove(self)
        for undo in reversed(self._undo):
            undo()

    def on(self, event: str, handler: Callable[..., None]) -> None:
        """Let another part of the recorder hear an audit event as well."""
        self._handlers[event] = handler

    def _hook(self) -> Callable[[str, tuple[Any, ...]], None]:
        """Return what hears all events: calling a method would take thrice as long."""
        handlers, handle = self._handlers, self._handle

        def hear(event: str, arguments: tuple[Any, ...]) -> None:
            # Many attributes are asked for.
            if event in handlers and (event != EVENT or arguments[1] == CODE):
                handle(handlers[event], arguments)

        return hear

    def _handle(self, handler: Callable[..., None], arguments: tuple[Any, ...]) -> None:
        if self.live and not self._busy:
            self._busy = True
            try:
                handler(*arguments)
            finally:
                self._busy = False

    def _nothing(self, *_arguments: object) -> None:
        """Relative paths are resolved when they are seen."""

    def neighbour(self, path: str | None) -> None:
        """Count a module that is neither the project's nor installed for every test."""
        if self.is_stranger(path):
            self.attribution.add_to(self.attribution.stack[0], "outside", str(self._where(path)))

    def is_stranger(self, path: str | None) -> bool:
        """Tell whether a module is neither the project's nor installed, as one a test has made."""
        found = self._where(path)
        return found is not None and found.startswith("/") and not found.startswith(_OWN)

    def imports(self, path: str) -> set[str]:
        """Return the modules that a file asks for by name, unseen; none where it is no Python."""
        self._busy = True
        try:
            tree = ast.parse(Path(path).read_bytes())
        except (OSError, SyntaxError, ValueError):
            return set()
        finally:
            self._busy = False
        names: set[str] = set()
        for node in ast.walk(tree):
            if isinstance(node, ast.Import):
                names.update(alias.name for alias in node.names)
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module)
                names.update(f"{node.module}.{alias.name}" for alias in node.names)
        return names

    def find_spec(self, name: str, path: Sequence[str] | None = None, _target: Any = None) -> None:
        """Stand last among the finders: a module that nobody found may come to a neighbour."""
        leaf = name.rpartition(".")[2]
        for entry in sys.path if path is None else path:
            for end in (leaf, f"{leaf}.py"):
                self.neighbour(os.path.join(entry, end))  # noqa: PTH118

    def _exec(self, code: object) -> None:
        if not isinstance(code, CodeType):
            return
        if not code.co_filename.endswith(".py") and self.attribution.top.kind not in {
            "start",
            "import",
        }:
            self.attribution.add("text", "")
        if code.co_filename[:1] != "<":
            self.on_code(code)

    def _open(self, path: object, mode: object, flags: object) -> None:
        found = self._where(path)
        if found is not None and not found.startswith("/"):
            self.on_open(found)
        if isinstance(flags, int) and flags & _WRITING and mode != "r":
            self._written(path)
        else:
            self._file(path)

    def _written(self, path: object, *_rest: object) -> None:
        found = self._where(path)
        if found is not None and not found.startswith("/"):
            self._note("write", found)

    def _touched(self, path: object, *_rest: object) -> None:
        found = self._where(path)
        if found is not None and not found.startswith("/"):
            self._note("touch", found)

    def _renamed(self, _source: object, target: object, *_rest: object) -> None:
        self._written(target)

    def _database(self, path: object) -> None:
        self._file(path)
        self._written(path)

    def _file(self, path: object, *_rest: object) -> None:
        found = self._where(path)
        if found is None or (found.endswith((".py", ".pyc")) and (self._importing() or _quoting())):
            return
        self._note("outside" if found.startswith("/") else "read", found)

    def _list(self, path: object = None, *_rest: object) -> None:
        found = self._where("." if path is None else path)
        if found is None or found.startswith("/") or self._importing():
            return
        self._note("list", found)

    def _look(self, path: object) -> None:
        if not self.live or self._busy or isinstance(path, int):
            return
        self._busy = True
        try:
            found = self._where(path)
            inside = found is not None and not found.startswith("/") and found != "."
            if found is not None and inside:
                self._note("probed", found)
        finally:
            self._busy = False

    def _wrap_look(self, name: str) -> None:
        original = getattr(os, name)
        look = self._look

        @functools.wraps(original)
        def looking(path: Any, *arguments: Any, **options: Any) -> Any:
            look(path)
            return original(path, *arguments, **options)

        for known in (os.supports_dir_fd, os.supports_follow_symlinks, os.supports_fd):
            if original in known:
                known.add(looking)
        self._replace(os, name, looking)

    def _wrap_environment(self) -> None:
        kind = type(os.environ)
        get, walk = kind.__getitem__, kind.__iter__
        read = self._variable
        handed: deque[Any] = deque()  # keys of a walk whose values are asked for next

        @functools.wraps(get)
        def reading(self: Any, key: Any) -> Any:
            if handed and key == handed[0]:
                handed.popleft()
            else:
                handed.clear()
                read(key)
            return get(self, key)

        @functools.wraps(walk)
        def walking(self: Any) -> Iterator[Any]:
            read(ALL)
            handed.clear()
            for key in walk(self):
                handed.append(key)
                yield key

        self._replace(kind, "__getitem__", reading)
        self._replace(kind, "__iter__", walking)

    def _variable(self, key: object) -> None:
        if not self.live or self._busy or not isinstance(key, str | bytes):
            return
        name = os.fsdecode(key)
        if name.startswith(("PYTEST_", "FIRSTTRY_", "COVERAGE_", "TESTMON_")):
            return
        self._note("env", name)

    def _note(self, kind: ObservationKind, name: str) -> None:
        """Note what was asked for, if it was the project that asked."""
        if not self.attribution.knows(kind, name) and self._asked_by_project():
            self.attribution.add(kind, name)

    def _asked_by_project(self) -> bool:
        """Tell whether the project's code asks, be it through a library, and not the runner."""
        for name in _callers(_FAR):
            if name.startswith("<doctest") or self.attribution.place(name) is not None:
                return True
            if _LIBRARY not in name and any(part in name for part in _RUNNER):
                return False
        return self.attribution.top.kind not in {"start", "collect"}

    def _importing(self) -> bool:
        """Tell whether it is the import system that looks, which has rules of its own."""
        for name in _callers(_NEAR):
            if name.startswith(_IMPORTERS):
                return True
            if self.attribution.place(name) is not None:
                return False  # the body of a module, which an import runs, looks for itself
        return False

    def _wrap_import(self) -> None:
        import importlib.util

        original = importlib.import_module
        add, on_module = self.attribution.add, self.on_module

        @functools.wraps(original)
        def importing(name: str, package: str | None = None) -> Any:
            add("module", importlib.util.resolve_name(name, package) if package else name)
            module = original(name, package)
            on_module(module)
            return module

        self._replace(importlib, "import_module", importing)

    def _replace(self, holder: Any, name: str, value: object) -> None:
        before = getattr(holder, name)
        setattr(holder, name, value)

        def undo() -> None:
            if getattr(holder, name) is value:
                setattr(holder, name, before)

        self._undo.append(undo)


def _callers(most: int) -> Iterator[str]:
    """Return the files of so many frames that led here, nearest first."""
    return (frame.f_code.co_filename for frame in islice(frames(), most))


def _quoting() -> bool:
    """Tell whether source is read only to be quoted in a warning."""
    return any(standard(name) in _WARNINGS for name in _callers(_NEAR))
