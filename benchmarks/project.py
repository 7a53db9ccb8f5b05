"""A real project in a copy of its own: run it warm, run it plainly, put it back."""

import os
import shutil
import subprocess
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from benchmarks.outcomes import PLACE
from firsttry_tasks.model.values import Report

_HOUSE = Path(__file__).parents[1]
_OTHERS_OFF = "\n[tool.firsttry.ruff]\nenabled = false\n\n[tool.firsttry.mypy]\nenabled = false\n"
_SETTINGS = "pyproject.toml"
_STATE = ".firsttry"
_LIMIT = 600
_AGAIN = 5
_REPORT = "artifacts/warm_parity_report.json"
_PLAIN = ("-p", "outcomes", "--no-testmon", "-p", "no:cacheprovider", "-q")


class Plain(msgspec.Struct, frozen=True, kw_only=True):
    """A plain run of all tests: what each came to, and how long it took."""

    outcomes: dict[str, str]
    seconds: float
    cpu: float = 0.0
    hung: bool = False

    @property
    def failed(self) -> frozenset[str]:
        """The tests and files that failed."""
        return frozenset(name for name, word in self.outcomes.items() if word == "failed")


class Warm(msgspec.Struct, frozen=True, kw_only=True):
    """A warm run: which tests ran, which failed, why all of them did if they did."""

    ran: frozenset[str]
    failed: frozenset[str]
    total: int
    mode: str
    why: tuple[str, ...]
    seconds: float
    cpu: float
    status: int


