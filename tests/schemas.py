"""The published JSON Schemas, held against what runs write."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from jsonschema import Draft202012Validator

from firsttry_tasks import schema
from firsttry_tasks.reporting.programs.answer import schema_file


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema.file(kind).read_bytes()))


@cache
def _answers(command: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema_file(command).read_bytes()))


def prove_answer(text: str) -> dict[str, Any]:
    """Return what a command printed with ``--json``, held against that command's schema."""
    answer: dict[str, Any] = json.loads(text)
    _answers(answer["command"]).validate(answer)
    return answer


def prove(kind: str, data: bytes) -> None:
    """Raise jsonschema's ValidationError where the data is not what the schema says."""
    _validator(kind).validate(json.loads(data))
