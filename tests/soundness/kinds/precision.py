"""Changes that can break nothing: no test has to run."""

from tests.soundness.case import append, drop, git, room, swap, touch, write
from tests.soundness.kinds.strangers import ASKS_GIT, library
from tests.soundness.kinds.texts import OLD_NAME

_TREE = '''
    --- README.md
    Words.
    --- docs/guide.md
    More words.
    --- box/__init__.py
    from box.hook import Hook
    from box.lid import lid
    from box.extra import *
    --- box/lid.py
    """The lid of a box."""
    WIDTH = 3
    def lid(n):
        """Return the lid."""
        # how wide it is
        return n * WIDTH
    def never(n):
        return n - 1
    --- box/spare.py
    def spare():
        return 1
    --- box/extra.py
    __all__ = ["extra"]
    def extra():
        return 1
    --- box/hook.py
    class Hook:
        size = 1
        def span(self):
            return self.size
    --- box/mark.py
    class Mark:
        size = 1
        def read(self):
            return self.size
        def burn(self):
            return 0
    --- test_lid.py
    from box import lid
    from box.mark import Mark
    def test_lid():
        assert lid(2) == 6
    def test_mark():
        assert Mark().read() == 1
'''

case = room("nothing to break", want="nothing")
_COMMIT = ("-c", "user.name=m", "-c", "user.email=m@example.org", "commit")

