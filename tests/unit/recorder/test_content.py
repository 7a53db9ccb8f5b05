"""What a thing holds is spelled whole, the same in each run, or not at all."""

from __future__ import annotations

import enum
import functools
import re
import subprocess
import sys
import textwrap
import threading
from collections import OrderedDict, defaultdict, deque, namedtuple
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from firsttry_tasks.recorder.leftovers.differences import differences
from firsttry_tasks.recorder.leftovers.roots import Root, scanned
from firsttry_tasks.recorder.leftovers.things.content import letters

if TYPE_CHECKING:
    from collections.abc import Callable

HOUSE = Path(__file__).parents[3]
Point = namedtuple("Point", "x y")  # noqa: PYI024  as tests write it


class Colour(enum.Enum):
    """An enumeration."""

    RED = 1
    BLUE = 2


class Held:
    """An object that runs code for whoever asks it."""

    __slots__ = ("__dict__", "slot")

    def __init__(self, **held: object) -> None:
        """Hold this."""
        self.__dict__.update(held)
        self.slot = "slot"

    def __eq__(self, other: object) -> bool:
        """Be asked."""
        raise SystemExit("compared")

    def __getattribute__(self, name: str) -> Any:
        """Be asked."""
        if name != "__dict__":
            raise SystemExit(f"asked for {name}")
        return object.__getattribute__(self, name)

    __hash__ = None  # type: ignore[assignment]  # nobody may ask


class Word(str):  # noqa: SLOT000  it has a dictionary, too
    """A text with more in it."""


def _circle() -> list[object]:
    found: list[object] = [1]
    found.append(found)
    return found


def _local(value: object) -> type:
    class Local:
        kept = value

        def method(self) -> object:
            return value

    return Local


class Heir(dict[str, object]):
    """A table of the project's own kind."""


class Odd(functools.partial[int]):
    """Says something else of itself."""

    @property
    def func(self) -> Any:
        """Be asked."""
        raise SystemExit("asked")


def _with_odd_names() -> Held:
    held = Held()
    held.__dict__[1] = "one"  # type: ignore[index]  # as code may do it
    return held


def _deep(steps: int) -> list[object]:
    found: list[object] = []
    for _ in range(steps):
        found = [found]
    return found


def _word(**more: object) -> Word:
    word = Word("text")
    vars(word).update(more)
    return word


CLEAR: list[Callable[[], object]] = [
    lambda: None,
    lambda: 12,
    lambda: 0.25,
    lambda: "text",
    lambda: b"text",
    lambda: ("text", 1),
    lambda: ["text"],
    lambda: {"text": [1]},
    lambda: {1: "text"},
    lambda: {"one", "two", "three"},
    lambda: frozenset({("one", 1), ("two", 2)}),
    lambda: defaultdict(list, {"text": []}),
    lambda: OrderedDict(text=1),
    lambda: deque([1, 2]),
    lambda: Point(1, 2),
    lambda: Point(1, "2"),
    lambda: Colour.RED,
    lambda: Colour.BLUE,
    lambda: Held(a=1),
    lambda: Held(a=2),
    lambda: Held(a=Held(a=1)),
    lambda: re.compile("one"),
    lambda: re.compile("one", re.MULTILINE),
    lambda: re.compile("one").match,
    lambda: re.compile(r"(--|# |/\\*)[0-9]+/x1"),
    lambda: "http://example.org/one/1",
    lambda: len,
    lambda: textwrap.dedent,
    lambda: textwrap,
    lambda: Held,
    lambda: functools.partial(len, "text"),
    lambda: functools.partial(len, "texts"),
    lambda: _local(1),
    lambda: _local(2),
    lambda: _local(1)().method,
    _word,
    lambda: _word(more=1),
    _circle,
    object,
]


def test_equal_content_has_equal_letters_and_other_content_has_others() -> None:
    """Whatever object holds it, and without asking the objects themselves."""
    found = [letters(make()) for make in CLEAR]
    assert all(found)
    assert found == [letters(make()) for make in CLEAR]
    assert len({*found}) == len(found)


def test_letters_are_made_with_a_key() -> None:
    """So that nobody can guess what a test left."""
    assert letters("text", b"one") != letters("text", b"two")


