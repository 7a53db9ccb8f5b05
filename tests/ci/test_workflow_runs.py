"""The workflows' own scripts, run in their order in clean clones of a small project."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.stores import runs
from tests.ci.actions import Machine, read
from tests.ci.shop import Shop, run

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = pytest.mark.e2e

#: A branch name that a careless shell line would execute.
BRANCH = "fix-$(touch${IFS}pwned);`touch${IFS}pwned`"
LIST = "ci/flaky_tests.json"
GREEN = "def test_more():\n    assert True\n"
RED = "def test_more():\n    assert False\n"


def _turns(first: str, later: str) -> str:
    """Return a test that goes one way on its first run in a checkout, and another way after."""
    return f"""\
from pathlib import Path

def test_turns():
    seen = Path(".git/turns")
    first = not seen.exists()
    seen.touch()
    assert {first} if first else {later}
"""


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """Return the small project, committed on main."""
    shop = Shop(tmp_path / "shop")
    shop.commit("First")
    return shop


def _pull_request(shop: Shop, tmp_path: Path, test: str, fork: str = "us/shop") -> Machine:
    """Commit a test to a branch, and return the machine that its pull request is given."""
    base = shop.head()
    shop.run("git", "switch", "--quiet", "--create", BRANCH)
    shop.write("tests/test_more.py", test)
    head = shop.commit("More")
    shop.run("git", "switch", "--quiet", "main")
    origin = tmp_path / "origin.git"
    run(tmp_path, "git", "clone", "--quiet", "--bare", str(shop.root), str(origin))
    said = {
        "github.sha": head,
        "github.repository": "us/shop",
        "github.event.pull_request.head.repo.full_name": fork,
        "github.event.pull_request.head.ref": BRANCH,
        "github.event.pull_request.base.sha": base,
        "secrets.FIRSTTRY_PUSH_TOKEN || github.token": "token",
        "github.token": "token",
    }
    return Machine(tmp_path, origin, said)


MAIN = {"github.ref": "refs/heads/main", "github.token": "token"}


def _codes(machine: Machine) -> tuple[int, int, int]:
    return tuple(machine.done[name].code for name in ("Warm", "Full", "Compare"))  # type: ignore[return-value]  # three names


def test_main_is_green(shop: Shop, tmp_path: Path) -> None:
    """On main, full runs, and the fingerprint that is printed begins with the commit."""
    machine = Machine(tmp_path, shop.root, {"github.sha": shop.head(), **MAIN})
    good = machine.play(read("ci.yml"), "full")
    named = machine.done["Fingerprint"].text.startswith(shop.head())
    assert (good, named) == (True, True), machine.done


def test_main_uploads_a_golden_cache(shop: Shop, tmp_path: Path) -> None:
    """A green full run on main leaves a box and its label, under the name of the fingerprint."""
    machine = Machine(tmp_path, shop.root, {"github.sha": shop.head(), **MAIN})
    machine.play(read("ci.yml"), "full")
    name = machine.said["steps.golden.outputs.golden"]
    boxes = sorted(path.suffix for path in machine.artifact(name).rglob("*") if path.is_file())
    assert (shop.head() in name, boxes) == (True, [".json", ".zst"])


def test_main_turns_red(shop: Shop, tmp_path: Path) -> None:
    """A failing test on main makes the job red, and its report is kept all the same."""
    shop.write("tests/test_more.py", RED)
    machine = Machine(tmp_path, shop.root, {"github.sha": shop.commit(), **MAIN})
    machine.play(read("ci.yml"), "full")
    kept = machine.artifact("golden-reports") / "artifacts/full_parity_report.json"
    assert (machine.done["Full, recorded"].code, kept.exists()) == (1, True)


def test_newer_pythons(shop: Shop, tmp_path: Path) -> None:
    """The tests run by themselves on another Python."""
    machine = Machine(tmp_path, shop.root, {"github.sha": shop.head(), "matrix.python": "3.13"})
    assert machine.play(read("ci.yml"), "newer"), machine.done


def test_green_pull_request(shop: Shop, tmp_path: Path) -> None:
    """Warm, full and the comparison agree, and nothing is left to remember."""
    machine = _pull_request(shop, tmp_path, GREEN)
    good = machine.play(read("pr-checks.yml"), "parity")
    assert (good, _codes(machine), machine.said["needs.parity.outputs.learned"]) == (
        True,
        (0, 0, 0),
        "false",
    ), machine.done


def test_escape_blocks(shop: Shop, tmp_path: Path) -> None:
    """Green in warm and red in full ends with 99, which fails the job; all reports are kept."""
    machine = _pull_request(shop, tmp_path, _turns("True", "False"))
    good = machine.play(read("pr-checks.yml"), "parity")
    kept = {path.name for path in machine.artifact("parity-reports").rglob("*.json")}
    missing = {"warm_parity_report.json", "full_parity_report.json", "verdict.json"} - kept
    assert (good, _codes(machine), missing) == (False, (0, 1, 99), set()), machine.done


def test_figures_of_a_pull_request_are_kept(shop: Shop, tmp_path: Path) -> None:
    """One line for `doit stats`, in an artifact of its own, whatever the verdict."""
    machine = _pull_request(shop, tmp_path, RED)
    machine.play(read("pr-checks.yml"), "parity")
    [line] = machine.artifact("parity-run").rglob("*.json")
    found = runs.read(line.read_bytes())
    assert (found.verdict if found else "", line.name.startswith(runs.PREFIX)) == ("red", True)


def test_red_pull_request(shop: Shop, tmp_path: Path) -> None:
    """The same failure in both is a real red: the comparison ends with full's code."""
    machine = _pull_request(shop, tmp_path, RED)
    good = machine.play(read("pr-checks.yml"), "parity")
    assert (good, _codes(machine)) == (False, (1, 1, 1)), machine.done


