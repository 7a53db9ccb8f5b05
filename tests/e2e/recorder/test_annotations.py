"""Of which functions a recorded run saw that nobody asked for their annotations."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.recorder.tracing import quirks
from tests.e2e.recorder.recorded import recorded

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.skipif(
    not quirks.KEPT_ANNOTATIONS, reason="this Python keeps no annotations to look at"
)

#: `typed` and `bare` are asked by nobody, but for what a case adds; `KINDS` is asked at import.
TOOL = """\
import functools
import inspect
def typed(n: int) -> int:
    return n
def bare(n):
    return n
def pair(n: int = 1, *, m: int = (1, 2)) -> int:
    return n
class Tool:
    @property
    def size(self) -> int:
        return 1
    def go(self, n: int) -> int:
        def inner(m: int) -> int:
            return m
        inner.__annotations__
        return inner(n)
    go.mark = 1
def asked(n: int) -> int:
    return n
KINDS = inspect.signature(asked)
@functools.cache
def kept(n: int) -> int:
    return n
"""
TESTS = """\
import tool
def test_tool():
    assert tool.typed(1) == tool.bare(1) == tool.pair(1) == tool.kept(1) == tool.Tool().go(1)
"""
_TYPED, _BARE, _PAIR, _SIZE, _GO = 3, 5, 7, 10, 13
_ALL = ({_TYPED, _PAIR, _SIZE, _GO}, {_BARE})


def _unread(
    root: Path, more: str = "", tool: str = TOOL, path: str = "tool.py", **files: str
) -> tuple[set[int], set[int]]:
    """Return the first lines of the functions of a file with annotations, and with none."""
    root.mkdir()
    named = {f"{name}.py": text for name, text in files.items()}
    record = recorded(root, {"tool.py": tool, "test_tool.py": TESTS + more, **named})
    assert [test.outcome for test in record.tests if test.outcome != "passed"] == []
    found = {one.path: one for one in record.unread}
    return (set(found[path].annotated), set(found[path].bare)) if path in found else (set(), set())


@pytest.mark.parametrize(
    ("more", "asked"),
    [
        ("", set()),
        ("    assert tool.typed.__annotations__\n", {_TYPED}),
        ("    assert not tool.bare.__annotations__\n", {_BARE}),
        ("    import inspect\n    assert inspect.signature(tool.pair)\n", {_PAIR}),
        ("    import typing\n    assert typing.get_type_hints(tool.Tool.go)\n", {_GO}),
        ("    import functools\n    functools.wraps(tool.typed)(lambda n: n)\n", {_TYPED}),
        ("    import pydoc\n    assert pydoc.render_doc(tool.bare)\n", {_BARE}),
        ("    tool.bare.__annotations__ = {}\n", {_BARE}),
        ("    [it.__annotations__ for it in vars(tool.Tool).values() if callable(it)]\n", {_GO}),
        ("    tool.typed.mark = 1\n    assert vars(tool.pair) == {}\n", set()),
        ("    del tool.bare\n", {_BARE}),
        ("    import types\n    types.FunctionType(tool.bare.__code__, {})\n", {_BARE}),
        ("    tool.bare.__code__ = tool.typed.__code__\n", {_BARE, _TYPED}),
        ("    import dis\n    dis.dis(tool.bare)\n", set()),
    ],
)
def test_who_asks_is_seen(tmp_path: Path, more: str, asked: set[int]) -> None:
    """Whoever it is; a function that was copied, or is gone, counts as asked."""
    assert _unread(tmp_path / "case", more) == tuple(it - asked for it in _ALL)


@pytest.mark.parametrize(
    "more",
    [
        "    import importlib\n    importlib.reload(tool)\n",
        "    import runpy\n    runpy.run_path(tool.__file__)\n",
        "    import sys\n    del sys.modules['tool']\n    import tool as other\n",
        "    exec(compile('x = 1', tool.__file__, 'exec'))\n",
    ],
)
def test_a_module_that_is_executed_twice_says_nothing(tmp_path: Path, more: str) -> None:
    """Functions of the first time may have been asked, and be gone."""
    more = more.replace("import tool as other", "assert __import__('tool')")
    assert _unread(tmp_path / "case", more) == (set(), set())


FORK = """\
def test_fork():
    import os
    child = os.fork()
    if not child:
        try:
            {}
        finally:
            {}
    assert os.waitpid(child, 0)[1] == 0
"""
_NESTED = "os.wait() if os.fork() else tool.bare.__annotations__"
SPREAD = """\
import multiprocessing
def ask(at):
    return len(tool.bare.__annotations__) + at
def test_spread():
    child = multiprocessing.get_context("fork").Process(target={}, args=(1,))
    child.start()
    child.join()
    assert child.exitcode == 0
"""


@pytest.mark.parametrize(
    ("more", "seen"),
    [
        (FORK.format("pass", "os._exit(0)"), _ALL),
        (FORK.format("tool.typed.__annotations__", "os._exit(0)"), (_ALL[0] - {_TYPED}, _ALL[1])),
        (FORK.format(_NESTED, "os._exit(0)"), (_ALL[0], set())),
        (FORK.format("pass", "os.execv('/bin/true', ['true'])"), (set(), set())),
        (SPREAD.format("ask"), (_ALL[0], set())),
        (SPREAD.format("tool.typed"), _ALL),
        (SPREAD.format("tool.typed") + "    child.kill\n" + FORK.format("pass", "os.abort()")
         .replace("[1] == 0", "[1] == 6"), (set(), set())),
    ],
)  # fmt: skip
def test_forked_children_have_a_say(
    tmp_path: Path, more: str, seen: tuple[set[int], set[int]]
) -> None:
    """What one asked is asked, and one that can't tell may have asked for everything."""
    assert _unread(tmp_path / "case", more) == seen


def test_a_library_s_loader_may_go_by_annotations(tmp_path: Path) -> None:
    """What it writes of them is no function that anybody has to ask."""
    loader = """\
import sys
from importlib.machinery import PathFinder, SourceFileLoader
class Loader(SourceFileLoader):
    pass
class Finder(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        found = PathFinder.find_spec(name, path, target)
        if found and name == "tool":
            found.loader = Loader(name, found.loader.path)
        return found
sys.meta_path.insert(0, Finder)
"""
    assert _unread(tmp_path / "case", conftest=loader) == (set(), set())
