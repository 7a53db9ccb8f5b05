"""Functions whose code runs as a copy, or as what was compiled of it: they never start."""

from tests.soundness.case import room, swap
from tests.soundness.kinds.strangers import library

case = room("code that is copied", env={"PYTHONPATH": "{base}/site"})
_ONE = swap("tool.py", "return 1", "return 2")

COPIES = (
    library(
        """
        import types

        def copied(function):
            code = function.__code__.replace(co_name="copied")
            return types.FunctionType(code, function.__globals__)

        def compiled(function):
            constants = function.__code__.co_consts
            return lambda: constants[-1]
        """
    ),
)

CASES = (
    case(
        "function-that-a-decorator-copies",
        """
         --- tool.py
         import frame
         @frame.copied
         def tool():
             return 1
         --- test_tool.py
         from tool import tool
         def test_tool():
             assert tool() == 1
         def test_other():
             assert True
        """,
        _ONE,
        setup=COPIES,
        quick=True,
    ),
    case(
        "function-that-a-decorator-compiles",
        """
         --- tool.py
         import frame
         TABLE = {}
         def filed(function):
             TABLE[function.__name__] = frame.compiled(function)
             return function
         @filed
         def tool():
             return 1
         --- test_tool.py
         from tool import TABLE
         def test_tool():
             assert TABLE["to" + "ol"]() == 1
         def test_other():
             assert True
        """,
        _ONE,
        setup=COPIES,
    ),
    case(
        "function-that-a-test-has-compiled",
        """
         --- tool.py
         def tool():
             return 1
         --- test_tool.py
         import frame
         from tool import tool
         def test_tool():
             assert frame.compiled(tool)() == 1
         def test_other():
             assert True
        """,
        _ONE,
        setup=COPIES,
    ),
    case(
        "function-that-a-fixture-copies",
        """
         --- tool.py
         def tool():
             def inner():
                 return 1
             return inner
         --- test_tool.py
         import marshal
         import types
         import pytest
         import tool
         @pytest.fixture(scope="module")
         def copy():
             code = marshal.loads(marshal.dumps(tool.tool.__code__))
             return types.FunctionType(code, {})
         def test_first(copy):
             assert copy
         def test_tool(copy):
             assert copy()() == 1
        """,
        _ONE,
    ),
    case(
        "function-that-a-module-named-like-a-standard-one-copies",
        """
         --- kit/__init__.py
         --- kit/inspect.py
         import types
         def copied(function):
             code = function.__code__.replace(co_name="copied")
             return types.FunctionType(code, {})
         --- tool.py
         from kit.inspect import copied
         @copied
         def tool():
             return 1
         --- test_tool.py
         from tool import tool
         def test_tool():
             assert tool() == 1
         def test_other():
             assert True
        """,
        _ONE,
    ),
    case(
        "generator-that-is-made-a-coroutine",
        """
         --- tool.py
         import types
         @types.coroutine
         def tool():
             yield
             return 1
         --- test_tool.py
         from tool import tool
         def test_tool():
             running = tool()
             running.send(None)
             with __import__("pytest").raises(StopIteration) as stopped:
                 running.send(None)
             assert stopped.value.value == 1
         def test_other():
             assert True
        """,
        _ONE,
    ),
    case(
        "method-that-takes-the-code-of-another",
        """
         --- tool.py
         class Tool:
             def old(self):
                 return 0
             def new(self):
                 return 1
         Tool.old.__code__ = Tool.new.__code__.replace(co_name="old")
         --- test_tool.py
         from tool import Tool
         def test_tool():
             assert Tool().old() == 1
         def test_other():
             assert True
        """,
        _ONE,
    ),
)