def test_broken_pull_request(shop: Shop, tmp_path: Path) -> None:
    """A stage that could not do its work is never taken for a green one."""
    shop.write("pyproject.toml", "[tool.firsttry]\nunheard = 1\n")
    machine = _pull_request(shop, tmp_path, GREEN)
    assert not machine.play(read("pr-checks.yml"), "parity")


def test_flaky_test_is_committed(shop: Shop, tmp_path: Path) -> None:
    """A flake is listed on the pull request's branch, whose name is never executed."""
    machine = _pull_request(shop, tmp_path, _turns("False", "True"))
    workflow = read("pr-checks.yml")
    assert machine.play(workflow, "parity"), machine.done
    assert machine.holds(workflow.jobs["remember"].condition, good=True)
    assert machine.play(workflow, "remember"), machine.done
    listed = run(machine.origin, "git", "show", f"refs/heads/{BRANCH}:{LIST}").text
    between = (machine.said["github.sha"], f"refs/heads/{BRANCH}")
    changed = run(machine.origin, "git", "diff", "--name-only", *between).text.split()
    executed = list(tmp_path.rglob("pwned"))
    assert (json.loads(listed)["nodeids"], changed, executed) == (
        ["tests/test_more.py::test_turns"],
        [LIST],
        [],
    )


@pytest.mark.parametrize(("fork", "written"), [("us/shop", True), ("them/shop", False)])
def test_forks_are_left_alone(shop: Shop, tmp_path: Path, fork: str, *, written: bool) -> None:
    """What a fork's pull request taught is not written anywhere."""
    machine = _pull_request(shop, tmp_path, GREEN, fork)
    machine.said["needs.parity.outputs.learned"] = "true"
    condition = read("pr-checks.yml").jobs["remember"].condition
    assert machine.holds(condition, good=True) == written


