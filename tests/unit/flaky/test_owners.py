"""CODEOWNERS as GitHub reads it, for the patterns that are in use."""

from __future__ import annotations

import pytest

from firsttry_tasks.flaky import owners


@pytest.mark.parametrize(
    ("pattern", "path", "fits"),
    [
        ("*", "tests/a.py", True),
        ("*.py", "tests/a.py", True),
        ("*.js", "tests/a.py", False),
        ("/tests/", "tests/deep/a.py", True),
        ("tests/", "sub/tests/a.py", True),
        ("/tests/", "sub/tests/a.py", False),
        ("tests", "tests/a.py", True),
        ("tests/a.py", "tests/a.py", True),
        ("/a.py", "tests/a.py", False),
        ("tests/*", "tests/a.py", True),
        ("tests/*", "tests/deep/a.py", False),
        ("**/deep", "tests/deep/a.py", True),
        ("tests/**/a.py", "tests/x/y/a.py", True),
        ("tests/**/a.py", "tests/a.py", True),
        ("test?/a.py", "tests/a.py", True),
        ("tests/**/*", "tests/x/y/a.py", True),
        ("test[s-u]/a.py", "tests/a.py", True),
        ("!tests/a.py", "tests/a.py", False),
        ("[z-a]", "tests/a.py", False),
    ],
)
def test_patterns(pattern: str, path: str, fits: bool) -> None:  # noqa: FBT001  a case of a table
    """One pattern, one path."""
    assert owners.reader(f"{pattern} @me")(f"{path}::test") == ("@me" if fits else "")


def test_the_last_line_that_fits_decides() -> None:
    """As in GitHub: later lines are the exceptions."""
    read = owners.reader("* @all\n# a comment\n/tests/ @a @b # why\n")
    assert (read("tests/a.py::t"), read("b.py::t")) == ("@a @b", "@all")


def test_a_line_without_owner_takes_ownership_away() -> None:
    """So a folder can be nobody's."""
    assert owners.reader("* @all\n/tests/\n")("tests/a.py::t") == ""
