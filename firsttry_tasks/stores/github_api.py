"""Ask GitHub for artifacts through its own client gh; both stores in artifacts use this."""

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
#: Artifacts a page, newest first: the most that GitHub gives at once.
PAGE = 100
#: Words in gh's message that mean that an artifact is deleted (404) or expired (410).
GONE = ("HTTP 404", "HTTP 410")


class WorkflowRun(msgspec.Struct, frozen=True):
    """The workflow run that uploaded an artifact, with the fields of GitHub's listing."""

    id: int
    repository_id: int
    head_repository_id: int | None
    head_branch: str | None
    head_sha: str


class Artifact(msgspec.Struct, frozen=True):
    """An artifact, with the fields of GitHub's listing; sizes are bytes."""

    id: int
    name: str
    size_in_bytes: int
    expired: bool
    created_at: str | None
    workflow_run: WorkflowRun | None

    @property
    def at_home(self) -> bool:
        """Tell whether it has not expired and no fork made it."""
        run = self.workflow_run
        # A fork's pull request runs code of anybody, and may upload an artifact of any name.
        home = run is not None and run.head_repository_id == run.repository_id
        return home and not self.expired

    def stored(self, key: str) -> Stored:
        """Return it as a file in a store, under ``key``."""
        made = self.created_at
        modified = dt.datetime.fromisoformat(made).timestamp() if made else 0.0
        return Stored(key=key, size=self.size_in_bytes, modified=modified)


class _Page(msgspec.Struct, frozen=True):
    artifacts: tuple[Artifact, ...]


class GitHubApi:
    """Requests below ``/repos/OWNER/REPO/actions``; each method raises StoreError."""

    def __init__(self, repository: str, root: Path, seconds: float, run: Run) -> None:
        """Ask nothing yet; ``run`` starts gh, which may take ``seconds`` a request."""
        self._repository = repository
        self._root = root
        self._seconds = seconds
        self._run = run

    def artifacts(self, page: int = 1, name: str = "") -> tuple[Artifact, ...]:
        """Return a page of the artifacts; only those called ``name`` where one is given."""
        named = f"name={name}&" if name else ""
        return self.json(f"artifacts?{named}per_page={PAGE}&page={page}", _Page).artifacts

    def zipped(self, number: int | str) -> bytes | None:
        """Return an artifact's files, as a zip, or None where it is gone."""
        try:
            return self._ask(f"artifacts/{number}/zip")
        except StoreError as error:
            # gh's exit code does not tell the status, so its message is all there is.
            if any(words in str(error) for words in GONE):
                return None
            raise

    def delete(self, number: int | str) -> None:
        """Delete an artifact."""
        self._ask(f"artifacts/{number}", "--method", "DELETE")

    def json(self, what: str, kind: type[T]) -> T:
        """Return an answer decoded as ``kind``; StoreError where it has another shape."""
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
        # A prompt would wait for ever behind the live line, and colours and update notes would get
        # into messages.
        quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
        command = Command(
            argv=(program, "api", f"repos/{self._repository}/actions/{what}", *more),
            cwd=str(self._root),
            # In a hook, GIT_DIR would lead gh to another repository than the project's.
            env=git.environment() | quiet,
            timeout=self._seconds,
        )
        done, out = self._run(command)
        if done.timed_out:
            raise StoreError(f"GitHub did not answer within {self._seconds:g} s.")
        if done.code:
            # One line, and cut: gh may print a whole page of HTML.
            words = " ".join(done.err.split())[:300] or f"exit code {done.code}"
            raise StoreError(f"GitHub can't be asked: {words}")
        return out


def member(zipped: bytes, wanted: Callable[[str], bool], most: int) -> bytes | None:
    """Return the first file of an artifact whose name ``wanted`` accepts; None if none is.

    Raises RefusedError for what is no zip, and for a file of more than ``most`` bytes.
    """
    try:
        with zipfile.ZipFile(io.BytesIO(zipped)) as opened:
            names = [name for name in opened.namelist() if wanted(name)]
            if not names:
                return None
            with opened.open(names[0]) as stream:
                # One byte more shows that there are too many, without unpacking a zip bomb; the
                # size in the zip's header is the sender's claim.
                found = stream.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise RefusedError(f"GitHub's artifact can't be read: {error}.") from error
    if len(found) > most:
        raise TooLargeError(names[0], most)
    return found
