"""The door to testmon's own db: what FirstTry learned, for `pytest --testmon` by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from firsttry_tasks.selection.evidence.today import Known

#: Where testmon looks, in the folder that pytest takes for its root.
FILE = ".testmondata"


def write(root: Path, tests: Mapping[str, Known]) -> None:
    """Write a fresh db through testmon itself, and put it in place whole.

    testmon computes the fingerprints of today's blocks and the row of this environment, so that
    its own rules stay in force for whoever uses it by hand.
    """
    from testmon.db import DB
    from testmon.testmon_core import TestmonData

    beside = root / f"{FILE}.next"
    _discard(beside)
    data = TestmonData.for_local_run(rootdir=str(root), database=DB(str(beside)))
    rows = _Rows(data.source_tree)
    data.save_test_execution_file_fps({nodeid: rows.of(test) for nodeid, test in tests.items()})
    link = data.db.con
    link.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    link.execute("PRAGMA journal_mode = DELETE")
    link.close()
    _discard(root / FILE)
    disk.move(beside, root / FILE)


class _Rows:
    """Tests in the shape in which testmon saves them."""

    def __init__(self, tree: Any) -> None:
        self._tree = tree
        self._made: dict[tuple[str, frozenset[int]], list[int]] = {}

    def of(self, test: Known) -> dict[str, object]:
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

        key = (path, lines)
        if key not in self._made:
            self._made[key] = create_fingerprint(module, lines)
        return self._made[key]


def _discard(db: Path) -> None:
    """Forget a db and what SQLite keeps beside it."""
    for end in ("", "-wal", "-shm"):
        disk.remove(db.with_name(db.name + end))
