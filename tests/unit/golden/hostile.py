"""Boxes that nobody should take: each an index entry, and an archive that fits it if it can."""

from __future__ import annotations

import gzip
import io
import json
import tarfile
from typing import TYPE_CHECKING, Any

import msgspec
import zstandard

from firsttry_tasks.golden import archive, box, contents
from firsttry_tasks.system import disk
from tests.unit.golden import boxes
from tests.unit.golden.boxes import SHARD

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

Served = tuple[bytes, bytes]
Edit = tuple[tuple[str | int, ...], Any]


def _key(base: str = "0" * 64, head: str = boxes.HEAD) -> str:
    return box.delta_key(
        box.Name(head=head, lock=boxes.LOCK, compat_key=boxes.NAME.compat_key), base
    )


NEAR, FAR = _key(), _key(head="c" * 40)


def _delta(key: str, base: str = "0" * 64, size: int = 1) -> dict[str, Any]:
    return {"base": base, "sealed": {"key": key, "size": size, "sha256": "0" * 64}}


#: Where in an index entry's JSON something is put, and what.
LABELS: dict[str, Edit] = {
    "another schema": (("schema_version",), 99),
    "a manifest of another schema": (("manifest", "schema_version"), 0),
    "an unknown field": (("manifest", "hooks"), ["rm -rf ."]),
    "another commit": (("manifest", "fingerprint"), f"{'c' * 40}-{boxes.LOCK}"),
    "another lock": (("manifest", "fingerprint"), f"{boxes.HEAD}-{'c' * 64}"),
    "a producer at another commit": (("manifest", "producer", "commit"), "c" * 40),
    "other parts than its name": (("manifest", "parts", "python"), "cpython 3.11.8"),
    "no parts": (("manifest", "parts"), {}),
    "parts of a wrong type": (("manifest", "parts"), [1]),
    "a negative size": (("manifest", "files", 0, "size"), -1),
    "a size beyond all bounds": (("manifest", "files", 0, "size"), 1 << 62),
    "a size that is no number": (("manifest", "files", 0, "size"), "1e3"),
    "an archive beyond all bounds": (("archive", "size"), 1 << 40),
    "an empty archive": (("archive", "size"), 0),
    "an archive elsewhere": (("archive", "key"), "../../../../etc/passwd"),
    "an archive of another box": (("archive", "key"), "warm-cache-x.tar.zst"),
    "a digest in capitals": (("manifest", "files", 0, "sha256"), "A" * 64),
    "a short digest": (("archive", "sha256"), "ab"),
    "too many files": (
        ("manifest", "files"),
        [{"path": f"mypy/3.11/cache.{n}.db", "size": 1, "sha256": "0" * 64} for n in range(300)],
    ),
    "a file twice": (
        ("manifest", "files"),
        [{"path": contents.DB, "size": 1, "sha256": "0" * 64}] * 4,
    ),
    "no files": (("manifest", "files"), []),
    "a delta elsewhere": (("deltas",), [_delta("../x")]),
    "a delta of another box first": (("deltas",), [_delta(FAR)]),
    "a delta elsewhere in the chain": (("deltas",), [_delta(NEAR), _delta("../x")]),
    "a delta of a base that is no digest": (("deltas",), [_delta(_key("x"), base="x")]),
    "a delta of a negative size": (("deltas",), [_delta(NEAR, size=-1)]),
    "a delta beyond all bounds": (("deltas",), [_delta(NEAR, size=1 << 40)]),
    "deltas without an end": (("deltas",), [_delta(NEAR), *[_delta(FAR)] * 100]),
}
#: Names that no box holds.
NAMES = (
    "../conftest.py",
    "/etc/passwd",
    "tests/../../conftest.py",
    "tests/dependencies.db/../../x",
    "tests\\dependencies.db",
    "Tests/dependencies.db",
    "tests//dependencies.db",
    "./tests/dependencies.db",
    "tests/dependencies.db\0.py",
    "tests/dependencies.db\n",
    "tests/dependencies.db-wal",
    "tests/sitecustomize.py",
    "mypy/3.11/cache.0.db/../../../x",
    "mypy/2.7/cache.0.db",
    "mypy/3.11/cache.000.db",
    "mypy/3.\uff11\uff11/cache.0.db",
    "mypy/3.11/cache.0.db-wal",
    "C:\\Windows\\x",
    "~/.bashrc",
    "dodo.py",
    ".git/hooks/post-checkout",
    "",
)


