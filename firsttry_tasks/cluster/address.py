"""Reads where a cluster is, and refuses one that is open to anybody.

Whoever can submit to a dask scheduler runs code on its workers, so an address beyond this machine
is taken with mutual TLS only.
"""

from __future__ import annotations

import ipaddress
import re
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from firsttry_tasks.config.settings import PoolSettings

#: doit's variable that names the cluster, and the word for none, whatever the settings say.
ASKED, NONE = "cluster", "none"
#: What installs what a cluster needs.
INSTALL = "python -m pip install 'firsttry-tasks[cluster]'"
_URL = re.compile(
    r"(?P<kind>tcp|tls)://(?P<host>\[[0-9a-fA-F:.]+\]|[^\s:/\[\]]+):(?P<port>[0-9]{1,5})"
)


class Address(Struct, frozen=True, kw_only=True):
    """A cluster: one of this run's own (``local``), or a scheduler's address and certificates."""

    kind: Literal["local", "tcp", "tls"]
    url: str = ""
    certificates: tuple[str, str, str] | None = None


def read(text: str, pool: PoolSettings, root: Path) -> Address:
    """Return the address that a setting names; UsageError for one that is none, or is open."""
    if text == "local":
        return Address(kind="local")
    found = _URL.fullmatch(text)
    if found is None or int(found["port"]) > 65535:  # noqa: PLR2004  the highest port
        raise UsageError(
            f'cluster = {text!r}: known are "local", "tcp://127.0.0.1:8786" and'
            ' "tls://host:8786", the address of a dask scheduler.'
        )
    if found["kind"] == "tls":
        return Address(kind="tls", url=text, certificates=_certificates(text, pool, root))
    if not _on_loopback(found["host"].strip("[]")):
        raise UsageError(
            f"cluster = {text!r}: whoever reaches a scheduler by plain tcp runs code on its"
            " workers. Start it with TLS and use tls://, with ca, cert and key in"
            " [tool.firsttry.pool]."
        )
    return Address(kind="tcp", url=text)


def _on_loopback(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        # A name may stand for any machine, and for another one tomorrow.
        return False


def _certificates(text: str, pool: PoolSettings, root: Path) -> tuple[str, str, str] | None:
    """Return the files of certificates; None where dask's own configuration has to name them."""
    named = {"ca": pool.ca, "cert": pool.cert, "key": pool.key}
    if not any(named.values()):
        return None
    if missing := [name for name, place in named.items() if not place]:
        raise UsageError(
            f"cluster = {text!r} needs {' and '.join(missing)} in [tool.firsttry.pool], too."
        )
    places = {name: root / Path(place).expanduser() for name, place in named.items()}
    for name, place in places.items():
        if not place.is_file():
            raise UsageError(f"{name} in [tool.firsttry.pool]: there is no file {place}.")
    return str(places["ca"]), str(places["cert"]), str(places["key"])


def require(it: Address) -> None:
    """Raise UsageError where what the cluster needs is not installed."""
    from importlib.util import find_spec

    names = ("distributed", "cryptography") if it.kind == "local" else ("distributed",)
    if missing := [name for name in names if find_spec(name) is None]:
        where = it.url or it.kind
        raise UsageError(f"cluster = {where!r} needs {' and '.join(missing)}; run: {INSTALL}")
