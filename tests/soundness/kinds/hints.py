"""Annotations of functions: read by libraries of any kind, by own code, by nobody."""

from tests.soundness.case import Case, room, swap
from tests.soundness.kinds.strangers import library

case = room("annotation", env={"PYTHONPATH": "{base}/site"})

idle = room("nothing to break", want="nothing")

#: Reads what the methods of an object say of their arguments, as a container of services does.
_CALLS = """
def call(of, text):
    [name] = (name for name in vars(type(of)) if name[0] != "_")
    return getattr(of, name)(of.__class__.__dict__[name].__annotations__["n"](text))
def wired(kind):
    return [it.__name__ for it in kind.__init__.__annotations__.values()]
class Base:
    def __init_subclass__(cls):
        cls.kinds = {k: v.__annotations__ for k, v in vars(cls).items() if callable(v)}
def converts(function):
    [kind] = function.__annotations__.values()
    return lambda text: function(kind(text))
KNOWN = {}
class Tagged:
    def __class_getitem__(cls, tag):
        KNOWN.setdefault("tag", tag)
        return cls
"""
_LATE = "from __future__ import annotations\n"
#: What a library reads late is text, which it looks up.
_LOOKS_UP = _CALLS.replace('.__annotations__["n"](text)', '.__annotations__["n"] + text').replace(
    "getattr(of, name)(", "getattr(of, name)(0) and ("
)


#: Reads what a function says of its argument wherever that is defined, now or later.
_READS = """
from typing import get_type_hints
def converts(function):
    def convert(text):
        [kind] = get_type_hints(function).values()
        return function(kind(text))
    return convert
"""
_ALIAS = swap("kinds.py", "int", "str")


def _named(name: str, tool: str, use: str) -> Case:
    """Return the case of a type that gets another meaning, and is named in an annotation."""
    tree = f"""
--- kinds.py
Number = int
--- tool.py
{tool}
--- test_tool.py
from typing import get_type_hints
import tool
def test_go():
    assert {use}
"""
    return case(name, tree, _ALIAS, setup=(library(_READS),))


def _inner(name: str, tool: str, test: str) -> Case:
    """Return the case of a type that is named in an annotation of a function in a function."""
    tree = f"""
--- kinds.py
Number = int
--- tool.py
import frame
from kinds import Number
{tool}
--- test_tool.py
import typing
import frame
from kinds import Number
import tool
def test_go():
{test}
"""
    return case(name, tree, _ALIAS, setup=(library(_READS),))


_READ_BY_TEST = "get_type_hints(tool.go) == {'n': int}"
_DECORATED = "@frame.converts\ndef go(n: Number):\n    return 2 * n"
_DOUBLED = "tool.go('2') == 4"


def _given(name: str, head: str, use: str, code: str = _CALLS) -> Case:
    tree = f"""
--- tool.py
{head}class Tool:
    def go(self, n: int):
        return [n]
--- test_tool.py
import frame
from tool import Tool
def test_go():
    assert Tool().go(1) == [1]
    {use}
"""
    return case(name, tree, swap("tool.py", "int", "float"), setup=(library(code),))


