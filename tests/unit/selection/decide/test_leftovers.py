"""More tests are chosen where one left something else behind than it was known to."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firsttry_tasks.model import recording
from firsttry_tasks.model.recording import Observation, Record
from firsttry_tasks.model.values import Selection
from firsttry_tasks.selection.decide import leftovers
from firsttry_tasks.selection.evidence.recorded_run import Scope
from tests.unit.selection.world import World

FILES = {
    "tool.py": "TABLE = {}\nCACHE = {}\ndef ask():\n    return TABLE\n",
    "sale.py": "import frame\ndef sell():\n    return frame.get()\n",
    "test_a.py": "def test_first(): ...\n",
    "test_b.py": "".join(
        f"def test_{it}(): ...\n" for it in ("reads", "knows", "asks", "plain", "sells")
    ),
}
FIRST = "test_a.py::test_first"
READS, KNOWS, ASKS, PLAIN, SELLS = (
    f"test_b.py::test_{it}" for it in ("reads", "knows", "asks", "plain", "sells")
)
OTHERS = {READS, KNOWS, ASKS, PLAIN, SELLS}
KNOWN = (
    Observation("left", "tool.py:CACHE"),
    Observation("left", "variable:KNOWN"),
    Observation("left", "library:frame:kept=0a0a0a?"),
)
WORLD = World(
    FILES,
    {
        FIRST: KNOWN,
        READS: (Observation("env", "MODE"),),
        KNOWS: (Observation("env", "KNOWN"),),
        ASKS: ("tool.py:ask",),
        PLAIN: (Observation("left", "library:other:kept=0a0a0a"),),
        SELLS: ("sale.py:sell",),
    },
)


def _more(
    *left: str,
    roots: tuple[str, ...] = ("",),
    world: World = WORLD,
    collected: tuple[str, ...] = (),
) -> set[str]:
    """Return what is chosen besides the first test, which left this in its run."""
    chosen = Selection(why={FIRST: "changed"}, skip_tests=frozenset(OTHERS))
    test = recording.TestRecord(
        nodeid=FIRST,
        path="test_a.py",
        outcome="passed",
        seconds=0.1,
        units=(),
        observations=tuple(range(len(left))),
        scopes=(),
        names=(),
        function=True,
    )
    record = Record(
        units=(),
        observations=tuple(Observation("left", name) for name in left),
        scopes=(),
        tests=(test,),
        modules={},
        environment={},
        patterns=(),
        testpaths=(),
        roots=roots,
        began=0.0,
        collected=collected,
    )
    now = world.now({**world.files, "late/tool.py": ""})
    wider = leftovers.otherwise(chosen, (record,), (world.recorded,), now)
    assert wider.why.keys() | wider.skip_tests == {FIRST, *OTHERS}
    return set(wider.why) - {FIRST}


@pytest.mark.parametrize(
    ("left", "more"),
    [
        ((), set()),
        (("variable:MODE",), {READS}),
        (("variable:OTHER",), set()),
        (("tool.py:TABLE",), {ASKS}),
        # Whoever asks first fills a cache that is known: it need not be the same test.
        (("tool.py:CACHE",), set()),
        (("process:working folder",), OTHERS),
        # Of a library only other content counts, for those who have something of it.
        (("library:frame:kept=0a0a0a",), set()),
        (("library:frame:kept=0b0b0b",), {SELLS}),
        (("library:frame._inner:kept=0b0b0b?",), {SELLS}),
        (("library:random:seed",), set()),
    ],
)
def test_what_is_left_concerns(left: tuple[str, ...], more: set[str]) -> None:
    """Readers of a variable, users of a thing, all after it where any code may feel it."""
    assert _more("variable:KNOWN", *left) == more


def test_a_folder_that_comes_onto_the_path_with_a_module_of_the_same_name() -> None:
    """Who imports it gets another one."""
    assert _more("variable:KNOWN", roots=("", "late")) == OTHERS


def test_what_is_left_no_more_concerns_its_readers() -> None:
    """As much as what is left for the first time."""
    assert _more() == {KNOWS}


def test_what_a_test_surely_left_in_a_library_and_leaves_no_more_concerns_its_users() -> None:
    """But not what another of several may have left."""
    kept = (Observation("left", "library:frame:kept=0a0a0a"), KNOWN[1])
    world = World(FILES, {FIRST: kept, SELLS: ("sale.py:sell",), PLAIN: ()})
    assert _more("variable:KNOWN", world=world) == {SELLS}


SET, ADDED = "tool.py:TABLE=aa", "tool.py:TABLE=+aa"


def _told(left: str, others: str = "tool.py:TABLE=cc") -> World:
    """Return a world in which the first test left this, and another one something else."""
    return World(
        FILES,
        {
            FIRST: (Observation("left", left),),
            PLAIN: (Observation("left", others), Observation("left", "tool.py:TABLE=+cc")),
            ASKS: ("tool.py:ask",),
        },
    )


@pytest.mark.parametrize("doubt", ["", "?"])
@pytest.mark.parametrize(
    ("before", "now", "more"),
    [
        (SET, (SET,), set()),
        (SET, ("tool.py:TABLE=bb",), {ASKS}),
        (SET, ("tool.py:TABLE",), {ASKS}),
        (SET, (), {ASKS}),
        # Another test sets it so, which tells nothing of this one.
        (SET, ("tool.py:TABLE=cc",), {ASKS}),
        (ADDED, (ADDED,), set()),
        (ADDED, (ADDED, "tool.py:TABLE=+bb"), {ASKS}),
        # Whoever comes first adds it.
        (ADDED, (ADDED, "tool.py:TABLE=+cc"), set()),
        (ADDED, ("tool.py:TABLE=+cc",), {ASKS}),
        ("variable:KNOWN", ("variable:KNOWN", "tool.py:TABLE=cc"), set()),
    ],
)
def test_what_a_thing_holds_now_is_compared(
    before: str, now: tuple[str, ...], more: set[str], doubt: str
) -> None:
    """Who uses it has to run where it isn't what it was known to be."""
    known = before + (doubt if "=" in before else "")
    assert _more(*(it + (doubt if "=" in it else "") for it in now), world=_told(known)) == more


