"""Which tests a change selects, given what they ran."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.model.recording import Observation
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.selection.decide.validity import Validity
from tests.unit.selection.world import World

if TYPE_CHECKING:
    from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun

LIB = """\
from conf import LIMIT, OTHER

class Shape:
    sides = 0
    def area(self):
        return 1
    def name(self):
        return "shape"

class Square(Shape):
    pass

def capped(n):
    return min(n, LIMIT)

def double(n):
    return n * 2
"""
CONF = "LIMIT = 3\nOTHER = 4\nUNUSED = 5\n"
TESTS = """\
from lib import Square, capped, double

def test_capped():
    assert capped(9) == 3

def test_double():
    assert double(2) == 4

def test_area():
    assert Square().area() == 1

def test_read():
    assert open("data.txt").read()
"""
CAPPED, DOUBLE, AREA, READ = (
    f"test_lib.py::test_{it}" for it in ("capped", "double", "area", "read")
)

RAN: dict[str, tuple[str | Observation, ...]] = {
    CAPPED: ("lib.py:capped",),
    DOUBLE: ("lib.py:double",),
    AREA: ("lib.py:Shape.area",),
    READ: (
        Observation("read", "data.txt"),
        Observation("probed", "more.txt"),
        Observation("list", "."),
    ),
}


@pytest.fixture(name="world", scope="module")
def _world() -> World:
    return World(
        {"lib.py": LIB, "conf.py": CONF, "test_lib.py": TESTS, "data.txt": "1", "README.md": "Hi"},
        RAN,
    )


def test_nothing_changed_selects_nothing(world: World) -> None:
    """Without a change there is nothing to run."""
    assert world.chosen().empty


@pytest.mark.parametrize(
    ("change", "selected"),
    [
        ({"lib_py": LIB.replace("n * 2", "n * 3")}, {DOUBLE}),
        ({"lib_py": LIB.replace("n * 2", "(n  *  2)  # twice")}, set()),
        ({"lib_py": LIB + "\ndef unused():\n    return 1\n"}, set()),
        ({"lib_py": LIB + "\nclass Unused:\n    sides = 1\n"}, set()),
        ({"lib_py": LIB.replace('"shape"', '"form"')}, set()),
        ({"lib_py": LIB.replace("    pass", "    def area(self):\n        return 2")}, {AREA}),
        ({"lib_py": LIB.replace("Square(Shape)", "Square")}, {AREA}),
        ({"conf_py": CONF.replace("LIMIT = 3", "LIMIT = 2")}, {CAPPED}),
        ({"conf_py": CONF.replace("OTHER = 4", "OTHER = 2")}, set()),
        ({"conf_py": CONF.replace("UNUSED = 5", "UNUSED = 2")}, set()),
        ({"conf_py": CONF.replace("LIMIT = 3\n", "")}, {CAPPED, DOUBLE, AREA, READ}),
        ({"conf_py": CONF + "print(LIMIT)\n"}, {CAPPED, DOUBLE, AREA, READ}),
        ({"conf_py": None}, {CAPPED, DOUBLE, AREA, READ}),
        ({"data_txt": "2"}, {READ}),
        ({"data_txt": None}, {READ}),
        ({"more_txt": "new"}, {READ}),
        ({"README_md": "Hello"}, set()),
        ({"spare_py": "X = 1\n"}, {READ}),  # the folder has another listing
    ],
)
def test_a_change_selects(world: World, change: dict[str, str | None], selected: set[str]) -> None:
    """Each change selects the tests that rest on it, and no other."""
    assert set(world.chosen(**change).why) == selected


def test_every_test_has_its_why(world: World) -> None:
    """The reason names what changed."""
    chosen = world.chosen(conf_py=CONF.replace("LIMIT = 3", "LIMIT = 2"))
    assert chosen.why == {CAPPED: "conf.py::LIMIT changed, and the test may use it"}


def test_a_new_test_in_a_known_file_runs(world: World) -> None:
    """The file is collected, and the tests that nothing affects are left out by name."""
    chosen = world.chosen(test_lib_py=TESTS + "\ndef test_new():\n    assert False\n")
    assert (set(chosen.files), set(chosen.skip_tests)) == (
        {"test_lib.py"},
        {CAPPED, DOUBLE, AREA, READ},
    )


def test_a_new_test_file_is_searched() -> None:
    """A file that matches the recorded patterns is new to the tests."""
    world = World({"test_a.py": "def test_a():\n    pass\n"}, {"test_a.py::test_a": ()})
    assert set(world.chosen(test_b_py="def test_b():\n    pass\n").files) == {"test_b.py"}


def test_an_unknown_kind_of_file_beside_the_code_runs_everything() -> None:
    """What nobody was seen to read may be read by what can't be seen."""
    world = World({"test_a.py": "def test_a():\n    pass\n"}, {"test_a.py::test_a": ()})
    assert "it isn't known what reads it" in world.later({**world.files, "a.bin": ""}).everything[0]


