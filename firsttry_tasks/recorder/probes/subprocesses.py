"""Follows child processes: Python ones record themselves, others make their test rest on all files.

A Python child finds `child/sitecustomize.py` by way of PYTHONPATH and the variable `CHILD`, and
writes what it uses to a file of its own. At the end the files are read. A child process that left
no file was no Python, or one that can't be followed. A forked child has this module already.
"""

import contextlib
import functools
import inspect
import os
import re
import subprocess  # noqa: TID251  what the project starts is watched; nothing is started
import sys
from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from pathlib import Path
from types import CodeType, FrameType
from typing import Any, Protocol, cast

from firsttry_tasks.model.recording import ObservationKind
from firsttry_tasks.recorder.probes.audit import CHILD, AuditProbe
from firsttry_tasks.recorder.probes.child.own_file import OwnFile
from firsttry_tasks.recorder.replaced.environment import ALL
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope, Owner

#: The folder that a child's PYTHONPATH begins with.
_BOOT = str(Path(__file__).parent / "child")
_SUFFIX = ".child"
#: A line that takes back a whole file: the process turned out to record itself.
_VOID = "void"

#: Programs that read no files but those they are given by name. What other programs read is not
#: known. A program that is missing here only costs time: its test runs after every change.
_TRIFLES = frozenset(
    {"cat", "file", "less", "more", "true", "false", "echo", "printf", "sleep", "uname", "tput",
     "stty", "hostname", "id", "whoami", "date", "ps", "kill", "ldconfig", "locale", "lsb_release"}
)  # fmt: skip

#: What git answers from its commits and references, and of the files only whether any is changed.
#: Plugins ask such things once as pytest starts (pytest-benchmark does), and if that counted, all
#: tests would depend on all files.
_VERSION = re.compile(
    r"git (rev-parse|rev-list|symbolic-ref|describe|config|remote|tag|log|show -s|--version)\b"
)


class DivertibleCollector(Protocol):
    """The part of a collector that a forked child needs; all collectors have it."""

    def divert(self, note: Any) -> None:
        """Call ``note`` with each code object once, when it first starts."""


