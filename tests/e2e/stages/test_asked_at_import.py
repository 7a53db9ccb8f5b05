"""What a package asks as it is imported concerns who uses what it made of the answer."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

TREE = {
    "pyproject.toml": TESTS_ONLY,
    # A version that is asked of git rests on all files; a call without a name stands beside it.
    "pkg/__init__.py": "import subprocess\nfrom pathlib import Path\nfrom pkg import table\n"
    "HERE = Path(__file__).parent\n"
    "WORDS = ['git', 'describe', '--always', '--dirty']\n"
    "VERSION = subprocess.run(WORDS, cwd=HERE, capture_output=True, text=True).stdout\n"
    "DATA = (HERE / 'data.txt').read_text()\n"
    "table.fill()\n"
    "def one():\n    return 1\n"
    "def data():\n    return DATA\n",
    "pkg/table.py": "TABLE = {}\ndef fill():\n    TABLE['x'] = 3\n"
    "def get():\n    return TABLE['x']\n",
    "pkg/data.txt": "data\n",
    "notes.txt": "notes\n",
    "tests/conftest.py": "import sys\nfrom pathlib import Path\n"
    "sys.path.insert(0, str(Path(__file__).parents[1]))\n",
    "tests/test_it.py": "import pkg\nfrom pkg import table\n"
    "def test_one():\n    assert pkg.one() == 1\n"
    "def test_data():\n    assert pkg.data() == 'data\\n'\n"
    "def test_version():\n    assert 'dirty' not in pkg.VERSION\n"
    "def test_table():\n    assert table.get() == 3\n",
}


@pytest.mark.skipif(sys.platform != "linux", reason="only there a child like git is followed")
def test_only_who_uses_the_answer_runs(checkout: Checkout) -> None:
    """And neither who imports the package, nor who uses what stands beside it."""
    checkout.learn(TREE)

    checkout.write("notes.txt", "others\n")
    notes = checkout.run("doit", "warm", "--explain")
    assert notes.code == 1, notes.out
    assert "1 of 4 tests" in notes.out
    assert "test_version" in notes.out

    checkout.write("notes.txt", TREE["notes.txt"])
    checkout.write("pkg/data.txt", "others\n")
    data = checkout.run("doit", "warm", "--explain")
    assert data.code == 1, data.out
    assert "2 of 4 tests" in data.out
    assert "test_data" in data.out


FILTERED = """
[tool.pytest.ini_options]
pythonpath = ["."]
filterwarnings = ["error", "ignore::pkg.Mild"]
"""


def test_what_a_filter_of_warnings_imports_is_seen(checkout: Checkout) -> None:
    """Pytest imports it to read its own options, before it loads any plugin."""
    checkout.write("pyproject.toml", f"{TESTS_ONLY}{FILTERED}")
    code = "class Mild(Warning): ...\ndef one():\n    return 1\ndef two():\n    return 2\n"
    checkout.write("pkg.py", code)
    checkout.write(
        "tests/test_it.py",
        "import os, sys, pkg\ndef test_one():\n    assert pkg.one() == 1\n"
        "def test_two():\n    assert pkg.two() == 2\n"
        "def test_path():\n    assert os.environ.get('PYTHONPATH', '').endswith('child') is False\n"
        "    assert not any('FIRSTTRY_AHEAD' in it for it in os.environ)\n",
    )
    checkout.commit()
    env = {"PYTHONPATH": str(checkout.root)}
    learned = checkout.run("doit", "warm", env=env)
    assert learned.code == 0, learned.out
    checkout.write("pkg.py", code.replace("return 2", "return 3"))
    edited = checkout.run("doit", "warm", env=env)
    assert (edited.code, "1 of 3 tests" in edited.out) == (1, True), edited.out
