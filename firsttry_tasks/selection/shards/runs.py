"""What one shard's run leaves for the merge, as one file."""

from __future__ import annotations

import hashlib
import zlib

import msgspec
from msgspec import Struct

from firsttry_tasks.gates.pytest_events import PytestRun
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.recording import Record
from firsttry_tasks.model.values import ToolResult
from firsttry_tasks.selection.shards.plan import Ground

#: The ending of a shard's file.
SUFFIX = ".shard"


class ShardRun(Struct, frozen=True, kw_only=True):
    """One run of one shard.

    ``plan`` is the digest of its plan, ``run`` the run's id and ``kind`` its kind of machine;
    ``began`` is when its tests did, in seconds since 1970.
    ``sealed`` has the seals of the variables that steer the tools and that its tests read;
    ``digests`` has what that machine calls their values. ``records`` are what its processes
    recorded, with portable names, and ``outside`` has the digests of the files outside of the tree
    that they looked at. ``coverage`` is what was measured, as coverage.py keeps it.
    """

    plan: str
    number: int
    run: str
    kind: str
    ground: Ground
    began: float = 0.0
    seconds: float
    said: ToolResult
    heard: PytestRun
    argv: tuple[str, ...] = ()
    steering: tuple[str, ...] = ()
    sealed: dict[str, str] = {}
    digests: dict[str, str] = {}
    records: tuple[Record, ...] = ()
    outside: dict[str, str] = {}
    touched: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()
    coverage: bytes = b""


def name(number: int, of: int, run: str) -> str:
    """Return the name of a shard's file."""
    return f"{number}-of-{of}.{run}{SUFFIX}"


def encode(run: ShardRun) -> bytes:
    """Return the bytes of a shard's file: a digest, and what it is of."""
    body = zlib.compress(msgspec.msgpack.encode(run, order="deterministic"), 3)
    return hashlib.sha256(body).digest() + body


def decode(data: bytes, place: str) -> ShardRun:
    """Return the run in a shard's file; FirstTryError where it is none, or is not whole."""
    digest, body = data[:32], data[32:]
    if hashlib.sha256(body).digest() != digest:
        raise FirstTryError(f"{place} is damaged, or no shard's file; run that shard again.")
    try:
        return msgspec.msgpack.decode(zlib.decompress(body), type=ShardRun)
    except (msgspec.DecodeError, zlib.error) as error:
        raise FirstTryError(
            f"{place} was written by another FirstTry ({error}); run that shard again."
        ) from error
