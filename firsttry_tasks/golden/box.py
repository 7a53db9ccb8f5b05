"""What a box is: a manifest seals its files, an index entry its bytes; bounds for both."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.golden import contents
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = 1
MEBI = 1 << 20
#: Bounds on what is taken from a store; real boxes are some megabytes in some twenty files.
MOST_FILES = 256
MOST_BYTES = 2048 * MEBI
MOST_PACKED = 256 * MEBI
MOST_INDEX_ENTRY = 4 * MEBI
#: Real state shrinks to a seventh; what shrinks to less than this is no state.
MOST_RATIO = 250
#: How many deltas may lead from a box that somebody holds to this one.
LINKS = 4
SMALL = 8 * MEBI
BUILDS = "builds of distributions"
#: Parts that have to be the same for the tests' state to be of use.
FITTING = ("python", "platform", "distributions", "environment", "lock", "command", BUILDS)

PREFIX = "warm-cache-"
_SHA = re.compile(r"[0-9a-f]{64}")
_NAME = re.compile(
    r"warm-cache-(?P<head>[0-9a-f]{40}|[0-9a-f]{64})-(?P<lock>[0-9a-f]{64})\.(?P<compat_key>[0-9a-f]{12})"
)


class BadBoxError(FirstTryError):
    """A box that is not what its index entry says, or whose index entry says what no box may."""


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Foreign input: an unknown field is refused."""


class Member(_Strict, frozen=True, kw_only=True):
    """One file of a box."""

    path: str
    size: int
    sha256: str


class Producer(_Strict, frozen=True, kw_only=True):
    """The run that made a box."""

    commit: str
    ref: str
    run: str
    created: str
    firsttry: str


class Manifest(_Strict, frozen=True, kw_only=True):
    """The first file of every box: what it is of, who made it, and what else is in it."""

    schema_version: int = SCHEMA
    fingerprint: str
    parts: dict[str, str]
    producer: Producer
    files: tuple[Member, ...]


class Sealed(_Strict, frozen=True, kw_only=True):
    """Bytes that stand in a store under ``key``."""

    key: str
    size: int
    sha256: str


class Delta(_Strict, frozen=True, kw_only=True):
    """What makes a box of an earlier one, whose archive has the sha256 ``base``."""

    base: str
    sealed: Sealed


class IndexEntry(_Strict, frozen=True, kw_only=True):
    """What stands beside a box in a store: small, and enough to choose and to prove it.

    The first of ``deltas`` makes this box, the next one the box that the first is told by, and
    so on: who reads this index entry needs no other.
    """

    schema_version: int = SCHEMA
    manifest: Manifest
    archive: Sealed
    deltas: tuple[Delta, ...] = ()


class Name(msgspec.Struct, frozen=True, kw_only=True):
    """A box's name, taken apart; ``compat_key`` is the digest of the parts that have to match."""

    head: str
    lock: str
    compat_key: str

    def __str__(self) -> str:
        """Return the name that the box's files begin with."""
        return f"{PREFIX}{self.head}-{self.lock}.{self.compat_key}"


def name(text: str) -> Name | None:
    """Return a name taken apart, or None for what is none."""
    found = _NAME.fullmatch(text)
    return Name(**found.groupdict()) if found else None


def index_key(index_entry: Name) -> str:
    """Return where a box's index entry stands."""
    return f"{index_entry}.json"


def signature_key(index_entry: Name) -> str:
    """Return where the signature of a box's index entry stands."""
    return f"{index_entry}.sig"


def labelled(key: str) -> Name | None:
    """Return whose index entry a stored file is, or None where it is none."""
    return name(key.removesuffix(".json")) if key.endswith(".json") else None


def compat_key(parts: Mapping[str, str]) -> str:
    """Return the digest of the parts that have to match."""
    lines = "\n".join(f"{part}={parts.get(part, '')}" for part in FITTING)
    return disk.digest(lines.encode("utf-8", "surrogateescape"))[:12]


def named(manifest: Manifest) -> Name:
    """Return the name that a box with this manifest has."""
    head, _, lock = manifest.fingerprint.partition("-")
    return Name(head=head, lock=lock, compat_key=compat_key(manifest.parts))


