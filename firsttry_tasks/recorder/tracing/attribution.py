"""The stack of open scopes: every unit and observation goes to the innermost one."""

import os
from collections.abc import Callable, Iterable, Iterator
from types import CodeType

from firsttry_tasks.model.recording import Observation, ObservationKind, Unit, named

#: What tells code objects apart. Their own hash reads all they hold; ``id`` is an audited event.
identity = object.__hash__


class OpenScope:
    """A scope while it is open; it may be opened again, as fixtures and collectors are."""

    __slots__ = ("kind", "lines", "name", "number", "observations", "owner", "units", "used")

    def __init__(self, kind: str, name: str, number: int) -> None:
        """Begin empty."""
        self.kind = kind
        self.name = name
        self.number = number
        self.units: set[int] = set()
        self.observations: set[int] = set()
        self.lines: set[tuple[int, int]] = set()
        self.used: set[int] = set()  # other scopes it rests on
        self.owner = 0  # by which number its child processes know it


#: Opens or closes a scope.
OpenOrClose = Callable[[OpenScope], None]


class Attribution:
    """What a process has learned so far."""

    def __init__(self, root: str) -> None:
        """Begin with the start-up scope of the project at ``root``."""
        self.root = root
        self.prefix = root + os.sep
        self.units: dict[Unit, int] = {}
        self.observations: dict[tuple[ObservationKind, str], int] = {}
        self.scopes: dict[tuple[str, str], OpenScope] = {}
        self.loads: set[tuple[int, int]] = set()  # (unit, scope of the import that it had run)
        self.environment = dict(os.environ)  # as it was; tests may set variables themselves
        self._places: dict[str, str | None] = {}
        self._known: dict[int, int] = {}
        self._caches: dict[int, OpenScope] = {}
        self._kept: list[CodeType] = []  # a dead code object's id could come back as another's
        start = self.scope("start", "")
        self.stack: list[OpenScope] = [start]
        self.top = start

    def scope(self, kind: str, name: str) -> OpenScope:
        """Return the scope of this kind and name, new or as it was left."""
        found = self.scopes.get((kind, name))
        if found is None:
            found = self.scopes[kind, name] = OpenScope(kind, name, len(self.scopes))
        return found

    def cached(self, code: CodeType) -> OpenScope:
        """Return the scope of a function of the repository whose results are kept."""
        found = self._caches.get(identity(code))
        if found is None:
            place = self.place(code.co_filename) or ""
            unit = Unit(place, code.co_qualname, code.co_firstlineno)
            found = self._caches[identity(code)] = self.scope("cache", named(unit))
            self._kept.append(code)
        return found

    def push(self, scope: OpenScope) -> None:
        """Open a scope inside the innermost one."""
        self.stack.append(scope)
        self.top = scope

    def pop(self, scope: OpenScope) -> None:
        """Close a scope; one that was left open by something killed inside it goes as well."""
        while len(self.stack) > 1 and self.stack.pop() is not scope:
            pass
        self.top = self.stack[-1]

    def knows(self, kind: ObservationKind, name: str) -> bool:
        """Tell whether the innermost scope has an observation already."""
        return self.observations.get((kind, name)) in self.top.observations

    def add(self, kind: ObservationKind, name: str) -> None:
        """Put an observation to the innermost scope."""
        self.add_to(self.top, kind, name)

    def add_to(self, scope: OpenScope, kind: ObservationKind, name: str) -> None:
        """Put an observation to a scope."""
        number = self.observations.get((kind, name))
        if number is None:
            number = self.observations.setdefault((kind, name), len(self.observations))
        scope.observations.add(number)

    def unit_to(self, scope: OpenScope, path: str, name: str, line: int) -> None:
        """Put code to a scope, by what it is called elsewhere."""
        scope.units.add(self.units.setdefault(Unit(path, name, line), len(self.units)))

    def place(self, path: str) -> str | None:
        """Return a code object's file as a path in the repository, None for a file elsewhere."""
        try:
            return self._places[path]
        except KeyError:
            found = self._places[path] = self._locate(path)
            return found

    def _locate(self, path: str) -> str | None:
        if path.startswith("<"):
            return None
        real = os.path.realpath(path)
        if not real.startswith(self.prefix) or "site-packages" in real:
            return None
        return real[len(self.prefix) :].replace(os.sep, "/")

    def unit(self, code: CodeType) -> int:
        """Return the number of a code object, -1 for code that is not the repository's."""
        number = self._known.get(identity(code))
        if number is None:
            path = self.place(code.co_filename)
            number = -1
            if path is not None and code.co_name != "<module>":
                unit = Unit(path, code.co_qualname, code.co_firstlineno)
                number = self.units.setdefault(unit, len(self.units))
            self._known[identity(code)] = number
            self._kept.append(code)
        return number

    def started(self, codes: Iterable[CodeType]) -> None:
        """Put code that ran to the innermost scope."""
        units, known = self.top.units, self._known
        for code in codes:
            number = known.get(identity(code))
            units.add(self.unit(code) if number is None else number)
        units.discard(-1)

    def listed_observations(self) -> tuple[Observation, ...]:
        """All observations, in the order of their numbers; names of files need not be text."""
        return tuple(
            Observation(
                kind, name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")
            )
            for kind, name in self.observations
        )


def nested(code: CodeType) -> Iterator[CodeType]:
    """All code inside, without a module's own: that runs in the scope of its import."""
    if code.co_name != "<module>":
        yield code
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            yield from nested(constant)
