"""GitHub's artifacts, through the real gh client where it is installed, against a stand-in."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks import stores
from firsttry_tasks.golden import retention
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.stores import RefusedError, StoreError, TooLargeError, github
from firsttry_tasks.system import process
from tests.unit.stores import hub as stand_in
from tests.unit.stores.hub import NAME, Hub

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firsttry_tasks.stores import Store

LABEL = f"{NAME}.json"
WHOLE = f"{NAME}.{'d' * 16}.tar.zst"
TOLD = f"{NAME}.{'e' * 16}.delta"


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


def _store(tmp_path: Path, seconds: float = 30) -> Store:
    return stores.open_store("github://acme/shop", tmp_path, seconds)


def test_a_label_is_got(hub: Hub, tmp_path: Path) -> None:
    """Out of the artifact, past the redirect to where GitHub keeps it."""
    hub.add(json=b"label")
    assert _store(tmp_path).get(LABEL, 100) == b"label"


def test_an_artifact_is_fetched_once(hub: Hub, tmp_path: Path) -> None:
    """Label and archive come in one download."""
    hub.add(json=b"label", zst=b"archive")
    store = _store(tmp_path)
    store.get(LABEL, 100)
    store.get(f"{NAME}.zst", 100)
    assert sum("blobs.example.net" in asked for asked in hub.asked) == 1


def test_pages_are_turned(hub: Hub, tmp_path: Path) -> None:
    """A box on the second page is found."""
    hub.add(json=b"label")
    for number in range(150):
        hub.add(name=f"coverage-{number}")
    assert [entry.key for entry in _store(tmp_path).entries()] == [LABEL]


def test_the_number_of_calls_is_bounded(hub: Hub, tmp_path: Path) -> None:
    """However many artifacts there are."""
    for number in range(1000):
        hub.add(name=f"coverage-{number}")
    _store(tmp_path).entries()
    assert len(hub.asked) == github.PAGES


UNBELIEVED: dict[str, dict[str, Any]] = {
    "a fork": {"head_repository": {"id": 2}},
    "a fork that is gone": {"head_repository": None},
    "another branch": {"head_branch": "topic"},
}


@pytest.mark.parametrize("run", UNBELIEVED.values(), ids=UNBELIEVED)
def test_artifacts_from_elsewhere_are_not_listed(
    hub: Hub, tmp_path: Path, run: dict[str, Any]
) -> None:
    """They do not exist here."""
    hub.add(run=run, json=b"label")
    assert _store(tmp_path).entries() == ()


FORGED: dict[str, dict[str, Any]] = {
    "a pull request": {"event": "pull_request"},
    "a pull request's target": {"event": "pull_request_target"},
    "a person": {"event": "workflow_dispatch"},
    "another workflow": {"path": ".github/workflows/evil.yml"},
    "a workflow elsewhere": {"path": "evil/ci.yml"},
}


@pytest.mark.parametrize("run", FORGED.values(), ids=FORGED)
def test_a_forged_artifact_is_refused(hub: Hub, tmp_path: Path, run: dict[str, Any]) -> None:
    """Though it has the name of a golden cache and says it is of main."""
    hub.add(run=run, json=b"label")
    with pytest.raises(StoreError, match="is believed"):
        _store(tmp_path).get(LABEL, 100)


@pytest.mark.parametrize("run", FORGED.values(), ids=FORGED)
def test_a_forged_artifact_hides_no_true_one(hub: Hub, tmp_path: Path, run: dict[str, Any]) -> None:
    """Though it is newer and has the same name."""
    hub.add(json=b"true")
    hub.add(run=run, json=b"forged")
    assert _store(tmp_path).get(LABEL, 100) == b"true"


def test_forged_artifacts_are_asked_about_a_few_times(hub: Hub, tmp_path: Path) -> None:
    """However many there are of one name."""
    for _ in range(20):
        hub.add(run={"event": "pull_request"}, json=b"forged")
    with pytest.raises(RefusedError):
        _store(tmp_path).get(LABEL, 100)
    assert sum("/runs/" in asked for asked in hub.asked) == github.TRIES


def test_an_artifact_named_after_another_commit_is_not_listed(hub: Hub, tmp_path: Path) -> None:
    """A name is believed only of the commit its run was of."""
    hub.add(run={"head_sha": "d" * 40}, json=b"label")
    assert _store(tmp_path).entries() == ()


def test_an_expired_artifact_is_not_listed(hub: Hub, tmp_path: Path) -> None:
    """GitHub lists it for a while."""
    hub.add(json=b"label")
    hub.artifacts[0]["expired"] = True
    assert _store(tmp_path).entries() == ()


@pytest.mark.parametrize("status", [404, 410])
def test_an_artifact_that_expires_meanwhile_is_none(hub: Hub, tmp_path: Path, status: int) -> None:
    """Between the listing and the download."""
    hub.add(json=b"label")
    hub.status["/zip"] = status
    assert _store(tmp_path).get(LABEL, 100) is None


@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 503])
def test_trouble_is_told(hub: Hub, tmp_path: Path, status: int) -> None:
    """With GitHub's own words."""
    hub.status["artifacts"] = status
    with pytest.raises(StoreError, match=str(status)):
        _store(tmp_path).entries()


