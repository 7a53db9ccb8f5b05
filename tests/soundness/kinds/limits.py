"""Where no record of imports, calls and files can see: owned up to, so that nobody is surprised."""

from tests.soundness.case import room, swap
from tests.soundness.kinds.strangers import ASKS_GIT, library

case = room("known limit", want="unseen")

CASES = (
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
