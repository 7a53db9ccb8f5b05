"""A project whose golden cache is published, and clones of it, for the tests to use up."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from tests.e2e.checkout import Checkout, Ran

if TYPE_CHECKING:
    from pathlib import Path

#: Ruff is off: it has no part in a golden cache.
_TABLES = "[tool.firsttry.ruff]\nenabled = false\n[tool.firsttry.mypy]\nenabled = {}\n"
SETTINGS, ONLY_TESTS = _TABLES.format("true"), _TABLES.format("false")


class World:
    """A store and the checkouts that share it."""

    def __init__(self, folder: Path) -> None:
        """Remember where they are going to stand."""
        self.folder = folder
        self.store = folder / "store"
        self.origin = Checkout(folder / "origin")

    @property
    def env(self) -> dict[str, str]:
        """Return what tells a run where the store is; patient, as the machine may be busy."""
        return {"FIRSTTRY_STORE": str(self.store), "FIRSTTRY_STORE_SECONDS": "30"}

    def begin(self, settings: str) -> World:
        """Make a project, and publish its golden cache."""
        self.origin.begin(settings)
        self.origin.shop()
        self.publish()
        return self

    def publish(self) -> None:
        """Run the full stage, recording, and publish."""
        done = self.origin.run("doit", "full", "record=1", env=self.env)
        assert done.code == 0, done.out
        done = self.origin.run("doit", "publish", "record=1", env=self.env)
        assert done.code == 0, done.out

    def clone(self, name: str = "clone", *options: str) -> Checkout:
        """Return a fresh clone at another place."""
        place = self.folder / name
        self.origin.git("clone", "-q", *options, f"file://{self.origin.root}", str(place))
        return Checkout(place)

    def copy(self, folder: Path) -> World:
        """Return a copy of the whole world."""
        shutil.copytree(self.folder, folder, symlinks=True)
        return World(folder)

    def warm(self, checkout: Checkout) -> Ran:
        """Run the warm stage with this store."""
        return checkout.run("doit", "warm", env=self.env)

    def update(self, checkout: Checkout, *words: str) -> Ran:
        """Ask this store for the nearest golden cache."""
        return checkout.run("doit", "update_cache", *words, env=self.env)

    @property
    def archive(self) -> Path:
        """Return the one archive in the store."""
        [found] = self.store.glob("*.tar.zst")
        return found
