"""Puts reports and verdicts into lines: findings, tables, and why each test was selected."""

from __future__ import annotations

from textwrap import dedent, shorten
from typing import TYPE_CHECKING

from firsttry_tasks.reporting.table import cut, duration, table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from firsttry_tasks.model.values import (
        Divergence,
        Finding,
        GateReport,
        GateResult,
        Report,
        ToolResult,
        Verdict,
    )

#: How many lines the console gives to the findings of a gate, and to one of them; the report has
#: them all. Judgements: with its table a run of 58 failures fits into 80 lines.
ROOM, EACH = 60, 12
#: How many lines the verdict gives to each kind of what it rests on.
SHOWN = 30
#: How many characters of a gate's outcome the table shows; the gate's own line above has all of it.
CELL = 160


def finding(it: Finding) -> str:
    """Return ``path:line:column: message [rule]``, which editors and terminals make clickable."""
    # A test file that can't be collected has its path for a node id: once is enough.
    where = place(it)
    name = f"{it.nodeid} " if it.nodeid and it.nodeid != it.path else ""
    return f"{where + ': ' if where else ''}{name}{it.message} [{it.rule}]"


def place(it: Finding) -> str:
    """Return ``path:line:column``, as much of it as is known."""
    return ":".join(str(part) for part in (it.path, it.line, it.column) if part is not None)


