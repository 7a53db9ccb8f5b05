"""What the tests' own servers do where a port is taken before they come up."""

from __future__ import annotations

import contextlib
import socket
import sys
from typing import TYPE_CHECKING

import pytest

from tests.unit.stores.servers import Server, base, free_port, on_free_ports, running

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@on_free_ports
@contextlib.contextmanager
def _files(folder: Path) -> Iterator[Server]:
    port = PORTS.pop(0)
    argv = [sys.executable, "-m", "http.server", "--bind", "127.0.0.1", str(port)]
    with running(argv, port, base(), folder / "log") as pid:
        yield Server(url="", env={}, port=port, pid=pid)


PORTS: list[int] = []


def test_a_server_whose_port_was_taken_meanwhile_starts_at_another(tmp_path: Path) -> None:
    """The port is bound and nobody listens: the first server ends at once."""
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        free = free_port()
        PORTS[:] = [other.getsockname()[1], free]
        with _files(tmp_path) as server:
            assert server.port == free


def test_a_body_that_fails_is_not_tried_again(tmp_path: Path) -> None:
    """A test that fails over a server is red, whatever ports are left."""
    PORTS[:] = [free_port(), free_port()]
    with pytest.raises(ZeroDivisionError), _files(tmp_path):
        _ = 1 // 0
    assert len(PORTS) == 1


def test_no_port_is_given_out_twice() -> None:
    """A server of several parts asks for all its ports before it starts."""
    ports = [free_port() for _ in range(50)]
    assert len(set(ports)) == len(ports)
