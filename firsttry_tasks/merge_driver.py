"""Merges ``ci/flaky_tests.json`` for git, without conflicts: git runs it as a merge driver."""

from __future__ import annotations

import sys
from pathlib import Path

from firsttry_tasks.flaky import list_file
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.flaky_records import FlakyMemory
from firsttry_tasks.system import disk


def main(argv: list[str] | None = None) -> int:
    """Merge the files base, ours and theirs into ours; return 1 where one can't be read.

    git then leaves the conflict to a person.
    """
    # The order of git's %O %A %B; git takes the result from the second file.
    places = map(Path, sys.argv[1:] if argv is None else argv)
    try:
        base, ours, theirs = places
        known = [_read(place) for place in (base, ours, theirs)]
        disk.write(ours, list_file.encode(list_file.merge(*known)))
    except FirstTryError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


def _read(place: Path) -> FlakyMemory:
    """Return one side's memory, empty where that branch has no such file."""
    # For a missing ancestor git names an empty file.
    data = disk.read(place)
    return list_file.decode(data) if data else FlakyMemory()


if __name__ == "__main__":
    sys.exit(main())
