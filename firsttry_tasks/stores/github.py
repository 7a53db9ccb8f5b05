"""A store in GitHub's artifacts, through the gh client; only main's own runs are believed."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from typing import TYPE_CHECKING, TypeVar

import msgspec

from firsttry_tasks import disk, git, proc
from firsttry_tasks.errors import UsageError
from firsttry_tasks.stores import StoreError, TooLargeError
from firsttry_tasks.values import Command, Stored

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firsttry_tasks.values import Completed

    Run = Callable[[Command], tuple[Completed, bytes]]

T = TypeVar("T")
PREFIX = "warm-cache-"
#: Where what is published lies ready for actions/upload-artifact.
READY = "artifacts/publish"
#: Artifacts are listed a hundred a page, newest first; so many pages are asked for.
PAGES = 3
#: Events that only people who may write to main can bring about.
EVENTS = frozenset({"push", "schedule"})
#: An answer with these words of gh means that an artifact is no more.
GONE = ("HTTP 404", "HTTP 410")


class _Run(msgspec.Struct, frozen=True):
    id: int
    repository_id: int
    head_repository_id: int | None
    head_branch: str | None
    head_sha: str


class _Artifact(msgspec.Struct, frozen=True):
    id: int
    name: str
    size_in_bytes: int
    expired: bool
    created_at: str | None
    workflow_run: _Run | None


class _Page(msgspec.Struct, frozen=True):
    artifacts: tuple[_Artifact, ...]


class _Repository(msgspec.Struct, frozen=True):
    id: int


class _Origin(msgspec.Struct, frozen=True):
    event: str
    path: str
    head_branch: str | None
    head_sha: str
    repository: _Repository
    head_repository: _Repository | None


class Trusted(msgspec.Struct, frozen=True, kw_only=True):
    """Whose artifacts are taken: the repository, the workflow's file and the branch."""

    repository: str
    workflow: str
    branch: str


def trusted(url: str, branch: str) -> Trusted:
    """Read ``github://OWNER/REPO?workflow=ci.yml&branch=main``; every part can be left out."""
    path, _, query = url.removeprefix("github://").partition("?")
    repository = path.strip("/")
    asked = dict(pair.partition("=")[::2] for pair in query.split("&") if pair)
    if repository.count("/") != (1 if repository else 0) or asked.keys() - {"workflow", "branch"}:
        raise UsageError(f"store = {url!r}: expected github://OWNER/REPO?workflow=FILE&branch=NAME")
    return Trusted(
        repository=repository or "{owner}/{repo}",
        workflow=asked.get("workflow", "ci.yml"),
        branch=asked.get("branch", branch),
    )


