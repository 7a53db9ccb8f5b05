"""What classes do to each other: metaclasses, bases, protocols, things told to a new class."""

from tests.soundness.case import append, room, swap

case = room("class body")


CASES = (
    case(
        "class-decorator-body",
        """
        --- deco.py
        def named(cls):
            cls.title = cls.__name__.lower()
            return cls
        --- thing.py
        from deco import named
        @named
        class Thing:
            pass
        --- test_thing.py
        from thing import Thing
        def test_title():
            assert Thing.title == "thing"
        """,
        swap("deco.py", "lower", "upper"),
    ),
    case(
        "metaclass-body",
        """
        --- meta.py
        class Meta(type):
            def __new__(mcs, name, bases, space):
                space["tag"] = name.lower()
                return super().__new__(mcs, name, bases, space)
        --- thing.py
        from meta import Meta
        class Thing(metaclass=Meta):
            pass
        --- test_thing.py
        from thing import Thing
        def test_tag():
            assert Thing.tag == "thing"
        """,
        swap("meta.py", "lower", "upper"),
    ),
    case(
        "init-subclass-body",
        """
        --- base.py
        class Base:
            kinds = []
            def __init_subclass__(cls):
                Base.kinds.append(cls.__name__)
        --- kinds.py
        from base import Base
        class One(Base):
            pass
        --- test_kinds.py
        import kinds
        from base import Base
        def test_kinds():
            assert Base.kinds == ["One"]
        """,
        swap("base.py", "cls.__name__", "cls.__name__.lower()"),
    ),
    case(
        "subclass-registered-by-being-there",
        """
        --- base.py
        class Base:
            pass
        def kinds():
            return sorted(cls.__name__ for cls in Base.__subclasses__())
        --- more.py
        from base import Base
        class One(Base):
            pass
        --- test_kinds.py
        import more
        from base import kinds
        def test_kinds():
            assert kinds() == ["One"]
        """,
        append("more.py", "class Two(Base):\n    pass\n"),
    ),
    case(
        "attribute-that-another-mixin-gains",
        """
        --- parts.py
        class Opened:
            def test_opened(self):
                self.assertEqual(list(getattr(self, "options", [])), [])
        class Named:
            def test_named(self):
                self.assertTrue(type(self).__name__)
        --- test_shop.py
        import unittest
        from parts import Named, Opened
        class TestShop(unittest.TestCase, Opened, Named):
            pass
        class TestOther(unittest.TestCase):
            options = ["x"]
            def test_other(self):
                self.assertEqual(self.options, ["x"])
        """,
        swap("parts.py", "class Named:\n", 'class Named:\n    options = ["y"]\n'),
    ),
    case(
        "attribute-of-a-test-class-that-a-hook-asks-for",
        """
        --- conftest.py
        def pytest_generate_tests(metafunc):
            if "number" in metafunc.fixturenames:
                metafunc.parametrize("number", metafunc.cls.numbers)
        --- base.py
        class Small:
            numbers = [1]
            def test_small(self, number):
                assert number < 3
        --- test_shop.py
        from base import Small
        class TestShop(Small):
            numbers = [2]
        """,
        swap("test_shop.py", "[2]", "[5]"),
    ),
    case(
        "descriptor-told-its-name",
        """
        --- field.py
        class Field:
            def __set_name__(self, owner, name):
                owner.columns = [*getattr(owner, "columns", []), name]
        --- model.py
        from field import Field
        class Model:
            a = Field()
        --- test_model.py
        from model import Model
        def test_columns():
            assert Model.columns == ["a"]
        """,
        swap("field.py", ", name]", ", name * 2]"),
    ),
    case(
        "slots-narrowed",
        """
        --- slim.py
        class Slim:
            __slots__ = ("a", "b")
        --- test_slim.py
        from slim import Slim
        def test_b():
            Slim().b = 1
        """,
        swap("slim.py", ', "b"', ","),
    ),
    case(
        "match-args-turned-round",
        """
        --- pair.py
        class Pair:
            __match_args__ = ("left", "right")
            def __init__(self, left, right):
                self.left = left
                self.right = right
        --- test_pair.py
        from pair import Pair
        def test_left():
            match Pair(1, 2):
                case Pair(first, _):
                    assert first == 1
        """,
        swap("pair.py", '"left", "right"', '"right", "left"'),
    ),
    case(
        "abstract-method-added",
        """
        --- base.py
        from abc import ABC, abstractmethod
        class Base(ABC):
            @abstractmethod
            def one(self): ...
        --- impl.py
        from base import Base
        class Impl(Base):
            def one(self):
                return 1
        --- test_impl.py
        from impl import Impl
        def test_one():
            assert Impl().one() == 1
        """,
        append("base.py", "    @abstractmethod\n    def two(self): ...\n"),
    ),
    case(
        "protocol-gains-a-member",
        """
        --- proto.py
        from typing import Protocol, runtime_checkable
        @runtime_checkable
        class Sized(Protocol):
            def size(self): ...
        --- test_proto.py
        from proto import Sized
        class Box:
            def size(self):
                return 1
        def test_box():
            assert isinstance(Box(), Sized)
        """,
        append("proto.py", "    def grow(self): ...\n"),
    ),
    case(
        "class-gains-what-a-protocol-promises",
        """
        --- proto.py
        from typing import Protocol, runtime_checkable
        @runtime_checkable
        class Closes(Protocol):
            def close(self): ...
        --- box.py
        class Box:
            def open(self):
                return 1
        --- test_box.py
        from box import Box
        from proto import Closes
        def test_box():
            assert not isinstance(Box(), Closes)
        def test_other():
            assert True
        """,
        append("box.py", "    def close(self):\n        return 0\n"),
    ),
    case(
        "named-tuple-default",
        """
        --- pair.py
        from typing import NamedTuple
        class Pair(NamedTuple):
            a: int = 1
        --- test_pair.py
        from pair import Pair
        def test_a():
            assert Pair().a == 1
        """,
        swap("pair.py", "= 1", "= 2"),
    ),
    case(
        "equality-added-takes-the-hash",
        """
        --- key.py
        class Key:
            pass
        --- test_key.py
        from key import Key
        def test_hash():
            assert len({Key(), Key()}) == 2
        """,
        append("key.py", "    def __eq__(self, other):\n        return True\n"),
    ),
    case(
        "property-becomes-a-method",
        """
        --- box.py
        class Box:
            @property
            def size(self):
                return 1
        --- test_box.py
        from box import Box
        def test_size():
            assert Box().size == 1
        """,
        swap("box.py", "    @property\n", ""),
    ),
    case(
        "static-method-becomes-a-class-method",
        """
        --- box.py
        class Box:
            @staticmethod
            def args(*args):
                return len(args)
        --- test_box.py
        from box import Box
        def test_args():
            assert Box.args(1) == 1
        """,
        swap("box.py", "staticmethod", "classmethod"),
    ),
    case(
        "overload-registered-elsewhere",
        """
        --- show.py
        from functools import singledispatch
        @singledispatch
        def show(value):
            return "any"
        --- shows.py
        from show import show
        @show.register
        def _(value: int):
            return "int"
        --- test_show.py
        import shows
        from show import show
        def test_any():
            assert show("a") == "any"
        """,
        append("shows.py", "@show.register\ndef _(value: str):\n    return 'str'\n"),
    ),
    case(
        "method-replaced-from-outside",
        """
        --- box.py
        class Box:
            def size(self):
                return 1
        --- patch.py
        import box
        --- test_box.py
        import patch
        from box import Box
        def test_size():
            assert Box().size() == 1
        """,
        append("patch.py", "box.Box.size = lambda self: 2\n"),
    ),
    case(
        "helper-that-ran-in-a-class-body",
        """
        --- helper.py
        def label(word):
            return word + "!"
        --- box.py
        from helper import label
        class Box:
            name = label("box")
        --- test_box.py
        from box import Box
        def test_name():
            assert Box.name == "box!"
        """,
        swap("helper.py", '"!"', '"?"'),
    ),
)
