"""Read the index that a commit is made of, and check it out into a folder of its own."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk, git, process, working_tree

if TYPE_CHECKING:
    from pathlib import Path

#: Hooks of the project must not run at a checkout that is not a person's.
QUIET = ("-c", "core.hooksPath=/dev/null", "-c", "advice.detachedHead=false")


class StagedTree(Struct, frozen=True, kw_only=True):
    """What the index holds.

    ``tree`` is git's name of it, ``differing`` are the paths, relative to the top of the
    repository, at which the working tree is not what the index says.
    """

    tree: str
    differing: tuple[str, ...]


def in_hook() -> bool:
    """Tell whether git runs this as a hook, with the index that the commit is made of."""
    return "GIT_INDEX_FILE" in os.environ


def read(top: Path, copy: Path) -> StagedTree:
    """Return what the index of the commit that is being made holds.

    git reads a copy of it, written to ``copy``, so that its own is never locked.
    """
    # `git commit FILE` and `git commit -a` make an index of their own, and name it to the hook by
    # a path that is relative to the top.
    named = os.environ.get("GIT_INDEX_FILE", "")
    own = git.ask(top, "rev-parse", "--git-path", "index").decode("utf-8", "surrogateescape")
    index = top / (named or own.strip())
    if not index.is_file():
        raise FirstTryError("The index is empty: nothing is staged. Run: git add")
    # With its time: by it git knows which files may have changed since within the clock's tick.
    disk.copy(index, copy)
    around = {"GIT_INDEX_FILE": str(copy)}
    # What differs only in its times is no difference; exit code 1 says that something differs.
    _git(top, around, "update-index", "-q", "--refresh", may_fail=True)
    changed = _git(top, around, "diff-files", "--name-only", "--no-renames", "-z")
    new = _git(top, around, "ls-files", "--others", "--exclude-standard", "-z")
    paths = {path for out in (changed, new) for path in git.fields(out)}
    return StagedTree(
        tree=_git(top, around, "write-tree").decode("ascii").strip(),
        differing=tuple(sorted(path for path in paths if not working_tree.is_own(path))),
    )


def committed(top: Path, commit: str, prefix: str) -> dict[str, str] | None:
    """Return ``path -> "<mode> <blob>"`` of what a commit holds, relative to ``prefix``.

    None where this clone does not have the commit.
    """
    argv = ["git", "ls-tree", "-r", "-z", "--full-tree", commit]
    [(code, out, _)] = process.outputs([argv], cwd=str(top), env=git.environment())
    if code:
        return None
    found = {}
    for line in git.fields(out):
        meta, _, path = line.partition("\t")
        mode, _, blob = meta.split(" ")
        found[path] = f"{mode} {blob}"
    return working_tree.placed(found, prefix)


def check_out(top: Path, place: Path, tree: str) -> None:
    """Make ``place`` a work tree of the repository that holds exactly ``tree``, with our HEAD.

    Files that git ignores stay there: they are the state of the runs before.
    """
    head = git.ask(top, "rev-parse", "HEAD").decode("ascii").strip()
    if not (place / ".git").exists():
        # One that was removed by hand is still listed, and would be refused.
        git.ask(top, "worktree", "prune")
        git.ask(top, *QUIET, "worktree", "add", "--detach", "--no-checkout", str(place), head)
    git.ask(place, *QUIET, "update-ref", "--no-deref", "HEAD", head)
    # -u rewrites only the files that differ, so that the others keep their times.
    git.ask(place, *QUIET, "read-tree", "--reset", "-u", tree)
    git.ask(place, *QUIET, "clean", "-fdq")


def _git(top: Path, around: dict[str, str], *words: str, may_fail: bool = False) -> bytes:
    env = git.environment() | around
    [(code, out, err)] = process.outputs([["git", *words]], cwd=str(top), env=env)
    if code and not may_fail:
        raise FirstTryError(git.failure(words[0], err))
    return out