def findings(
    found: Iterable[Finding], where: str, *, whole: bool = False, most: int | None = None
) -> list[str]:
    """Return the lines for a gate's findings, each failure cut to its assertion.

    ``whole``: every finding, with all of its text. ``most`` is how long a line may be where there
    are so many findings that each has one line.
    """
    listed = list(found)
    if whole:
        return [line for it in listed for line in (finding(it), *_indented(it.detail.splitlines()))]
    each = min(EACH, ROOM // max(1, len(listed))) - 1
    lines: list[str] = []
    for it in listed[:ROOM]:
        # Messages of plugins may have line ends, and this line is to be one.
        line = " ".join(finding(it).split())
        lines += [line if each > 0 else cut(line, most or CELL)]
        lines += _indented(assertion(it, each))
    if len(listed) > ROOM:
        lines.append(f"... and {len(listed) - ROOM} more in {where}; all of them: -v")
    return lines


def _indented(lines: Iterable[str]) -> list[str]:
    return [f"    {line}".rstrip() for line in lines]


def assertion(it: Finding, most: int) -> list[str]:
    """Return of a failing test's text the line that failed, what pytest says to it, and where."""
    lines = it.detail.splitlines()
    marked = [number for number, line in enumerate(lines) if line.startswith(("E ", ">"))]
    if not marked:
        # Text of a plugin; most put what matters last.
        return lines[-most:] if most > 0 else []
    # A failure in a helper, or a chain of errors, has several parts, and the last one is the cause.
    end = max((at for at in marked if lines[at].startswith("E ")), default=len(lines))
    # Where a fixture is missing, advice is marked in the same way, below what went wrong.
    arrows = [at for at in marked if lines[at].startswith(">") and at < end]
    failed = [f"> {lines[at][1:].strip()}" for at in arrows][-1:]
    last = arrows[-1] if arrows else -1
    said = dedent("\n".join(lines[at][1:] for at in marked if last < at <= end)).splitlines()
    known = {"", it.message.strip(), "Use -v to get more diff"}
    kept = [*failed, *(f"E {line}" for line in said if line.strip() not in known)]
    # Where it failed, if not in the line that the finding itself names.
    where = next((line for line in reversed(lines) if line.strip()), "")
    cut_to = kept[: max(0, most - 1)]
    return [*cut_to, where] if most > 1 and where not in cut_to else cut_to


def gate_line(result: GateResult, *, cached: bool = False) -> str:
    """Return the line that the console keeps when a gate has ended."""
    time = "cached" if cached else duration(result.seconds)
    return f"{result.stage} {result.gate:<10} {result.status:<6} {time:>9}  {outcome(result)}"


def outcome(result: GateResult) -> str:
    """Return the outcome of a gate in words."""
    if result.status in {"error", "off"}:
        return result.message
    words = []
    if result.tests:
        words.append(tests(result))
    if result.tests and result.tests.retried:
        passed = [it for it in result.tests.retried if it.failures < it.runs]
        words.append(f"{len(passed)} of {len(result.tests.retried)} known flaky passed when rerun")
    if result.findings:
        n = len(result.findings)
        words.append(f"{n} finding{'s' if n > 1 else ''}")
    if result.known:
        words += [] if result.findings else ["nothing new"]
        words.append(f"{result.known} known, in ci/baseline.json")
    said = ", ".join(words) or ("nothing found" if result.status == "green" else "")
    # A gate in several folders may find nothing to check in one of them.
    return "; ".join(filter(None, (said, result.message)))


def tests(result: GateResult) -> str:
    """Return which tests ran of how many, and why these."""
    detail = result.tests
    if detail is None or detail.mode == "none":
        return "no test is affected"
    # With a file that can't be collected pytest stops before the first test. To count the selected
    # tests would read as if they had run.
    broken = sum(it.rule == "collect" for it in result.findings)
    if broken and not detail.durations:
        return f"no test ran: {broken} file{'s' if broken > 1 else ''} can't be collected"
    total = f" of {detail.counts.total}" if detail.counts.total is not None else ""
    kinds = {"selected": "affected", "smoke": "smoke", "everything": "all"}
    ran = detail.counts.selected
    return f"{ran}{total} tests ({kinds[detail.mode]})"


def began_none(result: ToolResult | GateResult) -> bool:
    """Tell whether no test ran because none could begin: a remedy is told where one is known."""
    detail = result.tests
    broken = result.status == "error" or any(it.rule == "collect" for it in result.findings)
    return detail is not None and broken and not detail.durations


def report(
    it: Report, sign: Callable[[str], str] = lambda _: " ", most: int | None = None
) -> list[str]:
    """Return the closing table of a stage; ``sign`` returns a status' sign, ``most`` cuts lines."""
    rows = [_row(line, sign) for line in it.gates]
    return table((f"  {it.stage}", "result", "time", "why"), rows, most)


def _row(line: GateReport, sign: Callable[[str], str]) -> tuple[str, str, str, str]:
    result = line.result
    time = "cached" if line.cached else duration(result.seconds) if result.seconds else "-"
    why = "nothing changed since" if line.cached else "; ".join(result.why)
    came = shorten(outcome(result), CELL, placeholder=" ...")
    name = f"{sign(result.status)} {result.gate}"
    return (name, result.status, time, f"{came}{f' ({why})' if why else ''}")


def explanation(it: Report) -> list[str]:
    """Return each selected test with the reason why it was selected."""
    for line in it.gates:
        detail = line.result.tests
        if detail is None:
            continue
        if line.cached:
            return ["No test ran: nothing changed since the tests were last green."]
        lines = [f"note: {note}" for note in detail.notes]
        if detail.mode == "everything":
            return [*lines, f"Every test ran: {'; '.join(line.result.why)}."]
        if not detail.why:
            return [*lines, "No test was selected: nothing that changed is used by any test."]
        width = max(map(len, detail.why))
        return [*lines, *(f"{name:<{width}}  {why}" for name, why in sorted(detail.why.items()))]
    return ["The tests gate is off."]


def verdict(it: Verdict) -> list[str]:
    """Return the verdict's name and the differences that it rests on."""
    # Without its sentence: that is printed last, where people look first.
    # In the first line: what was not checked is easily taken for green.
    unchecked = f" (not checked: {', '.join(it.unchecked)})" if it.unchecked else ""
    listed = ", ".join(f"{count} of {gate}" for gate, count in sorted(it.known.items()))
    known = f" (known, in ci/baseline.json: {listed})" if listed else ""
    lines = [f"verdict: {it.name}{unchecked}{known}"]
    # What was looked into is told below, and all of it above, by the stage that saw it.
    told = {met.finding for met in it.divergences[:SHOWN]}
    for side, every in (("only full saw", it.only_full), ("only warm saw", it.only_warm)):
        found = [f for f in every if f.id not in told]
        lines += [f"  {side} [{f.gate}] {finding(f)}" for f in found[:SHOWN]]
        if len(found) > SHOWN:
            lines.append(f"  ... and {len(found) - SHOWN} more")
    for met in it.divergences[:SHOWN]:
        lines += divergence(met)
    lines += [f"  remembered as flaky: {nodeid}" for nodeid in it.learned]
    return lines


def divergence(met: Divergence) -> list[str]:
    """Return a difference's cause, the reruns that showed it, and what mends it."""
    seen = ", ".join(f"{it.way} {it.failures} of {it.runs} red" for it in met.reruns)
    return [
        f"  {met.kind}: {met.nodeid or met.finding}: {met.sentence}",
        *([f"    run again: {seen}"] if seen else []),
        *([f"    {met.reason}: not selected because {met.because}"] if met.because else []),
        *([f"    to mend it: {met.mend}"] if met.mend else []),
        *(f'    depends: "{glob}" = ["{test}"]' for glob, test in sorted(met.depends.items())),
    ]
