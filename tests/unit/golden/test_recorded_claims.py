"""What a foreign box says of its own recording is held against git."""

from __future__ import annotations

import pytest

from firsttry_tasks.golden import recorded_claims

COMMITTED = {"a.py": "100644 aa", "b.bin": "100644 bb", "l": "120000 cc", "sub": "160000 dd"}


@pytest.mark.parametrize(
    ("manifest", "wrong"),
    [
        ({"a.py": "100644 aa", "b.bin": "100644 bb+raw", "l": "120000 cc+behind outside"}, ""),
        ({"sub": "160000 dd", "sub/x.py": "100644 ff"}, ""),
        ({"a.py": "100755 aa"}, ""),
        ({"a.py": "100644 later"}, "a.py"),
        ({"b.bin": "100644 later+raw"}, "b.bin"),
        ({"new.py": "100644 aa"}, "new.py"),
        ({"subway.py": "100644 aa"}, "subway.py"),
    ],
)
def test_a_run_is_held_against_its_commit(manifest: dict[str, str], wrong: str) -> None:
    """A box that claims a later change for its own would hide it."""
    assert recorded_claims.uncommitted(manifest, COMMITTED) == wrong
