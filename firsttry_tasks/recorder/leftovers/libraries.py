"""Tells what tests and imports left in the modules of libraries, by the library and its content.

What a library keeps for itself, no code of the project names. So it is told with letters for what
it holds: a cache that is filled with the same as ever concerns nobody.
"""

from __future__ import annotations

import functools
import os
import sys
import types
from hashlib import blake2b
from typing import TYPE_CHECKING

from firsttry_tasks.model.recording import CONFIG, HOLDS, LIBRARY, PERHAPS, SHIFTED
from firsttry_tasks.recorder.leftovers.added import Added
from firsttry_tasks.recorder.leftovers.owners import Owners
from firsttry_tasks.recorder.leftovers.roots import Lent, Root, hidden, scanned, signs, whole
from firsttry_tasks.recorder.leftovers.things.opening import INTERPRETERS, contents
from firsttry_tasks.recorder.leftovers.things.shown import told
from firsttry_tasks.recorder.leftovers.things.spelled import spelled
from firsttry_tasks.recorder.leftovers.things.tables import Table
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from firsttry_tasks.recorder.leftovers.things.holders import Holder
    from firsttry_tasks.recorder.tracing.attribution import OpenScope

#: What runs the tests changes with each of them, and concerns none.
_RUNNERS = frozenset({"pytest", "_pytest", "pluggy", "xdist", "execnet", "firsttry_tasks"})
#: Things of a module of which numbers are asked for after each test; the nearest come first.
_LOOKED_INTO = 100
#: What may be installed under a name to be called, and no example of a document shows.
_FUNCTIONS = frozenset({types.FunctionType, types.MethodType, types.BuiltinFunctionType})
#: Entries that are told one by one; a table that is filled with more at once is told as a whole, as
#: each counts for all tests that one look stands for.
_MANY = 64
#: Python's own of which the process is looked at besides, or nothing else than changes.
_LEFT_OUT = _RUNNERS | {"__main__", "__mp_main__", "sys"}


