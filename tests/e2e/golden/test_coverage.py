"""Golden caches of projects that measure coverage: both record in one run, and neither suffers."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from tests.e2e.golden.world import ONLY_TESTS, World

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

LOCK = "ci/parity.lock.json"
TAX = "tests/test_shop.py::test_tax"
#: Options in the project's own configuration, and what the parity lock asks for.
PROJECTS: dict[str, tuple[str, dict[str, Any]]] = {
    "options": ("--cov=shop --cov-fail-under=100", {}),
    "branches": ("--cov=shop --cov-branch --cov-report=term", {}),
    "the lock": ("", {"coverage": True}),
    "the gate": ("", {"thresholds": {"diff_cover": 100.0}}),
    "both": ("--cov=shop --cov-branch", {"coverage": True, "thresholds": {"diff_cover": 100.0}}),
}


@pytest.fixture(
    params=[pytest.param(it, marks=[] if it == "both" else pytest.mark.thorough) for it in PROJECTS]
)
def world(request: pytest.FixtureRequest, tmp_path: Path) -> World:
    """Return a world whose project measures coverage in one of these ways."""
    options, asked = PROJECTS[request.param]
    made = World(tmp_path / "world")
    made.origin.begin(ONLY_TESTS)
    made.origin.shop()
    settings = (made.origin.root / "pyproject.toml").read_text()
    made.origin.write("pyproject.toml", f'{settings}addopts = "{options}"\n')
    made.origin.run("doit", "lock")
    lock = json.loads((made.origin.root / LOCK).read_text())
    made.origin.write(LOCK, json.dumps({**lock, **asked}))
    made.origin.commit()
    made.publish()
    return made


def _measured(checkout: Checkout) -> bool:
    """Tell whether the full run saw lines of the shop run, under the recorder."""
    report = checkout.root / ".firsttry/full/tests/coverage.xml"
    text = report.read_text() if report.exists() else ""
    return 'filename="shop.py"' in text and 'hits="1"' in text


def test_the_golden_cache_is_as_good_as_any(world: World) -> None:
    """A clone runs nothing; then a change selects its test alone, and warm and full see it fail."""
    clone = world.clone()
    world.warm(clone)
    detail = clone.gate().tests
    untouched = detail.counts.selected if detail else -1
    clone.write("shop.py", (clone.root / "shop.py").read_text().replace("n // 5", "n // 2"))
    done = clone.run("doit", "parity", env=world.env)
    seen = (untouched, done.code, clone.verdict().name, set(clone.selected()))
    assert seen == (0, 1, "red", {TAX}), done.out


def test_coverage_is_as_good_as_any(world: World) -> None:
    """Where the lock asks for it; the recorder's tracing takes nothing from it."""
    asked = json.loads((world.origin.root / LOCK).read_text())
    wanted = asked.get("coverage") or (asked.get("thresholds") or {}).get("diff_cover") is not None
    assert _measured(world.origin) == bool(wanted)
