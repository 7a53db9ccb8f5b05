"""Spells what a thing holds as a few letters that are the same in another run.

Only whether two are the same is ever asked, so that the letters are too few to tell more.
"""

from __future__ import annotations

import os
import re
import types
import weakref
from hashlib import blake2b
from typing import TYPE_CHECKING, Any

from firsttry_tasks.recorder.leftovers.things.opening import INTERPRETERS, inside
from firsttry_tasks.recorder.leftovers.things.shown import sign_of
from firsttry_tasks.recorder.leftovers.things.tables import CACHE

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Steps into a thing, and things that are looked at in each step.
_DEEPEST, _MANY = 3, 32
#: What differs from run to run: numbers in the names of folders, and addresses.
_PASSING = re.compile(r"0x[0-9a-f]+|[0-9]+")
#: A whole number above is a time or an address, as a rule; this process has a number, too.
_LARGE = 1_000_000
_TEXTS = frozenset({str, bytes, bytearray})
_NAMED = (
    types.FunctionType,
    types.BuiltinFunctionType,
    types.ModuleType,
    types.MethodDescriptorType,
    types.ClassMethodDescriptorType,
    types.WrapperDescriptorType,
    types.GetSetDescriptorType,
    types.MemberDescriptorType,
    CACHE,
)
#: Modules of the standard library whose objects show by their text all that they are.
_TELLING = frozenset({"decimal", "datetime"})


def spelled(value: object, key: bytes = b"") -> str:
    """Return letters for what a value holds, which nobody can guess at who has not the key."""
    text = _text(value, _DEEPEST).encode(errors="replace")
    return blake2b(text, digest_size=3, key=key).hexdigest()


def _text(value: Any, left: int) -> str:
    kind: Any = type(value)
    if kind in _TEXTS:
        text = repr(value[:1000])
        return _PASSING.sub("#", text) if "/" in text or "0x" in text else text
    if kind is int or kind is bool or value is None:
        fixed = value is None or (abs(value) < _LARGE and value != os.getpid())
        return repr(value) if fixed else "int"
    if issubclass(kind, weakref.ref):
        return _text(weakref.ref.__call__(value), left)
    if kind in _NAMED or issubclass(kind, type):
        named = f"{_own(value, '__module__')}.{_own(value, '__qualname__', '__name__')}"
        # What a call made is another one with other values in it.
        held = inside(value)[:_MANY] if left and "<locals>" in named and kind != CACHE else ()
        return f"{named}({','.join(_text(it, left - 1) for _, it in held)})" if held else named
    if kind is float or not left:
        return str(_own(kind, "__qualname__"))
    return _spelled_out(value, kind, left)


def _spelled_out(value: Any, kind: Any, left: int) -> str:
    home = _own(kind, "__module__")
    if home in _TELLING:
        # A date is another one each day, as a rule.
        return _PASSING.sub("#", repr(value)) if home == "datetime" else repr(value)
    return f"{_own(kind, '__qualname__')}({','.join(_parts(value, left - 1))})"


def _parts(value: Any, left: int) -> Iterable[str]:
    if type(value) is dict:
        pairs = list(value.items())[:_MANY]
        return [f"{_text(key, left)}:{_text(it, left)}" for key, it in pairs]
    held = [
        f"{key}:{_text(it, left)}" for key, it in inside(value)[:_MANY] if key not in INTERPRETERS
    ]
    shows = sign_of(value)
    seen = [_text(shows(), left)] if shows is not None and not held else []
    return sorted(held) if type(value) in {set, frozenset} else [*held, *seen]


def _own(value: Any, *names: str) -> object:
    """Return how a function, class or module is called, past what its class says of that."""
    for name in names:
        try:
            return (
                type.__getattribute__(value, name)
                if isinstance(value, type)
                else getattr(value, name)
            )
        except AttributeError:
            continue
    return ""
