"""A temporary repository that tests write to and run doit and ft in."""

from __future__ import annotations

import atexit
import functools
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.model.values import Report, Verdict
from firsttry_tasks.system.boundary import preload
from tests import schemas

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.model.values import GateResult, Stage

#: Where the programs of the Python that runs these tests stand.
BIN = Path(sys.executable).parent
DODO = "from firsttry_tasks import tasks\n\nDOIT_CONFIG = tasks.DOIT_CONFIG\n"
#: Only the tests gate: it is what most cases are about, and a cold mypy takes seconds.
TESTS_ONLY = """
[tool.firsttry.ruff]
enabled = false
[tool.firsttry.mypy]
enabled = false
"""
CODE = (
    "def price(n: int) -> int:\n    return n * 3\n\n\ndef tax(n: int) -> int:\n    return n // 5\n"
)
TESTS = """\
from shop import price, tax


def test_price() -> None:
    assert price(2) == 6


def test_tax() -> None:
    assert tax(10) == 2
"""
PATHS = "[tool.pytest.ini_options]\npythonpath = ['.']\n"
IDENTITY = "[user]\nname = T\nemail = t@example.invalid\n[init]\ndefaultBranch = main\n"
REPORTS: dict[Stage, str] = {
    "warm": "artifacts/warm_parity_report.json",
    "full": "artifacts/full_parity_report.json",
}
VERDICT = "artifacts/verdict.json"


