"""Docstrings: most changes of them break nothing, so those that do are here."""

from tests.soundness.case import room, swap
from tests.soundness.kinds.strangers import library

case = room("docstring")
_TOLD = swap("tool.py", "Say so.", "Say no.")
_SITE = {"PYTHONPATH": "{base}/site"}
#: Asks for the docstring of what it is given.
_TELLER = (library("def tell(of):\n    return of.__doc__\n"),)

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
             assert app.told() == ["Say so."]
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
                    def told(self):
                        return [function.__doc__ for function in self.commands]
                """
            ),
        ),
        env=_SITE,
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
             assert frame.tell(tool) == "Say so."
        """,
        _TOLD,
        setup=_TELLER,
        env=_SITE,
    ),
    case(
        "docstring-that-a-wrapper-takes-over-for-a-library",
        """
         --- wrap.py
         def wrap(of):
             def wrapper():
                 return of()
             wrapper.__doc__ = of.__doc__
             return wrapper
         --- tool.py
         def tool():
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         import frame
         from tool import tool
         from wrap import wrap
         def test_help():
             assert frame.tell(wrap(tool)) == "Say so."
        """,
        _TOLD,
        setup=_TELLER,
        env=_SITE,
    ),
    case(
        "docstring-of-another-that-a-wrapper-takes-over-for-a-library",
        """
         --- tool.py
         def tool():
             \"\"\"Say so.\"\"\"
         def wrap(of):
             def wrapper():
                 return of()
             wrapper.__doc__ = tool.__doc__
             return wrapper
         --- test_tool.py
         import frame
         from tool import wrap
         def test_help():
             assert frame.tell(wrap(print)) == "Say so."
        """,
        _TOLD,
        setup=_TELLER,
        env=_SITE,
    ),
    case(
        "docstring-of-a-default-that-a-wrapper-takes-over-for-a-library",
        """
         --- tool.py
         def tool():
             \"\"\"Say so.\"\"\"
         def wrap(of=tool):
             def wrapper():
                 return of()
             wrapper.__doc__ = of.__doc__
             return wrapper
         --- test_tool.py
         import frame
         from tool import wrap
         def test_help():
             assert frame.tell(wrap()) == "Say so."
        """,
        _TOLD,
        setup=_TELLER,
        env=_SITE,
    ),
    case(
        "docstring-of-a-function-in-a-table-that-a-library-is-given",
        """
         --- tool.py
         TABLE = {}
         def tool():
             \"\"\"Say so.\"\"\"
         TABLE["x"] = tool
         --- test_tool.py
         import frame
         from tool import TABLE
         def test_help():
             assert frame.tell(TABLE["x"]) == "Say so."
        """,
        _TOLD,
        setup=_TELLER,
        env=_SITE,
    ),
    case(
        "docstring-of-a-function-that-another-files-for-a-library",
        """
         --- tool.py
         TABLE = {}
         def saying():
             \"\"\"Say so.\"\"\"
         def fill():
             TABLE["x"] = saying
         --- test_tool.py
         import frame
         from tool import TABLE, fill
         def test_help():
             fill()
             assert frame.tell(TABLE["x"]) == "Say so."
        """,
        _TOLD,
        setup=_TELLER,
        env=_SITE,
    ),
    case(
        "docstring-of-a-method-that-a-library-is-given",
        """
         --- tool.py
         class Kind:
             def saying(self):
                 \"\"\"Say so.\"\"\"
         --- test_tool.py
         import frame
         from tool import Kind
         def test_help():
             kind = Kind()
             assert frame.tell(kind.saying) == "Say so."
        """,
        _TOLD,
        setup=_TELLER,
        env=_SITE,
    ),
    case(
        "docstring-of-a-class-that-its-object-is-asked-for",
        """
         --- tool.py
         class Kind:
             \"\"\"Say so.\"\"\"
         def told(of):
             return of.__doc__
         --- test_tool.py
         from tool import Kind, told
         def test_help():
             assert told(Kind()) == "Say so."
        """,
        _TOLD,
    ),
    case(
        "docstring-of-what-a-module-lists",
        """
         --- tool.py
         __all__ = ["saying"]
         def saying():
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         import tool
         def test_help():
             assert [getattr(tool, name).__doc__ for name in tool.__all__] == ["Say so."]
        """,
        _TOLD,
    ),
    case(
        "docstring-of-a-function-whose-name-a-table-holds",
        """
         --- tool.py
         NAMES = ("saying",)
         def saying():
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         import tool
         def told(name):
             return getattr(tool, name)
         def test_help():
             assert [told(name).__doc__ for name in tool.NAMES] == ["Say so."]
        """,
        _TOLD,
    ),
    case(
        "docstring-found-in-the-members-of-a-class",
        """
         --- tool.py
         class Kind:
             def saying(self):
                 \"\"\"Say so.\"\"\"
             @classmethod
             def members(cls):
                 return [each for each in cls.__dict__.values() if callable(each)]
         --- test_tool.py
         from tool import Kind
         def told(of):
             return of.__doc__
         def test_help():
             assert [told(each) for each in Kind.members()] == ["Say so."]
        """,
        _TOLD,
    ),
    case(
        "docstring-found-among-all-members",
        """
         --- tool.py
         import inspect
         def saying():
             \"\"\"Say so.\"\"\"
         def members(of):
             return [each for _, each in inspect.getmembers(of, inspect.isfunction)]
         --- test_tool.py
         import tool
         def told(of):
             return of.__doc__
         def test_help():
             assert "Say so." in [told(each) for each in tool.members(tool)]
        """,
        _TOLD,
    ),
    case(
        "docstring-of-what-a-module-has-by-its-own-names",
        """
         --- tool.py
         def saying():
             \"\"\"Say so.\"\"\"
         def members():
             return [each for each in list(globals().values()) if callable(each)]
         --- test_tool.py
         import tool
         def told(of):
             return of.__doc__
         def test_help():
             assert "Say so." in [told(each) for each in tool.members()]
        """,
        _TOLD,
    ),
    case(
        "docstring-of-a-property",
        """
         --- tool.py
         class Kind:
             @property
             def saying(self):
                 \"\"\"Say so.\"\"\"
         --- test_tool.py
         from tool import Kind
         def test_help():
             assert Kind.saying.__doc__ == "Say so."
        """,
        _TOLD,
    ),
    case(
        "docstring-that-is-printed-for-help",
        """
         --- tool.py
         def saying():
             \"\"\"Say so.\"\"\"
         TABLE = {"x": saying}
         def show(name):
             help(TABLE[name])
         --- test_tool.py
         from tool import show
         def test_help(capsys):
             show("x")
             assert "Say so." in capsys.readouterr().out
        """,
        _TOLD,
    ),
    case(
        "docstring-of-a-test-that-a-fixture-reads",
        """
         --- tool.py
         NOTHING = 0
         --- test_tool.py
         import pytest
         @pytest.fixture
         def told(request):
             return request.function.__doc__
         def test_help(told):
             \"\"\"Say so.\"\"\"
             assert told == "Say so."
        """,
        swap("test_tool.py", '"Say so."""', '"Say no."""'),
    ),
    case(
        "docstring-that-a-base-of-the-standard-library-shows",
        """
         --- tool.py
         import cmd
         class Shell(cmd.Cmd):
             def do_tool(self, _):
                 \"\"\"Say so.\"\"\"
         --- test_tool.py
         import io
         from tool import Shell
         def test_help():
             out = io.StringIO()
             Shell(stdout=out).onecmd("help tool")
             assert "Say so." in out.getvalue()
        """,
        _TOLD,
    ),
    case(
        "docstring-that-a-base-of-others-shows",
        """
         --- tool.py
         import frame
         class Kind(frame.Model):
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         from tool import Kind
         def test_help():
             assert Kind.shown() == "Say so."
        """,
        _TOLD,
        setup=(
            library(
                """
                class Model:
                    @classmethod
                    def shown(cls):
                        return cls.__doc__
                """
            ),
        ),
        env=_SITE,
    ),
    case(
        "docstring-of-a-method-in-a-registry-of-classes",
        """
         --- book.py
         BOOK = {}
         def known(kind):
             BOOK[kind.__name__] = kind.saying.__doc__
             return kind
         --- tool.py
         from book import known
         @known
         class Kind:
             def saying(self):
                 \"\"\"Say so.\"\"\"
         --- test_tool.py
         import tool
         from book import BOOK
         def test_help():
             assert list(BOOK.values()) == ["Say so."]
        """,
        _TOLD,
    ),
    case(
        "docstring-of-a-class-that-a-module-lists",
        """
         --- tool.py
         __all__ = ["Kind"]
         class Kind:
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         import tool
         def test_help():
             assert [getattr(tool, name).__doc__ for name in tool.__all__] == ["Say so."]
        """,
        _TOLD,
    ),
    case(
        "docstring-of-a-method-found-among-all-members",
        """
         --- tool.py
         class Kind:
             def saying(self):
                 \"\"\"Say so.\"\"\"
         --- looks.py
         import inspect
         def docs(of):
             for _, kind in inspect.getmembers(of, inspect.isclass):
                 for _, each in inspect.getmembers(kind, inspect.isfunction):
                     yield each.__doc__
         --- test_tool.py
         import looks
         import tool
         def test_help():
             assert list(looks.docs(tool)) == ["Say so."]
        """,
        _TOLD,
    ),
    case(
        "docstring-of-a-class-found-by-one-and-read-by-another",
        """
         --- tool.py
         class Kind:
             \"\"\"Say so.\"\"\"
         --- looks.py
         def kinds(of):
             return [each for each in vars(of).values() if isinstance(each, type)]
         def told(of):
             return [each.__doc__ for each in of]
         --- test_tool.py
         import looks
         import tool
         def test_help():
             assert looks.told(looks.kinds(tool)) == ["Say so."]
        """,
        _TOLD,
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
