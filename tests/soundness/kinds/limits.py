"""Where no record of imports, calls and files can see: owned up to, so that nobody is surprised."""

from tests.soundness.case import git, room, swap
from tests.soundness.kinds.strangers import ASKS_GIT, library

case = room("known limit", want="unseen")
_WHO = ("-c", "user.name=m", "-c", "user.email=m@example.org")

CASES = (
    case(
        "iterator-of-a-module-that-an-earlier-test-began",
        """
         --- deep.py
         def compute():
             return "code"
         --- style.py
         from deep import compute
         def _codes():
             code = compute()
             while True:
                 yield code
         CODES = _codes()
         --- test_style.py
         from style import CODES
         def test_first():
             next(CODES)
         def test_second():
             assert next(CODES) == "code"
        """,
        swap("deep.py", '"code"', '"mode"'),
    ),
    case(
        "docstring-of-a-class-whose-object-a-library-is-given",
        """
         --- tool.py
         class Kind:
             \"\"\"Say so.\"\"\"
         --- test_tool.py
         import frame
         from tool import Kind
         def test_help():
             assert frame.tell(Kind()) == "Say so."
        """,
        swap("tool.py", "Say so.", "Say no."),
        setup=(library("def tell(of):\n    return of.__doc__\n"),),
        env={"PYTHONPATH": "{base}/site"},
    ),
    case(
        "results-of-a-method-named-like-others-behind-one-that-fills-by-key",
        """
         --- load.py
         class Lexer:
             def take(self, name):
                 return 1
         class Reader:
             def take(self, name):
                 return 1
         class Parser:
             def __init__(self):
                 self.lexer = Lexer()
             def parse(self, name):
                 return self.lexer.take(name)
         KEPT = {}
         PARSER = Parser()
         def value(name):
             if name not in KEPT:
                 KEPT[name] = PARSER.parse(name)
             return KEPT[name]
         --- test_load.py
         from load import Reader, value
         def test_one():
             assert value("one")
         def test_two():
             assert value("two")
         def test_two_again():
             assert value("two") == 1
         def test_reader():
             assert Reader().take("one")
         """,
        swap("load.py", "return 1\nclass Reader", "return 2\nclass Reader"),
    ),
    case(
        "line-number-of-a-line-below-a-comment",
        """
         --- where.py
         import sys
         def where():
             return sys._getframe().f_lineno
         --- test_where.py
         from where import where
         def test_where():
             assert where() == 3
         """,
        swap("where.py", "import sys", "# why\nimport sys"),
    ),
    case(
        "git-asked-for-a-tag",
        """
         --- test_tag.py
         import subprocess
         def test_no_tag():
             assert not subprocess.check_output(["git", "tag"])
         """,
        git("tag", "v1"),
    ),
    case(
        "git-asked-by-a-plugin-as-it-starts",
        """
         --- pytest.ini
         [pytest]
         addopts = -p frame
         --- answer.py
         ANSWER = 1
         --- test_dirty.py
         def test_clean(pytestconfig):
             assert not pytestconfig.dirty
         """,
        swap("answer.py", "1", "2"),
        env={"PYTHONPATH": "{base}/site"},
        setup=(library(ASKS_GIT),),
    ),
    case(
        "git-asked-for-the-branch",
        """
         --- test_branch.py
         import subprocess
         def test_branch():
             words = ["git", "rev-parse", "--abbrev-ref", "HEAD"]
             assert subprocess.check_output(words) == b"main\\n"
         """,
        git("checkout", "-qb", "other"),
    ),
    case(
        "git-asked-for-the-last-message",
        """
         --- test_log.py
         import subprocess
         def test_log():
             assert subprocess.check_output(["git", "log", "-1", "--format=%s"]) == b"start\\n"
         """,
        git(*_WHO, "commit", "-qm", "two", "--allow-empty"),
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
    case(
        "row-more-in-a-file-outside-of-the-repository-that-tests-share",
        """
         --- conftest.py
         import sqlite3
         import pytest
         @pytest.fixture(scope="session")
         def file(tmp_path_factory):
             found = str(tmp_path_factory.mktemp("base") / "base")
             sqlite3.connect(found).execute("create table log (what)")
             return found
         --- shop.py
         import sqlite3
         def sell(file):
             with sqlite3.connect(file) as base:
                 base.execute("insert into log values (1)")
         --- test_shop.py
         import sqlite3
         from shop import sell
         def test_first(file):
             sell(file)
         def test_second(file):
             base = sqlite3.connect(file)
             assert base.execute("select count(*) from log").fetchone() == (1,)
        """,
        swap("shop.py", "values (1)", "values (1), (2)"),
    ),
    case(
        "function-that-a-test-registers-in-c",
        """
         --- shop.py
         import codecs
         def search(name):
             if name == "shout":
                 return codecs.CodecInfo(lambda it, _="": (it.upper().encode(), len(it)), None)
         def start():
             codecs.register(search)
         --- test_a.py
         import shop
         def test_first():
             shop.start()
         --- test_b.py
         def test_second():
             assert "a".encode("shout") == b"A"
        """,
        swap("shop.py", "codecs.register(search)", "pass"),
    ),
)
