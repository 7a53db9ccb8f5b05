"""What a whole replay or drill comes to: sums, an exit code, and a verdict in words."""

from __future__ import annotations

import statistics
from collections import Counter
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from firsttry_tasks.parity.history import upper
from firsttry_tasks.parity.played import Faulty, Played, Step, ranked

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

Kind = Literal["replay", "drill"]
#: Exit codes: a miss is an escape; a false red is a red; nothing could be judged.
ESCAPE, RED, UNABLE = 99, 1, 2
#: Warm pays where it takes less than this part of the time of all tests, and little up to the
#: second one. Judgements: a half is felt, and a tenth is noise.
PAYS, EVEN = 0.5, 0.9
#: A run that is wider than this counts as wide, and its reasons are told. A judgement: from here
#: on what is left out hardly pays for choosing.
WIDE = 0.5


class Sums(Struct, frozen=True, kw_only=True):
    """What all that was played comes to.

    ``tests`` outcomes changed, or failed by a fault, and ``missed`` were left out. ``telling`` are
    the commits or faults at which there was something to miss; ``bound`` is the share of such at
    which something is missed at most, with 95 % certainty. ``mean`` and ``median`` are shares of
    tests that ran. ``everything`` counts the reasons of runs of all tests, ``wide`` the tests that
    ran for each reason in runs of more than half of them. ``saved`` are seconds, below zero where
    warm took longer.
    """

    judged: int
    apart: dict[str, int]
    tests: int
    new: int
    missed: int
    telling: int
    bound: float
    false_red: int
    flaky: int
    mean: float
    median: float
    files_skipped: float
    warm_seconds: float
    full_seconds: float
    saved: float
    everything: dict[str, int]
    wide: dict[str, int]


def sums(played: Sequence[Played]) -> Sums:
    """Return what all that was played comes to."""
    judged = [it for it in played if it.state == "judged"]
    telling = [it for it in judged if it.missed or _tests(it)]
    shares = [it.share for it in judged] or [0.0]
    skipped = [1 - it.files_ran / it.files for it in judged if it.files] or [0.0]
    warm, full = sum(it.warm_seconds for it in judged), sum(it.full_seconds for it in judged)
    return Sums(
        judged=len(judged),
        apart=dict(Counter(it.state for it in played if it.state != "judged")),
        tests=sum(map(_tests, judged)),
        new=sum(it.new for it in judged if isinstance(it, Step)),
        missed=sum(len(it.missed) for it in judged),
        telling=len(telling),
        bound=round(upper(sum(bool(it.missed) for it in telling), len(telling)), 4),
        false_red=sum(len(it.false_red) for it in judged),
        flaky=sum(len(it.flaky) for it in judged),
        mean=round(statistics.mean(shares), 4),
        median=round(statistics.median(shares), 4),
        files_skipped=round(statistics.mean(skipped), 4),
        warm_seconds=round(warm, 2),
        full_seconds=round(full, 2),
        saved=round(full - warm, 2),
        everything=ranked(Counter(it.everything for it in judged if it.everything)),
        wide=ranked(_wide(judged)),
    )


def _tests(it: Played) -> int:
    """Return how many outcomes warm had to know of."""
    if isinstance(it, Step):
        return it.changed
    return it.broke if isinstance(it, Faulty) else 0


def _wide(judged: Iterable[Played]) -> Counter[str]:
    found: Counter[str] = Counter()
    for it in judged:
        if it.share > WIDE:
            found.update(it.reasons)
    return found


class Proof(Struct, frozen=True, kw_only=True):
    """What a whole replay or drill came to: every step of it, sums, and the verdict in words.

    ``left`` commits or faults are not played yet; ``next`` is the command to go on with.
    """

    schema_version: int = 1
    kind: Kind
    left: int
    exit_code: int
    verdict: str
    next: str
    sums: Sums
    steps: tuple[Step, ...] = ()
    faults: tuple[Faulty, ...] = ()


def proof(kind: Kind, played: Sequence[Played], left: int, asked: int) -> Proof:
    """Return the proof that was played, of so many commits or faults that were asked for."""
    found = sums(played)
    code = ESCAPE if found.missed else RED if found.false_red else 0
    # Nothing could be judged, and nothing is left that could be.
    code = code if found.judged or left else UNABLE
    words = f"--commits {asked}" if kind == "replay" else f"--faults {asked}"
    return Proof(
        kind=kind,
        left=left,
        exit_code=code,
        verdict=verdict(found, kind),
        next=f"ft {kind} {words}" if left else "ft doctor" if code else "ft init",
        sums=found,
        steps=tuple(it for it in played if isinstance(it, Step)),
        faults=tuple(it for it in played if isinstance(it, Faulty)),
    )


def verdict(found: Sums, kind: Kind) -> str:
    """Say in words whether warm pays here."""
    thing = "commit" if kind == "replay" else "fault"
    if not found.judged:
        mend = (
            " Make their tests run in this environment, by installing what is missing or by a"
            " variable as PYTHONPATH=., and play them again."
            if found.apart.get("uncollected")
            else ""
        )
        return f"Nothing is proved: no {thing} could be judged.{mend}"
    if found.missed:
        return (
            f"Don't rely on warm alone here yet: tests left out that had to run: {found.missed}."
            " What mends them is said above; run ft parity until it is mended."
        )
    sure = (
        f"nothing was missed at {found.telling} that changed an outcome (at most"
        f" {found.bound:.1%} of such {thing}s, 95 % sure)"
        if found.telling
        else f"no {thing} changed an outcome, so whether warm misses any is not shown"
    )
    part = found.warm_seconds / found.full_seconds if found.full_seconds else 1.0
    if part < PAYS:
        pays = f"Warm pays here: it takes {part:.0%} of the time"
    elif part < EVEN:
        pays = f"Warm pays little here: it takes {part:.0%} of the time"
    else:
        pays = f"Warm does not pay here: it takes {part:.0%} of the time of all tests"
    return f"{pays} and runs {found.mean:.0%} of the tests; {sure}."
