"""Joins the runs of all shards of a plan to what one run would have said, or says why it can't."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, TypeVar

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.gates.pytest_events import PytestRun
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Counts, Finding, Status, TestsDetail, ToolResult
from firsttry_tasks.selection.shards.plan import differences
from firsttry_tasks.selection.shards.runs import ShardRun

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from firsttry_tasks.selection.shards.plan import Plan

T = TypeVar("T")
#: How many tests a sentence names.
NAMED = 3


class Twice(Struct, frozen=True, kw_only=True):
    """A test that two runs of its shard gave two answers for: all its runs, and the failed ones."""

    nodeid: str
    runs: int
    failures: int
    ids: tuple[str, ...]


class Joined(Struct, frozen=True, kw_only=True):
    """What the runs come to: ``runs`` has the one of each shard that counts, by their numbers."""

    said: ToolResult
    heard: PytestRun
    runs: tuple[ShardRun, ...]
    twice: tuple[Twice, ...] = ()


def joined(plan: Plan, found: Iterable[ShardRun]) -> Joined:
    """Join the runs of a plan's shards; FirstTryError where they don't make one whole run."""
    by_number: dict[int, dict[str, ShardRun]] = {}
    for run in sorted(found, key=lambda it: it.run):
        _fits(plan, run)
        # The same file twice is one run.
        by_number.setdefault(run.number, {})[run.run] = run
    _whole(plan, by_number)
    # The newest counts: who runs a job again by hand means it to replace the first.
    runs = tuple(list(by_number[number].values())[-1] for number in sorted(by_number))
    for run in runs:
        _answered(plan, run)
    twice = [it for several in by_number.values() for it in _twice(list(several.values()))]
    heard = _heard(plan, runs)
    return Joined(said=_said(plan, runs, heard), heard=heard, runs=runs, twice=tuple(twice))


def _fits(plan: Plan, run: ShardRun) -> None:
    """Raise FirstTryError for a run of another plan, or on other ground."""
    of = len(plan.shards)
    if run.plan != plan.digest:
        raise FirstTryError(
            f"A run of shard {run.number} is of another plan ({run.plan[:12]}, and this one is"
            f" {plan.digest[:12]}); plan once, run all shards by that plan, and merge them."
        )
    if not 1 <= run.number <= of:
        raise FirstTryError(f"There is a run of shard {run.number}, and the plan has {of}.")
    if other := "; ".join(differences(plan.ground, run.ground)):
        raise FirstTryError(
            f"Shard {run.number} of {of} ran on other ground: {other}. Run it where the plan"
            " holds, or plan anew: ft plan"
        )


def _whole(plan: Plan, found: Mapping[int, object]) -> None:
    """Raise FirstTryError where a shard did not run."""
    of = len(plan.shards)
    missing = [number for number in range(1, of + 1) if number not in found]
    if missing:
        names = ", ".join(f"{number}/{of}" for number in missing)
        option = "" if plan.ground.stage == "full" else "warm "
        raise FirstTryError(
            f"{'These shards' if missing[1:] else 'This shard'} left no result: {names}. Run"
            f" {'them' if missing[1:] else 'it'} again (ft {option or 'full '}--shard"
            f" {missing[0]}/{of}), then merge."
        )


def _answered(plan: Plan, run: ShardRun) -> None:
    """Raise FirstTryError where a green run has not one outcome for each test of its shard."""
    share = plan.share(run.number)
    where = f"shard {run.number} of {len(plan.shards)}"
    ours = frozenset(share)
    strange = [nodeid for nodeid in run.heard.outcomes if nodeid not in ours]
    if strange:
        raise FirstTryError(
            f"In {where} ran what the plan does not give it: {_some(strange)}. Tests whose ids"
            " change from run to run can't be planned; give them fixed ids."
        )
    # A run that is red may have ended early, and is red anyway.
    if run.said.status in {"green", "off"}:
        lost = [nodeid for nodeid in share if nodeid not in run.heard.outcomes]
        if lost:
            raise FirstTryError(
                f"In {where} these planned tests did not run: {_some(lost)}. Files may have gone"
                " since the plan was made, or ids change from run to run; plan anew: ft plan"
            )


def _some(names: Sequence[str]) -> str:
    rest = len(names) - NAMED
    return ", ".join(names[:NAMED]) + (f" and {rest} more" if rest > 0 else "")


def _twice(runs: list[ShardRun]) -> Iterator[Twice]:
    """Yield the tests that failed in some runs of their shard and not in others."""
    failed = Counter(
        nodeid for run in runs for nodeid, it in run.heard.outcomes.items() if it == "failed"
    )
    for nodeid, failures in sorted(failed.items()):
        ran = [run for run in runs if nodeid in run.heard.outcomes]
        if failures < len(ran):
            ids = tuple(run.run for run in ran)
            yield Twice(nodeid=nodeid, runs=len(ran), failures=failures, ids=ids)


def _heard(plan: Plan, runs: Sequence[ShardRun]) -> PytestRun:
    """Return the events of all runs as those of one, in the order of the plan."""
    heard = [run.heard for run in runs]
    return PytestRun(
        counts=_counts([it.counts for it in heard]),
        findings=_flat(it.findings for it in heard),
        why=_in_order(plan, [it.why for it in heard]),
        deselected_by_project=tuple(sorted({n for it in heard for n in it.deselected_by_project})),
        smoke=tuple(dict.fromkeys(_flat(it.smoke for it in heard))),
        outcomes=_in_order(plan, [it.outcomes for it in heard]),
        by_code=frozenset(n for it in heard for n in it.by_code),
        notes=tuple(dict.fromkeys(_flat(it.notes for it in heard))),
        durations=_in_order(plan, [it.durations for it in heard]),
        total=len(plan.tests),
        running=next((it.running for it in heard if it.running), ""),
        unran=frozenset(n for it in heard for n in it.unran),
        finished=all(it.finished for it in heard),
        patterns=tuple(dict.fromkeys(_flat(it.patterns for it in heard))),
        own=any(it.own for it in heard),
        broke=next((it.broke for it in heard if it.broke), ""),
        uncovered=next((it.uncovered for it in heard if it.uncovered), ""),
    )


def _said(plan: Plan, runs: Sequence[ShardRun], heard: PytestRun) -> ToolResult:
    """Return the result of all runs as that of one."""
    statuses = {run.said.status for run in runs}
    findings = _once(_ordered(plan, _flat(run.said.findings for run in runs)))
    status: Status = "red" if findings else "green"
    if "error" in statuses:
        status = "error"
    broken = {run.number: run.said.message for run in runs if run.said.status == "error"}
    of = len(plan.shards)
    details = [run.said.tests for run in runs if run.said.tests is not None]
    counts = _counts([it.counts for it in details])
    detail = TestsDetail(
        counts=replace(counts, total=heard.total),
        mode="everything" if plan.ground.stage == "full" else "selected",
        why={} if plan.ground.stage == "full" else heard.why,
        notes=tuple(dict.fromkeys(_flat(it.notes for it in details))),
        durations=heard.durations,
        skipped=tuple(n for n, ended in heard.outcomes.items() if ended == "skipped"),
        retried=_flat(it.retried for it in details),
    )
    words = (f"shard {number} of {of}: {message}" for number, message in broken.items())
    return ToolResult(status=status, findings=findings, message="; ".join(words), tests=detail)


def _once(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Return the findings, those of whole sessions once."""
    return tuple({it.id: it for it in findings}.values())


