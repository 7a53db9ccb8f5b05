"""A file taken apart: what counts as a change, and what a fragment refers to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.selection.syntax.diff import compare
from firsttry_tasks.selection.syntax.parse import take_apart

if TYPE_CHECKING:
    from firsttry_tasks.selection.syntax.fragment import Fragment


def _only(text: str) -> Fragment:
    return take_apart(text.encode())[0]


def _differs(old: str, new: str) -> bool:
    return bool(compare(take_apart(old.encode()), take_apart(new.encode())))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X = 1\n", "X   =  1  # one\n"),
        ("def f():\n    return 1\n", "\n\n\ndef f():\n    # why\n    return (1)\n"),
        ("X = 'a'\n", 'X = "a"\n'),
        ("if TYPE_CHECKING:\n    import a\nX = 1\n", "X = 1\n"),
        ("@overload\ndef f(n: int): ...\ndef f(n): return n\n", "def f(n): return n\n"),
        ("def f(): return 1\ndef f(): return 2\n", "def f(): return 2\n"),
    ],
)
def test_layout_is_no_change(old: str, new: str) -> None:
    """Comments, blank lines, brackets, quotes and imports for types leave the fragments alike."""
    assert not _differs(old, new)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("X = 1\n", "X = True\n"),
        ("if a:\n    f()\nelse:\n    g()\n", "if a:\n    f()\n    g()\n"),
        ("try:\n    f()\nfinally:\n    g()\n", "try:\n    f()\nexcept E:\n    g()\n"),
        ("def f(a, /, b): ...\n", "def f(a, b, /): ...\n"),
        ("def f():\n    '''A.'''\n", "def f():\n    '''B.'''\n"),
        ("X = 1\nX = 2\n", "X = 2\nX = 1\n"),
        ("@p.getter\ndef x(): ...\n", "@p.setter\ndef x(): ...\n"),
        ("def f(): 1\nX = f()\ndef f(): 2\n", "def f(): 3\nX = f()\ndef f(): 2\n"),
        ("def f(): 1\n@g(f)\ndef f(): 2\n", "def f(): 3\n@g(f)\ndef f(): 2\n"),
        ("def f(): 1\ndef g(x=f()): 2\ndef f(): 2\n", "def g(x=f()): 2\ndef f(): 2\n"),
        ("@g\ndef f(): 1\ndef f(): 2\n", "def f(): 2\n"),
    ],
)
def test_meaning_is_a_change(old: str, new: str) -> None:
    """What could run to another result has another digest, or another place."""
    assert _differs(old, new)


def test_two_functions_of_one_name_are_two_pieces() -> None:
    """A getter and its setter don't hide each other."""
    text = (
        b"class A:\n    @property\n    def x(self): ...\n    @x.setter\n    def x(self, n): ...\n"
    )
    assert [fragment.qualname for fragment in take_apart(text) if fragment.is_function_body] == [
        "A.x",
        "A.x#2",
    ]


@pytest.mark.parametrize(
    ("text", "attrs"),
    [
        ("X = a.b\n", {"b"}),
        ("X = 'name'\n", {"name"}),
        ("X = 'pkg.mod:name'\n", {"pkg", "mod", "name"}),
        ("X = 'visit_'\n", {"visit_", "visit_*"}),
        ("from a import b as c\n", {"b"}),
        ("X = T('X')\n", {"X"}),
        ("X = TypeVar('Label')\n", set()),
    ],
)
def test_names_behind_dots_and_in_strings(text: str, attrs: set[str]) -> None:
    """A string may name what is looked up later."""
    assert _only(text).uses.attrs == attrs


