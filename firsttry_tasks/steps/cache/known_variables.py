"""Hold the sealed variables of a box against those of this machine."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks import fingerprint
from firsttry_tasks.dependency_db import translated
from firsttry_tasks.golden import contents, restore
from firsttry_tasks.golden.box import ENVIRONMENT, FITTING
from firsttry_tasks.model.observed import Watched
from firsttry_tasks.system import own_files
from firsttry_tasks.system.privacy import seals

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from firsttry_tasks.golden.box import IndexEntry, Manifest
    from firsttry_tasks.steps.run.project import Project


class KnownVariables:
    """Which digests of a box stand for values that variables have here, too."""

    def __init__(self, here: Project, parts: Mapping[str, str]) -> None:
        """Take the project, and the parts that a box has to fit."""
        self._here = here
        self._parts = parts
        self._same: dict[str, bool] = {}

    def suits(self, index_entry: IndexEntry) -> str:
        """Return why a box that fits by its name does not fit by its variables, "" if it does."""
        return self._compared(index_entry, (ENVIRONMENT,))

    def differences(self, index_entry: IndexEntry) -> str:
        """Return the parts in which a box differs from what it has to fit."""
        return self._compared(index_entry, FITTING)

    def _compared(self, index_entry: IndexEntry, names: tuple[str, ...]) -> str:
        manifest = index_entry.manifest
        digests = _digests(manifest)
        aliases = self._aliases(manifest, digests)
        theirs = manifest.parts | {
            ENVIRONMENT: translated(manifest.parts.get(ENVIRONMENT, ""), aliases)
        }
        pair = [{name: side.get(name, "") for name in names} for side in (theirs, self._parts)]
        return "; ".join(fingerprint.changes(*pair))

    def translate(self, staging: Path, manifest: Manifest) -> None:
        """Write into a staged box what its digests are called here."""
        watched = own_files.read(staging / contents.WATCHED, Watched) or Watched()
        restore.translate(staging, self._aliases(manifest, watched.variables | _digests(manifest)))

    def _aliases(self, manifest: Manifest, digests: Mapping[str, str]) -> dict[str, str]:
        """Return this machine's digests by those of the box, for variables of the same value."""
        asked = {n: it for n, it in manifest.sealed.items() if n in digests}
        fresh = {n: it for n, it in asked.items() if it not in self._same}
        # Each seal takes a while, and those of the environment are asked for twice.
        held = seals.held(fresh, self._here.value)
        self._same |= {it: name in held for name, it in fresh.items()}
        return {digests[n]: self._here.variable(n) for n, it in asked.items() if self._same[it]}


def _digests(manifest: Manifest) -> dict[str, str]:
    lines = manifest.parts.get(ENVIRONMENT, "").splitlines()
    return dict(line.partition("=")[::2] for line in lines)
