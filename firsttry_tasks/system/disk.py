"""Read and write files: each is written whole or not at all, and checked when it is read."""

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

from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import FirstTryError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
#: Bytes that must be free before a small database is begun: SQLite with its journal needs some
#: dozens of kB, and it fails in the middle of a run where the disk fills up. A judgement.
ROOM = 1 << 20


def write(path: Path, data: bytes) -> None:
    """Write a file whole or not at all: readers see the old content or the new one."""
    with replacing(path) as stream:
        stream.write(data)


def write_if_changed(path: Path, data: bytes) -> bool:
    """Write a file only where its content differs; return whether it was written.

    doit and mypy compare ages first, so a file that is written again for nothing costs a run.
    """
    if read(path) == data:
        return False
    write(path, data)
    return True


def write_json(path: Path, value: object) -> None:
    """Write a value as indented JSON with a closing newline, as editors and diffs like it."""
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
        return decoding.json(data, kind)
    except decoding.UndecodableError as error:
        raise FirstTryError(f"{path} can't be read: {error}.") from error


def read_own(path: Path, kind: type[T]) -> T | None:
    """Return a state file of FirstTry, decoded as ``kind``; None where it is absent or unreadable.

    An older version, or a full disk, may have left something else there; it is made again.
    """
    try:
        return read_json(path, kind)
    except FirstTryError:
        return None


def io_error(verb: str, path: Path, error: OSError) -> FirstTryError:
    """Return the error to raise where the operating system refuses to read or write a file."""
    why = error.strerror or str(error)
    return FirstTryError(f"Can't {verb} {path}: {why}. Check its permissions and the free space.")


def remove(path: Path) -> None:
    """Remove a file or a folder with all it holds; absent is fine."""
    import shutil

    # rmtree refuses a link to a folder, and what the link leads to is not FirstTry's to remove.
    if path.is_dir() and not path.is_symlink():
        # A second process may be removing the same folder, and what stays is overwritten later.
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def fresh_folder(path: Path) -> Path:
    """Return ``path`` as an empty folder."""
    remove(path)
    return own_folder(path)


def own_folder(path: Path) -> Path:
    """Make the folder ``path`` where there is none, with a .gitignore that hides it from git."""
    try:
        if not path.exists():
            path.mkdir(parents=True)
            # The file inside spares the project a line in its own .gitignore, and without either
            # the state would count as input of every gate.
            (path / ".gitignore").write_text("*\n", encoding="utf-8")
    except OSError as error:
        raise io_error("write", path, error) from error
    return path


def links(path: Path, depth: int) -> Iterator[Path]:
    """Yield ``path`` where it is a link, else the links in that folder, ``depth`` levels down."""
    if path.is_symlink():
        yield path
    elif depth:
        with contextlib.suppress(OSError), os.scandir(path) as entries:
            for entry in entries:
                # The kind comes with the listing: this is done in each run, and asks for no file.
                if entry.is_symlink():
                    yield Path(entry.path)
                elif entry.is_dir(follow_symlinks=False):
                    yield from links(Path(entry.path), depth - 1)


def is_writable(folder: Path) -> bool:
    """Tell whether the folder can be made and written, and has ROOM bytes free."""
    try:
        own_folder(folder)
        free = os.statvfs(folder)
    except (FirstTryError, OSError):
        return False
    # f_bavail, not f_bfree: the blocks that are reserved for root are of no use to a run.
    return os.access(folder, os.W_OK) and free.f_bavail * free.f_frsize > ROOM


def digest(data: bytes) -> str:
    """Return the sha256 of ``data`` in hex."""
    return hashlib.sha256(data).hexdigest()


@contextlib.contextmanager
def exclusive_lock(
    path: Path, waits: Callable[[], None], refused: Callable[[OSError], None]
) -> Iterator[None]:
    """Hold the lock file ``path`` for one run; call ``waits`` and wait where another has it.

    Where the file system has no locks, such as NFS without its daemon, call ``refused`` and go on.
    """
    own_folder(path.parent)
    try:
        # O_CLOEXEC: a child that outlives the run must not keep the lock.
        handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise io_error("write", path, error) from error
    try:
        try:
            # The kernel lets go of a flock when the process ends, however it ends; a file that
            # only exists would outlive a kill -9 and stop every later run.
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            waits()
            fcntl.flock(handle, fcntl.LOCK_EX)
        except OSError as error:
            refused(error)
        yield
    finally:
        os.close(handle)


def move(source: Path, target: Path) -> None:
    """Put ``source`` in the place of ``target``, whole."""
    try:
        # A rename within one file system: no moment shows half of the content.
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
    """Append to a file that another program owns, such as the summary of a CI step."""
    try:
        with Path(path).open("a", encoding="utf-8") as stream:
            stream.write(text)
    except OSError as error:
        raise io_error("write", Path(path), error) from error


def copy(source: Path, target: Path) -> None:
    """Make ``target``, a file or a folder, a copy of ``source``, beside and then in its place."""
    import shutil

    beside = target.with_name(f"{target.name}.new")
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        remove(beside)
        if source.is_dir():
            shutil.copytree(source, beside, symlinks=True)
        else:
            shutil.copy2(source, beside)
        remove(target)
        beside.replace(target)
    except (OSError, shutil.Error) as error:
        raise FirstTryError(f"Can't copy {source} to {target}: {error}") from error


@contextlib.contextmanager
def copied(root: Path, paths: Iterable[str]) -> Iterator[Path]:
    """Yield a temporary folder with a copy of the named files, removed when the block ends."""
    import shutil

    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        # The copy keeps the project's folder name, because tests and tools may show or import it.
        copy = Path(folder).resolve() / root.name
        try:
            for path in paths:
                source, target = root / path, copy / path
                target.parent.mkdir(parents=True, exist_ok=True)
                if source.is_file() or source.is_symlink():
                    # copy2 keeps the times and a link stays a link, so that tests that look at
                    # either see the same.
                    shutil.copy2(source, target, follow_symlinks=False)
        except OSError as error:
            raise io_error("write", copy, error) from error
        yield copy


@contextlib.contextmanager
def writing(path: Path, *, lasting: bool = True) -> Iterator[BinaryIO]:
    """Yield a stream into a new file; ``lasting``: flushed to the disk when the block ends."""
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
    """Yield a stream into a file beside ``path``, which takes its place when the block ends.

    The file keeps the mode that it had, and a link stays: what it leads to is written.
    """
    real = Path(os.path.realpath(path)) if path.is_symlink() else path
    # In the same folder, because a rename is whole only within one file system. 40 characters of
    # the name leave room below the 255 that file systems take.
    place = real.with_name(f".{real.name[:40]}.{os.urandom(4).hex()}")
    try:
        real.parent.mkdir(parents=True, exist_ok=True)
        with place.open("xb") as stream:
            yield stream
            stream.flush()
            os.fsync(stream.fileno())
        with contextlib.suppress(FileNotFoundError):
            # A new file gets the umask's mode, and a script that was executable would no longer be
            # so.
            place.chmod(stat.S_IMODE(real.stat().st_mode))
        place.replace(real)
    except OSError as error:
        raise io_error("write", path, error) from error
    finally:
        with contextlib.suppress(OSError):
            # After the rename there is nothing left under this name; after an error there is.
            place.unlink()


def chunks(path: Path, most: int) -> Iterator[bytes]:
    """Yield a file's bytes, at most ``most`` at a time."""
    try:
        with path.open("rb") as stream:
            while data := stream.read(most):
                yield data
    except OSError as error:
        raise io_error("read", path, error) from error
