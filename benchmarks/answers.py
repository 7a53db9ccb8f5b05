"""A real project beside us: what its own commands answer, and what our stages do."""

import os
import shlex
import shutil
import time
from collections.abc import Iterable
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.edits import Edit, Places
from benchmarks.outcomes import PLACE
from benchmarks.project import Project
from firsttry_tasks.model.values import Report

_HOUSE = Path(__file__).parent
_LIMIT = 120
#: No command may answer from what an earlier one left.
_COLD = {"tests": ("-p", "outcomes"), "mypy": ("--cache-dir=/dev/null",), "ruff": ("--no-cache",)}


class Spec(Struct, frozen=True, kw_only=True):
    """A project, and what it calls itself; see truth.toml.

    Of each folder it says what ``{name}`` stands for in the commands.
    """

    name: str
    kind: str
    src: str
    tests: str
    commands: dict[str, str]
    data: list[str] = []
    folders: dict[str, str] = msgspec.field(default_factory=lambda: {".": ""})
    settings: str = ""
    env: dict[str, str] = {}


class Specs(Struct, frozen=True, kw_only=True):
    """What truth.toml holds."""

    project: list[Spec]


class Own(Struct, frozen=True, kw_only=True):
    """What the project's own commands ended with, and the tests that failed."""

    codes: dict[str, int]
    failed: frozenset[str] = frozenset()
    seconds: float = 0.0


class Ours(Struct, frozen=True, kw_only=True):
    """What one of our stages ended with, what each gate said, and the tests that it names."""

    code: int
    gates: dict[str, str]
    failed: frozenset[str] = frozenset()
    said: str = ""
    seconds: float = 0.0


class Answers(Struct, frozen=True, kw_only=True):
    """What all said to one edit, by the folder that they were called in."""

    own: dict[str, Own]
    warm: dict[str, Ours]
    full: dict[str, Ours]


class Folder(Project):
    """A folder of a checkout that its own commands, and we, are called in."""

    def __init__(self, spec: Spec, root: Path, venv: Path, away: Path, *, called: str = "") -> None:
        """Keep state and outcomes in a folder away from the checkout."""
        super().__init__(f"{spec.name}-{root.name}", root, str(venv / "bin/python"), spec.src)
        self._spec = spec
        self._called = called
        self._venv = venv
        self._away = away

    def path(self) -> str:
        """Return nothing: the environment has the project, and us."""
        return ""

    def kept(self) -> Path:
        """Return where the warm state is kept."""
        return self._away / self.name

    def own(self) -> Own:
        """Run the project's own commands."""
        place = self._away / "outcomes.json"
        place.unlink(missing_ok=True)
        started = time.monotonic()
        codes = {
            gate: self._call((*shlex.split(words.format(name=self._called)), *_COLD[gate]), place)
            for gate, words in self._spec.commands.items()
        }
        came = (
            msgspec.json.decode(place.read_bytes(), type=dict[str, str]) if place.exists() else {}
        )
        return Own(
            codes=codes,
            failed=frozenset(name for name, word in came.items() if word == "failed" and name),
            seconds=round(time.monotonic() - started, 2),
        )

    def _call(self, words: Iterable[str], place: Path) -> int:
        # The folder holds the one plugin that tells what each test came to, and nothing else.
        extra = {PLACE: str(place), "PYTHONPATH": str(self._away / "plugin")}
        return self.run(words, {**self._beside(), **extra}, _LIMIT).returncode

    def _beside(self) -> dict[str, str]:
        """Return what activating the environment sets, and nothing that outlives a run."""
        path = f"{self._venv}/bin{os.pathsep}{os.environ['PATH']}"
        own = {"PATH": path, "VIRTUAL_ENV": str(self._venv), "PYTHONDONTWRITEBYTECODE": "1"}
        return {**own, **self._spec.env}

    def ours(self, stage: str) -> Ours:
        """Run one of our stages."""
        place = self.root / f"artifacts/{stage}_parity_report.json"
        place.unlink(missing_ok=True)
        started = time.monotonic()
        done = self.run(("ft", stage), self._beside())
        seconds = round(time.monotonic() - started, 2)
        said = (done.stdout + done.stderr)[-1500:]
        for path, word in ((self.root, "."), (self._venv, "venv"), (_HOUSE.parent, "firsttry")):
            said = said.replace(str(path), word)
        if not place.exists():
            return Ours(code=done.returncode, gates={}, said=said, seconds=seconds)
        report = msgspec.json.decode(place.read_bytes(), type=Report)
        return Ours(
            code=done.returncode,
            gates={it.result.gate: it.result.status for it in report.gates},
            failed=frozenset(found.nodeid for found in report.failures if found.nodeid),
            said=said,
            seconds=seconds,
        )


class Checkout:
    """A project's checkout, its folders, and the state that it is put back to."""

    def __init__(self, spec: Spec, root: Path, venv: Path, away: Path) -> None:
        """Settle into the checkout: settings are part of its newest commit."""
        self.spec = spec
        self.root = root
        self._top = Folder(spec, root, venv, away)
        self._folders = {
            it: Folder(spec, root / it, venv, away, called=name)
            for it, name in spec.folders.items()
        }
        shutil.copytree(_HOUSE, away / "plugin", ignore=lambda _, names: {*names} - {"outcomes.py"})
        self.back()
        self.commit = self._top.git("log", "-1", "--format=%H", "--grep=^settle$", "--invert-grep")
        self._top.git("checkout", "-qf", self.commit.strip())
        for folder in self._folders.values():
            folder.settle(f"\n{spec.settings}" if spec.settings else "")
        self._top.git("add", "--all")
        who = ("-c", "user.name=t", "-c", "user.email=t@example.org")
        self._top.git(*who, "commit", "-qm", "settle", "--allow-empty")

    def places(self) -> Places:
        """Return the files that edits are drawn from."""
        spec = self.spec
        folders = tuple(f"{it}/" for it in spec.folders if it != ".")
        tracked = [
            it
            for it in self._top.git("ls-files").splitlines()
            if not folders or it.startswith(folders)
        ]
        data = [it for it in tracked if any(Path(it).match(glob) for glob in spec.data)]
        python = [it for it in tracked if it.endswith(".py") and it not in data]
        tests = [it for it in python if it.startswith(spec.tests) and "test" in it]
        code = [it for it in python if it.startswith(spec.src) and it not in tests]
        return Places(code=code, tests=tests, data=data, tracked=tracked)

    def begin(self) -> None:
        """Make the warm state of the project without an edit, and keep it."""
        for folder in self._folders.values():
            clean = (folder.own(), folder.ours("full"), folder.ours("warm"))
            if any(clean[0].codes.values()) or clean[1].code or clean[2].code:
                raise SystemExit(f"{folder.name} is not green: {clean}")
            folder.keep()

    def answer(self, edit: Edit) -> Answers:
        """Make the edit, let all answer, and put everything back."""
        edit.fault.apply(self.root)
        try:
            return Answers(
                own={name: it.own() for name, it in self._folders.items()},
                warm={name: it.ours("warm") for name, it in self._folders.items()},
                full={name: it.ours("full") for name, it in self._folders.items()},
            )
        finally:
            self.back()

    def back(self) -> None:
        """Put the tree and the warm state back as they were."""
        self._top.git("checkout", "-qf", ".")
        self._top.git("clean", "-qfd")
        for folder in self._folders.values():
            if folder.kept().exists():
                folder.back()
