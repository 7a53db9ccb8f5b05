"""Golden caches on real servers, by the whole program: taken on a good line, gone past on a bad."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from tests.e2e.golden.world import ONLY_TESTS, World
from tests.unit.stores.kinds import SERVERS
from tests.unit.stores.line import behind, laid

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.checkout import Checkout
    from tests.unit.stores.line import Line
    from tests.unit.stores.servers import Server

pytestmark = pytest.mark.slow
TAKEN = "Restored the golden cache of"
#: Bytes a second: less than an index entry in the second that warm spends.
CRAWL = 1_000
#: Bytes after which a connection is cut: less than a listing and an index entry, however often
#: resumed.
CUT = 300
#: What a warm run may take longer than one without a store: its second, and a busy machine's.
BUDGET, SLACK = 1.0, 2.0


class Served(World):
    """A world whose store is a server at the end of a line."""

    server: Server
    line: Line

    @property
    def env(self) -> dict[str, str]:
        """Return what tells a run where the server is, and to be as brief as by default."""
        seen = behind(self.server, self.line)
        return {**seen.env, "FIRSTTRY_STORE": seen.url, "FIRSTTRY_STORE_SECONDS": str(BUDGET)}

    def timed(self, clone: Checkout) -> tuple[str, float]:
        """Run warm; return what it said, and how long it took."""
        began = time.monotonic()
        done = self.warm(clone)
        assert done.code == 0, done.out
        return done.out, time.monotonic() - began


def _marks(kind: str) -> list[pytest.MarkDecorator]:
    # What a bad line does is the same for all; that each server is understood is tried elsewhere.
    return [] if kind == "webdav" else [pytest.mark.thorough]


@pytest.fixture(params=[pytest.param(it, marks=_marks(it)) for it in SERVERS])
def world(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Served]:
    """Return a world with a box on a server of each kind, the line still a good one."""
    place = tmp_path / "server"
    place.mkdir()
    with SERVERS[request.param](place) as server, laid(server.port) as line:
        made = Served(tmp_path / "world")
        made.server, made.line = server, line
        made.begin(ONLY_TESTS)
        yield made


def _ran(clone: Checkout) -> int:
    detail = clone.gate().tests
    return detail.counts.selected if detail else -1


def _without(world: Served) -> float:
    """Return how long a cold warm run takes where there is no store to ask."""
    clone = world.clone("alone")
    began = time.monotonic()
    clone.run("doit", "warm", env={"FIRSTTRY_STORE": str(world.folder / "nothing")})
    return time.monotonic() - began


def test_a_good_line_warms_a_clone(world: Served) -> None:
    """Nothing is run."""
    clone = world.clone()
    said, _ = world.timed(clone)
    assert (TAKEN in said, _ran(clone)) == (True, 0), said


def test_a_crawl_costs_warm_its_second(world: Served) -> None:
    """All tests run, green, and the run does not wait for the rest of the box."""
    alone = _without(world)
    clone = world.clone()
    world.line.rate = CRAWL
    _, seconds = world.timed(clone)
    assert (_ran(clone), seconds < alone + BUDGET + SLACK) == (2, True), (seconds, alone)


def test_a_cut_costs_warm_its_second(world: Served) -> None:
    """The same of a line that breaks in the middle of the box."""
    alone = _without(world)
    clone = world.clone()
    world.line.most = CUT
    _, seconds = world.timed(clone)
    assert (_ran(clone), seconds < alone + BUDGET + SLACK) == (2, True), (seconds, alone)


def test_the_line_comes_back(world: Served) -> None:
    """What a bad line left behind is in nobody's way."""
    clone = world.clone()
    world.line.most = CUT
    world.timed(clone)
    world.line.most = None
    assert TAKEN in world.update(clone, "--force").out


def test_a_publisher_on_a_bad_line_leaves_no_half_box(world: Served) -> None:
    """It fails in words; a clone takes the box before, or none."""
    world.origin.write("shop.py", (world.origin.root / "shop.py").read_text() + "\n\nX = 1\n")
    world.origin.commit()
    world.origin.run("doit", "full", "record=1", env=world.env)
    world.line.most = 2_000
    done = world.origin.run("doit", "publish", "record=1", env=world.env)
    world.line.most = None
    said = world.update(world.clone()).out
    assert (done.code, TAKEN in said, "is refused" in said) == (2, True, False), done.out + said


def test_two_publishers_at_once(world: Served) -> None:
    """Both end well, and what is on the server is whole."""
    other = world.origin.copy(world.folder / "other")
    both = [it.start("doit", "publish", "record=1", **world.env) for it in (world.origin, other)]
    codes = [process.wait(60) for process in both]
    for process in both:
        process.communicate()
    assert (codes, "this very commit" in world.update(world.clone()).out) == ([0, 0], True)
