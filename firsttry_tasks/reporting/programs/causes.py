"""Groups findings by what causes them, so that 58 failures of one mistake read as one."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.reporting import text

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from firsttry_tasks.model.values import Finding, GateReport

#: How many lines of a failing test's text are shown: a diff of a small value fits. A judgement.
SHOWN = 16
#: The last line of pytest's text: where the error was raised, and its class.
PLACE = re.compile(r"(?P<path>[^\s:][^:]*):(?P<line>\d+): (?P<what>\w+)$")
#: Texts and numbers, in which lines of one mistake differ.
LITERAL = re.compile(r"""("[^"]*"|'[^']*'|\b\d[\w.]*\b)""")


class Cause(Struct, frozen=True, kw_only=True):
    """Findings with one cause: how many, which, and what the first one looks like.

    ``sentence`` says what they have in common. ``names`` are node ids of tests, or places in files.
    ``shown`` is the failing line of the first test with pytest's comparison; ``again`` is the
    command line that runs the first test alone, or all of the gate.
    """

    gate: str
    rule: str
    sentence: str
    count: int
    names: tuple[str, ...]
    shown: tuple[str, ...] = ()
    again: str = ""


def causes(line: GateReport, again: Callable[[Finding], str]) -> tuple[Cause, ...]:
    """Return a gate's findings grouped by cause, the largest group first."""
    reasons = line.result.tests.why if line.result.tests else {}
    groups: dict[tuple[str, ...], list[Finding]] = {}
    for it in line.result.findings:
        groups.setdefault(_key(it, reasons), []).append(it)
    found = [_cause(key, group, again) for key, group in groups.items()]
    return tuple(sorted(found, key=lambda it: -it.count))


def _key(it: Finding, reasons: Mapping[str, str]) -> tuple[str, ...]:
    """Return what findings of one cause have in common; its last part is for people."""
    if it.gate != "tests":
        return (it.gate, it.rule)
    place = PLACE.match(_last(it.detail))
    # Raised in code that the test called: whoever called it fails there.
    if place and place["path"] != it.path:
        return ("place", place["what"], f"{place['path']}:{place['line']}")
    # The test's own assertion. What made it run is what changed, and the best guess there is.
    change, _, met = reasons.get(it.nodeid or "", "").partition(", and ")
    if met:
        return ("change", it.rule, change)
    kind = place["what"] if place else it.rule
    return ("line", kind, LITERAL.sub("_", next(iter(text.assertion(it, 2)), it.message)))


def _last(detail: str) -> str:
    return next((line for line in reversed(detail.splitlines()) if line.strip()), "")


def _cause(key: tuple[str, ...], group: list[Finding], again: Callable[[Finding], str]) -> Cause:
    first = group[0]
    said = " ".join(first.message.split())
    return Cause(
        gate=first.gate,
        rule=first.rule,
        sentence=f"{key[-1]}: {said}" if key[0] in {"place", "change"} else said,
        count=len(group),
        names=tuple(it.nodeid or text.place(it) or it.rule for it in group),
        shown=tuple(text.assertion(first, SHOWN)) if first.gate == "tests" else (),
        again=again(first),
    )
