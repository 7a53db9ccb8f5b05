"""Deselects the tests that the plan leaves out, and tells for each of the others why it runs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.recorder.inside_pytest.outcomes import clean
from firsttry_tasks.recorder.inside_pytest.reports import known_as
from firsttry_tasks.recorder.inside_pytest.skips import taken_out

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import TestsPlan
    from firsttry_tasks.recorder.inside_pytest.outcomes import EventStream


class PlannedSelection:
    """Deselects by the plan; a test that the plan does not know runs, because it may be new."""

    def __init__(self, plan: TestsPlan, stream: EventStream | None) -> None:
        """Remember the plan, and where to write what is kept; None writes nothing."""
        self._plan = plan
        self._stream = stream
        #: Node ids of all tests, and of those that the plan's marker marks, deselected or not.
        self._collected: list[str] = []
        self._smoke: list[str] = []
        #: Node ids by which reports call a test, where that is not what it is known as.
        self._aliases: dict[str, str] = {}

    def pytest_ignore_collect(self, collection_path: Path, config: pytest.Config) -> bool | None:
        """Leave out files in which no test is to run.

        None leaves the decision to other plugins.
        """
        # Not collecting a file saves its import, which often takes longer than its tests.
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
        collected = list(items)
        # The project's own `-k`, `-m` and plugins come first, so that what they leave out is known.
        # Some give tests other node ids; it is by those that people and later runs know them.
        result = yield
        names = {item: clean(known_as(item)) for item in (*collected, *items)}
        self._collected = [names[item] for item in collected]
        self._aliases = {
            clean(item.nodeid): name for item, name in names.items() if name != clean(item.nodeid)
        }
        if self._plan.smoke:
            marked = (item for item in collected if item.get_closest_marker(self._plan.smoke))
            self._smoke = [names[item] for item in marked]
        dropped = [item for item in items if not self._runs(names[item])]
        if dropped:
            # In place, because pytest and other plugins hold the same list.
            items[:] = [item for item in items if self._runs(names[item])]
            config.hook.pytest_deselected(items=dropped)
        # A rerun repeats an order in which tests failed; those that it doesn't name come last.
        if self._plan.order:
            place = {nodeid: at for at, nodeid in enumerate(self._plan.order)}
            items.sort(key=lambda item: place.get(names[item], len(place)))
        return result

    def _runs(self, nodeid: str) -> bool:
        if self._plan.only:
            return nodeid in self._plan.only
        return nodeid not in self._plan.skip_tests

    def pytest_collection_finish(self, session: pytest.Session) -> None:
        """Write which tests are going to run, each with its why, and which the project left out."""
        if self._stream is None:
            return
        if self._plan.collect:
            self._tell_bonds(session, self._stream)
        kept = [clean(known_as(item)) for item in session.items]
        # Neither kept nor skipped by the plan: the project's own options did it.
        left = set(self._collected).difference(kept, self._plan.skip_tests)
        self._stream.write(
            "collected",
            collected=len(self._collected),
            why={nodeid: self._plan.why.get(nodeid, self._plan.default_reason) for nodeid in kept},
            # Where the plan names the only tests to run, all others are left out by it.
            deselected_by_project=[] if self._plan.only else sorted(left),
            smoke=self._smoke,
            aliases=self._aliases,
            by_code=[clean(known_as(it)) for it in session.items if taken_out(it)],
            skips=bool(self._plan.skip_tests or self._plan.skip_files or self._plan.only),
            patterns=list(map(str, session.config.getini("python_files"))),
        )

    def _tell_bonds(self, session: pytest.Session, stream: EventStream) -> None:
        """Write what each test that is kept has in common with others, in the order of files."""
        from firsttry_tasks.recorder.inside_pytest.bonds import bound, shared

        items = {clean(known_as(item)): item for item in session.items}
        # As collected: a plugin that shuffles has another order on each machine.
        order = [nodeid for nodeid in dict.fromkeys(self._collected) if nodeid in items]
        root = str(session.config.rootpath)
        stream.write(
            "bonds",
            order=order,
            bound={
                nodeid: names
                for nodeid in order
                if (names := bound(items[nodeid], self._plan.shared_fixtures))
            },
            shares={nodeid: names for nodeid in order if (names := shared(items[nodeid], root))},
        )
