"""Lines of parity runs in every kind of store, beside the boxes; the servers are real ones."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks import stores
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.flaky_records import Seen
from firsttry_tasks.model.values import Stored
from firsttry_tasks.parity.history import Line
from firsttry_tasks.stores import StoreError, runs
from tests.unit.stores import hub as stand_in
from tests.unit.stores import kinds
from tests.unit.stores.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.stores import Store

LINE = Line(
    id="1a-b", at="2026-03-01T12:00:00+00:00", fingerprint="f", verdict="success", exit_code=0
)
KINDS = ["folder", *(pytest.param(kind, marks=pytest.mark.slow) for kind in kinds.SERVERS)]


@pytest.fixture
def both(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Store, Store]]:
    """Return the boxes' place and the runs' place of one empty store."""
    if request.param == "folder":
        yield (
            stores.open_store("stored_box", tmp_path, 30),
            runs.open_runs("stored_box", tmp_path, 30),
        )
        return
    with kinds.SERVERS[request.param](tmp_path) as server:
        for name, value in server.env.items():
            monkeypatch.setenv(name, value)
        if server.root:
            (Path(server.root) / "stored_box").mkdir()
        url = f"{server.url}/stored_box"
        yield stores.open_store(url, tmp_path, 30), runs.open_runs(url, tmp_path, 30)


@pytest.mark.parametrize("both", KINDS, indirect=True)
def test_runs_lie_beside_the_boxes(both: tuple[Store, Store]) -> None:
    """Their folder is made by the first of them, and a listing of boxes does not see it."""
    boxes, place = both
    empty = place.entries()
    place.put(runs.key(LINE), runs.encode(LINE))
    boxes.put("a.json", b"a")
    listed = ([it.key for it in boxes.entries()], [it.key for it in place.entries()])
    got = runs.read(place.get(runs.key(LINE), runs.MOST) or b"")
    place.delete(runs.key(LINE))
    expected = ((), (["a.json"], [runs.key(LINE)]), LINE, ())
    assert (empty, listed, got, place.entries()) == expected


def test_a_folder_of_ours_stays_out_of_git(tmp_path: Path) -> None:
    """Whether a box or a run is put into it first."""
    runs.open_runs("stored_box", tmp_path, 30).put("x", b"x")
    assert (tmp_path / "stored_box/.gitignore").read_text() == "*\n"


def test_an_unknown_scheme_is_wrong_usage(tmp_path: Path) -> None:
    """As for the boxes."""
    with pytest.raises(UsageError, match="s3://"):
        runs.open_runs("ftp://x/y", tmp_path, 1)


def test_the_same_run_has_the_same_place() -> None:
    """Comparing twice, or on a machine with another clock zone, makes no second run."""
    again = msgspec.structs.replace(LINE, at="2026-03-01T13:00:00+01:00")
    assert runs.key(LINE) == runs.key(again)


HOSTILE = [
    b"",
    b"[]",
    b"\xff\xfe",
    b"[" * 100_000,
    runs.encode(msgspec.structs.replace(LINE, at="yesterday")),
    runs.encode(msgspec.structs.replace(LINE, at="2026-03-01")),
    runs.encode(msgspec.structs.replace(LINE, verdict="fine")),
    runs.encode(msgspec.structs.replace(LINE, everything=("\x1b]0;gone\x07",))),
    runs.encode(msgspec.structs.replace(LINE, classes={"\x1b[2J": 1})),
    runs.encode(msgspec.structs.replace(LINE, warm=1e308)),
    runs.encode(msgspec.structs.replace(LINE, full=-1.0)),
    runs.encode(msgspec.structs.replace(LINE, classes={"flaky": 10**30})),
    runs.encode(LINE).replace(b'"exit_code":0', b'"exit_code":"0"'),
]


@pytest.mark.parametrize("data", HOSTILE)
def test_what_is_no_run_is_left_out(data: bytes) -> None:
    """Whoever may run CI may write there, and what is shown goes to a terminal."""
    assert runs.read(data) is None


SEEN = Seen(id="1", at="2026-03-01T12:00:00+00:00", tree="t", runs=2, failures=1, how="retry")


def test_what_a_run_saw_is_read_again() -> None:
    """Beside its line, in the same file."""
    data = runs.encode(LINE, [("t", SEEN)])
    assert (runs.read(data), runs.sightings(data)) == (LINE, (("t", SEEN),))


@pytest.mark.parametrize(
    "more",
    [
        {"at": "yesterday"},
        {"at": "2026-03-01"},
        {"runs": 0, "failures": 0},
        {"runs": 1, "failures": 2},
        {"failures": -1},
        {"runs": 10**12},
        {"before": "\x1b[2J"},
        {"tree": "\n"},
    ],
)
def test_what_can_t_have_been_seen_is_left_out(more: dict[str, Any]) -> None:
    """The rest of the file counts."""
    bad = msgspec.structs.replace(SEEN, **more)
    data = runs.encode(LINE, [("t", bad), ("u", SEEN), ("\x07", SEEN)])
    assert runs.sightings(data) == (("u", SEEN),)


@pytest.mark.parametrize("data", [b"", b"{}", b"{}\n", b"{}\n{}\n", b"{}\n[[1,2]]\n", b"\n\xff"])
def test_a_file_without_sightings_has_none(data: bytes) -> None:
    """Whatever stands in it."""
    assert runs.sightings(data) == ()


@given(st.binary(max_size=200), st.integers(0, 500))
def test_a_spoiled_run_is_read_or_left_out(noise: bytes, at: int) -> None:
    """Never a traceback."""
    data = runs.encode(LINE)
    found = runs.read(data[:at] + noise + data[at:])
    assert found is None or found.at


def test_old_runs_are_outdated() -> None:
    """By the days that boxes are kept, and above all by number; what is not ours stays."""
    now = 1e9
    young = [Stored(key=f"{runs.PREFIX}{n}", size=1, modified=now - n) for n in range(runs.KEPT)]
    old = Stored(key=f"{runs.PREFIX}old", size=1, modified=now - 31 * runs.DAY)
    one_more = Stored(key=f"{runs.PREFIX}more", size=1, modified=now - runs.KEPT)
    other = Stored(key="other", size=1, modified=0)
    found = runs.outdated([old, other, one_more, *young], now, max_age=30)
    assert found == (one_more.key, old.key)


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the stand-in's certificate."""
    return stand_in.certificate(tmp_path_factory.mktemp("pem"))


