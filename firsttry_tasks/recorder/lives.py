"""Which classes have no object that outlives a test: what such an object keeps, no other test gets.

An object holds a reference to its class, so a class whose count of references is what it was has
no new objects. Where the count differs, garbage is collected, and then objects are looked for.
"""

from __future__ import annotations

import gc
import sys
import time
from types import ModuleType
from typing import TYPE_CHECKING, cast

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.recorder.tape import Tape

#: Part of the time of the tests that looking for objects may take, and seconds that it always may.
SHARE, FREE = 0.01, 0.1
UNKNOWN = -1
#: Flags of a type: its objects refer to it, and garbage collection knows them.
_REFERRED, _COLLECTED = 1 << 9, 1 << 14
_LAST = ("last_exc", "last_type", "last_value", "last_traceback")


class Lives:
    """Watches the repository's classes between tests."""

    def __init__(self, tape: Tape) -> None:
        """Begin with no class known; the first look finds them."""
        self._tape = tape
        self._counts: dict[type, int] = {}  # references to a class without objects
        self._seen: dict[type, str] = {}  # all classes that were found, and their files
        self._modules: set[str] = set()
        self._frozen = gc.get_freeze_count()  # of the interpreter itself
        self._spent = 0.0
        self._began = time.perf_counter()

    def look(self) -> None:
        """Look which classes have objects, before the first test and after each."""
        if len(sys.modules) != len(self._modules):
            self._meet()
        if self._odd():
            for name in _LAST:
                sys.__dict__.pop(name, None)  # a failure's frames; pytest takes them away, too
            if gc.isenabled():
                gc.collect(1)
            self._examine()
        self._note()

    def private(self) -> Iterator[tuple[str, str]]:
        """Return the classes, by file and qualified name, of which no object outlived a test."""
        self._settle()
        lasting = {
            (path, kind.__qualname__)
            for kind, path in self._seen.items()
            if not all(heir in self._counts for heir in (kind, *_heirs(kind)))
        }
        known = {(path, kind.__qualname__) for kind, path in self._seen.items()}
        yield from known - lasting

    def _now(self) -> list[int]:
        """Count references; what else refers to a class while we count is the same each time."""
        count = sys.getrefcount
        return [count(kind) for kind in self._counts]

    def _note(self) -> None:
        """Count the references to classes for which that isn't known."""
        if UNKNOWN in self._counts.values():
            now = self._now()
            for kind, seen in zip(tuple(self._counts), now, strict=True):
                if self._counts[kind] == UNKNOWN:
                    self._counts[kind] = seen

    def _odd(self) -> list[type]:
        now = self._now()
        return [
            kind
            for kind, seen, known in zip(self._counts, now, self._counts.values(), strict=True)
            if known not in {seen, UNKNOWN}
        ]

    def _examine(self) -> None:
        """Find out whether there are objects of odd classes, as long as there is time for it."""
        if not self._odd():
            return
        started = time.perf_counter()
        if self._spent <= FREE + SHARE * (started - self._began):
            self._settle()
            for kind in self._odd():
                self._count(kind)
            self._spent += time.perf_counter() - started
        for kind in self._odd():
            del self._counts[kind]

    def _count(self, kind: type) -> None:
        """Let the references be counted that there are now, unless an heir is unknown."""
        if all(heir in self._seen for heir in _heirs(kind)):
            self._counts[kind] = UNKNOWN

    def _settle(self, *, collect: bool = True) -> None:
        """Give up the classes of which there are objects, or of an heir that isn't known."""
        if gc.get_freeze_count() > self._frozen:
            self._counts.clear()  # objects may be hidden from us
        alive = self._alive() & self._counts.keys()
        if alive and collect and gc.isenabled():
            gc.collect()  # they may be garbage
            alive = self._alive() & self._counts.keys()
        for kind in alive:
            del self._counts[kind]

    def _alive(self) -> set[type]:
        found = {type(each) for each in gc.get_objects()}
        strange = [kind for kind in found if kind not in self._seen]
        return found | {base for kind in strange for base in type.mro(kind)}

    def _meet(self) -> None:
        """Take in the classes of modules that were imported since."""
        fresh = sys.modules.keys() - self._modules
        self._modules = set(sys.modules)
        kinds = {
            kind: path
            for name in fresh
            for path, module in self._own(name)
            for kind in _classes(vars(module).values(), name)
        }
        if kinds:
            self._seen |= kinds
            for kind in kinds:
                self._count(kind)
            self._settle(collect=False)  # what was made in imports is rarely garbage

    def _own(self, name: str) -> Iterator[tuple[str, ModuleType]]:
        """Return a module of the repository and its file; others stay untouched."""
        module = sys.modules.get(name)
        if module is None or type(module) is not ModuleType:
            return
        file = vars(module).get("__file__")
        path = self._tape.place(file) if isinstance(file, str) else None
        if path is not None:
            yield path, module


def _classes(values: Iterable[object], module: str) -> Iterator[type]:
    """Return the classes among these that this module defines, and those in their bodies."""
    for value in list(values):
        if not issubclass(type(value), type):
            continue
        kind = cast("type", value)
        if kind.__module__ == module and "<locals>" not in kind.__qualname__:
            if kind.__flags__ & _REFERRED and kind.__flags__ & _COLLECTED:
                yield kind
            inside = f"{kind.__qualname__}."
            inner = (each for each in vars(kind).values() if issubclass(type(each), type))
            named = (each for each in inner if each.__qualname__.startswith(inside))
            yield from _classes(named, module)


def _heirs(kind: type) -> Iterator[type]:
    heirs: list[type] = type.__subclasses__(kind)
    for heir in heirs:
        yield heir
        yield from _heirs(heir)
