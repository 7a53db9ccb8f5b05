"""Keeps tests from touching the world by accident, and lets tests/e2e touch it on purpose."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NoReturn

import pytest

from firsttry_tasks import proc
from tests.e2e.checkout import Checkout

if TYPE_CHECKING:
    from pathlib import Path

#: What this run's own environment must not tell the code under test.
FOREIGN = ("CI", "COVERAGE_", "COV_", "FIRSTTRY_", "GIT_", "GITHUB_", "NO_COLOR", "PYTEST_ADDOPTS")


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

    monkeypatch.setattr(proc, "run", closed)
    monkeypatch.setattr(proc, "outputs", closed)


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Return a git repository with a dodo.py and nothing else, gates but the tests off."""
    return Checkout(tmp_path / "project")
