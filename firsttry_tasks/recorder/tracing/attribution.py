"""Keeps the stack of open scopes, and puts each unit and observation to the innermost one.

A scope is what collects: a test, a fixture, a collector, an import, or the start of the process.
A unit is a function of the repository that started to run.
"""

import _thread
import os
from collections.abc import Iterable, Iterator
from types import CodeType, FrameType
from typing import NamedTuple

from firsttry_tasks.model.recording import GIT, Observation, ObservationKind, Unit

#: Tells objects apart. The own hash of a code object reads all that it holds, and a call of ``id``
#: is an audit event, which each listener hears.
identity = object.__hash__
#: Set in ``co_flags`` of the code of functions.
OPTIMIZED = 1


class OpenScope:
    """A scope while it is open; it may be opened again, as fixtures and collectors are."""

    __slots__ = (
        "asked", "excused", "kind", "line", "lines", "loaded", "name", "number", "observations",
        "owners", "reach", "told", "units", "used",
    )  # fmt: skip

    def __init__(self, kind: str, name: str, number: int) -> None:
        """Begin empty; ``number`` is the scope's place in the record, -1 for a test's."""
        self.kind = kind
        self.name = name
        self.number = number
        # Numbers in place of names, because one is added for each start of a function.
        self.units: set[int] = set()
        self.observations: set[int] = set()
        #: Of an import: the line of the module that ran, and the unit that started.
        self.lines: set[tuple[int, int]] = set()
        #: Of an import: the line of the module that runs now, 0 where that is not known, how many
        #: ran, and those that observed something.
        self.line = self.told = 0
        self.asked: set[tuple[int, int]] = set()
        #: Of a module from elsewhere: the first parts of the names of all that came with it.
        self.loaded: set[str] = set()
        #: The numbers of other scopes that this one rests on.
        self.used: set[int] = set()
        #: The numbers by which it is known outside of Python, by the line that ran.
        self.owners: dict[tuple[int, OpenScope | None], int] = {}
        #: Of a fixture: pytest's word for what has a value of its own.
        self.reach = ""
        #: What is no observation although the C library sees it: imports and pytest looked at it.
        self.excused: set[tuple[ObservationKind, str]] = set()


class Owner(NamedTuple):
    """What is open when something is seen outside of Python: see `Attribution`."""

    scope: OpenScope
    line: int = 0
    loading: OpenScope | None = None


