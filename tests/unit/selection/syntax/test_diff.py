"""What differs between two versions of a file."""

from __future__ import annotations

import pytest

from firsttry_tasks.selection.syntax.diff import compare
from firsttry_tasks.selection.syntax.parse import take_apart


@pytest.mark.parametrize(
    ("before", "after", "moved"),
    [
        ("import a\nimport b\n", "import b\nimport a\n", True),
        ("from a import x\nfrom b import y\n", "from b import y\nfrom a import x\n", True),
        # The later one wins.
        ("from a import x\nfrom b import x\n", "from b import x\nfrom a import x\n", False),
        ("from a import *\nimport b\n", "import b\nfrom a import *\n", False),
        ("x = a()\ny = b()\n", "y = b()\nx = a()\n", False),
    ],
)
def test_imports_bind_the_same_wherever_they_stand(before: str, after: str, moved: bool) -> None:  # noqa: FBT001
    """Of two that change places one moved, unless others bind its names."""
    delta = compare(take_apart(before.encode()), take_apart(after.encode()))
    assert delta
    assert bool(delta.moved) is moved
    assert bool(delta.statements or delta.added) is not moved
