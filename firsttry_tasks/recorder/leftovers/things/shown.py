"""Sees what an object that is made in C shows of itself, as nothing of it lies in a dictionary.

A connection tells how many rows it changed, a container its size, an array lends its memory. Only
what C code answers is asked: what Python code answers would count as what a test ran.
"""

from __future__ import annotations

import sys
import types
import weakref
import zlib
from typing import TYPE_CHECKING, Any

from firsttry_tasks.recorder.leftovers.things.tables import TABLES
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Look = Callable[[Any], object]

#: Values that tell two looks apart; what is made anew for each that asks does not.
_TELLING = frozenset({int, bool, float, str, bytes, type(None)})
#: Bytes of memory that are compared; of more only their number is. A checksum of a megabyte takes
#: less than a millisecond.
_MANY = 1 << 20
_DICT_OF_TYPE: Any = type.__dict__["__dict__"]
_MODULE_OF_TYPE: Any = type.__dict__["__module__"]
_MRO_OF_TYPE: Any = type.__dict__["__mro__"]
#: Set in ``__flags__`` of a class that Python code defined, and of some that C code did.
DEFINED = 1 << 9
#: Whether a class says that its objects lend memory.
_NAMED_BUFFERS = sys.version_info >= (3, 12)
PLACED = (types.GetSetDescriptorType, types.MemberDescriptorType)


def sign_of(value: Any) -> Callable[[], object] | None:
    """Return what asks an object for all that it shows, None for one that shows nothing."""
    looks = tuple(_looks(type(value)))
    if not _NAMED_BUFFERS and _memory(value) is not None:
        looks = (*looks, _memory)
    return (lambda: [look(value) for look in looks]) if looks else None


def told(value: object) -> object:
    """Return what tells a value from another one: small ones by what they are."""
    # Two that are equal make no difference to anybody, and C code makes them anew each time.
    plain = type(value) in _TELLING or (
        type(value) is tuple and all(type(it) in _TELLING for it in value)
    )
    return (type(value), value) if plain else identity(value)


def _looks(kind: Any) -> Iterator[Look]:
    """Yield what can be asked of each object of a class."""
    if kind in weakref.ProxyTypes:
        return  # it asks what it stands for, and that is another object
    # Not kept for the next one: a class that is kept is a class more among ``__subclasses__``.
    bases: tuple[Any, ...] = _MRO_OF_TYPE.__get__(kind)
    spaces = [(base, _DICT_OF_TYPE.__get__(base)) for base in bases[:-1]]
    # Of containers each entry is told apart, so that nobody need ask for their size.
    yield from (
        _answer(own["__len__"])
        for base, own in spaces
        if base not in TABLES and type(own.get("__len__")) is types.WrapperDescriptorType
    )
    lending = next((own["__buffer__"] for _, own in spaces if "__buffer__" in own), None)
    if type(lending) is types.WrapperDescriptorType:
        yield _memory
    hashed = next((own["__hash__"] for _, own in spaces if "__hash__" in own), None)
    # What is hashed by what it is does not change, as a date or a pattern.
    for base, own in spaces if hashed is None else ():
        found = (it for name, it in own.items() if name[:2] != "__" and _asks(base, it))
        yield from map(_member, found)
    if hashed is None:
        yield from map(_answer, _tellers(spaces))


def _tellers(spaces: list[tuple[Any, Any]]) -> Iterator[Look]:
    """Yield what the standard library says of all that an object holds, to keep or to digest it."""
    keeping = next(((base, own) for base, own in spaces if "__getstate__" in own), None)
    if keeping is not None:
        home = str(_MODULE_OF_TYPE.__get__(keeping[0])).partition(".")[0]
        if home in sys.stdlib_module_names:
            ask: Look = keeping[1]["__getstate__"]
            yield lambda value: _flat(ask(value))
    for _, own in spaces:
        if type(own.get("hexdigest")) is types.MethodDescriptorType:
            yield own["hexdigest"]


def _flat(state: object) -> object:
    """Return what tells a state from another one; nothing where it holds more than plain values."""
    if type(state) is tuple:
        return tuple(map(_flat, state))
    if type(state) in {str, bytes}:
        return hash(state)
    return state if type(state) in _TELLING else None


def _asks(base: Any, found: object) -> bool:
    """Tell whether this is a look at what an object has in C; slots of classes are seen already."""
    kind = type(found)
    slot = kind is types.MemberDescriptorType and base.__flags__ & DEFINED
    return kind in PLACED and not slot


def _answer(ask: Look) -> Look:
    def look(value: Any) -> object:
        try:
            return ask(value)
        except Exception:  # noqa: BLE001  closed, or not in this thread: that is an answer, too
            return None

    return look


def _member(placed: Any) -> Look:
    def look(value: Any) -> object:
        found = placed.__get__(value)
        return told(found) if type(found) in _TELLING else None

    return _answer(look)


def _memory(value: Any) -> object:
    try:
        with memoryview(value) as lent:
            if lent.nbytes > _MANY:
                return lent.nbytes
            return lent.nbytes, zlib.crc32(lent if lent.c_contiguous else bytes(lent))
    except Exception:  # noqa: BLE001  it was closed since
        return None
