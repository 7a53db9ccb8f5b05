"""What 10,000 known tests cost: the time to decide that none has to run, and the db they fill."""

from __future__ import annotations

import shutil
import sys
import tempfile
import time
from pathlib import Path

import msgspec

from benchmarks import harness
from benchmarks.harness import BIN, Case, Claim
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.model import state_paths
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.steps.run import pytest_run
from firsttry_tasks.steps.run.project import project, tree
from firsttry_tasks.system import disk

FILES, EACH = 100, 100
OFF = "[tool.firsttry.{}]\nenabled = false\n\n"
PROJECT = {
    "dodo.py": "from firsttry_tasks import tasks\n\nDOIT_CONFIG = tasks.DOIT_CONFIG\n",
    "pyproject.toml": OFF.format("ruff")
    + OFF.format("mypy")
    + '[tool.pytest.ini_options]\npythonpath = ["src"]\ntestpaths = ["tests"]\n',
    ".gitignore": "__pycache__/\n.testmondata*\n",
    "src/shared.py": "def shared(n: int) -> int:\n    return n\n",
    "notes/read.py": "NOTES = 1\n",
}
FT = str(BIN / "ft")
DECIDE = "--decide"
_HOUSE = str(Path(__file__).parents[1])
SECONDS = 0.3
TIMES = 1.5


def main() -> int:
    """Measure, print, write; 1 where a claim is broken."""
    if DECIDE in sys.argv:
        print(msgspec.json.encode(_decide(Path.cwd())).decode())
        return 0
    with tempfile.TemporaryDirectory(prefix="deciding-") as folder:
        root = Path(folder).resolve()
        harness.write(root, PROJECT | _modules())
        harness.commit(root)
        warm = Case("warm, all tests", root, (FT, "warm"), before=lambda: _forget(root))
        testmon = ("-m", "pytest", "-q", "--testmon")
        other = Case("pytest --testmon", root, (sys.executable, *testmon))
        taken = harness.measure([warm], 1)
        total, _, still = _asked(root)
        (root / "notes/read.py").write_text("NOTES = 2\n", "utf-8")
        harness.prepare(root, FT, "fingerprint")
        _, chosen, edited = _asked(root)
        ours = (root / state_paths.DB).stat().st_size
        taken |= harness.measure([other], 1)
        theirs = (root / ".testmondata").stat().st_size
    claims = [
        Claim(what="CPU seconds to decide, nothing changed", ratio=still, limit=SECONDS),
        Claim(what="CPU seconds to decide after an edit", ratio=edited, limit=2 * SECONDS),
        Claim(what="size of the db / testmon's", ratio=round(ours / theirs, 3), limit=TIMES),
    ]
    note = (
        f"{chosen} of {total:,} tests chosen after an edit that no test reaches; db {ours:,} bytes"
    )
    return 0 if harness.report("deciding", taken, claims, note) and chosen == 0 else 1


def _asked(root: Path) -> tuple[int, int, float]:
    """Decide in the environment in which tests are learned: another one would choose them all."""
    said = harness.prepare(root, sys.executable, "-m", __spec__.name, DECIDE, PYTHONPATH=_HOUSE)
    return msgspec.json.decode(said, type=tuple[int, int, float])


def _decide(root: Path) -> tuple[int, int, float]:
    """Return the number of tests, how many are chosen, and the seconds that choosing takes."""
    here = project(root)
    inputs = disk.read_own(root / state_paths.inputs_file("warm", "tests"), Inputs)
    if inputs is None:
        raise SystemExit("the fingerprint was not taken")
    files = tree(root, "warm", "tests")
    job = here.job("warm", "tests", tuple(files))
    started = time.process_time()
    memory = DependencyDb(root / state_paths.DB)
    found = choose(memory.recorded_runs(), pytest_run.now(here, job, inputs, files, memory))
    seconds = time.process_time() - started
    if found.everything:
        raise SystemExit(f"everything is chosen: {found.everything}")
    return found.total, len(found.why), round(seconds, 3)


def _forget(root: Path) -> None:
    shutil.rmtree(root / ".firsttry", ignore_errors=True)


def _modules() -> dict[str, str]:
    found = {}
    for n in range(FILES):
        found[f"src/m{n}.py"] = "from shared import shared\n" + "".join(
            f"\n\ndef f{k}(n: int) -> int:\n    return shared(n) + {k}\n" for k in range(EACH)
        )
        found[f"tests/test_m{n}.py"] = f"import m{n}\n" + "".join(
            f"\n\ndef test_f{k}() -> None:\n    assert m{n}.f{k}(1) == {k + 1}\n"
            for k in range(EACH)
        )
    return found


if __name__ == "__main__":
    sys.exit(main())