class LibraryWatch:
    """Looks at the modules of libraries of which the project has something."""

    def __init__(self, ours: Callable[[str], bool], key: bytes = b"") -> None:
        """Begin with none; ``ours`` tells whether a file is the project's.

        The letters of what is found are made with ``key``.
        """
        self._ours = ours
        self._spelled = functools.partial(spelled, key=key)
        self.roots: dict[str, Root] = {}
        self._owners = Owners()
        #: Modules that were there before the first test, None until then.
        self._there: frozenset[str] | None = None
        #: What modules hold that were met since the last look.
        self._made: list[str] = []
        #: Numbers by name: where they stand, as which key, and what was told last.
        self._numbers: dict[str, tuple[Mapping[str, object], str, int]] = {}
        #: What was found while a test ran, or tests were looked for, and may pass with that.
        self._passing: list[tuple[OpenScope, str]] = []
        #: By the names of entries that came: the name of the container, and which thing it was.
        self._fresh: dict[str, tuple[str, int]] = {}
        # Every program has these; the second under a name of another module.
        self.have(("builtins", os.path.__name__))

    @property
    def early(self) -> bool:
        """Tell whether the first test is yet to come."""
        return self._there is None

    def have(self, homes: Iterable[str]) -> None:
        """Look at these modules from now on, as far as they are libraries'."""
        for name in homes:
            module = sys.modules.get(name)
            if name in self.roots or type(module) is not types.ModuleType:
                continue
            file = vars(module).get("__file__")
            if not isinstance(file, str):
                self.came(name, vars(module))
            if name not in self.roots and not (isinstance(file, str) and self._ours(file)):
                self._meet(name, vars(module))
                # `import http.client` binds the package, and what lies in it is asked for by that.
                self.have(_parts(name, vars(module)) if _standard(name) else ())

    def lend(self, held: Lent) -> None:
        """Look from now on at the modules of which one of the project has something."""
        owners = self._owners.of(held.things)
        self.have([*held.homes, *(name for name in owners if not _standard(name))])

    def begin(self, config: object) -> None:
        """Look at what fixtures and tests will keep in pytest's configuration, which all have."""
        self._there = frozenset(sys.modules)
        # A first look that finds one larger may stand for many tests. Python's own are constants.
        for root in (it for it in self.roots.values() if not _standard(it.path)):
            self._numbers |= {name: it for name, it in _numbers(root) if name not in self._numbers}
        self._meet(CONFIG, Added(vars(config)))

    def came(self, name: str, own: dict[str, object]) -> None:
        """Look at a module that is not the project's, and at how it is from the beginning."""
        standard = _standard(name)
        # What is installed and was there before the first test, the project has, or nobody. Of what
        # a test brought, the first module of a library leads to what the project has of it.
        early = self._there is None or name in self._there or "." in name
        installed = early and isinstance(own.get("__file__"), str)
        if name in self.roots or standard or installed or "__path__" in own:
            return
        self._meet(name, own)
        named = contents(own) if name in self.roots else {}
        self._made += [
            f"{LIBRARY}{name}:{key}={self._spelled(it)}"
            for key, it in named.items()
            if key[:2] != "__"
        ]

    def _meet(self, name: str, own: Mapping[str, object]) -> None:
        if name.partition(".")[0] not in _LEFT_OUT:
            self.roots[name] = _scan(name, own)

    def hidden(self) -> list[str]:
        """Return the mappings with entries that were taken for lost, and were not."""
        roots = self.roots.items()
        return [f"{LIBRARY}{name}:{it}=" for name, root in roots for it in hidden(root)]

    def left(self, scopes: Sequence[OpenScope], doubt: str = "") -> list[tuple[OpenScope, str]]:
        """Return what changed since the last look for each scope that may have left it."""
        doubt = PERHAPS if len(scopes) > 1 else doubt
        # How far several counted says nothing of one, and one of them may have set it.
        found = self.look(by_how_much=not doubt)
        return [(it, f"{name}{doubt}") for name in found for it in scopes]

    def counted(self, scope: OpenScope) -> list[tuple[OpenScope, str]]:
        """Return by how much numbers are larger than when it was asked last.

        To ask for them takes little, so that there is time for it after each test.
        """
        found = []
        for name, (own, key, before) in self._numbers.items():
            now = own.get(key)
            if now is not before and type(now) is int and now != before:
                self._numbers[name] = own, key, now
                found.append((scope, f"{name}{SHIFTED}{self._spelled(now - before)}"))
        return found

    def wait(self, scopes: Sequence[OpenScope]) -> None:
        """Look in the middle of a test, or of the search for tests; what stays is told later."""
        # Until then pytest and fixtures have things there that they take away.
        self._passing += self.left(scopes)

    def stayed(self) -> list[tuple[OpenScope, str]]:
        """Return what was found in the middle of a test, and is still there after it."""
        found, self._passing = self._passing, []
        names = {name for _, name in found}
        there = {name for name in names if self._holds(name.removesuffix(PERHAPS))}
        self._fresh.clear()
        return [(scope, name) for scope, name in found if name in there]

    def _holds(self, name: str) -> bool:
        module, _, place = name.removeprefix(LIBRARY).partition(":")
        key, _, held = place.partition("=")
        root = self.roots.get(module)
        if name in self._fresh and root is not None:
            where, thing = self._fresh[name]
            tables = (one.table for one in root.holders if one.name == where)
            return any(thing in table.tokens().values() for table in tables if table is not None)
        own = root.own if root is not None else {}
        if SHIFTED in place or "." in key or key not in own:
            return SHIFTED in place or "." in key or not held
        return held == self._spelled(own[key])

    def look(self, *, by_how_much: bool = True) -> list[str]:
        """Return what changed since the last look; of numbers ``by_how_much``, or what they are."""
        made, self._made = self._made, []
        names = tuple(self.roots)
        return made + [it for name in names for it in self._changes(name, by_how_much=by_how_much)]

    def _changes(self, name: str, *, by_how_much: bool) -> list[str]:
        root = self.roots[name]
        if whole(root) == root.whole:
            return []
        pairs = enumerate(zip(signs(root.holders), root.signs, strict=False))
        changed = [at for at, (now, before) in pairs if now != before]
        found = {it for at in changed for it in self._entries(root, at, by_how_much=by_how_much)}
        self.roots[name] = _scan(name, root.own)
        return [f"{LIBRARY}{name}:{it}" for it in sorted(found)]

    def _entries(self, root: Root, at: int, *, by_how_much: bool) -> Iterator[str]:
        one, before = root.holders[at], root.signs[at]
        if one.named is not None:
            known, named = root.named[at], one.named()
            for key in known.keys() | named.keys():
                place = f"{one.name}.{key}".strip(".")
                if key not in named:
                    yield f"{place}="
                elif known.get(key, one) != told(named[key]) and not (
                    self._runs_tests(named[key]) or _shown(root, key, named[key])
                ):
                    yield from self._held(root, place, one, known.get(key), by_how_much=by_how_much)
            return
        if not isinstance(one.table, Table):
            yield f"{one.name}={self._spelled(one.value)}"
            return
        # Of a very large one only the size is known.
        held = set(before) if isinstance(before, tuple) else None
        came = () if held is None else one.table.entries()
        fresh = [it for it in came if held is not None and identity(it.value) not in held]
        said = [self._spelled(it.whole) for it in fresh]
        if len(fresh) > _MANY:
            whole = blake2b("".join(sorted(said)).encode(), digest_size=8).hexdigest()
            said, fresh = [self._spelled(whole)], fresh[:1]
        for letters, it in zip(said, fresh, strict=True):
            name = f"{one.name}={letters}"
            self._fresh[f"{LIBRARY}{root.path}:{name}"] = one.name, identity(it.value)
            yield name
        if not fresh:
            yield f"{one.name}="

    def _held(
        self, root: Root, place: str, one: Holder, before: object, *, by_how_much: bool
    ) -> Iterator[str]:
        """Yield what is held at a place now: of a number that grew, for how much larger it is."""
        own, key = _own_of(one), place.rpartition(".")[2]
        value = one.named()[key] if one.named is not None else None
        if own is not None and type(value) is int and type(before) is tuple and before[0] is int:
            name = f"{LIBRARY}{root.path}:{place}"
            known = self._numbers.get(name)
            # Another class may have come to the place of the one that is asked.
            if known is not None and known[0].get(key) == value:
                return  # `counted` tells of it
            self._numbers[name] = own, key, value
            # How far several counted says nothing of one, and one of them may have set it.
            if by_how_much:
                yield f"{place}{SHIFTED}{self._spelled(value - before[1])}"
                return
        yield f"{place}{HOLDS}{self._spelled(value)}"

    def _runs_tests(self, value: object) -> bool:
        """Tell whether what runs the tests put a thing there, as it does for ``pdb.set_trace``."""
        made = value.__func__ if type(value) is types.MethodType else value
        if type(made) is not types.FunctionType or self._ours(made.__code__.co_filename):
            return False
        return str(made.__module__).partition(".")[0] in _RUNNERS


