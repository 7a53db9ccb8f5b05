"""Lines for ``[tool.firsttry.depends]``, put into the text of a pyproject.toml."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

HEADER = "[tool.firsttry.depends]"


def add(text: str, wanted: Iterable[tuple[str, str]]) -> str:
    """Return the text with each (glob of files, glob of tests) in it; comments stay.

    Raises UsageError with the lines to paste where the text is laid out in another way.
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
    if _table(edited) != after:
        told = "\n".join(f"{json.dumps(glob)} = {json.dumps(list(t))}" for glob, t in new.items())
        raise UsageError(f"pyproject.toml can't be edited by itself; under {HEADER} add:\n{told}")
    return edited if new else text


def _put(lines: list[str], glob: str, line: str) -> None:
    """Put a line in the place of the glob's own, else below the header, else at the end."""
    if HEADER not in lines:
        lines += ["", HEADER] if lines else [HEADER]
    first = lines.index(HEADER) + 1
    own = [n for n, old in enumerate(lines) if n >= first and old.startswith(json.dumps(glob))]
    if own:
        lines[own[0]] = line
    else:
        lines.insert(first, line)


def _table(text: str) -> Mapping[str, tuple[str, ...]]:
    import tomllib

    try:
        found = tomllib.loads(text).get("tool", {}).get("firsttry", {}).get("depends", {})
    except tomllib.TOMLDecodeError:
        return {"": ("not TOML",)}
    return {glob: tuple(tests) for glob, tests in found.items()}
