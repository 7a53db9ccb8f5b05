"""Real servers on bad lines: killed and cut in mid-transfer, and slowed to a crawl."""

from __future__ import annotations

import os
import signal
import threading
import time
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks import stores
from firsttry_tasks.stores import StoreError
from firsttry_tasks.stores.bounded import BoundedStore
from tests.unit.stores.kinds import SERVERS
from tests.unit.stores.line import behind, laid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firsttry_tasks.stores import Store
    from tests.unit.stores.line import Line
    from tests.unit.stores.servers import Server

pytestmark = pytest.mark.slow
BIG = bytes(range(256)) * 4096 * 4
KEY = "a.tar.zst"
#: More than the machine keeps for a server that is gone.
HUGE = BIG * 16
#: Enough for the heads of an answer, and far less than BIG.
SOME = 100_000
#: Bytes a second at which BIG takes a quarter of an hour.
CRAWL = 5_000
#: Seconds beyond what was asked for that a busy machine may take.
SLACK = 3.0


class Ends:
    """A server with a big file in it, and a line to it."""

    def __init__(self, server: Server, line: Line, folder: Path) -> None:
        """Remember both."""
        self.server = server
        self.line = line
        self._folder = folder

    def store(self, seconds: float) -> Store:
        """Return the store as it is seen through the line."""
        return stores.open_store(behind(self.server, self.line).url, self._folder, seconds)

    def direct(self, patch: pytest.MonkeyPatch) -> Store:
        """Return the store without the line."""
        for name, value in self.server.env.items():
            patch.setenv(name, value)
        return stores.open_store(self.server.url, self._folder, 30)


@pytest.fixture(params=SERVERS)
def ends(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Ends]:
    """Return a server of each kind, with a line to it that is still a good one."""
    with SERVERS[request.param](tmp_path) as server, laid(server.port) as line:
        found = Ends(server, line, tmp_path)
        found.direct(monkeypatch).put(KEY, BIG)
        for name, value in behind(server, line).env.items():
            monkeypatch.setenv(name, value)
        yield found


def test_a_good_line_carries_all(ends: Ends) -> None:
    """The control: what the others cut and slow down works."""
    assert ends.store(30).get(KEY, len(BIG)) == BIG


def test_a_cut_in_the_middle_is_told(ends: Ends) -> None:
    """Half a file is none."""
    ends.line.most = SOME
    with pytest.raises(StoreError):
        ends.store(3).get(KEY, len(BIG))


def test_a_server_that_is_killed_in_the_middle_is_told(ends: Ends) -> None:
    """Soon after, not at the end of all patience."""
    ends.store(30).put(KEY, HUGE)
    ends.line.rate = 8_000_000
    kill = threading.Timer(0.5, os.killpg, (ends.server.pid, signal.SIGKILL))
    kill.start()
    began = time.monotonic()
    with pytest.raises(StoreError):
        ends.store(60).get(KEY, len(HUGE))
    assert time.monotonic() - began < 20


def test_a_crawl_is_given_up_within_the_budget(ends: Ends) -> None:
    """However patient each request is."""
    ends.line.freely, ends.line.rate = SOME, CRAWL
    store = BoundedStore(ends.store(60), 1)
    began = time.monotonic()
    with pytest.raises(StoreError, match="within 1 s"):
        store.get(KEY, len(BIG))
    assert time.monotonic() - began < 1 + SLACK


def test_a_crawl_is_given_up_by_the_request_itself(ends: Ends) -> None:
    """A crawl that never stops is no sign of life."""
    ends.line.freely, ends.line.rate = SOME, CRAWL
    began = time.monotonic()
    with pytest.raises(StoreError):
        ends.store(2).get(KEY, len(BIG))
    assert time.monotonic() - began < 10


def test_a_cut_upload_leaves_nothing_or_all(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """The server never shows half a file."""
    ends.line.most = SOME
    with pytest.raises(StoreError):
        ends.store(3).put("b.tar.zst", BIG)
    store = ends.direct(monkeypatch)
    found = {entry.key: entry.size for entry in store.entries()}
    assert (found.get("b.tar.zst", len(BIG)), store.get("b.tar.zst", len(BIG))) in {
        (len(BIG), None),
        (len(BIG), BIG),
    }


def test_a_cut_upload_keeps_what_was_there(ends: Ends, monkeypatch: pytest.MonkeyPatch) -> None:
    """A label that is written again stands, old or new."""
    ends.line.most = SOME
    with pytest.raises(StoreError):
        ends.store(3).put(KEY, bytes(len(BIG)))
    assert ends.direct(monkeypatch).get(KEY, len(BIG)) in {BIG, bytes(len(BIG))}