def _ordered(plan: Plan, findings: Iterable[Finding]) -> list[Finding]:
    """Return findings in the order of their tests in the plan, those of no test last."""
    place: dict[str | None, int] = {nodeid: at for at, nodeid in enumerate(plan.tests)}
    return sorted(findings, key=lambda it: place.get(it.nodeid, len(place)))


def _counts(counts: Sequence[Counts]) -> Counts:
    other: Counter[str] = Counter()
    for it in counts:
        other.update(it.other)
    total: Callable[[str], int] = lambda name: sum(getattr(it, name) for it in counts)  # noqa: E731
    return Counts(
        selected=total("selected"),
        passed=total("passed"),
        failed=total("failed"),
        skipped=total("skipped"),
        xfailed=total("xfailed"),
        xpassed=total("xpassed"),
        other=dict(sorted(other.items())),
    )


def _in_order(plan: Plan, several: Iterable[Mapping[str, T]]) -> dict[str, T]:
    """Return mappings by node id as one, in the order of the plan."""
    found = {nodeid: value for one in several for nodeid, value in one.items()}
    known = {nodeid: found[nodeid] for nodeid in plan.tests if nodeid in found}
    return known | found


def _flat(several: Iterable[Iterable[T]]) -> tuple[T, ...]:
    return tuple(it for one in several for it in one)