class GitHubStore:
    """One artifact a box, named after it, with the box's files inside."""

    def __init__(self, whose: Trusted, root: Path, seconds: float, run: Run = proc.raw) -> None:
        """Remember whose artifacts are taken; ``run`` starts gh."""
        self._whose = whose
        self._root = root
        self._seconds = seconds
        self._run = run
        self._known: tuple[_Artifact, ...] | None = None
        self._held: dict[int, bytes] = {}

    def entries(self) -> tuple[Stored, ...]:
        """Return the label of each artifact that main's own runs made."""
        newest = {artifact.name: artifact for artifact in reversed(self._artifacts())}
        return tuple(
            Stored(
                key=f"{artifact.name}.json",
                size=artifact.size_in_bytes,
                modified=_seconds(artifact.created_at),
            )
            for artifact in newest.values()
        )

    def get(self, key: str, most: int) -> bytes | None:
        """Return a file of an artifact, once it is known which run made that one."""
        for artifact in self._artifacts():
            if key.startswith(f"{artifact.name}."):
                return self._inside(artifact, key, most)
        return None

    def put(self, key: str, data: bytes) -> None:
        """Lay a file ready: only actions/upload-artifact can upload from a run."""
        disk.own_folder(self._root / READY)
        disk.write(self._root / READY / key, data)

    def delete(self, key: str) -> None:
        """Delete the artifact that a label speaks of."""
        for artifact in self._artifacts():
            if key == f"{artifact.name}.json":
                self._ask(f"artifacts/{artifact.id}", "--method", "DELETE")

    def _artifacts(self) -> tuple[_Artifact, ...]:
        """Return the artifacts that may be taken, newest first."""
        if self._known is None:
            found: list[_Artifact] = []
            for number in range(1, PAGES + 1):
                page = self._json(f"artifacts?per_page=100&page={number}", _Page).artifacts
                found += page
                if len(page) < 100:  # noqa: PLR2004  the last page
                    break
            mine = (artifact for artifact in found if self._may_be_taken(artifact))
            newest = sorted(mine, key=lambda it: it.created_at or "", reverse=True)
            self._known = tuple(newest)
        return self._known

    def _may_be_taken(self, artifact: _Artifact) -> bool:
        run = artifact.workflow_run
        return (
            run is not None
            and not artifact.expired
            and run.head_branch == self._whose.branch
            and run.head_repository_id == run.repository_id
            and artifact.name.startswith(f"{PREFIX}{run.head_sha}-")
        )

    def _inside(self, artifact: _Artifact, key: str, most: int) -> bytes | None:
        if artifact.id not in self._held:
            self._believe(artifact)
            if artifact.size_in_bytes > max(most, ROOM):
                raise TooLargeError(artifact.name, most)
            data = self._bytes(f"artifacts/{artifact.id}/zip")
            if data is None:
                return None
            self._held[artifact.id] = data
        return _member(self._held[artifact.id], key, most)

    def _believe(self, artifact: _Artifact) -> None:
        """Raise StoreError unless main's own workflow made the artifact, by a push or schedule."""
        run = artifact.workflow_run
        origin = self._json(f"runs/{run.id if run else 0}", _Origin)
        fork = origin.head_repository is None or origin.head_repository.id != origin.repository.id
        ours = origin.path.partition("@")[0] == f".github/workflows/{self._whose.workflow}"
        at_home = origin.head_branch == self._whose.branch and origin.event in EVENTS
        named = artifact.name.startswith(f"{PREFIX}{origin.head_sha}-")
        if fork or not ours or not at_home or not named:
            raise StoreError(
                f"{artifact.name} was made by {origin.path} on {origin.event} of "
                f"{origin.head_branch}{' in a fork' if fork else ''}, and only "
                f"{self._whose.workflow} on push or schedule of {self._whose.branch} is believed."
            )

    def _json(self, what: str, kind: type[T]) -> T:
        out = self._ask(what)
        try:
            return msgspec.json.decode(out, type=kind)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise StoreError(f"GitHub's answer to {what} can't be read: {error}.") from error

    def _bytes(self, what: str) -> bytes | None:
        try:
            return self._ask(what)
        except StoreError as error:
            if any(words in str(error) for words in GONE):
                return None
            raise

    def _ask(self, what: str, *more: str) -> bytes:
        program = proc.find("gh")
        if program is None:
            raise StoreError("GitHub's client gh is not installed (https://cli.github.com).")
        quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
        command = Command(
            argv=(program, "api", f"repos/{self._whose.repository}/actions/{what}", *more),
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


#: An artifact holds a whole box, though only its label may be wanted at first.
ROOM = 260 << 20


def _member(data: bytes, key: str, most: int) -> bytes | None:
    """Return one file of an artifact; the others are not looked at."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            if key not in opened.namelist():
                return None
            if opened.getinfo(key).file_size > most:
                raise TooLargeError(key, most)
            with opened.open(key) as stream:
                found = stream.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise StoreError(f"GitHub's artifact can't be read: {error}.") from error
    if len(found) > most:
        raise TooLargeError(key, most)
    return found


def _seconds(created: str | None) -> float:
    return dt.datetime.fromisoformat(created).timestamp() if created else 0.0
