"""What a class statement does: attributes, bases, decorators, methods gained and lost."""

from tests.soundness.case import append, room, swap

case = room("class body")

_BASE = """
    --- base.py
    class Base:
        size = 2
        def name(self):
            return "base"
    class Mixin:
        pass
    --- sub.py
    from base import Base, Mixin
    class Sub(Base):
        pass
    class Mixed(Mixin, Base):
        pass
    --- test_sub.py
    from sub import Mixed, Sub
    def test_name():
        assert Sub().name() == "base"
    def test_mixed():
        assert Mixed().name() == "base"
    def test_size():
        assert Sub.size == 2
"""

_RECORD = """
    --- record.py
    from dataclasses import dataclass
    @dataclass(frozen=True)
    class Record:
        size: int = 2
    --- test_record.py
    import pytest
    from record import Record
    def test_size():
        assert Record().size == 2
    def test_frozen():
        with pytest.raises(AttributeError):
            Record().size = 3
    def test_equal():
        assert Record() == Record()
"""

_DECORATED = """
    --- deco.py
    def tag(word):
        def wrap(func):
            func.word = word
            return func
        return wrap
    --- job.py
    from deco import tag
    @tag("a")
    def job():
        return 1
    --- test_job.py
    from job import job
    def test_word():
        assert getattr(job, "word", "") == "a"
"""

_BODY = """
    --- made.py
    def column(number):
        return number
    def other(number):
        return number
    class Table:
        first = column(1)
        second = first + 1
        many = [column(it) for it in range(3)]
        last = other(4)
        class Inner:
            third = column(3)
    --- test_first.py
    from made import Table
    def test_first():
        assert Table.first == 1
    def test_second():
        assert Table.second == 2
    def test_many():
        assert Table.many[2] == 2
    --- test_inner.py
    from made import Table
    def test_third():
        assert Table.Inner.third == 3
    --- test_bystander.py
    from made import Table
    def test_bystander():
        assert Table.last == 4
"""

_TOLD = """
    --- made.py
    def column(number):
        return Field(number)
    class Field:
        def __init__(self, number):
            self.number = number
        def __set_name__(self, owner, name):
            owner.numbers = {**getattr(owner, "numbers", {}), name: self.number}
    class Table:
        first = column(1)
    --- test_numbers.py
    from made import Table
    def test_numbers():
        assert sum(Table.numbers.values()) == 1
    --- test_first.py
    from made import Table
    def test_first():
        assert Table.first is not None
"""

