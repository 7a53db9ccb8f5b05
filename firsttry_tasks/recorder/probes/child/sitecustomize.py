"""Loaded by Python child processes of a recorded run: notes the repository's files they use.

It stands alone, because the child may be another interpreter, and then gives way to the
sitecustomize that the environment has itself.
"""

from __future__ import annotations

import contextlib
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

_HERE = Path(__file__).resolve().parent
_PLAN = "FIRSTTRY_CHILD"
_WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT


class Child:
    """Appends one line for each thing that is used for the first time."""

    def __init__(self, folder: str, owner: str, root: str) -> None:
        """Open the file of this process, and say whose child it is."""
        self.root = root
        self.prefix = root + os.sep
        self.busy = False
        self.seen: set[str] = set()
        place = Path(folder) / f"{os.getpid()}-{os.urandom(4).hex()}.child"
        self.out = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
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
        }

    def note(self, kind: str, name: str) -> None:
        """Write a line at once: the process may end without a word."""
        line = f"{kind}\t{name}\n"
        if line not in self.seen and "\n" not in name:
            self.seen.add(line)
            with contextlib.suppress(OSError):
                os.write(self.out, line.encode("utf-8", "surrogateescape"))

    def below(self, name: Any) -> str | None:
        """Return a path below the repository's root, None for one elsewhere."""
        if isinstance(name, int):
            return None
        full = os.path.realpath(os.fsdecode(name))
        if full == self.root:
            return "."
        inside = full.startswith(self.prefix)
        return full[len(self.prefix) :].replace(os.sep, "/") if inside else None

    def on_exec(self, code: Any) -> None:
        """Note a module, or other code with a file, that begins to run."""
        name = getattr(code, "co_filename", "<")
        found = None if name.startswith("<") else self.below(name)
        if found is not None:
            self.note("whole-module", found)

    def on_open(self, name: Any, mode: Any, flags: Any) -> None:
        """Note a file that is opened; what is only written doesn't count."""
        if isinstance(flags, int) and flags & _WRITING and mode != "r":
            return
        found = self.below(name)
        if found is not None and "__pycache__" not in found and not found.startswith(".git/"):
            self.note("read", found)

    def on_list(self, name: Any = None) -> None:
        """Note a folder that is listed, other than by the import system."""
        found = self.below("." if name is None else name)
        if found is not None and not self._importing():
            self.note("list", found)

    def on_child(self, *arguments: Any) -> None:
        """Note a child of the child: if it may know of the repository, nobody follows it."""
        text = " ".join(map(str, arguments))
        if self.root in text or str(Path.cwd()).startswith(self.root):
            self.note("untraceable", "a child process of a child process")

    def hear(self, event: str, arguments: tuple[Any, ...]) -> None:
        """Hear an audit event."""
        handler = self.handlers.get(event)
        if handler is None or self.busy:
            return
        self.busy = True
        try:
            handler(*arguments)
        except (OSError, TypeError, ValueError):
            self.note("untraceable", f"a child process whose {event} can't be followed")
        finally:
            self.busy = False

    def watch_environment(self) -> None:
        """Note which variables are asked for."""
        kind: Any = type(os.environ)
        original = kind.__getitem__

        def reading(mapping: Any, key: Any) -> Any:
            if isinstance(key, str) and not key.startswith(("PYTHON", "FIRSTTRY_")):
                self.note("env", key)
            return original(mapping, key)

        kind.__getitem__ = reading

    @staticmethod
    def _importing() -> bool:
        frame = sys._getframe(3)  # noqa: SLF001  on_list, hear, the caller
        return "importlib" in frame.f_code.co_filename


def give_way() -> None:
    """Let the environment's own sitecustomize run as if this one were not here."""
    sys.path[:] = [entry for entry in sys.path if Path(entry).resolve() != _HERE]
    mine = sys.modules.pop("sitecustomize", None)
    try:
        __import__("sitecustomize")
    except ImportError:
        if mine is not None:
            sys.modules["sitecustomize"] = mine


def begin() -> None:
    """Record this process if it is the child of a recorded one."""
    plan = os.environ.get(_PLAN, "").split(os.pathsep)
    if len(plan) == len(("folder", "owner", "root")):
        child = Child(*plan)
        child.watch_environment()
        sys.addaudithook(child.hear)
    give_way()


begin()
