"""Lays a bundle out in a fresh folder at a worker, and tells whether it is what was sent."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.cluster.tree.bundle import PIPE, SUBMODULE, Bundle, blob
from firsttry_tasks.model.entries import LINK
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import contents, disk, git, link_targets, process
from firsttry_tasks.system.contents import Contents, Stamps
from firsttry_tasks.system.link_targets import LinkTargets

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.cluster.tree.objects import Objects

#: The folders that stay in a tree from one shard to the next: git's, and compiled Python, which
#: Python itself holds against its source.
KEPT = (b".git", b"__pycache__")


class Checkout:
    """One tree at a worker: its folder, and the stamps of its files as they were written."""

    def __init__(self, top: Path, held: Objects, bundle: str) -> None:
        """Read what the bundle says, from the objects; write nothing yet."""
        self.top = top
        self._held = held
        self.bundle = msgspec.msgpack.decode(b"".join(held.read(bundle)), type=Bundle)
        self._raw = os.fsencode(top)
        self._stamps: dict[bytes, Stamps] = {}
        self._folders: set[bytes] = {b""}

    def lay_out(self) -> None:
        """Write the tree and its repository into an empty folder."""
        disk.remove(self.top)
        try:
            self.top.mkdir(parents=True)
            for path in self.bundle.files:
                self._write(path)
        except OSError as error:
            raise disk.io_error("write", self.top, error) from error
        self._repository()

    def differing(self) -> tuple[str, ...]:
        """Return the paths at which not stands what was sent, sorted; all are read."""
        links = LinkTargets(os.path.realpath(self.top), Contents())
        wrong = {
            path for path, entry in self.bundle.files.items() if not self._is(path, entry, links)
        }
        return tuple(sorted(os.fsdecode(it) for it in wrong | set(self._foreign())))

    def tidy(self) -> None:
        """Make the tree what was sent, after tests have run in it."""
        try:
            for path in list(self._foreign()):
                disk.remove(Path(os.fsdecode(self._place(path))))
            for path in self.bundle.files:
                if self._stamps[path] != _stamps(self._place(path)):
                    disk.remove(Path(os.fsdecode(self._place(path))))
                    self._folders = {b""}
                    self._write(path)
        except OSError as error:
            raise disk.io_error("write", self.top, error) from error

    def _place(self, path: bytes) -> bytes:
        return b"%s/%s" % (self._raw, path)

    def _write(self, path: bytes) -> None:
        """Write what belongs at a path."""
        mode, place = self.bundle.files[path].partition(" ")[0], self._place(path)
        folder = path.rpartition(b"/")[0]
        if folder not in self._folders:
            os.makedirs(self._place(folder), exist_ok=True)  # noqa: PTH103  bytes
            self._folders.add(folder)
        if mode == SUBMODULE:
            os.makedirs(place, exist_ok=True)  # noqa: PTH103
        elif mode == PIPE:
            os.mkfifo(place)
        elif mode == LINK:
            os.symlink(b"".join(self._content(path)), place)  # noqa: PTH211
        else:
            # The umask takes from it what this machine does not give.
            rights = 0o777 if mode.endswith("755") else 0o666
            handle = os.open(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, rights)
            with open(handle, "wb", buffering=0) as stream:  # noqa: PTH123  a descriptor
                stream.writelines(self._content(path))
        self._stamps[path] = _stamps(place)

    def _content(self, path: bytes) -> Iterator[bytes]:
        return self._held.read(blob(self.bundle.files[path]))

    def _is(self, path: bytes, entry: str, links: LinkTargets) -> bool:
        """Tell whether at a path stands what its entry says."""
        mode, place = entry.partition(" ")[0], os.fsdecode(self._place(path))
        try:
            seen = os.lstat(place)
            if mode == LINK:
                # With what it leads to: a target outside need not be the same on this machine.
                behind = links.behind(place)
                shown = f"{LINK} {link_targets.link_text(place)}{'+' if behind else ''}{behind}"
                return stat.S_ISLNK(seen.st_mode) and shown == entry
        except OSError:
            return False
        if mode in {SUBMODULE, PIPE}:
            return stat.S_ISDIR(seen.st_mode) or stat.S_ISFIFO(seen.st_mode)
        same = bool(seen.st_mode & stat.S_IXUSR) == mode.endswith("755")
        return same and stat.S_ISREG(seen.st_mode) and contents.hashed(place) == blob(entry)

    def _foreign(self) -> Iterator[bytes]:
        """Yield what lies in the tree and was not sent: files, and folders with nothing else."""
        folders = {path.rpartition(b"/")[0] for path in self.bundle.files}
        for path in list(folders):
            while path := path.rpartition(b"/")[0]:
                folders.add(path)
        waiting = [b""]
        while waiting:
            inside = waiting.pop()
            with os.scandir(self._place(inside)) as found:
                for entry in found:
                    path = b"%s/%s" % (inside, entry.name) if inside else entry.name
                    if path in folders and entry.is_dir(follow_symlinks=False):
                        waiting.append(path)
                    elif path not in self.bundle.files and entry.name not in KEPT:
                        yield path

    def _repository(self) -> None:
        """Make git's part: one commit deep, its index, and the objects where they are kept."""
        it, length = self.bundle, len(self.bundle.head)
        form = "sha1" if length == 40 else "sha256"  # noqa: PLR2004  git's own
        self._git("init", "-q", "--template=", f"--object-format={form}")
        folder = self.top / ".git"
        disk.write(folder / "objects/info/alternates", f"{self._held.folder(length)}\n".encode())
        disk.write(folder / "shallow", f"{it.head}\n".encode("ascii"))
        disk.write(folder / "info/exclude", it.exclude)
        if it.branch:
            self._git("symbolic-ref", "HEAD", it.branch)
        self._git("update-ref", *([] if it.branch else ["--no-deref"]), "HEAD", it.head)
        lines = (line[2:] for line in git.fields(it.index))
        listed = "".join(f"{line}\0" for line in lines).encode("utf-8", "surrogateescape")
        self._git("update-index", "-z", "--index-info", stdin=listed)
        # Without stamps in the index each later look would hash every file again. It ends with 1
        # where files differ from the index, which is no failure.
        argv = ["git", "update-index", "-q", "--refresh"]
        process.outputs([argv], cwd=str(self.top), env=git.environment())

    def _git(self, *words: str, stdin: bytes = b"") -> None:
        git.ask(self.top, *words, stdin=stdin)


def laid_out(top: Path, held: Objects, bundle: str) -> Checkout:
    """Lay a bundle out; FirstTryError where not all of it stands there afterwards."""
    made = Checkout(top, held, bundle)
    made.lay_out()
    if wrong := made.differing():
        raise FirstTryError(
            f"{len(wrong)} path{'s' if len(wrong) > 1 else ''} of the tree can't be made here as"
            f" they are: {', '.join(wrong[:3])}"
        )
    return made


def _stamps(place: bytes) -> Stamps:
    """Return what changes whenever something is written there; zeros where nothing stands."""
    try:
        seen = os.lstat(place)
    except OSError:
        return 0, 0, 0, 0
    # A folder's own stamps change with what lies in it.
    return (0, 0, 0, 1) if stat.S_ISDIR(seen.st_mode) else contents.stamped(seen)