class Project:
    """A copy of a checkout, and the interpreter that has what its tests need."""

    def __init__(self, name: str, root: Path, python: str, src: str) -> None:
        """Take the copy at `root` as the project; `src` is, or holds, its package."""
        self.name = name
        self.root = root
        self._python = python
        self._src = src

    def settle(self, settings: str = _OTHERS_OFF) -> None:
        """Leave only the tests gate on, or what is said; keep our files out of git's sight."""
        held = self.git("ls-tree", "--name-only", "HEAD", _SETTINGS)
        text = self.git("show", f"HEAD:./{_SETTINGS}") if held else ""
        if settings:
            (self.root / _SETTINGS).write_text(text + settings, "utf-8")
        exclude = self.git("rev-parse", "--path-format=absolute", "--git-path", "info/exclude")
        with Path(exclude.strip()).open("a", encoding="utf-8") as out:
            out.write(f"{_STATE}/\nartifacts/\n__pycache__/\n")

    def git(self, *words: str) -> str:
        """Run git in the copy, and return what it printed."""
        done = subprocess.run(
            ["git", *words], cwd=self.root, check=True, capture_output=True, text=True
        )
        return done.stdout

    def plain(self, only: Iterable[str] = (), limit: float = _LIMIT) -> Plain:
        """Run all tests without selection, or only these, for so many seconds at most."""
        place = self.root.parent / f"{self.name}.outcomes.json"
        place.unlink(missing_ok=True)
        clock = _Clock()
        words = (self._python, "-m", "pytest", f"--rootdir={self.root}", *_PLAIN, *only)
        env = {PLACE: str(place)}
        try:
            done = self.run(words, env, limit)
        except subprocess.TimeoutExpired:
            return Plain(outcomes={}, seconds=limit, hung=True)
        seconds, cpu = clock.read()
        if not place.exists():  # pytest itself could not start
            return Plain(outcomes={f"({_last(done)})": "failed"}, seconds=seconds, cpu=cpu)
        found = msgspec.json.decode(place.read_bytes(), type=dict[str, str])
        return Plain(outcomes=found, seconds=seconds, cpu=cpu)

    def flaky(self, names: Iterable[str], run: Plain) -> set[str]:
        """Return those that come to something else when they run again on the same tree."""
        asked = sorted(names)
        runs = [self.plain(asked) for _ in range(_AGAIN if asked else 0)]
        return {it for it in asked if {one.outcomes.get(it) for one in runs} != {run.outcomes[it]}}

    def warm(self) -> Warm:
        """Run what the change can break."""
        report = self.root / _REPORT
        report.unlink(missing_ok=True)
        clock = _Clock()
        done = self.run((self._python, "-m", "firsttry_tasks.cli", "warm"), {})
        if not report.exists():
            raise SystemExit(f"{self.name}: ft said\n{_end(done)}")
        return _read(report, clock, done.returncode)

    def full(self) -> float:
        """Run everything from cold; return the seconds it took."""
        clock = _Clock()
        done = self.run((self._python, "-m", "firsttry_tasks.cli", "full"), {})
        if done.returncode > 1:
            raise SystemExit(f"{self.name}: ft said\n{_end(done)}")
        return clock.read()[0]

    def path(self) -> str:
        """Return where Python finds the package, and us."""
        source = self.root / self._src
        inside = source.parent if (source / "__init__.py").exists() else source
        # By its file: projects may have a package of benchmarks themselves.
        return os.pathsep.join((str(inside), str(_HOUSE), str(_HOUSE / "benchmarks")))

    def keep(self) -> None:
        """Keep the warm state as it is now, to go back to."""
        shutil.copytree(self.root / _STATE, self.kept(), dirs_exist_ok=True)

    def back(self) -> None:
        """Go back to the kept tree and the kept warm state."""
        self.git("checkout", "-q", "--", ".")
        shutil.rmtree(self.root / _STATE)
        shutil.copytree(self.kept(), self.root / _STATE)

    def kept(self) -> Path:
        """Return where the warm state is kept."""
        return self.root.parent / f"{self.name}.kept"

    def run(
        self, words: Iterable[str], extra: Mapping[str, str], limit: float = _LIMIT
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy, which finds the package by a variable."""
        env = {name: os.environ[name] for name in ("PATH", "HOME")}
        # Python takes bytecode of the same second and size for the source's: commits follow fast.
        env |= {"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        return subprocess.run(
            [*words],
            cwd=self.root,
            env={**env, "PYTHONPATH": self.path(), **extra},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=limit,
        )


class _Clock:
    """Times what children do: by the wall, and by the processors."""

    def __init__(self) -> None:
        self._wall = time.monotonic()
        self._cpu = self._children()

    def read(self) -> tuple[float, float]:
        return time.monotonic() - self._wall, self._children() - self._cpu

    @staticmethod
    def _children() -> float:
        times = os.times()
        return times.children_user + times.children_system


def _read(report: Path, clock: _Clock, status: int) -> Warm:
    seconds, cpu = clock.read()
    read = msgspec.json.decode(report.read_bytes(), type=Report)
    gate = next(gate for gate in read.gates if gate.result.gate == "tests")
    detail = gate.result.tests
    ran = frozenset(detail.durations) if detail and not gate.cached else frozenset()
    return Warm(
        ran=ran,
        failed=frozenset(found.nodeid or "(session)" for found in gate.result.findings),
        total=(detail.counts.total if detail else None) or len(ran),
        mode="cached" if gate.cached else detail.mode if detail else "error",
        why=gate.result.why,
        seconds=seconds,
        cpu=cpu,
        status=status,
    )


def _last(done: subprocess.CompletedProcess[str]) -> str:
    lines = (done.stderr or done.stdout).strip().splitlines()
    return lines[-1] if lines else f"exit code {done.returncode}"


def _end(done: subprocess.CompletedProcess[str]) -> str:
    return done.stdout[-2000:] + done.stderr[-2000:]


def named(source: str) -> str:
    """Return what a project is called: its folder's name, of a bare repository the one around."""
    place = Path(source).resolve()
    return place.parent.name if place.name in {"repo", ".git"} else place.name


def copy(source: str, base: Path, python: str, src: str) -> Project:
    """Clone a checkout, its history included, and settle into the clone."""
    name = named(source)
    root = base / name
    subprocess.run(["git", "clone", "-q", source, str(root)], check=True)
    return Project(name, root, python, src)
