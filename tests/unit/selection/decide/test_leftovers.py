"""More tests are chosen where one left something else behind than it was known to."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from firsttry_tasks.model import recording
from firsttry_tasks.model.recording import Observation, Record
from firsttry_tasks.model.values import Selection
from firsttry_tasks.selection.decide import leftovers
from firsttry_tasks.selection.decide.reasons import FAILED
from firsttry_tasks.selection.evidence.recorded_run import Scope
from firsttry_tasks.selection.learn import left_names
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
    why: str = "changed",
    by_import: tuple[str, ...] = (),
    alike: tuple[tuple[str, ...], ...] = (),
) -> set[str]:
    """Return what is chosen besides the first test, which left this in its run."""
    chosen = Selection(why={FIRST: why}, skip_tests=frozenset(OTHERS))
    test = replace(_seen(FIRST), observations=tuple(range(len(left))))
    test = replace(test, outcome="failed") if why == FAILED else test
    numbers = tuple(range(len(left), len(left) + len(by_import)))
    scope = recording.ScopeRecord("import", "sale.py", (), numbers, (), ())
    record = Record(
        units=(),
        observations=tuple(Observation("left", name) for name in (*left, *by_import)),
        scopes=(scope,),
        tests=(test,),
        modules={},
        environment={},
        patterns=(),
        testpaths=(),
        roots=roots,
        began=0.0,
        collected=collected,
        alike=alike,
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
        # The other one adds it later, and who asks comes between the two.
        (ADDED, (ADDED, "tool.py:TABLE=+cc"), {ASKS}),
        (ADDED, ("tool.py:TABLE=+cc",), {ASKS}),
        ("variable:KNOWN", ("variable:KNOWN", "tool.py:TABLE=cc"), {ASKS}),
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


@pytest.mark.parametrize("before", [SET, f"{SET}?", ADDED, f"{ADDED}?"])
@pytest.mark.parametrize("now", [(), ("tool.py:TABLE=bb",)])
def test_a_test_that_still_fails_and_that_nothing_changed_for(
    before: str, now: tuple[str, ...]
) -> None:
    """It is not the one of several that left a thing; what it surely left has to be there."""
    world = World(FILES, {FIRST: (Observation("left", before),), ASKS: ("tool.py:ask",)})
    more = set() if before.endswith("?") else {ASKS}
    assert _more(*now, world=world, why=FAILED) == more
    assert _more(*now, world=world) == {ASKS}


def test_what_holds_something_else_in_each_run_is_not_compared() -> None:
    """Its users rest on what may have made it."""
    world = _told(SET)
    assert _more("tool.py:TABLE=bb", world=world) == {ASKS}
    world.recorded = replace(world.recorded, unsteady=("tool.py:TABLE",))
    assert _more("tool.py:TABLE=bb", world=world) == set()
    # What nobody can spell is another matter.
    assert _more("tool.py:TABLE", world=world) == {ASKS}


@pytest.mark.parametrize(
    ("older", "newer", "found"),
    [
        ("TABLE=aa", "TABLE=aa", set()),
        ("TABLE=aa", "TABLE=bb", {"tool.py:TABLE"}),
        ("TABLE=aa?", "TABLE=aa", set()),
        ("TABLE=+aa", "TABLE=+bb", {"tool.py:TABLE"}),
        # It may be new, or unknown what is in it.
        ("CACHE=aa", "TABLE=bb", set()),
        ("TABLE", "TABLE=bb", set()),
        ("TABLE=aa", "TABLE", set()),
    ],
)
def test_what_holds_something_else_in_each_run(older: str, newer: str, found: set[str]) -> None:
    """A later run tells of it what no earlier one told."""
    runs = [World(FILES, {FIRST: (Observation("left", f"tool.py:{it}"),)}) for it in (newer, older)]
    recorded = [it.recorded for it in runs]
    assert left_names.unsteady(recorded, runs[0].now(FILES)) == found


IMPORTED = {FIRST: (), ASKS: ("tool.py:ask",), SELLS: ("sale.py:sell",)}


def _imported(*left: str) -> World:
    """Return a world in which the import of a module left this."""
    seen = tuple(Observation("left", it) for it in left)
    world = World(FILES, {**IMPORTED, PLAIN: seen})
    numbers = tuple(n for n, it in enumerate(world.recorded.observations) if it[0] == "left")
    scopes = tuple(
        replace(it, observations=numbers) if (it.kind, it.name) == ("import", "sale.py") else it
        for it in world.recorded.scopes
    )
    tests = tuple(replace(it, observations=()) for it in world.recorded.tests)
    world.recorded = replace(world.recorded, scopes=scopes, tests=tests)
    return world


@pytest.mark.parametrize("left", [ADDED, SET])
def test_what_an_import_left_another_test_may_leave_without_it(left: str) -> None:
    """Where the module is what it was; if it is not, it may leave nothing now."""
    world = _imported("tool.py:TABLE", left)
    assert _more(left, world=world) == set()
    assert _more(left.replace("aa", "bb"), world=world) == {ASKS}
    world.files["sale.py"] += "OTHER = 1\n"
    assert _more(left, world=world) == {ASKS}


@pytest.mark.parametrize(
    ("now", "more"),
    [
        (("tool.py:TABLE", ADDED), set()),
        (("tool.py:TABLE", f"{ADDED}?"), set()),
        (("tool.py:TABLE", "tool.py:TABLE=+bb"), {ASKS}),
        # Another one sets it so, which tells nothing of this import; one of several may be that.
        (("tool.py:TABLE", SET), {ASKS}),
        (("tool.py:TABLE", f"{SET}?"), set()),
        (("tool.py:TABLE",), {ASKS}),
    ],
)
def test_what_an_import_leaves_now(now: tuple[str, ...], more: set[str]) -> None:
    """It is compared like what a test leaves, by what is told of it."""
    world = _told(SET, ADDED)
    assert _more(SET, world=world, by_import=now) == more


LATE = "test_c.py::test_late"


@pytest.mark.parametrize("at", [FIRST, LATE])
def test_who_is_done_before_it_is_left_needs_no_run(at: str) -> None:
    """Where files come by their names; a plugin may put tests in another order."""
    files = {**FILES, "test_c.py": "def test_late(): ...\n"}
    tests = {FIRST: (), ASKS: ("tool.py:ask",), LATE: ()}
    wider = _left_by(World(files, tests), at)
    assert (ASKS in wider) == (at == FIRST)
    assert ASKS in _left_by(World(files, dict(reversed(tests.items()))), at)
    # No run had both files, which pytest may take in another order.
    assert ASKS in _left_by(World(files, {ASKS: ("tool.py:ask",)}), at)


def test_the_first_of_several_who_leave_it_counts() -> None:
    """Who runs between the first and the last sees it, too."""
    files = {**FILES, "test_c.py": "def test_late(): ...\n"}
    world = World(files, {FIRST: (), ASKS: ("tool.py:ask",), LATE: ()})
    assert ASKS in _left_by(world, FIRST, LATE)
    assert ASKS in _left_by(world, LATE, FIRST)


def _left_by(world: World, *tests: str) -> set[str]:
    """Return what is chosen besides these tests, which left something new in a module."""
    chosen = Selection(why=dict.fromkeys(tests, "changed"), skip_tests=frozenset({ASKS}))
    record = Record(
        units=(),
        observations=(Observation("left", SET),),
        scopes=(),
        tests=tuple(_seen(it) for it in tests),
        modules={},
        environment={},
        patterns=(),
        testpaths=(),
        roots=("",),
        began=0.0,
        collected=(),
    )
    wider = leftovers.otherwise(chosen, (record,), (world.recorded,), world.now(world.files))
    return set(wider.why) - {*tests}


def _seen(nodeid: str) -> recording.TestRecord:
    """Return the record of a test that left the first thing."""
    return recording.TestRecord(
        nodeid=nodeid,
        path=nodeid.partition("::")[0],
        outcome="passed",
        seconds=0.1,
        units=(),
        observations=(0,),
        scopes=(),
        names=(),
        function=True,
    )


@pytest.mark.parametrize(
    ("left", "more"),
    [
        # Who adds what is missing needs nobody who added it before; but who only asks for it does.
        (f"{ADDED}?", {ASKS}),
        (ADDED, {ASKS, KNOWS}),
        (f"{SET}?", {ASKS, KNOWS}),
    ],
)
def test_what_one_of_several_adds_no_more(left: str, more: set[str]) -> None:
    """It may not have been this one."""
    files = {**FILES, "tool.py": FILES["tool.py"] + "def fill():\n    TABLE[1] = 1\n"}
    first = (Observation("left", left),)
    world = World(files, {FIRST: first, ASKS: ("tool.py:ask",), KNOWS: ("tool.py:fill",)})
    assert _more(world=world) == more


@pytest.mark.parametrize(
    ("alike", "more"), [((), {ASKS}), ((("tool.py:CACHE=aa", "tool.py:TABLE=aa"),), set())]
)
def test_a_thing_is_known_by_each_of_its_names(
    alike: tuple[tuple[str, ...], ...], more: set[str]
) -> None:
    """Several modules may have it; in the recorded run one of them did not yet."""
    world = _told("tool.py:CACHE=aa", "tool.py:CACHE=aa")
    assert _more("tool.py:CACHE=aa", "tool.py:TABLE=aa", world=world, alike=alike) == more


@pytest.mark.parametrize(
    ("before", "now", "more"),
    [
        ("tool.py:TABLE=~aa", "tool.py:TABLE=~bb", {ASKS}),
        ("tool.py:TABLE=~aa?", "tool.py:TABLE=~bb", set()),
        ("tool.py:TABLE=~aa", "tool.py:TABLE=~bb?", set()),
    ],
)
def test_how_far_several_counted_says_nothing_of_one(before: str, now: str, more: set[str]) -> None:
    """One look may stand for several tests, then or now."""
    assert _more(now, world=_told(before, "tool.py:CACHE=aa")) == more


def test_a_test_counts_as_far_as_it_did_in_another_run() -> None:
    """It may have failed when it ran last, and stopped on its way."""
    newer = _told("tool.py:TABLE=~aa", "tool.py:CACHE=aa")
    older = _told("tool.py:TABLE=~bb", "tool.py:CACHE=aa")
    assert _more("tool.py:TABLE=~bb", world=newer) == {ASKS}
    counted = left_names.counts([newer.recorded, older.recorded], newer.now(newer.files))
    assert counted[FIRST] == {"tool.py:TABLE=~aa", "tool.py:TABLE=~bb"}
