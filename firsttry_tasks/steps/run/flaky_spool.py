"""Keep the flaky memory: sightings as they come, folded in when the two stages are compared."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.flaky import owners
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.flaky_records import Seen
from firsttry_tasks.reporting import report_files
from firsttry_tasks.steps.run.project import RUN, began, project, today
from firsttry_tasks.system import disk, json_lines

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from firsttry_tasks.model.flaky_records import How
    from firsttry_tasks.model.values import Divergence, GateResult, Report, Verdict

#: How a kind of difference is remembered.
HOWS: dict[str, How] = {"flaky": "rerun", "order-dependent": "order", "environment": "environment"}


def keep(root: Path, result: GateResult) -> None:
    """Put what a run saw of known flaky tests beside, until the next comparison."""
    seen = tuple(_retried(result))
    if seen:
        json_lines.write(root / state_paths.SIGHTINGS, [*_spooled(root), *seen])


class LearnedFlakes(msgspec.Struct, frozen=True, kw_only=True):
    """What was folded into the memory, and a sentence for each test that moved."""

    seen: tuple[tuple[str, Seen], ...] = ()
    moved: tuple[str, ...] = ()


def learn(root: Path, found: list[Report], verdict: Verdict, *, again: bool) -> LearnedFlakes:
    """Fold what was seen into the memory.

    ``again`` tells that these two reports were compared before: their passes count once.
    """
    here = project(root)
    results = [result for report in found for result in _tests(report)]
    seen = [*_spooled(root), *(it for result in results for it in _retried(result))]
    seen += [(nodeid, it) for nodeid, it in _diverged(verdict, results)]
    if not again:
        seen += [it for result in results for it in _passed(result, here.memory.nodeids)]
    memory = flaky_memory.remember(here.memory, seen)
    memory, moved = flaky_memory.heal(memory, here.locked[0].flaky, today(), owner(root))
    if seen or moved:
        report_files.write_flaky(root, memory)
    disk.remove(root / state_paths.SIGHTINGS)
    return LearnedFlakes(seen=tuple(seen), moved=moved)


def owner(root: Path) -> Callable[[str], str]:
    """Return who owns a test, as far as CODEOWNERS knows."""
    texts = (disk.read(root / place) for place in owners.PLACES)
    text = next((text for text in texts if text is not None), b"")
    return owners.reader(text.decode("utf-8", "replace"))


def _tests(report: Report) -> Iterator[GateResult]:
    return (line.result for line in report.gates if line.result.tests and not line.cached)


def _retried(result: GateResult) -> Iterator[tuple[str, Seen]]:
    for it in result.tests.retried if result.tests else ():
        how: How = "retry" if it.failures < it.runs else "run"
        yield it.nodeid, _seen(result, it.runs, it.failures, how)


def _passed(result: GateResult, known: tuple[str, ...]) -> Iterator[tuple[str, Seen]]:
    detail = result.tests
    if detail is None:
        return
    red = {finding.nodeid for finding in result.findings}
    unclear = red.union(detail.skipped, (it.nodeid for it in detail.retried))
    for nodeid in known:
        if nodeid in detail.durations and nodeid not in unclear:
            yield nodeid, _seen(result, 1, 0, "run")


def _seen(result: GateResult, runs: int, failures: int, how: How) -> Seen:
    return Seen(
        id=f"{result.run}:{result.stage}",
        at=began(result.run),
        tree=result.key[:12],
        runs=runs,
        failures=failures,
        how=how,
    )


def _diverged(verdict: Verdict, results: list[GateResult]) -> Iterator[tuple[str, Seen]]:
    """Return what comparing the stages showed: with evidence by reruns, or by the table alone."""
    tree = results[-1].key[:12] if results else ""
    for it in verdict.divergences:
        if it.nodeid and it.kind in HOWS and not it.blocks:
            yield it.nodeid, _evidence(it, tree)
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
    return Seen(
        id=f"{RUN}:confirm",
        at=began(RUN),
        tree=tree,
        runs=1 + it.selected + sum(way.runs for way in it.reruns),
        failures=1 + sum(way.failures for way in it.reruns),
        how=HOWS[it.kind],
        before=it.before,
    )


def _spooled(root: Path) -> list[tuple[str, Seen]]:
    return json_lines.read(root / state_paths.SIGHTINGS, tuple[str, Seen])
