"""Small projects in which warm and full differ, each for one known cause.

``{out}`` in a text is a folder outside of the repository. A moody test follows a script: one
letter for each run, P for a pass and F for a failure; the last letter holds for all later runs.
A file named ``~/...`` lies in the home's cache, which no recording follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct

README = {"README.md": "A change that no test uses.\n"}


class Cause(Struct, frozen=True):
    """A project, what is done to it, and what is to be found.

    ``learn`` runs warm once before ``change`` (None deletes). ``warm`` and ``full`` are more
    variables of each stage; ``outside`` is written to ``{out}`` before full, and taken away again
    before the comparison where ``back``.
    """

    files: Mapping[str, str]
    verdict: str
    kind: str
    code: int
    before: str = ""
    change: Mapping[str, str | None] = {}
    learn: bool = True
    warm: dict[str, str] = {}
    full: dict[str, str] = {}
    outside: str = ""
    back: bool = False


def moody(script: str, fails: str = "raise AssertionError") -> dict[str, str]:
    """Return a test that answers by a script."""
    return {
        "tests/test_moody.py": f"""\
from pathlib import Path

PLACE = Path("{{out}}/runs")


def test_moody() -> None:
    n = len(PLACE.read_text()) if PLACE.exists() else 0
    PLACE.write_text("x" * (n + 1))
    if "{script}"[min(n, {len(script) - 1})] == "F":
        {fails}
"""
    }


def _flaky(script: str) -> Cause:
    return Cause(moody(script), "flaky", "flaky", 0, learn=False)


def _reads(body: str) -> dict[str, str]:
    head = "import subprocess\nimport sys\nfrom pathlib import Path\n\n"
    data = "DATA = Path.home() / '.cache/data'\n\n\n"
    test = f"def test_data() -> None:\n    {body}\n"
    return {"tests/test_data.py": head + data + test, "~/a.txt": "ok"}


def _gap(body: str, change: dict[str, str | None]) -> Cause:
    """Return a project with a test that reads what no recording follows: caches in the home."""
    return Cause(_reads(body), "escape", "selection gap", 99, change=change)


READ = "assert (DATA / 'a.txt').read_text() == 'ok'"
CHILD = "open(sys.argv[1]).read() != 'ok'"
GAPS = {
    "edited data file": _gap(READ, {"~/a.txt": "bad"}),
    "deleted data file": _gap(READ, {"~/a.txt": None}),
    "new file in a listed folder": _gap("assert len(list(DATA.iterdir())) == 1", {"~/b.txt": ""}),
    "file that was absent": _gap("assert not (DATA / 'b.txt').exists()", {"~/b.txt": ""}),
    "read by a child": _gap(
        f'program = "import sys; sys.exit({CHILD})"\n'
        "    place = str(DATA / 'a.txt')\n"
        "    assert subprocess.call([sys.executable, '-c', program, place]) == 0",
        {"~/a.txt": "bad"},
    ),
    "read at import": Cause(
        {
            "tests/test_data.py": "from pathlib import Path\n\n"
            "TEXT = (Path.home() / '.cache/data/a.txt').read_text()\n\n\n"
            "def test_data() -> None:\n    assert TEXT == 'ok'\n",
            "~/a.txt": "ok",
        },
        "escape",
        "selection gap",
        99,
        change={"~/a.txt": "bad"},
    ),
    "read when collected": Cause(
        {
            "tests/test_data.py": "from pathlib import Path\n\n"
            "assert (Path.home() / '.cache/data/a.txt').read_text() == 'ok'\n\n\n"
            "def test_data() -> None:\n    pass\n",
            "~/a.txt": "ok",
        },
        "escape",
        "selection gap",
        99,
        change={"~/a.txt": "bad"},
    ),
}

MOODS = {
    "fails the first time": _flaky("FP"),
    "fails the second time": _flaky("PFP"),
    "fails every other time": _flaky("PF" * 20),
    "fails twice, then not": _flaky("PFFP"),
    "fails in one of ten": _flaky("PFPPPPPPPP" * 3),
    "fails in nine of ten": _flaky("PFFFFPFFFF" * 3),
    "fails at random": _flaky("PFFPFPPFFPPF" * 3),
}

STATE = "shared.py"
POLLUTER = """\
import shared


def test_first() -> None:
    shared.SEEN.append(1)


def test_quiet() -> None:
    assert True
