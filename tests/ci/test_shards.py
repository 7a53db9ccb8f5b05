"""The workflow for several machines that `ft init` writes, run as GitHub runs it."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.steps.init.facts import Facts
from firsttry_tasks.steps.init.plan import WORKFLOW, writes
from tests.ci.actions import Machine, Workflow, parsed
from tests.ci.shop import Shop, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = [pytest.mark.e2e, pytest.mark.slow]
FACTS = Facts(
    code=("src",),
    tests=("tests",),
    runner="pytest",
    tools={},
    python="3.12",
    manager="pip",
    install=("true",),
    needs="",
    ci="github",
    hooks="",
    main="main",
)
PULL_REQUEST = {"github.event_name": "pull_request", "github.token": "token"}


@pytest.fixture(name="workflow")
def _workflow() -> Workflow:
    """Return the workflow for two machines, whose environment is ready without a network."""
    written = writes(FACTS, lambda _: "", hook="", lock="", shards=2)
    [text] = [it.new for it in written if it.path == WORKFLOW]
    return parsed(re.sub(r"python -m pip install .*", "true", text))


def _machine(tmp_path: Path, test: str) -> Machine:
    """Return the machine of a pull request whose commit has this test."""
    shop = Shop(tmp_path / "shop")
    shop.commit("First")
    shop.write("tests/test_more.py", test)
    head = shop.commit("More")
    origin = tmp_path / "origin.git"
    run(tmp_path, "git", "clone", "--quiet", "--bare", str(shop.root), str(origin))
    return Machine(tmp_path, origin, PULL_REQUEST | {"github.sha": head})


def _shards(machine: Machine, workflow: Workflow) -> list[bool]:
    """Plan, and run each shard of the plan in a job of its own; tell which were good."""
    assert machine.play(workflow, "plan"), machine.done
    asked = json.loads(machine.said["needs.plan.outputs.shards"])
    good = []
    for shard in asked:
        machine.said["matrix.shard"] = shard
        good.append(machine.play(workflow, "shard", RECORD="0"))
    return good


def test_a_green_pull_request(workflow: Workflow, tmp_path: Path) -> None:
    """Both shards run, what they left is merged, and compare says that warm said the same."""
    machine = _machine(tmp_path, "def test_more():\n    assert True\n")
    assert _shards(machine, workflow) == [True, True]
    assert machine.play(workflow, "parity"), machine.done
    assert "merged from 2 shards" in (machine.artifact("parity-reports") / "artifacts").joinpath(
        "full_parity_report.json"
    ).read_text(encoding="utf-8")


def test_a_red_shard_and_one_that_is_lost(workflow: Workflow, tmp_path: Path) -> None:
    """A red shard's job is red, and the verdict is the merge's; without a shard it is 99."""
    machine = _machine(tmp_path, "def test_more():\n    assert False\n")
    assert sorted(_shards(machine, workflow)) == [False, True]
    assert not machine.play(workflow, "parity")
    codes = {name: machine.done[name].code for name in ("Warm", "Merge", "Compare")}
    assert codes == {"Warm": 1, "Merge": 1, "Compare": 1}, machine.done
    lost = next((tmp_path / "artifacts").glob("firsttry-shard-1-of-2.*"))
    lost.rename(tmp_path / "lost")
    assert not machine.play(workflow, "parity")
    codes = {name: machine.done[name].code for name in ("Merge", "Compare")}
    assert codes == {"Merge": 2, "Compare": 99}, machine.done
