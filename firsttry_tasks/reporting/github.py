"""Writes GitHub's own forms: annotations on lines, and a step's summary in markdown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.reporting import markdown
from firsttry_tasks.reporting.console import harmless
from firsttry_tasks.reporting.table import duration
from firsttry_tasks.reporting.text import outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from firsttry_tasks.model.values import Finding, Report, Verdict

#: GitHub shows ten annotations of a kind for each step and drops the others.
SHOWN = 10


def marks(found: Iterable[Finding]) -> list[str]:
    """Return the workflow commands that show findings at their lines in a pull request."""
    return [_annotation(it) for it in list(found)[:SHOWN]]


def _annotation(it: Finding) -> str:
    fields = {"file": it.path, "line": it.line, "col": it.column, "title": f"{it.tool} {it.rule}"}
    parts = ",".join(f"{k}={_escape(str(v), ',:')}" for k, v in fields.items() if v is not None)
    message = f"{it.nodeid}: {it.message}" if it.nodeid else it.message
    return f"::error {parts}::{_escape(message)}"


def _escape(text: str, more: str = "") -> str:
    # A message keeps its lines; what else steers a terminal would steer the log.
    text = harmless(text.replace("\r\n", "\n"))
    # "%" comes first: it is in each escape, and would be escaped again. Unescaped line ends in a
    # test's message could start a workflow command of their own.
    for char in "%\r\n" + more:
        text = text.replace(char, f"%{ord(char):02X}")
    return text


def summary(report: Report) -> str:
    """Return a stage's table in markdown."""
    rows = [
        f"| {line.result.gate} | {line.result.status} | "
        f"{'cached' if line.cached else duration(line.result.seconds)} | "
        f"{markdown.plain(outcome(line.result))} |"
        for line in report.gates
    ]
    head = [
        f"### FirstTry {report.stage}: {report.status}",
        "",
        "| gate | result | time | |",
        "|---|---|---|---|",
    ]
    return "\n".join([*head, *rows, "", ""])


def verdict_summary(verdict: Verdict) -> str:
    """Return the verdict in markdown, where no report stands that more could be told of."""
    return f"### FirstTry verdict: {verdict.name}\n\n{markdown.plain(verdict.sentence)}\n\n"
