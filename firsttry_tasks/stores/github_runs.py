"""Lines of parity runs in GitHub's artifacts: one artifact a run, all of the same name."""

from __future__ import annotations

import datetime as dt
import io
import zipfile
import zlib
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.values import Stored
from firsttry_tasks.stores import StoreError, TooLargeError
from firsttry_tasks.stores.hub import Hub
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.stores.hub import Run

#: What the workflow calls the artifact.
NAME = "parity-run"
#: What the key of an artifact begins with; its id follows.
PREFIX = "parity-run-"
#: Where a line lies ready for actions/upload-artifact.
READY = "artifacts/publish-runs"


class _Origin(msgspec.Struct, frozen=True):
    repository_id: int
    head_repository_id: int | None


class _Artifact(msgspec.Struct, frozen=True):
    id: int
    name: str
    size_in_bytes: int
    expired: bool
    created_at: str | None
    workflow_run: _Origin | None


class _Page(msgspec.Struct, frozen=True):
    artifacts: tuple[_Artifact, ...]


class GitHubRuns:
    """The newest hundred runs of this repository's own branches; those of forks are left out."""

    def __init__(self, repository: str, root: Path, seconds: float, run: Run = process.raw) -> None:
        """Ask nothing yet; ``run`` starts gh."""
        self._hub = Hub(repository, root, seconds, run)
        self._root = root

    def entries(self) -> tuple[Stored, ...]:
        """Return the artifacts that hold a run, by one request."""
        page = self._hub.json(f"artifacts?name={NAME}&per_page=100&page=1", _Page)
        return tuple(
            Stored(key=f"{PREFIX}{it.id}", size=it.size_in_bytes, modified=_seconds(it.created_at))
            for it in page.artifacts
            if it.name == NAME and not it.expired and _at_home(it)
        )

    def get(self, key: str, most: int) -> bytes | None:
        """Return the line in an artifact, None where it is gone or holds none."""
        data = self._hub.download(f"artifacts/{key.removeprefix(PREFIX)}/zip")
        return None if data is None else _line(data, key, most)

    def put(self, key: str, data: bytes) -> None:
        """Lay the line ready, alone: only actions/upload-artifact can upload from a run."""
        disk.write(disk.fresh_folder(self._root / READY) / key, data)

    def delete(self, key: str) -> None:
        """Delete an artifact."""
        self._hub.ask(f"artifacts/{key.removeprefix(PREFIX)}", "--method", "DELETE")


def _at_home(artifact: _Artifact) -> bool:
    run = artifact.workflow_run
    return run is not None and run.head_repository_id == run.repository_id


def _line(data: bytes, key: str, most: int) -> bytes | None:
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as opened:
            names = [name for name in opened.namelist() if name.startswith(PREFIX)]
            if not names:
                return None
            with opened.open(names[0]) as stream:
                found = stream.read(most + 1)
    except (zipfile.BadZipFile, zlib.error, NotImplementedError, RuntimeError) as error:
        raise StoreError(f"GitHub's artifact can't be read: {error}.") from error
    if len(found) > most:
        raise TooLargeError(key, most)
    return found


def _seconds(created: str | None) -> float:
    return dt.datetime.fromisoformat(created).timestamp() if created else 0.0
