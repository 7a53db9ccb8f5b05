"""Takes one box as the update step does, and prints what it came to and what memory it took."""

from __future__ import annotations

import io
import json
import resource
import sys
from pathlib import Path

from firsttry_tasks.golden import archive, box, proof, restore
from firsttry_tasks.golden.box import BadBoxError
from tests.unit.golden.boxes import NAME

UNIT = 1024 if sys.platform == "linux" else 1


def main(folder: Path) -> None:
    """Take ``folder/index entry`` and ``folder/data``."""
    data = (folder / "data").read_bytes()
    try:
        index_entry = box.read((folder / "label").read_bytes(), NAME)
        box.check_sealed(index_entry.archive, data)
        restore.stage(index_entry, archive.opened(io.BytesIO(data)), folder / "staging")
        proof.prove(index_entry.manifest, folder / "staging")
        reason = ""
    except BadBoxError as error:
        reason = str(error)
    child = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * UNIT
    print(json.dumps({"reason": reason, "own": _own(), "child": child}))  # noqa: T201  it is read by the test


def _own() -> int:
    """Return the peak of this process; what getrusage says begins with that of who started it."""
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * UNIT
    return int(status.read_text().partition("VmHWM:")[2].split()[0]) * 1024


if __name__ == "__main__":
    main(Path(sys.argv[1]))
