"""Who asked for the annotations of a function, in whatever way; and functions that nobody asked."""

from tests.soundness.case import Case, room, swap
from tests.soundness.kinds.strangers import library

case = room("annotation", env={"PYTHONPATH": "{base}/site"})
idle = room("nothing to break", want="nothing", env={"PYTHONPATH": "{base}/site"})

_LATE = "from __future__ import annotations\n"
#: Readers of annotations that keep nothing of what they were given but what it says.
_FRAME = """
import typing
NOTED = {}
def noted(function):
    NOTED[function.__name__] = sorted(map(repr, typing.get_type_hints(function).values()))
    return function
class Noting:
    def __init_subclass__(cls):
        NOTED[cls.__name__] = repr([v.__annotations__ for v in vars(cls).values() if callable(v)])
class Meta(type):
    pass
class Base(metaclass=Meta):
    pass
"""


def _tool(name: str, test: str, tool: str = "", change: tuple[str, str] = ("int", "str")) -> Case:
    """Return a row in which a test asks, or one that asks for a function of ``tool``."""
    plain = "def go(n: int):\n    return [n]"
    tree = f"--- tool.py\n{tool or plain}\n--- test_tool.py\n{test}"
    return case(name, tree, swap("tool.py", *change), setup=(library(_FRAME),))


_FORKED = """\
import os, tool
def test_go():
    child = os.fork()
    if not child:
        {}
    assert os.waitpid(child, 0)[1] == 0
"""
_SPREAD = """\
import multiprocessing, tool
def kind(queue):
    queue.put(tool.go.__annotations__["n"].__name__)
def test_go():
    context = multiprocessing.get_context("fork")
    queue = context.SimpleQueue()
    child = context.Process(target=kind, args=(queue,))
    child.start()
    assert queue.get() == "int"
    child.join()
"""
_CHILD = """\
import subprocess, sys, tool
def test_go():
    words = "import tool; print(tool.go.__annotations__['n'].__name__)"
    assert subprocess.check_output([sys.executable, "-c", words], text=True) == "int\\n"
"""
_COPIED = """\
import types
def copied(function):
    made = types.FunctionType(function.__code__, function.__globals__, function.__name__)
    made.kinds = dict(function.__annotations__)
    return made
@copied
def go(n):
    return n
"""
_DROPPED = """\
NOTED = {}
class Noting:
    def __init_subclass__(cls):
        for name, it in list(vars(cls).items()):
            if callable(it):
                NOTED[name] = dict(it.__annotations__)
                delattr(cls, name)
class Tool(Noting):
    def go(self, n: int):
        return n
"""

