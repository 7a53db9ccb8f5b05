"""The published JSON Schemas, held against what runs write."""

from __future__ import annotations

import json
from functools import cache

from jsonschema import Draft202012Validator

from firsttry_tasks import schema


@cache
def _validator(kind: str) -> Draft202012Validator:
    return Draft202012Validator(json.loads(schema.file(kind).read_bytes()))


def prove(kind: str, data: bytes) -> None:
    """Raise jsonschema's ValidationError where the data is not what the schema says."""
    _validator(kind).validate(json.loads(data))
