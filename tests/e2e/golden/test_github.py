"""Golden caches in GitHub's artifacts, by the real gh client: who made them decides."""

from __future__ import annotations

import shutil
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks.model import state_paths
from firsttry_tasks.stores import github
from tests.e2e.checkout import Checkout
from tests.e2e.golden.world import ONLY_TESTS, World
from tests.unit.stores import hub as stand_in
from tests.unit.stores.hub import Hub
from tests.unit.stores.line import laid

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.unit.stores.line import Line

TAKEN = "Restored the golden cache of"
PULL_REQUEST = {"event": "pull_request"}
#: What a line does: it crawls from the start, crawls within the box, or is cut there.
BAD = ({"rate": 1_000}, {"freely": 6_000, "rate": 1_000}, {"most": 6_000})


class OnHub(World):
    """A world whose boxes are artifacts of runs on the stand-in."""

    hub: Hub
    line: Line
    pem: Path

    @property
    def env(self) -> dict[str, str]:
        """Return what lets gh find the stand-in."""
        return {
            **super().env,
            "FIRSTTRY_STORE": "github://acme/shop",
            "HTTPS_PROXY": f"http://127.0.0.1:{self.line.port}",
            "SSL_CERT_FILE": str(self.pem),
            "GH_TOKEN": "a-token",
            "GH_CONFIG_DIR": str(self.folder / "gh"),
        }

    def run_of(self, **run: Any) -> dict[str, Any]:
        """Return a run of main's last commit, but for what is said otherwise."""
        return {"head_sha": self.origin.git("rev-parse", "HEAD").strip(), **run}

    def upload(self, **run: Any) -> None:
        """Upload what lies ready, as the workflow does."""
        for place in (state_paths.PUBLISH, state_paths.PUBLISH_DELTA):
            folder = self.origin.root / place
            files = {it.name: it.read_bytes() for it in folder.glob("warm-cache-*")}
            names = {github.artifact(key) for key in files if key.endswith(".zst")}
            for name in names:
                self.hub.upload(name, files, self.run_of(**run))

    def more(self, number: int, **run: Any) -> None:
        """Commit a change, and publish its box by a run."""
        code = (self.origin.root / "shop.py").read_text()
        self.origin.write("shop.py", f"{code}\n\nX{number} = {number}\n")
        self.origin.commit()
        self.publish()
        self.upload(**run)

    def fetched(self, asking: int) -> list[str]:
        """Return the artifacts that were downloaded since so many requests, by their ends."""
        asked = [line for line in self.hub.asked[asking:] if "blobs.example.net" in line]
        names = {str(it["id"]): str(it["name"]) for it in self.hub.artifacts}
        return [names[line.rpartition("/")[2]] for line in asked]


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the stand-in's certificate."""
    return stand_in.certificate(tmp_path_factory.mktemp("pem"))


@pytest.fixture
def world(pem: Path, tmp_path: Path) -> Iterator[OnHub]:
    """Return a world whose first box is uploaded, large enough for deltas to be worth it."""
    made = OnHub(tmp_path / "world")
    made.hub, made.pem = Hub(), pem
    with stand_in.serving(made.hub, pem) as port, laid(port) as made.line:
        made.origin.begin(ONLY_TESTS)
        tests = "\n\n".join(f"def test_{n}() -> None:\n    assert {n} < 500\n" for n in range(300))
        made.origin.write("tests/test_many.py", tests)
        made.origin.shop()
        made.publish()
        made.upload()
        yield made


def _pulled(world: OnHub, name: str = "clone") -> Checkout:
    clone = Checkout(world.folder / name)
    clone.git("pull", "-q")
    return clone


def test_a_fresh_clone_is_warm(world: OnHub) -> None:
    """No test runs, and the whole box is all that was downloaded."""
    clone = world.clone()
    asking = len(world.hub.asked)
    said = world.warm(clone).out
    detail = clone.gate().tests
    selected = detail.counts.selected if detail else -1
    assert (TAKEN in said, selected, len(world.fetched(asking))) == (True, 0, 1)


@pytest.mark.slow
def test_who_holds_a_box_downloads_deltas_alone(world: OnHub) -> None:
    """Two commits later: two small artifacts, no whole one."""
    clone = world.clone()
    world.update(clone)
    world.more(1)
    world.more(2)
    asking = len(world.hub.asked)
    said = world.update(_pulled(world)).out
    ends = [name.rpartition(".")[2] for name in world.fetched(asking)]
    assert (TAKEN in said, ends) == (True, ["delta", "delta"]), said


@pytest.mark.slow
def test_the_next_nearest_is_taken_where_one_is_forged(world: OnHub) -> None:
    """It says what was wrong with the nearer one."""
    world.more(1, **PULL_REQUEST)
    said = world.update(world.clone()).out
    assert ("1 commit back" in said, "on pull_request of main" in said) == (True, True), said