def test_a_transfer_that_is_cut_is_told(hub: Hub, tmp_path: Path) -> None:
    """Half an artifact is none."""
    hub.add(json=b"label" * 1000)
    store = _store(tmp_path)
    store.entries()
    hub.cut = True
    with pytest.raises(StoreError):
        store.get(LABEL, 100_000)


def test_a_crawl_is_given_up(hub: Hub, tmp_path: Path) -> None:
    """After the seconds that were asked for."""
    hub.pause = 20
    with pytest.raises(StoreError, match="within 1 s"):
        _store(tmp_path, 1).entries()


def test_a_zip_that_is_none_is_told(hub: Hub, tmp_path: Path) -> None:
    """What GitHub serves is foreign input, too."""
    hub.zips[hub.add(json=b"label")] = b"PK\x03\x04 and no more"
    with pytest.raises(StoreError, match="can't be read"):
        _store(tmp_path).get(LABEL, 100)


def test_too_large_a_member_is_refused(hub: Hub, tmp_path: Path) -> None:
    """By what it unpacks to."""
    hub.add(json=bytes(100_000))
    with pytest.raises(TooLargeError):
        _store(tmp_path).get(LABEL, 99_999)


def test_an_artifact_is_deleted(hub: Hub, tmp_path: Path) -> None:
    """As pruning asks for it."""
    hub.add(json=b"label")
    _store(tmp_path).delete(LABEL)
    assert hub.artifacts == []


def test_nobody_signed_in_is_told(
    hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With gh's own advice."""
    del hub
    monkeypatch.delenv("GH_TOKEN")
    with pytest.raises(StoreError, match="gh auth login"):
        _store(tmp_path).entries()


def test_what_is_published_lies_ready_for_the_upload(tmp_path: Path) -> None:
    """Only an action can upload from a run."""
    _store(tmp_path).put(LABEL, b"label")
    assert (tmp_path / state_paths.PUBLISH / LABEL).read_bytes() == b"label"


def test_no_client_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With where to get it."""
    monkeypatch.setattr(process, "find", lambda _name: None)
    with pytest.raises(StoreError, match=r"cli\.github\.com"):
        _store(tmp_path).entries()


@pytest.mark.parametrize("url", ["github://acme", "github://a/b/c", "github://a/b?evil=1"])
def test_a_wrong_address_is_wrong_usage(tmp_path: Path, url: str) -> None:
    """The sentence has the right form."""
    with pytest.raises(UsageError, match="OWNER/REPO"):
        stores.open_store(url, tmp_path, 1)


def test_workflow_and_branch_can_be_named() -> None:
    """For projects whose main is called otherwise."""
    found = github.trusted("github://acme/shop?workflow=main.yml&branch=trunk", "main")
    assert (found.workflow, found.branch) == ("main.yml", "trunk")


def _with_delta(hub: Hub) -> None:
    hub.upload(NAME, {LABEL: b"label", WHOLE: b"whole"})
    hub.upload(TOLD, {LABEL: b"label", f"{TOLD}.zst": b"delta"})


def _fetched(hub: Hub) -> list[str]:
    return [asked for asked in hub.asked if "blobs.example.net" in asked]


def test_who_holds_a_box_reads_the_label_beside_the_delta(hub: Hub, tmp_path: Path) -> None:
    """And fetches no whole box to learn that a delta is enough."""
    _with_delta(hub)
    store = stores.open_store("github://acme/shop", tmp_path, 30, holding=True)
    got = (store.get(LABEL, 100), store.get(f"{TOLD}.zst", 100))
    assert (got, len(_fetched(hub))) == ((b"label", b"delta"), 1)


def test_forged_deltas_hide_no_box(hub: Hub, tmp_path: Path) -> None:
    """However many there are, the label beside the whole box is found."""
    hub.upload(NAME, {LABEL: b"true"})
    for number in range(10):
        forged = f"{NAME}.{number:016}.delta"
        hub.upload(forged, {LABEL: b"forged"}, {"event": "pull_request"})
    store = stores.open_store("github://acme/shop", tmp_path, 30, holding=True)
    assert store.get(LABEL, 100) == b"true"


def test_who_holds_none_fetches_the_whole_alone(hub: Hub, tmp_path: Path) -> None:
    """The delta would be of no use."""
    _with_delta(hub)
    store = _store(tmp_path)
    got = (store.get(LABEL, 100), store.get(WHOLE, 100))
    assert (got, len(_fetched(hub))) == ((b"label", b"whole"), 1)


def test_a_delta_is_listed_as_a_part_of_its_box(hub: Hub, tmp_path: Path) -> None:
    """So it goes when the box goes."""
    _with_delta(hub)
    [stored_box] = retention.stored_boxes(_store(tmp_path).entries())
    assert stored_box.keys == (f"{TOLD}.zst", LABEL)


def test_a_delta_is_deleted(hub: Hub, tmp_path: Path) -> None:
    """And its box stays."""
    _with_delta(hub)
    _store(tmp_path).delete(f"{TOLD}.zst")
    assert [it["name"] for it in hub.artifacts] == [NAME]


def test_a_delta_lies_ready_with_the_label_beside_it(tmp_path: Path) -> None:
    """For an artifact of its own."""
    store = _store(tmp_path)
    for key in (WHOLE, f"{TOLD}.zst", LABEL):
        store.put(key, b"x")
    found = {path.name for path in (tmp_path / state_paths.PUBLISH_DELTA).glob("w*")}
    assert found == {f"{TOLD}.zst", LABEL}
