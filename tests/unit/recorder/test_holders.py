"""What a module is seen to hold, and what of it is told to have changed."""

from __future__ import annotations

import itertools
import logging
import sys
import textwrap
import types
import weakref
from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks.recorder.leftovers.watch import StateWatch
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

SOURCE = """\
    import array, contextvars, decimal, functools, hashlib, io, itertools, logging, random, re
    import sqlite3, sys, threading, types
    LOG = logging.getLogger("held")
    TABLE = {"one": [1]}
    COUNT = itertools.count()
    NUMBER = 1000
    PLACE = threading.local()
    CURRENT = contextvars.ContextVar("CURRENT", default=None)
    SPACE = types.SimpleNamespace(kept=None)
    class Box:
        made = None
        __slots__ = ("inner",)
    class Wild:
        def __getattribute__(self, name):
            raise SystemExit("asked for " + name)
        __dict__ = property(lambda self: 1 / 0)
        def __eq__(self, other):
            raise SystemExit("compared")
        __hash__ = None
    WILD = [Wild(), Wild()]
    BOX = Box()
    class Heir(dict):
        def __len__(self):
            raise SystemExit("measured")
        __iter__ = keys = values = items = __len__
    HEIR = Heir(one=1, many=[1])
    class Heirs(list):
        __iter__ = Heir.__len__
    HEIRS = Heirs([1, 2])
    PROXY = types.MappingProxyType({"kept": []})
    MEMBERS = {1, 3}
    @functools.lru_cache
    def cached(key):
        return key
    def keeping():
        kept = {}
        def wrapper(key):
            return kept.setdefault(key, key)
        return wrapper
    wrapped = keeping()
    def default(memo={}):
        return memo
    def steps():
        yield 1
        yield 2
    STEPS = steps()
    BIG = dict.fromkeys(range(100))
    BASE = sqlite3.connect(":memory:")
    BASE.execute("create table rows (one)")
    STREAM = io.BytesIO(b"stream")
    TEXT = io.StringIO()
    RANDOM = random.Random(1)
    DIGEST = hashlib.sha256()
    PRECISE = decimal.Context()
    NUMBERS = array.array("i", [1, 2])
    PATTERN = re.compile("one")
    class Guarded:
        def __buffer__(self, flags):
            raise SystemExit("lent")
    GUARDED = Guarded()
"""


