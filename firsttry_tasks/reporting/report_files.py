"""Reads and writes reports, verdicts, results of gates and the flaky memory."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from firsttry_tasks.fingerprint import UNKNOWN, Inputs
from firsttry_tasks.flaky import list_file
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.flaky_records import FlakyMemory
from firsttry_tasks.model.values import SCHEMA_VERSION, Divergences, GateResult, Report, Verdict
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Stage


class ResultStatus(Struct, frozen=True, kw_only=True):
    """The few fields of a gate's result that say whether it is still valid."""

    status: str
    key: str
    #: Named as in the file, whose format is older than the field's name.
    touched_during_run: tuple[str, ...] = field(default=(), name="moved")


def result(root: Path, stage: Stage, gate: str) -> GateResult | None:
    """Return a gate's latest result, or None where there is none that can be read."""
    return disk.read_own(root / state_paths.result_file(stage, gate), GateResult)


def standing(root: Path, stage: Stage, gate: str) -> ResultStatus | None:
    """Return the part of a gate's latest result that decides whether the gate is up to date."""
    # msgspec skips the other fields: a red result may have thousands of findings, and this is asked
    # for each gate in each run.
    return disk.read_own(root / state_paths.result_file(stage, gate), ResultStatus)


def stands(root: Path, stage: Stage, gate: str) -> bool:
    """Tell whether the gate's latest result is green and was made from the inputs as they are."""
    # Green is earned: a red result, or one that saw files move, is never reused. doit's own look at
    # the inputs file is not enough, since it knows nothing of the result.
    last = standing(root, stage, gate)
    if last is None or last.status not in {"green", "off"} or last.touched_during_run:
        return False
    inputs = disk.read_own(root / state_paths.inputs_file(stage, gate), Inputs)
    # What a tool looked at may be unknown (no C compiler, say), and then no key holds it.
    known = inputs is not None and inputs.parts.get("seen") != UNKNOWN
    return inputs is not None and known and inputs.key == last.key


def write_report(root: Path, report: Report) -> None:
    """Write a stage's report under its own name and under that of the latest report."""
    disk.own_folder(root / state_paths.ARTIFACTS)
    disk.write_json(root / state_paths.report_file(report.stage), report)
    disk.write_json(root / state_paths.LATEST, report)


def read_report(root: Path, stage: Stage) -> Report | str:
    """Return a stage's report, or the words that say why it can't be compared."""
    # No error is raised: comparing goes on and assumes an escape, with these words in its sentence.
    place = state_paths.report_file(stage)
    try:
        found = disk.read_json(root / place, Report)
    except FirstTryError as error:
        return f"can't be read ({error})"
    if found is None:
        return f"is missing ({place}; run: ft {stage})"
    if found.schema_version != SCHEMA_VERSION:
        return f"has schema {found.schema_version}, this FirstTry knows {SCHEMA_VERSION}"
    return found


def write_verdict(root: Path, verdict: Verdict) -> None:
    """Write the verdict, for scripts of users."""
    disk.write_json(root / state_paths.VERDICT, verdict)


def write_divergence(root: Path, found: Divergences) -> None:
    """Write what looking into the differences showed; without any, remove the file."""
    # An old file would be taken for this run's: CI uploads it, and issue forms ask for it.
    if found.divergences:
        disk.write_json(root / state_paths.DIVERGENCE, found)
    else:
        disk.remove(root / state_paths.DIVERGENCE)


def read_divergence(root: Path) -> Divergences | None:
    """Return what looking into the differences showed last; None where it can't be read."""
    return disk.read_own(root / state_paths.DIVERGENCE, Divergences)


def read_flaky(root: Path) -> FlakyMemory:
    """Return the flaky memory, empty without a file; raises FirstTryError if it is unreadable."""
    data = disk.read(root / flaky_memory.FILE)
    return list_file.decode(data) if data else FlakyMemory()


def write_flaky(root: Path, memory: FlakyMemory) -> bool:
    """Write the flaky memory if its bytes would change; tell whether it was written."""
    # git must not see the file as changed, nor CI commit it, when nothing was learned.
    return disk.write_if_changed(root / flaky_memory.FILE, list_file.encode(memory))
