"""Asking GitHub about a repository's actions, through its own client gh."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.model.values import Command
from firsttry_tasks.stores import StoreError
from firsttry_tasks.system import git, process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firsttry_tasks.model.values import Completed

    Run = Callable[[Command], tuple[Completed, bytes]]

T = TypeVar("T")
#: An answer with these words of gh means that an artifact is no more.
GONE = ("HTTP 404", "HTTP 410")


class Hub:
    """What can be asked below ``/repos/OWNER/REPO/actions``; each raises StoreError."""

    def __init__(self, repository: str, root: Path, seconds: float, run: Run) -> None:
        """Ask nothing yet; ``run`` starts gh, which may take so many seconds."""
        self._repository = repository
        self._root = root
        self._seconds = seconds
        self._run = run

    def json(self, what: str, kind: type[T]) -> T:
        """Return an answer of this shape."""
        out = self.ask(what)
        try:
            return msgspec.json.decode(out, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(f"GitHub's answer to {what} can't be read: {error}.") from error

    def download(self, what: str) -> bytes | None:
        """Return an answer as it is, or None for what is no more."""
        try:
            return self.ask(what)
        except StoreError as error:
            if any(words in str(error) for words in GONE):
                return None
            raise

    def ask(self, what: str, *more: str) -> bytes:
        """Return what gh prints."""
        program = process.find("gh")
        if program is None:
            raise StoreError("GitHub's client gh is not installed (https://cli.github.com).")
        quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
        command = Command(
            argv=(program, "api", f"repos/{self._repository}/actions/{what}", *more),
            cwd=str(self._root),
            env=git.environment() | quiet,
            timeout=self._seconds,
        )
        done, out = self._run(command)
        if done.timed_out:
            raise StoreError(f"GitHub did not answer within {self._seconds:g} s.")
        if done.code:
            words = " ".join(done.err.split())[:300] or f"exit code {done.code}"
            raise StoreError(f"GitHub can't be asked: {words}")
        return out
