"""Spells all that a thing holds as letters that are the same in another run, or says it can't.

Other than ``spelled`` leaves out nothing: equal letters mean equal content. So what a test left
there is compared with what it was recorded to leave, and nobody has to ask what made it.
"""

from __future__ import annotations

import copyreg
import functools
import re
import sys
import types
from collections import OrderedDict, defaultdict, deque
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from firsttry_tasks.recorder.leftovers.things.objects import dictionary_of, lineage, slots_of, space
from firsttry_tasks.recorder.leftovers.things.opening import INTERPRETERS
from firsttry_tasks.recorder.leftovers.things.shown import DEFINED
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

#: Things that are looked at in all, and steps from the first to the last: where more hang together,
#: to spell them takes longer than the tests that it saves.
_MOST, _DEEPEST = 2000, 40
#: What differs from run to run, as a rule: addresses, temporary folders, times, long numbers.
_PASSING = re.compile(r"0x[0-9a-f]{6}|(?<![\w.:/])/(?:[\w.+-]+/)+[\w.+-]*[0-9]|[0-9]{7}")
_LARGE = 1_000_000
#: Digits of a number that somebody wrote down; a time that was taken has more.
_FEW = 8
#: Bytes or letters of a text; what is longer is no less telling, but to spell it takes time.
_LONGEST = 100_000
#: What holds things in an order, and shows all of them; classes may inherit from it.
_ORDERED: dict[Any, Callable[[Any], Iterable[object]]] = {
    tuple: tuple.__iter__,
    list: list.__iter__,
    dict: lambda value: [part for pair in dict.items(value) for part in pair],
    OrderedDict: lambda value: [part for pair in OrderedDict.items(value) for part in pair],
    defaultdict: lambda value: [
        _FACTORY.__get__(value),
        *(part for pair in dict.items(value) for part in pair),
    ],
    deque: deque.__iter__,
}
#: What shows all that it consists of, and has no heirs that say otherwise.
_CLOSED: dict[Any, Callable[[Any], Iterable[object]]] = {
    functools.partial: lambda value: (value.func, value.args, value.keywords),
    types.MethodType: lambda value: (value.__self__, value.__func__),
    staticmethod: lambda value: (value.__func__,),
    classmethod: lambda value: (value.__func__,),
    property: lambda value: (value.fget, value.fset, value.fdel),
}
_SETS: dict[Any, Callable[[Any], Iterable[object]]] = {
    set: set.__iter__,
    frozenset: frozenset.__iter__,
}
_TEXTS: dict[Any, Callable[[Any], str]] = {
    str: str.__repr__,
    bytes: bytes.__repr__,
    bytearray: bytearray.__repr__,
}
#: What a builtin function is bound to that is no method.
_HOMES = frozenset({types.ModuleType, type(None)})
#: Set in ``__flags__`` of a class that can't be changed, as most that C code makes.
_FIXED = 1 << 8
_BASICSIZE: Any = type.__dict__["__basicsize__"]
_POINTER = 8
_FACTORY: Any = vars(defaultdict)["default_factory"]
_ATOMS = frozenset({bool, type(None), type(...), type(NotImplemented)})


class _Unclear(Exception):  # noqa: N818  no error: the answer is that nobody can tell
    """Something is there that can't be spelled, or is another in each run."""


def letters(value: object, key: bytes = b"") -> str:
    """Return letters for all that a value holds, made with ``key``; "" where that is unclear."""
    try:
        text = "".join(_Spelling().parts(value, 0))
    except (_Unclear, RuntimeError, RecursionError):
        return ""  # another thread may change it meanwhile
    return blake2b(text.encode(errors="replace"), digest_size=8, key=key).hexdigest()


class _Spelling:
    """Goes through what a value holds; what is met again is told by when it was met."""

    def __init__(self, left: int = _MOST) -> None:
        self.left = left
        # Kept while they are gone through, so that no other object comes to the place of one.
        self._met: dict[int, tuple[int, object]] = {}

    def parts(self, value: Any, depth: int) -> Iterator[str]:
        """Yield the parts of the text for a value."""
        kind: Any = type(value)
        self.left -= 1
        if depth > _DEEPEST or self.left < 0:
            raise _Unclear
        plain = _plain(value, kind)
        if plain:
            yield plain
            return
        before = self._met.get(identity(value))
        if before is not None:
            yield f"^{before[0]},"
            return
        self._met[identity(value)] = len(self._met), value
        yield f"{_name(kind)}("
        if kind in _SETS:
            yield from self._unordered(_SETS[kind](value), depth)
        else:
            for it in _inside(value, kind):
                yield from self.parts(it, depth + 1)
        yield ")"

    def _unordered(self, values: Iterable[object], depth: int) -> Iterator[str]:
        # In each run they come in another order, so each stands for itself.
        found = []
        for it in tuple(values):
            one = _Spelling(self.left)
            found.append("".join(one.parts(it, depth + 1)))
            self.left = one.left
        yield ",".join(sorted(found))


