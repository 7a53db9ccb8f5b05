"""What is left in libraries is told with letters for its content."""

from __future__ import annotations

import csv
import datetime as dt
import decimal
import gc
import logging
import os
import random
import re
import signal
import socket
import sys
import textwrap
import types
import weakref
from asyncio import events
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import pytest

from firsttry_tasks.model.recording import DRAWN, FELT, HOLDS, LIBRARY, PERHAPS
from firsttry_tasks.recorder.leftovers.libraries import LibraryWatch
from firsttry_tasks.recorder.leftovers.process import ProcessWatch
from firsttry_tasks.recorder.leftovers.roots import lent
from firsttry_tasks.recorder.leftovers.things.spelled import spelled
from firsttry_tasks.recorder.tracing.attribution import OpenScope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


class Box:
    """Something with a value."""

    def __init__(self, value: object) -> None:
        """Keep it."""
        self.value = value


def _module(monkeypatch: pytest.MonkeyPatch, name: str, file: str | None, **held: object) -> Any:
    module = types.ModuleType(name)
    vars(module).update(held)
    if file is not None:
        module.__file__ = file
    monkeypatch.setitem(sys.modules, name, module)
    return module


@pytest.fixture(name="frame")
def _frame(monkeypatch: pytest.MonkeyPatch) -> Any:
    return _module(monkeypatch, "frame", "/usr/lib/frame.py", kept={"a": 1}, mode=None)


@pytest.fixture(name="watch")
def _watch(frame: Any) -> LibraryWatch:
    watch = LibraryWatch(lambda file: file.startswith("/project/"))
    watch.have([frame.__name__, "os"])
    return watch


def test_what_stands_there_only_while_a_test_runs_no_import_has_left(
    frame: Any, watch: LibraryWatch
) -> None:
    """A module that is imported in a test sees what pytest or a fixture put there meanwhile."""
    scope = OpenScope("import", "shop.py", 0)
    frame.mode, frame.more = "patched", 1
    del frame.kept
    watch.wait([scope])
    frame.mode, frame.kept = None, {"a": 1}
    kept = f"{LIBRARY}frame:more={spelled(1)}"
    assert watch.stayed() == [(scope, kept)]
    assert watch.stayed() == []


def test_an_entry_that_came_while_a_test_ran_stays_or_goes(frame: Any, watch: LibraryWatch) -> None:
    """It is sought in its table, by itself."""
    scope = OpenScope("import", "shop.py", 0)
    frame.kept["b"], frame.kept["c"] = [2], [3]
    watch.wait([scope])
    del frame.kept["c"]
    assert watch.stayed() == [(scope, f"{LIBRARY}frame:kept={spelled(('b', [2]))}")]


def test_a_table_that_is_filled_at_once_is_told_as_a_whole(frame: Any, watch: LibraryWatch) -> None:
    """Each of a thousand entries would count for each of a thousand tests."""
    frame.kept |= {str(key): [key] for key in range(100)}
    (told,) = watch.look()
    frame.kept["a"] = 2
    frame.kept |= {str(key): [-key] for key in range(100)}
    assert told.startswith(f"{LIBRARY}frame:kept=")
    assert watch.look() != [told]


def test_a_container_is_looked_at_where_it_is_at_home(
    monkeypatch: pytest.MonkeyPatch, watch: LibraryWatch
) -> None:
    """A dictionary does not say which module it is of."""
    table: dict[str, object] = {}
    _module(monkeypatch, "frame.tables", "/usr/lib/frame/tables.py", table=table)
    watch.lend(lent({"table": table}))
    table["a"] = str.upper
    assert watch.look() == [f"{LIBRARY}frame.tables:table={spelled(('a', str.upper))}"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (str.upper, str.lower),
        (decimal.Decimal("1.5"), decimal.Decimal("2.5")),
        (re.compile("a"), re.compile("b")),
        (dt.timedelta(1), dt.date(2026, 1, 1)),
    ],
)
def test_what_is_made_in_c_is_told_by_what_it_says_of_itself(one: object, other: object) -> None:
    """In each interpreter, however it makes the class."""
    assert spelled(one) != spelled(other)


@pytest.mark.parametrize(("value", "left"), [(3, False), (int, False), (len, True)])
def test_what_an_example_showed_last_was_left_by_nobody(
    monkeypatch: pytest.MonkeyPatch, watch: LibraryWatch, value: object, *, left: bool
) -> None:
    """As in a shell, it is called ``_``; so is what translates texts."""
    monkeypatch.setattr("builtins._", value, raising=False)
    assert bool(watch.look()) is left


def test_a_number_is_told_by_how_much_it_is_larger(frame: Any, watch: LibraryWatch) -> None:
    """How far it was counted depends on who ran before; a truth value is no number."""
    frame.Field = type("Field", (), {"made": 3, "open": False, "__module__": "frame"})
    watch.look()
    frame.Field.made, frame.Field.open = 5, True
    made, opened = f"made=~{spelled(2)}", f"open={spelled(True)}"
    assert watch.look() == [f"{LIBRARY}frame:Field.{it}" for it in (made, opened)]
    frame.Field.made = 8
    scope = OpenScope("test", "a", -1)
    assert watch.counted(scope) == [(scope, f"{LIBRARY}frame:Field.made=~{spelled(3)}")]
    assert (watch.counted(scope), watch.look()) == ([], [])


