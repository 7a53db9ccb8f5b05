"""Adds keys to FirstTry's table in a pyproject.toml, and leaves all else as it stands there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firsttry_tasks.model import decoding

if TYPE_CHECKING:
    from collections.abc import Mapping


def edited(text: str, wanted: Mapping[str, Mapping[str, object]]) -> str:
    """Return a pyproject.toml with keys added to [tool.firsttry]; what is set there stays."""
    import tomlkit
    from tomlkit.items import InlineTable

    document = tomlkit.parse(text)
    for name, values in wanted.items():
        held: object = decoding.toml(text.encode("utf-8"))
        keys = ["tool", "firsttry", *([name] if name else [])]
        for key in keys:
            held = held.get(key, {}) if isinstance(held, dict) else {}
        new = {key: it for key, it in values.items() if isinstance(held, dict) and key not in held}
        if new:
            table: Any = document
            for place, key in enumerate(keys):
                if key not in table and isinstance(table, InlineTable):
                    table[key] = tomlkit.inline_table()
                elif key not in table:
                    table[key] = tomlkit.table(is_super_table=place < len(keys) - 1)
                table = table[key]
            for key, value in new.items():
                table[key] = value
    return _spaced(tomlkit.dumps(document), text)


def _spaced(new: str, old: str) -> str:
    """Return a text of TOML with a blank line around the tables that the old one has not."""
    heads = {it for it in old.splitlines() if it.startswith("[")}
    found: list[str] = []
    is_own = False
    for line in new.splitlines():
        starts = line.startswith("[")
        was_own, is_own = is_own, line not in heads if starts else is_own
        if starts and (is_own or was_own) and found and found[-1].strip():
            found.append("")
        found.append(line)
    return "".join(f"{it}\n" for it in found)