CASES = (
    _tool(
        "annotation-of-a-parameter-that-a-test-asks-for",
        "import inspect\nfrom tool import go\ndef test_go():\n"
        "    assert inspect.signature(go).parameters['n'].annotation is int",
    ),
    _tool(
        "annotation-that-comes-to-what-a-test-asks",
        "import inspect\nfrom tool import go\ndef test_go():\n"
        "    assert str(inspect.signature(go)) == '(n)'",
        "def go(n):\n    return n",
        ("(n)", "(n: int)"),
    ),
    _tool(
        "annotation-behind-a-wrapper",
        "from tool import go\ndef test_go():\n    assert go.__annotations__ == {'n': int}",
        "import functools\ndef plain(function):\n    @functools.wraps(function)\n"
        "    def call(*args):\n        return function(*args)\n    return call\n"
        "@plain\ndef go(n: int):\n    return n",
    ),
    _tool(
        "annotation-that-a-decorator-of-a-library-notes",
        "import frame, tool\ndef test_go():\n    assert frame.NOTED == {'go': [repr(int)]}",
        "import frame\n@frame.noted\ndef go(n: int):\n    return n",
    ),
    _tool(
        "annotation-that-a-base-of-a-library-notes",
        "import frame, tool\ndef test_go():\n    assert 'int' in frame.NOTED['Tool']",
        "import frame\nclass Tool(frame.Noting):\n    def go(self, n: int):\n        return n",
    ),
    _tool(
        "annotation-that-is-noted-of-what-is-dropped",
        "import tool\ndef test_go():\n    assert tool.NOTED == {'go': {'n': int}}",
        _DROPPED,
    ),
    _tool(
        "annotation-of-what-is-copied",
        "from tool import go\ndef test_go():\n    assert go.kinds == {}",
        _COPIED,
        ("(n):\n    return n\n", "(n: int):\n    return n\n"),
    ),
    _tool(
        "annotation-of-what-is-reloaded",
        "import importlib, tool\ndef test_go():\n    before = tool.go\n"
        "    kinds = before.__annotations__\n    importlib.reload(tool)\n    del before\n"
        "    assert kinds == {'n': int}",
    ),
    _tool(
        "annotation-that-a-forked-child-asks-for",
        _FORKED.format("os._exit(tool.go.__annotations__['n'] is not int)"),
    ),
    _tool(
        "annotation-that-a-child-asks-for-which-becomes-another",
        _FORKED.format(
            "os.execv('/bin/sh', ['sh', '-c', 'test $0 = int',"
            " tool.go.__annotations__['n'].__name__])"
        ),
    ),
    _tool("annotation-that-a-child-of-multiprocessing-asks-for", _SPREAD),
    _tool("annotation-that-a-child-process-asks-for", _CHILD),
    _tool(
        "annotation-that-chooses-what-is-registered",
        "from tool import show\ndef test_go():\n    assert show(1) == 'int'",
        "import functools\n@functools.singledispatch\ndef show(it):\n    return 'any'\n"
        "@show.register\ndef _(it: int):\n    return 'int'",
        ("it: int", "it: str"),
    ),
    _tool(
        "annotation-that-a-dataclass-tells",
        "from tool import Tool\ndef test_go():\n    assert Tool.__doc__ == 'Tool(n: int)'",
        "from dataclasses import dataclass\n@dataclass(init=False)\nclass Tool:\n    m: float\n"
        "    def __init__(self, n: int):\n        self.m = n",
        ("n: int", "n: str"),
    ),
    _tool(
        "annotation-that-a-loop-over-a-class-asks-for",
        "from look import kinds\nfrom tool import Tool\ndef test_go():\n"
        "    assert kinds(Tool) == [{'n': int}]\n--- look.py\ndef kinds(kind):\n"
        "    found = (it for it in vars(kind).values() if callable(it))\n"
        "    return [it.__annotations__ for it in found]",
        "class Tool:\n    def go(self, n: int):\n        return n",
    ),
    _tool(
        "annotation-of-one-of-two-functions-of-a-name",
        "from tool import first\ndef test_go():\n    assert first == {'n': int}",
        "def go(n: int):\n    return n\nfirst = go.__annotations__\n"
        "def go(n: float):\n    return n",
        ("n: int", "n: str"),
    ),
    idle(
        "annotation-that-nobody-asks-for",
        f"""
        --- tool.py
        {_LATE.strip()}
        import frame
        class Tool(frame.Base):
            def go(self, n: int) -> int:
                return n
        @frame.Meta.mro and (lambda function: function)
        def tell(n: int):
            return Tool().go(n)
        TOOLS = [Tool()]
        --- test_tool.py
        import inspect, frame
        from tool import TOOLS, tell
        def test_go():
            assert tell(1) == TOOLS[0].go(1)
            assert isinstance(TOOLS[0], frame.Base)
            assert inspect.signature(test_go)
        """,
        swap("tool.py", "n: int) -> int", "n: int | None, m: str = '') -> Number"),
        swap("tool.py", "tell(n: int)", "tell(n: Number) -> str"),
        swap("tool.py", ", m: str = ''", ""),
        setup=(library(_FRAME),),
    ),
    idle(
        "annotations-given-to-methods-that-a-library-has-in-hand",
        f"""
        --- tool.py
        {_LATE.strip()}
        import frame
        class Tool(frame.Base):
            def go(self, n):
                return n
        frame.NOTED["tool"] = Tool()
        --- test_tool.py
        import frame, tool
        def test_go():
            assert frame.NOTED["tool"].go(1) == 1
        """,
        swap("tool.py", "go(self, n)", "go(self, n: int) -> int"),
        setup=(library(_FRAME),),
    ),
)
