"""Docstrings: most changes of them break nothing, so those that do are here."""

from tests.matrix.case import room, swap
from tests.matrix.kinds.strangers import library

case = room("docstring")
_TOLD = swap("tool.py", "Say so.", "Say no.")

CASES = (
    case(
        "docstring-that-a-test-reads",
        """
         --- tool.py
         def tool():
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         from tool import tool
         def test_doc():
             assert tool.__doc__ == "Say so."
        """,
        _TOLD,
        quick=True,
    ),
    case(
        "docstring-that-inspect-is-asked-for",
        """
         --- tool.py
         class Tool:
             \"\"\"Say so.\"\"\"
         --- pages.py
         import inspect
         def page(of):
             return inspect.getdoc(of)
         --- test_tool.py
         from pages import page
         from tool import Tool
         def test_doc():
             assert page(Tool) == "Say so."
        """,
        _TOLD,
    ),
    case(
        "docstring-of-a-method-that-a-decorator-of-ours-files",
        """
         --- book.py
         BOOK = {}
         def filed(function):
             BOOK[function.__name__] = function.__doc__
             return function
         --- tool.py
         from book import filed
         @filed
         def tool():
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         import tool
         from book import BOOK
         def test_doc():
             assert BOOK["to" + "ol"] == "Say so."
        """,
        _TOLD,
    ),
    case(
        "docstring-of-a-command-that-a-library-makes",
        """
         --- tool.py
         import frame
         app = frame.App()
         @app.command
         def tool():
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         from tool import app
         def test_help():
             assert app.help() == ["Say so."]
        """,
        _TOLD,
        setup=(
            library(
                """
                class App:
                    def __init__(self):
                        self.commands = []
                    def command(self, function):
                        self.commands.append(function)
                        return function
                    def help(self):
                        return [function.__doc__ for function in self.commands]
                """
            ),
        ),
        env={"PYTHONPATH": "{base}/site"},
        quick=True,
    ),
    case(
        "docstring-of-a-function-that-a-library-is-given",
        """
         --- tool.py
         def tool():
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         import frame
         from tool import tool
         def test_help():
             assert frame.help(tool) == "Say so."
        """,
        _TOLD,
        setup=(library("def help(of):\n    return of.__doc__\n"),),
        env={"PYTHONPATH": "{base}/site"},
    ),
    case(
        "docstring-of-a-class-whose-heir-is-read",
        """
         --- tool.py
         class Base:
             \"\"\"Say so.\"\"\"
         class Heir(Base):
             pass
         --- test_tool.py
         import inspect
         from tool import Heir
         def test_doc():
             assert inspect.getdoc(Heir) == "Say so."
        """,
        _TOLD,
    ),
    case(
        "docstring-that-is-a-doctest",
        """
         --- pytest.ini
         [pytest]
         addopts = --doctest-modules
         --- tool.py
         def twice(n):
             \"\"\"Double.

             >>> twice(2)
             4
             \"\"\"
             return n * 2
         --- test_tool.py
         def test_nothing():
             assert True
        """,
        swap("tool.py", "    4", "    5"),
    ),
    case(
        "docstring-that-holds-a-grammar",
        """
         --- tool.py
         class Parser:
             def rules(self):
                 names = [name for name in dir(self) if name.startswith("p_")]
                 return [getattr(self, name).__doc__ for name in names]
         class Sum(Parser):
             def p_sum(self):
                 "Say so."
         --- test_tool.py
         from tool import Sum
         def test_rules():
             assert Sum().rules() == ["Say so."]
        """,
        _TOLD,
    ),
    case(
        "default-of-a-registered-function",
        """
         --- book.py
         BOOK = {}
         def filed(function):
             BOOK[function.__name__] = function
             return function
         --- tool.py
         from book import filed
         @filed
         def tool(word="so"):
             return word
         --- test_tool.py
         import tool
         from book import BOOK
         def test_default():
             assert BOOK["to" + "ol"]() == "so"
        """,
        swap("tool.py", '"so"', '"no"'),
        quick=True,
    ),
    case(
        "table-that-is-built-from-a-registry",
        """
         --- book.py
         BOOK = {}
         def filed(function):
             BOOK[function.__name__] = function
             return function
         def build():
             return sorted(BOOK)
         --- tool.py
         from book import filed
         @filed
         def tool():
             return 1
         --- table.py
         import book, tool
         TABLE = book.build()
         --- test_tool.py
         from table import TABLE
         def test_table():
             assert TABLE == ["tool"]
        """,
        swap("tool.py", "@filed", "@filed\ndef pool():\n    return 2\n@filed"),
    ),
    case(
        "name-that-leaves-a-list-for-star-imports",
        """
         --- kit/__init__.py
         from kit.tool import *
         --- kit/tool.py
         __all__ = ["tool", "spare"]
         def tool():
             return 1
         def spare():
             return 2
         --- test_kit.py
         import kit
         def test_tool():
             assert kit.tool() == 1
        """,
        swap("kit/tool.py", '"tool", ', ""),
    ),
    case(
        "attribute-that-two-classes-have",
        """
         --- shapes.py
         class Line:
             sides = 1
         class Square:
             sides = 4
         def count(shape):
             return shape.sides
         --- test_shapes.py
         from shapes import Line, Square, count
         def test_line():
             assert count(Line()) == 1
         def test_square():
             assert count(Square()) == 4
        """,
        swap("shapes.py", "sides = 4", "sides = 5"),
        quick=True,
    ),
    case(
        "attribute-of-a-class-whose-objects-stand-in-a-table",
        """
         --- shapes.py
         class Square:
             sides = 4
         TABLE = {"square": Square()}
         def made(name):
             return TABLE[name]
         --- test_shapes.py
         from shapes import made
         def test_square():
             assert made("square").sides == 4
        """,
        swap("shapes.py", "sides = 4", "sides = 5"),
    ),
    case(
        "attribute-of-a-class-that-a-registry-hands-out",
        """
         --- registry.py
         ALL = []
         def known(kind):
             ALL.append(kind())
             return kind
         --- shapes.py
         import registry
         class Square:
             sides = 4
         registry.known(Square)
         --- test_shapes.py
         import shapes
         from registry import ALL
         def test_square():
             assert ALL[0].sides == 4
        """,
        swap("shapes.py", "sides = 4", "sides = 5"),
    ),
    case(
        "attribute-of-a-class-that-a-session-fixture-made",
        """
         --- shapes.py
         class Square:
             sides = 4
         --- conftest.py
         import pytest
         @pytest.fixture(scope="session")
         def shape():
             from shapes import Square
             return Square()
         --- test_shapes.py
         def test_first():
             assert True
         def test_square(shape):
             assert shape.sides == 4
        """,
        swap("shapes.py", "sides = 4", "sides = 5"),
    ),
)
