"""Describe the warm state in this checkout, and measure how far it is from the tree."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import fingerprint
from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.team import tool_options
from firsttry_tasks.dependency_db import WarmSummary
from firsttry_tasks.gates import mypy
from firsttry_tasks.golden.box import FITTING, IndexEntry
from firsttry_tasks.model import state_paths
from firsttry_tasks.steps.run.project import manifest, project
from firsttry_tasks.system import disk, git

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path


def mypy_folder(root: Path) -> Path | None:
    """Return mypy's cache folder; None where the gate is off or it lies outside the project."""
    here = project(root)
    if "mypy" not in here.gates("warm"):
        return None
    sections = parity_lock.sections(root)
    configured = [
        str(options["cache_dir"])
        for place, options in sections.items()
        if place.startswith(tool_options.PLACES["mypy"]) and options.get("cache_dir")
    ]
    found = mypy.cache_folder(here.job("warm", "mypy", ()), configured[0] if configured else "")
    return root / found if found else None


def needs(root: Path) -> tuple[str, ...]:
    """Return the paths of a complete warm state, relative to the project, the tests' first."""
    folder = mypy_folder(root)
    # mypy has a folder for each version that it checks for; another one's is of no use.
    version = f"{sys.version_info[0]}.{sys.version_info[1]}"
    own = (f"{folder.relative_to(root).as_posix()}/{version}",) if folder else ()
    return (state_paths.DB, state_paths.LEARNED, *own)


class Distance(msgspec.Struct, frozen=True, order=True):
    """How far a state is from the tree, compared first by code and then by all files."""

    #: Code comes first in the order: each changed module selects tests, and most other files
    #: select none.
    code: int
    files: int


def measure(paths: Collection[str]) -> Distance:
    """Return the distance for these differing paths."""
    return Distance(sum(path.endswith(".py") for path in paths), len(paths))


def distance(root: Path, parts: Mapping[str, str]) -> Distance | None:
    """Return how far the tree is from what the warm state was learned from.

    None where there is no state, or none that fits these parts.
    """
    learned = disk.read_own(root / state_paths.LEARNED, WarmSummary)
    if learned is None or not (root / state_paths.DB).exists():
        return None
    # Warm would run everything with such a state, so it is as good as none.
    if any(learned.parts[part] != parts.get(part) for part in FITTING if part in learned.parts):
        return None
    # The manifest of the last warm run is exact. After a restore there is none, and the box's
    # commit stands in for it.
    seen = disk.read(root / state_paths.ran_file("warm", "tests", "manifest"))
    if seen is not None:
        now = fingerprint.read_manifest(manifest(root, "warm", "tests"))
        return measure(fingerprint.paths(fingerprint.read_manifest(seen), now))
    golden = disk.read_own(root / state_paths.GOLDEN, IndexEntry)
    commit = golden.manifest.producer.commit if golden else ""
    return of_commit(root, commit) if commit else None


def of_commit(root: Path, commit: str) -> Distance | None:
    """Return how far the tree is from a commit; None where this clone does not have it."""
    paths = git.differing(project(root).top, commit)
    return None if paths is None else measure(paths)
