"""Store the history of parity runs in GitHub's artifacts: one artifact a run, all of one name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model import state_paths
from firsttry_tasks.stores.github_api import GitHubApi, member
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Stored
    from firsttry_tasks.stores.github_api import Run

#: The artifact's name in the workflow. The same for all runs, so that one filtered request lists
#: them, however many other artifacts there are.
NAME = "parity-run"
#: What the key of an artifact begins with; its id follows.
PREFIX = "parity-run-"


class GitHubRuns:
    """The newest runs of this repository's own branches, at most one page; forks are left out."""

    def __init__(self, repository: str, root: Path, seconds: float, run: Run = process.raw) -> None:
        """Ask nothing yet; ``run`` starts gh."""
        self._api = GitHubApi(repository, root, seconds, run)
        self._root = root

    def entries(self) -> tuple[Stored, ...]:
        """Return the artifacts that hold a run, by one request."""
        return tuple(
            it.stored(f"{PREFIX}{it.id}")
            for it in self._api.artifacts(name=NAME)
            if it.name == NAME and it.at_home
        )

    def get(self, key: str, most: int) -> bytes | None:
        """Return the line in an artifact, None where it is gone or holds none."""
        data = self._api.zipped(key.removeprefix(PREFIX))
        return None if data is None else member(data, lambda name: name.startswith(PREFIX), most)

    def put(self, key: str, data: bytes) -> None:
        """Write the line to a folder from which the workflow uploads it."""
        # GitHub has no request to upload an artifact: only actions/upload-artifact can, from
        # inside the run. Alone in a fresh folder, so that an earlier run's line is not uploaded
        # again.
        disk.write(disk.fresh_folder(self._root / state_paths.PUBLISH_RUNS) / key, data)

    def delete(self, key: str) -> None:
        """Delete an artifact."""
        self._api.delete(key.removeprefix(PREFIX))
