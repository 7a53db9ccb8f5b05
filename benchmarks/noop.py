"""Nothing changed in 10,000 files: `doit warm` beside a bare `doit` with one up-to-date task."""

from __future__ import annotations

import sys
import tempfile
from pathlib import Path

from benchmarks import harness
from benchmarks.harness import BIN, Case

FILES = 10_000
FOLDER = 100
TURNS = 25
PROJECT = {
    "dodo.py": "from firsttry_tasks import tasks\n\nDOIT_CONFIG = tasks.DOIT_CONFIG\n",
    "bare.py": 'def task_one():\n    return {"actions": ["true"], "file_dep": ["bare.py"]}\n',
    "src/p000/__init__.py": "",
    "tests/test_f.py": "from p000.m000 import f\n\n\ndef test_f() -> None:\n    assert f() == 0\n",
    # The tools look at a part: what is measured is a run in which none of them starts.
    "pyproject.toml": '[tool.mypy]\nfiles = ["src/p000"]\n\n'
    '[tool.pytest.ini_options]\npythonpath = ["src"]\n',
    ".gitignore": "__pycache__/\n.doit.db*\n",
}
#: Runs doit and prints the program of every process that it starts.
LISTEN = """\
import sys

from doit.doit_cmd import DoitMain

started = set()

def listen(event, args):
    if event in ("subprocess.Popen", "os.posix_spawn", "os.exec", "os.fork", "os.system"):
        started.add(args[1][0] if event == "subprocess.Popen" else event)

sys.addaudithook(listen)
code = DoitMain().run(["warm"])
print("started:", *sorted(started))
sys.exit(code)
"""


def main() -> int:
    """Measure, print, write; 1 where a claim is broken."""
    with tempfile.TemporaryDirectory(prefix="noop-") as folder:
        root = Path(folder)
        harness.write(root, PROJECT | _modules(FILES - 4))
        harness.commit(root)
        doit = str(BIN / "doit")
        harness.prepare(root, doit, "warm")
        bare = Case("bare doit", root, (doit, "-f", "bare.py"))
        warm = Case("doit warm", root, (doit, "warm"))
        taken = harness.measure([bare, warm], TURNS)
        heard = harness.prepare(root, sys.executable, "-c", LISTEN)
    started = heard.rpartition("started:")[2].split()
    claims = [
        harness.claim_time(taken, "doit warm", "bare doit", 1.6),
        harness.claim_memory(taken, "doit warm", "bare doit", 1.5),
    ]
    note = f"{FILES:,} tracked Python files; doit warm started: {' '.join(started)}"
    kept = harness.report("noop", taken, claims, note)
    return 0 if kept and started == ["git"] else 1


def _modules(count: int) -> dict[str, str]:
    return {
        f"src/p{n // FOLDER:03}/m{n % FOLDER:03}.py": f"def f() -> int:\n    return {n}\n"
        for n in range(count)
    }


if __name__ == "__main__":
    sys.exit(main())
