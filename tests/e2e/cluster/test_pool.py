"""The tests of a stage run on real workers, and the result is that of one run here."""

from __future__ import annotations

import os
import signal
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from benchmarks.dask_machines import hurt
from tests.e2e.cluster.pools import (
    KILLER,
    count,
    machines,
    rest,
    suite,
    until_working,
)

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

pytest.importorskip("distributed", reason="the extra [cluster] is not installed")

GREEN = ("green", 16, 16)


@pytest.mark.slow
def test_a_cluster_of_this_run_alone(shop: Checkout) -> None:
    """Two workers of this machine run the shards, and nothing of them is left afterwards."""
    suite(shop, 0.0)
    ran = shop.run("ft", "full", "--cluster", "local")
    assert (ran.code, count(shop)) == (0, GREEN), ran.out
    assert not (shop.root / ".firsttry" / "pool").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ("tcp://192.0.2.1:8786", "Start it with TLS"),
        ("lokal", 'known are "local"'),
    ],
)
def test_an_address_that_is_refused(shop: Checkout, words: str, said: str) -> None:
    """Wrong usage ends with 3 and says what to do."""
    ran = shop.run("ft", "full", "--cluster", words)
    assert (ran.code, said in ran.out) == (3, True), ran.out


def test_without_a_cluster_nothing_is_imported(shop: Checkout) -> None:
    """Who has no cluster pays nothing for it."""
    shop.write(
        "dodo.py",
        (shop.root / "dodo.py").read_text()
        + "import atexit, sys\natexit.register(lambda: print('dask' in sys.modules))\n",
    )
    shop.commit()
    assert "True" not in shop.run("doit", "full").out


@pytest.mark.slow
def test_a_cluster_elsewhere_over_tls(shop: Checkout, tmp_path: Path) -> None:
    """Three workers that somebody else started; none of them is this machine's."""
    suite(shop)
    with machines(shop, tmp_path) as pool:
        for name in "abc":
            pool.worker(name)
        ran = shop.run("ft", "full", "--cluster", pool.url)
    assert (ran.code, count(shop)) == (0, GREEN), ran.out


@pytest.mark.slow
def test_a_red_test_is_red(shop: Checkout) -> None:
    """A finding comes back from a worker as it would be found here."""
    suite(shop, 0.0, test_red="def test_red() -> None:\n    assert 1 == 2\n")
    ran = shop.run("ft", "full", "--cluster", "local")
    found = [it.nodeid for it in shop.gate("full").findings]
    assert (ran.code, found) == (1, ["tests/test_red.py::test_red"]), ran.out


@pytest.mark.thorough
def test_the_first_failure_ends_all_shards_where_the_project_says_so(shop: Checkout) -> None:
    """With -x in pytest's options the other shards end by an event, and are not begun."""
    suite(shop, 0.5)
    for number in range(4):
        # Whichever shard ends first has a red test.
        red = shop.root / f"tests/test_{number}.py"
        red.write_text(red.read_text().replace("price(n) == 3 * n", "price(n) == 4 * n"))
    settings = shop.root / "pyproject.toml"
    shop.write("pyproject.toml", settings.read_text() + "addopts = ['-x']\n")
    shop.commit()
    ran = shop.run("ft", "full", "--cluster", "local")
    tests = shop.gate("full").tests
    assert tests is not None
    assert (ran.code, 0 < tests.counts.failed < 4) == (1, True), ran.out


@pytest.mark.slow
def test_a_test_that_kills_its_worker_is_named(shop: Checkout) -> None:
    """The run ends red, names that test alone, and all others have their outcome."""
    suite(shop, 0.0, test_kills=KILLER)
    ran = shop.run("ft", "full", "--cluster", "local")
    result = shop.gate("full")
    assert (ran.code, [it.nodeid for it in result.findings]) == (
        1,
        ["tests/test_kills.py::test_kills"],
    ), ran.out
    assert count(shop) == ("red", 18, 19)


@pytest.mark.slow
@pytest.mark.parametrize("fault", ["kill", pytest.param("stop", marks=pytest.mark.thorough)])
def test_a_worker_that_is_lost(shop: Checkout, tmp_path: Path, fault: str) -> None:
    """Its shard goes to another: killed, or stopped without a word."""
    suite(shop)
    with machines(shop, tmp_path) as pool:
        victim = pool.worker("victim")
        pool.worker("other")
        run = shop.start("ft", "full", "--cluster", pool.url)
        until_working(pool.folder / "victim")
        number = signal.SIGKILL if fault == "kill" else signal.SIGSTOP
        os.kill(victim.pid, number)
        code, out = rest(run)
    assert (code, count(shop)) == (0, GREEN), out
    assert "is lost; its shard goes to another" in out


@pytest.mark.thorough
def test_a_scheduler_that_is_lost(shop: Checkout, tmp_path: Path) -> None:
    """What is left of the run is done on this machine."""
    suite(shop)
    with machines(shop, tmp_path) as pool:
        pool.worker("one")
        run = shop.start("ft", "full", "--cluster", pool.url)
        until_working(pool.folder / "one")
        assert pool.scheduler is not None
        hurt(pool.scheduler, signal.SIGKILL)
        code, out = rest(run)
    assert (code, count(shop)) == (0, GREEN), out
    assert "its scheduler went away" in out


@pytest.mark.thorough
def test_a_worker_with_other_variables_is_left_out(shop: Checkout, tmp_path: Path) -> None:
    """It is named with what differs, and gets no shard."""
    suite(shop)
    with machines(shop, tmp_path) as pool:
        pool.worker("other", environment={"TZ": "Asia/Tokyo"})
        pool.worker("same")
        ran = shop.run("ft", "full", "--cluster", pool.url)
        assert not list((pool.folder / "other").rglob("shop.py"))
    assert (ran.code, count(shop)) == (0, GREEN), ran.out
    assert "is left out: environment: TZ" in ran.out


@pytest.mark.thorough
def test_a_worker_whose_disk_is_full(shop: Checkout, tmp_path: Path) -> None:
    """What was red there may be so by it, so the shard runs elsewhere."""
    suite(shop)
    with machines(shop, tmp_path) as pool:
        # A file may have some kB: enough for the tree, and not for what a shard leaves.
        pool.worker("full", within=("prlimit", "--fsize=100000"))
        pool.worker("other")
        ran = shop.run("ft", "full", "--cluster", pool.url)
    assert (ran.code, count(shop)) == (0, GREEN), ran.out


@pytest.mark.thorough
def test_a_scheduler_that_never_was(shop: Checkout, tmp_path: Path) -> None:
    """A cluster can make a run faster, and not red: it goes on here."""
    suite(shop, 0.0)
    pool = machines(shop, tmp_path)
    ran = shop.run("ft", "full", "--cluster", "tls://127.0.0.1:9")
    pool.end()
    assert (ran.code, count(shop)) == (0, GREEN), ran.out
    assert "can't be used" in ran.out


@pytest.mark.slow
def test_a_run_that_is_stopped_leaves_nothing(shop: Checkout) -> None:
    """Ctrl-C ends workers and shards; the run says that it was stopped."""
    suite(shop, 1.0)
    run = shop.start("ft", "full", "--cluster", "local")
    until_working(shop.root / ".firsttry" / "pool")
    run.send_signal(signal.SIGINT)
    code, out = rest(run, 60)
    left = [it.name for it in Path("/proc").iterdir() if it.name.isdigit() and _of(shop, it)]
    assert (code, left) == (130, []), out


def _of(checkout: Checkout, process: Path) -> bool:
    try:
        return str(checkout.home).encode() in (process / "environ").read_bytes()
    except OSError:
        return False
