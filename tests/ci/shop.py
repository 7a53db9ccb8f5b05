"""A small project that has taken over this repository's Makefile, hook and workflows."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from msgspec import Struct

HERE = Path(__file__).parents[2]
TAKEN = ("Makefile", ".gitattributes", ".gitignore", ".ci", ".githooks", ".github", "requirements")
FILES = {
    "pyproject.toml": """\
[tool.firsttry.mypy]
enabled = false

[tool.ruff.lint]
select = ["F"]

[tool.pytest.ini_options]
pythonpath = ["src"]
markers = ["e2e"]
""",
    "dodo.py": "from firsttry_tasks import tasks\n\nDOIT_CONFIG = tasks.DOIT_CONFIG\n",
    "src/shop.py": "def price(n: int) -> int:\n    return n * 3\n",
    "tests/test_shop.py": (
        "from shop import price\n\n\ndef test_price():\n    assert price(2) == 6\n"
    ),
    "tests/test_whole.py": (
        "import pytest\n\n\n@pytest.mark.e2e\ndef test_whole():\n    assert True\n"
    ),
}
#: What the Makefile leaves in an environment, in its order.
STAMPS = ("installed", "ready")
#: What a process of another project may know of ours: where programs are, and no more.
PASSED_ON = ("PATH", "LANG", "TMPDIR")
WHO = {
    "GIT_AUTHOR_NAME": "A. Person",
    "GIT_AUTHOR_EMAIL": "person@example.org",
    "GIT_COMMITTER_NAME": "A. Person",
    "GIT_COMMITTER_EMAIL": "person@example.org",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_CONFIG_SYSTEM": os.devnull,
}


class Done(Struct, frozen=True, kw_only=True):
    """A command that ended: its exit code, and all it printed."""

    code: int
    text: str


class Shop:
    """The project in its folder."""

    def __init__(self, root: Path) -> None:
        """Lay out the project, with an environment that is ready, and nothing committed."""
        self.root = root
        for name, text in FILES.items():
            self.write(name, text)
        for name in TAKEN:
            take = shutil.copytree if (HERE / name).is_dir() else shutil.copy2
            take(HERE / name, root / name)
        self.run("git", "init", "--quiet", "--initial-branch=main")
        make_ready(root)

    def write(self, name: str, text: str) -> None:
        """Write a file of the project."""
        place = self.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")

    def run(self, *argv: str, **env: str) -> Done:
        """Run a command in the project, as a person with nothing special set would."""
        return run(self.root, *argv, **env)

    def commit(self, subject: str = "Change") -> str:
        """Commit everything, past the hook, and return the commit."""
        self.run("git", "add", "--all")
        self.run("git", "commit", "--quiet", "--no-verify", "--allow-empty", "-m", subject)
        return self.head()

    def head(self) -> str:
        """Return what HEAD names."""
        return self.run("git", "rev-parse", "HEAD").text.strip()


def run(cwd: Path, *argv: str, **env: str) -> Done:
    """Run a command with a bare environment and what is given."""
    around = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    done = subprocess.run(
        argv,
        cwd=cwd,
        env={**around, "HOME": str(cwd.parent), **WHO, **env},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        encoding="utf-8",
        errors="replace",
        check=False,
    )
    return Done(code=done.returncode, text=done.stdout)


def make_ready(root: Path) -> None:
    """Stand in for `make install`: the programs of this very environment, and fresh stamps."""
    venv = root / ".venv"
    venv.mkdir()
    for part in Path(sys.prefix).iterdir():
        if part.name not in STAMPS:
            (venv / part.name).symlink_to(part)
    for stamp in STAMPS:
        (venv / stamp).touch()
