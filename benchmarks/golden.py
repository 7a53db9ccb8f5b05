"""Packing and restoring a golden cache of real state, beside `zip -r` and `unzip` of the same."""

from __future__ import annotations

import io
import re
import resource
import shutil
import sys
import tempfile
import time
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import harness, second_clone
from benchmarks.harness import Case, Claim, Taken
from firsttry_tasks.golden import archive, box, contents, delta, proof, recorded_claims, restore
from firsttry_tasks.model import state_paths
from firsttry_tasks.steps.cache import package
from firsttry_tasks.steps.run import recording
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.golden.box import IndexEntry, Manifest, Member

HERE = Path(__file__).parents[1]
TURNS = 9
LEAST = 25_000_000
#: Checked too, for mypy state of the size that larger projects have.
LARGE = ("hypothesis", "pip", "_pytest")
VERSIONS = ("3.12", "3.13")
SETTINGS = """
[tool.firsttry]
tests = [
    "tests/unit/golden/test_nearest.py", "tests/unit/parity/test_compare.py",
    "tests/unit/test_fingerprint.py",
]
[tool.firsttry.ruff]
enabled = false
"""
#: This repository's own settings.
OWN = re.compile(r"(?ms)^\[tool\.firsttry.*?(?=^\[(?!tool\.firsttry)|\Z)")
#: The fingerprint of a commit that nobody has, under which the state is packed.
PRINT = f"{'0' * 40}-{'0' * 64}"


def main() -> int:
    """Measure, print, write; 1 where a claim is broken."""
    with tempfile.TemporaryDirectory(prefix="golden-") as folder:
        root = Path(folder)
        project = _recorded(root / "project")
        share = _delta(root, project)
        _enlarge(project)
        clones = second_clone.measure(root / "clones")
        state = _state(project, root / "state")
        size = sum(path.stat().st_size for path in state.values())
        if size < LEAST:
            raise SystemExit(f"Only {size / 1e6:.1f} MB of state, {LEAST / 1e6:.0f} are needed.")
        return _measured(root, state, clones, size, share)


def _measured(
    root: Path, state: dict[str, Path], clones: dict[str, Taken], size: int, share: float
) -> int:
    parts = recorded_claims.read(state[contents.DB])[0].parts
    packed, zipped = root / "x.tar.zst", root / "x.zip"
    index_entry = _pack(state, parts, packed)
    away = partial(zipped.unlink, missing_ok=True)
    zips = Case("zip -r", root / "state", ("zip", "-q", "-r", str(zipped), "."), before=away)
    out = ("unzip", "-q", "-o", str(zipped), "-d", str(root / "unzipped"))
    empty = partial(shutil.rmtree, root / "unzipped", ignore_errors=True)
    unzips = Case("unzip", root, out, before=empty)
    ours: dict[str, list[float]] = {"package": [], "restore with proof": []}
    theirs: dict[str, list[Taken]] = {"zip -r": [], "unzip": []}
    for _ in range(TURNS):
        theirs["zip -r"].append(harness.measure([zips], 1)["zip -r"])
        ours["package"].append(_timed(partial(_pack, state, parts, packed)))
        theirs["unzip"].append(harness.measure([unzips], 1)["unzip"])
        ours["restore with proof"].append(
            _timed(partial(_restore, index_entry, packed, root / "back"))
        )
    taken = {name: _joined(turns) for name, turns in theirs.items()}
    taken |= {name: _own(seconds) for name, seconds in ours.items()}
    taken |= clones
    shares = (packed.stat().st_size / zipped.stat().st_size, size / 1e6)
    cold, again = second_clone.CASES
    made = (
        harness.claim_time(taken, "package", "zip -r", 0.25),
        harness.claim_time(taken, "restore with proof", "unzip", 1.3),
        harness.claim_time(taken, again, cold, 0.1),
        Claim(what="size: archive / zip", ratio=round(shares[0], 3), limit=1.0),
        Claim(what="size: delta of two commits / archive", ratio=round(share, 3), limit=0.2),
    )
    notes = (
        (
            f"{shares[1]:.1f} MB of state in {len(state)} files; ours without the start of Python, "
            "but for that of the process that reads what is restored"
        ),
        f"mypy: {second_clone.MODULES} generated modules, strict, as the warm report tells it",
    )
    return 0 if harness.report("golden", taken, made, *notes) else 1


