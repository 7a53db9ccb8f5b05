"""Where no record of imports, calls and files can see: owned up to, so that nobody is surprised."""

from tests.matrix.case import git, room, swap

case = room("known limit", want="unseen")
_WHO = ("-c", "user.name=m", "-c", "user.email=m@example.org")

CASES = (
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
        "state-an-earlier-test-left-in-a-module",
        """
         --- counter.py
         STATE = {}
         def begin():
             STATE["n"] = 1
         --- test_counter.py
         import counter
         def test_first():
             counter.begin()
         def test_second():
             assert counter.STATE["n"] == 1
         """,
        swap("counter.py", "= 1", "= 2"),
    ),
    case(
        "test-that-needs-an-earlier-one",
        """
         --- test_mod.py
         STATE = []
         def test_a():
             STATE.append(1)
         def test_b():
             assert STATE
         """,
        swap("test_mod.py", "    STATE.append(1)", "    pass"),
    ),
)