@pytest.fixture(name="module")
def _module(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[types.ModuleType]:
    module = types.ModuleType("held")
    module.__file__ = str(tmp_path / "held.py")
    monkeypatch.setitem(sys.modules, "held", module)
    exec(textwrap.dedent(SOURCE), vars(module))  # noqa: S102  the text above
    yield module
    vars(module)["BASE"].close()


def _left(root: Path, act: Callable[[], object]) -> set[str]:
    attribution = Attribution(str(root.resolve()))
    watch = StateWatch(attribution)
    watch.begin(types.SimpleNamespace())
    act()
    scope = OpenScope("test", "test", -1)
    watch.ended(scope)
    numbers = {number: name for (_, name), number in attribution.observations.items()}
    # Letters for the content stand behind the name: see test_content.
    names = (numbers[number].partition("=")[0] for number in scope.observations)
    return {name.removeprefix("held.py:") for name in names}


@pytest.mark.parametrize(
    ("act", "name"),
    [
        (lambda it: it.TABLE.update(two=2), "TABLE"),
        (lambda it: it.TABLE["one"].append(2), "TABLE."),
        (lambda it: next(it.COUNT), "COUNT"),
        (lambda it: setattr(it, "NUMBER", 2000), "NUMBER"),
        (lambda it: setattr(it.PLACE, "kept", 1), "PLACE.kept"),
        (lambda it: it.CURRENT.set("now"), "CURRENT"),
        (lambda it: setattr(it.SPACE, "kept", 1), "SPACE.kept"),
        (lambda it: setattr(it.Box, "made", 1), "Box.made"),
        (lambda it: setattr(it.BOX, "inner", 1), "BOX.inner"),
        (lambda it: it.HEIR.update(a=1), "HEIR"),
        (lambda it: it.WILD.pop(), "WILD"),
        (lambda it: it.cached(1), "cached"),
        (lambda it: it.wrapped(1), "wrapped.kept"),
        (lambda it: it.default().update(a=1), "default."),
        (lambda it: setattr(it.default, "calls", 1), "default"),
        (lambda it: next(it.STEPS), "STEPS"),
        (lambda it: it.BIG.update(more=1), "BIG"),
        (lambda it: it.BIG.update({5: 1}), "BIG"),
        (lambda it: it.TABLE.update(two=it.TABLE.pop("one")), "TABLE"),
        (lambda it: it.HEIR.update(one=2), "HEIR"),
        (lambda it: it.HEIR["many"].append(2), "HEIR."),
        (lambda it: setattr(it.HEIR, "kept", 1), "HEIR.kept"),
        (lambda it: it.HEIRS.reverse(), "HEIRS"),
        (lambda it: it.PROXY["kept"].append(1), "PROXY."),
        (lambda it: it.MEMBERS.symmetric_difference_update({1, 2}), "MEMBERS"),
        (lambda it: it.BASE.execute("insert into rows values (1)"), "BASE"),
        (lambda it: it.STREAM.close(), "STREAM"),
        (lambda it: it.STREAM.seek(3), "STREAM"),
        (lambda it: it.TEXT.write("more"), "TEXT"),
        (lambda it: it.RANDOM.random(), "RANDOM"),
        (lambda it: it.DIGEST.update(b"more"), "DIGEST"),
        (lambda it: setattr(it.PRECISE, "prec", 3), "PRECISE"),
        (lambda it: it.NUMBERS.append(3), "NUMBERS"),
        (lambda it: setattr(it, "LATE", 1), "LATE"),
        (lambda it: setattr(it.LOG, "kept", 1), "LOG.kept"),
    ],
)
def test_what_changed_is_told_by_its_name(
    module: types.ModuleType, tmp_path: Path, act: Callable[[Any], object], name: str
) -> None:
    """Of the module itself, and of what hangs on it a few steps away."""
    assert _left(tmp_path, lambda: act(module)) == {name}


def test_what_the_standard_library_keeps_is_not_whose_object_leads_to_it(
    module: types.ModuleType, tmp_path: Path
) -> None:
    """Whoever has a logger has all loggers, which are looked at once for the process."""
    name = f"{module.__name__}.{tmp_path.name}"
    assert _left(tmp_path, lambda: logging.getLogger(name)) == set()
    assert _left(tmp_path, lambda: module.LOG.debug("worked out which level holds")) == set()
    around = logging.getLogger(f"{tmp_path.name}.around")
    vars(module)["BELOW"] = logging.getLogger(f"{around.name}.it.all")
    assert _left(tmp_path, lambda: logging.getLogger(f"{around.name}.it")) == set()


@pytest.mark.parametrize("files", [frozenset(), frozenset({"held.py"})])
def test_test_files_are_looked_at_by_themselves(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: frozenset[str]
) -> None:
    """Where there is no time for those, what else changed is told all the same."""
    attribution = Attribution(str(tmp_path.resolve()))
    watch = StateWatch(attribution)
    watch.begin(types.SimpleNamespace(), files)
    monkeypatch.setattr(watch.allowance, "covers", lambda part: part != "tests")
    scopes = [OpenScope("test", f"test_{number}", -1) for number in range(2)]
    for number, scope in enumerate(scopes):
        module.SPACE.kept = f"by {number}" if number == 0 else module.SPACE.kept
        watch.ended(scope)
    watch.settle()
    names = {number: name for (_, name), number in attribution.observations.items()}
    told = [{names[it].partition("=")[0] for it in scope.observations} for scope in scopes]
    doubted = any(name.endswith("?") for name in names.values())
    both = [{"held.py:SPACE.kept"}, {"held.py:SPACE.kept"} if files else set()]
    assert (told, doubted) == (both, bool(files))


@pytest.mark.parametrize("times", [1, 5000])
def test_memory_that_is_lent_is_compared(module: Any, tmp_path: Path, times: int) -> None:
    """A number in an array has no size and no name."""
    module.NUMBERS *= times

    def act() -> None:
        module.NUMBERS[0] = 7

    assert _left(tmp_path, act) == {"NUMBERS"}


def test_a_look_that_fails_leaves_tests_that_nobody_can_follow(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The run goes on, and says of each test that it can't be followed, and why."""
    attribution = Attribution(str(tmp_path.resolve()))
    watch = StateWatch(attribution)
    watch.begin(types.SimpleNamespace())
    monkeypatch.setattr(watch, "_look", lambda _: 1 // 0)
    scopes = [OpenScope("test", f"test_{number}", -1) for number in range(2)]
    for scope in scopes:
        module.TABLE[scope.name] = scope
        watch.ended(scope)
    watch.settle(scopes)
    names = {number: it for it, number in attribution.observations.items()}
    seen = [{names[it] for it in scope.observations} for scope in scopes]
    why = "what tests left (ZeroDivisionError: integer division or modulo by zero)"
    assert seen == [{("untraceable", why)}] * 2


class _Refusing:
    """Has a size that can't be asked for, as a stand-in for an application has none."""

    def __len__(self) -> int:
        """Refuse."""
        raise LookupError


@pytest.mark.parametrize("made", [weakref.proxy, lambda it: it])
def test_what_stands_for_another_object_is_not_asked(
    module: Any, tmp_path: Path, made: Callable[[object], object]
) -> None:
    """Flask's application has one of itself; what it stands for may be gone as well."""
    module.KEPT = _Refusing()
    module.PROXY = made(module.KEPT)
    gone = made(_Refusing())
    module.GONE = gone

    def act() -> None:
        module.TABLE["two"] = 2

    assert _left(tmp_path, act) == {"TABLE"}


def test_what_is_put_back_did_not_change(module: Any, tmp_path: Path) -> None:
    """An equal number is the same; so is a table with the entries that it had."""

    def act() -> None:
        module.NUMBER = int("1000")
        module.TABLE["two"] = module.TABLE.pop("one")
        module.TABLE["one"] = module.TABLE.pop("two")

    assert _left(tmp_path, act) == set()


def test_what_is_changed_again_is_told_between_two_looks(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A test that is not looked at by itself is not said to fill what others fill."""
    attribution = Attribution(str(tmp_path.resolve()))
    watch = StateWatch(attribution)
    watch.begin(types.SimpleNamespace())
    monkeypatch.setattr(watch.allowance, "covers", lambda part: part == "glances")

    def ended(act: Callable[[], object]) -> OpenScope:
        act()
        scope = OpenScope("test", "test", -1)
        watch.ended(scope)
        return scope

    first = ended(lambda: module.TABLE.update(two=[]))
    watch.settle()
    quiet = ended(lambda: None)
    module.SPACE.kept = 2
    again = ended(lambda: module.TABLE.update(three=[]))
    watch.settle()
    numbers = {number: name for (_, name), number in attribution.observations.items()}
    told = [
        {numbers[it].partition("=")[0] for it in scope.observations}
        for scope in (first, quiet, again)
    ]
    held, other = "held.py:TABLE", "held.py:SPACE.kept"
    assert told == [{held}, {other}, {held, other}]


def test_imports_take_no_time_from_the_looks_after_tests(
    module: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Else all that any test left would be said to be left by each, in a suite of many modules."""
    clock = itertools.count(step=50)
    monkeypatch.setattr("time.process_time", lambda: next(clock))
    watch = StateWatch(Attribution(str(tmp_path.resolve())))
    watch.imported(module, "held.py", OpenScope("import", "held.py", -1))
    watch.begin(types.SimpleNamespace())
    module.TABLE.update(two=[])
    test = OpenScope("test", "test", -1)
    watch.ended(test)
    assert test.observations


def test_what_decimals_noted_of_results_is_felt_by_nobody(module: Any, tmp_path: Path) -> None:
    """That one was rounded says nothing to others; how results are rounded does."""
    assert module.decimal.Decimal(1) / 3
    rules = module.decimal.getcontext()
    assert _left(tmp_path, lambda: rules.sqrt(module.decimal.Decimal(2))) == set()
    try:
        assert "process:decimal context" in _left(tmp_path, lambda: setattr(rules, "prec", 5))
    finally:
        rules.prec = 28
