"""Ask git which files a tree has, and which of them differ from the index."""

from __future__ import annotations

import os
import re
from pathlib import Path

from msgspec import Struct, structs

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk, git, process

#: What git is asked. -v tells the files apart that git was told to take as unchanged.
LISTING = ("ls-files", "-s", "-v", "-z")
#: --no-renames: a rename is two changed paths here. --untracked-files=all: git names a new folder
#: alone otherwise. --ignore-submodules=all: each is looked at by itself.
STATUS = (
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=all",
)
#: What git says of a folder that it can't list. It goes on, and ends with 0.
_CLOSED = re.compile(r"^warning: could not open directory '(.*)/': ", re.MULTILINE)


#: What git is asked besides: which files have not the stamps that the index has of them. By all
#: stamps and by the disk, however the project's configuration eases that.
_STRICTLY = ("core.trustctime=true", "core.checkStat=default", "core.fileMode=true")
STAMPS = (
    *(word for setting in (*_STRICTLY, "core.fsmonitor=false") for word in ("-c", setting)),
    *("diff-files", "--name-only", "--no-renames", "--ignore-submodules=all", "-z"),
)


class Listing(Struct, frozen=True, kw_only=True):
    """What git says of a tree.

    ``head`` is its commit, ``(initial)`` where there is none; ``index`` is the index as git prints
    it; ``changed`` are the paths of the index of which the disk has something else, through git's
    filters; ``untracked`` are those that are in no index and not ignored, with a closing slash
    where another repository lies; ``closed`` are folders that could not be listed. ``moved`` are
    the paths of the index that have other stamps than the index says: the others are what they were
    when the index had the same ``digest``, which is "" where that can't be said.
    """

    head: str
    index: bytes
    changed: frozenset[str]
    untracked: tuple[str, ...]
    closed: tuple[str, ...] = ()
    moved: frozenset[str] = frozenset()
    digest: str = ""


def ask(top: str) -> Listing:
    """Return what git says of the tree at ``top``; FirstTryError where it refuses."""
    env = _environment(top)
    before = _digest(top)
    # Side by side: they take 15 ms on 10,000 files, and every run begins with them.
    argvs = [["git", *words] for words in (LISTING, STATUS, STAMPS)]
    (code, index, err), status, stamps = process.outputs(argvs, cwd=top, env=env)
    if code:
        raise FirstTryError(git.failure("ls-files", err))
    if status[0] or stamps[0]:
        return _uncompared(top, index)
    found = _compared(index, *status[1:])
    # `status` may have written the index meanwhile; then nobody knows which one the others read.
    same = before if before == _digest(top) else ""
    moved = frozenset(git.fields(stamps[1])) | found.changed
    return structs.replace(found, moved=moved, digest=same)


def _environment(top: str) -> dict[str, str]:
    """Return git's environment, in which it knows no repository above ``top``."""
    # Where .git is damaged git would go on to the repository around, and list that one.
    above = os.path.dirname(os.path.realpath(top))  # noqa: PTH120
    return git.environment() | {"GIT_CEILING_DIRECTORIES": above}


def _digest(top: str) -> str:
    """Return a digest of the index with all stamps in it, "" where it can't be found."""
    place = Path(top, ".git")
    try:
        if place.is_file():  # in a worktree and in a submodule
            place = Path(top, place.read_text("utf-8").removeprefix("gitdir:").strip())
        return disk.digest((place / "index").read_bytes())
    except (OSError, UnicodeDecodeError):
        return ""


def _uncompared(top: str, index: bytes) -> Listing:
    """Return the listing where git can't compare, as without the filter that a file asks for.

    All that differs from the index by its raw bytes counts as changed.
    """
    others = ["git", "ls-files", "--others", "--exclude-standard", "-z"]
    head = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    (code, out, err), (none, said, _) = process.outputs(
        [others, head], cwd=top, env=_environment(top)
    )
    if code:
        raise FirstTryError(git.failure("ls-files", err))
    return Listing(
        head="(initial)" if none else said.decode("ascii").strip(),
        index=index,
        changed=frozenset(line.partition("\t")[2] for line in git.fields(index)),
        untracked=tuple(git.fields(out)),
        closed=tuple(_CLOSED.findall(err)),
    )


def _compared(index: bytes, status: bytes, said: str) -> Listing:
    """Read what ``status --porcelain=v2`` printed, and what it ``said`` beside."""
    head, changed, untracked = "", [], []
    for line in git.fields(status):
        if line.startswith("# branch.oid "):
            head = line.split(" ", 2)[2]
        elif line.startswith("? "):
            untracked.append(line[2:])
        elif line.startswith("1 "):
            _, state, _, _, _, _, _, _, path = line.split(" ", 8)
            # The second letter is the tree against the index. What is only staged has its hash in
            # the index already.
            if state[1] != ".":
                changed.append(path)
        # An unmerged path, which stands in the index up to three times.
        elif line.startswith("u "):
            changed.append(line.split(" ", 10)[10])
    return Listing(
        head=head,
        index=index,
        changed=frozenset(changed),
        untracked=tuple(untracked),
        closed=tuple(_CLOSED.findall(said)),
    )
