"""Looks into one value, past the methods of its class: what it holds, and how to see a change.

Everything is read as the interpreter has it: asking an object for an attribute may run code, and
that code would count as what a test ran.
"""

from __future__ import annotations

import functools
import itertools
import logging
import types
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

from firsttry_tasks.recorder.leftovers.things.objects import (
    dictionary_of,
    is_standard,
    lineage,
    slots_of,
    space,
)
from firsttry_tasks.recorder.leftovers.things.shown import sign_of, told
from firsttry_tasks.recorder.leftovers.things.tables import CACHE, PAIRED, TABLES, Kept, Table
from firsttry_tasks.recorder.replaced import weak_mappings
from firsttry_tasks.recorder.tracing.attribution import identity

#: Entries of one container that are looked into: large tables are written once, as a rule, and a
#: look into each entry takes time.
_MANY = 64
#: Entries of one container that are told apart; of a larger one only the size is seen.
_MOST = 1000
#: What the interpreter and its loaders keep in namespaces for themselves.
INTERPRETERS = frozenset(
    {
        "__slotnames__", "__abstractmethods__", "_abc_impl", "__annotations__", "__doc__",
        "__annotate__", "__annotate_func__", "__annotations_cache__", "__warningregistry__",
        "__builtins__", "__dict__", "__weakref__", "__loader__", "__spec__",
        "__static_attributes__", "__firstlineno__",
    }
)  # fmt: skip
#: What logging sets for a logger when another one is made, or works out when it is used.
_AMONG_LOGGERS = frozenset({"parent", "manager", "root", "_cache"})
#: This recorder's own wrappers change all along.
_OURS = "firsttry_tasks."
#: Reads what is in a cell.
_CELL: Any = types.CellType.__dict__["cell_contents"]

Inside = Iterable[tuple[str, object]]


class Opened(NamedTuple):
    """What a value is seen to hold, and what to look into next."""

    inside: Inside = ()
    sign: Callable[[], object] | None = None
    #: What can be walked over to see the same in less time, and what can be called for that, which
    #: raises where there is nothing; None where only ``sign`` tells.
    views: tuple[Iterable[object], ...] | None = None
    reads: tuple[Callable[[], object], ...] = ()
    named: Callable[[], Mapping[str, object]] | None = None
    opaque: bool = False
    table: Table | Kept | None = None


def contents(own: Mapping[str, object]) -> dict[str, object]:
    """Return what a namespace holds, without modules and what is the interpreter's."""
    return {
        key: value
        for key, value in tuple(own.items())
        if type(key) is str and key not in INTERPRETERS and type(value) is not types.ModuleType
    }


def signed(own: Mapping[str, object]) -> Callable[[], object]:
    """Return what tells whether other values stand in a namespace."""
    values = own.values
    return lambda: tuple(map(identity, values()))


def nobodys(_module: object) -> bool:
    """Tell that classes of no module are looked into."""
    return False


def opened(value: Any, is_own: Callable[[object], bool] = nobodys) -> tuple[Opened, ...]:
    """Return what a value is seen to hold; ``is_own`` tells whose functions and classes count.

    An heir of a container holds attributes, and entries besides.
    """
    kind: Any = type(value)
    how = _KINDS.get(kind)
    if how is not None:
        return (how(value),)
    if kind is types.FunctionType:
        return (_function(value),) if _is_made(value, is_own) else ()
    if issubclass(kind, type):
        own = space(value)
        # Any other class is met in the module that defines it, or is a library's.
        return (_namespace(own),) if is_own(own.get("__module__")) else ()
    if is_standard(value, kind):
        return ()
    bases = lineage(kind)[:-1]
    found = _logger(value, kind) if logging.Logger in bases else _instance(value, kind)
    base = next((it for it in bases if it in TABLES), None)
    return (found, *([_table(value, base)] if base else ()))


def inside(value: Any) -> list[tuple[str, object]]:
    """Return what a value leads to."""
    return [pair for found in opened(value) for pair in found.inside]


def _is_made(function: types.FunctionType, is_own: Callable[[object], bool]) -> bool:
    """Tell whether a function is of a module that counts, or made by a call, as a wrapper is."""
    # What another module defines is met there.
    local = "<locals>" in function.__qualname__
    made = local and not str(function.__globals__.get("__name__")).startswith(_OURS)
    return made or is_own(function.__module__)


def _namespace(own: Mapping[str, object]) -> Opened:
    named = functools.partial(contents, own)
    return Opened(named().items(), signed(own), (own.values(),), named=named)


def _table(value: Any, kind: Any) -> Opened:
    table = Table(value, kind)
    if table.size() > _MOST:
        return Opened(sign=table.size)
    parts = (kind.values, kind.keys) if kind in PAIRED else (kind.__iter__,)

    def sign() -> object:
        return tuple(map(identity, itertools.chain.from_iterable(it(value) for it in parts)))

    # To walk over an heir of a list or set would ask it how.
    same = (value,) if type(value) is kind else None
    views = tuple(it(value) for it in parts) if kind in PAIRED else same
    return Opened(_first(table), sign, views, table=table)


