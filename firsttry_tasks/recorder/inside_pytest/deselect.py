"""Keeps what the plan leaves to run, and says for each test why."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.recorder.inside_pytest.outcomes import clean

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import TestsPlan
    from firsttry_tasks.recorder.inside_pytest.outcomes import EventStream


class PlannedSelection:
    """Deselects by the plan; what the plan does not know runs."""

    def __init__(self, plan: TestsPlan, stream: EventStream | None) -> None:
        """Remember the plan, and the stream that tells what was kept."""
        self._plan = plan
        self._stream = stream
        self._collected: list[str] = []
        self._smoke: list[str] = []

    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> bool | None:
        """Leave out files in which no test is to run."""
        if not self._plan.skip_files or not collection_path.is_relative_to(config.rootpath):
            return None
        return (
            collection_path.relative_to(config.rootpath).as_posix() in self._plan.skip_files or None
        )

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_collection_modifyitems(
        self, config: pytest.Config, items: list[pytest.Item]
    ) -> object:
        """Count what was collected, let others deselect, then deselect by the plan."""
        self._collected = [clean(item.nodeid) for item in items]
        if self._plan.smoke:
            marked = (item for item in items if item.get_closest_marker(self._plan.smoke))
            self._smoke = [clean(item.nodeid) for item in marked]
        result = yield
        dropped = [item for item in items if not self._runs(item.nodeid)]
        if dropped:
            items[:] = [item for item in items if self._runs(item.nodeid)]
            config.hook.pytest_deselected(items=dropped)
        if self._plan.order:
            place = {nodeid: at for at, nodeid in enumerate(self._plan.order)}
            items.sort(key=lambda item: place.get(clean(item.nodeid), len(place)))
        return result

    def _runs(self, nodeid: str) -> bool:
        nodeid = clean(nodeid)
        if self._plan.only:
            return nodeid in self._plan.only
        return nodeid not in self._plan.skip_tests

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Tell what is going to run, each with its why, and what the project itself left out."""
        if self._stream is None:
            return
        kept = [clean(item.nodeid) for item in session.items]
        left = set(self._collected).difference(kept, self._plan.skip_tests)
        self._stream.write(
            "collected",
            collected=len(self._collected),
            why={nodeid: self._plan.why.get(nodeid, self._plan.default_reason) for nodeid in kept},
            deselected_by_project=[] if self._plan.only else sorted(left),
            smoke=self._smoke,
        )
