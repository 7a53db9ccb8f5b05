"""The JSON Schemas of what FirstTry writes for others, made from the types that write it.

``python -m firsttry_tasks.schema`` writes the files anew after a type has changed.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import msgspec

from firsttry_tasks.model.flaky_records import FlakyMemory
from firsttry_tasks.model.values import Divergences, Report, Verdict
from firsttry_tasks.system import disk

KINDS = {
    "report": Report,
    "verdict": Verdict,
    "divergence": Divergences,
    "flaky": FlakyMemory,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file(kind: str) -> Path:
    """Return where a kind's published schema stands."""
    return Path(__file__).parent / f"{kind}.schema.json"


def render(kind: str) -> bytes:
    """Return the schema that a kind's types give."""
    made = {"$schema": DIALECT, **plain(msgspec.json.schema(KINDS[kind]))}
    return msgspec.json.format(msgspec.json.encode(made, order="deterministic"), indent=2) + b"\n"


def plain(part: Any) -> Any:
    """Return a schema with descriptions as Python 3.13 has them: without the code's indent."""
    if isinstance(part, dict):
        return {
            key: inspect.cleandoc(value) if key == "description" else plain(value)
            for key, value in part.items()
        }
    return [plain(item) for item in part] if isinstance(part, list) else part


def write() -> None:
    """Write every schema anew."""
    for kind in KINDS:
        disk.write(file(kind), render(kind))