@pytest.mark.parametrize(
    ("text", "effect"),
    [
        ("X = f()\n", False),
        ("def f(): ...\n", False),
        ("f()\n", True),
        ("for x in y: pass\n", True),
        ("if a:\n    X = 1\n", False),
        ("if a:\n    f()\n", True),
        ("if __name__ == '__main__':\n    f()\n", False),
        ("'''Words.'''\n", False),
    ],
)
def test_effects(text: str, effect: bool) -> None:  # noqa: FBT001  a column of the table
    """A statement that does more than bind names counts for every importer."""
    assert _only(text).has_effect == effect


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("global x; x = 1", "x"),
        ("X.append(1)", "X"),
        ("X['a'] = 1", "X"),
        ("X.y = 1", "X"),
        ("known = X.y; known['a'] = 1", "y"),
    ],
)
def test_what_a_body_changes(body: str, name: str) -> None:
    """What it stores something in, also under a local name of that."""
    written = take_apart(f"def f():\n    {body}\n".encode())[1].uses.writes
    assert name in {each for pair in written for each in pair}


@pytest.mark.parametrize(
    ("head", "takes"), [("f()", False), ("f(self)", False), ("f(self, a)", True), ("f(*a)", True)]
)
def test_who_is_given_something(head: str, takes: bool) -> None:  # noqa: FBT001  a table's column
    """A function with arguments, its own object aside."""
    assert take_apart(f"def {head}: ...\n".encode())[1].takes == takes


def test_of_what_all_is_looked_at() -> None:
    """By its plain name, unless that is a local one: then it may be anything."""
    found = take_apart(b"import os\nA = vars(os)\ndef f(x):\n    return dir(os), dir(x)\n")
    assert [it.reflection.searched for it in found if it.binds == {"A"}] == [{"os"}]
    body = next(it for it in found if it.is_function_body)
    assert body.reflection.any_name
    assert not take_apart(b"def f(x):\n    return dir(os)\n")[1].reflection.any_name


@pytest.mark.parametrize(
    ("expression", "wild"),
    [
        ("vars(make(x))", True),
        ("vars(x)", False),
        ("inspect.getmembers(x)", True),
        ("getattr(x, 'a' + b)", True),
        ("getattr(x, 'visit_' + b)", False),
        ("getattr(x, name)", False),
        ("x.a", False),
        ("x.vars", False),
        ("getattr(x, f'_strip_{b}'.lower())", False),
        ("getattr(x, f'_Strip_{b}'.lower())", True),
        ("getattr(x, f'{b}_strip'.lower())", True),
    ],
)
def test_wild(expression: str, wild: bool) -> None:  # noqa: FBT001  a column of the table
    """Code that may ask for any name is known as such."""
    assert _only(f"X = {expression}\n").reflection.any_name == wild


@pytest.mark.parametrize(
    ("text", "wild"),
    [
        ("def f(x): return vars(x)\n", True),
        ("def f(vars): return vars\n", False),
        ("def f():\n    vars = {}\n    return vars\n", False),
    ],
)
def test_a_local_name_is_no_builtin(text: str, wild: bool) -> None:  # noqa: FBT001
    """A variable that is called ``vars`` looks nothing up."""
    assert take_apart(text.encode())[1].reflection.any_name == wild


def test_a_module_that_is_taken_by_its_name_is_passed_on() -> None:
    """From `sys.modules`, where any name of it may be asked for."""
    assert "'conf" in _only("X = sys.modules['conf'].__dict__\n").uses.passed_on


@pytest.mark.parametrize(
    ("text", "ends"),
    [
        ("X = known.get('a').append(1)\n", {"get()", "known", "X"}),
        ("X = known.items['a'].append(1)\n", {"items", "X"}),
        ("X = super().add(1)\n", {"super()", "X"}),
        ("X = make().add(1)\n", {"make", "X"}),
    ],
)
def test_what_a_call_may_change(text: str, ends: set[str]) -> None:
    """What a method of a builtin type hands out is part of what it was called on."""
    assert {end for _, end in _only(text).uses.writes} | {"X"} >= ends


@pytest.mark.parametrize(
    ("use", "named"),
    [
        ("return go", {"Kind"}),
        ("frame.make(go)", {"Kind"}),
        ("return go(1)", set()),
        ("pass", set()),
    ],
)
def test_annotations_inside_count_where_the_function_is_handed_on(
    use: str, named: set[str]
) -> None:
    """Whoever gets it may ask for them; who calls it does not."""
    text = f"def outer():\n    def go(n: Kind = SIZE): ...\n    {use}\n"
    [outer] = (it for it in take_apart(text.encode()) if it.qualname == "outer")
    assert outer.uses.annotations - {"SIZE"} == named
    assert "SIZE" in outer.uses.names
    assert "Kind" not in outer.uses.names


