"""A small project whose tests run once with the recorder, and what that leaves."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model import recording
from firsttry_tasks.model.values import PLAN, TestsPlan

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.model.recording import Record

HOUSE = Path(__file__).parents[3]


def recorded(root: Path, files: Mapping[str, str], first: str = "") -> Record:
    """Write the files of a project, run its tests, and return the record.

    ``first`` is code that runs in the process of the tests before anything of ours is loaded.
    """
    for name, text in files.items():
        (root / name).write_text(text)
    spool = root / ".firsttry"
    spool.mkdir()
    plan = TestsPlan(events=str(spool / "events"), root=str(root), records=str(spool), data=("",))
    (spool / "plan.json").write_bytes(msgspec.json.encode(plan))
    kept = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    beside = root.with_name(f"{root.name}-first")
    beside.mkdir()
    (beside / "first.py").write_text(first)
    path = f"{HOUSE}{os.pathsep}{beside}"
    env = kept | {PLAN: str(spool / "plan.json"), "PYTHONPATH": path}
    words = ["-p", "first", "-p", "firsttry_tasks.recorder.plugin"]
    words += ["-p", "no:testmon", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", "-q", f"--rootdir={root}", *words]
    subprocess.run(command, cwd=root, env=env, check=False, capture_output=True)
    return recording.decode((spool / f"main{recording.SUFFIX}").read_bytes())
