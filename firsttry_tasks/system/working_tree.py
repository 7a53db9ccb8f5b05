"""Read the working tree through git: every file with its mode and the hash of its content."""

from __future__ import annotations

import os
import stat
from hashlib import sha1
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import STAGES
from firsttry_tasks.system import git, process

if TYPE_CHECKING:
    from pathlib import Path

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
#: Modes of symbolic links and submodules in git's index.
LINK, SUBMODULE = "120000", "160000"
#: What stands in place of mode and blob for a file that the index has and the disk has not.
GONE = ""


class TreeSnapshot(Struct, frozen=True, kw_only=True):
    """The tree at one moment: the index as git prints it, and what differs from it on disk.

    ``dirty`` maps a path to ``"<mode> <blob>"``, or to ``GONE`` where the file is deleted.
    Paths are relative to the top of the repository.
    """

    head: str
    index: bytes
    dirty: dict[str, str]

    def raw(self) -> bytes:
        """Return bytes that are equal exactly when two snapshots show the same content."""
        dirty = "\0".join(f"{path}\t{blob}" for path, blob in sorted(self.dirty.items()))
        return self.index + b"\0\0" + dirty.encode("utf-8", "surrogateescape")


def look(root: Path) -> TreeSnapshot:
    """Return a snapshot of the tree whose top is ``root``: index, changes and untracked files.

    Raises FirstTryError where there is no commit yet, or git fails.
    """
    seen = _look(root)
    if seen.head == "(initial)":
        raise FirstTryError(
            "This repository has no commit yet, and results are named after commits. "
            "Run: git add -A && git commit -m 'First commit'"
        )
    return seen


def _look(root: Path) -> TreeSnapshot:
    """Return the snapshot of a repository, or of a submodule, which may have no commit."""
    # The index has the hash of every file that git saw unchanged since it was added, so only what
    # differs is hashed. -v shows the files that git was told to take as unchanged.
    listing = ["git", "ls-files", "-s", "-v", "-z"]
    # --no-renames: a rename is two changed paths here. --untracked-files=all: git names a new
    # folder alone otherwise. --ignore-submodules=none: a project's configuration may hide them.
    status = [
        "git",
        "status",
        "--porcelain=v2",
        "-z",
        "--branch",
        "--no-renames",
        "--untracked-files=all",
        "--ignore-submodules=none",
    ]
    # Side by side: the two take 15 ms on 10,000 files, and every run begins with them.
    first, second = process.outputs([listing, status], cwd=str(root), env=git.environment())
    for verb, (code, _, err) in (("ls-files", first), ("status", second)):
        if code:
            raise FirstTryError(git.failure(verb, err))
    index = first[1]
    head, changed, untracked, modules = _parse_status(second[1])
    changed += _hidden(index)
    dirty = _blobs(root, [*changed, *_inputs(root, untracked)])
    dirty |= _link_targets(root, index, dirty)
    for module in modules:
        dirty |= _nested(root, module)
    return TreeSnapshot(head=head, index=index, dirty=dirty)


def entries(seen: TreeSnapshot, prefix: str = "") -> dict[str, str]:
    """Return ``path -> "<mode> <blob>"`` for every file, relative to ``prefix``.

    What lies outside the prefix is kept with its way up (``../lib/x.py``): a project in a
    sub-directory may well depend on its neighbours.
    """
    found = {}
    for line in git.fields(seen.index):
        meta, _, path = line.partition("\t")
        _, mode, blob, _ = meta.split(" ")
        found[path] = f"{mode} {blob}"
    found |= seen.dirty
    kept = _named({path: blob for path, blob in found.items() if blob != GONE})
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


def _parse_status(raw: bytes) -> tuple[str, list[str], list[str], list[str]]:
    """Return HEAD and the changed, untracked and submodule paths of ``status --porcelain=v2``."""
    head, changed, untracked, modules = "", [], [], []
    for line in git.fields(raw):
        if line.startswith("# branch.oid "):
            head = line.split(" ", 2)[2]
        elif line.startswith("? "):
            untracked.append(line[2:])
        elif line.startswith("1 "):
            _, state, sub, _, _, _, _, _, path = line.split(" ", 8)
            if sub.startswith("S"):
                modules.append(path)
            # The second letter is the tree against the index. What is only staged has its hash in
            # the index already.
            elif state[1] != ".":
                changed.append(path)
        # An unmerged path, which stands in the index up to three times.
        elif line.startswith("u "):
            changed.append(line.split(" ", 10)[10])
    return head, changed, untracked, modules


def _hidden(index: bytes) -> list[str]:
    """Return the paths that are marked assume-unchanged or skip-worktree."""
    # H is an ordinary entry. Counting bytes spares nearly every project the loop below.
    if index.count(b"\0H ") + index.startswith(b"H ") == index.count(b"\0"):
        return []
    tagged = ((line[0], line.partition("\t")[2]) for line in git.fields(index))
    # ls-files -v: lower case is assume-unchanged, S is skip-worktree. Their content may differ,
    # and a result that misses it would be wrong, so they are hashed.
    return [path for tag, path in tagged if tag.islower() or tag == "S"]