class ChildProcessProbe:
    """Follows the child processes of this process, and gathers what they wrote."""

    def __init__(
        self,
        attribution: Attribution,
        audit: AuditProbe,
        collector: DivertibleCollector,
        folder: Path,
    ) -> None:
        """Follow the children of the process that this attribution records.

        ``folder`` is where the files of all processes of this run lie.
        """
        self.attribution = attribution
        self.audit = audit
        self.collector = collector
        # One folder a process, because the numbers of scopes in the files are this process's.
        self.folder = folder / f"children-{os.getpid()}"
        #: Set where the C library follows all processes, whatever they are.
        self.followed = False
        #: Children that have to leave a file, and the scopes that started them.
        self.started: list[tuple[OpenScope, int]] = []
        #: Processes whose answers concern no test.
        self.unheeded: set[int] = set()
        #: Python children that wrote a file, each with what of its listings counts for nothing.
        self.excused: dict[int, set[tuple[ObservationKind, str]]] = {}
        self._path: str | None = None
        #: The value of `CHILD`, kept here because tests may take it out of the environment.
        self._plan = ""
        self._popen: Any = None
        #: True in a forked child, of which only what is written at once gets home.
        self.forked = False
        #: How many calls of Popen are open: it may use posix_spawn, which is no other process then.
        self._starting = 0
        self._pid = os.getpid()

    def disown(self) -> None:
        """Take back what was written of this process as a child: as a worker, it records itself."""
        # Another process made the file, in the folder of its own children.
        for path in self.folder.parent.glob(f"*/{os.getpid()}-*{_SUFFIX}"):
            with path.open("a", encoding="utf-8") as stream:
                stream.write(f"{_VOID}\n")

    def begin(self) -> None:
        """Begin to follow, in whichever way a child is started."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = _with_boot(self._path)
        self.own(self.attribution.top)
        for event in ("os.system", "os.posix_spawn", "os.exec", "os.spawn"):
            self.audit.on(event, functools.partial(self._unseen, event))
        # Can't be taken back; `_forked` does nothing once the recording is over.
        os.register_at_fork(after_in_child=self._forked)
        self._popen = subprocess.Popen.__init__
        subprocess.Popen.__init__ = self._following(self._popen)  # type: ignore[method-assign]

    def end(self) -> None:
        """Stop to follow, and gather what the children wrote."""
        subprocess.Popen.__init__ = self._popen  # type: ignore[method-assign]
        os.environ.pop(CHILD, None)
        if self._path is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = self._path
        self._read()

    def own(self, scope: OpenScope) -> None:
        """Let children that start from now on belong to this scope."""
        owner, followed = str(self.attribution.owner(scope)), "followed" if self.followed else ""
        parts = (str(self.folder), owner, self.attribution.root, followed)
        self._plan = os.pathsep.join(parts)
        # In the environment, because a child may be started in ways that pass by `Popen`.
        os.environ[CHILD] = self._plan

    def _following(self, original: Any) -> Any:
        @functools.wraps(original)
        def start(process: Any, args: Any, *rest: Any, **options: Any) -> None:
            if options.get("env") is not None and "python" in str(args).lower():
                options["env"] = self._completed(options["env"])
            scope = self.attribution.top
            self._starting += 1
            try:
                with self._reminded():
                    original(process, args, *rest, **options)
            finally:
                self._starting -= 1
            if not self.audit.live:
                return
            if self._version_asked(scope, args) or lists_libraries(args):
                self.unheeded.add(process.pid)
            elif self.followed or not self._harmless(args, options.get("cwd")):
                self.started.append((scope, process.pid))

        # Tests compare it by what follows no wrapped function.
        start.__signature__ = inspect.signature(original)  # type: ignore[attr-defined]
        return start

    def _completed(self, environment: Mapping[Any, Any]) -> dict[Any, Any]:
        """Return an environment of the test's own with the variables that a Python child needs."""
        # Only of Python: what other programs see of their environment may be what is tested.
        given = dict(environment)
        return given | {CHILD: self._plan, "PYTHONPATH": _with_boot(given.get("PYTHONPATH"))}

    @contextlib.contextmanager
    def _reminded(self) -> Iterator[None]:
        """Put the variables back while a child starts, if a test has cleared the environment."""
        if CHILD in os.environ:
            yield
            return
        path = os.environ.get("PYTHONPATH")
        os.environ |= {CHILD: self._plan, "PYTHONPATH": _with_boot(path)}
        try:
            yield
        finally:
            del os.environ[CHILD], os.environ["PYTHONPATH"]
            if path is not None:
                os.environ["PYTHONPATH"] = path

    def _harmless(self, args: Any, folder: Any) -> bool:
        """Tell whether a child can't read the repository.

        It can't if it stands elsewhere and no argument names the repository, or if it is a program
        that only reads files it is given, and is given none of the repository.
        """
        where = os.path.realpath(os.fsdecode(folder) if folder is not None else Path.cwd())
        inside = f"{where}{os.sep}".startswith(self.attribution.prefix)
        if not inside:
            return self.attribution.root not in str(args)
        # A line for the shell isn't taken apart: it may expand to anything.
        words = [str(word) for word in args] if isinstance(args, list | tuple) else []
        known = bool(words) and os.path.basename(words[0]) in _TRIFLES  # noqa: PTH119
        return known and not any(self._holds(where, word) for word in words[1:])

    def _holds(self, folder: str, word: str) -> bool:
        """Tell whether a word names a file or folder of the repository."""
        place = os.path.realpath(os.path.join(folder, word))  # noqa: PTH118
        return f"{place}{os.sep}".startswith(self.attribution.prefix) and os.path.exists(place)  # noqa: PTH110

    def _version_asked(self, scope: OpenScope, args: Any) -> bool:
        """Tell whether an installed plugin, as pytest starts, asks git for the version at hand."""
        # In a test the answer may be what is tested.
        if scope.kind != "start":
            return False
        words = args.split() if isinstance(args, str) else list(map(str, args))
        if not _VERSION.match(" ".join(words)):
            return False
        # From the caller of `start` on: the project's code may do what it likes with the answer.
        caller: FrameType | None = sys._getframe(2)  # noqa: SLF001
        while caller is not None:
            if self.attribution.place(caller.f_code.co_filename) is not None:
                return False
            caller = caller.f_back
        return True

    def _unseen(self, event: str, *arguments: object) -> None:
        """Hear of a process that was started past Popen, of which nothing more gets known."""
        if not (self.followed or self._starting or self._harmless(arguments, None)):
            self.attribution.add("untraceable", f"{event} started a process that can't be followed")
            # It inherits the environment, and can read each variable of it.
            self.attribution.add("env", ALL)

    def _forked(self) -> None:
        """Write what runs and what is looked at, as it happens: this is a forked child."""
        # A child of the child hears of the fork, too; the file of the first is open in it already,
        # and it goes on to write there.
        if not self.audit.live or os.getppid() != self._pid:
            return
        # The parent knows its scopes by these numbers; a child can't add one.
        top = self.attribution.top
        path = self.folder / f"{os.getpid()}-fork{_SUFFIX}"
        # Without a buffer: what one holds is lost where the child ends by `os._exit`.
        out = OwnFile(str(path))
        out.append(f"owner\t{top.owners.get((top.line, self.attribution.loading), 1)}\n".encode())

        def note(kind: str, name: str) -> None:
            out.append(f"{kind}\t{name}\n".encode("utf-8", "surrogateescape"))

        def code(started: CodeType) -> None:
            place = self.attribution.place(started.co_filename)
            if place is not None:
                note("unit", f"{place}\t{started.co_qualname}\t{started.co_firstlineno}")

        def excuse(_kind: str, name: str) -> None:
            note("excused", name)

        self.forked = True
        self.attribution.add = note  # type: ignore[method-assign]
        self.attribution.excuse = excuse  # type: ignore[method-assign,assignment]
        self.collector.divert(code)

    def _read(self) -> None:
        """Read the files of the children."""
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            process = int(path.name.partition("-")[0])
            excused = self.excused.setdefault(process, set())
            lines = path.read_text("utf-8", "surrogateescape").splitlines()
            self._take(lines, excused)
            lasting = self.attribution.lasting.get(process)
            if lasting is not None:
                self._take(lines, excused, lasting)

    def find_unseen(self, followed: AbstractSet[int]) -> None:
        """Find the children that left no file, and that are none of those that were followed."""
        for scope, process in self.started:
            if process not in self.excused and process not in followed:
                self.attribution.add_to(
                    scope, "untraceable", "a child process that can't be followed"
                )
                self.attribution.add_to(scope, "env", ALL)

    def _take(
        self,
        lines: list[str],
        excused: set[tuple[ObservationKind, str]],
        lasting: OpenScope | None = None,
    ) -> None:
        """Put what one child wrote to the scope that it belongs to, or to ``lasting``."""
        # A file without its first line belongs to the start, on which all tests rest.
        owner = Owner(lasting or self.attribution.scopes["start", ""])
        for line in () if _VOID in lines else lines:
            kind, _, name = line.partition("\t")
            if kind == "owner":
                owner = owner if lasting else self.attribution.owners[int(name) - 1]
            elif kind == "excused":
                excused.add(("list", name))
            elif kind == "unit":
                place, function, number = name.split("\t")
                self.attribution.unit_to(owner.scope, place, function, int(number))
            elif kind != "pid":
                # The recorder's own code in the child wrote it, so the word is one of the kinds.
                self.attribution.add_of(owner, cast("ObservationKind", kind), name)


def lists_libraries(args: Any) -> bool:
    """Tell whether Python looks for a library of the system (`ctypes.util`), as trio's import does.

    What prints the system's list can't be followed, and reads nothing of a project.
    """
    return isinstance(args, list) and args == ["/sbin/ldconfig", "-p"]


def _with_boot(path: str | None) -> str:
    return _BOOT if not path else f"{_BOOT}{os.pathsep}{path}"