def test_type_variables_are_no_references() -> None:
    """A class that nobody inspects does not change with its type variables."""
    fragment = _only("class Box(Base, Generic[T]): ...\n")
    assert (sorted(fragment.uses.names), sorted(fragment.uses.annotations)) == (
        ["Base", "Generic"],
        ["T"],
    )


@pytest.mark.parametrize(
    ("text", "peeks"),
    [
        ("def f(self): return self.__dict__\n", False),
        ("def f(kind): return kind.__dict__\n", True),
        ("def f(self): return type(self).__dict__\n", True),
    ],
)
def test_who_looks_at_members(text: str, peeks: bool) -> None:  # noqa: FBT001
    """What an object holds was put there by code that ran; what its class holds was not."""
    assert take_apart(text.encode())[1].reflection.any_member is peeks


@pytest.mark.parametrize(
    ("text", "own", "every"),
    [
        ("def f(self, x): return getattr(self, x.lower())\n", True, False),
        ("def f(it, x): return getattr(it, x.lower())\n", False, True),
        ("def f(self, x): return getattr(self, x)\n", False, False),
        ("def f(cls): return dir(cls)\n", True, False),
        ("def f(it): return dir(it)\n", False, True),
        ("def f(self): return inspect.getmembers(self)\n", True, False),
        ("def f(self): return vars(self)\n", False, False),
    ],
)
def test_who_looks_at_what_its_object_has(text: str, own: bool, every: bool) -> None:  # noqa: FBT001
    """A name that is made up reaches what the object has, which no module's names are."""
    reflection = take_apart(text.encode())[1].reflection
    assert (reflection.own_member, reflection.any_name) == (own, every)


@pytest.mark.parametrize(
    ("text", "behind"),
    [
        ("def f(): return tree.size\n", {("tree", "size")}),
        ("def f(tree): return tree.size\n", set()),
        ("def f(): return tree.size, make().size\n", set()),
        ("def f(): return tree.size, getattr(x, 'size')\n", set()),
        ("SIZE = tree.top.size\n", {("tree", "top")}),
    ],
)
def test_what_stands_behind_names_alone(text: str, behind: set[tuple[str, str]]) -> None:
    """An attribute of anything else, or in a string, may be that of any object."""
    assert take_apart(text.encode())[-1].uses.behind == behind


@pytest.mark.parametrize(
    "line", ["X = '\\d'", "def f(): return '\\d'", "def f(x): return x is 1", "assert (1, 'is so')"]
)
def test_what_compiling_warns_of_is_a_statement(
    line: str, recwarn: pytest.WarningsRecorder
) -> None:
    """Where warnings are errors it raises as the file is imported, before anything in it runs."""
    calm, warned = take_apart(b"Y = 1\n"), take_apart(f"Y = 1\n{line}\n".encode())
    assert not any(it.has_effect and not it.binds and it.last < 0 for it in calm)
    last = warned[-1]
    assert (last.qualname, last.is_function_body, last.first) == ("", False, 0)
    assert last.has_effect
    assert last.may_raise
    assert not recwarn.list


def test_another_warning_is_another_statement() -> None:
    """Of two that read the same, one more is a change, too."""
    one, two, other = (
        take_apart(f"def f(x): return {it}\n".encode())[-1].digest
        for it in ("'\\d'", "'\\d', '\\d'", "'\\e'")
    )
    assert len({one, two, other}) == 3


@pytest.mark.parametrize("text", ["break", "def f(): nonlocal x", "def f(x, x): pass", "return"])
def test_what_only_the_compiler_refuses(text: str) -> None:
    """It parses, and no import of it succeeds."""
    with pytest.raises(SyntaxError):
        take_apart(f"{text}\n".encode())
