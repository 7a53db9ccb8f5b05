"""See the working tree: git says which files there are, the disk what stands in each of them."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.model import entries as marks
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.entries import LINK, UNREADABLE
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import STAGES
from firsttry_tasks.system import git, link_targets
from firsttry_tasks.system.contents import Contents
from firsttry_tasks.system.link_targets import KINDS, LinkTargets

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from firsttry_tasks.system.git import Listing

#: Folders of FirstTry and of the tools. They are never an input, even where a project forgot to
#: ignore them: each run changes them, so nothing would ever be up to date.
OWN_FOLDERS = frozenset(
    {state_paths.STATE, ".mypy_cache", ".ruff_cache", ".pytest_cache", ".hypothesis", "__pycache__"}
)
#: Beginnings of the names of the tools' files, in whatever folder they are.
OWN_FILES = (".testmondata", ".coverage", ".doit.db", ".dmypy.json", "warm-cache-")
#: Files that FirstTry writes for people. By their whole paths, because a project may keep files of
#: its own in the same folder.
ARTIFACTS = (
    state_paths.LATEST,
    state_paths.VERDICT,
    state_paths.DIVERGENCE,
    *map(state_paths.report_file, STAGES),
)
#: The mode of submodules in git's index.
SUBMODULE = "160000"
#: What stands in place of mode and blob for a file that the index has and the disk has not.
GONE = ""


class TreeSnapshot(Struct, frozen=True, kw_only=True):
    """The tree at one moment: the index as git prints it, and what differs from it on disk.

    ``dirty`` maps a path to ``GONE`` where there is nothing, else to its entry:

    - ``<mode> <blob>``, by its raw bytes, of what git says is changed or untracked;
    - ``<mode> <blob>+<raw>`` of a file that git's filters make the same as the index's ``blob``;
    - ``<link's mode> <blob>+<target>`` of a link (see ``LinkTargets``);
    - ``<mode> ?<stamps>`` of what can't be read, ``<mode> <kind>`` of what has no content.

    Paths are relative to the top of the repository.
    """

    head: str
    index: bytes
    dirty: dict[str, str]

    def raw(self) -> bytes:
        """Return bytes that are equal exactly when two snapshots show the same content."""
        dirty = "\0".join(f"{path}\t{blob}" for path, blob in sorted(self.dirty.items()))
        return self.index + b"\0\0" + dirty.encode("utf-8", "surrogateescape")


def look(root: Path, memory: Path | None = None) -> TreeSnapshot:
    """Return a snapshot of the tree whose top is ``root``: index, changes and untracked files.

    ``memory`` is the folder in which the blobs of files are remembered. Raises FirstTryError where
    there is no commit yet, or git fails.
    """
    known = Contents(memory)
    seen = _Tree(os.path.realpath(root), known).look()
    if seen.head == "(initial)":
        raise FirstTryError(
            "This repository has no commit yet, and results are named after commits. "
            "Run: git add -A && git commit -m 'First commit'"
        )
    known.keep()
    return seen


def unknown(seen: TreeSnapshot) -> tuple[str, ...]:
    """Return a sentence for each path of which nobody can tell what stands there."""
    return tuple(
        f"{path} leads to more files than are looked at, so the tests run whenever they are asked "
        "for. Ignore it in .gitignore, or list it as inert, if no test reads it."
        if marks.is_endless(entry)
        else f"{path} can't be read, so only the time of its last change is known."
        for path, entry in sorted(_named(seen.dirty).items())
        if marks.is_endless(entry) or marks.is_unreadable(entry)
    )


def entries(seen: TreeSnapshot, prefix: str = "") -> dict[str, str]:
    """Return ``path -> "<mode> <blob>"`` for every file, relative to ``prefix``.

    The project's neighbours are kept with their way up (``../lib/x.py``): it may depend on them.
    """
    return placed(found(seen), prefix)


def found(seen: TreeSnapshot) -> dict[str, str]:
    """Return every entry by its path below the top, as the disk spells it."""
    pairs = (line.partition("\t")[::2] for line in git.fields(seen.index))
    listed = {path: meta[2:-2] for meta, path in pairs} | seen.dirty
    return {path: entry for path, entry in listed.items() if entry != GONE}


def placed(found: dict[str, str], prefix: str) -> dict[str, str]:
    """Return entries by their paths relative to ``prefix``, spelled as manifests spell them."""
    kept = _named(found)
    return {_relative(path, prefix): blob for path, blob in kept.items()} if prefix else kept


def _named(found: dict[str, str]) -> dict[str, str]:
    r"""Spell bytes that are no UTF-8 as text that every reader of JSON takes: ``data-\\xff``."""
    try:
        "".join(found).encode("utf-8")
    except UnicodeEncodeError:
        raw = {path.encode("utf-8", "surrogateescape"): blob for path, blob in found.items()}
        # Manifests and reports are JSON, which takes no lone surrogates. Only a tree that has such
        # names pays for the second pass.
        return {path.decode("utf-8", "backslashreplace"): blob for path, blob in raw.items()}
    return found


def _relative(path: str, prefix: str) -> str:
    return path[len(prefix) :] if path.startswith(prefix) else os.path.relpath(path, prefix)


class _Tree:
    """One repository on disk: the project's, a submodule, or a clone that lies inside."""

    def __init__(self, top: str, known: Contents, links: LinkTargets | None = None) -> None:
        self._top = f"{top}/"
        self._known = known
        # One for all of them: the bounds hold for the whole look.
        self._links = links or LinkTargets(top, known)

    def look(self) -> TreeSnapshot:
        """Return the snapshot; the head of a repository without a commit is ``(initial)``."""
        listed = git.listing(self._top)
        dirty = self._tracked(listed)
        for path in _inputs(self._top, listed.untracked):
            dirty |= self._untracked(path)
        for path in listed.closed:
            dirty[path] = f"{stat.S_IFDIR:06o} {UNREADABLE}{self._stamp(path)}"
        return TreeSnapshot(head=listed.head, index=listed.index, dirty=dirty)

    def _tracked(self, listed: Listing) -> dict[str, str]:
        """Return the entry of each path of the index of which the disk has something else."""
        known = self._known.settled(self._top, listed.digest)
        single = listed.moved | _singular(listed.index)
        dirty = dict(known or {})
        if known is not None and not single:
            return dirty
        settled: dict[str, str] = {}
        for line in git.fields(listed.index):
            meta, _, path = line.partition("\t")
            if known is None or path in single:
                found = self._differing(path, meta, listed.changed)
                # What was known of it is out of date, also where it is now what the index says.
                dirty.pop(path, None)
                dirty |= found
                # Of the others the stamps are in the index, and git compares them next time.
                settled |= {} if path in single else found
        if known is None:
            self._known.settle(self._top, listed.digest, settled)
        return dirty

    def _differing(self, path: str, meta: str, changed: frozenset[str]) -> dict[str, str]:
        """Return the entry of one path of the index where the disk has something else there."""
        said = meta[2:-2]
        try:
            seen = os.lstat(self._top + path)
        except OSError as error:
            # What lies in a folder that can't be entered is there, and no test can read it.
            closed = isinstance(error, PermissionError)
            return {path: f"{said[:6]} {UNREADABLE}" if closed else GONE}
        if stat.S_ISDIR(seen.st_mode):
            # Else files lie where the index has one; git lists them as untracked.
            return dict(self._nested(path)) if said.startswith(SUBMODULE) else {path: GONE}
        # H: an ordinary entry. git does not compare those that are marked assume-unchanged (in
        # lower case) or skip-worktree (S).
        entry = self._entry(path, seen, "" if path in changed or meta[0] != "H" else said)
        return {} if entry == said else {path: entry}

    def _untracked(self, path: str) -> dict[str, str]:
        if path.endswith("/"):  # a repository inside the repository, not a submodule
            return dict(self._nested(path.rstrip("/")))
        try:
            return {path: self._entry(path, os.lstat(self._top + path))}
        except OSError:  # it went meanwhile
            return {}

    def _entry(self, path: str, seen: os.stat_result, clean: str = "") -> str:
        """Return the entry of what stands on disk, other than a folder.

        ``clean`` is the index's entry of a file that git finds to be the same through its filters.
        """
        kind, whole = stat.S_IFMT(seen.st_mode), self._top + path
        if kind == stat.S_IFLNK:
            behind = self._links.behind(whole)
            return f"{LINK} {link_targets.link_text(whole)}{'+' if behind else ''}{behind}"
        if kind != stat.S_IFREG:
            return f"{kind:06o} {KINDS.get(kind, 'special')}"
        mode = "100755" if seen.st_mode & stat.S_IXUSR else "100644"
        raw = self._known.blob(whole, seen)
        if raw is None:
            return f"{mode} {UNREADABLE}{link_targets.stamp(seen)}"
        blob = clean[7:]
        return f"{mode} {blob}+{raw}" if blob and blob != raw else f"{mode} {raw}"

    def _stamp(self, path: str) -> str:
        try:
            return link_targets.stamp(os.lstat(self._top + path))
        except OSError:
            return ""

    def _nested(self, module: str) -> Iterator[tuple[str, str]]:
        """Yield the files of a submodule, or of a repository inside, and its commit."""
        folder = self._top + module
        if os.path.lexists(f"{folder}/.git"):
            try:
                inside = _Tree(folder, self._known, self._links).look()
            except FirstTryError:
                # git refuses another person's repository, or one whose .git is broken; what stands
                # in it is there all the same.
                pass
            else:
                yield module, f"{SUBMODULE} {inside.head}"
                yield from ((f"{module}/{path}", it) for path, it in entries(inside).items())
                return
        # A submodule that is not checked out has no files that a test could read.
        yield module, GONE
        for path in _inputs(self._top, _walk(self._top, module)):
            yield from self._untracked(path).items()