def test_letters_are_the_same_in_another_process() -> None:
    """Where texts have another hash, and so sets another order."""
    code = (
        "from tests.unit.recorder.test_content import *\n"
        "print(*(letters(make()) for make in CLEAR))"
    )
    said = {
        subprocess.run(
            [sys.executable, "-c", code],
            cwd=HOUSE,
            env={"PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            text=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(said) == 1


@pytest.mark.parametrize(
    "make",
    [
        threading.Lock,
        lambda: lambda: 1,
        lambda: functools.lru_cache(len),
        lambda: 12_000_000,
        lambda: 0.123456789,
        lambda: "/tmp/pytest-12/one",  # noqa: S108  what a test may keep
        lambda: "<object at 0x7f3a2b1c>",
        lambda: iter([1]),
        lambda: [threading.Lock()],
        lambda: ValueError("text"),
        lambda: list(range(3000)),
        lambda: "long" * 50_000,
        lambda: 1e308 + 1e308j,
        lambda: Odd(len),
        _with_odd_names,
        lambda: _deep(100),
    ],
)
def test_what_is_another_in_each_run_or_hides_something_is_not_told(
    make: Callable[[], object],
) -> None:
    """Locks, times, temporary files, what C code keeps for itself."""
    assert letters(make()) == ""


def _differences(held: dict[str, Any], act: Callable[[dict[str, Any]], object]) -> set[str]:
    held["__name__"] = "held"
    root: Root = scanned("held.py", held, ())
    act(held)
    changed = [at for at, one in enumerate(root.holders) if one.sign() != root.signs[at]]
    return {it for at in changed for it in differences(root, at, b"")}


def _added(*values: object) -> set[str]:
    return {f"IT=+{letters(value)}" for value in values}


@pytest.mark.parametrize(
    ("value", "act", "wanted"),
    [
        ({}, lambda it: it.update(one=1, two=[2]), _added(("one", 1), ("two", [2]))),
        ({"one": 1}, lambda it: it.update(one=2), {f"IT={letters({'one': 2})}"}),
        ({"one": 1, "two": 2}, lambda it: it.pop("one"), {f"IT={letters({'two': 2})}"}),
        ({}, lambda it: it.update(one=threading.Lock()), {"IT"}),
        ([1], lambda it: it.append("two"), _added("two")),
        ([1], lambda it: it.insert(0, "two"), {f"IT={letters(['two', 1])}"}),
        ({1}, lambda it: it.add(2), _added(2)),
        ({1, 2}, lambda it: it.remove(2), {f"IT={letters({1})}"}),
        (deque([1]), lambda it: it.append(2), _added(2)),
        (Heir(one=1), lambda it: it.update(two=2), _added(("two", 2))),
        (Heir(one=1), lambda it: it.update(one=2), {f"IT={letters(Heir(one=2))}"}),
        (bytearray(b"1"), lambda it: it.append(0), {"IT"}),
        (dict.fromkeys("abc"), lambda it: it.update(dict.fromkeys(range(20))), None),
        (dict.fromkeys(map(str, range(900))), lambda it: it.update(one=1), _added(("one", 1))),
    ],
)
def test_what_came_is_told_apart_from_what_was_there(
    value: Any, act: Callable[[Any], object], wanted: set[str] | None
) -> None:
    """By entry, where nothing else became another one; else as a whole, and by name if unclear."""
    found = _differences({"IT": value}, lambda held: act(held["IT"]))
    assert found == (wanted if wanted is not None else {f"IT={letters(value)}"})


@pytest.mark.parametrize(
    ("act", "wanted"),
    [
        (lambda held: held.update(IT=True), {f"IT={letters(True)}"}),
        (lambda held: held.update(IT="2"), {f"IT={letters('2')}"}),
        # How far something was counted depends on who ran before.
        (lambda held: held.update(IT=3), {f"IT=~{letters(2)}"}),
        (lambda held: held.update(IT=0.5), {f"IT={letters(0.5)}"}),
        (lambda held: held.update(NEW="new"), {f"NEW={letters('new')}"}),
        (lambda held: held.pop("IT"), {"IT=-"}),
        (lambda held: held.update(IT=lambda: 1), {"IT"}),
    ],
)
def test_what_a_name_stands_for_is_told(
    act: Callable[[dict[str, Any]], object], wanted: set[str]
) -> None:
    """A name that came, that stands for another thing, that went."""
    assert _differences({"IT": 1}, act) == wanted


def test_what_is_kept_on_a_function_is_told_by_its_name_alone() -> None:
    """Of a function the letters tell no more than how it is called."""

    def render() -> None:
        """Keep nothing by itself."""

    render.__module__, render.__qualname__ = "held", "render"
    assert letters(render)
    assert _differences({"render": render}, lambda _: vars(render).update(kept=1)) == {"render"}


@pytest.mark.parametrize("most", [None, 128, 3])
def test_what_a_cache_of_the_standard_library_keeps_is_told(most: int | None) -> None:
    """Each new result with its arguments; nothing of what it holds once it had to forget one."""
    cached = functools.lru_cache(most)(lambda value, more=0: {value: more})
    cached(0)
    held = {"IT": cached, "__name__": "held"}
    found = _differences(held, lambda _: (cached(1), cached("two", more=3)))
    key = ("two", object(), "more", 3)
    assert found == _added((1, {1: 0}), (key, {"two": 3}))
    found = _differences(held, lambda _: [cached(value) for value in range(2, 5)])
    assert found == ({"IT"} if most == 3 else _added(*((it, {it: 0}) for it in range(2, 5))))
    assert _differences(held, lambda _: cached.cache_clear()) == {"IT"}
