"""Adds lines to ``[tool.firsttry.depends]`` in the text of a pyproject.toml.

The text is edited by lines, because writing parsed TOML anew would lose comments and layout.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEADER = "[tool.firsttry.depends]"


def add(text: str, wanted: Iterable[tuple[str, str]]) -> str:
    """Return the text with each pair (glob of files, glob of tests) added; comments stay.

    Raises UsageError, with the lines to paste, where the table is laid out in another way.
    """
    before = _table(text)
    after = dict(before)
    for glob, test in wanted:
        after[glob] = tuple(dict.fromkeys((*after.get(glob, ()), test)))
    new = {glob: tests for glob, tests in after.items() if before.get(glob) != tests}
    lines = text.splitlines()
    for glob, tests in new.items():
        _put(lines, glob, f"{json.dumps(glob)} = {json.dumps(list(tests))}")
    edited = "\n".join(lines) + "\n"
    # Editing by lines can go wrong (inline tables, entries over several lines). So the result is
    # parsed and has to be exactly what was meant.
    if _table(edited) != after:
        missing = "\n".join(
            f"{json.dumps(glob)} = {json.dumps(list(t))}" for glob, t in new.items()
        )
        raise UsageError(
            f"pyproject.toml can't be edited by itself; under {HEADER} add:\n{missing}"
        )
    return edited if new else text


def _put(lines: list[str], glob: str, line: str) -> None:
    """Replace the glob's line, or insert one below the header, which is added if missing."""
    if HEADER not in lines:
        lines += ["", HEADER] if lines else [HEADER]
    first = lines.index(HEADER) + 1
    own = [n for n, old in enumerate(lines) if n >= first and old.startswith(json.dumps(glob))]
    if own:
        lines[own[0]] = line
    else:
        lines.insert(first, line)


def _table(text: str) -> Mapping[str, tuple[str, ...]]:
    try:
        found: Any = decoding.toml(text)
        found = found.get("tool", {}).get("firsttry", {}).get("depends", {})
    except decoding.UndecodableError:
        # Equal to no table that is meant, so that callers see the edit as failed.
        return {"": ("not TOML",)}
    return {glob: tuple(tests) for glob, tests in found.items()}