def good(folder: Path) -> Served:
    """Return a box with nothing wrong, the control of this experiment."""
    held = boxes.files(folder)
    return _sealed(boxes.manifest(held), boxes.packed(held))


def _sealed(manifest: box.Manifest, data: bytes) -> Served:
    return box.encode(boxes.labelled(manifest, data)), data


def edited(folder: Path, edit: Edit) -> Served:
    """Return a good box with one thing changed in its index entry."""
    index_entry, data = good(folder)
    tree = json.loads(index_entry)
    (*way, last), value = edit
    place = tree
    for step in way:
        place = place[step]
    place[last] = value
    return json.dumps(tree).encode(), data


def named(folder: Path, name: str) -> Served:
    """Return a box with one more file, under this name."""
    held = boxes.files(folder) | {name: b"import os\n"}
    manifest = boxes.manifest(held)
    sane = boxes.files(folder)
    return _sealed(manifest, boxes.packed(sane))


def holding(folder: Path, **more: bytes) -> Served:
    """Return a box whose digests are right, with other content in some files."""
    short = {"db": contents.DB, "learned": contents.LEARNED, "shard": SHARD}
    short["fingerprint"] = contents.FINGERPRINT
    held = boxes.files(folder) | {short[name]: data for name, data in more.items()}
    return _sealed(boxes.manifest(held), boxes.packed(held))


def tarred(folder: Path, spoil: Callable[[tarfile.TarFile], None], kind: int) -> Served:
    """Return a box whose tar was made by somebody else, with something added."""
    held = boxes.files(folder)
    manifest = boxes.manifest(held)
    sink = io.BytesIO()
    with tarfile.open(fileobj=sink, mode="w", format=kind) as tar:
        spoil(tar)
        for name, data in (*sorted(held.items()), (archive.MANIFEST, box.encode(manifest))):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            tar.addfile(info, io.BytesIO(data))
    return _sealed(manifest, boxes.squeezed(sink.getvalue()))


def _entry(kind: bytes, target: str = "", name: str = contents.DB) -> tarfile.TarInfo:
    info = tarfile.TarInfo(name)
    info.type, info.linkname = kind, target
    return info


def _pax(name: str, value: str) -> tarfile.TarInfo:
    info = tarfile.TarInfo(contents.DB)
    info.pax_headers = {name: value}
    return info


USTAR, PAX, GNU = tarfile.USTAR_FORMAT, tarfile.PAX_FORMAT, tarfile.GNU_FORMAT
#: What is put in front of the files, and how tar spells it.
TARS: dict[str, tuple[tarfile.TarInfo, int]] = {
    "a symbolic link": (_entry(tarfile.SYMTYPE, "/etc/passwd"), USTAR),
    "a symbolic link upwards": (_entry(tarfile.SYMTYPE, "../../.."), USTAR),
    "a hard link": (_entry(tarfile.LNKTYPE, "dodo.py"), USTAR),
    "a device": (_entry(tarfile.CHRTYPE), USTAR),
    "a block device": (_entry(tarfile.BLKTYPE), USTAR),
    "a pipe": (_entry(tarfile.FIFOTYPE), USTAR),
    "a folder": (_entry(tarfile.DIRTYPE), USTAR),
    "an absolute name": (_entry(tarfile.REGTYPE, name="/tmp/x"), USTAR),  # noqa: S108
    "a name that climbs": (_entry(tarfile.REGTYPE, name="../../x"), USTAR),
    "a name in a PAX header": (_pax("path", "../../x"), PAX),
    "a size in a PAX header": (_pax("size", "9999999999"), PAX),
    "a link in a PAX header": (_pax("linkpath", "/etc/passwd"), PAX),
    "a long GNU name": (_entry(tarfile.REGTYPE, name="x/" * 200), GNU),
    "a long GNU link": (_entry(tarfile.SYMTYPE, "y/" * 200), GNU),
    "a second db in front": (_entry(tarfile.REGTYPE), USTAR),
}


def _bomb(_: Path) -> Served:
    """Return a box of which one file is four gigabytes of nothing, in some kilobytes."""
    held = {contents.DB: b""}
    zeros = zstandard.ZstdCompressor(level=1).compressobj()
    data = b"".join(zeros.compress(bytes(1 << 20)) for _ in range(1024)) + zeros.flush()
    manifest = boxes.manifest(held)
    member = box.Member(path=contents.DB, size=1 << 30, sha256="0" * 64)
    return _sealed(msgspec.structs.replace(manifest, files=(member,)), data)


