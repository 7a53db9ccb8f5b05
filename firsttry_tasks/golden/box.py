"""Defines a golden cache (a box): its manifest, its index entry, their names and their bounds.

A manifest holds the sha256 of each file in the archive; an index entry, stored beside the archive,
holds the manifest and the sha256 of the archive's bytes.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.golden import contents
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk
from firsttry_tasks.system.privacy import seals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SCHEMA = 2
MEBI = 1 << 20
#: Bounds on what is taken from a store. Real boxes have some megabytes in some twenty files; the
#: bounds leave room for projects that are ten to a hundred times larger, and keep a hostile store
#: from filling the disk.
MOST_FILES = 256
MOST_BYTES = 2048 * MEBI
MOST_PACKED = 256 * MEBI
MOST_INDEX_ENTRY = 4 * MEBI
#: How many times its packed size a box may unpack to. Real state has a factor of 7,
#: a crafted archive one of thousands.
MOST_RATIO = 250
#: How many deltas may lead from a box that a machine holds to this one. A judgement: a reader that
#: is five boxes behind fetches the whole box, and an index entry stays small.
LINKS = 4
#: Bytes that a box may unpack to whatever its ratio is: tiny databases are mostly empty pages.
SMALL = 8 * MEBI
BUILDS = "builds of distributions"
#: The part with the variables that steer the tools, a line ``name=digest`` for each.
ENVIRONMENT = "environment"
#: The parts of the fingerprint that must be equal for a recording to be valid on another machine.
FITTING = ("python", "platform", "distributions", ENVIRONMENT, "lock", "command", BUILDS)

#: Stores may hold other files too; only names with this prefix are FirstTry's to list or delete.
PREFIX = "warm-cache-"
_SHA = re.compile(r"[0-9a-f]{64}")
#: A commit is 64 digits long in repositories that use sha256.
_NAME = re.compile(
    r"warm-cache-(?P<head>[0-9a-f]{40}|[0-9a-f]{64})-(?P<lock>[0-9a-f]{64})\.(?P<compat_key>[0-9a-f]{12})"
)


class BadBoxError(FirstTryError):
    """A box differs from its index entry, or the index entry breaks a bound."""


class _Strict(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of types read from a store: decoding refuses unknown fields."""


class Member(_Strict, frozen=True, kw_only=True):
    """One file of a box: its path in the archive, its size in bytes and its sha256."""

    path: str
    size: int
    sha256: str


class Producer(_Strict, frozen=True, kw_only=True):
    """The run that made a box; for people, nothing is decided by it but ``commit``."""

    commit: str
    ref: str
    run: str
    created: str
    firsttry: str


class Manifest(_Strict, frozen=True, kw_only=True):
    """The last file of every box: its fingerprint and parts, its producer, and its files.

    ``sealed`` has the seals (`system.privacy.seals`) of the variables that steer the tools and of
    those that tests read.
    """

    schema_version: int = SCHEMA
    fingerprint: str
    parts: dict[str, str]
    producer: Producer
    sealed: dict[str, str] = {}
    files: tuple[Member, ...]


class Sealed(_Strict, frozen=True, kw_only=True):
    """A file in a store: its key, and the size and sha256 that its bytes must have."""

    key: str
    size: int
    sha256: str


class Delta(_Strict, frozen=True, kw_only=True):
    """A stored difference that makes this box from the one whose archive has sha256 ``base``."""

    base: str
    sealed: Sealed


class IndexEntry(_Strict, frozen=True, kw_only=True):
    """The small file beside a box in a store, enough to choose the box and to prove it.

    The first of ``deltas`` makes this box from an earlier one, the second makes that earlier one
    from a still earlier one, and so on: a reader needs no other index entry.
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
    """Parse a box's name; None where the text is not one."""
    match = _NAME.fullmatch(text)
    return Name(**match.groupdict()) if match else None


def index_key(index_entry: Name) -> str:
    """Return the key of a box's index entry."""
    return f"{index_entry}.json"


def signature_key(index_entry: Name) -> str:
    """Return the key of the signature of a box's index entry."""
    return f"{index_entry}.sig"


