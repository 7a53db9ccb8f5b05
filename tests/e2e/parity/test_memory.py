"""The flaky memory in real runs: forgiven, counted, expired, changed by hand, told to others."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from tests import schemas
from tests.e2e.parity.causes import moody

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.checkout import Checkout

MOODY = "tests/test_moody.py::test_moody"
FILE = "ci/flaky_tests.json"
CLOCK = "2026-01-01T00:00:00+00:00"


@pytest.fixture
def listed(checkout: Checkout, tmp_path: Path) -> Checkout:
    """Return a repository with a moody test that is on the list, as the seed wrote it."""
    return _moody(checkout, tmp_path, "FP")


def _moody(checkout: Checkout, tmp_path: Path, script: str, **record: object) -> Checkout:
    [text] = moody(script).values()
    checkout.write("tests/test_moody.py", text.replace("{out}", str(tmp_path)))
    tests = {"tests": {MOODY: record}} if record else {}
    checkout.write(FILE, json.dumps({"nodeids": [MOODY], **tests}))
    checkout.commit()
    return checkout


def _record(checkout: Checkout) -> dict[str, object]:
    found: dict[str, object] = json.loads((checkout.root / FILE).read_text())["tests"][MOODY]
    return found


def _lock(checkout: Checkout, **rules: object) -> None:
    checkout.write("ci/parity.lock.json", json.dumps(rules))
    checkout.commit()


def test_a_known_flaky_test_that_passes_again_is_green(listed: Checkout) -> None:
    """It is run again, noted in the report, and does not block."""
    ran = listed.run("doit", "warm")
    detail = listed.gate().tests
    noted = [(it.nodeid, it.runs, it.failures) for it in detail.retried] if detail else []
    assert (ran.code, noted) == (0, [(MOODY, 2, 1)]), ran.out


@pytest.mark.slow
def test_a_known_flaky_test_is_forgiven_in_full_too(listed: Checkout) -> None:
    """The same rule holds in both stages."""
    ran = listed.run("doit", "full")
    assert (ran.code, listed.report("full").status) == (0, "green"), ran.out


@pytest.mark.slow
def test_a_known_flaky_test_that_fails_every_time_is_red(
    checkout: Checkout, tmp_path: Path
) -> None:
    """Being on the list is no licence."""
    assert _moody(checkout, tmp_path, "F").run("doit", "warm").code == 1


def test_what_a_warm_run_saw_is_remembered_at_the_next_comparison(listed: Checkout) -> None:
    """The sighting waits beside, so that a warm run leaves no file of git's changed."""
    listed.run("doit", "warm")
    before = listed.git("status", "--short")
    listed.run("doit", "parity")
    record = _record(listed)
    assert (before, record["failures"], record["state"]) == ("", 1, "flaky")


@pytest.mark.slow
def test_the_same_runs_count_once(listed: Checkout) -> None:
    """Comparing again the same two reports is no new evidence."""
    listed.run("doit", "parity")
    before = _record(listed)
    listed.run("doit", "compare")
    assert _record(listed) == before


@pytest.mark.slow
@pytest.mark.parametrize(
    "record",
    [
        {"state": "flaky", "first": CLOCK, "last": CLOCK, "expires": "2026-01-15"},
        {
            "state": "suspect",
            "sightings": [
                {"id": "x", "at": CLOCK, "tree": "t", "runs": 2, "failures": 1, "how": "table"}
            ],
        },
    ],
    ids=["expired", "suspect"],
)
def test_not_every_listed_test_is_forgiven(
    checkout: Checkout, tmp_path: Path, record: dict[str, object]
) -> None:
    """One past its expiry, or suspected only once, blocks when it fails."""
    ran = _moody(checkout, tmp_path, "FP", **record).run("doit", "warm")
    assert (ran.code, "so it blocks" in ran.out) == (1, True), ran.out


@pytest.mark.slow
@pytest.mark.parametrize("off", [{"reruns": 0}, {"minutes": 0}])
def test_without_reruns_the_table_stands(
    checkout: Checkout, tmp_path: Path, off: dict[str, int]
) -> None:
    """A green warm and a red full are an escape, whatever a rerun would have shown."""
    _lock(_moody(checkout, tmp_path, "PFP"), confirm=off, flaky={"reruns": 0})
    ran = checkout.run("doit", "parity")
    assert (ran.code, checkout.verdict().name) == (99, "escape"), ran.out


@pytest.mark.slow
def test_without_reruns_a_flake_is_a_suspect(checkout: Checkout, tmp_path: Path) -> None:
    """One sighting that nothing confirmed is listed, and not yet forgiven."""
    _moody(checkout, tmp_path, "FP")
    checkout.write(FILE, '{"nodeids": []}')
    _lock(checkout, confirm={"reruns": 0})
    ran = checkout.run("doit", "parity")
    assert (ran.code, _record(checkout)["state"]) == (0, "suspect"), ran.out