def _quiet_bomb(folder: Path) -> Served:
    """Return a box that unpacks to more than its manifest says."""
    held = boxes.files(folder)
    return _sealed(boxes.manifest(held), boxes.squeezed(boxes.raw(held) + bytes(1 << 28)))


def _wide(folder: Path) -> Served:
    """Return a box that asks its reader for two gigabytes of window."""
    held = boxes.files(folder)
    wide = zstandard.ZstdCompressionParameters(window_log=31, enable_ldm=True, write_content_size=0)
    stream = zstandard.ZstdCompressor(compression_params=wide).compressobj()
    data = stream.compress(boxes.raw(held)) + stream.flush()
    return _sealed(boxes.manifest(held), data)


def _swapped(folder: Path) -> Served:
    held = boxes.files(folder)
    tar = boxes.raw(held)
    manifest = boxes.manifest(held)
    other = msgspec.structs.replace(manifest, parts={**manifest.parts, "ruff": "2"})
    return _sealed(other, boxes.squeezed(tar))


def _tar(folder: Path, change: Callable[[bytes], bytes]) -> Served:
    held = boxes.files(folder)
    return _sealed(boxes.manifest(held), boxes.squeezed(change(boxes.raw(held))))


def _data(folder: Path, change: Callable[[bytes], bytes]) -> Served:
    index_entry, data = good(folder)
    del index_entry
    return _sealed(boxes.manifest(boxes.files(folder)), change(data))


#: Archives that are spoilt as bytes.
ARCHIVES: dict[str, Callable[[Path], Served]] = {
    "a bomb": _bomb,
    "a bomb behind its end": _quiet_bomb,
    "a window of gigabytes": _wide,
    "a manifest that is not its label's": _swapped,
    "no bytes": lambda folder: (good(folder)[0], b""),
    "a cut tar": lambda folder: _tar(folder, lambda tar: tar[: len(tar) // 2]),
    "a tar without its end": lambda folder: _tar(folder, lambda tar: tar[:-1024]),
    "a tar with a tail": lambda folder: _tar(folder, lambda tar: tar + b"\0"),
    "two tars": lambda folder: _tar(folder, lambda tar: tar + tar),
    "another mode": lambda folder: _tar(folder, lambda tar: tar.replace(b"0000644", b"0004755", 1)),
    "a plain tar": lambda folder: _data(folder, lambda _: boxes.raw(boxes.files(folder))),
    "gzip": lambda folder: _data(folder, lambda _: gzip.compress(boxes.raw(boxes.files(folder)))),
    "half of it": lambda folder: _data(folder, lambda data: data[: len(data) // 2]),
    "a tail": lambda folder: _data(folder, lambda data: data + b"PK\x03\x04"),
    "it twice": lambda folder: _data(folder, lambda data: data + data),
    "a label that is cut": lambda folder: (good(folder)[0][:-20], good(folder)[1]),
    "a label that is no JSON": lambda folder: (b"\xff\xfe", good(folder)[1]),
    "a label of a hundred thousand brackets": lambda folder: (b"[" * 100_000, good(folder)[1]),
    "no label": lambda folder: (b"", good(folder)[1]),
    "another archive than its label's": lambda folder: (
        good(folder)[0],
        disk.digest(b"x").encode() * (len(good(folder)[1]) // 64),
    ),
}


def everything() -> dict[str, Callable[[Path], Served]]:
    """Return every handmade box by its name."""
    index_entries = {name: _edit(edit) for name, edit in LABELS.items()}
    names = {f"a file named {name!r}": _named(name) for name in NAMES}
    tars = {name: _tarred(*spoilt) for name, spoilt in TARS.items()}
    return {**index_entries, **names, **tars, **ARCHIVES}


def _edit(edit: Edit) -> Callable[[Path], Served]:
    return lambda folder: edited(folder, edit)


def _named(name: str) -> Callable[[Path], Served]:
    return lambda folder: named(folder, name)


def _tarred(info: tarfile.TarInfo, kind: int) -> Callable[[Path], Served]:
    return lambda folder: tarred(folder, lambda tar: tar.addfile(info), kind)
