"""The published schemas say what the types say."""

from __future__ import annotations

import pytest

from firsttry_tasks import schema


@pytest.mark.parametrize("kind", sorted(schema.KINDS))
def test_published_schemas_are_current(kind: str) -> None:
    """A type that changed without its schema is a mistake (python -m firsttry_tasks.schema)."""
    assert schema.file(kind).read_bytes() == schema.render(kind)
