"""Collect what runs see of flaky tests; fold it into the flaky list at each comparison."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.flaky import owners
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.flaky_records import Seen
from firsttry_tasks.reporting import report_files
from firsttry_tasks.steps.run.project import project, today
from firsttry_tasks.steps.run_id import RUN, began
from firsttry_tasks.system import disk, own_files

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from firsttry_tasks.model.flaky_records import How
    from firsttry_tasks.model.values import Divergence, GateResult, Report, Verdict

#: Kinds of difference that tell something about a test, and how the list names that evidence. The
#: other kinds tell about selection or the machine.
HOWS: dict[str, How] = {"flaky": "rerun", "order-dependent": "order", "environment": "environment"}


def keep(root: Path, result: GateResult) -> None:
    """Save what a run saw of known flaky tests for the next comparison."""
    add(root, tuple(_retried(result)))


def add(root: Path, seen: Sequence[tuple[str, Seen]]) -> None:
    """Save what was seen of tests for the next comparison."""
    if seen:
        # The list itself is committed, so it must not change with each warm run; only a comparison
        # writes it.
        own_files.write_lines(root / state_paths.SIGHTINGS, [*_spooled(root), *seen])


class LearnedFlakes(msgspec.Struct, frozen=True, kw_only=True):
    """What was folded into the memory, and a sentence for each test that moved."""

    seen: tuple[tuple[str, Seen], ...] = ()
    moved: tuple[str, ...] = ()


def learn(root: Path, found: list[Report], verdict: Verdict, *, again: bool) -> LearnedFlakes:
    """Fold into the flaky list what the two reports, their comparison and earlier runs saw.

    ``again`` tells that these two reports were compared before; their passes count once.
    """
    here = project(root)
    results = [result for report in found for result in _tests(report)]
    seen = [*_spooled(root), *(it for result in results for it in _retried(result))]
    seen += [(nodeid, it) for nodeid, it in _diverged(verdict, results)]
    # `doit compare` can be typed again and again; each time would count as one more pass, and the
    # test would count as healed.
    if not again:
        seen += [it for result in results for it in _passed(result, here.memory.nodeids)]
    memory = flaky_memory.remember(here.memory, seen)
    memory, moved = flaky_memory.heal(memory, here.locked[0].flaky, today(), owner(root))
    # Written only with a reason: the file lies in the repository, and people see its changes.
    if seen or moved:
        report_files.write_flaky(root, memory)
    # Last: a kill before this line folds them in twice, and the list takes the same sighting only
    # once; removed first, they could be lost.
    disk.remove(root / state_paths.SIGHTINGS)
    return LearnedFlakes(seen=tuple(seen), moved=moved)


def owner(root: Path) -> Callable[[str], str]:
    """Return a function that gives a test's owner by CODEOWNERS, "" where it names none."""
    texts = (disk.read(root / place) for place in owners.PLACES)
    # GitHub reads the first place that has the file, and no other.
    text = next((text for text in texts if text is not None), b"")
    return owners.reader(text.decode("utf-8", "replace"))


def _tests(report: Report) -> Iterator[GateResult]:
    # A cached result is that of an earlier run, which was counted then.
    return (line.result for line in report.gates if line.result.tests and not line.cached)


def _retried(result: GateResult) -> Iterator[tuple[str, Seen]]:
    # Only a pass in a retry is evidence that the test is flaky; to fail every time is not.
    for it in result.tests.retried if result.tests else ():
        how: How = "retry" if it.failures < it.runs else "run"
        yield it.nodeid, _seen(result, it.runs, it.failures, how)


def _passed(result: GateResult, known: tuple[str, ...]) -> Iterator[tuple[str, Seen]]:
    """Yield the passes of tests on the list, by which they heal."""
    detail = result.tests
    if detail is None:
        return
    red = {finding.nodeid for finding in result.findings}
    # A pass counts only for a test that passed without help.
    unclear = red.union(detail.skipped, (it.nodeid for it in detail.retried))
    for nodeid in known:
        if nodeid in detail.durations and nodeid not in unclear:
            yield nodeid, _seen(result, 1, 0, "run")


def _seen(result: GateResult, runs: int, failures: int, how: How) -> Seen:
    """Return a sighting in the run that made this result."""
    return Seen(
        # The id tells one sighting from another when branches are merged: the same one counts
        # once.
        id=f"{result.run}:{result.stage}",
        at=began(result.run),
        tree=result.key[:12],
        runs=runs,
        failures=failures,
        how=how,
    )


def _diverged(verdict: Verdict, results: list[GateResult]) -> Iterator[tuple[str, Seen]]:
    """Yield what the comparison showed: by reruns, or without them by the two outcomes alone."""
    tree = results[-1].key[:12] if results else ""
    for it in verdict.divergences:
        # What blocks is not settled as flaky, and must not get a forgiving entry by being seen.
        if it.nodeid and it.kind in HOWS and not it.blocks:
            yield it.nodeid, _evidence(it, tree)
    # Without reruns (the lock gives no time for them) the table is all the evidence there is.
    if not verdict.divergences:
        runs = [result.run for result in results] or [RUN]
        for nodeid in verdict.learned:
            yield (
                nodeid,
                Seen(
                    id="+".join(runs),
                    at=began(runs[-1]),
                    tree=tree,
                    runs=2,
                    failures=1,
                    how="table",
                ),
            )


def _evidence(it: Divergence, tree: str) -> Seen:
    """Return the sighting for a difference that reruns have settled."""
    return Seen(
        id=f"{RUN}:confirm",
        at=began(RUN),
        tree=tree,
        # The run that failed, the other stage's run where the test was selected there, and the
        # reruns.
        runs=1 + it.selected + sum(way.runs for way in it.reruns),
        failures=1 + sum(way.failures for way in it.reruns),
        how=HOWS[it.kind],
        before=it.before,
    )


def _spooled(root: Path) -> list[tuple[str, Seen]]:
    return own_files.lines(root / state_paths.SIGHTINGS, tuple[str, Seen])
