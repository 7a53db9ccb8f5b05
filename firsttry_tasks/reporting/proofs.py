"""Puts what was played into lines: a row for each commit or fault, and what all of it comes to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.parity.played import Faulty, Step
from firsttry_tasks.parity.proof import WIDE
from firsttry_tasks.reporting.answers import counted
from firsttry_tasks.reporting.table import cut, duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from firsttry_tasks.parity.played import Missed, Played
    from firsttry_tasks.parity.proof import Proof

#: What is said of commits and faults that say nothing of warm.
APART = {
    "learned": "learned here, all tests ran",
    "uncollected": "its tests can't be collected with what is installed",
    "uninstalled": "it is not installed as this checkout is",
    "unanswered": "warm gave no answer",
    "hung": "its tests did not end",
}
#: What is said where nothing is left to play.
STANDS = "All of it was played before, and nothing changed since; --anew plays it again."
#: Letters for a commit's subject or a fault's place, misses that are named, and a line's length.
ROOM, NAMED, LINE = 38, 10, 150
COLUMNS = ("missed", "false red", "warm", "all")


def head() -> list[str]:
    """Return the head of the table."""
    names = "".join(f"{name:>11}" for name in COLUMNS)
    return [f"{'':{ROOM + 14}}{'tests':>13}{names}"]


def row(it: Played) -> str:
    """Return the row of a commit or of a fault."""
    if isinstance(it, Step):
        left = f"{it.commit}  {it.subject[:ROOM]:{ROOM}}"
    else:
        kind, place = (it.kind, it.place) if isinstance(it, Faulty) else ("", "")
        left = f"{kind[:15]:16}{place[-ROOM + 4 :]:{ROOM - 4}}"
    if it.state != "judged":
        note = f": {' '.join(it.note.split())}" if it.note else ""
        return cut(f"{left}  {APART[it.state]}{note}", LINE)
    cells = (len(it.missed) or "-", len(it.false_red) or "-")
    times = (duration(it.warm_seconds), duration(it.full_seconds))
    numbers = "".join(f"{cell:>11}" for cell in (*cells, *times))
    return f"{left}{f'{it.ran}/{it.total}':>13}{numbers}"


def of_replay(proof: Proof) -> list[str]:
    """Return what a replay came to."""
    found = proof.sums
    new = f", and {counted(found.new)} were new" if found.new else ""
    return [
        "",
        f"{counted(found.judged, 'commit')} judged{_apart(found.apart)}.",
        f"{counted(found.tests, 'outcome')} of tests changed{new}.",
        *_rest(proof, "commits"),
    ]


def of_drill(proof: Proof) -> list[str]:
    """Return what a drill came to."""
    found = proof.sums
    broke = sum(it.broke > 0 for it in proof.faults)
    return [
        "",
        f"{counted(found.judged, 'fault')} judged{_apart(found.apart)}.",
        f"{broke} of them broke {counted(found.tests)}.",
        *_rest(proof, "faults"),
    ]


def _rest(proof: Proof, things: str) -> Iterator[str]:
    found = proof.sums
    played = (*proof.steps, *proof.faults)
    yield f"Missed: {found.missed or 'none'}. Failed in warm alone: {found.false_red or 'none'}."
    if found.flaky:
        yield f"{counted(found.flaky)} answered both ways on the same tree and count nowhere."
    yield from _named([miss for it in played for miss in it.missed])
    yield from (f"  failed in warm alone: {name}" for name in _false(played)[:NAMED])
    if found.judged:
        word = "saved" if found.saved >= 0 else "lost"
        yield f"Tests run: {found.mean:.1%} in the mean, {found.median:.1%} in the median."
        yield (
            f"Time: warm {duration(found.warm_seconds)} instead of {duration(found.full_seconds)},"
            f" {duration(abs(found.saved))} {word}."
        )
    yield from _reasons("Everything ran for these reasons (times):", found.everything)
    yield from _reasons(f"Runs of over {WIDE:.0%} of the tests chose them for (tests):", found.wide)
    yield from ("", proof.verdict)
    if proof.left:
        yield f"{proof.left} {things} are left; to go on: {proof.next}"


def _apart(apart: Mapping[str, int]) -> str:
    words = [
        f"{number} told apart: {APART[state]}"
        for state, number in sorted(apart.items())
        if state != "learned"
    ]
    return "".join(f"; {word}" for word in words)


def _named(missed: Sequence[Missed]) -> Iterator[str]:
    for miss in missed[:NAMED]:
        yield f"  missed: {miss.nodeid} ({miss.before} before, {miss.now} now)"
        if miss.because:
            yield f"    {miss.because}; {miss.mend}"
    if len(missed) > NAMED:
        yield f"  and {len(missed) - NAMED} more (--json)"


def _false(played: Sequence[Played]) -> list[str]:
    return [name for it in played for name in it.false_red]


def _reasons(title: str, found: Mapping[str, int]) -> Iterator[str]:
    if found:
        yield title
        yield from (cut(f"  {number} x {why}", LINE) for why, number in found.items())
