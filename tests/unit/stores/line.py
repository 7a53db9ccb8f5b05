"""A line to a server, which can be slowed to a crawl and cut in the middle of what it carries."""

from __future__ import annotations

import contextlib
import socket
import struct
import threading
import time
from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.stores.servers import Server

CHUNK = 1 << 16
#: Seconds between two drops of what crawls.
DROP = 0.05


class Line:
    """What connections carry; tests change it while they are open.

    Each way of a connection carries ``freely`` bytes as fast as it can, then ``rate`` bytes a
    second; after ``most`` bytes the connection is reset.
    """

    def __init__(self, to: int) -> None:
        """Begin as a good line to a port of this machine."""
        self.to = to
        self.port = 0
        self.freely = 0
        self.rate: int | None = None
        self.most: int | None = None

    def serve(self, listening: socket.socket) -> None:
        """Carry every connection until nobody listens any more."""
        while True:
            try:
                near, _ = listening.accept()
            except OSError:
                return
            threading.Thread(target=self._connect, args=(near,), daemon=True).start()

    def _connect(self, near: socket.socket) -> None:
        to = ("127.0.0.1", self.to)
        with contextlib.suppress(OSError), near, socket.create_connection(to) as far:
            back = threading.Thread(target=self._carry, args=(far, near), daemon=True)
            back.start()
            self._carry(near, far)
            back.join()

    def _carry(self, source: socket.socket, target: socket.socket) -> None:
        carried = 0
        with contextlib.suppress(OSError):
            while data := source.recv(CHUNK):
                while data:
                    drop, data = self._drop(data, carried)
                    target.sendall(drop)
                    carried += len(drop)
                    if self.most is not None and carried >= self.most:
                        _reset(source, target)
                        return
        for end in (source, target):
            with contextlib.suppress(OSError):
                end.shutdown(socket.SHUT_RDWR)

    def _drop(self, data: bytes, carried: int) -> tuple[bytes, bytes]:
        """Return what goes on now, and what waits."""
        size = len(data) if self.most is None else max(1, self.most - carried)
        if self.rate is not None and carried < self.freely:
            size = min(size, self.freely - carried)
        elif self.rate is not None:
            time.sleep(DROP)
            size = min(size, max(1, int(self.rate * DROP)))
        return data[:size], data[size:]


def _reset(*ends: socket.socket) -> None:
    """Let both ends close without a good-bye, as a machine that is gone."""
    for end in ends:
        with contextlib.suppress(OSError):
            end.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            # This wakes whoever still reads here; what then closes resets.
            end.shutdown(socket.SHUT_RD)


@contextlib.contextmanager
def laid(to: int) -> Iterator[Line]:
    """Lay a line to a port; its own port is another one."""
    line = Line(to)
    with contextlib.closing(socket.create_server(("127.0.0.1", 0))) as listening:
        line.port = listening.getsockname()[1]
        threading.Thread(target=line.serve, args=(listening,), daemon=True).start()
        yield line
        with contextlib.suppress(OSError):
            listening.shutdown(socket.SHUT_RDWR)


def behind(server: Server, line: Line) -> Server:
    """Return a server as it is seen from the other end of a line."""
    near, far = f":{line.port}", f":{server.port}"
    env = {name: value.replace(far, near) for name, value in server.env.items()}
    return msgspec.structs.replace(server, url=server.url.replace(far, near), env=env)
