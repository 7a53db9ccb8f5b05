"""Finds what a namespace leads to: namespaces, containers, caches, a few steps deep.

Everything is read as the interpreter has it, past the methods of the project's classes: asking an
object for an attribute may run code, and that code would count as what a test ran.
"""

from __future__ import annotations

import functools
import itertools
import types
from collections import OrderedDict, defaultdict, deque
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextvars import ContextVar
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, WeakValueDictionary

from firsttry_tasks.recorder.leftovers.objects import (
    dictionary_of,
    is_standard,
    slots_of,
    space,
)
from firsttry_tasks.recorder.leftovers.shown import sign_of, told
from firsttry_tasks.recorder.replaced import weak_mappings
from firsttry_tasks.recorder.tracing.attribution import identity

#: Steps from a variable to the last thing that is looked at: a wrapper, its closure, the cache in
#: there, the cache's table. One more finds nothing in the projects that were looked at.
_DEEPEST = 4
#: Entries of one container that are looked into and told apart; of larger ones only the size is
#: seen. Large tables are written once, as a rule, and a look at each entry takes time.
_MANY = 64
#: Things of one module; what is found later is not looked at.
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
#: This recorder's own wrappers change all along.
_OURS = "firsttry_tasks."

#: Things that hold nothing, or nothing that changes.
ATOMS = frozenset(
    {int, str, float, bool, bytes, complex, type(None), types.ModuleType, types.CodeType}
)
#: Containers of which each entry is looked at.
MAPPINGS = frozenset({dict, defaultdict, OrderedDict, types.MappingProxyType})
SEQUENCES = frozenset({list, set, deque})

#: Reads what is in a cell.
_CELL: Any = types.CellType.__dict__["cell_contents"]

Inside = Iterable[tuple[str, object]]


class Holder(NamedTuple):
    """One thing that may change, and how to see whether it did."""

    name: str
    #: Returns what is equal as long as the thing holds the same.
    sign: Callable[[], object]
    #: What can be walked over, and called, to see the same in less time; None where only ``sign``
    #: tells. What is called raises where there is nothing.
    view: Iterable[object] | None = None
    reads: tuple[Callable[[], object], ...] = ()
    #: Returns what a namespace holds, by name; None for what has no names in it.
    named: Callable[[], Mapping[str, object]] | None = None
    #: Nothing shows what is in it, but only how much that is.
    opaque: bool = False
    #: The thing itself.
    value: Any = None


class Opened(NamedTuple):
    """What a value is seen to hold, and what to look into next."""

    inside: Inside = ()
    sign: Callable[[], object] | None = None
    view: Iterable[object] | None = None
    reads: tuple[Callable[[], object], ...] = ()
    named: Callable[[], Mapping[str, object]] | None = None
    opaque: bool = False


def holders(own: Mapping[str, object]) -> Iterator[Holder]:
    """Yield what a namespace leads to, itself first: a module's, or one with a fixture's value."""
    return itertools.islice(_found(own), _MOST)


def _found(own: Mapping[str, object]) -> Iterator[Holder]:
    yield Holder("", _signed(own), own.values(), named=functools.partial(contents, own))
    home = own.get("__name__")
    # Kept while it is walked, so that no other object comes to the place of one.
    met: dict[int, object] = {}
    # Breadth first: what is near is seen where there is too much of all.
    waiting = [(name, value, 1) for name, value in contents(own).items()]
    for name, value, depth in waiting:
        if type(value) in ATOMS or identity(value) in met:
            continue
        met[identity(value)] = value
        found = opened(value, home)
        if found.sign is not None:
            how = (found.sign, found.view, found.reads, found.named, found.opaque)
            yield Holder(name, *how, value)
        if depth < _DEEPEST:
            waiting += [(f"{name}.{key}", it, depth + 1) for key, it in found.inside]


def contents(own: Mapping[str, object]) -> dict[str, object]:
    """Return what a namespace holds, without modules and what is the interpreter's."""
    return {
        key: value
        for key, value in tuple(own.items())
        if type(key) is str and key not in INTERPRETERS and type(value) is not types.ModuleType
    }


def _signed(own: Mapping[str, object]) -> Callable[[], object]:
    values = own.values
    return lambda: tuple(map(identity, values()))