@pytest.mark.parametrize("left", [SET, ADDED, f"{SET}?"])
@pytest.mark.parametrize("after", [None, "", "def test_other(): ...\n"])
def test_who_used_what_a_test_left_that_is_gone(left: str, after: str | None) -> None:
    """A test is deleted, alone or with its file, or has another name."""
    world = World(FILES, {FIRST: (Observation("left", left),), ASKS: ("tool.py:ask",), PLAIN: ()})
    chosen = world.chosen(test_a_py=after).why
    assert ASKS in chosen
    assert PLAIN not in chosen


def test_a_test_that_is_collected_no_more_leaves_nothing() -> None:
    """As one of several parameters that is taken away: the file alone does not tell."""
    gone = f"{FIRST}[2]"
    left = (Observation("left", SET),)
    world = World(FILES, {FIRST: (), gone: left, ASKS: ("tool.py:ask",)})
    assert _more(world=world, collected=(FIRST,)) == {ASKS}
    assert _more(world=world, collected=(FIRST, gone)) == set()


@pytest.mark.parametrize(("left", "more"), [(ADDED, set()), (SET, {ASKS})])
@pytest.mark.parametrize("doubt", ["", "?"])
def test_what_another_test_adds_as_well_needs_no_test_that_is_gone(
    left: str, more: set[str], doubt: str
) -> None:
    """What is set is each test's own, and what is added comes with the next one that asks."""
    seen = (Observation("left", left + doubt),)
    world = World(FILES, {FIRST: seen, PLAIN: seen, ASKS: ("tool.py:ask",)})
    assert world.chosen(test_a_py="").why.keys() & OTHERS == more


def _of_another_machine(world: World) -> World:
    world.recorded = replace(world.recorded, key="theirs")
    return world


def test_letters_of_another_machine_concern_nobody_who_ran_there() -> None:
    """Its users rest on what may have made the thing."""
    world = _of_another_machine(_told(SET))
    assert _more("tool.py:TABLE=bb", world=world) == set()
    # What has no letters is compared by its name, as ever.
    assert _more("tool.py:CACHE", world=world) == set()


@pytest.mark.parametrize(("key", "chosen"), [("", {FIRST}), ("theirs", {FIRST, ASKS})])
def test_who_can_compare_does_not_rest_on_makers(key: str, chosen: set[str]) -> None:
    """A change of what filled a table, which this run will compare, or can't."""
    files = {**FILES, "tool.py": FILES["tool.py"] + "def fill():\n    TABLE[1] = 1\n"}
    world = World(files, {FIRST: ("tool.py:fill",), ASKS: ("tool.py:ask",), PLAIN: ()})
    filled = world.units["tool.py", max(at for path, at in world.units if path == "tool.py")]
    scope = Scope("compared", "tool.py:TABLE", (filled,), (), (), ())
    number = len(world.recorded.scopes)
    tests = tuple(
        replace(it, scopes=(*it.scopes, number)) if it.nodeid == ASKS else it
        for it in world.recorded.tests
    )
    world.recorded = replace(
        world.recorded, scopes=(*world.recorded.scopes, scope), tests=tests, key=key
    )
    changed = files["tool.py"].replace("TABLE[1] = 1", "TABLE[1] = 2")
    assert world.chosen(tool_py=changed).why.keys() == chosen
    assert world.without("content", tool_py=changed).why.keys() == {FIRST, ASKS}
