"""Child processes: Python ones are recorded, the others make their test depend on everything."""

import contextlib
import functools
import os
import re
import subprocess  # noqa: TID251  what the project starts is watched; nothing is started
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import CodeType, FrameType
from typing import TYPE_CHECKING, Any, Protocol, cast

from firsttry_tasks.recorder.probes.audit import CHILD, AuditProbe
from firsttry_tasks.recorder.probes.environ import ALL
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope

if TYPE_CHECKING:
    from firsttry_tasks.model.recording import ObservationKind

_BOOT = str(Path(__file__).parent / "child")
_SUFFIX = ".child"
_VOID = "void"

#: Programs that read no files but those they are given by name.
_TRIFLES = frozenset(
    {"cat", "file", "less", "more", "true", "false", "echo", "printf", "sleep", "uname", "tput",
     "stty", "hostname", "id", "whoami", "date", "ps", "kill", "ldconfig", "locale", "lsb_release"}
)  # fmt: skip

#: What git answers from its commits and references; of the files only whether any is changed.
_VERSION = re.compile(
    r"git (rev-parse|rev-list|symbolic-ref|describe|config|remote|tag|log|show -s|--version)\b"
)


class DivertibleCollector(Protocol):
    """The part of a collector that a forked child needs."""

    def divert(self, note: Any) -> None:
        """Tell ``note`` of each piece of code once, at once."""