def _timed(work: Callable[[], object]) -> float:
    began = time.perf_counter()
    work()
    return round(time.perf_counter() - began, 4)


def _joined(turns: list[Taken]) -> Taken:
    seconds, cpu = (tuple(it for turn in turns for it in side(turn)) for side in (_seconds, _cpu))
    return Taken(seconds=seconds, cpu=cpu, peak=max(turn.peak for turn in turns))


def _seconds(turn: Taken) -> tuple[float, ...]:
    return turn.seconds


def _cpu(turn: Taken) -> tuple[float, ...]:
    return turn.cpu


def _own(seconds: list[float]) -> Taken:
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * harness.UNIT
    return Taken(seconds=tuple(seconds), cpu=tuple(seconds), peak=peak)


def _recorded(root: Path) -> Path:
    """Return a clone of this repository in which a full run recorded."""
    harness.prepare(HERE, "git", "clone", "--quiet", str(HERE), str(root))
    settings = root / "pyproject.toml"
    settings.write_text(OWN.sub("", settings.read_text()) + SETTINGS)
    harness.commit(root)
    harness.prepare(root, str(harness.BIN / "doit"), "full", "record=1")
    return root


def _delta(root: Path, project: Path) -> float:
    """Change one function and record again; return what the delta is of the whole."""
    archives: list[bytes] = []
    for turn in ("first", "second"):
        if archives:
            place = project / "firsttry_tasks/parity/compare.py"
            place.write_text(f"{place.read_text()}\n\ndef added() -> int:\n    return 1\n")
            harness.commit(project)
            harness.prepare(project, str(harness.BIN / "doit"), "full", "record=1")
        state = _state(project, root / turn)
        _pack(state, {}, root / f"{turn}.tar.zst")
        archives.append((root / f"{turn}.tar.zst").read_bytes())
    return len(delta.make(*archives) or archives[1]) / len(archives[1])


def _enlarge(root: Path) -> None:
    """Add mypy state of larger code to what was recorded."""
    cache = f"--cache-dir={state_paths.RECORDED_MYPY}"
    names = [word for name in LARGE for word in ("-p", name)]
    for version in VERSIONS:
        asked = (f"--python-version={version}", *names)
        command = (sys.executable, "-m", "mypy", "--config-file=", cache, *asked)
        # It finds fault with code of others; what is wanted is its cache.
        harness.prepare(root, "sh", "-c", '"$@" || true', "sh", *command)
    recording.seal(root / state_paths.RECORDED_MYPY, "")


def _state(project: Path, folder: Path) -> dict[str, Path]:
    """Return a copy of what was recorded, by name in the box, and nothing else beside it."""
    found: dict[str, Path] = {}
    for gate, place in (("tests", state_paths.RECORDED_TESTS), ("mypy", state_paths.RECORDED_MYPY)):
        for name, path in recording.files(project / place).items():
            target = folder / gate / name
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(path, target)
            found[f"{gate}/{name}"] = target
    text = folder / contents.FINGERPRINT
    text.write_text(f"{PRINT}\n")
    return {**found, contents.FINGERPRINT: text}


def _pack(state: dict[str, Path], parts: dict[str, str], target: Path) -> IndexEntry:
    def seal(files: tuple[Member, ...]) -> Manifest:
        producer = box.Producer(commit=PRINT[:40], ref="", run="", created="", firsttry="")
        return box.Manifest(fingerprint=PRINT, parts=parts, producer=producer, files=files)

    return package.pack(seal, state, target)


def _restore(index_entry: IndexEntry, packed: Path, root: Path) -> None:
    staging = root / state_paths.STAGING
    data = disk.read(packed) or b""
    box.check_sealed(index_entry.archive, data)
    restore.stage(index_entry, archive.opened(io.BytesIO(data)), staging)
    proof.prove(index_entry.manifest, staging)
    restore.mark_ready(staging, index_entry, tests=True, mypy=True)
    restore.finish(staging, root / "warm", root / ".mypy_cache")


if __name__ == "__main__":
    sys.exit(main())