def _inputs(root: Path, untracked: list[str]) -> list[str]:
    """Leave out tools' own files and whole virtual environments."""
    # A virtual environment that is not ignored has thousands of files; what is installed is part
    # of the key by another way.
    roots = tuple(p.removesuffix("pyvenv.cfg") for p in untracked if p.endswith("/pyvenv.cfg"))
    kept = [p for p in untracked if not (roots and p.startswith(roots)) and not is_own(p)]
    return [p for p in kept if not _is_output(root / p)]


def _is_output(path: Path) -> bool:
    """Tell whether a file is where this run's own output goes (``doit parity > log.txt``)."""
    try:
        # The file grows while the run goes on, so it would be reported as changed each time.
        seen = path.stat()
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


def _blobs(root: Path, paths: list[str]) -> dict[str, str]:
    """Return ``"<mode> <blob>"`` of what stands on disk, through git's own filters."""
    found, plain = {}, []
    for path in paths:
        whole = root / path
        try:
            mode = whole.lstat().st_mode
        except (FileNotFoundError, NotADirectoryError):
            found[path] = GONE
            continue
        if stat.S_ISLNK(mode):
            # git's blob of a link is its text.
            found[path] = f"{LINK} {_blob(os.fsencode(whole.readlink()))}"
        elif stat.S_ISDIR(mode):  # a repository inside the repository, not a submodule
            found |= _nested(root, path.rstrip("/"))
        else:
            plain.append((path, "100755" if mode & stat.S_IXUSR else "100644"))
    return found | _hashed(root, plain)


def _hashed(root: Path, plain: list[tuple[str, str]]) -> dict[str, str]:
    """Return mode and blob of regular files, given as pairs of path and mode."""
    if not plain:
        return {}
    # --stdin-paths reads one path a line and unquotes what begins with a quotation mark.
    odd = [item for item in plain if "\n" in item[0] or item[0].startswith('"')]
    lines = [path for path, _ in plain if (path, _) not in odd]
    out = b""
    if lines:
        names = "".join(f"{path}\n" for path in lines).encode("utf-8", "surrogateescape")
        # git hashes, not Python: only git applies the filters and line ends of .gitattributes, and
        # the result must be the blob that a commit would have.
        out = git.ask(root, "hash-object", "--stdin-paths", stdin=names)
    blobs = dict(zip(lines, out.decode("ascii").split(), strict=True))
    for path, _ in odd:
        blobs[path] = git.ask(root, "hash-object", "--", path).decode("ascii").strip()
    return {path: f"{mode} {blobs[path]}" for path, mode in plain}


def _blob(data: bytes) -> str:
    # git's own hash, so that a link here equals the entry that git has for it. It names content
    # and protects nothing.
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def _link_targets(root: Path, index: bytes, dirty: dict[str, str]) -> dict[str, str]:
    """Return for each link its mode, its text and a digest of the content that it leads to.

    git follows no links, but a test that reads through one depends on what lies behind it.
    """
    links = [path for path, blob in dirty.items() if blob.startswith(LINK)]
    # Most projects have no link, and then no line is looked at.
    if b" 120000 " in index:
        links += [line.partition("\t")[2] for line in git.fields(index) if line[2:8] == LINK]
    return {
        p: _target(root / p, root)
        for p in links
        if dirty.get(p) != GONE and (root / p).is_symlink()
    }


def _target(link: Path, root: Path) -> str:
    """Return a link's mode, the blob of its text, and the blob of what it leads to, if any."""
    text = _blob(os.fsencode(link.readlink()))
    real = link.resolve()
    if real.is_file():
        return f"{LINK} {text}+{_blob(real.read_bytes())}"
    # A folder inside the repository has its files in the index already.
    if real.is_dir() and not real.is_relative_to(root.resolve()):
        inside = sorted(p for p in real.rglob("*") if p.is_file() and "__pycache__" not in p.parts)
        listed = "".join(f"{p.relative_to(real)}\0{_blob(p.read_bytes())}\0" for p in inside)
        return f"{LINK} {text}+{_blob(os.fsencode(listed))}"
    return f"{LINK} {text}"


def _nested(root: Path, module: str) -> dict[str, str]:
    """Return the files of a submodule (or of a repository inside) that differs from its entry."""
    # A submodule that is not checked out has no files that a test could read.
    if not (root / module / ".git").exists():
        return {module: GONE}
    inside = _look(root / module)
    files = {f"{module}/{path}": blob for path, blob in entries(inside).items()}
    return {module: f"{SUBMODULE} {inside.head}", **files}


def uncommitted(root: Path) -> tuple[str, ...]:
    """Return the paths whose content in the tree or the index is not that of HEAD."""
    out = git.ask(root, "status", "--porcelain", "-z", "--no-renames", "--untracked-files=all")
    # Two letters of state and a space stand before the path.
    return tuple(path for path in (line[3:] for line in git.fields(out)) if not is_own(path))