def test_no_record_runs_everything() -> None:
    """Before the first run nothing is known."""
    assert World({}, {}).chosen().everything == ("no tests are recorded yet",)


def test_a_module_that_shadows_the_standard_one_runs_everything(world: World) -> None:
    """Who else imports ``random`` isn't known."""
    assert "random" in world.later({**world.files, "random.py": ""}).everything[0]


def test_a_broken_module_affects_whoever_imports_it() -> None:
    """A file that doesn't parse can't be imported."""
    world = World(
        {"lib.py": "X = 1\n", "test_a.py": "import lib\n\ndef test_a():\n    pass\n"},
        {"test_a.py::test_a": ()},
    )
    assert set(world.chosen(lib_py="X =").why) == {"test_a.py::test_a"}


def test_a_change_back_selects_nothing(world: World) -> None:
    """A test that failed in between need not run where an older recorded run vouches for it."""
    edited = {**world.files, "lib.py": LIB.replace("n * 2", "n * 3")}
    between = World(edited, {DOUBLE: ("lib.py:double",)}).recorded
    failed = msgspec.structs.replace(between.tests[0], outcome="failed")
    between = msgspec.structs.replace(between, tests=(failed,))
    assert choose((between, world.recorded), world.now(world.files)).why == {}


_EDITED = LIB.replace("n * 2", "n * 3")


@pytest.mark.parametrize(
    ("change", "asked"),
    [
        ({}, 1),  # the newest recorded run says it all
        ({"conf.py": CONF.replace("UNUSED = 5", "UNUSED = 6")}, 1),
        ({"lib.py": LIB.replace("n * 2", "n * 4")}, 1),  # neither recorded run has that
        ({"lib.py": LIB}, 2),  # back to what the older one has
        ({"data.txt": "2", "lib.py": LIB}, 2),
    ],
)
def test_older_sessions_are_asked_where_they_can_help(
    world: World, monkeypatch: pytest.MonkeyPatch, change: dict[str, str], asked: int
) -> None:
    """Each that is costs the time of a choice."""
    edited = {**world.files, "lib.py": _EDITED}
    newest = World(edited, RAN).recorded
    times: list[RecordedRun] = []

    class Counting(Validity):
        def __init__(self, recorded: RecordedRun, now: CurrentTree) -> None:
            times.append(recorded)
            super().__init__(recorded, now)

    monkeypatch.setattr("firsttry_tasks.selection.decide.select.Validity", Counting)
    choose((newest, world.recorded), world.now({**edited, **change}))
    assert len(times) == asked


def test_the_reason_is_of_the_edit_that_is_there(world: World) -> None:
    """The newest run was of an edit that was taken back since."""
    edited = {**world.files, "lib.py": LIB.replace("min(n, LIMIT)", "max(n, LIMIT)")}
    now = world.now({**world.files, "conf.py": CONF.replace("LIMIT = 3", "LIMIT = 4")})
    found = choose((World(edited, RAN).recorded, world.recorded), now)
    assert "conf.py" in found.why[CAPPED]


