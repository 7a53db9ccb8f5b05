"""What both stores in GitHub's artifacts ask of GitHub, through its own client gh."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks.model.values import Command, Stored
from firsttry_tasks.stores import RefusedError, StoreError, TooLargeError
from firsttry_tasks.system import git, process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firsttry_tasks.model.values import Completed

    Run = Callable[[Command], tuple[Completed, bytes]]

T = TypeVar("T")
#: Artifacts are listed so many a page, newest first.
PAGE = 100
#: An answer with these words of gh means that an artifact is no more.
GONE = ("HTTP 404", "HTTP 410")


class WorkflowRun(msgspec.Struct, frozen=True):
    """The run that uploaded an artifact, as the listing tells it."""

    id: int
    repository_id: int
    head_repository_id: int | None
    head_branch: str | None
    head_sha: str


class Artifact(msgspec.Struct, frozen=True):
    """What a run uploaded, as the listing tells it."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool
    created_at: str | None
    workflow_run: WorkflowRun | None

    @property
    def at_home(self) -> bool:
        """Tell whether it is still there, and of a run of the repository's own code, no fork's."""
        run = self.workflow_run
        home = run is not None and run.head_repository_id == run.repository_id
        return home and not self.expired

    def stored(self, key: str) -> Stored:
        """Return it as a file in a store."""
        made = self.created_at
        modified = dt.datetime.fromisoformat(made).timestamp() if made else 0.0
        return Stored(key=key, size=self.size_in_bytes, modified=modified)


class _Page(msgspec.Struct, frozen=True):
    artifacts: tuple[Artifact, ...]


class GitHubApi:
    """What can be asked below ``/repos/OWNER/REPO/actions``; each raises StoreError."""

    def __init__(self, repository: str, root: Path, seconds: float, run: Run) -> None:
        """Ask nothing yet; ``run`` starts gh, which may take so many seconds."""
        self._repository = repository
        self._root = root
        self._seconds = seconds
        self._run = run

    def artifacts(self, page: int = 1, name: str = "") -> tuple[Artifact, ...]:
        """Return a page of the artifacts, of those of one name where that is given."""
        named = f"name={name}&" if name else ""
        return self.json(f"artifacts?{named}per_page={PAGE}&page={page}", _Page).artifacts

    def zipped(self, number: int | str) -> bytes | None:
        """Return an artifact's files, as a zip, or None where it is gone."""
        try:
            return self._ask(f"artifacts/{number}/zip")
        except StoreError as error:
            if any(words in str(error) for words in GONE):
                return None
            raise

    def delete(self, number: int | str) -> None:
        """Delete an artifact."""
        self._ask(f"artifacts/{number}", "--method", "DELETE")

    def json(self, what: str, kind: type[T]) -> T:
        """Return an answer of this shape."""
        out = self._ask(what)
        try:
            return msgspec.json.decode(out, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(f"GitHub's answer to {what} can't be read: {error}.") from error

    def _ask(self, what: str, *more: str) -> bytes:
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


def member(zipped: bytes, wanted: Callable[[str], bool], most: int) -> bytes | None:
    """Return the first wanted file of an artifact; the others are not looked at.

    Raises RefusedError for what is no zip, and for a file of more than ``most`` bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
            names = [name for name in opened.namelist() if wanted(name)]
            if not names:
                return None
            with opened.open(names[0]) as stream:
                found = stream.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise RefusedError(f"GitHub's artifact can't be read: {error}.") from error
    if len(found) > most:
        raise TooLargeError(names[0], most)
    return found
