"""A store in GitHub's artifacts; it takes only artifacts that the main branch's own runs made."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.state_paths import PUBLISH, PUBLISH_DELTA
from firsttry_tasks.stores import RefusedError, TooLargeError
from firsttry_tasks.stores.github_api import PAGE, GitHubApi, member
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Stored
    from firsttry_tasks.stores.github_api import Artifact, Run

#: What names of boxes begin with; other artifacts of the project are left alone.
PREFIX = "warm-cache-"
#: The end of the name of a delta's artifact; the delta file in it has the same name and .zst.
DELTA = ".delta"
#: Artifacts of one name that are looked at, newest first. More than one, so that a branch that
#: uploads under a box's name hides no good box; few, because each costs a request. A judgement.
TRIES = 3
#: Pages of artifacts that are asked for: 300 artifacts, while a warm run gives the store a second
#: in all. A judgement.
PAGES = 3
#: Events that only people who may write to main can cause. A pull request's run executes code that
#: nobody has reviewed, so it could publish a box in which failing tests need not run.
EVENTS = frozenset({"push", "schedule"})


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
    """Whose artifacts are taken: those of a workflow file on a branch of a repository."""

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
        # gh fills in the braces from the remotes of the folder it runs in.
        repository=repository or "{owner}/{repo}",
        workflow=asked.get("workflow", "ci.yml"),
        branch=asked.get("branch", branch),
    )


def artifact(key: str) -> str:
    """Return the name of the artifact that holds the file ``key`` of a box."""
    if key.endswith((".json", ".sig")):
        return key.rpartition(".")[0]
    return key.removesuffix(".zst") if key.endswith(f"{DELTA}.zst") else key.rsplit(".", 3)[0]


class GitHubStore:
    """Boxes in artifacts: each has one with the whole archive, and one with its delta.

    Both hold the index entry, too, so that reading a box takes one download.
    """

    def __init__(
        self,
        whose: Trusted,
        root: Path,
        seconds: float,
        run: Run = process.raw,
        *,
        holding: bool = False,
    ) -> None:
        """Ask nothing yet; ``run`` starts gh.

        ``holding``: an earlier archive is here, so index entries are read from the artifacts of
        deltas first, which are small.
        """
        self._trusted = whose
        self._root = root
        self._api = GitHubApi(whose.repository, root, seconds, run)
        self._holding = holding
        self._origins: dict[int, _Origin] = {}
        self._known: tuple[Artifact, ...] | None = None
        self._held: dict[int, bytes] = {}

    def entries(self) -> tuple[Stored, ...]:
        """Return a file for each artifact of main's own runs: its index entry or its delta."""
        # Reversed, so that of one name the newest stays.
        newest = {found.name: found for found in reversed(self._artifacts())}
        return tuple(
            found.stored(f"{found.name}{'.zst' if _is_delta(found) else '.json'}")
            for found in newest.values()
        )

    def get(self, key: str, most: int) -> bytes | None:
        """Return a file of the newest artifact that holds it and whose run can be trusted.

        Raises RefusedError where there are artifacts of its name and none can be trusted.
        """
        refused: RefusedError | None = None
        for found in self._holders(key):
            try:
                data = self._inside(found, key, most)
            except RefusedError as error:
                # The first reason is told: it is that of the newest artifact, which a person would
                # expect.
                refused = refused or error
                continue
            if data is not None:
                return data
        if refused:
            raise refused
        return None

    def put(self, key: str, data: bytes) -> None:
        """Write a file to the folders from which the workflow uploads the artifacts."""
        # GitHub has no request to upload an artifact: only actions/upload-artifact can, from a
        # run.
        is_delta = key.endswith(f"{DELTA}.zst")
        # The delta was put first, so its folder tells whether the index entry goes there, too.
        beside = not key.endswith(".zst") and (self._root / PUBLISH_DELTA).exists()
        for folder, wanted in ((PUBLISH, not is_delta), (PUBLISH_DELTA, is_delta or beside)):
            if wanted:
                disk.own_folder(self._root / folder)
                disk.write(self._root / folder / key, data)

    def delete(self, key: str) -> None:
        """Delete all artifacts that hold this file of a box."""
        name = artifact(key)
        for found in self._artifacts():
            if found.name == name:
                self._api.delete(found.id)

    def _holders(self, key: str) -> list[Artifact]:
        """Return the artifacts that may hold a file, in the order in which to ask them."""
        name = artifact(key)
        mine = [found for found in self._artifacts() if found.name == name][:TRIES]
        if key.endswith(".zst") or not self._holding:
            return mine
        begin = f"{name}."
        deltas = [it for it in self._artifacts() if it.name.startswith(begin) and _is_delta(it)]
        # What is downloaded already comes first; the sort keeps the order of the rest.
        return sorted([*deltas[:TRIES], *mine], key=self._is_not_here)

    def _is_not_here(self, artifact: Artifact) -> bool:
        return artifact.id not in self._held

    def _artifacts(self) -> tuple[Artifact, ...]:
        """Return the artifacts that may be taken, newest first."""
        # One listing serves all questions of a run; a box that is published meanwhile can wait.
        if self._known is None:
            found: list[Artifact] = []
            for number in range(1, PAGES + 1):
                page = self._api.artifacts(number)
                found += page
                if len(page) < PAGE:  # the last one
                    break
            mine = (artifact for artifact in found if self._may_be_taken(artifact))
            newest = sorted(mine, key=lambda it: it.created_at or "", reverse=True)
            self._known = tuple(newest)
        return self._known

    def _may_be_taken(self, artifact: Artifact) -> bool:
        run = artifact.workflow_run
        return (
            run is not None
            and artifact.at_home
            # The cheap half of the question, from the listing; _believe asks for the run itself
            # before anything is taken.
            and run.head_branch == self._trusted.branch
            and artifact.name.startswith(f"{PREFIX}{run.head_sha}-")
        )

    def _inside(self, artifact: Artifact, key: str, most: int) -> bytes | None:
        if artifact.id not in self._held:
            self._believe(artifact)
            # Checked before the download, by what GitHub itself measured.
            if artifact.size_in_bytes > max(most, ROOM):
                raise TooLargeError(artifact.name, most)
            data = self._api.zipped(artifact.id)
            if data is None:
                return None
            self._held[artifact.id] = data
        return member(self._held[artifact.id], lambda name: name == key, most)

    def _believe(self, artifact: Artifact) -> None:
        """Raise RefusedError unless the trusted workflow made it on a push or schedule of main."""
        number = artifact.workflow_run.id if artifact.workflow_run else 0
        if number not in self._origins:
            self._origins[number] = self._api.json(f"runs/{number}", _Origin)
        origin = self._origins[number]
        fork = origin.head_repository is None or origin.head_repository.id != origin.repository.id
        # GitHub may add @ and the branch to the path.
        by_workflow = origin.path.partition("@")[0] == f".github/workflows/{self._trusted.workflow}"
        at_home = origin.head_branch == self._trusted.branch and origin.event in EVENTS
        named = artifact.name.startswith(f"{PREFIX}{origin.head_sha}-")
        if fork or not by_workflow or not at_home or not named:
            raise RefusedError(
                f"{artifact.name} was made by {origin.path} on {origin.event} of "
                f"{origin.head_branch}{' in a fork' if fork else ''}, and only "
                f"{self._trusted.workflow} on push or schedule of {self._trusted.branch} is "
                "believed."
            )


#: Bytes of an artifact that are downloaded at most, also where only the small index entry is
#: wanted: it comes with the archive. The largest archive that is taken has 256 MiB.
ROOM = 260 << 20


def _is_delta(artifact: Artifact) -> bool:
    return artifact.name.endswith(DELTA)
