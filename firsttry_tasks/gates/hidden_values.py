"""Puts the names of variables in the place of their values: what a gate says is uploaded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from collections.abc import Mapping

    from firsttry_tasks.model.values import ToolResult

#: Characters that a value has at least to be hidden: shorter ones are words and numbers that stand
#: everywhere, and whoever reads a `$NAME` there learns the value. A judgement.
SHORTEST = 6


def without_values(said: ToolResult, variables: Mapping[str, str]) -> ToolResult:
    """Return the result with ``$NAME`` wherever it says the value of one of the variables."""
    # A value may hold another one, as a password in an address.
    dear = sorted(
        ((value, name) for name, value in variables.items() if len(value) >= SHORTEST),
        key=lambda it: (-len(it[0]), it[1]),
    )

    def hidden(text: str) -> str:
        for value, name in dear:
            text = text.replace(value, f"${name}")
        return text

    findings = tuple(
        replace(it, message=hidden(it.message), detail=hidden(it.detail)) for it in said.findings
    )
    return replace(said, findings=findings, message=hidden(said.message))