@pytest.mark.slow
def test_a_forged_box_that_would_not_fit_is_in_nobodys_way(world: OnHub) -> None:
    """The reason that is told of it is that it is not believed."""
    name = stand_in.NAME.replace(stand_in.HEAD, "{head}")
    world.origin.write("notes.txt", "")
    world.origin.commit()
    run = world.run_of(**PULL_REQUEST)
    forged = name.format(head=run["head_sha"])
    world.hub.upload(forged, {f"{forged}.json": b"{}"}, run)
    said = world.update(world.clone()).out
    told = f"{run['head_sha'][:12]} does not fit: {forged} was made by" in said
    assert (TAKEN in said, told) == (True, True), said


@pytest.mark.slow
def test_a_reason_that_can_not_be_had_is_in_nobodys_way(world: OnHub) -> None:
    """Why a nearer box does not fit is asked after the one that fits is restored."""
    world.origin.write("notes.txt", "")
    world.origin.commit()
    head = world.run_of()["head_sha"]
    nearer = stand_in.NAME.replace(stand_in.HEAD, head)
    number = world.hub.upload(nearer, {f"{nearer}.json": b"{}"}, world.run_of())
    world.hub.status[f"artifacts/{number}/zip"] = 500
    said = world.update(world.clone()).out
    assert (TAKEN in said, f"{head[:12]} does not fit: GitHub" in said) == (True, True), said


@pytest.mark.slow
def test_where_all_are_forged_warm_goes_on_cold(world: OnHub) -> None:
    """Green, and saying so."""
    for artifact in world.hub.artifacts:
        world.hub.runs[artifact["id"]]["event"] = "pull_request"
    clone = world.clone()
    done = world.warm(clone)
    detail = clone.gate().tests
    selected = detail.counts.selected if detail else -1
    assert (done.code, "is refused" in done.out, selected) == (0, True, 302), done.out


@pytest.mark.slow
def test_a_box_that_is_damaged_gives_way_to_the_next(world: OnHub) -> None:
    """As it is where a run was believed and its bytes are not what its index entry seals."""
    world.more(1)
    number = next(it["id"] for it in world.hub.artifacts if not it["name"].endswith("delta"))
    world.hub.zips[number] = b"PK\x03\x04 and no more"
    said = world.update(world.clone()).out
    assert ("1 commit back" in said, "can't be read" in said) == (True, True), said


@pytest.mark.slow
def test_publishing_without_rights_to_read_makes_no_delta(world: OnHub) -> None:
    """The box lies ready all the same."""
    world.hub.status["artifacts"] = 403
    shutil.rmtree(world.origin.root / state_paths.PUBLISH)
    done = world.origin.run("doit", "publish", "record=1", env=world.env)
    ready = list((world.origin.root / state_paths.PUBLISH).glob("*.json"))
    assert (done.code, "without a delta" in done.out, len(ready)) == (0, True, 1), done.out


@pytest.mark.few(2)
@pytest.mark.slow
@pytest.mark.parametrize(
    "bad", [{"rate": 1_000}, {"freely": 6_000, "rate": 1_000}, {"most": 6_000}]
)
def test_a_bad_line_costs_warm_its_second(world: OnHub, bad: dict[str, int]) -> None:
    """All tests run, green, soon."""
    alone, clone = world.clone("alone"), world.clone()
    began = time.monotonic()
    alone.run("doit", "warm", env={"FIRSTTRY_STORE": str(world.folder / "nothing")})
    # Without an end to its patience it would wait for half a minute; a busy machine takes its time.
    enough = time.monotonic() - began + 1.0 + 8.0
    for name, value in bad.items():
        setattr(world.line, name, value)
    began = time.monotonic()
    done = clone.run("doit", "warm", env={**world.env, "FIRSTTRY_STORE_SECONDS": "1"})
    took = time.monotonic() - began
    detail = clone.gate().tests
    selected = detail.counts.selected if detail else -1
    assert (done.code, selected, took < enough) == (0, 302, True), (done.out, took, enough)


@pytest.mark.slow
def test_a_patient_update_gives_up_a_box_that_is_cut(world: OnHub) -> None:
    """In a sentence, with 0: warm runs go on without it."""
    world.line.most = 6_000
    done = world.update(world.clone())
    assert (done.code, "go on without it" in done.out) == (0, True), done.out


@pytest.mark.few(2)
@pytest.mark.slow
@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="looks into /proc")
@pytest.mark.parametrize("pause", [0.2, 0.3, 0.45])
def test_no_client_outlives_the_run(world: OnHub, pause: float) -> None:
    """One that was started late in the second and crawls is ended with the run."""
    clone = world.clone()
    clone.write("tests/test_many.py", "")
    world.hub.pause = pause
    world.line.freely, world.line.rate = 6_000, 1_000
    clone.run("doit", "warm", env={**world.env, "FIRSTTRY_STORE_SECONDS": "1"})
    assert _asking(str(world.line.port)) == []


def _asking(port: str) -> list[str]:
    """Return the processes that were told of this port."""
    found = []
    for place in Path("/proc").glob("[0-9]*"):
        try:
            told = f"127.0.0.1:{port}\0".encode() in (place / "environ").read_bytes()
        except OSError:
            continue
        found += [(place / "cmdline").read_text()] if told else []
    return found