def test_forget_takes_a_test_off_the_list(listed: Checkout) -> None:
    """And keeps that it was taken off."""
    listed.run("doit", "flaky", "forget", MOODY)
    gone = json.loads((listed.root / FILE).read_text())["gone"]
    assert (listed.flaky(), list(gone)) == ([], [MOODY])


def test_own_and_renew_change_the_record(listed: Checkout) -> None:
    """Somebody takes it on, and gets time."""
    listed.run("ft", "flaky", "own", MOODY, "@me")
    listed.run("ft", "flaky", "renew", MOODY)
    record = _record(listed)
    assert (record["owner"], record["expires"]) > ("@me", CLOCK)


@pytest.mark.parametrize("words", [("forget", "tests/a.py::b"), ("mend", MOODY), ("forget",)])
def test_wrong_words_are_told(listed: Checkout, words: tuple[str, ...]) -> None:
    """3, and the file stays as it was."""
    assert listed.run("doit", "flaky", *words).code == 3


def test_two_writers_lose_nothing(checkout: Checkout) -> None:
    """Two people's commands at once: both are done."""
    nodeids = [f"t.py::t{n}" for n in range(4)]
    checkout.write(FILE, json.dumps({"nodeids": nodeids}))
    running = [checkout.start("doit", "flaky", "forget", nodeid) for nodeid in nodeids[:3]]
    codes = [process.wait() for process in running]
    for process in running:
        if process.stdout:
            process.stdout.close()
    assert (codes, checkout.flaky()) == ([0, 0, 0], nodeids[3:])


def test_owners_come_from_codeowners(listed: Checkout) -> None:
    """The audit says who is to mend it."""
    listed.write(".github/CODEOWNERS", "/tests/ @testers\n")
    assert "@testers" in listed.run("doit", "flaky").out


class Channel(HTTPServer):
    """A webhook that keeps what it was told; only the path /secret is known."""

    told: list[dict[str, str]]


class Hook(BaseHTTPRequestHandler):
    """Answers the webhook's messages."""

    server: Channel

    def do_POST(self) -> None:
        """Keep the message."""
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.told.append(json.loads(body))
        self.send_response(200 if self.path == "/secret" else 404)
        self.end_headers()

    def log_message(self, *_args: object) -> None:
        """Keep quiet."""


@pytest.fixture
def channel() -> Iterator[Channel]:
    """Return a webhook that listens."""
    server = Channel(("127.0.0.1", 0), Hook)
    server.told = []
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def _slack(checkout: Checkout, server: Channel, path: str) -> tuple[int, str]:
    url = f"http://127.0.0.1:{server.server_address[1]}/{path}"
    ran = checkout.run("doit", "flaky", "--slack", env={"SLACK_WEBHOOK_URL": url})
    return ran.code, ran.out


def test_the_channel_is_told(listed: Checkout, channel: Channel) -> None:
    """The message names the count and the tests."""
    _slack(listed, channel, "secret")
    [told] = channel.told
    assert told["text"].splitlines() == ["1 flaky test (limit 50):", f"• `{MOODY}` (flaky)"]


@pytest.mark.parametrize(("path", "code"), [("secret", 0), ("other", 2)])
def test_the_address_is_never_printed(
    listed: Checkout, channel: Channel, path: str, code: int
) -> None:
    """Whether it could be told or not."""
    got, said = _slack(listed, channel, path)
    assert (got, path in said, "127.0.0.1" in said) == (code, False, False)


def test_without_an_address_nobody_is_told(listed: Checkout) -> None:
    """3, with the variable's name."""
    ran = listed.run("doit", "flaky", "--slack")
    assert (ran.code, "SLACK_WEBHOOK_URL" in ran.out) == (3, True)


def test_stats_count_what_was_compared(proved: Checkout) -> None:
    """One parity run is one line, however often its reports are compared."""
    proved.run("doit", "compare")
    assert "parity runs: 1, " in proved.run("ft", "stats").out


def test_stats_answer_scripts(proved: Checkout) -> None:
    """The three questions of a team that runs this for two weeks: escapes, flaky list, caches."""
    out = proved.run("ft", "stats", "--json", "--since", "30d").out
    schemas.prove("stats", out.encode())
    found = json.loads(out)
    assert (found["escapes"]["events"], found["escapes"]["runs"]) == (0, 1)
    assert (found["flaky"]["last"], len(found["trend"]), found["full"]["total"] > 0) == (0, 1, True)


@pytest.mark.parametrize("word", ["yesterday", "30", "2026-02-31", "99999999999d"])
def test_stats_want_a_day(proved: Checkout, word: str) -> None:
    """3, with how a day is written."""
    ran = proved.run("ft", "stats", "--since", word)
    assert (ran.code, "--since 30d" in ran.out) == (3, True), ran.out