CASES = (
    _inner(
        "type-in-an-annotation-of-a-function-in-a-test",
        "",
        """
    def go(n: Number):
        return n
    assert typing.get_type_hints(go) == {'n': int}
        """,
    ),
    _inner(
        "type-in-an-annotation-of-a-function-in-a-test-that-a-library-is-handed",
        "",
        """
    def go(n: Number):
        return 2 * n
    assert frame.converts(go)('2') == 4
        """,
    ),
    _inner(
        "type-in-quotes-in-an-annotation-of-a-function-that-another-makes",
        "def made():\n    def go(n: 'Number'):\n        return 2 * n\n"
        "    return frame.converts(go)",
        "    assert tool.made()('2') == 4",
    ),
    _inner(
        "type-in-an-annotation-of-a-function-that-another-returns",
        "def made():\n    def go(n: Number):\n        return n\n    return go",
        "    assert typing.get_type_hints(tool.made()) == {'n': int}",
    ),
    _inner(
        "type-in-an-annotation-of-a-function-in-a-function-in-a-function",
        "def made():\n    def inner():\n        def go(n: Number):\n            return n\n"
        "        return typing.get_type_hints(go)\n    return inner()\nimport typing",
        "    assert tool.made() == {'n': int}",
    ),
    _given(
        "annotation-that-a-library-reads-of-an-object",
        "",
        "assert repr(frame.call(Tool(), '3')) == '[3]'",
    ),
    _given(
        "late-annotation-that-a-library-reads-of-an-object",
        _LATE,
        "assert frame.call(Tool(), '3') == 'int3'",
        _LOOKS_UP,
    ),
    case(
        "annotation-that-a-library-reads-of-an-object-of-a-fixture",
        """
        --- tool.py
        class Tool:
            def go(self, n: int):
                return [n]
        --- conftest.py
        import frame, pytest
        @pytest.fixture
        def call():
            return frame.call
        --- test_tool.py
        from tool import Tool
        def test_go(call):
            assert repr(call(Tool(), "3")) == "[3]"
        """,
        swap("tool.py", "int", "float"),
        setup=(library(_CALLS),),
    ),
    case(
        "annotation-that-a-fixture-of-a-plugin-reads",
        """
        --- tool.py
        class Tool:
            def go(self, n: int):
                return [n]
        --- conftest.py
        pytest_plugins = ["frame"]
        --- test_tool.py
        from tool import Tool
        def test_go(call):
            assert repr(call(Tool(), "3")) == "[3]"
        """,
        swap("tool.py", "int", "float"),
        setup=(
            library(f"""{_CALLS}
import pytest
@pytest.fixture(name="call")
def made():
    return call
"""),
        ),
    ),
    case(
        "annotation-that-a-decorator-of-a-library-reads",
        """
        --- tool.py
        import frame
        @frame.converts
        def double(n: int):
            return 2 * n
        --- test_tool.py
        from tool import double
        def test_double():
            assert double("2") == 4
        """,
        swap("tool.py", "int", "str"),
        setup=(library(_CALLS),),
    ),
    case(
        "annotation-that-a-library-reads-where-it-is-handed-a-function",
        """
        --- tool.py
        import frame
        def double(n: int):
            return 2 * n
        CALLED = [frame.converts(double)]
        --- test_tool.py
        import tool
        def test_double():
            assert tool.CALLED[0]("2") == 4
        """,
        swap("tool.py", "int", "str"),
        setup=(library(_CALLS),),
    ),
    case(
        "annotation-of-a-constructor-that-a-library-wires",
        """
        --- tool.py
        class Tool:
            def __init__(self, part: int):
                self.part = part
        --- wire.py
        import frame
        from tool import Tool
        KINDS = {"tool": Tool}
        def wired(name):
            return frame.wired(KINDS[name])
        --- test_tool.py
        from wire import wired
        def test_wired():
            assert wired("tool") == ["int"]
        """,
        swap("tool.py", "int", "float"),
        setup=(library(_CALLS),),
    ),
    case(
        "annotation-that-a-base-of-a-library-reads",
        """
        --- tool.py
        import frame
        class Tool(frame.Base):
            def go(self, n: int):
                return n
        --- test_tool.py
        from tool import Tool
        def test_kinds():
            assert Tool.kinds["go"] == {"n": int}
        """,
        swap("tool.py", "int", "float"),
        setup=(library(_CALLS),),
    ),
    case(
        "annotation-that-registers-when-it-is-evaluated",
        """
        --- tool.py
        from frame import Tagged
        def go(n: Tagged["a"]):
            return n
        --- test_tool.py
        import frame, tool
        def test_tag():
            assert frame.KNOWN == {"tag": "a"}
        """,
        swap("tool.py", '"a"', '"b"'),
        setup=(library(_CALLS),),
    ),
    case(
        "annotation-that-own-code-reads-where-it-is-handed-an-object",
        """
        --- tool.py
        class Tool:
            def go(self, n: int):
                return n
        --- call.py
        import inspect
        def call(of, text):
            [(_, method)] = inspect.getmembers(of, inspect.ismethod)
            [kind] = inspect.signature(method).parameters.values()
            return method(kind.annotation(text))
        --- test_tool.py
        from call import call
        from tool import Tool
        def test_go():
            assert repr(call(Tool(), "3")) == "3"
        """,
        swap("tool.py", "int", "float"),
    ),
    case(
        "annotation-that-own-code-reads-by-the-class",
        """
        --- tool.py
        class Tool:
            def __init__(self, part: int):
                self.part = part
        --- wire.py
        from typing import get_type_hints
        def make(kind):
            return kind(**{name: it() for name, it in get_type_hints(kind.__init__).items()})
        --- test_tool.py
        from tool import Tool
        from wire import make
        def test_made():
            assert repr(make(Tool).part) == "0"
        """,
        swap("tool.py", "int", "float"),
    ),
    case(
        "annotation-of-a-name-that-is-not-there",
        """
        --- tool.py
        def go(n: int):
            return n
        --- test_tool.py
        from tool import go
        def test_go():
            assert go(1) == 1
        """,
        swap("tool.py", "int", "itn"),
        want="closed",
    ),
    case(
        "annotation-by-which-a-loader-of-a-library-writes-checks",
        """
        --- tool.py
        def go(n: int):
            return n
        --- conftest.py
        import frame
        frame.check()
        --- test_tool.py
        from tool import go
        def test_go():
            assert go(1) == 1
        """,
        swap("tool.py", "int", "str"),
        setup=(
            library("""
            import sys
            from importlib.machinery import PathFinder, SourceFileLoader
            class Loader(SourceFileLoader):
                def get_code(self, name):
                    text = self.get_source(name)
                    if "n: str" in text:
                        text = text.replace("return", "assert isinstance(n, str); return")
                    return compile(text, self.path, "exec")
            class Finder(PathFinder):
                @classmethod
                def find_spec(cls, name, path=None, target=None):
                    found = PathFinder.find_spec(name, path, target)
                    if found and name == "tool":
                        found.loader = Loader(name, found.loader.path)
                    return found
            def check():
                sys.meta_path.insert(0, Finder)
            """),
        ),
    ),
    _named(
        "type-in-an-annotation-that-a-decorator-of-a-library-reads",
        f"import frame\nfrom kinds import Number\n{_DECORATED}",
        _DOUBLED,
    ),
    _named(
        "type-in-a-late-annotation-that-a-decorator-of-a-library-reads",
        f"{_LATE}import frame\nfrom kinds import Number\n{_DECORATED}",
        _DOUBLED,
    ),
    _named(
        "type-of-a-type-in-an-annotation-that-a-library-is-handed",
        "import frame, kinds\nMine = kinds.Number\ndef double(n: Mine):\n    return 2 * n\n"
        "go = frame.converts(double)",
        _DOUBLED,
    ),
    _named(
        "type-in-an-annotation-that-a-test-reads",
        "from kinds import Number\ndef go(n: Number):\n    return n",
        _READ_BY_TEST,
    ),
    _named(
        "type-in-a-late-annotation-that-a-test-reads",
        f"{_LATE}from kinds import Number\ndef go(n: Number):\n    return n",
        _READ_BY_TEST,
    ),
    _named(
        "type-behind-a-dot-in-an-annotation-that-a-test-reads",
        "import kinds\ndef go(n: kinds.Number):\n    return n",
        _READ_BY_TEST,
    ),
    _named(
        "type-in-quotes-in-an-annotation-that-a-test-reads",
        "from kinds import Number\ndef go(n: 'Number'):\n    return n",
        _READ_BY_TEST,
    ),
    _named(
        "type-in-an-annotation-with-a-call-that-a-test-reads",
        "from typing import Annotated\nfrom kinds import Number\n"
        "def go(n: Annotated[Number, len('two')]):\n    return n",
        _READ_BY_TEST,
    ),
    _named(
        "type-in-an-annotation-of-a-method-that-a-test-reads",
        "from kinds import Number\nclass Tool:\n    def go(self, n: Number):\n        return n\n"
        "go = Tool.go",
        _READ_BY_TEST,
    ),
    _named(
        "type-in-an-annotation-in-a-branch-that-a-test-reads",
        "import sys\nfrom kinds import Number\nif sys.argv is not None:\n"
        "    def go(n: Number):\n        return n",
        _READ_BY_TEST,
    ),
    idle(
        "type-in-an-annotation-that-nobody-reads",
        """
        --- kinds.py
        Number = int
        --- tool.py
        from __future__ import annotations
        import kinds
        from kinds import Number
        def go(n: Number, *more: kinds.Number):
            return n
        --- other.py
        from kinds import Number
        class Other:
            def go(self, n: "Number", size: Number = 1) -> Number:
                return n
        --- test_tool.py
        from other import Other
        from tool import go
        def test_go():
            assert go(1) == Other().go(1) == 1
        """,
        _ALIAS,
    ),
    idle(
        "annotation-turned-round",
        """
        --- tool.py
        class Tool:
            def go(self, n: int | None) -> "int | None":
                return n
        --- test_tool.py
        from tool import Tool
        def test_go():
            assert Tool().go(1) == 1
        """,
        swap("tool.py", "n: int | None", "n: None | int"),
    ),
    idle(
        "late-annotations-given-to-a-function",
        """
        --- tool.py
        from __future__ import annotations
        def go(n, size=1):
            return n * size
        --- test_tool.py
        from tool import go
        def test_go():
            assert go(1) == 1
        """,
        swap("tool.py", "n, size=1):", "n: int, size: int = 1) -> Number:"),
    ),
    idle(
        "annotation-beside-a-library-that-is-given-nothing",
        """
        --- tool.py
        def go(n: int):
            return [n]
        --- test_tool.py
        import frame
        from tool import go
        def test_go():
            assert frame.KNOWN == {}
            assert go(1) == [1]
        """,
        swap("tool.py", "int", "float"),
        setup=(library(_CALLS),),
        env={"PYTHONPATH": "{base}/site"},
    ),
)
