"""Shards of both stages: with workers of pytest-xdist, with coverage, with groups, with a cache."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.selection.shards import plan as plans
from tests import schemas
from tests.e2e.shards.machines import FOLDER, SUITE, recorded, rests_on, suite

if TYPE_CHECKING:
    from firsttry_tasks.selection.shards.plan import Plan
    from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.slow


def _plan(checkout: Checkout, stage: str = "full") -> Plan:
    return plans.decode((checkout.root / FOLDER / stage / "plan.json").read_bytes())


def _homes(plan: Plan, *nodeids: str) -> list[int]:
    """Return the number of each test's shard."""
    shares = [plan.share(number) for number in range(1, len(plan.shards) + 1)]
    return [number for it in nodeids for number, share in enumerate(shares, 1) if it in share]


@pytest.mark.thorough
def test_with_workers_inside(checkout: Checkout) -> None:
    """Two shards of two workers each come to the record of one run of two workers.

    What a mark groups is in one shard, whatever its files are.
    """
    machines = suite(checkout, SUITE)
    settings = checkout.root / "pyproject.toml"
    workers = settings.read_text() + "addopts = '-n2 --dist loadgroup'\n"
    checkout.write("pyproject.toml", workers)
    checkout.commit()
    assert checkout.run("ft", "full", "record=1").code == 0
    one = rests_on(recorded(checkout.root))
    merged = machines.all(2, "record=1")
    assert merged.code == 0, merged.out
    assert rests_on(recorded(checkout.root)) == one
    grouped = ("tests/test_groups.py::test_first", "tests/test_more.py::test_second")
    assert len(set(_homes(_plan(checkout), *grouped))) == 1


def test_what_is_known_to_depend_on_its_order_stays_together(checkout: Checkout) -> None:
    """The flaky memory knows which test has to run before another one."""
    files = {f"tests/test_{n}.py": "def test_it():\n    pass\n" for n in range(6)}
    pair = ("tests/test_0.py::test_it", "tests/test_5.py::test_it")
    memory = f'{{"nodeids": ["{pair[1]}"], "tests": {{"{pair[1]}": {{"before": "{pair[0]}"}}}}}}'
    suite(checkout, files | {"ci/flaky_tests.json": memory})
    assert checkout.run("ft", "plan", "--shards", "5").code == 0
    assert len(set(_homes(_plan(checkout), *pair))) == 1


def test_warm_in_shards_learns_as_one_run(checkout: Checkout) -> None:
    """What warm selects is divided, and the merge teaches what one warm run would have."""
    machines = suite(checkout, SUITE)
    assert checkout.run("ft", "warm").code == 0
    for name in ("one", "machine-1", "machine-2"):
        # Each machine has the state that CI would restore, and here the key that it was made with.
        checkout.copy(checkout.root.parent / name / "project")
    alone = machines.clone("one")
    for each in (checkout, alone, machines.clone("machine-1"), machines.clone("machine-2")):
        each.write("shop/prices.py", "RATE = 2\n\n\ndef price(n):\n    return RATE * n\n")
    # In the same home, or a test that asks for it would run.
    assert alone.run("ft", "warm", env={"HOME": str(checkout.home)}).code == 0
    merged = machines.all(2, stage="warm")
    assert merged.code == 0, merged.out
    assert checkout.selected() == alone.selected() != {}
    assert rests_on(recorded(checkout.root, ".firsttry/warm")) == rests_on(
        recorded(alone.root, ".firsttry/warm")
    )
    assert checkout.run("ft", "warm").code == 0
    # Machines with other homes leave nothing that this one could rest on.
    assert set(checkout.selected()) <= {"tests/test_files.py::test_home"}


def test_warm_where_the_merge_selects_otherwise(checkout: Checkout) -> None:
    """A test asks for a variable that the machine that merges has otherwise: warm runs there."""
    asks = "import os\n\n\ndef test_asks():\n    assert os.environ.get('WANTED', '1') == '1'\n"
    machines = suite(checkout, SUITE | {"tests/test_asks.py": asks})
    assert checkout.run("ft", "warm").code == 0
    checkout.copy(checkout.root.parent / "machine-1" / "project")
    for each in (checkout, machines.clone("machine-1")):
        each.write("shop/files.py", SUITE["shop/files.py"].replace("split()", "split(None)"))
    assert checkout.run("ft", "plan", "--warm", "--shards", "1").code == 0
    assert machines.shard("1/1", stage="warm").code == 0
    merged = checkout.run("ft", "merge", "--warm", env={"WANTED": "2"})
    assert (merged.code, checkout.failed()) == (1, {"tests:tests/test_asks.py::test_asks"})
    assert "what is selected here is not what was planned" in merged.out


