"""The testmon step: write testmon's own database from what was recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from msgspec import Struct

from firsttry_tasks import dependency_db
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from firsttry_tasks.selection.evidence.recorded_run import RecordedRun, RecordedTest

#: The file that testmon looks for in pytest's root folder.
FILE = ".testmondata"


class _Known(Struct, frozen=True, kw_only=True):
    """One test: how it ended, its seconds, and for each file a line of every fragment it ran."""

    failed: bool
    seconds: float
    lines: dict[str, frozenset[int]]


def export(root: Path) -> None:
    """Write testmon's db for `pytest --testmon` by hand; FirstTryError where nothing is learned."""
    tests = _known(root, DependencyDb(root / state_paths.DB))
    if not tests:
        raise FirstTryError("Nothing is learned yet; run: ft warm")
    _write(root, tests)
    CONSOLE.say(f"Wrote {FILE}: pytest --testmon now knows {len(tests)} tests.")


def _known(root: Path, memory: DependencyDb) -> dict[str, _Known]:
    """Return, for each test, what the newest recorded run that holds it knows."""
    found: dict[str, _Known] = {}
    # Runs come newest first, so the first that has a test wins.
    for recorded in memory.recorded_runs():
        places = _Places(recorded, root, memory)
        for test in recorded.tests:
            if test.nodeid not in found:
                lines = places.lines(test)
                failed = test.outcome == "failed"
                found[test.nodeid] = _Known(failed=failed, seconds=test.seconds, lines=lines)
    return found


class _Places:
    """Finds the lines at which the units of one recorded run are in today's files.

    Functions may have moved since. They are found by their qualified names.
    """

    def __init__(self, recorded: RecordedRun, root: Path, memory: DependencyDb) -> None:
        self._recorded = recorded
        self._root = root
        self._memory = memory
        self._today: dict[str, dict[str, int]] = {}
        self._units: dict[int, tuple[str, int] | None] = {}

    def lines(self, test: RecordedTest) -> dict[str, frozenset[int]]:
        # Line 1 of its own file, so that a test depends on its file whatever else it ran.
        found: dict[str, set[int]] = {test.path: {1}}
        for unit in self._ran(test):
            place = self._place(unit)
            if place:
                found.setdefault(place[0], set()).add(place[1])
        return {path: frozenset(lines) for path, lines in found.items()}

    def _ran(self, test: RecordedTest) -> Iterator[int]:
        """Yield the units of the test, and of the scopes it rests on."""
        yield from test.ran()
        seen, waiting = set(test.scopes), list(test.scopes)
        while waiting:
            scope = self._recorded.scopes[waiting.pop()]
            yield from scope.units
            waiting += set(scope.used) - seen
            seen.update(scope.used)

    def _place(self, unit: int) -> tuple[str, int] | None:
        if unit not in self._units:
            path, number = self._recorded.units[unit]
            fragments = self._memory.before(path, self._recorded.manifest.get(path, ""))
            key = fragments[number].qualname if 0 <= number < len(fragments) else ""
            line = self._bodies(path).get(key)
            self._units[unit] = (path, line) if line else None
        return self._units[unit]

    def _bodies(self, path: str) -> dict[str, int]:
        """Return the last line of each function in a file as it is today."""
        # The last, because the first line of a function (its `def`) is in testmon's eyes a line of
        # what is around it.
        if path not in self._today:
            fragments = dependency_db.fragments(disk.read(self._root / path) or b"") or ()
            self._today[path] = {
                fragment.qualname: fragment.last
                for fragment in fragments
                if fragment.is_function_body
            }
        return self._today[path]


def _write(root: Path, tests: Mapping[str, _Known]) -> None:
    """Write a fresh db through testmon's own code, beside the old one, and then replace that.

    testmon itself computes the checksums of today's blocks and the row of this environment, so its
    own rules stay in force.
    """
    # Imported late, since nothing else needs testmon.
    from testmon.db import DB
    from testmon.testmon_core import TestmonData

    beside = root / f"{FILE}.next"
    _discard(beside)
    data = TestmonData.for_local_run(rootdir=str(root), database=DB(str(beside)))
    rows = _Rows(data.source_tree)
    data.save_test_execution_file_fps({nodeid: rows.of(test) for nodeid, test in tests.items()})
    # Only the one file is moved, so nothing may be left in a log beside it.
    link = data.db.con
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.execute("PRAGMA journal_mode = DELETE")
    link.close()
    _discard(root / FILE)
    disk.move(beside, root / FILE)


class _Rows:
    """Converts tests to the shape in which testmon saves them."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._made: dict[tuple[str, frozenset[int]], list[int]] = {}

    def of(self, test: _Known) -> dict[str, object]:
        uses = [(self._tree.get_file(path), path, lines) for path, lines in test.lines.items()]
        deps = [
            {
                "filename": path,
                "mtime": module.mtime,
                "fsha": module.fs_fsha,
                "method_checksums": self._checksums(module, path, lines),
            }
            for module, path, lines in uses
            if module is not None
        ]
        return {"deps": deps, "failed": test.failed, "duration": test.seconds}

    def _checksums(self, module: Any, path: str, lines: frozenset[int]) -> list[int]:
        from testmon.process_code import create_fingerprint

        # Many tests run the same lines, and a fingerprint takes testmon a walk over the file.
        key = (path, lines)
        if key not in self._made:
            self._made[key] = create_fingerprint(module, lines)
        return self._made[key]


def _discard(db: Path) -> None:
    """Remove a db and the files that SQLite keeps beside it."""
    for end in ("", "-wal", "-shm"):
        disk.remove(db.with_name(db.name + end))
