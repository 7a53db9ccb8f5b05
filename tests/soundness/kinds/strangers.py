"""What code from elsewhere reads of the project: its names stand in no code of the repository."""

from pathlib import Path

from tests.soundness.case import Step, room, swap, write

case = room("read by others", env={"PYTHONPATH": "{base}/site"})


def library(code: str) -> Step:
    """Return the step that lays a module called ``frame`` where packages are installed."""
    meta = "Metadata-Version: 2.1\nName: frame\nVersion: 1.0\n"

    def step(root: Path) -> None:
        write("../site/frame.py", code)(root)
        write("../site/frame-1.0.dist-info/METADATA", meta)(root)
        write("../site/frame-1.0.dist-info/RECORD", "frame.py,,\n")(root)

    return step


#: A plugin that asks for the commit and the machine at hand as pytest starts, as
#: pytest-benchmark does.
ASKS_GIT = """
import platform
import subprocess
def pytest_configure(config):
    config.bits = platform.architecture()
    words = ["git", "describe", "--dirty", "--always"]
    config.dirty = b"dirty" in subprocess.check_output(words)
"""

_ZONE = swap("settings.py", "UTC", "CET")

CASES = (
    case(
        "settings-that-a-library-imports-by-name",
        """
         --- settings.py
         TIME_ZONE = "UTC"
         --- test_zone.py
         import frame
         def test_zone():
             assert frame.zone("settings") == "UTC"
        """,
        _ZONE,
        setup=(
            library(
                """
                import importlib
                def zone(name):
                    return importlib.import_module(name).TIME_ZONE
                """
            ),
        ),
        quick=True,
    ),
    case(
        "settings-that-a-library-imports-by-a-variable",
        """
         --- settings.py
         TIME_ZONE = "UTC"
         --- test_zone.py
         import frame
         def test_zone():
             assert frame.zone() == "UTC"
        """,
        _ZONE,
        setup=(
            library(
                """
                import os
                def zone():
                    return getattr(__import__(os.environ["SETTINGS"]), "TIME_ZONE")
                """
            ),
        ),
        env={"PYTHONPATH": "{base}/site", "SETTINGS": "settings"},
    ),
    case(
        "settings-that-the-project-imported-first",
        """
         --- settings.py
         TIME_ZONE = "UTC"
         --- app.py
         import settings
         import frame
         def zone():
             return frame.zone("settings")
         --- test_zone.py
         from app import zone
         def test_zone():
             assert zone() == "UTC"
        """,
        _ZONE,
        setup=(
            library(
                """
                import importlib
                def zone(name):
                    return importlib.import_module(name).TIME_ZONE
                """
            ),
        ),
    ),
    case(
        "settings-that-a-library-is-handed",
        """
         --- settings.py
         TIME_ZONE = "UTC"
         --- app.py
         import frame
         import settings
         def zone():
             return frame.zone(settings)
         --- test_zone.py
         from app import zone
         def test_zone():
             assert zone() == "UTC"
        """,
        _ZONE,
        setup=(library("def zone(found):\n    return found.TIME_ZONE\n"),),
    ),
    case(
        "settings-of-a-package-that-a-library-is-handed",
        """
         --- conf/__init__.py
         --- conf/settings.py
         TIME_ZONE = "UTC"
         --- app.py
         import frame
         import conf.settings
         def zone():
             return frame.Zone(found=conf.settings).read()
         --- test_zone.py
         from app import zone
         def test_zone():
             assert zone() == "UTC"
        """,
        swap("conf/settings.py", "UTC", "CET"),
        setup=(
            library(
                """
                class Zone:
                    def __init__(self, found):
                        self.found = found
                    def read(self):
                        return self.found.TIME_ZONE
                """
            ),
        ),
    ),
    case(
        "class-that-a-library-is-handed",
        """
         --- settings.py
         class Base:
             TIME_ZONE = "UTC"
         class Settings(Base):
             DEBUG = False
         --- app.py
         import frame
         from settings import Settings
         def zone():
             return frame.load(Settings)[-1]
         --- test_zone.py
         from app import zone
         def test_zone():
             assert zone() == "UTC"
        """,
        _ZONE,
        setup=(
            library(
                """
                def load(found):
                    return [getattr(found, name) for name in dir(found) if name.isupper()]
                """
            ),
        ),
    ),
    case(
        "class-that-a-library-is-told-where-to-find",
        """
         --- settings.py
         class Settings:
             TIME_ZONE = "UTC"
         --- test_zone.py
         import frame
         def test_zone():
             assert frame.load("settings.Settings") == "UTC"
        """,
        _ZONE,
        setup=(
            library(
                """
                import importlib
                def load(name):
                    module, _, last = name.rpartition(".")
                    return getattr(importlib.import_module(module), last).TIME_ZONE
                """
            ),
        ),
    ),
    case(
        "object-that-a-library-is-handed",
        """
         --- streams.py
         class Stream:
             encoding = "ascii"
         --- test_stream.py
         import frame
         from streams import Stream
         def test_stream():
             assert frame.say(Stream()) == "ascii"
        """,
        swap("streams.py", "ascii", "utf-8"),
        setup=(library("def say(stream):\n    return stream.encoding\n"),),
    ),
    case(
        "class-of-a-test-that-a-library-is-handed",
        """
         --- test_stream.py
         import frame
         class Stream:
             encoding = "ascii"
         def test_stream():
             assert frame.say(Stream()) == "ascii"
        """,
        swap("test_stream.py", 'encoding = "ascii"', 'encoding = "utf-8"'),
        setup=(library("def say(stream):\n    return stream.encoding\n"),),
    ),
    case(
        "attribute-in-the-braces-of-a-format",
        """
         --- pages.py
         class Page:
             title = "home"
         --- test_pages.py
         from pages import Page
         def test_page():
             assert "-> {0.title} <-".format(Page()) == "-> home <-"
        """,
        swap("pages.py", "home", "away"),
    ),
    case(
        "attribute-in-the-braces-of-a-template-file",
        """
         --- pages.py
         class Page:
             title = "home"
             def other(self):
                 return self.title
         --- page.txt
         -> {page.title} <-
         --- test_pages.py
         from pathlib import Path
         from pages import Page
         def test_page():
             text = Path(__file__).with_name("page.txt").read_text()
             assert text.format(page=Page()) == "-> home <-\\n"
        """,
        swap("pages.py", "home", "away"),
    ),
    case(
        "attribute-in-a-jinja-template",
        """
         --- pages.py
         class Page:
             title = "home"
             def other(self):
                 return self.title
         --- templates/page.html
         {% if page.title == "home" %}in{% else %}out{% endif %}
         --- test_pages.py
         from pathlib import Path
         from jinja2 import Environment, FileSystemLoader
         from pages import Page
         def test_page():
             loader = FileSystemLoader(Path(__file__).parent / "templates")
             page = Environment(loader=loader).get_template("page.html")
             assert page.render(page=Page()) == "in"
        """,
        swap("pages.py", "home", "away"),
        needs="jinja2",
    ),
    case(
        "names-that-stand-in-a-data-file",
        """
         --- limits.py
         ceiling = 3
         floor = 3
         --- names.txt
         ceiling
         floor
         --- test_limits.py
         from pathlib import Path
         import limits
         def test_limits():
             for name in Path(__file__).with_name("names.txt").read_text().split():
                 assert getattr(limits, name) == 3
        """,
        swap("limits.py", "floor = 3", "floor = 4"),
        quick=True,
    ),
    case(
        "names-in-a-data-file-that-a-fixture-read",
        """
         --- limits.py
         ceiling = 3
         floor = 3
         --- names.json
         {"names": ["ceiling", "floor"]}
         --- conftest.py
         import json, pathlib, pytest
         @pytest.fixture(scope="session")
         def names():
             place = pathlib.Path(__file__).with_name("names.json")
             return json.loads(place.read_text())["names"]
         --- test_limits.py
         import limits
         def test_first():
             assert limits
         def test_limits(names):
             for name in names:
                 assert getattr(limits, name) == 3
        """,
        swap("limits.py", "floor = 3", "floor = 4"),
    ),
    case(
        "name-that-a-session-fixture-hands-out",
        """
         --- limits.py
         ceiling = 3
         floor = 3
         --- conftest.py
         import pytest
         @pytest.fixture(scope="session")
         def names():
             return ["ceiling", "floor"]
         --- test_limits.py
         import limits
         def test_first():
             assert limits
         def test_limits(names):
             assert [getattr(limits, name) for name in names] == [3, 3]
        """,
        swap("limits.py", "floor = 3", "floor = 4"),
    ),
    case(
        "name-in-a-list-of-another-module",
        """
         --- limits.py
         ceiling = 3
         floor = 3
         --- names.py
         NAMES = ["ceiling", "floor"]
         --- test_limits.py
         import limits
         from names import NAMES
         def test_first():
             assert limits
         def test_limits():
             assert [getattr(limits, name) for name in NAMES] == [3, 3]
        """,
        swap("limits.py", "floor = 3", "floor = 4"),
    ),
    case(
        "names-in-one-string",
        """
         --- limits.py
         ceiling = 3
         floor = 3
         --- names.py
         NAMES = "ceiling floor".split()
         --- test_limits.py
         import limits
         from names import NAMES
         def test_limits():
             assert [getattr(limits, name) for name in NAMES] == [3, 3]
        """,
        swap("limits.py", "floor = 3", "floor = 4"),
    ),
    case(
        "module-that-an-earlier-test-had-loaded",
        """
         --- loader.py
         _LOADED = {}
         def load(name):
             if name not in _LOADED:
                 _LOADED[name] = __import__(name)
             return _LOADED[name]
         def floor(name):
             return load(name).floor
         --- limits.py
         floor = 3
         --- test_limits.py
         from loader import floor
         def test_first():
             floor("limits")
         def test_limits():
             assert floor("limits") == 3
        """,
        swap("limits.py", "floor = 3", "floor = 4"),
    ),
    case(
        "names-in-a-data-file-that-a-module-read",
        """
         --- limits.py
         ceiling = 3
         floor = 3
         --- names.json
         {"names": ["ceiling", "floor"]}
         --- found.py
         import json, pathlib
         import limits
         place = pathlib.Path(__file__).with_name("names.json")
         VALUES = [getattr(limits, name) for name in json.loads(place.read_text())["names"]]
         --- test_limits.py
         import found
         def test_limits():
             assert found.VALUES == [3, 3]
        """,
        swap("limits.py", "floor = 3", "floor = 4"),
    ),
    case(
        "attribute-that-a-library-reads-and-other-code-names",
        """
         --- streams.py
         class Stream:
             encoding = "ascii"
         class Other:
             def told(self):
                 return self.encoding
         --- test_stream.py
         import frame
         from streams import Stream
         def test_stream():
             assert frame.say(Stream()) == "ascii"
        """,
        swap("streams.py", "ascii", "utf-8"),
        setup=(library("def say(stream):\n    return stream.encoding\n"),),
        env={"PYTHONPATH": "{base}/site"},
    ),
    case(
        "settings-that-a-library-finds-in-a-container",
        """
         --- settings.py
         TIME_ZONE = "UTC"
         --- test_zone.py
         import frame
         import settings
         def test_zone():
             found = {}
             found["settings"] = settings
             assert frame.zone(found) == "UTC"
        """,
        swap("settings.py", "UTC", "CET"),
        setup=(library("def zone(found):\n    return found['settings'].TIME_ZONE\n"),),
        env={"PYTHONPATH": "{base}/site"},
    ),
)