def labelled(key: str) -> Name | None:
    """Return the name of the box whose index entry has this key; None for any other key."""
    return name(key.removesuffix(".json")) if key.endswith(".json") else None


def compat_key(parts: Mapping[str, str]) -> str:
    """Return the first 12 digits of the sha256 of the parts that have to match."""
    # Twelve digits keep names short. They only choose candidates: before a box is used, each part
    # is compared in full with what the recording itself says.
    lines = "\n".join(f"{part}={_public(part, parts.get(part, ''))}" for part in FITTING)
    return disk.digest(lines.encode("utf-8", "surrogateescape"))[:12]


def _public(part: str, text: str) -> str:
    """Return what a box's name may rest on: of variables their names, and not what they say."""
    # A digest of values in a name that everybody sees could be guessed at, without any salt.
    if part != ENVIRONMENT:
        return text
    return " ".join(line.partition("=")[0] for line in text.splitlines())


def named(manifest: Manifest) -> Name:
    """Return the name that a box with this manifest has."""
    head, _, lock = manifest.fingerprint.partition("-")
    return Name(head=head, lock=lock, compat_key=compat_key(manifest.parts))


def archive_key(index_entry: Name, sha256: str) -> str:
    """Return the key of an archive; it holds part of the sha256, so no archive is overwritten."""
    return f"{index_entry}.{sha256[:16]}.tar.zst"


def delta_key(index_entry: Name, base: str) -> str:
    """Return the key of the delta from the archive with the sha256 ``base``."""
    return f"{index_entry}.{base[:16]}.delta.zst"


def whose(key: str) -> Name | None:
    """Return the name of the box that an archive or a delta belongs to; None for another key."""
    ends = (".delta.zst", ".tar.zst")
    return name(key.rsplit(".", 3)[0]) if key.endswith(ends) else None


def encode(value: Manifest | IndexEntry) -> bytes:
    """Return the JSON of a manifest or index entry."""
    # Sorted and indented by msgspec: the archive's bytes, and so its sha256, depend on each byte.
    return msgspec.json.format(msgspec.json.encode(value, order="sorted"), indent=1) + b"\n"


def read(data: bytes, expected: Name) -> IndexEntry:
    """Decode an index entry; raises BadBoxError unless it has this name and keeps every bound."""
    try:
        found = msgspec.json.decode(data, type=IndexEntry)
    # Deeply nested JSON from a store ends in RecursionError: that is bad input, not our mistake.
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadBoxError(f"its label can't be read ({error})") from error
    wrong = tuple(issues(found, expected))
    if wrong:
        # Five are enough to see what happened; a hostile entry could have hundreds.
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
    # The entry names what is fetched next: any other key could make us read a foreign file.
    if archive.key != archive_key(expected, archive.sha256):
        yield f"its archive's name {archive.key!r} is not its own"
    if not seals.good(manifest.sealed):
        yield "its variables are not sealed as they should be"
    yield from _deltas(found.deltas, expected)
    yield from _sizes(manifest.files, archive)
    yield from _names(tuple(member.path for member in manifest.files))
    linked = (sha256 for delta in found.deltas for sha256 in (delta.base, delta.sealed.sha256))
    digests = (archive.sha256, *linked, *(member.sha256 for member in manifest.files))
    if not all(map(_SHA.fullmatch, digests)):
        yield "a digest is no sha256"


def _deltas(deltas: tuple[Delta, ...], expected: Name) -> Iterator[str]:
    if len(deltas) > LINKS:
        yield f"it is told by {len(deltas)} deltas, at most {LINKS} are taken"
    for number, delta in enumerate(deltas):
        # Later deltas make earlier boxes, so they carry those boxes' names.
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
    # The writer sorts them; the reader's comparison of bytes relies on one order.
    if list(paths) != sorted(set(paths)):
        yield "its files are not sorted, or one is there twice"
    missing = [path for path in contents.NEEDED if path not in paths]
    if missing:
        yield f"it has no {missing[0]}"
