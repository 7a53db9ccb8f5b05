"""Small projects in which warm and full differ, each for one known cause.

``{out}`` in a text is a folder outside of the repository. A moody test follows a script: one
letter for each run, P for a pass and F for a failure; the last letter holds for all later runs.
A file named ``~/...`` lies in the home's cache, which no recording follows.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct
from msgspec.structs import replace


class Cause(Struct, frozen=True):
    """A project, what is done to it, and what is to be found.

    ``learn`` runs warm once before ``change`` (None deletes). ``warm`` and ``full`` are more
    variables of each stage; ``outside`` is written to ``{out}`` before full, and taken away again
    before the comparison where ``back``. ``count`` is how many tests are found to differ.
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
    count: int = 1


def moody(script: str, fails: str = "raise AssertionError", name: str = "moody") -> dict[str, str]:
    """Return a test that answers by a script."""
    return {
        f"tests/test_{name}.py": f"""\
from pathlib import Path

PLACE = Path("{{out}}/{name}")


def test_moody() -> None:
    n = len(PLACE.read_text()) if PLACE.exists() else 0
    PLACE.write_text("x" * (n + 1))
    if "{script}"[min(n, {len(script) - 1})] == "F":
        {fails}
"""
    }


def together(*causes: Cause) -> Cause:
    """Return one project with the tests of causes that end in the same way."""
    made = causes[0]
    for other in causes[1:]:
        assert (made.verdict, made.kind, made.code) == (other.verdict, other.kind, other.code)
        assert (made.learn, made.before) == (other.learn, other.before)
        made = replace(
            made,
            files={**made.files, **other.files},
            change={**made.change, **other.change},
            warm={**made.warm, **other.warm},
            full={**made.full, **other.full},
            count=made.count + other.count,
        )
    assert made.count == sum(name.startswith("tests/") for name in made.files)
    return made


def _flaky(script: str, name: str = "moody") -> Cause:
    return Cause(moody(script, name=name), "flaky", "flaky", 0, learn=False)


def _reads(body: str, name: str) -> dict[str, str]:
    head = "import subprocess\nimport sys\nfrom pathlib import Path\n\n"
    data = f"DATA = Path.home() / '.cache/data/{name}'\n\n\n"
    return {f"tests/test_{name}.py": head + data + body, f"~/{name}/a.txt": "ok"}


def _gap(name: str, body: str, changed: str, to: str | None) -> Cause:
    """Return a project with a test that reads what no recording follows: caches in the home."""
    change = {f"~/{name}/{changed}": to}
    return Cause(_reads(body, name), "escape", "selection gap", 99, change=change)


TEST = "def test_data() -> None:\n    "
READ = "assert (DATA / 'a.txt').read_text() == 'ok'\n"
CHILD = "open(sys.argv[1]).read() != 'ok'"
EDITED = _gap("edited", TEST + READ, "a.txt", "bad")
GAPS = {
    "edited data file": EDITED,
    "data that no recording follows": together(
        _gap("deleted", TEST + READ, "a.txt", None),
        _gap("listed", f"{TEST}assert len(list(DATA.iterdir())) == 1\n", "b.txt", ""),
        _gap("absent", f"{TEST}assert not (DATA / 'b.txt').exists()\n", "b.txt", ""),
        _gap(
            "child",
            f'{TEST}program = "import sys; sys.exit({CHILD})"\n'
            "    place = str(DATA / 'a.txt')\n"
            "    assert subprocess.call([sys.executable, '-c', program, place]) == 0\n",
            "a.txt",
            "bad",
        ),
        _gap(
            "imported",
            f"TEXT = (DATA / 'a.txt').read_text()\n\n\n{TEST}assert TEXT == 'ok'\n",
            "a.txt",
            "bad",
        ),
    ),
    "read when collected": _gap("collected", f"{READ}\n\n{TEST}pass\n", "a.txt", "bad"),
}

MOODS = {
    "fails the second time": _flaky("PFP"),
    "fails by a script": together(
        _flaky("FP", "first"),
        _flaky("PF" * 20, "other"),
        _flaky("PFFP", "twice"),
        _flaky("PFPPPPPPPP" * 3, "one_of_ten"),
        _flaky("PFFFFPFFFF" * 3, "nine_of_ten"),
        _flaky("PFFPFPPFFPPF" * 3, "random"),
    ),
}

