"""The comment on a pull request: from the run that its checks are to what GitHub is asked."""

from __future__ import annotations

import json
import os
import re
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt

from firsttry_tasks.reporting.pull_request.comment import MARK
from firsttry_tasks.steps.init.plan import COMMENT, WORKFLOW, writes
from firsttry_tasks.steps.show.comment import GOOD
from tests.ci.actions import Machine, Workflow, parsed, read
from tests.ci.shop import Shop, run
from tests.ci.test_shards import FACTS
from tests.unit.stores import hub
from tests.unit.stores.forge import AROUND, Forge, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
#: A test's id, and what it says when it fails, that want to be more than words.
HOSTILE = "`</details><script>alert(1)</script>` | @everyone #1 [x](https://evil.example) ::error::"
GREEN = "def test_more():\n    assert True\n"
RED = f"""\
import pytest

@pytest.mark.parametrize("n", [1], ids=[{HOSTILE!r}])
def test_more(n):
    assert n == 2, {HOSTILE!r}
"""
LISTED = "tests/test_turns.py::test_turns"
TURNS = "import os\n\n\ndef test_turns():\n    assert not os.environ.get('TURNED')\n"


class Pull:
    """A pull request: its branch, the forge that shows it, and the runners of its jobs."""

    def __init__(self, shop: Shop, place: Path, env: dict[str, str]) -> None:
        """Take the project with its first commit; ``env`` leads to the stand-in of GitHub."""
        self.shop = shop
        self.forge = Forge()
        self.place = place
        self.env = env
        self.origin = place / "origin.git"
        run(place, "git", "clone", "--quiet", "--bare", str(shop.root), str(self.origin))
        shop.run("git", "switch", "--quiet", "--create", "work")

    def push(self, test: str) -> None:
        """Commit a test to the branch."""
        self.shop.write("tests/test_more.py", test)
        self.forge.sha = self.shop.commit("More")
        self.shop.run("git", "push", "--quiet", "--force", str(self.origin), "work")

    def runner(self, name: str) -> Machine:
        """Return a machine for the checks of the newest commit, with no artifact."""
        place = self.place / name
        place.mkdir()
        said = {
            "github.sha": self.forge.sha,
            "github.event_name": "pull_request",
            "github.event.workflow_run.event": "pull_request",
            "github.event.workflow_run.conclusion": "failure",
            "github.event.workflow_run.id": "1",
            "github.token": "a-token",
            "runner.temp": str(place),
        }
        return Machine(place, self.origin, said)

    def comment(self, machine: Machine, workflow: Workflow) -> str:
        """Let the job that comments run after the checks; return what it printed."""
        assert machine.holds(workflow.jobs["comment"].condition, good=True)
        # What is checked out is main, and never the pull request.
        machine.said["github.sha"] = "origin/main"
        file = event(machine.place, head_sha=self.forge.sha, head_branch="work")
        more = AROUND | self.env | {"GITHUB_EVENT_PATH": str(file)}
        assert machine.play(workflow, "comment", **more), machine.done
        return machine.done["Comment"].text


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the stand-in's certificate."""
    return hub.certificate(tmp_path_factory.mktemp("pem"))


@pytest.fixture(name="pull")
def _pull(tmp_path: Path, pem: Path) -> Iterator[Pull]:
    """Return a pull request of the small project, whose main knows a flaky test."""
    shop = Shop(tmp_path / "shop")
    shop.write("tests/test_turns.py", TURNS)
    shop.write("ci/flaky_tests.json", json.dumps({"nodeids": [LISTED]}))
    shop.commit("First")
    env = {"SSL_CERT_FILE": str(pem), "GH_CONFIG_DIR": str(tmp_path / "gh")}
    made = Pull(shop, tmp_path, env)
    with hub.serving(made.forge, pem) as port:
        env["HTTPS_PROXY"] = f"http://127.0.0.1:{port}"
        yield made


def test_from_the_checks_to_one_comment(pull: Pull) -> None:
    """Green says nothing; red is said once, and mended where it stands."""
    checks, commenting = read("pr-checks.yml"), read("pr-comment.yml")
    for name, test, good in (("a", GREEN, True), ("b", RED, False), ("c", GREEN, True)):
        pull.push(test)
        machine = pull.runner(name)
        assert machine.play(checks, "parity") == good, machine.done
        assert pull.comment(machine, commenting)
        if name == "a":
            assert pull.forge.written() == []
        if name == "b":
            assert pull.forge.written() == ["POST"]
            _harmless(*pull.forge.ours())
    assert (pull.forge.written(), pull.forge.ours()) == (["POST", "PATCH"], [f"{MARK}\n{GOOD}"])
    # Somebody's words stay what they were.
    assert pull.forge.comments[0]["body"].endswith("quoted")


def _harmless(said: str) -> None:
    """Assert that the test's id and its words are shown as code, and are nothing else."""
    tokens = [
        it
        for block in MarkdownIt("gfm-like", {"linkify": False}).parse(said)
        for it in (block, *(block.children or ()))
    ]
    markup = [it.content.strip() for it in tokens if it.type.startswith("html_")]
    links = [str(it.attrs["href"]) for it in tokens if it.type == "link_open"]
    code = [it.content for it in tokens if it.type == "code_inline"]
    assert markup == [MARK]
    assert [it for it in links if not it.startswith("https://github.example/acme/shop/")] == []
    assert f"tests/test_more.py::test_more[{HOSTILE}]" in code
    assert any(it.startswith("AssertionError: `</details>") for it in code)


def _written(shards: int = 0) -> dict[str, Workflow]:
    """Return the workflows that ft init writes, whose environment is ready without a network."""
    made = writes(FACTS, lambda _: "", hook="", lock="", shards=shards)
    ready = {it.path: re.sub(r"python -m pip install .*", "echo ready", it.new) for it in made}
    return {name: parsed(ready[name]) for name in (WORKFLOW, COMMENT)}


@pytest.mark.thorough
def test_shards_are_told_as_one_run_is(pull: Pull) -> None:
    """With the same headline, and with what is known of each failure's cause."""
    more = {"FIRSTTRY_STORE": str(pull.place / "store"), "FIRSTTRY_STORE_SECONDS": "30"}
    more |= {"PATH": f"{pull.shop.root / '.venv/bin'}{os.pathsep}{os.environ['PATH']}"}
    for words in (("full", "record=1"), ("publish", "record=1")):
        done = pull.shop.run("ft", *words, **more)
        assert done.code == 0, done.text
    pull.shop.write("src/shop.py", "def price(n: int) -> int:\n    return n * 4\n")
    pull.push(TURNS.replace("test_turns", "test_more"))
    del more["PATH"]
    more |= {"TURNED": "1", "RECORD": "0"}

    said = []
    for name, shards in (("alone", 0), ("several", 2)):
        machine, written = pull.runner(name), _written(shards)
        if shards:
            assert machine.play(written[WORKFLOW], "plan", **more), machine.done
            for shard in json.loads(machine.said["needs.plan.outputs.shards"]):
                machine.said["matrix.shard"] = shard
                assert not machine.play(written[WORKFLOW], "shard", **more)
        assert not machine.play(written[WORKFLOW], "parity", **more)
        pull.comment(machine, written[COMMENT])
        [body] = pull.forge.ours()
        said.append(re.sub(r"\d+\.\d+ s", "... s", body))
    assert said[0].splitlines()[1] == (
        "### ✘ 3 failed: 1 is caused by this change, 1 is known flaky, 1 has no record from before."
    ), said
    assert said[1] == said[0]
