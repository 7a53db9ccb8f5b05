"""The only door to files: whole or not at all, and checked as they are read."""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import os
import stat
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeVar

import msgspec

from firsttry_tasks.model.errors import FirstTryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
#: Bytes that must be free before a small database is begun.
ROOM = 1 << 20
#: Larger files than this are not read to see whether they changed.
LARGEST = 64 * 1024 * 1024


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: readers see the old content or the new one."""
    with replacing(path) as stream:
        stream.write(data)


def write_if_changed(path: Path, data: bytes) -> bool:
    """Write only what is new, so that a file's age means a change; True when written."""
    if read(path) == data:
        return False
    write(path, data)
    return True


def write_json(path: Path, value: object) -> None:
    """Write a value as indented JSON with a closing newline."""
    write(path, msgspec.json.format(msgspec.json.encode(value), indent=2) + b"\n")


def read(path: Path) -> bytes | None:
    """Return the whole file, or None where there is none."""
    try:
        return path.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        return None
    except OSError as error:
        raise io_error("read", path, error) from error


def read_json(path: Path, kind: type[T]) -> T | None:
    """Return the file decoded as ``kind``, or None where there is none.

    Raises FirstTryError with file and place where the content is something else.
    """
    data = read(path)
    if data is None:
        return None
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise FirstTryError(f"{path} can't be read: {error}.") from error


def read_own(path: Path, kind: type[T]) -> T | None:
    """Return our own state; what can't be read counts as absent, so it is made again."""
    try:
        return read_json(path, kind)
    except FirstTryError:
        return None


def io_error(verb: str, path: Path, error: OSError) -> FirstTryError:
    """Return the sentence for a file that can't be read or written."""
    why = error.strerror or str(error)
    return FirstTryError(f"Can't {verb} {path}: {why}. Check its permissions and the free space.")


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds; absent is fine."""
    import shutil

    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def fresh_folder(path: Path) -> Path:
    """Return ``path`` as an empty folder."""
    remove(path)
    return own_folder(path)


def own_folder(path: Path) -> Path:
    """Return ``path`` as an existing folder; one that we make is ignored by git by itself."""
    try:
        if not path.exists():
            path.mkdir(parents=True)
            (path / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise io_error("write", path, error) from error
    return path


def is_writable(folder: Path) -> bool:
    """Tell whether a folder of ours can be made and written, with room for what we keep."""
    try:
        own_folder(folder)
        free = os.statvfs(folder)
    except (FirstTryError, OSError):
        return False
    return os.access(folder, os.W_OK) and free.f_bavail * free.f_frsize > ROOM


def digest(data: bytes) -> str:
    """Return the sha256 of ``data`` in hex."""
    return hashlib.sha256(data).hexdigest()


def stamps(root: Path, paths: Iterable[str]) -> dict[str, tuple[int, ...]]:
    """Return what changes on each path whenever it is written, even back to what it was."""
    found: dict[str, tuple[int, ...]] = {}
    for path in paths:
        with contextlib.suppress(OSError):
            seen = os.lstat(root / path) if not path.startswith("/") else os.lstat(path)
            if not stat.S_ISDIR(seen.st_mode):
                found[path] = (seen.st_mtime_ns, seen.st_ctime_ns, seen.st_size, seen.st_ino)
    return found


@contextlib.contextmanager
def exclusive_lock(path: Path, waits: Callable[[], None]) -> Iterator[None]:
    """Hold the checkout for one run; a second one calls ``waits`` and does so.

    The kernel lets go of the lock when the process ends, however it ends.
    """
    own_folder(path.parent)
    try:
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise io_error("write", path, error) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)


def move(source: Path, target: Path) -> None:
    """Put ``source`` in the place of ``target``, whole."""
    try:
        source.replace(target)
    except OSError as error:
        raise io_error("write", target, error) from error


def read_from(path: Path, offset: int) -> bytes:
    """Return what was appended to a file since ``offset``; nothing where there is no file."""
    try:
        with path.open("rb") as stream:
            stream.seek(offset)
            return stream.read()
    except OSError:
        return b""


def append(path: str, text: str) -> None:
    """Append to a file that somebody else owns, such as a CI step's summary."""
    try:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise io_error("write", Path(path), error) from error


@contextlib.contextmanager
def copied(root: Path, paths: Iterable[str]) -> Iterator[Path]:
    """Give a copy of the named files in a folder of its own, for as long as it is needed."""
    import shutil

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        copy = Path(folder).resolve() / root.name
        try:
            for path in paths:
                source, target = root / path, copy / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_file() or source.is_symlink():
                    shutil.copy2(source, target, follow_symlinks=False)
        except OSError as error:
            raise io_error("write", copy, error) from error
        yield copy


def age(path: Path) -> float:
    """Return when a path was last written, in seconds; 0 where there is nothing."""
    try:
        return path.stat().st_mtime
    except OSError:
        return 0.0


def content(path: Path) -> str:
    """Return the digest of a file, "" where there is none to read or it is huge."""
    try:
        if not path.is_file() or path.stat().st_size > LARGEST:
            return ""
        with path.open("rb") as stream:
            return hashlib.file_digest(stream, "sha256").hexdigest()[:16]
    except OSError:
        return ""


@contextlib.contextmanager
def writing(path: Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """Write a new file piece by piece; ``lasting``: it is on the disk when the block ends."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("xb") as stream:
            yield stream
            stream.flush()
            if lasting:
                os.fsync(stream.fileno())
    except OSError as error:
        raise io_error("write", path, error) from error


@contextlib.contextmanager
def replacing(path: Path) -> Iterator[BinaryIO]:
    """Write piece by piece beside ``path``, and put it in its place when the block ends.

    The file keeps the mode that it had, and a link stays: what it leads to is written.
    """
    real = Path(os.path.realpath(path)) if path.is_symlink() else path
    place = real.with_name(f".{real.name[:40]}.{os.urandom(4).hex()}")
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileNotFoundError):
            place.chmod(stat.S_IMODE(real.stat().st_mode))
        place.replace(real)
    except OSError as error:
        raise io_error("write", path, error) from error
    finally:
        with contextlib.suppress(OSError):
            place.unlink()


def chunks(path: Path, most: int) -> Iterator[bytes]:
    """Yield a file's bytes, at most ``most`` at a time."""
    try:
        with path.open("rb") as stream:
            while data := stream.read(most):
                yield data
    except OSError as error:
        raise io_error("read", path, error) from error


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
                    if entry.stat().st_mtime_ns <= source.stat().st_mtime_ns:
                        Path(entry).unlink()
