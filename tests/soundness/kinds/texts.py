"""What is read off a module at run time: docstrings, annotations, versions, lists of names."""

from tests.soundness.case import append, room, swap, write

case = room("module-level value")


#: A module that still gives a name that it has no more.
OLD_NAME = """
        --- box.py
        OLD = {"cover": 1}
        def lid():
            return 1
        def __getattr__(name):
            if name in OLD:
                return OLD[name]
            raise AttributeError(name)
"""

CASES = (
    case(
        "docstring-a-program-prints",
        '''
        --- tool.py
        """Usage: tool FILE"""
        def usage():
            return __doc__
        --- test_tool.py
        from tool import usage
        def test_usage():
            assert usage() == "Usage: tool FILE"
        ''',
        swap("tool.py", "FILE", "PATH"),
    ),
    case(
        "docstring-of-a-function-never-called",
        '''
        --- tool.py
        def go():
            """Go on."""
            return 1
        --- test_tool.py
        import tool
        def test_help():
            assert tool.go.__doc__ == "Go on."
        ''',
        swap("tool.py", "Go on", "Go off"),
    ),
    case(
        "annotation-read-at-run-time",
        """
        --- shape.py
        class Point:
            x: int
        --- read.py
        from typing import get_type_hints
        from shape import Point
        def kinds():
            return get_type_hints(Point)
        --- test_read.py
        from read import kinds
        def test_kinds():
            assert kinds() == {"x": int}
        """,
        swap("shape.py", "int", "float"),
    ),
    case(
        "literal-read-at-run-time",
        """
        --- words.py
        from typing import Literal
        Size = Literal["s", "m"]
        --- test_words.py
        from typing import get_args
        from words import Size
        def test_sizes():
            assert get_args(Size) == ("s", "m")
        """,
        swap("words.py", '"m"', '"l"'),
    ),
    case(
        "branch-taken-at-import",
        """
        --- flags.py
        FAST = True
        --- impl.py
        import flags
        if flags.FAST:
            def go():
                return "fast"
        else:
            def go():
                return "slow"
        --- test_impl.py
        from impl import go
        def test_go():
            assert go() == "fast"
        """,
        swap("flags.py", "True", "False"),
    ),
    case(
        "version-in-the-package",
        """
        --- box/__init__.py
        __version__ = "1.0"
        --- box/cli.py
        import box
        def version():
            return "box " + box.__version__
        --- test_cli.py
        from box.cli import version
        def test_version():
            assert version() == "box 1.0"
        """,
        swap("box/__init__.py", "1.0", "1.1"),
    ),
    case(
        "module-getattr",
        """
        --- lazy.py
        def __getattr__(name):
            raise AttributeError(name)
        --- test_lazy.py
        import lazy
        def test_absent():
            assert not hasattr(lazy, "speed")
        """,
        append("lazy.py", "speed = 3\n"),
    ),
    case(
        "old-name-that-a-module's-getattr-gives",
        OLD_NAME
        + """
        --- use.py
        from box import cover
        --- test_use.py
        import use
        def test_cover():
            assert use.cover == 1
        """,
        swap("box.py", '"cover": 1', '"cover": 2'),
    ),
    case(
        "template-that-is-executed",
        """
        --- template.py
        TEXT = "def made(): return 1"
        --- maker.py
        import template
        space = {}
        exec(template.TEXT, space)
        made = space["made"]
        --- test_maker.py
        from maker import made
        def test_made():
            assert made() == 1
        """,
        swap("template.py", "return 1", "return 2"),
    ),
    case(
        "names-listed-in-all",
        """
        --- names.py
        __all__ = ["one"]
        one = 1
        two = 2
        --- user.py
        two = 20
        from names import *
        --- test_user.py
        import user
        def test_two():
            assert user.two == 20
        """,
        write("names.py", '__all__ = ["one", "two"]\none = 1\ntwo = 2\n'),
    ),
    case(
        "constant-that-a-module-lists",
        """
        --- tool.py
        __all__ = ["LIMIT"]
        LIMIT = 1
        --- test_tool.py
        import tool
        def test_all():
            assert [getattr(tool, name) for name in tool.__all__] == [1]
        def test_other():
            assert True
        """,
        swap("tool.py", "LIMIT = 1", "LIMIT = 2"),
    ),
    case(
        "attribute-of-a-class-that-a-module-lists",
        """
        --- kinds.py
        class Kind:
            size = 1
        --- tool.py
        from kinds import Kind
        __all__ = ["Kind"]
        --- look.py
        def listed(of):
            return [getattr(of, name) for name in getattr(of, "__all__", ())]
        --- test_tool.py
        import look
        import tool
        def test_all():
            assert [each.size for each in look.listed(tool)] == [1]
        def test_other():
            assert True
        """,
        swap("kinds.py", "size = 1", "size = 2"),
    ),
)