def _first(table: Table) -> Inside:
    if table.size() > _MANY:
        return ()
    values = table.kind.values if table.kind in PAIRED else table.kind.__iter__
    return [("", it) for it in tuple(values(table.value))]


def _weak(value: Any) -> Opened:
    held = value.values
    return Opened([("", it) for it in [*held()][:_MANY]], lambda: sorted(map(identity, [*held()])))


def _weakly_keyed(value: Any) -> Opened:
    held = [("", it) for it in weak_mappings.values(value)[:_MANY]]
    return Opened(held, functools.partial(weak_mappings.Kept, value))


def _fixed(value: Any) -> Opened:
    return Opened([("", it) for it in tuple(value)[:_MANY]])


def _function(value: Any) -> Opened:
    cells, own = value.__closure__ or (), value.__dict__
    # Python announces whoever asks for code: few have cells to be named.
    names = value.__code__.co_freevars if cells else ()
    held = [(name, it) for name, cell in zip(names, cells, strict=False) for it in _content(cell)]
    held += [("", it) for it in value.__defaults__ or ()]
    held += [("", it) for it in (value.__kwdefaults__ or {}).values()]
    return Opened(
        [*held, *own.items()],
        lambda: [identity(it) for it in (*own.values(), *_contents(cells))],
        (own.values(),),
        tuple(functools.partial(_CELL.__get__, cell) for cell in cells),
    )


def _contents(cells: Iterable[Any]) -> Iterator[object]:
    return itertools.chain.from_iterable(map(_content, cells))


def _content(cell: Any) -> tuple[object, ...]:
    try:
        return (cell.cell_contents,)
    except ValueError:
        return ()


def _cache(value: Any) -> Opened:
    kept = Kept(value)

    def sign() -> object:
        # Each new entry was a miss.
        told = value.cache_info()
        return told.misses, told.currsize

    held = kept.entries() if kept.size() <= _MANY else ()
    results = [("", it.value) for it in held]
    filled = value.cache_info().misses > 0
    return Opened([("", value.__wrapped__), *results], sign, opaque=filled, table=kept)


def _generator(value: Any) -> Opened:
    def sign() -> object:
        return None if value.gi_frame is None else value.gi_frame.f_lasti

    return Opened(sign=sign)


def _variable(value: Any) -> Opened:
    return Opened([("", value.get(None))], lambda: identity(value.get(None)))


def _parts(*names: str) -> Callable[[Any], Opened]:
    return lambda value: Opened([("", getattr(value, name)) for name in names])


_KINDS: dict[Any, Callable[[Any], Opened]] = {
    **{kind: functools.partial(_table, kind=kind) for kind in TABLES},
    **dict.fromkeys((tuple, frozenset), _fixed),
    bytearray: lambda value: Opened(sign=lambda: bytes(value)),
    staticmethod: _parts("__func__"),
    classmethod: _parts("__func__"),
    property: _parts("fget", "fset", "fdel"),
    types.MethodType: _parts("__self__", "__func__"),
    functools.partial: _parts("func", "args", "keywords"),
    CACHE: _cache,
    WeakValueDictionary: _weak,
    WeakKeyDictionary: _weakly_keyed,
    ContextVar: _variable,
    types.GeneratorType: _generator,
    itertools.count: lambda value: Opened(sign=lambda: repr(value)),
    **dict.fromkeys(
        (type(iter(())), type(iter([])), type(iter(range(0)))),
        lambda value: Opened(sign=value.__length_hint__),
    ),
}


def _instance(value: Any, kind: Any) -> Opened:
    """Look into any other object: what stands in its dictionary and its slots."""
    own, slots, shows = dictionary_of(value, kind), slots_of(kind), sign_of(value)
    if own is None and not slots and shows is None:
        return Opened()
    if not slots and shows is None and own is not None:
        return _namespace(own)

    def named() -> dict[str, object]:
        found = {**own} if own is not None else {}
        found |= {key: it for key, slot in slots for it in _slot(slot, value)}
        return found

    def sign() -> object:
        seen = shows() if shows is not None else None
        return seen, list(map(told, named().values()))

    if shows is not None:
        return Opened(named().items(), sign)
    reads = tuple(functools.partial(slot.__get__, value) for _, slot in slots)
    return Opened(named().items(), sign, (own.values(),) if own is not None else (), reads, named)


def _logger(value: Any, kind: Any) -> Opened:
    """Look into a logger, without where it stands among the others, which are looked at as one."""
    own = dictionary_of(value, kind) or {}

    def named() -> dict[str, object]:
        return {key: it for key, it in contents(own).items() if key not in _AMONG_LOGGERS}

    return Opened(named().items(), lambda: [*map(told, named().values())], named=named)


def _slot(slot: Any, value: object) -> tuple[object, ...]:
    try:
        return (slot.__get__(value),)
    except AttributeError:
        return ()