CASES = (
    case(
        "attribute-made-of-another-in-the-class-body",
        _BODY,
        swap("made.py", "first = column(1)", "first = 5"),
    ),
    case(
        "function-that-a-statement-of-a-class-ran",
        _BODY,
        swap("made.py", "    return number", "    return number + 1"),
    ),
    case("attribute-that-tells-its-class", _TOLD, swap("made.py", "column(1)", "column(2)")),
    case(
        "maker-of-an-attribute-that-tells-its-class",
        _TOLD,
        swap("made.py", "Field(number)", "Field(number + 1)"),
    ),
    case(
        "property-of-a-dataclass-becomes-a-method",
        """
        --- record.py
        from dataclasses import dataclass
        @dataclass
        class Record:
            size: int = 2
            @property
            def double(self):
                return 4
        --- test_record.py
        from record import Record
        def test_double():
            assert Record().double == 4
        """,
        swap("record.py", "    @property\n", ""),
    ),
    case(
        "property-of-an-enumeration-becomes-a-method",
        """
        --- colour.py
        from enum import Enum
        class Colour(Enum):
            RED = 1
            @property
            def shown(self):
                return "red"
        --- test_colour.py
        from colour import Colour
        def test_shown():
            assert [one.shown for one in Colour] == ["red"]
        """,
        swap("colour.py", "    @property\n", ""),
    ),
    case(
        "alias-that-a-dataclass-takes-for-a-class-variable",
        """
        --- kinds.py
        from typing import ClassVar
        Size = int
        --- record.py
        from dataclasses import dataclass
        from kinds import Size
        @dataclass
        class Record:
            size: Size = 2
        --- test_record.py
        from record import Record
        def test_size():
            assert Record(3).size == 3
        """,
        swap("kinds.py", "Size = int", "Size = ClassVar[int]"),
    ),
    case(
        "list-in-a-registry-that-gains-another-entry",
        """
        --- registry.py
        KNOWN = {"a": []}
        --- extra.py
        from registry import KNOWN
        _ADDED = KNOWN.get("a").append(1)
        --- test_known.py
        import extra
        from registry import KNOWN
        def test_known():
            assert KNOWN["a"] == [1]
        """,
        swap("extra.py", "append(1)", "append(2)"),
    ),
    case(
        "list-that-a-get-of-our-own-hands-out-gains-another-entry",
        """
        --- registry.py
        _KNOWN = {"a": []}
        def get(name):
            return _KNOWN[name]
        --- extra.py
        from registry import get
        _ADDED = get("a").append(1)
        --- test_known.py
        import extra
        from registry import get
        def test_known():
            assert get("a") == [1]
        """,
        swap("extra.py", "append(1)", "append(2)"),
    ),
    case("class-attribute", _BASE, swap("base.py", "size = 2", "size = 3")),
    case(
        "override-added-in-a-subclass",
        _BASE,
        swap("sub.py", "(Base):\n    pass", "(Base):\n    def name(self):\n        return 'sub'"),
        quick=True,
    ),
    case(
        "attribute-overridden-in-a-subclass",
        _BASE,
        swap("sub.py", "(Base):\n    pass", "(Base):\n    size = 3"),
    ),
    case(
        "method-added-to-a-mixin",
        _BASE,
        swap("base.py", "    pass", "    def name(self):\n        return 'mixin'"),
    ),
    case("base-class-replaced", _BASE, swap("sub.py", "Sub(Base)", "Sub(Mixin)")),
    case(
        "method-removed-from-the-base",
        _BASE,
        swap("base.py", '    def name(self):\n        return "base"\n', ""),
    ),
    case(
        "base-gains-getattribute",
        _BASE,
        append("base.py", "Base.__getattribute__ = lambda self, name: None\n"),
    ),
    case("dataclass-default", _RECORD, swap("record.py", "= 2", "= 3")),
    case(
        "dataclass-default-factory",
        """
        --- record.py
        from dataclasses import dataclass, field
        @dataclass
        class Record:
            names: list[str] = field(default_factory=list)
        --- test_record.py
        from record import Record
        def test_names():
            assert Record().names == []
        """,
        swap("record.py", "factory=list", "factory=set"),
    ),
    case("dataclass-no-longer-frozen", _RECORD, swap("record.py", "frozen=True", "order=False")),
    case(
        "dataclass-without-eq", _RECORD, swap("record.py", "frozen=True", "frozen=True, eq=False")
    ),
    case(
        "dataclass-decorator-removed", _RECORD, swap("record.py", "@dataclass(frozen=True)\n", "")
    ),
    case("decorator-argument", _DECORATED, swap("job.py", '"a"', '"b"')),
    case("decorator-removed", _DECORATED, swap("job.py", '@tag("a")\n', "")),
    case("decorator-body", _DECORATED, swap("deco.py", "= word", "= word * 2")),
    case(
        "decorator-added-to-a-called-function",
        """
        --- job.py
        def job():
            return [1]
        --- test_job.py
        from job import job
        def test_fresh():
            job().append(2)
            assert job() == [1]
        """,
        swap("job.py", "def job", "from functools import cache\n@cache\ndef job"),
    ),
    case(
        "attribute-of-a-mixin-that-a-method-asks-its-object-for",
        """
        --- asking.py
        class Asking:
            def ask(self, word):
                return getattr(self, word.strip().lower())
        class Sized:
            size = 2
        --- both.py
        from asking import Asking, Sized
        class Both(Asking, Sized):
            pass
        --- test_both.py
        from both import Both
        def test_asks():
            assert Both().ask(" SIZE") == 2
        """,
        swap("asking.py", "size = 2", "size = 3"),
    ),
)
