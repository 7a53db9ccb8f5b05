"""The tools that agents are given: what each takes, and the command of ft that answers it."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from msgspec import Meta, Struct

#: Where a schema finds the shapes that it names.
REF = "#/$defs/{name}"


class Warm(Struct, frozen=True, forbid_unknown_fields=True):
    """Run the checks and tests that the changes in this checkout can break.

    Call it after each edit. `status` is green or red; `causes` groups what is red.
    """

    def words(self) -> tuple[str, ...]:
        """Return ft's words for a call of this tool."""
        return ("warm",)


class Why(Struct, frozen=True, forbid_unknown_fields=True):
    """Say why a test would run now, or whether it was red before the change. Nothing is run."""

    test: Annotated[
        str,
        Meta(
            description="A node id, or the name of a test, class, file or folder."
            " With was_red it may be left out: all that are red now."
        ),
    ] = ""
    was_red: Annotated[
        bool, Meta(description="Ask the record whether the test was red before this change.")
    ] = False

    def words(self) -> tuple[str, ...]:
        """Return ft's words for a call of this tool."""
        asked = ("--", self.test) if self.test else ()
        return ("why", *(("--was-red",) if self.was_red else ()), *asked)


class Impact(Struct, frozen=True, forbid_unknown_fields=True):
    """List the tests that an edit would select, before it is made. Nothing is run."""

    edit: Annotated[
        str, Meta(description="A file, FILE::NAME for a function, class or variable, or a name.")
    ]

    def words(self) -> tuple[str, ...]:
        """Return ft's words for a call of this tool."""
        return ("impact", "--", self.edit)


class Flaky(Struct, frozen=True, forbid_unknown_fields=True):
    """List the tests that are known to answer both ways on the same code."""

    def words(self) -> tuple[str, ...]:
        """Return ft's words for a call of this tool."""
        return ("flaky",)


class Verdict(Struct, frozen=True, forbid_unknown_fields=True):
    """Say whether warm gave the answer of a full run: success, red, flaky or escape."""

    run: Annotated[
        bool,
        Meta(
            description="Run warm and everything first, which may take minutes;"
            " else the two last reports are compared."
        ),
    ] = False

    def words(self) -> tuple[str, ...]:
        """Return ft's words for a call of this tool."""
        return ("parity",) if self.run else ("compare",)


Call = Warm | Why | Impact | Flaky | Verdict
TOOLS: dict[str, type[Call]] = {
    "warm": Warm,
    "why": Why,
    "impact": Impact,
    "flaky": Flaky,
    "verdict": Verdict,
}
#: Tools that only look; the others run tests, and write reports and records.
LOOKING = frozenset({"why", "impact", "flaky"})
#: The command whose schema a tool's answers have.
ANSWERED_AS = {"verdict": "compare"}


def read(name: str, arguments: dict[str, Any]) -> tuple[str, ...]:
    """Return ft's words for a call; raises msgspec.ValidationError for arguments that don't fit."""
    return msgspec.convert(arguments, TOOLS[name]).words()


def takes(name: str) -> dict[str, Any]:
    """Return the JSON Schema of a tool's arguments."""
    kind = TOOLS[name]
    _, shapes = msgspec.json.schema_components((kind,), ref_template=REF)
    shape = dict(shapes[kind.__name__])
    shape.pop("description")
    return shape


def about(name: str) -> str:
    """Return what a tool is for."""
    return " ".join((TOOLS[name].__doc__ or name).split())