#: What no look after a test asks for, so that only the order tells who set it.
ASKED = "sys.get_coroutine_origin_tracking_depth()"
UNSEEN = f"sys.set_coroutine_origin_tracking_depth({ASKED} + 1)"
POLLUTER = f"import sys\n\n\ndef test_first() -> None:\n    {UNSEEN}\n"
HARMLESS = f"import sys\n\n\ndef test_victim() -> None:\n    assert {ASKED} >= 0\n"


def _order(polluter: str, feels: str, before: str = "tests/test_a.py::test_first") -> Cause:
    """Return a test that an edit makes feel its polluter, and warm runs it by itself."""
    victim = HARMLESS.replace(">= 0", feels)
    return Cause(
        {"tests/test_a.py": polluter, "tests/test_b.py": HARMLESS},
        "flaky",
        "order-dependent",
        0,
        before=before,
        change={"tests/test_b.py": victim},
    )


ORDERS = {
    "a polluter and its victim": _order(
        f"{POLLUTER}\n\ndef test_quiet() -> None:\n    assert True\n", "== 0"
    ),
    "a victim of an import": _order(
        f"import sys\n\n{UNSEEN}\n\n\ndef test_first() -> None:\n    pass\n", "== 0"
    ),
    "a victim of two together": _order(
        f"{POLLUTER}\n\ndef test_second() -> None:\n    {UNSEEN}\n", "< 2", before=""
    ),
    "a brittle test and its setter": _order(POLLUTER, "> 0"),
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


def _outside(files: dict[str, str], variable: str = "", warm: str = "", full: str = "") -> Cause:
    """Return a project whose test rests on what no stage can put back."""
    made = Cause(files, "escape", "environment", 99, learn=False)
    return replace(made, warm={variable: warm}, full={variable: full}) if variable else made


def _limit(name: str, number: int, words: str) -> Cause:
    """Return a project with a test that the machine fails once."""
    test = moody("PFP", f'raise OSError({number}, "{words}")', name)
    return Cause(test, "infrastructure", "infrastructure", 2, learn=False)


SURROUNDINGS = {
    "a file left over": Cause(
        {"tests/test_left.py": LEFT.replace("{place}", "build/left"), ".gitignore": "build/\n"},
        "flaky",
        "environment",
        0,
        learn=False,
    ),
    "left over outside, clock, time zone, hash seed": together(
        _outside({"tests/test_left.py": LEFT.replace("{place}", "{out}/left")}),
        _outside({"tests/test_clock.py": CLOCK}),
        _outside({"tests/test_zone.py": ZONE}, "TZ", "UTC", "Asia/Tokyo"),
        _outside({"tests/test_hash.py": HASH}, "PYTHONHASHSEED", "1", "2"),
    ),
    "a service that went down": Cause(
        {"tests/test_down.py": DOWN.format(n=5)},
        "escape",
        "environment",
        99,
        learn=False,
        outside="down",
        count=5,
    ),
    "a warm red that stays red": Cause(moody("FPF"), "red", "environment", 1, learn=False),
}

MACHINES = {
    "full disk, memory, files": together(
        _limit("disk", 28, "No space left on device"),
        _limit("memory", 12, "Cannot allocate memory"),
        _limit("files", 24, "Too many open files"),
    ),
    "a service that was down for a while": Cause(
        {"tests/test_down.py": DOWN.format(n=12)},
        "infrastructure",
        "infrastructure",
        2,
        learn=False,
        outside="down",
        back=True,
        count=12,
    ),
}

CAUSES = {**GAPS, **MOODS, **ORDERS, **SURROUNDINGS, **MACHINES}
#: Some of each verdict, for every run of the tests; the others are slow.
QUICK = frozenset({"edited data file", "fails the second time", "full disk, memory, files"})
#: One of each way to look for a cause; the others take minutes.
SLOW = frozenset({"a polluter and its victim", "a file left over", "read when collected"})
