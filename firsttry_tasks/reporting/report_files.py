"""Reports to and from disk, and where each of our files stands."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct, field

from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.flaky import list_file
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.flaky_records import FlakyMemory
from firsttry_tasks.model.values import SCHEMA_VERSION, Divergences, GateResult, Report, Verdict
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import Stage

STATE = ".firsttry"
ARTIFACTS = "artifacts"
LATEST = f"{ARTIFACTS}/parity_report.json"
VERDICT = f"{ARTIFACTS}/verdict.json"
DIVERGENCE = f"{ARTIFACTS}/divergence.json"
FINGERPRINT = f"{STATE}/warm/fingerprint.txt"
WARM = f"{STATE}/warm"
DB = f"{WARM}/dependencies.db"
LEARNED = f"{WARM}/learned.json"
HISTORY = f"{STATE}/history"
WATCHED = f"{WARM}/watched.json"


class ResultStatus(Struct, frozen=True, kw_only=True):
    """The few fields of a gate's result that say whether it still stands."""

    status: str
    key: str
    touched_during_run: tuple[str, ...] = field(default=(), name="moved")


def report_file(stage: Stage) -> str:
    """Return where a stage's report stands, relative to the project."""
    return f"{ARTIFACTS}/{stage}_parity_report.json"


def result_file(stage: Stage, gate: str) -> str:
    """Return where a gate's result stands, relative to the project."""
    return f"{STATE}/reports/{stage}/{gate}.json"


def inputs_file(stage: Stage, gate: str) -> str:
    """Return where a gate's inputs stand: the file its task depends on."""
    return f"{STATE}/inputs/{stage}-{gate}.json"


def manifest_file(gate: str) -> str:
    """Return where a gate's manifest (path -> blob) stands."""
    return f"{STATE}/inputs/{gate}.manifest"


def ran_file(stage: Stage, gate: str, end: str) -> str:
    """Return the copy of inputs or manifest that a gate's last kept run had."""
    return f"{STATE}/ran/{stage}-{gate}.{end}"


def result(root: Path, stage: Stage, gate: str) -> GateResult | None:
    """Return a gate's latest result, or None where there is none that can be read."""
    return disk.read_own(root / result_file(stage, gate), GateResult)


def standing(root: Path, stage: Stage, gate: str) -> ResultStatus | None:
    """Return what decides whether a gate is up to date, without reading its findings."""
    return disk.read_own(root / result_file(stage, gate), ResultStatus)


def stands(root: Path, stage: Stage, gate: str) -> bool:
    """Tell whether the gate's result is green and of the inputs as they are now."""
    last = standing(root, stage, gate)
    if last is None or last.status not in {"green", "off"} or last.touched_during_run:
        return False
    inputs = disk.read_own(root / inputs_file(stage, gate), Inputs)
    return inputs is not None and inputs.key == last.key


def write_report(root: Path, report: Report) -> None:
    """Write a stage's report, and the same as the latest one."""
    disk.own_folder(root / ARTIFACTS)
    disk.write_json(root / report_file(report.stage), report)
    disk.write_json(root / LATEST, report)


def read_report(root: Path, stage: Stage) -> Report | str:
    """Return a stage's report, or the words that say why it can't be compared."""
    place = report_file(stage)
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
    disk.write_json(root / VERDICT, verdict)


def write_divergence(root: Path, found: Divergences) -> None:
    """Write what looking into the differences showed; where there are none, there is no file."""
    if found.divergences:
        disk.write_json(root / DIVERGENCE, found)
    else:
        disk.remove(root / DIVERGENCE)


def read_divergence(root: Path) -> Divergences | None:
    """Return what looking into the differences showed last, where that can be read."""
    return disk.read_own(root / DIVERGENCE, Divergences)


def read_flaky(root: Path) -> FlakyMemory:
    """Return the flaky memory; no file is an empty one."""
    data = disk.read(root / flaky_memory.FILE)
    return list_file.decode(data) if data else FlakyMemory()


def write_flaky(root: Path, memory: FlakyMemory) -> bool:
    """Write the flaky memory if it says something new; True when written."""
    return disk.write_if_changed(root / flaky_memory.FILE, list_file.encode(memory))
