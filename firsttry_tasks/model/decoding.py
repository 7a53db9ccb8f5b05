"""Decode what files hold: whatever is wrong with the bytes comes out as one kind of error."""

from __future__ import annotations

import contextlib
import zlib
from typing import TYPE_CHECKING, TypeVar

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

T = TypeVar("T")
#: What decoders raise for bytes that they can't take. ValueError holds bad UTF-8, bad TOML and bad
#: dates; brackets that lie too deep end in RecursionError, numbers that are too big in
#: OverflowError.
TROUBLE = (msgspec.MsgspecError, ValueError, RecursionError, OverflowError, zlib.error)


class UndecodableError(ValueError):
    """These bytes are not what was expected; ``str()`` of it says in which way."""


@contextlib.contextmanager
def decoding() -> Iterator[None]:
    """Turn whatever a decoder raises within the block into UndecodableError."""
    try:
        yield
    except UndecodableError:
        raise
    except TROUBLE as error:
        deep = isinstance(error, RecursionError)
        raise UndecodableError("it is nested too deeply" if deep else str(error)) from error


def json(data: bytes | str, kind: type[T]) -> T:
    """Return a value from JSON; raises UndecodableError."""
    with decoding():
        return msgspec.json.decode(data, type=kind)


def toml(data: bytes | str) -> dict[str, object]:
    """Return the tables of a TOML file; raises UndecodableError."""
    # Imported late: a run that has nothing to do reads no configuration.
    import tomllib

    with decoding():
        return tomllib.loads(data if isinstance(data, str) else data.decode("utf-8"))
