"""Says of what pytest ran how it was chosen, and what a project without tests comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

if TYPE_CHECKING:
    from firsttry_tasks.model.values import ToolResult


def of_mode(said: ToolResult, mode: str, known: int | None = None) -> ToolResult:
    """Return the result with the mode of choosing and the number of all tests known.

    In mode "everything" one reason holds for all tests, so no test carries its own.
    """
    if said.tests is None:
        return said
    # pytest counted only what it collected; ``known`` counts the skipped files' tests, too.
    total = said.tests.counts.total if known is None else max(known, said.tests.counts.total or 0)
    counts = msgspec.structs.replace(said.tests.counts, total=total)
    why = {} if mode == "everything" else said.tests.why
    detail = msgspec.structs.replace(said.tests, mode=mode, counts=counts, why=why)
    return told(msgspec.structs.replace(said, tests=detail))


def told(said: ToolResult) -> ToolResult:
    """Return the result of a project without any test as what it is: no green."""
    if said.status != "green" or said.tests is None or said.tests.counts.total != 0:
        return said
    return msgspec.structs.replace(said, status="off", message="there is no test to run")
