"""Tell what files are at this moment: their stamps, ages, sizes and digests."""

from __future__ import annotations

import contextlib
import hashlib
import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable

#: Larger files than this are not hashed to see whether they changed: at a disk's usual speed this
#: many bytes take a tenth of a second, each time. A judgement; stamps speak for larger ones.
LARGEST = 64 * 1024 * 1024


#: What stands in folders that are listed and comes there with any run.
_TOOLS = frozenset(
    {"__pycache__", ".git", ".firsttry", "artifacts", ".pytest_cache", ".hypothesis",
     ".mypy_cache", ".ruff_cache", ".coverage", ".testmondata"}
)  # fmt: skip


def stamps(root: Path, paths: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return for each existing path a value that changes whenever the file is written.

    It changes also where the same content is written again. Folders have none.
    """
    found: dict[str, tuple[int, ...]] = {}
    for path in paths:
        with contextlib.suppress(OSError):
            # A file that vanished while the run went on is itself a change, so it is left out, not
            # raised.
            seen = os.lstat(root / path) if not path.startswith("/") else os.lstat(path)
            if not stat.S_ISDIR(seen.st_mode):
                # The times alone miss a write within the clock's tick, and `touch -d` sets mtime
                # back; ctime can't be set, and a replaced file has another inode.
                found[path] = (seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino)
    return found


def age(path: Path) -> float:
    """Return when a path was last written, in seconds; 0 where there is nothing."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def came(path: Path) -> float:
    """Return when a path came or was changed in any way, in seconds; 0 where there is nothing."""
    try:
        return path.stat().st_ctime
    except OSError:
        return 0.0


def content(path: Path) -> str:
    """Return 16 hex digits of a file's sha256, of its stamps over LARGEST bytes; "" if absent."""
    try:
        seen = path.stat()
        if not stat.S_ISREG(seen.st_mode):
            return ""
        if seen.st_size > LARGEST:
            stamps = seen.st_size, seen.st_mtime_ns, seen.st_ctime_ns
            return hashlib.sha256(repr(stamps).encode("ascii")).hexdigest()[:16]
        with path.open("rb") as stream:
            # 64 bits tell the versions of one file apart; these digests are compared, never
            # trusted to prove where content came from.
            return hashlib.file_digest(stream, "sha256").hexdigest()[:16]
    except OSError:
        return ""


def listing(folder: Path) -> str:
    """Return a digest of the names in a folder, without what tools keep there for themselves."""
    try:
        names = sorted(it.name for it in folder.iterdir() if it.name not in _TOOLS)
    except OSError:
        return ""
    told = "\0".join(names).encode("utf-8", "surrogateescape")
    return hashlib.sha256(told).hexdigest()[:16]


def references(folder: Path) -> str:
    """Return a digest of what a ``.git`` folder refers to, and of what is staged in it.

    That are HEAD, branches, tags, remote ones, and the index without the times of files.
    """
    found: dict[str, str] = {}
    with contextlib.suppress(OSError):
        for line in (folder / "packed-refs").read_text("utf-8", "surrogateescape").splitlines():
            commit, _, name = line.partition(" ")
            # A comment, or the commit that a tag's object leads to.
            if not line.startswith(("#", "^")):
                found[name] = commit
    # What is not packed counts, and the files of a table of references in place of both.
    loose = (it for kind in ("refs", "reftable") for it in (folder / kind).rglob("*"))
    for path in (folder / "HEAD", *loose):
        if path.is_file():
            with contextlib.suppress(OSError):
                text = path.read_bytes().decode("utf-8", "surrogateescape")
                found[path.relative_to(folder).as_posix()] = text.strip()
    told = "\0".join(f"{name} {value}" for name, value in sorted(found.items()))
    with contextlib.suppress(OSError):
        told += hashlib.sha256(_staged((folder / "index").read_bytes())).hexdigest()
    return hashlib.sha256(told.encode("utf-8", "surrogateescape")).hexdigest()[:16]


def _staged(index: bytes) -> bytes:
    """Return what an index says of its files without their times, which git writes when it looks.

    Of an index in another form than that of most (gitformat-index: versions 2 and 3, SHA-1) all.
    """
    version, count = (int.from_bytes(index[at : at + 4]) for at in (4, 8))
    if index[:4] != b"DIRC" or version not in {2, 3}:
        return index
    found, at = [], 12
    for _ in range(count):
        flags = int.from_bytes(index[at + 60 : at + 62])
        name = at + 62 + (2 if flags & 0x4000 else 0)
        end = index.find(b"\0", name)
        if end < 0:
            return index
        # Its mode, its content, and its flags but for the length of the name.
        found += [index[at + 24 : at + 28], index[at + 40 : at + 60], bytes([flags >> 12])]
        found.append(index[at + 62 : end + 1])
        # Filled up with one to eight zeros.
        at += (end - at) // 8 * 8 + 8
    return b"".join(found)


def size(path: Path) -> int:
    """Return how many bytes a file or a folder with all it holds takes."""
    if path.is_dir():
        return sum(inside.lstat().st_size for inside in path.rglob("*") if not inside.is_dir())
    return path.lstat().st_size


def drop_stale_bytecode(root: Path, paths: Iterable[str]) -> None:
    """Remove the bytecode of sources that were written after it was.

    Python compares whole seconds and sizes, so a source that is edited within the second in which
    it last ran, and keeps its size, would run as it was before.
    """
    for folder in {path.rpartition("/")[0] for path in paths if path.endswith(".py")}:
        with contextlib.suppress(OSError), os.scandir(root / folder / "__pycache__") as entries:
            for entry in entries:
                source = root / folder / f"{entry.name.partition('.')[0]}.py"
                with contextlib.suppress(FileNotFoundError):
                    # Equal times count as stale: to compile a file once more costs less than to
                    # run old code.
                    if entry.stat().st_mtime_ns <= source.stat().st_mtime_ns:
                        Path(entry).unlink()


def mark(path: Path) -> None:
    """Write an empty file anew, so that its time says when this was."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        path.touch()
    except OSError as error:
        raise disk.io_error("write", path, error) from error