def test_a_class_in_place_of_another_is_told_of_its_own_numbers(
    frame: Any, watch: LibraryWatch
) -> None:
    """The one before is asked no longer, whatever it holds."""
    own = {"made": 3, "__module__": "frame"}
    frame.Field = type("Field", (), own)
    watch.look()
    frame.Field.made = 4
    assert watch.look() == [f"{LIBRARY}frame:Field.made=~{spelled(1)}"]
    frame.Field = type("Field", (), own)
    watch.look()
    frame.Field.made = 9
    assert watch.look() == [f"{LIBRARY}frame:Field.made=~{spelled(6)}"]


def test_a_number_that_one_of_several_set_is_told_as_it_is(frame: Any, watch: LibraryWatch) -> None:
    """By how much it grew may be due to each of them; from then on it is looked at after each."""
    frame.level = 1
    watch.look()
    frame.level = 5
    scopes = [OpenScope("test", name, -1) for name in ("a", "b")]
    name = f"{LIBRARY}frame:level"
    assert {it for _, it in watch.left(scopes)} == {f"{name}={spelled(5)}{PERHAPS}"}
    frame.level = 7
    assert watch.counted(scopes[0]) == [(scopes[0], f"{name}=~{spelled(2)}")]


def test_an_heir_of_a_list_is_told_as_a_whole(frame: Any, watch: LibraryWatch) -> None:
    """It has a size and attributes besides, as the list of time zones that pytz fills late."""

    class Names(list[str]):
        pass

    frame.names = Names()
    watch.look()
    frame.names.append("UTC")
    [one] = watch.look()
    assert one.startswith(f"{LIBRARY}frame:names=")


def test_a_new_entry_is_told_by_its_content(frame: Any, watch: LibraryWatch) -> None:
    """The same again is no other; what is taken away is told without any."""
    assert not watch.look()
    frame.kept["b"] = Box(1)
    [one] = watch.look()
    del frame.kept["b"]
    assert watch.look() == [f"{LIBRARY}frame:kept="]
    frame.kept["b"] = Box(1)
    assert watch.look() == [one]
    frame.kept["b"] = Box(2)
    assert watch.look() != [one]


def test_what_is_bound_is_told_by_its_name(frame: Any, watch: LibraryWatch) -> None:
    """So is what is bound no more."""
    frame.mode = "new"
    assert watch.look() == [f"{LIBRARY}frame:mode={spelled('new')}"]
    del frame.mode
    assert watch.look() == [f"{LIBRARY}frame:mode="]


def test_of_python_s_own_modules_only_what_is_bound_counts(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """They keep caches by the dozen."""
    own = _module(monkeypatch, "mimetypes", "/usr/lib/mimetypes.py", table={}, guess=None)
    watch = LibraryWatch(lambda _: False)
    watch.have(["mimetypes"])
    own.table["a"] = 1
    assert not watch.look()
    own.guess = textwrap.dedent
    assert watch.look() == [f"{LIBRARY}mimetypes:guess={spelled(textwrap.dedent)}"]


def test_what_stands_in_pytest_s_configuration_from_the_beginning_is_its_own() -> None:
    """Fixtures and tests add to it."""
    config = types.SimpleNamespace(seen=1)
    watch = LibraryWatch(lambda _: False)
    watch.begin(config)
    config.seen = 2
    assert not watch.look()
    config.till = 1
    assert watch.look() == [f"{LIBRARY}pytestconfig:till={spelled(1)}"]


def test_a_module_without_a_file_is_told_from_the_beginning(
    monkeypatch: pytest.MonkeyPatch, watch: LibraryWatch
) -> None:
    """As one that an import hook makes; and a library that comes while a test runs."""
    _module(monkeypatch, "paints", None, red=1)
    watch.have(["paints"])
    assert watch.look() == [f"{LIBRARY}paints:red={spelled(1)}"]
    watch.begin(types.SimpleNamespace())
    late = _module(monkeypatch, "late", "/usr/lib/late.py", kept=[1])
    watch.came("late", vars(late))
    assert watch.look() == [f"{LIBRARY}late:kept={spelled([1])}"]


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("/var/run-1/a", "/var/run-2/a"),
        (10**9, 10**9 + 1),
        (0.25, 0.5),
        (Box(object()), Box(object())),
        (b"at 0x7f", b"at 0x80"),
    ],
)
def test_what_differs_from_run_to_run_is_the_same(one: object, other: object) -> None:
    """Folders, times and addresses."""
    assert spelled(one) == spelled(other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        (1, 2),
        ("a", "b"),
        (1, "1"),
        ([1, 2], [2, 1]),
        ({"a": 1}, {"a": 2}),
        (Box(1), Box(2)),
        (Box([Box(1)]), Box([Box(2)])),
        (Box, int),
        (spelled, len),
        (bytearray(b"a"), bytearray(b"b")),
    ],
)
def test_other_content_is_another(one: object, other: object) -> None:
    """A few steps deep."""
    assert spelled(one) != spelled(other)


