"""What comes to a module and registers itself in a library as the module is imported."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.soundness.case import append, room
from tests.soundness.kinds.strangers import library

if TYPE_CHECKING:
    from tests.soundness.case import Case

_room = room("registers itself", env={"PYTHONPATH": "{base}/site"})


def case(name: str, frame: str, tree: str, more: str, **rest: object) -> Case:
    """Return a case with a library that is called ``frame``; ``more`` comes to ``shop.py``."""
    return _room(name, tree, append("shop.py", more), setup=(library(frame),), **rest)


CASES = (
    case(
        "class-that-a-base-of-a-library-files",
        """
        _KNOWN = {}
        class Base:
            def __init_subclass__(cls):
                _KNOWN[cls.__name__] = cls
        def names():
            return sorted(_KNOWN)
        """,
        """
        --- shop.py
        from frame import Base
        class Wall(Base):
            pass
        --- test_shop.py
        import frame
        import shop
        def test_names():
            assert frame.names() == ["Wall"]
        """,
        "class Door(Base):\n    pass\n",
    ),
    case(
        "class-that-a-metaclass-of-a-library-files-with-the-base",
        """
        class Meta(type):
            def __init__(cls, name, bases, space):
                if bases:
                    cls.known.append(name)
        def base():
            return Meta("Base", (), {"known": []})
        def names(base):
            return sorted(base.known)
        """,
        """
        --- bases.py
        import frame
        Base = frame.base()
        --- shop.py
        from bases import Base
        class Wall(Base):
            pass
        --- test_shop.py
        import frame
        import shop
        from bases import Base
        def test_names():
            assert frame.names(Base) == ["Wall"]
        """,
        "class Door(Base):\n    pass\n",
    ),
    case(
        "class-by-which-a-library-finds-all-others-broken",
        """
        class Meta(type):
            def __init__(cls, name, bases, space):
                if bases:
                    cls.known.append(cls)
        def base():
            return Meta("Base", (), {"known": [], "check": classmethod(check)})
        def check(cls):
            names = {one.__name__ for one in cls.known}
            for one in cls.known:
                assert getattr(one, "parent", "Wall") in names, one
            return True
        """,
        """
        --- bases.py
        import frame
        Base = frame.base()
        --- shop.py
        from bases import Base
        class Wall(Base):
            pass
        --- test_shop.py
        from shop import Wall
        def test_wall():
            assert Wall.check()
        """,
        "class Door(Base):\n    parent = 'Hall'\n",
    ),
    case(
        "listener-of-an-object-of-a-library",
        """
        class Engine:
            heard = []
            def connect(self):
                for hear in self.heard:
                    hear(self)
                return "on"
        def listens_for(target):
            def take(hear):
                target.heard.append(hear)
                return hear
            return take
        """,
        """
        --- shop.py
        from frame import Engine, listens_for
        def start():
            return Engine().connect()
        --- test_shop.py
        import shop
        def test_start():
            assert shop.start() == "on"
        """,
        "@listens_for(Engine)\ndef refuse(engine):\n    raise ValueError\n",
    ),
    case(
        "task-that-a-library-shares",
        """
        _TASKS = {}
        def shared_task(function):
            _TASKS[function.__name__] = function
            return function
        class App:
            @property
            def tasks(self):
                return dict(_TASKS)
        """,
        """
        --- app.py
        from frame import App
        app = App()
        --- shop.py
        from frame import shared_task
        @shared_task
        def pack():
            return 1
        --- test_shop.py
        import shop
        from app import app
        def test_tasks():
            assert len(app.tasks) == 1
        """,
        "@shared_task\ndef send():\n    return 2\n",
    ),
    case(
        "command-of-a-group-in-another-module",
        """
        class Group:
            def __init__(self):
                self.commands = {}
            def command(self):
                def take(function):
                    self.commands[function.__name__] = function
                    return function
                return take
            def help(self):
                return " ".join(sorted(self.commands))
        """,
        """
        --- app.py
        from frame import Group
        cli = Group()
        --- shop.py
        from app import cli
        @cli.command()
        def pack():
            return 1
        --- main.py
        import shop
        from app import cli
        --- test_shop.py
        from main import cli
        def test_help():
            assert cli.help() == "pack"
        """,
        "@cli.command()\ndef send():\n    return 2\n",
    ),
    case(
        "overload-of-a-function-of-a-library",
        """
        from functools import singledispatch
        @singledispatch
        def show(one):
            return "one"
        """,
        """
        --- shop.py
        import frame
        class Wall:
            pass
        @frame.show.register
        def _(one: int):
            return "int"
        --- test_shop.py
        import frame
        import shop
        def test_show():
            assert frame.show(shop.Wall()) == "one"
        """,
        "@frame.show.register\ndef _(one: Wall):\n    return 'wall'\n",
    ),
    case(
        "class-that-an-abstract-one-of-a-library-takes",
        """
        import abc
        class Solid(abc.ABC):
            pass
        """,
        """
        --- shop.py
        from frame import Solid
        class Wall:
            pass
        def solid():
            return isinstance(Wall(), Solid)
        --- test_shop.py
        import shop
        def test_solid():
            assert not shop.solid()
        """,
        "Air = Solid.register(Wall)\n",
    ),
    case(
        "codec-that-comes",
        "",
        """
        --- shop.py
        import codecs
        def known():
            try:
                return codecs.lookup("shop")
            except LookupError:
                return None
        --- test_shop.py
        import shop
        def test_known():
            assert shop.known() is None
        """,
        "@codecs.register\n"
        "def find(name):\n"
        "    return codecs.lookup('utf-8') if name == 'shop' else None\n",
    ),
)
