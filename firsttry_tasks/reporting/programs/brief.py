"""Says in few words what a stage came to, for an agent: each word it reads is one less for code."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from firsttry_tasks.reporting.answers import counted
from firsttry_tasks.reporting.table import cut, duration

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firsttry_tasks.reporting.programs.causes import Cause
    from firsttry_tasks.reporting.programs.stage_answer import GateLine, StageAnswer

#: How many lines a red stage takes, a cause at most, and how long each of them may be. Judgements.
ROOM, EACH, WIDE = 58, 24, 300
#: How many places, or files of tests, are named of those that have the same cause.
NAMED = 4


def stage(it: StageAnswer, then: str | None, above: frozenset[str] = frozenset()) -> list[str]:
    """Return one line where a stage is green; else also each cause, and how to go on.

    ``above`` are names of findings that the lines of an earlier stage have told.
    """
    broken = [line for line in it.gates if line.status == "error"]
    lines = [_head(it), *(f"{line.gate} could not do its work: {line.outcome}" for line in broken)]
    if it.status == "green":
        return lines
    new = [cause for cause in it.causes if not above.issuperset(cause.names)]
    if len(new) < len(it.causes):
        lines.append("The rest is as above.")
    lines += _causes(new, ROOM - len(lines) - 2, it.report)
    again = next((cause.again for cause in new if cause.shown), "")
    lines += [f"again: {again}"] if again else []
    return [cut(line, WIDE) for line in (*lines, *([f"next: {then}"] if then else ()))]


def _head(it: StageAnswer) -> str:
    total = sum(cause.count for cause in it.causes)
    came = [_gate(line) for line in it.gates if line.status != "off"]
    causes = f" {counted(total, 'finding')}, {counted(len(it.causes), 'cause')};" if total else ""
    told = counted(len(it.warnings), "warning")
    warned = f"; {told}, in {it.report}" if it.warnings else ""
    return f"{it.stage} is {it.status}:{causes} {', '.join(came)}; {duration(it.seconds)}{warned}"


def _gate(line: GateLine) -> str:
    if line.status != "green":
        return f"{line.gate} {line.status}"
    if line.cached:
        return f"{line.gate} unchanged"
    return line.outcome if line.gate == "tests" else line.gate


def _causes(found: Sequence[Cause], room: int, report: str) -> list[str]:
    """Return the lines of the causes, the largest with the most room."""
    shown = found[: max(1, room - 1)]
    lines: list[str] = []
    for number, cause in enumerate(shown):
        left = room - len(lines) - (len(shown) - number - 1)
        lines += _cause(cause)[: max(1, min(EACH, left))]
    more = len(found) - len(shown)
    return [*lines, f"... and {counted(more, 'cause')} more in {report}"] if more else lines


def _cause(cause: Cause) -> list[str]:
    thing = "test" if cause.gate == "tests" else f"{cause.gate} {cause.rule}"
    first, *others = cause.names
    return [
        f"{counted(cause.count, thing)}: {cause.sentence}",
        f"  {first}{_others(others, cause.gate)}",
        *(f"    {line}" for line in cause.shown),
    ]


def _others(names: Iterable[str], gate: str) -> str:
    """Return the other tests by their files, or other places."""
    kinds = Counter(name.partition("::")[0] if gate == "tests" else name for name in names)
    ranked = [f"{name} ({n})" if n > 1 else name for name, n in kinds.most_common(NAMED)]
    more = len(kinds) - len(ranked)
    said = ", ".join((*ranked, *([f"{more} more"] if more else ())))
    return f", and in {said}" if said else ""