def opened(value: Any, home: object = None) -> Opened:
    """Return what a value is seen to hold; ``home`` is the module whose own classes count."""
    kind: Any = type(value)
    how = _KINDS.get(kind)
    if how is not None:
        found: Opened = how(value)
        return found
    if kind is types.FunctionType:
        return _function(value) if _is_made(value, home) else Opened()
    if issubclass(kind, type):
        own = space(value)
        # Any other class is met in the module that defines it, or is a library's.
        return _namespace(own) if own.get("__module__") == home else Opened()
    return _instance(value, kind)


def _is_made(function: types.FunctionType, home: object) -> bool:
    """Tell whether a function is this module's, or was made by a call, as a wrapper is."""
    # What another module defines is met there.
    local = "<locals>" in function.__qualname__
    made = local and not str(function.__globals__.get("__name__")).startswith(_OURS)
    return made or function.__module__ == home


def _namespace(own: Mapping[str, object]) -> Opened:
    named = functools.partial(contents, own)
    return Opened(named().items(), _signed(own), own.values(), named=named)


def _mapping(value: Any) -> Opened:
    if len(value) > _MANY:
        return Opened(sign=value.__len__)
    return Opened([("", it) for it in tuple(value.values())], _signed(value), value.values())


def _sequence(value: Any) -> Opened:
    if len(value) > _MANY:
        return Opened(sign=value.__len__)
    return Opened([("", it) for it in tuple(value)], lambda: tuple(map(identity, value)), value)


def _weak(value: Any) -> Opened:
    held = value.values
    return Opened([("", it) for it in [*held()][:_MANY]], lambda: sorted(map(identity, [*held()])))


def _weakly_keyed(value: Any) -> Opened:
    inside = [("", it) for it in weak_mappings.values(value)[:_MANY]]
    return Opened(inside, functools.partial(weak_mappings.Kept, value))


def _fixed(value: Any) -> Opened:
    return Opened([("", it) for it in tuple(value)[:_MANY]])


def _function(value: Any) -> Opened:
    cells, own = value.__closure__ or (), value.__dict__
    # Python announces whoever asks for code: few have cells to be named.
    names = value.__code__.co_freevars if cells else ()
    inside = [(name, it) for name, cell in zip(names, cells, strict=False) for it in _content(cell)]
    inside += [("", it) for it in value.__defaults__ or ()]
    inside += [("", it) for it in (value.__kwdefaults__ or {}).values()]
    return Opened(
        [*inside, *own.items()],
        lambda: [identity(it) for it in (*own.values(), *_contents(cells))],
        own.values(),
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
    def sign() -> object:
        # What it holds is seen by nobody, but each new entry was a miss.
        told = value.cache_info()
        return told.misses, told.currsize

    return Opened([("", value.__wrapped__)], sign, opaque=value.cache_info().misses > 0)


def _generator(value: Any) -> Opened:
    def sign() -> object:
        return None if value.gi_frame is None else value.gi_frame.f_lasti

    return Opened(sign=sign)


def _variable(value: Any) -> Opened:
    return Opened([("", value.get(None))], lambda: identity(value.get(None)))


def _parts(*names: str) -> Callable[[Any], Opened]:
    return lambda value: Opened([("", getattr(value, name)) for name in names])


_KINDS: dict[Any, Callable[[Any], Opened]] = {
    **dict.fromkeys(MAPPINGS, _mapping),
    **dict.fromkeys(SEQUENCES, _sequence),
    **dict.fromkeys((tuple, frozenset), _fixed),
    bytearray: lambda value: Opened(sign=lambda: bytes(value)),
    staticmethod: _parts("__func__"),
    classmethod: _parts("__func__"),
    property: _parts("fget", "fset", "fdel"),
    types.MethodType: _parts("__self__", "__func__"),
    functools.partial: _parts("func", "args", "keywords"),
    type(functools.lru_cache(lambda: None)): _cache,
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
    if is_standard(value, kind):
        return Opened()
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
        # An heir of a container has a size, and is one all the same.
        seen = shows() if shows is not None else None
        return seen, list(map(told, named().values()))

    if shows is not None:
        return Opened(named().items(), sign)
    reads = tuple(functools.partial(slot.__get__, value) for _, slot in slots)
    return Opened(named().items(), sign, own.values() if own is not None else (), reads, named)


def _slot(slot: Any, value: object) -> tuple[object, ...]:
    try:
        return (slot.__get__(value),)
    except AttributeError:
        return ()
