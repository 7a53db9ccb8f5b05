"""Describes a working tree by its content, and reads what a worker lacks of it.

What travels is what stands on the disk, and beside it one commit deep what git says of it, as
``actions/checkout`` would leave it: tests ask git, and so does FirstTry itself.
"""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.cluster.tree import objects
from firsttry_tasks.model import entries as marks
from firsttry_tasks.model.entries import LINK
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import contents, disk, git, process, working_tree

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from firsttry_tasks.cluster.tree.objects import Piece

#: Objects that git is asked for at once: their sum is held in memory.
AT_ONCE = 500
SUBMODULE, PIPE = working_tree.SUBMODULE, f"{stat.S_IFIFO:06o}"
#: The ends of what git prints of its head: no branch.
DETACHED = "HEAD"


class Bundle(Struct, frozen=True, kw_only=True):
    """A working tree: what stands at each path, and what git says of it.

    ``files`` maps a path below the top of the repository to its entry (see ``TreeSnapshot``);
    ``index`` is git's index as ``git ls-files -s -v -z`` prints it; ``git`` are the objects of the
    commit ``head`` and of the index, by their kinds. ``prefix`` is where the project lies;
    ``roots`` are the folders that Python imports from, relative to it. Paths are bytes, as on disk.
    """

    name: str
    head: str
    branch: str
    prefix: str
    files: dict[bytes, str]
    index: bytes
    git: dict[str, str]
    exclude: bytes = b""
    roots: tuple[str, ...] = ()

    @property
    def contents(self) -> frozenset[str]:
        """Return the objects from which the files are made."""
        return frozenset(filter(None, map(blob, self.files.values())))


def blob(entry: str) -> str:
    """Return the object from which what an entry names is made; "" for what has no content."""
    mode, _, rest = entry.partition(" ")
    if mode in {SUBMODULE, PIPE}:
        return ""
    # Of a link its text, and of a file that git's filters change its raw bytes.
    one, _, other = rest.partition("+")
    return one if mode == LINK else other or one


def bundled(top: Path, prefix: str, memory: Path, roots: Iterable[str]) -> Bundle:
    """Return the tree at ``top`` as it stands now; FirstTryError for what can't travel."""
    seen = working_tree.look(top, memory)
    files = working_tree.found(seen)
    for path, entry in files.items():
        _require_portable(path, entry)
    branch = git.branch(top)
    return Bundle(
        name=top.name,
        head=seen.head,
        branch="" if branch == DETACHED else branch,
        prefix=prefix,
        files={os.fsencode(path): entry for path, entry in files.items()},
        index=seen.index,
        git=_of_commit(top, seen.head) | _of_index(seen.index),
        exclude=disk.read(top / ".git" / "info" / "exclude") or b"",
        roots=tuple(roots),
    )


def _require_portable(path: str, entry: str) -> None:
    mode = entry.partition(" ")[0]
    whole = mode.startswith("100") or mode in {LINK, SUBMODULE, PIPE}
    if marks.is_unreadable(entry) or not whole:
        raise FirstTryError(
            f"{path} can't be read as a file or a link, so it can't be carried to a worker; ignore"
            " it in .gitignore if no test needs it."
        )


def _of_commit(top: Path, head: str) -> dict[str, str]:
    """Return the objects of a commit, without what is behind it."""
    root = git.ask(top, "rev-parse", f"{head}^{{tree}}").decode("ascii").strip()
    found = {head: "commit", root: "tree"}
    for line in git.fields(git.ask(top, "ls-tree", "-r", "-t", "-z", "--full-tree", head)):
        _, kind, name = line.partition("\t")[0].split(" ")
        # The commits of submodules are in repositories of their own.
        if kind != "commit":
            found[name] = kind
    return found


def _of_index(index: bytes) -> dict[str, str]:
    metas = (line.partition("\t")[0].split(" ") for line in git.fields(index))
    return {name: "blob" for _, mode, name, _ in metas if mode != SUBMODULE}


class Source:
    """Reads what a bundle is made of: its files from the disk, git's objects from git."""

    def __init__(self, top: Path, it: Bundle) -> None:
        """Read nothing yet, but the bundle's own bytes: they travel as an object, too."""
        self._top = top
        self._data = msgspec.msgpack.encode(it)
        self.name = contents.blob(self._data)
        #: What the tree's folder is called: tests may show or import it.
        self.title = it.name
        self._git = it.git
        #: Where each object stands on the disk.
        self._places = {blob(entry): path for path, entry in it.files.items()}

    @property
    def names(self) -> tuple[str, ...]:
        """Return all objects: whoever has them has the tree."""
        return tuple(sorted({*self._git, *self._places, self.name} - {""}))

    def pieces(self, names: Iterable[str]) -> Iterator[Piece]:
        """Yield the named objects in pieces; FirstTryError where a file changed meanwhile."""
        asked = set(names)
        if self.name in asked:
            yield from objects.packed(self.name, "blob", len(self._data), (self._data,))
        for name in sorted(asked & self._places.keys() - {""}):
            yield from self._file(name)
        yield from self._from_git(sorted(asked & self._git.keys() - self._places.keys()))

    def _file(self, name: str) -> Iterator[Piece]:
        """Yield what stands on the disk; who takes it compares it with its name."""
        place = Path(os.fsdecode(os.path.join(os.fsencode(self._top), self._places[name])))  # noqa: PTH118
        try:
            seen = place.lstat()
            if stat.S_ISLNK(seen.st_mode):
                text = os.fsencode(os.readlink(place))  # noqa: PTH115  bytes, as git has them
                yield from objects.packed(name, "blob", len(text), (text,))
            else:
                pieces = disk.chunks(place, contents.WHOLE)
                yield from objects.packed(name, "blob", seen.st_size, pieces)
        except OSError as error:
            raise disk.io_error("read", place, error) from error

    def _from_git(self, names: list[str]) -> Iterator[Piece]:
        for at in range(0, len(names), AT_ONCE):
            asked = "".join(f"{name}\n" for name in names[at : at + AT_ONCE]).encode("ascii")
            # What a partial clone lacks stays away: its own git would have to fetch it, too.
            env = git.environment() | {"GIT_NO_LAZY_FETCH": "1"}
            argv = ["git", "cat-file", "--batch"]
            [(code, out, err)] = process.outputs([argv], cwd=str(self._top), env=env, stdin=asked)
            if code:
                raise FirstTryError(git.failure("cat-file", err))
            yield from _batched(out)


def _batched(out: bytes) -> Iterator[Piece]:
    """Read what ``git cat-file --batch`` printed."""
    at = 0
    while at < len(out):
        end = out.index(b"\n", at)
        words = out[at:end].decode("ascii").split(" ")
        at = end + 1
        if words[-1] == "missing":
            continue
        name, kind, size = words[0], words[1], int(words[2])
        yield from objects.packed(name, kind, size, (out[at : at + size],))
        at += size + 1
