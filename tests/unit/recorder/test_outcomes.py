"""The events of a test run, which are read whatever its tests do to Python's own modules."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firsttry_tasks.recorder.inside_pytest.outcomes import EventStream

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def test_what_a_test_makes_of_json_spoils_no_event(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its separators are attributes of a class, and its functions those of a module."""
    stream = EventStream(str(tmp_path / "events"))
    with monkeypatch.context() as patched:
        patched.setattr(json.JSONEncoder, "item_separator", ";")
        patched.setattr(json.JSONEncoder, "iterencode", lambda *_: ["broken"])
        patched.setattr(json, "dumps", lambda *_: "broken")
        stream.write("note", text="one \ud800", count=1.5)
    found = json.loads((tmp_path / "events").read_text("ascii"))
    assert found == {"e": "note", "text": "one \ud800", "count": 1.5}
