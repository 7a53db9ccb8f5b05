"""Reads classes and objects as the interpreter has them, past what their classes say of that."""

from __future__ import annotations

import threading
import types
from typing import TYPE_CHECKING, Any

from firsttry_tasks.recorder.leftovers.shown import DEFINED, PLACED

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