def test_an_older_session_speaks_for_tests_that_only_it_has(world: World) -> None:
    """As after a run of a few tests."""
    few = msgspec.structs.replace(world.recorded, tests=world.recorded.tests[:1])
    assert choose((few, world.recorded), world.now(world.files)).skip_tests == {
        CAPPED,
        DOUBLE,
        AREA,
        READ,
    }


def test_a_test_that_failed_and_was_not_touched_runs_again(world: World) -> None:
    """Nothing says that it would pass now."""
    failed = tuple(msgspec.structs.replace(it, outcome="failed") for it in world.recorded.tests)
    recorded = msgspec.structs.replace(world.recorded, tests=failed)
    assert set(choose((recorded,), world.now(world.files)).why) == {CAPPED, DOUBLE, AREA, READ}


def test_a_test_that_never_ran_runs(world: World) -> None:
    """A run that was cut short leaves tests that are known by name only."""
    recorded = msgspec.structs.replace(world.recorded, tests=world.recorded.tests[1:])
    assert choose((recorded,), world.now(world.files)).why == {CAPPED: "never ran"}


def test_settings_name_what_cannot_be_seen(world: World) -> None:
    """``depends`` selects tests by the globs a person wrote down."""
    now = world.now({**world.files, "README.md": "Hello"})
    now = msgspec.structs.replace(now, depends={"README*": ("test_lib.py",)})
    assert set(choose((world.recorded,), now).why) == {CAPPED, DOUBLE, AREA, READ}


@pytest.mark.parametrize(
    ("target", "chosen"),
    [
        ("test_lib.py::test_capped", True),
        ("test_lib.py::test_cap*", True),
        ("*::test_capped", True),
        ("test_lib.py::test_cap", False),
        ("test_*.py", True),
        ("tests/", False),
    ],
)
def test_settings_name_tests(world: World, target: str, chosen: bool) -> None:  # noqa: FBT001
    """By a node id, or by a glob of their file."""
    now = world.now({**world.files, "README.md": "Hello"})
    now = msgspec.structs.replace(now, depends={"*.md": (target,)})
    assert (CAPPED in choose((world.recorded,), now).why) == chosen


@pytest.mark.parametrize(
    ("target", "chosen"),
    [
        ("test_a.py::test_n[1]", {"[1]"}),
        ("test_a.py::test_n[*]", {"[1]", "[a/b]"}),
        ("./test_a.py::test_n", {"[1]", "[a/b]"}),
        ("test_a.py::test_n1", {"1"}),
    ],
)
def test_a_bracket_in_a_node_id_is_a_bracket(target: str, chosen: set[str]) -> None:
    """So the id of one case means that case alone, and one without brackets all cases."""
    files = {"test_a.py": "def test_n(): ...\n\ndef test_n1(): ...\n", "a.bin": "1"}
    world = World(files, {f"test_a.py::test_n{end}": () for end in ("1", "[1]", "[a/b]")})
    now = msgspec.structs.replace(world.now(files | {"a.bin": "2"}), depends={"a.bin": (target,)})
    assert set(choose((world.recorded,), now).why) == {f"test_a.py::test_n{it}" for it in chosen}


def test_another_environment_vouches_for_nothing(world: World) -> None:
    """A part that differs is named."""
    now = msgspec.structs.replace(world.now(world.files), parts={"python": "3.99"})
    assert choose((world.recorded,), now).everything == ("python changed",)


@pytest.mark.parametrize(
    ("changed", "runs"), [("data/one.bin", True), ("data/one.md", False), ("other/one.bin", False)]
)
def test_a_folder_that_could_not_be_watched(changed: str, runs: bool) -> None:  # noqa: FBT001
    """Any test may have got what lies there by a library in C, but for what is no data."""
    files = {"test_a.py": "def test_a(): ...\n", changed: "1"}
    world = World(files, {"test_a.py::test_a": (Observation("unwatched", "data"),)})
    assert bool(world.later(files | {changed: "2"}).why) == runs
