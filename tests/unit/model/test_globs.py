"""Globs mean what they mean in a .gitignore, wherever they stand."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.model import globs
from firsttry_tasks.model.errors import UsageError


@pytest.mark.parametrize(
    ("patterns", "path", "fits"),
    [
        (("*.md",), "docs/deep/a.md", True),
        (("docs/*.md",), "docs/a.md", True),
        (("docs/*.md",), "docs/deep/a.md", False),
        (("docs/**/*.md",), "docs/a.md", True),
        (("docs/**/*.md",), "docs/deep/a.md", True),
        (("docs",), "src/docs/a.md", True),
        (("/docs",), "src/docs/a.md", False),
        (("docs/**", "!docs/data.md"), "docs/data.md", False),
        (("docs/**", "!docs/data.md"), "docs/a.md", True),
        (("!docs/data.md", "docs/**"), "docs/data.md", True),
        (("data[12].txt",), "data1.txt", True),
        (("data[12].txt",), "data[12].txt", False),
        ((r"data\[12].txt",), "data[12].txt", True),
        (("data[[]12].txt",), "data[12].txt", True),
        ((), "a", False),
    ],
)
def test_meanings(patterns: tuple[str, ...], path: str, fits: bool) -> None:  # noqa: FBT001
    """Some globs, one path."""
    assert globs.fit(path, *patterns) == fits


@pytest.mark.parametrize("glob", ["!", "a\\", "[z-a]"])
def test_what_is_no_glob_is_wrong_usage(glob: str) -> None:
    """The sentence has it."""
    with pytest.raises(UsageError, match="can't be read as globs"):
        globs.fit("a", glob)


#: Names as a file may have them.
NAMES = st.text(
    st.characters(codec="ascii", categories=("L", "N", "P", "S", "Zs"), exclude_characters="/"),
    min_size=1,
).filter(lambda name: name not in {".", ".."})


@given(st.lists(NAMES, min_size=1, max_size=3))
def test_a_path_can_be_said_exactly(names: list[str]) -> None:
    """Whatever is in its name; and no other fits."""
    path = "/".join(names)
    glob = globs.exactly(path)
    assert [globs.fit(it, glob) for it in (path, f"{path}x", f"x{path}")] == [True, False, False]