"""
VICTIM = "import shared\n\n\ndef test_victim() -> None:\n    assert not shared.SEEN\n"
BRITTLE = "import shared\n\n\ndef test_victim() -> None:\n    assert shared.SEEN\n"


def _order(
    polluter: str, victim: str, before: str = "tests/test_a.py::test_first", **more: str
) -> Cause:
    """Return a victim that full runs after its polluter, and warm by itself."""
    files = {STATE: "SEEN: list[int] = []\n", "tests/test_a.py": polluter, **more}
    files["tests/test_b.py"] = victim
    return Cause(files, "flaky", "order-dependent", 0, before=before, change=README)


ORDERS = {
    "a polluter and its victim": _order(POLLUTER, VICTIM),
    "a victim of a variable": _order(
        "import os\n\n\ndef test_first() -> None:\n    os.environ['MOOD'] = 'bad'\n",
        "import os\n\n\ndef test_victim() -> None:\n    assert 'MOOD' not in os.environ\n",
    ),
    "a victim of the working directory": _order(
        "import os\n\n\ndef test_first(tmp_path: object) -> None:\n    os.chdir(str(tmp_path))\n",
        "from pathlib import Path\n\n\n"
        "def test_victim() -> None:\n    assert Path('dodo.py').exists()\n",
    ),
    "a victim of a patched module": _order(
        "import shared\n\n\ndef test_first() -> None:\n    shared.SEEN = [1]\n", VICTIM
    ),
    "a victim of an import": _order(
        "import shared\n\nshared.SEEN.append(1)\n\n\ndef test_first() -> None:\n    pass\n", VICTIM
    ),
    "a victim of two together": _order(
        "import shared\n\n\ndef test_first() -> None:\n    shared.SEEN.append(1)\n\n\n"
        "def test_second() -> None:\n    shared.SEEN.append(2)\n",
        "import shared\n\n\ndef test_victim() -> None:\n    assert len(shared.SEEN) < 2\n",
        before="",
    ),
    "a brittle test and its setter": Cause(
        {
            STATE: "SEEN: list[int] = []\n",
            "tests/test_a.py": POLLUTER,
            "tests/test_b.py": BRITTLE,
        },
        "flaky",
        "order-dependent",
        0,
        before="tests/test_a.py::test_first",
        change={"tests/test_b.py": BRITTLE.replace("SEEN", "SEEN != []")},
    ),
}

LEFT = """\
from pathlib import Path

PLACE = Path("{place}")


def test_left() -> None:
    assert not PLACE.exists()
    PLACE.parent.mkdir(exist_ok=True)
    PLACE.write_text("left over")
"""
HASH = """\
from pathlib import Path

PLACE = Path("{out}/hash")


def test_hash() -> None:
    seen = str(hash("a"))
    if not PLACE.exists():
        PLACE.write_text(seen)
    assert PLACE.read_text() == seen
"""
CLOCK = """\
import time
from pathlib import Path

PLACE = Path("{out}/clock")


def test_clock() -> None:
    if not PLACE.exists():
        PLACE.write_text(str(time.time() + 0.2))
    assert time.time() < float(PLACE.read_text())
"""
DOWN = """\
from pathlib import Path

import pytest


@pytest.mark.parametrize("n", range({n}))
def test_service(n: int) -> None:
    assert not Path("{{out}}/down").exists()
"""
ZONE = "import time\n\n\ndef test_zone() -> None:\n    assert time.tzname[0] == 'UTC'\n"

SURROUNDINGS = {
    "a file left over": Cause(
        {"tests/test_left.py": LEFT.replace("{place}", "build/left"), ".gitignore": "build/\n"},
        "flaky",
        "environment",
        0,
        learn=False,
    ),
    "a file left over outside": Cause(
        {"tests/test_left.py": LEFT.replace("{place}", "{out}/left")},
        "escape",
        "environment",
        99,
        learn=False,
    ),
    "the time of day": Cause(
        {"tests/test_clock.py": CLOCK}, "escape", "environment", 99, learn=False
    ),
    "the time zone": Cause(
        {"tests/test_zone.py": ZONE},
        "escape",
        "environment",
        99,
        learn=False,
        warm={"TZ": "UTC"},
        full={"TZ": "Asia/Tokyo"},
    ),
    "the hash seed": Cause(
        {"tests/test_hash.py": HASH},
        "escape",
        "environment",
        99,
        learn=False,
        warm={"PYTHONHASHSEED": "1"},
        full={"PYTHONHASHSEED": "2"},
    ),
    "a service that went down": Cause(
        {"tests/test_down.py": DOWN.format(n=5)},
        "escape",
        "environment",
        99,
        learn=False,
        outside="down",
    ),
    "a warm red that stays red": Cause(moody("FPF"), "red", "environment", 1, learn=False),
}

MACHINES = {
    "a full disk": Cause(
        moody("PFP", 'raise OSError(28, "No space left on device")'),
        "infrastructure",
        "infrastructure",
        2,
        learn=False,
    ),
    "no memory": Cause(
        moody("PFP", 'raise OSError(12, "Cannot allocate memory")'),
        "infrastructure",
        "infrastructure",
        2,
        learn=False,
    ),
    "too many open files": Cause(
        moody("PF", 'raise OSError(24, "Too many open files")'),
        "infrastructure",
        "infrastructure",
        2,
        learn=False,
    ),
    "a service that was down for a while": Cause(
        {"tests/test_down.py": DOWN.format(n=12)},
        "infrastructure",
        "infrastructure",
        2,
        learn=False,
        outside="down",
        back=True,
    ),
}

CAUSES = {**GAPS, **MOODS, **ORDERS, **SURROUNDINGS, **MACHINES}
#: Some of each verdict, for every run of the tests; the others are slow.
QUICK = frozenset({"edited data file", "fails the second time", "a full disk"})
