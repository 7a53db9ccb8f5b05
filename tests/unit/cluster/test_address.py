"""A cluster is local, on the loopback, or behind TLS; anything else is refused with a sentence."""

from __future__ import annotations

from importlib import util
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.cluster import address
from firsttry_tasks.cluster.address import Address
from firsttry_tasks.config.settings import PoolSettings
from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

NONE = PoolSettings()


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("local", "local"),
        ("tcp://127.0.0.1:8786", "tcp"),
        ("tcp://127.3.2.1:8786", "tcp"),
        ("tcp://localhost:8786", "tcp"),
        ("tcp://[::1]:8786", "tcp"),
        ("tls://pool.example:8786", "tls"),
    ],
)
def test_what_is_safe_is_taken(text: str, kind: str, tmp_path: Path) -> None:
    """A cluster of this machine alone, or with keys on both sides."""
    assert address.read(text, NONE, tmp_path).kind == kind


@pytest.mark.parametrize(
    "text",
    ["tcp://10.0.0.7:8786", "tcp://pool.example:8786", "tcp://0.0.0.0:1", "tcp://[fe80::1]:1"],
)
def test_plain_tcp_beyond_this_machine_is_refused(text: str, tmp_path: Path) -> None:
    """Whoever reaches such a scheduler runs code on its workers."""
    with pytest.raises(UsageError, match=r"Start it with TLS and use tls://"):
        address.read(text, NONE, tmp_path)


@pytest.mark.parametrize(
    "text",
    ["lokal", "tcp://", "tls://host", "tls://host:99999", "http://host:1", "tls://a b:1", ""],
)
def test_what_is_no_address_is_told(text: str, tmp_path: Path) -> None:
    """A word that means nothing is a mistake in the settings."""
    with pytest.raises(UsageError, match=r"known are"):
        address.read(text, NONE, tmp_path)


def test_certificates_are_found_from_the_project(tmp_path: Path) -> None:
    """Paths are relative to the project, as everywhere in the settings."""
    for name in ("ca", "cert", "key"):
        (tmp_path / f"{name}.pem").touch()
    pool = PoolSettings(ca="ca.pem", cert="cert.pem", key="key.pem")
    found = address.read("tls://pool.example:1", pool, tmp_path).certificates
    assert found == tuple(str(tmp_path / f"{name}.pem") for name in ("ca", "cert", "key"))


@pytest.mark.parametrize(
    ("pool", "said"),
    [
        (PoolSettings(ca="ca.pem"), "needs cert and key in"),
        (PoolSettings(ca="ca.pem", cert="no.pem", key="ca.pem"), "cert in .*: there is no file"),
    ],
)
def test_half_of_the_certificates_is_told(pool: PoolSettings, said: str, tmp_path: Path) -> None:
    """It is said which file is missing."""
    (tmp_path / "ca.pem").touch()
    with pytest.raises(UsageError, match=said):
        address.read("tls://pool.example:1", pool, tmp_path)


def test_without_the_extra_the_command_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """Who asks for a cluster without dask reads how to get it."""
    monkeypatch.setattr(util, "find_spec", lambda _name: None)
    with pytest.raises(UsageError, match=r"pip install 'firsttry-tasks\[cluster\]'"):
        address.require(Address(kind="local"))