class Attribution:
    """Holds what a process has learned so far, by scopes, with a number for each thing."""

    def __init__(self, root: str) -> None:
        """Begin with the scope of the start; ``root`` is the project's path with links resolved."""
        self.root = root
        self.prefix = root + os.sep
        self.units: dict[Unit, int] = {}
        self.observations: dict[tuple[ObservationKind, str], int] = {}
        self.scopes: dict[tuple[str, str], OpenScope] = {}
        #: Units that caused an import while they ran, each with the scope of the import.
        self.loads: set[tuple[int, int]] = set()
        #: A copy, because tests may set variables; what counts is what they were given.
        self.environment = dict(os.environ)
        self._places: dict[str, str | None] = {}
        #: The unit of each code object that was seen, so that one is placed and named once.
        self._known: dict[int, int] = {}
        # Kept alive, because the identity of a dead code object can come back as another's.
        self._kept: list[CodeType] = []
        #: What children do that outlived a test, by their process ids: it may serve later tests.
        self.lasting: dict[int, OpenScope] = {}
        #: What is known by a number outside of Python, by that number; the first is 1.
        self.owners: list[Owner] = []
        #: The scope of a module from elsewhere that is being loaded: whoever uses it rests on what
        #: that looks at, and not only who happens to load it first.
        self.loading: OpenScope | None = None
        #: How many threads there were: more of them may ask while a module runs another line.
        self._threads = _thread._count()  # noqa: SLF001
        start = self.scope("start", "")
        self.stack: list[OpenScope] = [start]
        #: The last of the stack; asked for with each observation, so it has a name of its own.
        self.top = start

    def scope(self, kind: str, name: str) -> OpenScope:
        """Return the scope of this kind and name, new or as it was left."""
        # A fixture that is set up several times, as once for each parameter, has one scope.
        found = self.scopes.get((kind, name))
        if found is None:
            found = self.scopes[kind, name] = OpenScope(kind, name, len(self.scopes))
        return found

    def owner(self, scope: OpenScope) -> int:
        """Return the number by which a scope, and its line, are known outside of Python, from 1."""
        key = scope.line, self.loading
        known = scope.owners.get(key)
        if known is None:
            self.owners.append(Owner(scope, *key))
            known = scope.owners[key] = len(self.owners)
        return known

    def reached(self, scope: OpenScope, line: int) -> None:
        """Hear that the module of an import's scope runs this line from now on."""
        scope.line = line if _thread._count() <= self._threads else 0  # noqa: SLF001

    def outlived(self, scope: OpenScope, processes: Iterable[int]) -> None:
        """Let a test rest on what these children do, which were there when it ended."""
        for process in processes:
            known = self.lasting.get(process)
            if known is None:
                known = self.lasting[process] = self.scope("process", str(process))
            scope.used.add(known.number)

    def push(self, scope: OpenScope) -> None:
        """Open a scope inside the innermost one."""
        self.stack.append(scope)
        self.top = scope

    def pop(self, scope: OpenScope) -> None:
        """Close a scope, and those inside it that are still open."""
        # What is killed inside a scope, as a greenlet can be, leaves its own scopes open. The scope
        # of the start stays in any case.
        while len(self.stack) > 1 and self.stack.pop() is not scope:
            pass
        self.top = self.stack[-1]

    def knows(self, kind: ObservationKind, name: str) -> bool:
        """Tell whether the innermost scope has this observation already."""
        number, top, loading = self.observations.get((kind, name)), self.top, self.loading
        # Each statement of a module that asks is noted.
        return (
            number in top.observations
            and (top.kind != "import" or (top.line, number) in top.asked)
            and (loading is None or number in loading.observations)
        )

    def add(self, kind: ObservationKind, name: str) -> None:
        """Put an observation to the innermost scope."""
        self.add_to(self.top, kind, name, self.top.line)
        if self.loading is not None:
            self.add_to(self.loading, kind, name)

    def add_of(self, owner: Owner, kind: ObservationKind, name: str) -> None:
        """Put an observation to what was open when it was made."""
        self.add_to(owner.scope, kind, name, owner.line)
        if owner.loading is not None:
            self.add_to(owner.loading, kind, name)

    def add_to(self, scope: OpenScope, kind: ObservationKind, name: str, line: int = 0) -> None:
        """Put an observation to a scope, and in an import to a line, where that is known.

        What is asked of git before a test begins is no matter: a plugin does so as it starts, a
        module for its version, and each commit would run all tests.
        """
        if name == GIT and scope.kind not in {"test", "fixture"}:
            return
        # `setdefault`, because another thread may number it meanwhile.
        number = self.observations.get((kind, name))
        if number is None:
            number = self.observations.setdefault((kind, name), len(self.observations))
        scope.observations.add(number)
        if scope.kind == "import" and kind != "left":
            scope.asked.add((line, number))

    def excuse(self, kind: ObservationKind, name: str) -> None:
        """Let what the C library sees of this in the innermost scope be no observation."""
        self.top.excused.add((kind, name))

    def unit_to(self, scope: OpenScope, path: str, name: str, line: int) -> None:
        """Put a unit to a scope by its path, qualified name and first line, as a child wrote it."""
        scope.units.add(self.units.setdefault(Unit(path, name, line), len(self.units)))

    def place(self, path: str) -> str | None:
        """Return a code object's file as a path relative to the root, None for a file elsewhere."""
        # An exception costs less than a second look-up, as nearly all paths are known.
        try:
            return self._places[path]
        except KeyError:
            found = self._places[path] = self._locate(path)
            return found

    def _locate(self, path: str) -> str | None:
        # Code that was made from text is called so, for example "<string>".
        if path.startswith("<"):
            return None
        real = os.path.realpath(path)
        # A virtual environment may lie in the repository.
        if not real.startswith(self.prefix) or "site-packages" in real:
            return None
        return real[len(self.prefix) :].replace(os.sep, "/")

    def unit(self, code: CodeType) -> int:
        """Return the number of a code object, -1 for code that is not the repository's."""
        number = self._known.get(identity(code))
        if number is None:
            path = self.place(code.co_filename)
            number = -1
            # A module's own code is known by the scope of its import.
            if path is not None and code.co_name != "<module>":
                unit = Unit(path, code.co_qualname, code.co_firstlineno)
                number = self.units.setdefault(unit, len(self.units))
            self._known[identity(code)] = number
            self._kept.append(code)
        return number

    def started(self, codes: Iterable[CodeType]) -> None:
        """Put code that ran to the innermost scope."""
        # Handles every start of a function: locals, and no call where the code is known.
        units, known = self.top.units, self._known
        for code in codes:
            number = known.get(identity(code))
            units.add(self.unit(code) if number is None else number)
        units.discard(-1)

    def listed_observations(self) -> tuple[Observation, ...]:
        """Return all observations in the order of their numbers.

        A file's name need not be text: what is none is written with backslashes.
        """
        return tuple(
            Observation(
                kind, name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            )
            for kind, name in self.observations
        )


def nested(code: CodeType) -> Iterator[CodeType]:
    """Yield a code object and all that is defined in it, without a module's own code."""
    # A module's code runs once, and the scope of its import stands for it.
    if code.co_name != "<module>":
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)


def is_class_body(code: CodeType) -> bool:
    """Tell whether code is the body of a class, which runs once, as a part of what is around it."""
    return not code.co_flags & OPTIMIZED and code.co_name != "<module>"


def line_of(frame: FrameType | None, module: CodeType) -> int:
    """Return the line of a module that led to a frame, 0 where the module is not on the stack.

    In a class that is made by the module it is the line of the class's body.
    """
    line = 0
    while frame is not None and frame.f_code is not module:
        # What a function makes a class of is no statement of the module.
        line = (line or frame.f_lineno) if is_class_body(frame.f_code) else 0
        frame = frame.f_back
    return (line or frame.f_lineno) if frame is not None else 0