def test_what_runs_the_tests_leaves_nothing(frame: Any, watch: LibraryWatch) -> None:
    """As pytest puts a function of its own in the place of ``pdb.set_trace``."""
    frame.mode = pytest.MonkeyPatch().undo
    assert not watch.look()


def test_what_is_made_anew_the_same_is_no_other(frame: Any, watch: LibraryWatch) -> None:
    """As the names of the time zone are, each time that it is set."""
    zone = ["UTC", 1]
    frame.mode = tuple(zone)
    watch.look()
    frame.mode = tuple(zone)
    assert not watch.look()
    frame.mode = ("CET", 1)
    assert watch.look()


def test_nobody_guesses_content_without_the_key() -> None:
    """Records travel in golden caches, and a number of four digits is guessed in no time."""
    assert spelled("1234", b"mine") == spelled("1234", b"mine") != spelled("1234", b"theirs")


def test_order_is_none_of_a_set_and_a_weak_reference_leads_on() -> None:
    """Sets are in another order in each process."""
    assert spelled({"a", "b", "c"}) == spelled({"c", "b", "a"})
    one, other = Box(1), Box(2)
    assert spelled(weakref.ref(one)) != spelled(weakref.ref(other))


def test_what_a_call_made_is_told_by_what_it_holds() -> None:
    """Two functions of one name that return other things."""

    def made(number: int) -> Callable[[], int]:
        return lambda: number

    assert spelled(made(1)) == spelled(made(1)) != spelled(made(2))


@pytest.mark.parametrize(
    ("change", "name"),
    [
        (lambda: sys.setrecursionlimit(sys.getrecursionlimit() + 1), "recursion limit"),
        (lambda: gc.disable(), "garbage collector"),  # noqa: PLW0108  a name of its own
        (lambda: socket.setdefaulttimeout(9.5), "socket timeout"),
        (lambda: signal.signal(signal.SIGUSR1, signal.SIG_IGN), "signal handlers"),
        (lambda: sys.argv.append("more"), "command line"),
        (lambda: setattr(decimal.DefaultContext, "prec", 9), "default decimal context"),
        (lambda: setattr(sys, "excepthook", print), "hooks"),
        (lambda: setattr(csv, "field_size_limit", None), "size of CSV fields"),
        (lambda: os.umask(0o007), "mask of new files"),
        (lambda: signal.setitimer(signal.ITIMER_VIRTUAL, 900), "timers"),
        (lambda: logging.addLevelName(35, "LOUD"), "names of levels"),
        (lambda: ET.register_namespace("shop", "urn:shop"), "prefixes of XML"),
        (lambda: setattr(events, "_event_loop_policy", Box(1)), "policy of event loops"),
    ],
)
def test_what_any_code_may_feel_is_told(
    change: Callable[[], object], name: str, restored: None
) -> None:
    """By a name; and that it was put back, too."""
    assert restored is None
    watch = ProcessWatch()
    change()
    assert [it.partition(HOLDS)[0] for it in watch.look()] == [f"{FELT}{name}"]
    assert not watch.look()


def test_what_any_code_may_feel_is_told_by_its_value(restored: None) -> None:
    """Nobody reads it without the key; what all tests add to has no letters."""
    assert restored is None

    def left(value: float, key: bytes) -> str:
        socket.setdefaulttimeout(None)
        watch = ProcessWatch(key)
        socket.setdefaulttimeout(value)
        [found] = watch.look()
        return found

    assert left(1.5, b"a") == left(1.5, b"a") != left(2.5, b"a")
    assert left(1.5, b"a") != left(1.5, b"b")
    watch = ProcessWatch()
    sys.argv.append("/made/for/this/run/1234567")
    assert watch.look() == [f"{FELT}command line"]


@pytest.fixture(name="restored")
def _restored(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setattr(sys, "argv", [*sys.argv])
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)
    monkeypatch.setattr(csv, "field_size_limit", csv.field_size_limit)
    depth, prec = sys.getrecursionlimit(), decimal.DefaultContext.prec
    handler, timeout = signal.getsignal(signal.SIGUSR1), socket.getdefaulttimeout()
    mask = os.umask(0o022)
    monkeypatch.setattr(events, "_event_loop_policy", None)
    monkeypatch.setattr(logging, "_levelToName", {**logging._levelToName})  # noqa: SLF001
    monkeypatch.setattr(ET, "_namespace_map", {**vars(ET)["_namespace_map"]})
    yield
    os.umask(mask)
    signal.setitimer(signal.ITIMER_VIRTUAL, 0)
    sys.setrecursionlimit(depth)
    gc.enable()
    decimal.DefaultContext.prec = prec
    signal.signal(signal.SIGUSR1, handler)
    socket.setdefaulttimeout(timeout)


def test_who_draws_random_numbers_is_told() -> None:
    """And nobody else."""
    watch = ProcessWatch()
    state = random.getstate()
    random.random()
    assert watch.look() == [f"{LIBRARY}random:{DRAWN}"]
    assert not watch.look()
    random.setstate(state)