def _plain(value: Any, kind: Any) -> str:
    """Return the text of what holds nothing else, "" for what does."""
    if kind in _ATOMS:
        return f"{value!r},"
    if kind in {int, float}:
        if abs(value) >= _LARGE or len(repr(value)) > _FEW:
            raise _Unclear
        return f"{value!r},"
    if kind in _TEXTS:
        text = "" if len(value) > _LONGEST else _TEXTS[kind](value)
        if not text or _PASSING.search(text):
            raise _Unclear
        return f"{text},"
    return _called(value, kind)


def _called(value: Any, kind: Any) -> str:
    """Return the name of what changes where it is at home, if at all; "" for what has none."""
    if kind is types.ModuleType:
        return f"module {vars(value).get('__name__')},"
    if issubclass(kind, type):
        return "" if "<locals>" in _own(value, "__qualname__") else f"class {_name(value)},"
    of_module = issubclass(kind, types.BuiltinFunctionType) and type(value.__self__) in _HOMES
    if of_module or (kind is types.FunctionType and not _is_made(value)):
        return f"function {value.__module__}.{value.__qualname__},"
    return ""


def _is_made(function: types.FunctionType) -> bool:
    """Tell whether a function was made by a call, so that its name does not say all of it."""
    return "<locals>" in function.__qualname__ or "<lambda>" in function.__qualname__


def _inside(value: Any, kind: Any) -> Iterable[object]:
    """Return what a value holds, in an order that is the same in each run."""
    if shows := _ORDERED.get(kind) or _CLOSED.get(kind):
        return [*shows(value)]
    if kind is types.FunctionType:
        return _function(value)
    if issubclass(kind, types.BuiltinFunctionType):
        return value.__name__, value.__self__
    if issubclass(kind, type):
        own = space(value)
        found = {key: it for key, it in own.items() if key not in INTERPRETERS}
        return [_name(value), lineage(value)[1:-1], *_named(found)]
    again: Any = copyreg.dispatch_table.get(kind)
    if again is not None and again.__module__ in sys.stdlib_module_names:
        return [again(value)]
    return _instance(value, kind)


def _function(value: types.FunctionType) -> list[object]:
    if "<lambda>" in value.__qualname__:
        raise _Unclear
    try:
        cells = [it.cell_contents for it in value.__closure__ or ()]
    except ValueError:
        raise _Unclear from None  # one of them is empty yet
    return [
        f"{value.__module__}.{value.__qualname__}",
        *cells,
        value.__defaults__,
        value.__kwdefaults__,
        *_named(value.__dict__),
    ]


def _instance(value: Any, kind: Any) -> Iterator[object]:
    """Yield the parts of an object of a class that is written in Python, which hides nothing."""
    for base in lineage(kind)[:-1]:
        if base in _ORDERED or base in _SETS or base in _TEXTS or base in {int, float}:
            yield _builtin(value, base)
            break
        if not _is_written(base):
            raise _Unclear
    own = dictionary_of(value, kind)
    yield from _named(own or {})
    for key, slot in slots_of(kind):
        yield key
        try:
            yield slot.__get__(value)
        except AttributeError:
            continue


def _builtin(value: Any, base: Any) -> object:
    """Return what an heir of a builtin holds as one."""
    if base in _ORDERED:
        return tuple(_ORDERED[base](value))
    if base in _SETS:
        return frozenset(_SETS[base](value))
    return base.__repr__(value)


def _is_written(kind: Any) -> bool:
    """Tell whether Python code made a class, which keeps all in a dictionary and in slots.

    Its objects are no larger than these make them.
    """
    own, base = space(kind), lineage(kind)[1:]
    if not kind.__flags__ & DEFINED or kind.__flags__ & _FIXED or "__module__" not in own:
        return False
    added = _BASICSIZE.__get__(kind) - max(map(_BASICSIZE.__get__, base))
    names = sum(type(it) is types.MemberDescriptorType for it in own.values())
    most = names + ("__dict__" in own) + ("__weakref__" in own)
    return bool(added <= most * _POINTER)


def _named(found: dict[str, object]) -> Iterator[object]:
    if any(type(key) is not str for key in found):
        raise _Unclear
    for key in sorted(found):
        yield key
        yield found[key]


def _name(kind: Any) -> str:
    return f"{_own(kind, '__module__')}.{_own(kind, '__qualname__')}"


def _own(kind: Any, name: str) -> str:
    """Return how a class is called, past what its metaclass says of that."""
    return str(type.__getattribute__(kind, name))
