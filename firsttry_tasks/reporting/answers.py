"""Puts the answers to questions into lines: short, grouped by reason, in words."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from firsttry_tasks.model.observed import ALL, place

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from firsttry_tasks.selection.decide.queries import Answer

#: How many tests of a reason, reasons, or things that a test uses are named. Judgements: an answer
#: is to fit on a screen.
NAMED, REASONS, USED = 6, 12, 8
#: What a test does with what it was seen to look at; other kinds are not for people.
VERBS = {
    "read": "reads",
    "outside": "reads",
    "probed": "looks for",
    "list": "lists",
    "env": "asks for the variable",
    "untraceable": "can't be followed:",
}


def counted(number: int, thing: str = "test") -> str:
    """Return ``1 test`` or ``12 tests``."""
    return f"{number} {thing}{'' if number == 1 else 's'}"


def groups(tests: Mapping[str, str], *, every: bool = False) -> list[str]:
    """Return the tests under their reasons, the reason of most tests first."""
    found: dict[str, list[str]] = {}
    for nodeid, why in tests.items():
        found.setdefault(why, []).append(nodeid)
    ranked = sorted(found.items(), key=lambda pair: (-len(pair[1]), pair[0]))
    shown = ranked if every else ranked[:REASONS]
    lines = []
    for why, nodeids in shown:
        lines += ["", f"{counted(len(nodeids))}: {why}"]
        lines += [f"  {name}" for name in (nodeids if every else named(nodeids))]
    if ranked[len(shown) :]:
        rest = sum(len(nodeids) for _, nodeids in ranked[len(shown) :])
        reasons = counted(len(ranked) - len(shown), "reason")
        lines += ["", f"and {counted(rest)} for {reasons} more (--all)"]
    return lines


def named(nodeids: Sequence[str]) -> list[str]:
    """Return a few lines for these tests: functions where they are few, else files."""
    functions = Counter(nodeid.partition("[")[0] for nodeid in nodeids)
    kinds = functions
    if len(functions) > NAMED:
        kinds = Counter(nodeid.partition("::")[0] for nodeid in nodeids)
    # Those with most tests say most.
    lines = [
        f"{name} ({number})" if number > 1 else name
        for name, number in sorted(kinds.items(), key=lambda pair: (-pair[1], pair[0]))[:NAMED]
    ]
    more = len(kinds) - len(lines)
    return [*lines, f"... and {more} more (--all)"] if more > 0 else lines


def one(answer: Answer, *, every: bool = False) -> list[str]:
    """Return why one test would run or not, and what it uses."""
    runs = "would run" if answer.runs else "would not run"
    lines = [f"{answer.nodeid} {runs}: {answer.why}."]
    if not answer.known:
        return lines
    lines.append(f"When it ran last it {answer.outcome}. It ran code of {_few(answer.code, every)}")
    looked: dict[str, list[str]] = {}
    for it in answer.looked:
        kind, _, name = it.partition(" ")
        if kind in VERBS:
            every_one = kind == "env" and name == ALL
            verb = "asks for" if every_one else VERBS[kind]
            looked.setdefault(verb, []).append("all variables" if every_one else place(name))
    lines += [f"It {said} {_few(names, every)}" for said, names in looked.items()]
    return lines


def _few(names: Sequence[str], every: bool) -> str:  # noqa: FBT001  the option, handed on
    shown = names if every else names[:USED]
    more = len(names) - len(shown)
    return ", ".join(shown) + (f" and {more} more (--all)." if more else ".")


def several(word: str, answers: Sequence[Answer], *, every: bool = False) -> list[str]:
    """Return which of the tests that a word stands for would run, and why."""
    running = {it.nodeid: it.why for it in answers if it.runs}
    standing = {it.nodeid: it.why for it in answers if not it.runs}
    head = f"{word} stands for {counted(len(answers))}; {len(running)} would run."
    return [head, *groups(running, every=every), *groups(standing, every=every)]
