"""Reads classes and objects as the interpreter has them, past what their classes say of that."""

from __future__ import annotations

import functools
import itertools
import sys
import threading
import types
from typing import TYPE_CHECKING, Any

from firsttry_tasks.recorder.leftovers.things.shown import DEFINED, PLACED
from firsttry_tasks.recorder.tracing.attribution import identity

if TYPE_CHECKING:
    from collections.abc import Mapping

_DICT_OF_TYPE: Any = type.__dict__["__dict__"]
_MRO_OF_TYPE: Any = type.__dict__["__mro__"]


def space(kind: Any) -> Mapping[str, object]:
    """Return the namespace of a class, past its metaclass."""
    found: Mapping[str, object] = _DICT_OF_TYPE.__get__(kind)
    return found


def lineage(kind: Any) -> tuple[type, ...]:
    """Return a class and all that it inherits from, in order."""
    found: tuple[type, ...] = _MRO_OF_TYPE.__get__(kind)
    return found


def dictionary_of(value: Any, kind: Any) -> dict[str, object] | None:
    """Return the dictionary of an object, past whatever its class says of itself."""
    if threading.local in lineage(kind):
        # Each thread has its own; this is the one of the thread that runs the tests.
        local: dict[str, object] = threading.local.__getattribute__(value, "__dict__")
        return local
    for base in lineage(kind):
        there: Any = space(base).get("__dict__")
        if type(there) in PLACED:
            found = there.__get__(value)
            return found if type(found) is dict else None
    return None


def slots_of(kind: Any) -> list[tuple[str, Any]]:
    """Return the slots that Python code gave to a class and its bases, each with its name."""
    return [
        (key, it)
        for base in lineage(kind)
        for key, it in space(base).items()
        if type(it) is types.MemberDescriptorType and base.__flags__ & DEFINED
    ]


@functools.cache
def _kept_by(module: str) -> frozenset[int]:
    """Return the identities of what a module of the standard library, or a class of it, holds."""
    found = vars(sys.modules[module]).values()
    spaces = [space(it).values() for it in found if isinstance(it, type)]
    return frozenset(map(identity, itertools.chain(found, *spaces)))


def is_standard(value: object, kind: Any) -> bool:
    """Tell whether the standard library keeps an object for itself, as it does all loggers.

    Whatever has it only leads to it.
    """
    home = space(kind).get("__module__")
    known = type(home) is str and home.partition(".")[0] in sys.stdlib_module_names
    return known and home in sys.modules and identity(value) in _kept_by(home)
