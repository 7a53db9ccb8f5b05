"""Sees of which functions nobody asked for the annotations, by what CPython keeps of them.

Up to Python 3.13 a function has its annotations as the tuple that they were compiled to, or has
nothing, until somebody asks. Then it makes a dictionary: for ``inspect.signature``,
``typing.get_type_hints``, ``functools.wraps`` and code in C. So one look at all functions at the
end tells. It never reads ``__annotations__``, which would be to ask.
"""

import atexit
import contextlib
import gc
import os
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from types import CodeType, FunctionType

import msgspec

from firsttry_tasks.model.recording import Unread
from firsttry_tasks.recorder.probes.audit import AuditProbe
from firsttry_tasks.recorder.probes.child.own_file import OwnFile
from firsttry_tasks.recorder.probes.importers import is_plain
from firsttry_tasks.recorder.tracing import quirks
from firsttry_tasks.recorder.tracing.attribution import Attribution, identity

#: Forked children of one process that look, each at its end. A look copies the memory that the
#: child shares, some milliseconds. With more children all annotations count as read. A judgement.
_MOST = 64

#: What a function consists of besides, as a rule.
_NEITHER = frozenset({str, CodeType, type(None)})

_Place = tuple[str, int]


class _Report(msgspec.Struct, frozen=True, array_like=True):
    """What a forked child saw at its end, and how many children it forked itself."""

    forks: int
    unread: tuple[Unread, ...]


class AnnotationsProbe:
    """Hears what would make such a look say too little, and looks at the end."""

    def __init__(self, attribution: Attribution, audit: AuditProbe, folder: Path) -> None:
        """Look at the project's functions; forked children write to a folder in ``folder``."""
        self._attribution = attribution
        self._audit = audit
        self._folder = folder / f"annotations-{os.getpid()}"
        #: How often code of a file was executed, and how often an import did so.
        self._executed: Counter[str] = Counter()
        self._loaded: Counter[str] = Counter()
        #: Where code stands of which other functions were made, which may be all that is left.
        self._copied: set[_Place] = set()
        #: How many children this process forked, and whether it is one that looks.
        self._forks, self._looks = 0, False
        self._live = True

    def begin(self) -> None:
        """Begin to listen."""
        if quirks.KEPT_ANNOTATIONS:
            self._audit.on("function.__new__", self._copy)
            self._audit.on("object.__setattr__", self._replace)
            # Can't be taken back; both do nothing once the recording is over.
            os.register_at_fork(before=self._forking, after_in_child=self._forked)

    def executed(self, path: str) -> None:
        """Hear that code of a file is executed: a module's, as a rule."""
        self._executed[path] += 1

    def loaded(self, path: str, loader: object) -> None:
        """Hear that a module is imported."""
        # A library's loader may write other code, by what annotations say.
        self._loaded[path] += 1 if is_plain(loader) else 2

    def end(self) -> tuple[Unread, ...]:
        """Return the functions of which neither this process nor a forked child asked."""
        self._live = False
        try:
            reports = [*map(_read, self._folder.glob("*"))] if self._forks else []
        except (OSError, msgspec.DecodeError):
            return ()
        # What a child asked that was killed, or became another program, nobody saw.
        if len(reports) != self._forks + sum(one.forks for one in reports):
            return ()
        found = {one.path: one for one in self._look()}
        for report in reports:
            theirs = {one.path: one for one in report.unread}
            found = {
                path: one.agreed(theirs[path]) for path, one in found.items() if path in theirs
            }
        return tuple(found.values())

    def _look(self) -> Iterator[Unread]:
        """Yield what the functions show that are there now, by file."""
        if not quirks.KEPT_ANNOTATIONS:
            return
        place, once = self._attribution.place, self._once()
        seen: dict[bool | None, set[_Place]] = {True: set(), False: set(), None: self._copied}
        for it in gc.get_objects():
            # First by what can be asked unheard: what asks for code is heard by all who listen.
            if type(it) is FunctionType and self._is_ours(it):
                code = it.__code__
                path = place(code.co_filename)
                # What is made in a function is made anew by each call, and may be gone.
                inner = "<locals>" in code.co_qualname or code.co_name == "<lambda>"
                if path is not None and path in once and not inner:
                    seen[annotated(it)].add((path, code.co_firstlineno))
        lines: dict[str, dict[bool, list[int]]] = defaultdict(lambda: {True: [], False: []})
        for which in (True, False):
            for path, line in sorted(seen[which] - seen[None]):
                lines[path][which].append(line)
        for path, found in lines.items():
            yield Unread(path, tuple(found[True]), tuple(found[False]))

    def _is_ours(self, function: FunctionType) -> bool:
        """Tell whether a function is of a module of the project."""
        file = dict.get(function.__globals__, "__file__")
        return type(file) is str and self._attribution.place(file) is not None

    def _once(self) -> set[str]:
        """Return the files of which all code was executed by one import.

        Of others there may be functions that somebody asked, and that are gone.
        """
        return {path for path, times in self._executed.items() if times == self._loaded[path] == 1}

    def _copy(self, code: object) -> None:
        """Hear that a function is made of a code object, past the statement that defines one."""
        if isinstance(code, CodeType):
            path = self._attribution.place(code.co_filename)
            if path is not None:
                self._copied.add((path, code.co_firstlineno))

    def _replace(self, _holder: object, name: object, value: object) -> None:
        """Hear that an attribute is set which Python announces; a function's code is one."""
        if name == "__code__":
            self._copy(value)

    def _forking(self) -> None:
        self._forks += self._live

    def _forked(self) -> None:
        """Look at the end of this forked child, however it comes to that."""
        if not self._live or self._forks > _MOST:
            return
        self._forks = 0
        # A child of such a child has both of these already.
        if not self._looks:
            self._looks = True
            leave = os._exit

            def leaving(status: int) -> None:
                self._tell()
                leave(status)

            os._exit = leaving  # type: ignore[assignment]
            atexit.register(self._tell)

    def _tell(self) -> None:
        """Write what is seen in this child, once."""
        if self._live:
            # What this does is the recorder's own.
            self._live = self._audit.live = False
            report = _Report(self._forks, tuple(self._look()))
            # The folder goes with the run, and a daemon may outlive that.
            with contextlib.suppress(OSError):
                self._folder.mkdir(exist_ok=True)
                out = OwnFile(str(self._folder / str(os.getpid())))
                out.append(msgspec.msgpack.encode(report))


def annotated(function: FunctionType) -> bool | None:
    """Tell whether a function has annotations, None where somebody asked for them."""
    known = {
        identity(function.__globals__),
        # Late, as typeshed knows neither in every version.
        identity(getattr(function, "__builtins__", None)),
        identity(function.__defaults__),
        identity(function.__kwdefaults__),
        identity(function.__closure__),
        identity(function.__doc__),
        identity(function.__module__),
        identity(getattr(function, "__type_params__", None)),
    }
    found = [it for it in gc.get_referents(function) if type(it) not in _NEITHER]
    rest = [it for it in found if identity(it) not in known]
    # By their types: a proxy that is asked what it is may run code.
    dicts = [it for it in rest if issubclass(type(it), dict)]
    # Only where there is one: asked for its attributes, a function makes a dictionary for them.
    if dicts and any(it is not function.__dict__ for it in dicts):
        return None
    return bool(rest) and any(issubclass(type(it), tuple) for it in rest)


def _read(path: Path) -> _Report:
    return msgspec.msgpack.decode(path.read_bytes(), type=_Report)