CASES = (
    case("nothing-at-all", _TREE, quick=True),
    case(
        "files-touched", _TREE, touch("box/lid.py"), touch("test_lid.py"), touch("box/__init__.py")
    ),
    case("docstring-of-a-function", _TREE, swap("box/lid.py", "Return the lid.", "Give the lid.")),
    case(
        "docstring-of-a-function-where-those-of-others-are-read",
        """
         --- box.py
         def wrap(of):
             def wrapper(*values):
                 return of(*values)
             wrapper.__doc__ = of.__doc__
             return wrapper
         def told(of):
             return [each.__doc__ for each in of]
         def lid(n):
             \"\"\"Return the lid.\"\"\"
             return n * 3
         class Box:
             def close(self):
                 \"\"\"Shut it.\"\"\"
                 return lid(2)
         @wrap
         def shut(box):
             \"\"\"Shut a box.\"\"\"
             return box.close()
         --- test_box.py
         import box
         def test_box():
             assert box.shut(box.Box()) == 6
             assert box.told([box.shut]) == ["Shut a box."]
        """,
        swap("box.py", "Return the lid.", "Give the lid."),
        swap("box.py", "Shut it.", "Close it."),
    ),
    case(
        "function-whose-signature-a-library-looks-at",
        """
         --- box.py
         import frame
         @frame.known
         def lid(n):
             return n * 3
         --- test_box.py
         import box
         def test_box():
             assert box.lid
        """,
        swap("box.py", "n * 3", "n * 2"),
        setup=(
            library(
                """
                import inspect
                def known(function):
                    function.known = inspect.signature(function)
                    return function
                """
            ),
        ),
        env={"PYTHONPATH": "{base}/site"},
    ),
    case(
        "constant-below-a-list-of-names-that-is-made-of-others",
        """
        --- box/__init__.py
        from box import lid, hook
        from box.lid import *
        from box.hook import *
        __all__ = lid.__all__ + ["lid"]
        __all__ += hook.__all__
        __all__.extend(hook.__all__)
        --- box/lid.py
        __all__ = ["close"]
        WIDTH = 3
        def close():
            return 1
        --- box/hook.py
        __all__ = ["hang"]
        def hang():
            return 2
        --- test_box.py
        from box import *
        def test_box():
            assert close() + hang() == 3
        """,
        swap("box/lid.py", "WIDTH = 3", "WIDTH = 4"),
    ),
    case("docstring-of-a-module", _TREE, swap("box/lid.py", "The lid of a box.", "A lid.")),
    case(
        "docstring-given-to-a-class",
        _TREE,
        swap("box/mark.py", "Mark:", 'Mark:\n    """A mark."""'),
    ),
    case(
        "docstring-given-to-a-test", _TREE, swap("test_lid.py", "lid():", 'lid():\n    """Six."""')
    ),
    case(
        "attribute-of-a-class-that-no-test-has",
        _TREE,
        swap("box/hook.py", "size = 1", "size = 2"),
    ),
    case(
        "name-listed-for-star-imports-that-no-test-asks-for",
        _TREE,
        swap("box/extra.py", '["extra"]', '["extra", "__name__"]'),
    ),
    case("comment-changed", _TREE, swap("box/lid.py", "how wide", "the width")),
    case("comment-added", _TREE, append("box/lid.py", "# the end\n")),
    case("comment-in-a-test", _TREE, append("test_lid.py", "# the end\n")),
    case("comment-in-a-package-init", _TREE, append("box/__init__.py", "# the end\n")),
    case("lines-added-above", _TREE, swap("box/lid.py", "def lid", "\n\n\ndef lid")),
    case("spacing-inside-a-line", _TREE, swap("box/lid.py", "n * WIDTH", "n  *  WIDTH")),
    case("brackets-that-change-nothing", _TREE, swap("box/lid.py", "n * WIDTH", "(n * WIDTH)")),
    case(
        "quotes-of-the-other-kind",
        _TREE,
        swap("box/lid.py", '"""Return the lid."""', "'''Return the lid.'''"),
    ),
    case(
        "overload-that-only-types-read",
        """
        --- box.py
        from typing import overload
        @overload
        def lid(n: int) -> int: ...
        @overload
        def lid(n: str) -> str: ...
        def lid(n):
            return n
        --- test_box.py
        from box import lid
        def test_lid():
            assert lid(1) == 1
        """,
        swap("box.py", "@overload\n", ""),
    ),
    case(
        "old-name-of-a-module-from-which-tests-take-a-function",
        OLD_NAME
        + """
        --- test_box.py
        from box import lid
        def test_lid():
            assert lid() == 1
        """,
        swap("box.py", '"cover": 1', '"cover": 2'),
    ),
    case("readme", _TREE, append("README.md", "Even more words.\n")),
    case("page-of-the-docs", _TREE, append("docs/guide.md", "Even more.\n")),
    case("new-page", _TREE, write("docs/new.md", "New words.\n")),
    case("page-deleted", _TREE, drop("docs/guide.md")),
    case("commit-without-a-change", _TREE, git(*_COMMIT, "--allow-empty", "-qm", "two")),
    case(
        "commit-of-a-comment", _TREE, append("box/lid.py", "# end\n"), git(*_COMMIT, "-qam", "two")
    ),
    case("branch-without-a-change", _TREE, git("checkout", "-qb", "other")),
    case("function-no-test-reaches", _TREE, swap("box/lid.py", "n - 1", "n - 2")),
    case("method-no-test-reaches", _TREE, swap("box/mark.py", "return 0", "return 1")),
    case("module-no-test-reaches", _TREE, swap("box/spare.py", "return 1", "return 2")),
    case("module-no-test-reaches-deleted", _TREE, drop("box/spare.py")),
    case(
        "new-unused-function",
        _TREE,
        append("box/lid.py", "def more():\n    return 1\n"),
    ),
    case("new-unused-constant", _TREE, append("box/lid.py", "HEIGHT = 4\n")),
    case("new-unused-class", _TREE, append("box/mark.py", "class More:\n    size = 1\n")),
    case("new-unused-module", _TREE, write("box/more.py", "MORE = 1\n")),
    case("new-unused-import", _TREE, swap("box/lid.py", "WIDTH = 3", "import string\nWIDTH = 3")),
    case(
        "new-method-that-nobody-names",
        _TREE,
        append("box/mark.py", "    def scorch(self):\n        return 2\n"),
    ),
    case(
        "imports-in-another-order",
        """
        --- look.py
        import json
        import string
        SHORT = json.dumps(string.digits)[:0]
        def look():
            return SHORT
        --- test_look.py
        from look import look
        def test_look():
            assert look() == ""
        """,
        swap("look.py", "import json\nimport string", "import string\nimport json"),
    ),
    case(
        "name-that-a-library-has-too",
        """
        --- ours.py
        __version__ = "1"
        --- look.py
        import json
        import ours
        SHORT = json.__version__[:0]
        def look():
            return SHORT
        --- test_look.py
        from look import look
        def test_look():
            assert look() == ""
        """,
        swap("ours.py", "1", "2"),
    ),
    case(
        "edit-taken-back",
        _TREE,
        swap("box/lid.py", "WIDTH = 3", "WIDTH = 4"),
        swap("box/lid.py", "WIDTH = 4", "WIDTH = 3"),
    ),
    case(
        "function-no-test-reaches-beside-a-plugin-that-asks-git",
        _TREE
        + """
    --- pytest.ini
    [pytest]
    addopts = -p frame
""",
        swap("box/lid.py", "n - 1", "n - 2"),
        env={"PYTHONPATH": "{base}/site"},
        setup=(library(ASKS_GIT),),
    ),
    case(
        "skipped-tests-beside-an-edit",
        _TREE
        + """
    --- test_later.py
    import sys
    import pytest
    from box.mark import Mark
    @pytest.mark.skip("later")
    def test_by_a_mark():
        assert False
    @pytest.mark.skipif(sys.maxsize > 1, reason="here")
    def test_by_a_condition():
        assert False
    def test_by_itself():
        if Mark().read() == 1:
            pytest.skip("small")
        assert False
""",
        append("README.md", "More.\n"),
        swap("box/lid.py", "n - 1", "n - 2"),
    ),
    case("workflow", _TREE, write(".github/workflows/ci.yml", "on: push\n")),
    case(
        "file-git-ignores",
        _TREE,
        write("notes.artifact", "a\n"),
        setup=(append(".gitignore", "*.artifact\n"),),
    ),
    case(
        "file-that-one-statement-of-a-module-reads",
        """
         --- words.txt
         one
         --- shop.py
         from pathlib import Path
         WORDS = Path(__file__).with_name("words.txt").read_text()
         def price():
             return 3
         --- test_shop.py
         import shop
         def test_price():
             assert shop.price() == 3
        """,
        swap("words.txt", "one", "two"),
    ),
)