def archive_key(index_entry: Name, sha256: str) -> str:
    """Return where an archive stands: two that differ never share a place."""
    return f"{index_entry}.{sha256[:16]}.tar.zst"


def delta_key(index_entry: Name, base: str) -> str:
    """Return where the delta from an archive with this sha256 stands."""
    return f"{index_entry}.{base[:16]}.delta.zst"


def whose(key: str) -> Name | None:
    """Return the box that an archive or a delta is of, or None for what is neither."""
    ends = (".delta.zst", ".tar.zst")
    return name(key.rsplit(".", 3)[0]) if key.endswith(ends) else None


def encode(value: Manifest | IndexEntry) -> bytes:
    """Return the one way a manifest or index entry is written."""
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n"


def read(data: bytes, expected: Name) -> IndexEntry:
    """Return the index entry, if it is one of this name and asks for nothing that it may not."""
    try:
        found = msgspec.json.decode(data, type=IndexEntry)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBoxError(f"its label can't be read ({error})") from error
    wrong = tuple(issues(found, expected))
    if wrong:
        raise BadBoxError("; ".join(wrong[:5]))
    return found


def check_sealed(sealed: Sealed, data: bytes) -> None:
    """Raise BadBoxError unless these bytes are the ones that the index entry seals."""
    if not data:
        raise BadBoxError("its archive is missing")
    if len(data) != sealed.size or disk.digest(data) != sealed.sha256:
        raise BadBoxError("its archive is not the one that its label seals")


def issues(found: IndexEntry, expected: Name) -> Iterator[str]:
    """Yield everything that is wrong with an index entry."""
    manifest, archive = found.manifest, found.archive
    if {found.schema_version, manifest.schema_version} != {SCHEMA}:
        yield f"its schema is {found.schema_version}, this FirstTry knows {SCHEMA}"
    if named(manifest) != expected or manifest.producer.commit != expected.head:
        yield f"its manifest is not of {expected}"
    if archive.key != archive_key(expected, archive.sha256):
        yield f"its archive's name {archive.key!r} is not its own"
    yield from _deltas(found.deltas, expected)
    yield from _sizes(manifest.files, archive)
    yield from _names(tuple(member.path for member in manifest.files))
    told = (sha256 for delta in found.deltas for sha256 in (delta.base, delta.sealed.sha256))
    digests = (archive.sha256, *told, *(member.sha256 for member in manifest.files))
    if not all(map(_SHA.fullmatch, digests)):
        yield "a digest is no sha256"


def _deltas(deltas: tuple[Delta, ...], expected: Name) -> Iterator[str]:
    if len(deltas) > LINKS:
        yield f"it is told by {len(deltas)} deltas, at most {LINKS} are taken"
    for number, delta in enumerate(deltas):
        of = whose(delta.sealed.key) if number else expected
        if of is None or delta.sealed.key != delta_key(of, delta.base):
            yield f"its delta's name {delta.sealed.key!r} is none of a delta"
        if not 0 < delta.sealed.size <= MOST_PACKED:
            yield f"its delta has {delta.sealed.size} bytes"


def _sizes(files: tuple[Member, ...], archive: Sealed) -> Iterator[str]:
    total = sum(member.size for member in files)
    if any(member.size < 0 for member in files) or archive.size <= 0:
        yield "a size is negative"
    if len(files) > MOST_FILES:
        yield f"it has {len(files)} files, at most {MOST_FILES} are taken"
    if total > MOST_BYTES:
        yield f"it unpacks to {total} bytes, at most {MOST_BYTES} are taken"
    if archive.size > MOST_PACKED:
        yield f"it has {archive.size} bytes, at most {MOST_PACKED} are taken"
    if total > max(SMALL, archive.size * MOST_RATIO):
        yield f"it unpacks to {total // max(archive.size, 1)} times its size"


def _names(paths: tuple[str, ...]) -> Iterator[str]:
    strange = [path for path in paths if contents.place(path) is None]
    if strange:
        yield f"it holds {strange[0]!r}, which no box holds"
    if list(paths) != sorted(set(paths)):
        yield "its files are not sorted, or one is there twice"
    missing = [path for path in contents.NEEDED if path not in paths]
    if missing:
        yield f"it has no {missing[0]}"
