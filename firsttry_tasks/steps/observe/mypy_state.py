"""Decide whether a warm run may use mypy's cache, and drop the cache where it may not."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.team import tool_options
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.gates import mypy_cache
from firsttry_tasks.golden.box import IndexEntry
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.observed import PathState
from firsttry_tasks.steps.observe import watching
from firsttry_tasks.system import disk
from firsttry_tasks.system.boundary import path_state

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.gates.job import Job

PLACES = tool_options.PLACES["mypy"]
#: What mypy writes into the folder of each Python version: databases, or files in older versions.
WRITTEN = ("cache*.db", "@plugins_snapshot.json", "*.meta.json", "*.meta.ff")


def configured(root: Path) -> str:
    """Return the value of ``cache_dir`` in mypy's configuration, "" where it is not set."""
    sections = parity_lock.sections(root)
    found = (o.get("cache_dir") for p, o in sections.items() if p.startswith(PLACES))
    return str(next(filter(None, found), ""))


def configuration(root: Path) -> str:
    """Return a digest of mypy's configuration in the project, as a part of the gate's key."""
    found = parity_lock.configuration(root).items()
    lines = "\n".join(f"{place} {sha}" for place, sha in found if place.startswith(PLACES))
    return disk.digest(lines.encode("utf-8"))


def stale(root: Path, inputs: Inputs, tree: Mapping[str, str]) -> str:
    """Return why mypy's cache must not be used, "" where it may."""
    old = disk.read_own(root / state_paths.ran_file("warm", "mypy", "json"), Inputs)
    golden = disk.read_own(root / state_paths.GOLDEN, IndexEntry)
    if old is None:
        # A restored cache was written by a run from cold; any other may be of any configuration.
        return "" if golden else "another run of mypy made it"
    if part := mypy_cache.blind_to_parts(old.parts, inputs.parts):
        return f"it is blind to {part}, which changed"
    seen = watching.kept(root, "mypy")
    if seen is None or seen.unknown:
        return ""
    shown = {f"file {root}/{path}": state for path, state in seen.tree.items()}
    here = {name: path_state.now(name, known) for name, known in seen.rest.items()}
    here |= {name: _shown(root, name, tree) for name in shown}
    name = mypy_cache.blind_to({**seen.rest, **shown}, here, str(root))
    path = name.partition(" ")[2].removeprefix(f"{root}/")
    return f"it is blind to {path}, which changed" if name else ""


def _shown(root: Path, name: str, tree: Mapping[str, str]) -> PathState:
    path = name.partition(" ")[2]
    blob = tree.get(path.removeprefix(f"{root}/"))
    return PathState(blob, path_state.stamp(path)) if blob else PathState(path_state.ABSENT)


def caches(job: Job) -> tuple[Path, ...]:
    """Return mypy's caches, one for each Python version that it checked for."""
    places = (mypy_cache.place(part, configured(Path(part.root))) for part in job.each)
    # Nothing else that may lie beside them: a project can put its cache where it likes.
    folders = (it for place in places if place for it in Path(place).glob("[0-9].[0-9]*"))
    return tuple(it for it in folders if any(any(it.glob(name)) for name in WRITTEN))
