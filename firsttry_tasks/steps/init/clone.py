"""Asks git what this clone is: its main branch, its remote, its hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.system import git, process

if TYPE_CHECKING:
    from pathlib import Path


def main_name(root: Path) -> str:
    """Return the main branch's name: what the remote's HEAD is, else a usual name; "" for none."""
    asked = [
        ["git", "symbolic-ref", "--quiet", "--short", "refs/remotes/origin/HEAD"],
        *(["git", "rev-parse", "--verify", "--quiet", it] for it in ("main", "master")),
    ]
    (head, main, master) = process.outputs(asked, cwd=str(root), env=git.environment())
    if head[0] == 0:
        return head[1].decode("utf-8", "replace").strip().removeprefix("origin/")
    return "main" if main[0] == 0 else "master" if master[0] == 0 else ""


def remote(root: Path) -> str:
    """Return the address of the remote ``origin``, "" where there is none."""
    return _told(root, "config", "--get", "remote.origin.url")


def hooks_path(root: Path) -> str:
    """Return the folder of hooks that git was given (``core.hooksPath``), "" for its own."""
    return _told(root, "config", "--get", "core.hooksPath")


def hook_file(root: Path, name: str) -> Path:
    """Return where git looks for a hook of this clone."""
    return root / _told(root, "rev-parse", "--git-path", f"hooks/{name}")


def _told(root: Path, *words: str) -> str:
    [(_, out, _)] = process.outputs([["git", *words]], cwd=str(root), env=git.environment())
    return out.decode("utf-8", "surrogateescape").strip()
