"""Which statement of a module asked for what, while the module was imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.recorder.recorded import recorded

if TYPE_CHECKING:
    from firsttry_tasks.model.recording import Record

#: Each line that asks says what it asks for behind it.
MODULE = """\
import os
import threading
from pathlib import Path
HERE = Path(__file__).parent
FIRST = (HERE / "first.txt").read_text()  # first.txt
class Held:
    plain = 1
    inner = (HERE / "second.txt").exists()  # (of the class)
def late():
    return (HERE / "late.txt").read_text()
@(lambda it: [it, (HERE / "third.txt").read_text()])  # third.txt
def made():
    return 1
import other
AGAIN = (HERE / "first.txt").read_text()  # first.txt
for name in ("fourth.txt", "fifth.txt"):
    TEXT = (HERE / name).read_text()  # fourth.txt fifth.txt
MODE = os.environ.get("SHOP_MODE")  # SHOP_MODE
MANY = [at for at in range(9)]
"""
THREADED = """\
import threading
from pathlib import Path
HERE = Path(__file__).parent
GO = threading.Event()
DONE = threading.Event()
def look():
    GO.wait(9)
    (HERE / "sixth.txt").read_text()
    DONE.set()
threading.Thread(target=look, daemon=True).start()
GO.set()
DONE.wait(9)
ENDS = 1
"""
TEXTS = ("first", "second", "third", "fourth", "fifth", "sixth", "late")


@pytest.fixture(scope="module")
def record(tmp_path_factory: pytest.TempPathFactory) -> Record:
    """Record a test of these modules."""
    texts = {f"{name}.txt": name for name in TEXTS}
    test = "import mod, threaded\ndef test_it():\n    assert mod.late()\n"
    code = {"mod.py": MODULE, "other.py": "X = 1\n", "threaded.py": THREADED, "test_it.py": test}
    return recorded(tmp_path_factory.mktemp("lines"), {**texts, **code})


def _asked(record: Record, path: str) -> dict[str, set[int]]:
    """Return the lines that asked, by what they asked for."""
    [scope] = (it for it in record.scopes if it.kind == "import" and it.name == path)
    found: dict[str, set[int]] = {}
    for line, number in scope.asked:
        if record.observations[number].kind in {"read", "probed", "env"}:
            found.setdefault(record.observations[number].name, set()).add(line)
    return found


def test_each_statement_has_what_it_asked_for(record: Record) -> None:
    """One that stands in a loop, behind another module's import, or asks again, as well."""
    found = _asked(record, "mod.py")
    wanted: dict[str, set[int]] = {}
    for number, line in enumerate(MODULE.splitlines(), 1):
        for name in line.partition("# ")[2].split() if "(of" not in line else ():
            wanted.setdefault(name, set()).add(number)
    wanted["second.txt"] = {MODULE.splitlines().index("class Held:") + 1}
    assert {name: lines for name, lines in found.items() if not name.endswith(".py")} == wanted


def test_another_thread_asks_for_no_statement(record: Record) -> None:
    """Which one is running meanwhile has nothing to do with it."""
    assert _asked(record, "threaded.py")["sixth.txt"] == {0}
