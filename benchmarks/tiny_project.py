"""A tiny project with all state that FirstTry can have, to damage it and to kill its runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

BIN = Path(sys.executable).parent
SETTINGS = """\
[tool.pytest.ini_options]
pythonpath = ["."]

[tool.firsttry.ruff]
enabled = false
[tool.firsttry.mypy]
enabled = false
[tool.firsttry.depends]
"*.txt" = ["tests/test_rates.py"]
"""
CODE = """\
import os
from pathlib import Path


def add(a, b):
    return a + b


def rate():
    return int(Path(__file__).with_name("rates.txt").read_text()) + len(os.environ.get("SHIFT", ""))
"""
#: The edit that breaks a test.
BROKEN = CODE.replace("a + b", "a - b")
TESTS = {
    "tests/test_calc.py": "import calc\n\n\ndef test_add():\n    assert calc.add(1, 2) == 3\n",
    "tests/test_rates.py": "import calc\n\n\ndef test_rate():\n    assert calc.rate() == 7\n",
    "tests/test_other.py": "def test_other():\n    assert True\n",
}
FLAKY = """\
{"nodeids": ["tests/test_other.py::test_other"], "tests": {"tests/test_other.py::test_other":
{"state": "flaky", "first": "2026-11-01T12:00:00+00:00", "last": "2026-11-20T12:00:00+00:00",
"runs": 5, "failures": 2, "expires": "2036-01-01"}}, "gone": {}}
"""


def environment(root: Path) -> dict[str, str]:
    """Return the environment of whatever runs in the project, with nothing of the one around."""
    home = root.parent / f"{root.name}-home"
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text("[user]\nname = T\nemail = t@example.invalid\n")
    return {"PATH": f"{BIN}{os.pathsep}/usr/local/bin:/usr/bin:/bin", "HOME": str(home)}


def run(root: Path, *words: str) -> tuple[int, str]:
    """Run a command in the project; return its exit code and what it printed."""
    done = subprocess.run(
        words,
        cwd=root,
        env=environment(root),
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    return done.returncode, done.stdout.decode("utf-8", "backslashreplace")


def make(root: Path) -> Path:
    """Make the project: green, locked, recorded, published and compared."""
    files = {"pyproject.toml": SETTINGS, "calc.py": CODE, "rates.txt": "7", **TESTS}
    files |= {".gitignore": "__pycache__/\n.pytest_cache/\n", "ci/flaky_tests.json": FLAKY}
    for name, text in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    for words in (
        ("git", "init", "-q", "-b", "main"),
        ("ft", "lock"),
        ("git", "add", "-A"),
        ("git", "commit", "-qm", "first"),
        ("ft", "full", "record=1"),
        ("ft", "publish", "record=1"),
        ("ft", "parity"),
    ):
        code, said = run(root, *words)
        if code:
            raise SystemExit(f"{' '.join(words)} ended with {code}:\n{said}")
    return root
