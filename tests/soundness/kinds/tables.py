"""Values a module builds rather than states: enums, tables, texts, things made at import."""

from tests.soundness.case import room, swap

case = room("module-level value")


CASES = (
    case(
        "enum-value",
        """
        --- color.py
        from enum import Enum
        class Color(Enum):
            RED = "red"
        --- test_color.py
        from color import Color
        def test_red():
            assert Color.RED.value == "red"
        """,
        swap("color.py", '"red"', '"rot"'),
    ),
    case(
        "enum-value-used-by-a-function",
        """
        --- color.py
        from enum import Enum
        class Color(Enum):
            RED = "red"
        --- paint.py
        from color import Color
        def paint():
            return Color.RED.value.upper()
        --- test_paint.py
        from paint import paint
        def test_paint():
            assert paint() == "RED"
        """,
        swap("color.py", '"red"', '"rot"'),
    ),
    case(
        "enum-member-before-auto",
        """
        --- level.py
        from enum import IntEnum, auto
        class Level(IntEnum):
            LOW = auto()
            HIGH = auto()
        --- test_level.py
        from level import Level
        def test_high():
            assert int(Level["HIGH"]) == 2
        """,
        swap("level.py", "    HIGH", "    MIDDLE = auto()\n    HIGH"),
    ),
    case(
        "enum-member-removed",
        """
        --- level.py
        from enum import Enum
        class Level(Enum):
            LOW = 1
            HIGH = 2
        --- test_level.py
        from level import Level
        def test_count():
            assert len(Level) == 2
        """,
        swap("level.py", "    HIGH = 2\n", ""),
    ),
    case(
        "entry-of-a-table",
        """
        --- table.py
        CODES = {
            "a": 1,
            "b": 2,
        }
        --- look.py
        from table import CODES
        def look(key):
            return CODES.get(key, 0)
        --- test_look.py
        from look import look
        def test_b():
            assert look("b") == 2
        """,
        swap("table.py", "2", "3"),
    ),
    case(
        "table-built-by-a-loop",
        """
        --- table.py
        SQUARES = {}
        for i in range(4):
            SQUARES[i] = i * i
        --- test_table.py
        from table import SQUARES
        def test_square():
            assert SQUARES[3] == 9
        """,
        swap("table.py", "i * i", "i + i"),
    ),
    case(
        "table-filled-by-another-module",
        """
        --- registry.py
        KNOWN = {}
        --- plug.py
        from registry import KNOWN
        KNOWN["plug"] = 1
        --- app.py
        import plug
        from registry import KNOWN
        def known():
            return sorted(KNOWN)
        --- test_app.py
        from app import known
        def test_known():
            assert known() == ["plug"]
        """,
        swap("plug.py", '"plug"', '"pluck"'),
    ),
    case(
        "pattern-compiled-at-import",
        """
        --- words.py
        import re
        WORD = re.compile("[a-z]+")
        --- find.py
        import words
        def find(text):
            return words.WORD.findall(text)
        --- test_find.py
        from find import find
        def test_find():
            assert find("ab cd") == ["ab", "cd"]
        """,
        swap("words.py", "[a-z]+", "[a-z]"),
    ),
    case(
        "lambda-at-module-level",
        """
        --- keys.py
        by_size = lambda text: len(text)
        --- test_keys.py
        from keys import by_size
        def test_size():
            assert max(["aaa", "b"], key=by_size) == "aaa"
        """,
        swap("keys.py", "len(text)", "-len(text)"),
    ),
    case(
        "partial-at-module-level",
        """
        --- make.py
        from functools import partial
        def scale(n, by):
            return n * by
        twice = partial(scale, by=2)
        --- test_make.py
        from make import twice
        def test_twice():
            assert twice(4) == 8
        """,
        swap("make.py", "by=2", "by=3"),
    ),
    case(
        "default-of-an-argument",
        """
        --- greet.py
        def greet(name="you"):
            return "hi " + name
        --- test_greet.py
        from greet import greet
        def test_greet():
            assert greet() == "hi you"
        """,
        swap("greet.py", '"you"', '"all"'),
    ),
    case(
        "default-taken-from-a-constant",
        """
        --- base.py
        NAME = "you"
        --- greet.py
        import base
        def greet(name=base.NAME):
            return "hi " + name
        --- test_greet.py
        from greet import greet
        def test_greet():
            assert greet() == "hi you"
        """,
        swap("base.py", '"you"', '"all"'),
    ),
)
