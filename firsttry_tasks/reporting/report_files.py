"""Reports to and from disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from firsttry_tasks.fingerprint import Inputs
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
    """The few fields of a gate's result that say whether it still stands."""

    status: str
    key: str
    touched_during_run: tuple[str, ...] = field(default=(), name="moved")


def result(root: Path, stage: Stage, gate: str) -> GateResult | None:
    """Return a gate's latest result, or None where there is none that can be read."""
    return disk.read_own(root / state_paths.result_file(stage, gate), GateResult)


def standing(root: Path, stage: Stage, gate: str) -> ResultStatus | None:
    """Return what decides whether a gate is up to date, without reading its findings."""
    return disk.read_own(root / state_paths.result_file(stage, gate), ResultStatus)


def stands(root: Path, stage: Stage, gate: str) -> bool:
    """Tell whether the gate's result is green and of the inputs as they are now."""
    last = standing(root, stage, gate)
    if last is None or last.status not in {"green", "off"} or last.touched_during_run:
        return False
    inputs = disk.read_own(root / state_paths.inputs_file(stage, gate), Inputs)
    return inputs is not None and inputs.key == last.key


def write_report(root: Path, report: Report) -> None:
    """Write a stage's report, and the same as the latest one."""
    disk.own_folder(root / state_paths.ARTIFACTS)
    disk.write_json(root / state_paths.report_file(report.stage), report)
    disk.write_json(root / state_paths.LATEST, report)


def read_report(root: Path, stage: Stage) -> Report | str:
    """Return a stage's report, or the words that say why it can't be compared."""
    place = state_paths.report_file(stage)
    try:
        found = disk.read_json(root / place, Report)
    except FirstTryError as error:
        return f"can't be read ({error})"
    if found is None:
        return f"is missing ({place}; run: doit {stage})"
    if found.schema_version != SCHEMA_VERSION:
        return f"has schema {found.schema_version}, this FirstTry knows {SCHEMA_VERSION}"
    return found


def write_verdict(root: Path, verdict: Verdict) -> None:
    """Write the verdict for people's scripts."""
    disk.write_json(root / state_paths.VERDICT, verdict)


def write_divergence(root: Path, found: Divergences) -> None:
    """Write what looking into the differences showed; where there are none, there is no file."""
    if found.divergences:
        disk.write_json(root / state_paths.DIVERGENCE, found)
    else:
        disk.remove(root / state_paths.DIVERGENCE)


def read_divergence(root: Path) -> Divergences | None:
    """Return what looking into the differences showed last, where that can be read."""
    return disk.read_own(root / state_paths.DIVERGENCE, Divergences)


def read_flaky(root: Path) -> FlakyMemory:
    """Return the flaky memory; no file is an empty one."""
    data = disk.read(root / flaky_memory.FILE)
    return list_file.decode(data) if data else FlakyMemory()


def write_flaky(root: Path, memory: FlakyMemory) -> bool:
    """Write the flaky memory if it says something new; True when written."""
    return disk.write_if_changed(root / flaky_memory.FILE, list_file.encode(memory))