def _singular(index: bytes) -> set[str]:
    """Return the paths whose stamps git does not compare, or whose stamps don't say all.

    Those are files that it was told to take as unchanged, links and submodules.
    """
    # H is an ordinary entry. Counting bytes spares nearly every project the loop below.
    plain = index.count(b"\0H ") + index.startswith(b"H ") == index.count(b"\0")
    if plain and not any(mode.encode() in index for mode in (f" {LINK} ", f" {SUBMODULE} ")):
        return set()
    pairs = (line.partition("\t")[::2] for line in git.fields(index))
    return {path for meta, path in pairs if meta[0] != "H" or meta[2:8] in {LINK, SUBMODULE}}


def _walk(top: str, module: str) -> Iterator[str]:
    """Yield the paths of all files below a folder, but for git's own."""
    for folder, folders, names in os.walk(top + module):
        folders[:] = [name for name in folders if name != ".git"]
        links = [name for name in folders if os.path.islink(f"{folder}/{name}")]  # noqa: PTH114
        yield from (f"{folder}/{name}"[len(top) :] for name in (*names, *links) if name != ".git")


def _inputs(top: str, untracked: Iterable[str]) -> list[str]:
    """Leave out tools' own files and whole virtual environments."""
    # A virtual environment that is not ignored has thousands of files; what is installed is part
    # of the key by another way.
    untracked = tuple(untracked)
    roots = tuple(p.removesuffix("pyvenv.cfg") for p in untracked if p.endswith("/pyvenv.cfg"))
    kept = [p for p in untracked if not (roots and p.startswith(roots)) and not is_own(p)]
    return [p for p in kept if not _is_output(top + p)]


def _is_output(path: str) -> bool:
    """Tell whether a file is where this run's own output goes (``doit parity > log.txt``)."""
    try:
        # The file grows while the run goes on, so it would be reported as changed each time.
        seen = os.stat(path)  # noqa: PTH116
        return any(os.path.samestat(seen, os.fstat(number)) for number in (1, 2))
    except OSError:
        return False


def is_own(path: str) -> bool:
    """Tell whether a path belongs to the tools, not to the project."""
    *folders, name = path.split("/")
    return (
        not OWN_FOLDERS.isdisjoint(folders)
        or name.startswith(OWN_FILES)
        or path.endswith(ARTIFACTS)
    )


def uncommitted(root: Path) -> tuple[str, ...]:
    """Return the paths whose content in the tree or the index is not that of HEAD."""
    out = git.ask(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    # Two letters of state and a space stand before the path.
    return tuple(path for path in (line[3:] for line in git.fields(out)) if not is_own(path))
