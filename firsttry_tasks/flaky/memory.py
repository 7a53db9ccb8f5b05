"""Adds sightings of flaky tests to the flaky memory, and decides the state of each test.

A sighting is evidence about one test on one tree. All functions here are pure. A test's state
follows from its evidence, the parity lock's rules and the day, never from earlier states: machines
that saw the same things in different orders agree.
"""

from __future__ import annotations

import datetime as dt
import math
from collections import Counter
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.model.flaky_records import FlakyMemory, FlakyTest, Gone

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from firsttry_tasks.config.parity_lock import FlakyRules
    from firsttry_tasks.model.flaky_records import Seen, State

FILE = "ci/flaky_tests.json"
#: How many failing sightings and days with passes are kept of a test, and how many tests that left.
#: The file lies in git and grows with each of them; the rules need at most the newest ``broken``
#: sightings and ``forget`` passes. Judgements.
WINDOW, DAYS, LEFT = 20, 90, 100
#: Days after which a test that was suspected only once is no longer suspected. A judgement: a month
#: of runs without a second failure says more than the one that was seen.
FADES = 30
#: The normal quantile of a 95 % interval.
Z95 = 1.959964
#: States in which a failure is run again before it counts. A suspect is not among them: one failure
#: in one report is too little to forgive the next, which may be a real one.
FORGIVEN = frozenset({"flaky", "order-dependent", "probation"})


def remember(memory: FlakyMemory, seen: Iterable[tuple[str, Seen]]) -> FlakyMemory:
    """Return the memory with this machine's sightings added, in whatever order they come.

    A pass of a test that is not listed is left out: almost all tests pass.
    """
    tests = whole(memory)
    # Failures first: a pass counts only for tests that are listed, and only after the last failure.
    for nodeid, it in sorted(seen, key=lambda pair: pair[1].failures == 0):
        if it.failures or nodeid in tests:
            tests[nodeid] = _with(tests.get(nodeid, FlakyTest(state="suspect")), it)
    gone = {nodeid: left for nodeid, left in memory.gone.items() if nodeid not in tests}
    return FlakyMemory(nodeids=tuple(sorted(tests)), tests=tests, gone=gone)


def gather(memory: FlakyMemory, seen: Iterable[tuple[str, Seen]]) -> FlakyMemory:
    """Return the memory with other machines' sightings of the listed tests added.

    Adding the same sightings again changes nothing. A sighting in which every run failed is left
    out: the change that was tried there may have broken the test.
    """
    tests = whole(memory)
    days: Counter[tuple[str, str]] = Counter()
    for nodeid, it in sorted(set(seen), key=lambda pair: (pair[0], _when(pair[1]))):
        if nodeid not in tests:
            continue
        if not it.failures:
            days[nodeid, it.at[:10]] += it.runs
        elif it.failures < it.runs and _is_news(tests[nodeid], it):
            tests[nodeid] = _with(tests[nodeid], it)
    # Passes have no ids. So a day's passes rise to the number reported and are not added to it:
    # those that this machine reported itself would count twice.
    for (nodeid, day), runs in days.items():
        test = tests[nodeid]
        more = runs - test.passes.get(day, 0)
        if day > test.last[:10] and more > 0:
            passes = {**test.passes, day: runs}
            tests[nodeid] = trim(replace(test, runs=test.runs + more, passes=passes))
    return replace(memory, tests=tests)


def _is_news(test: FlakyTest, it: Seen) -> bool:
    """Tell whether a sighting was not counted yet."""
    # One that is older than a full window was counted and then fell out of it.
    full = len(test.sightings) >= WINDOW
    return it not in test.sightings and not (full and _when(it) < _when(test.sightings[0]))


def whole(memory: FlakyMemory) -> dict[str, FlakyTest]:
    """Return every listed test by its node id."""
    # ``nodeids`` is the list, the records are notes on it: older files have ids alone, and a person
    # takes a test off by deleting its id.
    return {nodeid: memory.tests.get(nodeid, FlakyTest()) for nodeid in memory.nodeids}


def _with(test: FlakyTest, it: Seen) -> FlakyTest:
    # Comparing the same reports once more brings the same sightings once more.
    if it in test.sightings:
        return test
    counted = replace(test, runs=test.runs + it.runs, failures=test.failures + it.failures)
    if not it.failures:
        passes = {**test.passes, it.at[:10]: test.passes.get(it.at[:10], 0) + it.runs}
        return trim(replace(counted, passes=passes))
    return trim(
        replace(
            counted,
            first=min(filter(None, (test.first, it.at))),
            last=max(test.last, it.at),
            sightings=(*test.sightings, it),
        )
    )


def trim(test: FlakyTest) -> FlakyTest:
    """Return the test with its evidence sorted, deduplicated and cut to the newest."""
    # Passes up to the last failure go: probation and forgetting count passes in a row. A day that
    # had both goes too, since within a day the order is not known.
    kept = tuple(sorted(set(test.sightings), key=_when)[-WINDOW:])
    days = sorted(day for day in test.passes if day > test.last[:10])[-DAYS:]
    return replace(
        test,
        sightings=kept,
        passes={day: test.passes[day] for day in days},
        before=next((it.before for it in reversed(kept) if it.before), ""),
        kind=_kind(kept),
    )


def _when(it: Seen) -> tuple[str, str, int, int]:
    # All fields that can differ, so that equal times still sort alike on every machine.
    return (it.at, it.id, it.failures, it.runs)