@pytest.fixture
def hub(pem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    """Return the stand-in, and let gh find it."""
    served = Hub()
    with stand_in.met_by_gh(served, pem, tmp_path, monkeypatch):
        yield served


def _github(tmp_path: Path) -> Store:
    return runs.open_runs("github://acme/shop", tmp_path, 30)


def test_github_s_runs_are_read(hub: Hub, tmp_path: Path) -> None:
    """Each out of its artifact; other artifacts and those of forks are not asked for."""
    hub.add(json=b"label")
    hub.add_run(runs.encode(LINE), runs.key(LINE))
    hub.add_run(runs.encode(LINE), runs.key(LINE), fork=2)
    store = _github(tmp_path)
    [entry] = store.entries()
    got = runs.read(store.get(entry.key, runs.MOST) or b"")
    assert (got, abs(entry.modified - time.time()) < 1e9, len(hub.asked)) == (LINE, True, 3)


def test_github_s_newest_hundred_are_looked_at(hub: Hub, tmp_path: Path) -> None:
    """One request, however many there are."""
    for _ in range(150):
        hub.add_run(b"", runs.key(LINE))
    assert (len(_github(tmp_path).entries()), len(hub.asked)) == (100, 1)


def test_an_artifact_without_a_run_is_none(hub: Hub, tmp_path: Path) -> None:
    """Whatever else is in it."""
    hub.add_run(b"x", "other.txt")
    store = _github(tmp_path)
    assert store.get(store.entries()[0].key, runs.MOST) is None


@pytest.mark.parametrize("data", [b"PK\x03\x04 and no more", b""])
def test_an_artifact_that_is_no_zip_is_told(hub: Hub, tmp_path: Path, data: bytes) -> None:
    """What GitHub serves is foreign input, too."""
    hub.add_run(b"", runs.key(LINE))
    hub.zips[1] = data
    store = _github(tmp_path)
    with pytest.raises(StoreError):
        store.get(store.entries()[0].key, runs.MOST)


def test_too_large_a_run_is_refused(hub: Hub, tmp_path: Path) -> None:
    """By what it unpacks to."""
    hub.add_run(bytes(runs.MOST + 1), runs.key(LINE))
    store = _github(tmp_path)
    with pytest.raises(StoreError, match="larger than"):
        store.get(store.entries()[0].key, runs.MOST)


def test_a_run_lies_ready_for_the_upload_alone(tmp_path: Path) -> None:
    """Not with the one of an earlier job on the same machine."""
    store = _github(tmp_path)
    store.put("parity-run-1.json", b"1")
    store.put("parity-run-2.json", b"2")
    folder = tmp_path / state_paths.PUBLISH_RUNS
    assert [it.name for it in folder.iterdir() if it.name[0] != "."] == ["parity-run-2.json"]