def test_what_the_next_warm_run_selects(checkout: Checkout) -> None:
    """A golden cache from three shards lets warm choose what one from a single run does.

    And it knows what tests took, so that the next plan is made by that.
    """
    machines = suite(checkout, SUITE)
    chosen, known = [], []
    for of, name in ((0, "single"), (3, "several")):
        env = {"FIRSTTRY_STORE": str(checkout.root.parent / f"{name}-store")}
        ended = machines.all(of, "record=1") if of else checkout.run("ft", "full", "record=1")
        assert ended.code == 0, ended.out
        assert checkout.run("ft", "publish", "record=1", env=env).code == 0
        there = machines.clone(name)
        there.write("shop/files.py", SUITE["shop/files.py"].replace("split()", "split(' ')"))
        there.write("data/rates.csv", "1 2 3 4\n")
        there.run("ft", "warm", env={**env, "FIRSTTRY_STORE_SECONDS": "30"})
        chosen.append(there.selected())
        told = json.loads(there.run("ft", "plan", "--shards", "2", "--json", env=env).out)
        known.append(told["basis"])
    assert chosen[0] == chosen[1] != {}
    assert known == [f"by the median times of {n}" for n in ("2 runs", "3 runs")]


def test_a_plan_for_programs(checkout: Checkout) -> None:
    """Its shards as they are asked for; on GitHub also as the list of a matrix."""
    suite(checkout, SUITE)
    said = checkout.root.parent / "said"
    env = {"GITHUB_OUTPUT": str(said)}
    told = checkout.run("ft", "plan", "--seconds", "1000", "--json", env=env).out
    schemas.prove("plan", told.encode())
    plan = json.loads(told)
    assert ([it["shard"] for it in plan["shards"]], plan["tests"]) == (["1/1"], 17)
    assert plan["plan"] == _plan(checkout).digest
    assert said.read_text() == 'shards=["1/1"]\n'


@pytest.mark.parametrize(("limit", "code"), [(80, 0), (100, 1)])
def test_a_limit_on_coverage_is_judged_by_all_shards(
    checkout: Checkout, limit: int, code: int
) -> None:
    """Each shard covers a half of the code, and the project asks for more than that."""
    half = "def {0}(n):\n    a = n\n    b = a\n    c = b\n    d = c\n    return d\n"
    files = {
        "shop.py": "".join(half.format(name) for name in ("one", "two")),
        "tests/test_one.py": "from shop import one\n\n\ndef test_one():\n    assert one(1) == 1\n",
        "tests/test_two.py": "from shop import two\n\n\ndef test_two():\n    assert two(1) == 1\n",
        "setup.py": "print('never run')\n",
    }
    machines = suite(checkout, files)
    settings = checkout.root / "pyproject.toml"
    more = f"addopts = '--cov=. --cov-fail-under={limit}'\n"
    checkout.write("pyproject.toml", settings.read_text() + more)
    checkout.commit()
    assert checkout.run("ft", "full").code == code
    found = checkout.failed("full")
    merged = machines.all(2)
    assert (merged.code, checkout.failed("full")) == (code, found), merged.out
    assert bool(found) == bool(code)


def test_changed_lines_are_covered_by_all_shards_together(checkout: Checkout) -> None:
    """A line that a test of another shard runs is covered; one that none runs is found."""
    body = "def {0}(n):\n    a = n\n    return a\n"
    machines = suite(
        checkout,
        {
            "shop.py": body.format("one"),
            "tests/test_one.py": "from shop import one\n\n\ndef test_one():\n    assert one(1)\n",
            "tests/test_two.py": "def test_two():\n    pass\n",
            "ci/parity.lock.json": '{"thresholds": {"diff_cover": 100}}',
        },
    )
    checkout.git("switch", "-qc", "work")
    checkout.write("shop.py", "".join(body.format(name) for name in ("one", "two", "three")))
    checkout.write("tests/test_two.py", "from shop import two\n\n\ndef test_two():\n    two(1)\n")
    checkout.commit()
    merged = machines.all(2)
    found = {"diff-cover:shop.py:8", "diff-cover:shop.py:9"}
    assert (merged.code, checkout.failed("full")) == (1, found), merged.out
