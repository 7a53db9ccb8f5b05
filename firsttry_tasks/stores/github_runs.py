"""Lines of parity runs in GitHub's artifacts: one artifact a run, all of the same name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model import state_paths
from firsttry_tasks.stores.github_api import GitHubApi, member
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Stored
    from firsttry_tasks.stores.github_api import Run

#: What the workflow calls the artifact.
NAME = "parity-run"
#: What the key of an artifact begins with; its id follows.
PREFIX = "parity-run-"


class GitHubRuns:
    """The newest hundred runs of this repository's own branches; those of forks are left out."""

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
        """Lay the line ready, alone: only actions/upload-artifact can upload from a run."""
        disk.write(disk.fresh_folder(self._root / state_paths.PUBLISH_RUNS) / key, data)

    def delete(self, key: str) -> None:
        """Delete an artifact."""
        self._api.delete(key.removeprefix(PREFIX))
