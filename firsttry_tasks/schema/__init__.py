"""Makes the JSON Schemas of the files that FirstTry writes for others, from the types it writes.

After a type or its docstring has changed, ``python -m firsttry_tasks.schema`` writes them anew.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import msgspec

from firsttry_tasks.model.flaky_records import FlakyMemory
from firsttry_tasks.model.values import Divergences, Report, Verdict
from firsttry_tasks.parity.figures import Figures
from firsttry_tasks.parity.proof import Proof
from firsttry_tasks.reporting.page.values import Page
from firsttry_tasks.selection.shards.plan import Planned
from firsttry_tasks.system import disk

#: Only files that scripts of users read: all others may change without notice.
KINDS = {
    "report": Report,
    "verdict": Verdict,
    "divergence": Divergences,
    "flaky": FlakyMemory,
    "proof": Proof,
    "stats": Figures,
    "page": Page,
    "plan": Planned,
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"


def file(kind: str) -> Path:
    """Return the path of a kind's published schema."""
    return Path(__file__).parent / f"{kind}.schema.json"


def render(kind: str) -> bytes:
    """Return the bytes of the schema that a kind's types give."""
    # In a fixed order, because a test compares the published file with these bytes.
    made = {"$schema": DIALECT, **plain(msgspec.json.schema(KINDS[kind]))}
    return msgspec.json.format(msgspec.json.encode(made, order="deterministic"), indent=2) + b"\n"


def plain(part: Any) -> Any:
    """Return a schema whose descriptions have no indent."""
    # From 3.13 on Python strips a docstring's indent itself. Done here for older ones, so that all
    # give the same file.
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
