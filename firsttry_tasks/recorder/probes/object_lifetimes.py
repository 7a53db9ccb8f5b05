"""Finds classes whose instances never survive a test.

State that such an instance keeps can't reach another test. An instance holds a reference to its
class, so a class whose count of references is what it was has no new instances. Where the count
differs, garbage is collected, and then instances are looked for. Where the interpreter counts in
another way (``quirks.COUNTED_OBJECTS``), nothing is said of any class.
"""

from __future__ import annotations

import gc
import sys
import time
from collections import Counter
from types import ModuleType
from typing import TYPE_CHECKING, cast

from firsttry_tasks.recorder.tracing import quirks
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.recorder.tracing.attribution import Attribution

#: Part of the time of the tests that looking for objects may take, and seconds that it always may.
#: They were 0.02 and 0.25 at first. They trade time of recorded runs for classes that stay unknown,
#: whose instances then count as shared between tests, which is safe. No measurement is on record.
SHARE, FREE = 0.01, 0.1
UNKNOWN = -1
#: Py_TPFLAGS_HEAPTYPE and Py_TPFLAGS_HAVE_GC of a type: its objects refer to it, and garbage
#: collection knows them.
_REFERRED, _COLLECTED = 1 << 9, 1 << 14
#: Where `sys` keeps the last error, whose frames hold the objects of the test that failed.
_LAST = ("last_exc", "last_type", "last_value", "last_traceback")


class LifetimeProbe:
    """Watches the repository's classes between tests.

    Classes are told apart by identity: a metaclass may say that one can't be hashed, or that it
    equals another.
    """

    def __init__(self, attribution: Attribution) -> None:
        """Begin with no class known; the first look finds them."""
        self._attribution = attribution
        #: All classes that were found, and the file that defines each.
        self._kinds: dict[int, type] = {}
        self._paths: dict[int, str] = {}
        #: The count of references to each class that has had no object after a test so far.
        self._counts: dict[int, int] = {}
        self._modules: set[str] = set()
        #: How often the module of each file was executed.
        self._ran: Counter[str] = Counter()
        #: How many objects the interpreter itself has hidden from the garbage collector.
        self._frozen = gc.get_freeze_count()
        self._spent = 0.0
        self._began = time.perf_counter()

    def executed(self, path: str) -> None:
        """Hear that a module is executed: one that is so twice has two classes of each name."""
        self._ran[path] += 1

    def look(self) -> None:
        """Look which classes have objects, before the first test and after each."""
        if not quirks.COUNTED_OBJECTS:
            return  # no class is ever met
        # Called after each test, so that all that isn't needed is left out.
        if len(sys.modules) != len(self._modules):
            self._meet()
        if self._odd():
            for name in _LAST:
                # Taken away, as pytest does it before the next test.
                sys.__dict__.pop(name, None)
            if gc.isenabled():
                gc.collect(1)
            self._examine()
        self._note()

    def private(self) -> set[tuple[str, str]]:
        """Return the classes, by file and qualified name, of which no object outlived a test."""
        self._settle()
        known: set[tuple[str, str]] = set()
        lasting: set[tuple[str, str]] = set()
        for key, kind in self._kinds.items():
            path = self._paths[key]
            alone = all(identity(heir) in self._counts for heir in (kind, *_heirs(kind)))
            (known if alone and self._ran[path] <= 1 else lasting).add((path, kind.__qualname__))
        return known - lasting

    def _now(self) -> list[int]:
        """Count references; what else refers to a class meanwhile is the same each time."""
        count, kinds = sys.getrefcount, self._kinds
        return [count(kinds[key]) for key in self._counts]

    def _note(self) -> None:
        """Count the references to classes for which that isn't known."""
        if UNKNOWN in self._counts.values():
            for key, seen in zip(tuple(self._counts), self._now(), strict=True):
                if self._counts[key] == UNKNOWN:
                    self._counts[key] = seen

    def _odd(self) -> list[int]:
        """Return the classes that have more references than they had without objects, or less."""
        now, known = self._now(), list(self._counts.values())
        if now == known:
            return []
        pairs = zip(self._counts, now, known, strict=True)
        return [key for key, seen, count in pairs if count not in {seen, UNKNOWN}]

    def _examine(self) -> None:
        """Find out whether there are objects of odd classes, as long as there is time for it."""
        if not self._odd():
            return
        started = time.perf_counter()
        if self._spent <= FREE + SHARE * (started - self._began):
            self._settle()
            for key in self._odd():
                self._count(key)
            self._spent += time.perf_counter() - started
        for key in self._odd():
            del self._counts[key]

    def _count(self, key: int) -> None:
        """Let the references be counted that there are now, unless an heir is unknown."""
        if all(identity(heir) in self._kinds for heir in _heirs(self._kinds[key])):
            self._counts[key] = UNKNOWN

    def _settle(self, *, collect: bool = True) -> None:
        """Give up the classes of which there are objects, or of an heir that isn't known."""
        if gc.get_freeze_count() > self._frozen:
            # The project has called `gc.freeze`, and frozen objects can't be found.
            self._counts.clear()
        alive = self._alive()
        if alive and collect and gc.isenabled():
            # They may be garbage, and that reaches no test.
            gc.collect()
            alive = self._alive()
        for key in alive:
            del self._counts[key]

    def _alive(self) -> set[int]:
        """Return those of the classes that seem to have no objects and have some."""
        kinds: Iterable[type] = map(type, gc.get_objects())
        found = {identity(kind): kind for kind in (kinds if _own_hashes() else set(kinds))}
        strange = [kind for key, kind in found.items() if key not in self._kinds]
        bases = {identity(base) for kind in strange for base in type.mro(kind)}
        return (found.keys() | bases) & self._counts.keys()

    def _meet(self) -> None:
        """Take in the classes of modules that were imported since."""
        fresh = sys.modules.keys() - self._modules
        self._modules = set(sys.modules)
        kinds = {
            identity(kind): (kind, path)
            for name in fresh
            for path, module in self._own(name)
            for kind in _classes(vars(module).values(), name)
        }
        for key, (kind, path) in kinds.items():
            self._kinds[key], self._paths[key] = kind, path
        for key in kinds:
            self._count(key)
        if kinds:
            self._settle(collect=False)  # what an import made is rarely garbage

    def _own(self, name: str) -> Iterator[tuple[str, ModuleType]]:
        """Return a module of the repository and its file; others stay untouched."""
        module = sys.modules.get(name)
        if module is None or type(module) is not ModuleType:
            return
        file = vars(module).get("__file__")
        path = self._attribution.place(file) if isinstance(file, str) else None
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


def _own_hashes() -> bool:
    """Tell whether a metaclass says itself what its classes equal: a set may not hold them.

    That of ``typing_extensions`` says it of ``Protocol`` only.
    """
    metas = (meta for meta in _heirs(type) if meta.__module__ != "typing_extensions")
    return any({"__hash__", "__eq__"} & vars(meta).keys() for meta in metas)


def _heirs(kind: type) -> Iterator[type]:
    heirs: list[type] = type.__subclasses__(kind)
    for heir in heirs:
        yield heir
        yield from _heirs(heir)
