"""Several machines: clones of one commit at other places, each with a home and a key of its own."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.model import state_paths
from tests.e2e.checkout import Checkout, Ran

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun

FOLDER = "artifacts/shards"
SUITE = {
    "shop/__init__.py": "",
    "shop/prices.py": "RATE = 2\n\n\ndef price(n):\n    return n * RATE\n",
    "shop/stock.py": "from shop.prices import price\n\n\ndef worth(n):\n    return price(n) + 1\n",
    "shop/files.py": "from pathlib import Path\n\n\ndef rates():\n"
    "    return Path('data/rates.csv').read_text().split()\n",
    "data/rates.csv": "1 2 3\n",
    "tests/conftest.py": "import pytest\n\nfrom shop.stock import worth\n\n\n"
    "@pytest.fixture(scope='session')\ndef stock():\n    return worth(3)\n",
    "tests/test_prices.py": "import pytest\n\nfrom shop import prices\n\n\n"
    "@pytest.mark.parametrize('n', range(8))\ndef test_price(n):\n"
    "    assert prices.price(n) == 2 * n\n",
    "tests/test_stock.py": "def test_stock(stock):\n    assert stock == 7\n\n\n"
    "class TestWorth:\n    def test_worth(self, stock):\n        assert stock > 6\n",
    "tests/test_files.py": "import os\nimport pytest\nfrom shop.files import rates\n\n\n"
    "def test_rates():\n    assert rates() == ['1', '2', '3']\n\n\n"
    "def test_home():\n    assert os.environ['HOME']\n\n\n"
    "@pytest.mark.skip(reason='later')\ndef test_later():\n    pass\n\n\n"
    "@pytest.mark.xfail\ndef test_never():\n    assert not rates()\n",
    "tests/test_groups.py": "import pytest\n\nfrom shop.stock import worth\n\n\n"
    "@pytest.mark.xdist_group('one')\ndef test_first():\n    assert worth(1) == 3\n\n\n"
    "def test_other():\n    assert worth(2) == 5\n",
    "tests/test_more.py": "import pytest\n\nfrom shop.prices import price\n\n\n"
    "@pytest.mark.xdist_group('one')\ndef test_second():\n    assert price(1) == 2\n",
}


class Machines:
    """A commit, and clones of it that stand for machines."""

    def __init__(self, origin: Checkout) -> None:
        """Take the checkout whose commit all have."""
        self.origin = origin

    def clone(self, name: str) -> Checkout:
        """Return a machine of this name, made where there is none yet."""
        place = self.origin.root.parent / name / "project"
        if not place.exists():
            place.parent.mkdir()
            self.origin.git("clone", "-q", f"file://{self.origin.root}", str(place))
        return Checkout(place)

    def shard(self, asked: str, *words: str, name: str = "", stage: str = "full") -> Ran:
        """Run a shard on a machine of its own, by the origin's plan, and bring home its result."""
        there = self.clone(name or f"machine-{asked.partition('/')[0]}")
        bring(self.origin, there, f"{stage}/plan.json")
        ran = there.run("ft", stage, "--shard", asked, *words)
        for made in (there.root / FOLDER / stage).glob("*.shard"):
            bring(there, self.origin, f"{stage}/{made.name}")
        return ran

    def all(self, of: int, *words: str, stage: str = "full", name: str = "machine") -> Ran:
        """Plan so many shards, run each on its machine, and merge; return how the merge ended.

        Machines of another ``name`` are fresh ones.
        """
        options = ["--warm"] if stage == "warm" else []
        planned = self.origin.run("ft", "plan", "--shards", str(of), *options)
        assert planned.code == 0, planned.out
        for number in range(1, of + 1):
            self.shard(f"{number}/{of}", *words, stage=stage, name=f"{name}-{number}")
        return self.origin.run("ft", "merge", *options, *words)


def bring(source: Checkout, target: Checkout, name: str) -> None:
    """Copy a file below the folder of shards from one machine to another."""
    place = target.root / FOLDER / name
    place.parent.mkdir(parents=True, exist_ok=True)
    (target.root / "artifacts" / ".gitignore").write_text("*\n")
    shutil.copy(source.root / FOLDER / name, place)


def suite(checkout: Checkout, files: dict[str, str] | None = None) -> Machines:
    """Fill a repository with tests of many kinds, and commit."""
    settings = checkout.root / "pyproject.toml"
    more = "[tool.pytest.ini_options]\npythonpath = ['.']\nmarkers = ['xdist_group']\n"
    checkout.write("pyproject.toml", settings.read_text() + more)
    for name, text in (files or SUITE).items():
        checkout.write(name, text)
    checkout.commit()
    return Machines(checkout)


def recorded(root: Path, folder: str = state_paths.RECORDED_TESTS) -> RecordedRun:
    """Return what the last run recorded."""
    return DependencyDb(root / folder / "dependencies.db").recorded_runs()[0]


def rests_on(run: RecordedRun) -> dict[str, Any]:
    """Return what was recorded of each test, by names: runs number things as they come."""
    return {
        test.nodeid: {
            "outcome": test.outcome,
            "path": test.path,
            "names": test.names,
            "kind": test.kind,
            "units": {run.units[n] for n in test.ran()},
            "observations": {run.observations[n] for n in test.observations},
            "scopes": set(_scopes(run, test.scopes)),
        }
        for test in run.tests
    }


def _scopes(run: RecordedRun, numbers: tuple[int, ...]) -> Iterator[tuple[object, ...]]:
    """Yield all scopes that are reached from these."""
    seen: set[int] = set()
    open_ = list(numbers)
    while open_:
        number = open_.pop()
        if number not in seen:
            seen.add(number)
            scope = run.scopes[number]
            open_ += scope.used
            yield (
                scope.kind,
                scope.name,
                frozenset(run.units[n] for n in scope.units),
                frozenset(run.observations[n] for n in scope.observations),
            )
