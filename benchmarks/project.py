"""A real project in a copy of its own: run it warm, have it played, put it back."""

import os
import shutil
import subprocess
from collections.abc import Iterable, Mapping
from pathlib import Path

import msgspec

from firsttry_tasks.parity.proof import Proof

_HOUSE = Path(__file__).parents[1]
_OTHERS_OFF = "\n[tool.firsttry.ruff]\nenabled = false\n\n[tool.firsttry.mypy]\nenabled = false\n"
_SETTINGS = "pyproject.toml"
_STATE = ".firsttry"
_LIMIT = 600
#: How ft is started: not from the project's folder, which Python would import from first.
_FT = ("-P", "-m", "firsttry_tasks")
#: What a command may end with that gave an answer: proved, falsely red, nothing judged, missed.
_ANSWERED = (0, 1, 2, 99)


class Project:
    """A copy of a checkout, and the interpreter that has what its tests need."""

    def __init__(self, name: str, root: Path, python: str, src: str) -> None:
        """Take the copy at `root` as the project; `src` is, or holds, its package."""
        self.name = name
        self.root = root
        self.python = python
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

    def warm(self) -> None:
        """Run what the change can break."""
        self.run((self.python, *_FT, "warm"), {})

    def prove(self, *words: str) -> Proof:
        """Run a command that plays commits or faults; its table goes on to standard error."""
        done = subprocess.run(
            [self.python, *_FT, *words],
            cwd=self.root,
            env=self.environment(),
            stdout=subprocess.PIPE,
            check=False,
        )
        if done.returncode not in _ANSWERED or not done.stdout:
            raise SystemExit(f"{self.name}: ft {words[0]} ended with {done.returncode}")
        return msgspec.json.decode(done.stdout, type=Proof)

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

    def environment(self) -> dict[str, str]:
        """Return the environment of what runs in the copy; a variable leads to the package."""
        env = {name: os.environ[name] for name in ("PATH", "HOME")}
        # Python takes bytecode of the same second and size for the source's: commits follow fast.
        env |= {"LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1"}
        return {**env, "PYTHONPATH": self.path()}

    def run(
        self, words: Iterable[str], extra: Mapping[str, str], limit: float = _LIMIT
    ) -> subprocess.CompletedProcess[str]:
        """Run a command in the copy."""
        return subprocess.run(
            [*words],
            cwd=self.root,
            env={**self.environment(), **extra},
            capture_output=True,
            text=True,
            errors="replace",
            check=False,
            timeout=limit,
        )


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
