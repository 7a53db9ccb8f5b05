"""Makes the JSON Schemas of what FirstTry writes for others, from the types that it writes.

There is one for each file that scripts read, and in ``answers/`` one for each command: of what the
command prints with ``--json``.

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
from firsttry_tasks.reporting.programs.answer import Envelope, Told, schema_file
from firsttry_tasks.reporting.programs.stage_answer import StageAnswer
from firsttry_tasks.reporting.statistics import FlakyAnswer
from firsttry_tasks.selection.shards.plan import Planned
from firsttry_tasks.steps.ask.checked import SettingsAnswer
from firsttry_tasks.steps.ask.doctor import DoctorAnswer
from firsttry_tasks.steps.ask.questions import ImpactAnswer, WhyAnswer
from firsttry_tasks.steps.ask.upkeep import FingerprintAnswer, LockAnswer
from firsttry_tasks.steps.cache.storage import StoreAnswer
from firsttry_tasks.steps.init.command import InitAnswer
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
#: Every command -> the types of which one is its answer. Whatever a command's own answer is, where
#: it could give none its lines stand in its place.
ANSWERS: dict[str, tuple[type, ...]] = {
    "warm": (StageAnswer,),
    "staged": (StageAnswer,),
    "full": (StageAnswer,),
    "merge": (StageAnswer,),
    "plan": (Planned,),
    "pre-commit": (StageAnswer, Verdict),
    "compare": (Verdict,),
    "parity": (Verdict,),
    "why": (WhyAnswer,),
    "impact": (ImpactAnswer,),
    "doctor": (DoctorAnswer,),
    "flaky": (FlakyAnswer,),
    "settings": (SettingsAnswer,),
    "fingerprint": (FingerprintAnswer,),
    "lock": (LockAnswer,),
    "store": (StoreAnswer,),
    "init": (InitAnswer,),
    "mcp": (),
    "replay": (Proof,),
    "drill": (Proof,),
    "report": (Page,),
    "stats": (Figures,),
    **dict.fromkeys(
        ("baseline", "clear-cache", "comment", "completion", "demo", "help", "list"), ()
    ),
    **dict.fromkeys(("package", "publish", "testmon", "update-cache", "watch"), ()),
}
DIALECT = "https://json-schema.org/draft/2020-12/schema"
#: Where a schema finds the shapes that it names.
REF = "#/$defs/{name}"


def file(kind: str) -> Path:
    """Return the path of a kind's published schema."""
    return Path(__file__).parent / f"{kind}.schema.json"


def render(kind: str) -> bytes:
    """Return the bytes of the schema that a kind's types give."""
    return _bytes({"$schema": DIALECT, **plain(msgspec.json.schema(KINDS[kind]))})


def render_answer(command: str) -> bytes:
    """Return the bytes of the schema of a command's answer."""
    head, *answers = (Envelope, *ANSWERS[command], Told)
    names = {kind.__name__ for kind in answers}
    (first, *rest), shapes = msgspec.json.schema_components((head, *answers), ref_template=REF)
    made = {
        "$schema": DIALECT,
        "title": f"ft {command} --json",
        "type": "object",
        "allOf": [first],
        "anyOf": rest,
        "$defs": plain({n: _apart(it) if n in names else it for n, it in shapes.items()}),
    }
    return _bytes(made)


def _apart(shape: dict[str, Any]) -> dict[str, Any]:
    """Return an answer's shape without the keys of the envelope, which stand in their place."""
    own = set(shape.get("properties", ())) - set(Envelope.__struct_fields__)
    kept = {name: it for name, it in shape.get("properties", {}).items() if name in own}
    return shape | {"properties": kept, "required": [it for it in shape["required"] if it in own]}


def _bytes(made: dict[str, Any]) -> bytes:
    # In a fixed order, because a test compares the published file with these bytes.
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
    for command in ANSWERS:
        disk.write(schema_file(command), render_answer(command))
