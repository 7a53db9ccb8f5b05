"""Signed golden caches, with real ssh keys: once signers are configured nothing else is taken."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.e2e.golden.world import ONLY_TESTS, World

if TYPE_CHECKING:
    from pathlib import Path

SIGNED = f"[tool.firsttry]\nsigners = 'ci/signers'\n{ONLY_TESTS}"
TAKEN = "Restored the golden cache of"


def _key(folder: Path, name: str) -> Path:
    place = folder / name
    argv = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", name, "-f", str(place)]
    subprocess.run(argv, check=True)
    return place


class Signed(World):
    """A world whose boxes are signed."""

    key: Path

    @property
    def env(self) -> dict[str, str]:
        """Return the environment, with the key that publishing signs with."""
        return {**super().env, "FIRSTTRY_SIGNING_KEY": str(self.key)}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Signed:
    """Return a world with a signed box in its store."""
    if shutil.which("ssh-keygen") is None:
        pytest.skip("ssh-keygen is not installed; run: apt-get install openssh-client")
    made = Signed(tmp_path_factory.mktemp("signed") / "world")
    made.key = _key(made.folder.parent, "ci")
    made.origin.begin(SIGNED)
    public = made.key.with_suffix(".pub").read_text()
    made.origin.write("ci/signers", f'ci@example.invalid namespaces="firsttry-golden" {public}')
    made.origin.shop()
    made.publish()
    return made


@pytest.fixture
def world(published: Signed, tmp_path: Path) -> Signed:
    """Return a world to use up."""
    published.copy(tmp_path / "world")
    made = Signed(tmp_path / "world")
    made.key = published.key
    return made


def _signature(world: World) -> Path:
    [found] = world.store.glob("*.sig")
    return found


def test_a_signed_box_is_taken(world: Signed) -> None:
    """By whoever has the list of signers."""
    assert TAKEN in world.update(world.clone()).out


def test_an_unsigned_box_is_refused(world: Signed) -> None:
    """Before anything of it is unpacked."""
    _signature(world).unlink()
    assert "it is not signed" in world.update(world.clone()).out


def test_a_strangers_signature_is_refused(world: Signed, tmp_path: Path) -> None:
    """Who may write into the store may not yet sign."""
    world.key = _key(tmp_path, "stranger")
    world.origin.run("doit", "publish", "record=1", env=world.env)
    assert "is not in signers" in world.update(world.clone()).out


def test_a_signature_of_another_label_is_refused(world: Signed) -> None:
    """A signature seals every byte of its index entry, and that one every byte of the box."""
    [index_entry] = world.store.glob("*.json")
    index_entry.write_bytes(index_entry.read_bytes().replace(b'"run": ', b'"run":  '))
    assert "its signature is not good" in world.update(world.clone()).out


def test_publishing_without_a_key_is_told(world: Signed) -> None:
    """Nobody would take such a box."""
    done = world.origin.run("doit", "publish", "record=1", env={"FIRSTTRY_STORE": str(world.store)})
    assert (done.code, "FIRSTTRY_SIGNING_KEY" in done.out) == (2, True)