@functools.cache
def _library() -> Path | None:
    """Return the C library that watches, compiled once; None where that can't be done."""
    folder = Path(tempfile.mkdtemp(prefix="firsttry-library-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    try:
        return preload.library(folder)
    except preload.UnwatchableError:
        return None


class Ran(msgspec.Struct, frozen=True):
    """A command that ended: its exit code, and both of its streams as one text."""

    code: int
    out: str


class Checkout:
    """A git repository; its environment is its own, with nothing of the run around it."""

    def __init__(self, root: Path) -> None:
        """Remember where the repository stands, or is going to."""
        self.root = root
        self.broken: set[int] = set()
        self.home = root.parent / "home"
        self.home.mkdir(parents=True, exist_ok=True)
        (self.home / ".gitconfig").write_text(IDENTITY)
        if library := _library():
            # Compiling it takes most of the time of a run this small.
            cache = self.home / ".cache/firsttry"
            cache.mkdir(mode=0o700, parents=True, exist_ok=True)
            shutil.copy2(library, cache)

    def begin(self, settings: str = TESTS_ONLY) -> None:
        """Make the repository, with a first commit."""
        self.root.mkdir(parents=True)
        self.git("init", "-q")
        self.write("dodo.py", DODO)
        self.write("pyproject.toml", settings)
        self.write(".gitignore", "__pycache__/\n")
        self.commit()

    def copy(self, root: Path) -> Checkout:
        """Return a copy at another place, with all that runs have left in it."""
        shutil.copytree(self.root, root, symlinks=True)
        copied = Checkout(root)
        # With the home: the key under which this machine tells values apart lies there.
        if copied.home != self.home:
            shutil.copytree(self.home, copied.home, dirs_exist_ok=True)
        return copied

    def shop(self) -> Checkout:
        """Add two functions and a test for each."""
        settings = self.root / "pyproject.toml"
        self.write("pyproject.toml", settings.read_text() + PATHS)
        self.write("shop.py", CODE)
        self.write("README.md", "A shop.\n")
        self.write("tests/test_shop.py", TESTS)
        self.commit()
        return self

    @property
    def environment(self) -> dict[str, str]:
        """Return the environment of everything that runs in here."""
        path = os.pathsep.join([str(BIN), "/usr/local/bin", "/usr/bin", "/bin"])
        return {"PATH": path, "HOME": str(self.home), "LANG": "C.UTF-8"}

    def write(self, name: str, text: str) -> Path:
        """Write a file of the project and return where it stands."""
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
        return place

    def learn(self, files: Mapping[str, str]) -> None:
        """Write files, commit them, and let a first warm run learn them, which has to be green."""
        for name, text in files.items():
            self.write(name, text)
        self.commit()
        learned = self.run("doit", "warm")
        assert learned.code == 0, learned.out

    def git(self, *words: str) -> str:
        """Run git and return what it printed."""
        done = subprocess.run(
            ["git", *words],
            cwd=self.root,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def commit(self) -> None:
        """Commit everything."""
        self.git("add", "-A")
        self.git("commit", "-qm", "a commit", "--allow-empty")

    def start(self, *words: str, **more: str) -> subprocess.Popen[bytes]:
        """Start a command in a session of its own and return at once.

        Where the tests themselves run in a shell's background, or under nohup, they ignore some
        signals, which the command would inherit.
        """
        program, *rest = words
        for number in (signal.SIGINT, signal.SIGHUP, signal.SIGQUIT):
            if signal.getsignal(number) is signal.SIG_IGN:
                default = signal.default_int_handler if number == signal.SIGINT else signal.SIG_DFL
                signal.signal(number, default)
        return subprocess.Popen(
            [BIN / program, *rest],
            cwd=self.root,
            env=self.environment | more,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )

    def run(
        self,
        *words: str,
        cwd: str = ".",
        env: dict[str, str] | None = None,
        within: tuple[str, ...] = (),
        programs: Path = BIN,
    ) -> Ran:
        """Run a command to its end, and prove what it left behind against the schemas.

        ``within`` are the words of a program that starts the command in a world of its own.
        """
        program, *rest = words
        done = subprocess.run(
            [*within, programs / program, *rest],
            cwd=self.root / cwd,
            env=self.environment | (env or {}),
            check=False,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=300,
        )
        self.prove()
        return Ran(done.returncode, done.stdout.decode("utf-8", "backslashreplace"))

    def prove(self) -> None:
        """Hold every artifact against its schema, but those that a test broke on purpose."""
        for kind, names in (("report", REPORTS.values()), ("verdict", (VERDICT,))):
            for place in (self.root / name for name in names):
                if place.exists() and place.stat().st_mtime_ns not in self.broken:
                    schemas.prove(kind, place.read_bytes())

    def damage(self, name: str, data: bytes) -> None:
        """Write what is no whole file, and remember that it was on purpose."""
        place = self.root / name
        place.write_bytes(data)
        self.broken.add(place.stat().st_mtime_ns)

    def report(self, stage: Stage = "warm") -> Report:
        """Return a stage's report."""
        return msgspec.json.decode((self.root / REPORTS[stage]).read_bytes(), type=Report)

    def gate(self, stage: Stage = "warm", gate: str = "tests") -> GateResult:
        """Return what a gate came to in a stage's report."""
        [line] = [it for it in self.report(stage).gates if it.result.gate == gate]
        return line.result

    def ran(self, stage: Stage = "warm") -> set[str]:
        """Return the gates that did work in the last run, cached ones left out."""
        return {
            line.result.gate
            for line in self.report(stage).gates
            if not (line.cached or line.result.status == "off")
        }

    def selected(self) -> dict[str, str]:
        """Return the tests of the warm report, each with its why."""
        detail = self.gate().tests
        return detail.why if detail else {}

    def failed(self, stage: Stage = "warm") -> set[str]:
        """Return the ids of a report's findings, as ``gate:name``."""
        return {finding.id for finding in self.report(stage).failures}

    def verdict(self) -> Verdict:
        """Return the last verdict."""
        return msgspec.json.decode((self.root / VERDICT).read_bytes(), type=Verdict)

    def flaky(self) -> list[str]:
        """Return the list as a script of a user reads it."""
        found: list[str] = json.loads((self.root / "ci/flaky_tests.json").read_text())["nodeids"]
        return found