@pytest.mark.parametrize(
    "text", ["", "[]", '{"nodeids": 5}', '{"nodeids": [{"run": "this"}]}', "\x00"]
)
def test_only_lists_are_committed(shop: Shop, tmp_path: Path, text: str) -> None:
    """What is no list of node ids is refused, and the branch stays where it was."""
    machine = _pull_request(shop, tmp_path, GREEN)
    place = machine.artifact("parity-reports") / LIST
    place.parent.mkdir(parents=True)
    place.write_text(text, encoding="utf-8")
    machine.play(read("pr-checks.yml"), "remember")
    tip = run(machine.origin, "git", "rev-parse", f"refs/heads/{BRANCH}").text.strip()
    assert tip == machine.said["github.sha"]


def test_a_link_in_the_list_s_place(shop: Shop, tmp_path: Path) -> None:
    """A branch that made the list a link gets a file; nothing is written through the link."""
    outside = tmp_path / "outside"
    outside.write_text("mine", encoding="utf-8")
    (shop.root / "ci").mkdir()
    (shop.root / LIST).symlink_to(outside)
    machine = _pull_request(shop, tmp_path, GREEN)
    place = machine.artifact("parity-reports") / LIST
    place.parent.mkdir(parents=True)
    place.write_text('{"nodeids": ["a"]}', encoding="utf-8")
    machine.play(read("pr-checks.yml"), "remember")
    listed = run(machine.origin, "git", "show", f"refs/heads/{BRANCH}:{LIST}").text
    assert (listed, outside.read_text(encoding="utf-8")) == ('{"nodeids": ["a"]}', "mine")


@pytest.fixture
def webhook() -> Iterator[tuple[str, list[bytes]]]:
    """Return a webhook's address and what was posted to it."""
    posted: list[bytes] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            posted.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_args: object) -> None:
            pass

    with HTTPServer(("127.0.0.1", 0), Hook) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield f"http://127.0.0.1:{server.server_port}/secret-part", posted
        server.shutdown()
        thread.join()


def _audit(shop: Shop, tmp_path: Path, tests: int, webhook: str = "") -> Machine:
    ids = [f"tests/test_shop.py::test_{n:02}" for n in range(tests)]
    shop.write(LIST, json.dumps({"nodeids": ids}))
    said = {
        "github.sha": shop.commit(),
        "github.token": "token",
        "secrets.SLACK_WEBHOOK_URL": webhook,
        "secrets.SLACK_WEBHOOK_URL != ''": str(bool(webhook)).lower(),
    }
    machine = Machine(tmp_path, shop.root, said)
    machine.play(read("flaky-audit.yml"), "audit")
    return machine


def test_audit_warns(shop: Shop, tmp_path: Path) -> None:
    """More than fifty flaky tests are a warning on the list."""
    done = _audit(shop, tmp_path, 51).done["Audit"]
    assert (done.code, "::warning" in done.text) == (0, True)


def test_audit_lists(shop: Shop, tmp_path: Path) -> None:
    """The audit names each flaky test, and has nothing to warn of below the limit."""
    done = _audit(shop, tmp_path, 3).done["Audit"]
    named = [n for n in range(3) if f"tests/test_shop.py::test_{n:02}" in done.text]
    assert (named, "::warning" in done.text) == ([0, 1, 2], False)


def test_audit_without_slack(shop: Shop, tmp_path: Path) -> None:
    """Without a webhook nobody is told, and the job ends well."""
    assert "Tell Slack" not in _audit(shop, tmp_path, 1).done


def test_audit_tells_slack(shop: Shop, tmp_path: Path, webhook: tuple[str, list[bytes]]) -> None:
    """The webhook gets the audit as one message, and its address is printed nowhere."""
    address, posted = webhook
    machine = _audit(shop, tmp_path, 2, address)
    printed = "".join(done.text for done in machine.done.values())
    text = json.loads(posted[0])["text"]
    assert ("test_shop.py::test_01" in text, "secret-part" in printed) == (True, False)
