"""What every kind of store can do, asked of each; the servers are real ones."""

from __future__ import annotations

import os
import signal
import time
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks import stores
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.stores import StoreError, TooLargeError
from firsttry_tasks.stores.bounded import BoundedStore
from tests.unit.stores.kinds import SERVERS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firsttry_tasks.stores import Store
    from tests.unit.stores.servers import Server

    Start = Callable[[str], Server]

KINDS = ["folder", *(pytest.param(kind, marks=pytest.mark.slow) for kind in SERVERS)]
ONLINE = [pytest.param(kind, marks=pytest.mark.slow) for kind in SERVERS]
BIG = bytes(range(256)) * 4096 * 8


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Return what starts a server of a kind, once for all tests here."""
    found: dict[str, Server] = {}
    with ExitStack() as stack:

        def started(kind: str) -> Server:
            if kind not in found:
                folder = tmp_path_factory.mktemp(kind)
                found[kind] = stack.enter_context(SERVERS[kind](folder))
            return found[kind]

        yield started


@pytest.fixture
def store(
    request: pytest.FixtureRequest, start: Start, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Store:
    """Return an empty store of the kind that the test is run with."""
    kind = request.param
    if kind == "folder":
        return stores.open_store("boxes", tmp_path, 30)
    server = start(kind)
    for name, value in server.env.items():
        monkeypatch.setenv(name, value)
    if server.root:
        (Path(server.root) / tmp_path.name).mkdir()
    return stores.open_store(f"{server.url}/{tmp_path.name}", tmp_path, 30)


every = pytest.mark.parametrize("store", KINDS, indirect=True)


@every
def test_what_is_put_is_got(store: Store) -> None:
    """Byte for byte, eight megabytes of it."""
    store.put("a.tar.zst", BIG)
    assert store.get("a.tar.zst", len(BIG)) == BIG


@every
def test_an_empty_store_lists_nothing(store: Store) -> None:
    """A store that nobody wrote to yet is no failure."""
    assert store.entries() == ()


@every
def test_entries_have_name_and_size(store: Store) -> None:
    """What a listing says is enough to choose."""
    store.put("a.json", b"12")
    store.put("b.json", b"345")
    found = sorted((entry.key, entry.size) for entry in store.entries())
    assert found == [("a.json", 2), ("b.json", 3)]


@every
def test_entries_have_a_time(store: Store) -> None:
    """Retention goes by it."""
    store.put("a.json", b"12")
    assert abs(store.entries()[0].modified - time.time()) < 100


@every
def test_what_is_absent_is_none(store: Store) -> None:
    """As it is between a listing and a prune."""
    assert store.get("a.json", 100) is None


@every
def test_the_last_put_stands(store: Store) -> None:
    """Whole, over what was there."""
    store.put("a.json", b"old and longer")
    store.put("a.json", b"new")
    assert store.get("a.json", 100) == b"new"


@every
def test_what_is_deleted_is_gone(store: Store) -> None:
    """And deleting it again is fine."""
    store.put("a.json", b"1")
    store.delete("a.json")
    store.delete("a.json")
    assert store.entries() == ()


@every
def test_too_much_is_refused(store: Store) -> None:
    """Before it is read."""
    store.put("a.json", b"12345")
    with pytest.raises(TooLargeError):
        store.get("a.json", 4)


@pytest.mark.parametrize("kind", ONLINE)
def test_a_killed_server_is_told(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In a sentence with the store's address, and not much later than asked for."""
    with SERVERS[kind](tmp_path) as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        store = stores.open_store(server.url, tmp_path, 2)
        os.killpg(server.pid, signal.SIGKILL)
        with pytest.raises(StoreError, match=server.url):
            store.entries()


@pytest.mark.parametrize("kind", ONLINE)
def test_a_stopped_server_is_not_waited_for(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A warm run spends a second on a store that hangs, not a minute."""
    with SERVERS[kind](tmp_path) as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        store = BoundedStore(stores.open_store(server.url, tmp_path, 60), 1)
        os.killpg(server.pid, signal.SIGSTOP)
        began = time.monotonic()
        with pytest.raises(StoreError):
            store.entries()
        assert time.monotonic() - began < 3


def test_an_unknown_scheme_is_wrong_usage(tmp_path: Path) -> None:
    """The sentence has those that are known."""
    with pytest.raises(UsageError, match="s3://"):
        stores.open_store("ftp://x/y", tmp_path, 1)


def test_passwords_are_not_shown() -> None:
    """A URL is printed without its user."""
    assert stores.shown("https://me:secret@host/x@y") == "https://host/x@y"