def _shown(root: Root, key: str, value: object) -> bool:
    """Tell whether this is the last value that the examples of a document showed, as a shell does.

    What is installed under that name to translate texts is a function or method.
    """
    return root.path == "builtins" and key == "_" and type(value) not in _FUNCTIONS


def _scan(name: str, own: Mapping[str, object]) -> Root:
    # Python's own modules keep caches by the dozen; what is bound there to another thing is the
    # project's doing.
    return scanned(name, own, (), _bound if _standard(name) else None, library=True)


def _parts(package: str, own: Mapping[str, object]) -> list[str]:
    """Return the names of the modules of a package that were imported."""
    modules = (it for it in tuple(own.values()) if type(it) is types.ModuleType)
    held = (str(vars(it).get("__name__")) for it in modules)
    return [it for it in held if it.startswith(f"{package}.")]


def _standard(module: str) -> bool:
    return module.partition(".")[0] in sys.stdlib_module_names


def _numbers(root: Root) -> Iterator[tuple[str, tuple[Mapping[str, object], str, int]]]:
    """Yield the numbers that a module and its classes have, by name."""
    for one in root.holders[:_LOOKED_INTO]:
        own = _own_of(one) or {}
        for key, value in tuple(own.items()):
            if type(value) is int and key not in INTERPRETERS:
                place = f"{one.name}.{key}".strip(".")
                yield f"{LIBRARY}{root.path}:{place}", (own, key, value)


def _own_of(one: Holder) -> Mapping[str, object] | None:
    """Return the namespace of a module or class; None for an object, which is not kept alive."""
    lasts = one.value is None or issubclass(type(one.value), type)
    if not lasts or not isinstance(one.named, functools.partial):
        return None
    own: Mapping[str, object] = one.named.args[0]
    return own


def _bound(one: Holder) -> bool:
    return one.named is not None and "." not in one.name
