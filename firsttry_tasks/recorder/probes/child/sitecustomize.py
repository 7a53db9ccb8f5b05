"""Runs in Python child processes of a recorded run, and notes the repository's files they use.

Python imports it at its start, because its folder comes first on PYTHONPATH. For a child it imports
nothing of the package: that may be another interpreter, without its dependencies. When it has begun
to listen, it gives way to the sitecustomize that the environment has itself.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import sys
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

_HERE = Path(__file__).resolve().parent

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.recorder.probes.child.own_file import OwnFile
    from firsttry_tasks.recorder.replaced.environment import ALL, asker, reading
else:
    # By their bare names: the folder of the one is that in which this module was found.
    from own_file import OwnFile

    sys.path.insert(0, str(_HERE.parents[1] / "replaced"))
    from environment import ALL, asker, reading

    del sys.path[0]

#: The variable in which the parent says what to do; the parent's `CHILD` has the same name.
_PLAN = "FIRSTTRY_CHILD"
#: The recorder's own `AHEAD`.
_AHEAD = "FIRSTTRY_AHEAD"
#: Flags with which a file may be changed; ``O_CREAT`` alone makes one that was not there.
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Busy(threading.local):
    """Tells whether this thread is in one of the handlers."""

    now = False


class ChildRecorder:
    """Appends one line for each thing that is used for the first time."""

    def __init__(self, folder: str, owner: str, root: str, followed: str) -> None:
        """Open the file of this process, and write to which scope of the parent it belongs.

        ``folder`` is where the files of all children lie, ``owner`` the number of the scope, and
        ``root`` the absolute path of the project. ``followed`` is not empty where the C library
        follows all processes.
        """
        self.root = root
        self.followed = bool(followed)
        self.prefix = root + os.sep
        #: Set while a handler runs: it looks at files itself, which must not be heard again.
        self.busy = Busy()
        self.seen: set[str] = set()
        # The parent finds a child by its process id. The rest tells apart the programs that one
        # process becomes by `exec`.
        place = Path(folder) / f"{os.getpid()}-{os.urandom(4).hex()}.child"
        self.out = OwnFile(str(place))
        self.note("owner", owner)
        self.handlers: dict[str, Callable[..., None]] = {
            "exec": self.on_exec,
            "open": self.on_open,
            "os.listdir": self.on_list,
            "os.scandir": self.on_list,
            "os.system": self.on_child,
            "os.posix_spawn": self.on_child,
            "os.exec": self.on_child,
            "subprocess.Popen": self.on_child,
            "cpython.PyInterpreterState_New": self.on_interpreter,
        }

    def note(self, kind: str, name: str) -> None:
        """Write a line at once, if it is new: a process that is killed closes no files."""
        line = f"{kind}\t{name}\n"
        # A name with a line break would be read as two lines.
        if line not in self.seen and "\n" not in name:
            self.seen.add(line)
            # The folder goes with the run, and a daemon may outlive that.
            with contextlib.suppress(OSError):
                self.out.append(line.encode("utf-8", "surrogateescape"))

    def below(self, name: Any) -> str | None:
        """Return a path relative to the repository's root, None for one elsewhere."""
        # A number is an open file, which was noted when it was opened.
        if isinstance(name, int):
            return None
        full = os.path.realpath(os.fsdecode(name))
        if full == self.root:
            return "."
        inside = full.startswith(self.prefix)
        return full[len(self.prefix) :].replace(os.sep, "/") if inside else None

    def on_exec(self, code: Any) -> None:
        """Note a module, or other code with a file, that begins to run.

        It counts as a whole: which functions of it start is not watched in a child process.
        """
        name = getattr(code, "co_filename", "<")
        found = None if name.startswith("<") else self.below(name)
        if found is not None:
            self.note("whole-module", found)

    def on_open(self, name: Any, mode: Any, flags: Any) -> None:
        """Note a file that is opened to be read."""
        if isinstance(flags, int) and flags & _WRITING and mode != "r":
            return
        found = self.below(name)
        # Compiled modules stand for their sources; of git it counts which commits there are.
        if found is not None and "__pycache__" not in found:
            self.note("read", ".git" if found.startswith(".git/") else found)

    def on_list(self, name: Any = None) -> None:
        """Note a folder that is listed, other than by the import system."""
        found = self.below("." if name is None else name)
        if found is not None:
            self.note("excused" if self._importing() else "list", found)

    def on_child(self, *arguments: Any) -> None:
        """Note that the child starts a process which may use the repository: it is not followed."""
        if self.followed:
            return
        text = " ".join(map(str, arguments))
        if self.root in text or str(Path.cwd()).startswith(self.root):
            self.note("untraceable", "a child process of a child process")

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Hear an audit event."""
        handler = self.handlers.get(event)
        if handler is None or self.busy.now:
            return
        self.busy.now = True
        try:
            handler(*arguments)
        except (OSError, TypeError, ValueError):
            # An error in an audit hook would reach the program. What was not understood may be
            # anything.
            self.note("untraceable", f"a child process whose {event} can't be followed")
        finally:
            self.busy.now = False

    def on_interpreter(self) -> None:
        """Note that another interpreter begins in this process, which no listener follows."""
        self.note("untraceable", "a second interpreter in a child process")

    def find_spec(self, name: str, path: Any = None, _target: Any = None) -> None:
        """Note where a module that no finder found may appear later; find nothing."""
        leaf = name.rpartition(".")[2]
        for entry in sys.path if path is None else path:
            for end in (leaf, f"{leaf}.py", f"{leaf}/__init__.py"):
                found = self.below(os.path.join(entry, end))  # noqa: PTH118
                if found is not None:
                    self.note("probed", found)

    def watch_environment(self) -> None:
        """Note which variables are read, by functions in place of those that read them."""
        kind: Any = type(os.environ)
        for name, value in reading(self._variable):
            setattr(kind, name, value)

    def _variable(self, key: object) -> None:
        if key == ALL:
            # Libraries copy all of them, to hand them on; what the project looks for there counts.
            frame = asker()
            file = frame.f_code.co_filename if frame is not None else ""
            if file[:1] == "<" or (self.below(file) is not None and "site-packages" not in file):
                self.note("env", ALL)
        # What the recorder sets itself differs in each run.
        elif isinstance(key, str) and not key.startswith(("PYTHON", "FIRSTTRY_")):
            self.note("env", key)

    @staticmethod
    def _importing() -> bool:
        # This frame is 0; between it and the cause of the event stand `on_list` and `hear`.
        frame = sys._getframe(3)  # noqa: SLF001
        return "importlib" in frame.f_code.co_filename


def give_way() -> None:
    """Let the environment's own sitecustomize run as if this one were not here."""
    # In place, because others hold the same list.
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _HERE]
    mine = sys.modules.pop("sitecustomize", None)
    for name in ("own_file", "environment"):
        sys.modules.pop(name, None)
    try:
        __import__("sitecustomize")
    except ImportError:
        # There is none; the import system expects to find the module that it has just imported.
        if mine is not None:
            sys.modules["sitecustomize"] = mine


def begin() -> None:
    """Record this process if a recorded one has started it, and give way in any case.

    The process that runs the tests begins its own recorder.
    """
    begins, mark, own = os.environ.get(_AHEAD, "").partition(os.pathsep)
    if mark:
        os.environ["PYTHONPATH"] = own
        if not own:
            del os.environ["PYTHONPATH"]
        give_way()
        del os.environ[_AHEAD]
        importlib.import_module(begins).begin(ahead=True)
        return
    plan = os.environ.get(_PLAN, "").split(os.pathsep)
    # Without a plan, this is no child of a recorded process.
    if len(plan) == len(("folder", "owner", "root", "followed")):
        child = ChildRecorder(*plan)
        child.watch_environment()
        sys.addaudithook(child.hear)
        sys.meta_path.append(child)
    give_way()


begin()
