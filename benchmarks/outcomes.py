"""A pytest plugin that writes what each test came to: the truth that selections are held to."""

import json
import os
from pathlib import Path

import pytest

PLACE = "BENCHMARK_OUTCOMES"
_WORST = {"passed": 0, "skipped": 1, "failed": 2}


class Outcomes:
    """Keeps the worst of each test's phases, and writes all of them at the end."""

    def __init__(self, place: Path) -> None:
        """Remember where to write."""
        self._place = place
        self._came_to: dict[str, str] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Keep the worst of set-up, call and teardown."""
        before = self._came_to.get(report.nodeid, "passed")
        worst = max(before, report.outcome, key=_WORST.__getitem__)
        self._came_to[report.nodeid] = worst

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Keep files that can't be collected."""
        if report.failed:
            self._came_to[report.nodeid] = "failed"

    def pytest_sessionfinish(self) -> None:
        """Write the outcomes."""
        self._place.write_text(json.dumps(self._came_to), "utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Listen where the environment says where to write."""
    if PLACE in os.environ:
        config.pluginmanager.register(Outcomes(Path(os.environ[PLACE])))
