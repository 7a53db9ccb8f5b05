"""Keeps tests from touching the world by accident, and lets tests/e2e touch it on purpose."""

from __future__ import annotations

import os
from collections import Counter
from typing import TYPE_CHECKING, NoReturn

import pytest
from hypothesis import HealthCheck, settings

from firsttry_tasks.system import machine, process
from tests.e2e.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

#: What this run's own environment must not tell the code under test.
FOREIGN = (
    *machine.AGENTS,
    "CI",
    "COVERAGE_",
    "COV_",
    "FIRSTTRY_",
    "GIT_",
    "GITHUB_",
    "NO_COLOR",
    "PYTEST_ADDOPTS",
)


# How long it takes to think of examples says how busy the machine is.
settings.register_profile("shared", suppress_health_check=[HealthCheck.too_slow], deadline=None)
settings.load_profile("shared")


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark the end-to-end tests, but for those of the main path: they are default tests.

    And of a test that is to be played with ``few`` of its parameters, the others are thorough.
    """
    met: Counter[str] = Counter()
    for item in items:
        if "e2e" in item.path.parts and item.get_closest_marker("smoke") is None:
            item.add_marker("e2e")
        few = item.get_closest_marker("few")
        if few is not None:
            name = item.nodeid.partition("[")[0]
            met[name] += 1
            if met[name] > few.args[0]:
                item.add_marker("thorough")


@pytest.fixture(autouse=True)
def _clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take away the variables by which a CI machine or a hook would steer a test."""
    for name in tuple(os.environ):
        if name.startswith(FOREIGN):
            monkeypatch.delenv(name)


@pytest.fixture(autouse=True)
def _closed_doors(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let nothing but the end-to-end tests start a process."""
    if "e2e" in request.path.parts:
        return

    def closed(*_args: object, **_kwargs: object) -> NoReturn:
        raise AssertionError("pass a runner: only tests/e2e start processes")

    monkeypatch.setattr(process, "run", closed)
    monkeypatch.setattr(process, "outputs", closed)
    monkeypatch.setattr(process, "raw", closed)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a git repository with a dodo.py and nothing else, gates but the tests off."""
    made = Checkout(tmp_path / "project")
    made.begin()
    return made


@pytest.fixture
def shop(checkout: Checkout) -> Checkout:
    """Return a repository with two functions, a test for each, and nothing learned yet."""
    return checkout.shop()


@pytest.fixture(scope="session")
def _proved(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return the shop after a green parity, made once for each run of ours."""
    made = Checkout(tmp_path_factory.mktemp("proved") / "project")
    made.begin()
    assert made.shop().run("doit", "parity").code == 0
    return made


@pytest.fixture
def proved(_proved: Checkout, tmp_path: Path) -> Checkout:
    """Return a copy of the shop after a green parity."""
    return _proved.copy(tmp_path / "project")