def _kind(kept: tuple[Seen, ...]) -> str:
    hows = {it.how for it in kept}
    return next((kind for kind in ("order", "environment") if kind in hows), "")


def state(test: FlakyTest, rules: FlakyRules, today: dt.date) -> State:
    """Return a test's state on a day, from its evidence alone."""
    # In this order: "broken" must block whatever else is true, and a test that only passes must
    # not be forgiven beyond its expiry.
    if _always_fails(test, rules):
        return "broken"
    if not _established(test):
        return "suspect"
    if test.expires and today.isoformat() > test.expires:
        return "expired"
    if sum(test.passes.values()) >= rules.probation:
        return "probation"
    return "order-dependent" if test.kind == "order" else "flaky"


def _always_fails(test: FlakyTest, rules: FlakyRules) -> bool:
    # A single pass since the last failure shows that it can pass, so that it is not broken.
    latest = test.sightings[-rules.broken :]
    full = len(latest) == rules.broken and not test.passes
    return full and all(it.failures == it.runs for it in latest)


def _established(test: FlakyTest) -> bool:
    """Tell whether a test is more than a suspect."""
    # Reruns of one tree prove it. Two reports prove it only if they are of different runs. A test
    # without a sighting was put on the list by a person, or by an older format.
    proved = any(it.how in {"rerun", "order", "environment", "retry"} for it in test.sightings)
    apart = {it.id for it in test.sightings if it.how == "table"}
    return proved or len(apart) > 1 or not test.sightings


def heal(
    memory: FlakyMemory,
    rules: FlakyRules,
    today: dt.date,
    owner: Callable[[str], str],
) -> tuple[FlakyMemory, tuple[str, ...]]:
    """Return the memory as of today, and a sentence for each test whose state changed.

    Tests that may leave the list do so; ``owner`` names the owner of a test that has none.
    """
    kept: dict[str, FlakyTest] = {}
    gone = dict(memory.gone)
    sentences = []
    for nodeid, old in whole(memory).items():
        test = _dated(old, rules, today)
        why = _leaves(test, rules, today)
        if why:
            gone[nodeid] = Gone(at=today.isoformat(), why=why)
            sentences.append(f"{nodeid} leaves the flaky list: {why}")
            continue
        now = state(test, rules, today)
        if now != old.state:
            sentences.append(f"{nodeid} was {old.state}, is now {now}{_so(now)}")
        kept[nodeid] = replace(test, state=now, owner=test.owner or owner(nodeid))
    healed = FlakyMemory(nodeids=tuple(sorted(kept)), tests=kept, gone=newest(gone))
    return healed, tuple(sentences)


def newest(gone: dict[str, Gone]) -> dict[str, Gone]:
    """Return the ``LEFT`` tests that left the list last, sorted by name."""
    latest = sorted(gone, key=lambda nodeid: (gone[nodeid].at, nodeid))[-LEFT:]
    return {nodeid: gone[nodeid] for nodeid in sorted(latest)}


def _dated(test: FlakyTest, rules: FlakyRules, today: dt.date) -> FlakyTest:
    """Return the test with a first day (today where none is known) and an expiry.

    The oldest format of the file has node ids alone.
    """
    # Dated once and kept: otherwise a test without a date would never expire.
    first = test.first or dt.datetime.combine(today, dt.time(), dt.UTC).isoformat()
    begun = dt.date.fromisoformat(first[:10])
    expires = test.expires or later(begun, rules.days)
    return replace(test, first=first, expires=expires)


def later(day: dt.date, days: int) -> str:
    """Return the day so many days later, or the last one that a date can be."""
    return dt.date.fromordinal(min(day.toordinal() + days, dt.date.max.toordinal())).isoformat()


def _leaves(test: FlakyTest, rules: FlakyRules, today: dt.date) -> str:
    passes = sum(test.passes.values())
    if passes >= rules.forget:
        return f"passed {passes} times in a row"
    quiet = today - dt.date.fromisoformat((test.last or test.first)[:10])
    if state(test, rules, today) == "suspect" and quiet.days > FADES:
        return f"suspected once, not seen for {quiet.days} days"
    return ""


def _so(now: State) -> str:
    return {
        "broken": ": it fails every time, so it blocks",
        "expired": ": it blocks again (renew it with: ft flaky renew ID)",
        "probation": ": it passed often enough to be on its way off the list",
    }.get(now, "")


def forgiven(memory: FlakyMemory, rules: FlakyRules, today: dt.date) -> frozenset[str]:
    """Return the tests whose failure is run again before it counts."""
    tests = whole(memory).items()
    return frozenset(nodeid for nodeid, test in tests if state(test, rules, today) in FORGIVEN)


def interval(failures: int, runs: int) -> tuple[float, float]:
    """Return Wilson's 95 % interval of a failure rate; (0, 1) where nothing was seen."""
    # Wilson's, because the textbook's interval has no width where all or none failed, and most
    # flaky tests have few runs.
    if not runs:
        return 0.0, 1.0
    rate, square = min(1.0, failures / runs), Z95**2
    middle = (rate + square / (2 * runs)) / (1 + square / runs)
    spread = math.sqrt(rate * (1 - rate) / runs + square / (4 * runs**2))
    half = Z95 * spread / (1 + square / runs)
    return max(0.0, middle - half), min(1.0, middle + half)