class ChildProcessProbe:
    """Follows what a process starts, and gathers what its children wrote."""

    def __init__(
        self,
        attribution: Attribution,
        audit: AuditProbe,
        collector: DivertibleCollector,
        folder: Path,
    ) -> None:
        """Follow the children of the process that this attribution records."""
        self.attribution = attribution
        self.audit = audit
        self.collector = collector
        self.folder = folder / f"children-{os.getpid()}"
        self.owners: list[OpenScope] = []
        self.started: list[tuple[OpenScope, int]] = []
        self._path: str | None = None
        self._plan = ""  # what a child is told: tests may take it out of the environment
        self._popen: Any = None
        self.forked = False  # this is the child, and only what is written now gets home
        self._starting = 0  # Popen itself may use posix_spawn
        self._pid = os.getpid()

    def disown(self) -> None:
        """Say that this process, a worker, records itself: it is nobody's child."""
        for path in self.folder.parent.glob(f"*/{os.getpid()}-*{_SUFFIX}"):
            with path.open("a", encoding="utf-8") as stream:
                stream.write(f"{_VOID}\n")

    def begin(self) -> None:
        """Begin to follow."""
        self.folder.mkdir(parents=True, exist_ok=True)
        self._path = os.environ.get("PYTHONPATH")
        os.environ["PYTHONPATH"] = _with_boot(self._path)
        self.own(self.attribution.top)
        for event in ("os.system", "os.posix_spawn", "os.exec", "os.spawn"):
            self.audit.on(event, functools.partial(self._unseen, event))
        os.register_at_fork(after_in_child=self._forked)
        self._popen = subprocess.Popen.__init__
        subprocess.Popen.__init__ = self._following(self._popen)  # type: ignore[method-assign]

    def end(self) -> None:
        """Stop, and gather what the children wrote."""
        subprocess.Popen.__init__ = self._popen  # type: ignore[method-assign]
        os.environ.pop(CHILD, None)
        if self._path is None:
            os.environ.pop("PYTHONPATH", None)
        else:
            os.environ["PYTHONPATH"] = self._path
        self._gather()

    def own(self, scope: OpenScope) -> None:
        """Children that start from now on belong to this scope."""
        scope.owner = scope.owner or self._enrol(scope)
        self._plan = os.pathsep.join((str(self.folder), str(scope.owner), self.attribution.root))
        os.environ[CHILD] = self._plan

    def _enrol(self, scope: OpenScope) -> int:
        self.owners.append(scope)
        return len(self.owners)

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
            if not self.audit.live or self._harmless(args, options.get("cwd")):
                return
            if not self._version_asked(scope, args):
                self.started.append((scope, process.pid))

        return start

    def _completed(self, environment: Mapping[Any, Any]) -> dict[Any, Any]:
        given = dict(environment)
        return given | {CHILD: self._plan, "PYTHONPATH": _with_boot(given.get("PYTHONPATH"))}

    @contextlib.contextmanager
    def _reminded(self) -> Iterator[None]:
        """Tell a child of us that inherits an environment which a test has cleared."""
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
        """Tell whether a child can't read the repository: it isn't told of it nor stands in it."""
        where = os.path.realpath(os.fsdecode(folder) if folder is not None else Path.cwd())
        inside = f"{where}{os.sep}".startswith(self.attribution.prefix)
        if not inside:
            return self.attribution.root not in str(args)
        words = [str(word) for word in args] if isinstance(args, list | tuple) else []
        known = bool(words) and os.path.basename(words[0]) in _TRIFLES  # noqa: PTH119
        return known and not any(self._holds(where, word) for word in words[1:])

    def _holds(self, folder: str, word: str) -> bool:
        """Tell whether a word names a file or folder of the repository."""
        place = os.path.realpath(os.path.join(folder, word))  # noqa: PTH118
        return f"{place}{os.sep}".startswith(self.attribution.prefix) and os.path.exists(place)  # noqa: PTH110

    def _version_asked(self, scope: OpenScope, args: Any) -> bool:
        """Tell whether an installed plugin, as pytest starts, asks git for the version at hand."""
        if scope.kind != "start":
            return False
        words = args.split() if isinstance(args, str) else list(map(str, args))
        if not _VERSION.match(" ".join(words)):
            return False
        caller: FrameType | None = sys._getframe(2)  # noqa: SLF001  this one, start, who called
        while caller is not None:
            if self.attribution.place(caller.f_code.co_filename) is not None:
                return False
            caller = caller.f_back
        return True

    def _unseen(self, event: str, *arguments: object) -> None:
        if not self._starting and not self._harmless(arguments, None):
            self.attribution.add("untraceable", f"{event} started a process that can't be followed")
            self.attribution.add("env", ALL)

    def _forked(self) -> None:
        """In a forked child: write what runs and what is looked at, as it happens."""
        if not self.audit.live or os.getppid() != self._pid:
            return
        top = self.attribution.top
        path = self.folder / f"{os.getpid()}-fork{_SUFFIX}"
        out = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND, 0o600)
        os.write(out, f"owner\t{top.owner or 1}\n".encode())

        def note(kind: str, name: str) -> None:
            os.write(out, f"{kind}\t{name}\n".encode("utf-8", "surrogateescape"))

        def code(started: CodeType) -> None:
            place = self.attribution.place(started.co_filename)
            if place is not None:
                note("unit", f"{place}\t{started.co_qualname}\t{started.co_firstlineno}")

        self.forked = True
        self.attribution.add = note  # type: ignore[method-assign]
        self.collector.divert(code)

    def _gather(self) -> None:
        seen: set[int] = set()
        for path in sorted(self.folder.glob(f"*{_SUFFIX}")):
            seen.add(int(path.name.partition("-")[0]))
            self._take(path.read_text("utf-8", "surrogateescape").splitlines())
        for scope, process in self.started:
            if process not in seen:
                self.attribution.add_to(
                    scope, "untraceable", "a child process that can't be followed"
                )
                self.attribution.add_to(scope, "env", ALL)

    def _take(self, lines: list[str]) -> None:
        scope = self.attribution.scopes["start", ""]
        for line in () if _VOID in lines else lines:
            kind, _, name = line.partition("\t")
            if kind == "owner":
                scope = self.owners[int(name) - 1]
            elif kind == "unit":
                place, function, number = name.split("\t")
                self.attribution.unit_to(scope, place, function, int(number))
            elif kind != "pid":
                # Our own code in the child wrote it, so the word is one of the kinds.
                self.attribution.add_to(scope, cast("ObservationKind", kind), name)


def _with_boot(path: str | None) -> str:
    return _BOOT if not path else f"{_BOOT}{os.pathsep}{path}"
