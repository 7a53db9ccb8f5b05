"""Who may use what a test left behind, and what may have made it."""

from __future__ import annotations

import pytest

from firsttry_tasks.selection.learn.makers import Makers
from firsttry_tasks.selection.syntax.parse import take_apart

KEEP = """\
KEPT = {}
MAKERS = {"one": make_one}
def value(name):
    if name not in KEPT:
        KEPT[name] = MAKERS[name]()
    return KEPT[name]
def make_one():
    return helper()
def helper():
    return 1
def store(name, thing):
    KEPT[name] = thing
def reads():
    return unlike(KEPT.get("one"))
def unlike(it):
    return it
def hands_in():
    store("two", brought())
def brought():
    return 2
class Lexer:
    _one = None
    def get(cls):
        cls._one = cls._one or Lexer()
        return cls._one
    def __init__(self):
        self.rules = rules()
def rules():
    return []
"""
ALIAS = "from keep import KEPT as TABLE\ndef look():\n    return TABLE\n"


@pytest.fixture(name="known", scope="module")
def _known() -> tuple[Makers, list[str]]:
    files = {"keep.py": take_apart(KEEP.encode()), "alias.py": take_apart(ALIAS.encode())}
    units = [
        (path, at)
        for path, fragments in files.items()
        for at, one in enumerate(fragments)
        if one.is_function_body
    ]
    names = [files[path][at].qualname for path, at in units]
    return Makers(units, files, files.__getitem__), names


def _made(known: tuple[Makers, list[str]], trail: str, ran: set[str]) -> set[str]:
    makers, names = known
    thing = makers.thing("keep.py", trail)
    units = {at for at, name in enumerate(names) if name in ran}
    return {names[at] for at in makers.makers("keep.py", thing, units)}


def test_who_may_use_a_thing(known: tuple[Makers, list[str]]) -> None:
    """All whose code names it, under whatever name."""
    makers, names = known
    users = {names[at] for at in makers.users(makers.thing("keep.py", "KEPT"))}
    assert users == {"value", "store", "reads", "look"}


@pytest.mark.parametrize(
    ("trail", "ran", "made"),
    [
        # What changes it, and what that calls, also through a table.
        ("KEPT", {"value", "make_one", "helper"}, {"value", "make_one", "helper"}),
        # Nobody who only reads it.
        ("KEPT", {"value", "reads", "unlike"}, {"value"}),
        # Who hands in what is stored, and what that calls.
        ("KEPT", {"hands_in", "store", "brought"}, {"hands_in", "store", "brought"}),
        ("KEPT", {"store", "brought"}, {"store"}),
        # The constructor of what is kept on the class.
        (
            "Lexer._one",
            {"Lexer.get", "Lexer.__init__", "rules", "helper"},
            {"Lexer.get", "Lexer.__init__", "rules"},
        ),
    ],
)
def test_what_may_have_made_it(
    known: tuple[Makers, list[str]], trail: str, ran: set[str], made: set[str]
) -> None:
    """Only what ran counts."""
    assert _made(known, trail, ran) == made


CALLED_BACK = """\
from library import Base as Theirs
class Plain:
    def hook(self):
        return 1
class Shown(Plain, Theirs):
    def render(self):
        return super().render()
class Marked(Shown):
    def mark(self):
        return 2
class Own:
    def render(self):
        return super().render()
    def other(self):
        return 3
SHOWN = Shown()
def shown():
    return SHOWN.render()
"""


@pytest.mark.parametrize(
    ("ran", "made"),
    [
        # A class has the methods of its bases, by whatever name it is reached.
        ({"shown", "Shown.render", "Plain.hook"}, {"shown", "Shown.render", "Plain.hook"}),
        # A library's base may ask its object for each of its methods, and an heir's as well.
        (
            {"Shown.render", "Plain.hook", "Marked.mark"},
            {"Shown.render", "Plain.hook", "Marked.mark"},
        ),
        # A class without such a base names what it calls.
        ({"Own.render", "Own.other"}, {"Own.render"}),
    ],
)
def test_what_a_library_s_base_calls_back(ran: set[str], made: set[str]) -> None:
    """It is named nowhere."""
    files = {"keep.py": take_apart(CALLED_BACK.encode())}
    units = [("keep.py", at) for at, it in enumerate(files["keep.py"]) if it.is_function_body]
    names = [files["keep.py"][at].qualname for _, at in units]
    known = Makers(units, files, files.__getitem__), names
    assert _made(known, "Shown.render", ran) == made
