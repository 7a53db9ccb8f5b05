"""What git knows besides the files of the tree: branches, tags, messages."""

from tests.soundness.case import git, room

case = room("what git knows")
_WHO = ("-c", "user.name=m", "-c", "user.email=m@example.org")

CASES = (
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
        "git-asked-for-what-is-staged",
        """
         --- test_staged.py
         import subprocess
         def test_nothing():
             assert not subprocess.check_output(["git", "diff", "--cached", "--name-only"])
         """,
        git("update-index", "--chmod=+x", "test_staged.py"),
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
)
