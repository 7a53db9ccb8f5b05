"""The gate step: run one gate, and keep its result only as the state of the tree it saw."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from firsttry_tasks import fingerprint
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.gates import GATES
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import GateResult, ToolResult
from firsttry_tasks.reporting import report_files
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.text import gate_line
from firsttry_tasks.steps.run import flaky_spool, pytest_run, rerun, tool_run
from firsttry_tasks.steps.run.project import RUN, manifest, project
from firsttry_tasks.steps.run.tool_run import CODE, GateRun
from firsttry_tasks.system import disk, file_state

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firsttry_tasks.model.values import Stage
    from firsttry_tasks.steps.run.project import Project


def check(root: Path, stage: Stage, gate: str) -> None:
    """Run a gate and write its result; findings are no failure here, the stage turns red."""
    here = project(root)
    inputs = disk.read_json(root / state_paths.inputs_file(stage, gate), Inputs)
    if inputs is None:
        raise FirstTryError("The inputs of this gate are missing; run: doit fingerprint")
    data = manifest(root, gate)
    tree = fingerprint.read_manifest(data)
    before = file_state.stamps(root, tree)
    why = _why(root, stage, gate, inputs, tree)
    ran, seconds = _run(here, stage, gate, inputs, tree)
    moved, edited = _moved(here, gate, tree, before, ran.wrote)
    result = GateResult(
        gate=gate,
        stage=stage,
        status=ran.said.status,
        key=inputs.key,
        run=RUN,
        seconds=round(seconds, 3),
        why=(*why, *ran.why),
        message=ran.said.message,
        version=here.installed.get(GATES[gate].TOOL, ""),
        argv=ran.argv,
        findings=ran.said.findings,
        touched_during_run=moved,
        changed_during_run=edited,
        tests=ran.said.tests,
    )
    if result.status != "error" and not moved:
        ran.keep()
        disk.write(root / state_paths.ran_file(stage, gate, "manifest"), data)
        disk.write_json(root / state_paths.ran_file(stage, gate, "json"), inputs)
    disk.write_json(root / state_paths.result_file(stage, gate), result)
    flaky_spool.keep(root, result)
    CONSOLE.done(f"{stage}:{gate}", CONSOLE.paint(gate_line(result), result.status))


def _why(
    root: Path, stage: Stage, gate: str, inputs: Inputs, tree: dict[str, str]
) -> tuple[str, ...]:
    """Return why the gate runs: what changed since its last kept run, or what it came to."""
    old = disk.read_own(root / state_paths.ran_file(stage, gate, "json"), Inputs)
    kept = disk.read(root / state_paths.ran_file(stage, gate, "manifest"))
    if old is None or kept is None:
        return ("first run",)
    changed = fingerprint.path_changes(fingerprint.read_manifest(kept), tree)
    reasons = (*changed, *fingerprint.changes(old.parts, inputs.parts))
    last = report_files.standing(root, stage, gate)
    if last and last.status != "green":
        reasons += (f"was {last.status} last time",)
    if last and last.touched_during_run:
        reasons += ("the tree moved last time",)
    return reasons or ("asked to",)


def _run(
    here: Project, stage: Stage, gate: str, inputs: Inputs, tree: dict[str, str]
) -> tuple[GateRun, float]:
    name = f"{stage}:{gate}"
    started = time.monotonic()
    CONSOLE.live(name, f"{stage} {gate:<10} ...")
    job = here.job(stage, gate, tuple(tree))
    try:
        if gate == "tests":
            ran = rerun.forgive(here, job, pytest_run.run(here, job, inputs, tree))
        else:
            ran = tool_run.run(job, gate, inputs.key)
    except FirstTryError as error:
        ran = GateRun(said=ToolResult(status="error", message=str(error)))
    return ran, time.monotonic() - started


def _moved(
    here: Project,
    gate: str,
    tree: dict[str, str],
    before: dict[str, tuple[int, ...]],
    wrote: Callable[[], frozenset[str]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return what was written while the gate ran, and what of it now has other content.

    A file that came into being and is no code is a thing tests left behind, not an edit. Nor is
    a file that tests touched themselves, or put back as it was.
    """
    after = file_state.stamps(here.root, tree)
    touched = {path for path in tree if before.get(path) != after.get(path)}
    _, entries = here.look()
    now = fingerprint.readable(gate, entries, here.settings.inert)
    changed = set(fingerprint.paths(tree, now))
    left = {path for path in changed if path not in tree and not path.endswith(CODE)}
    left |= wrote() - changed if touched else set()
    return tuple(sorted((touched | changed) - left)), tuple(sorted(changed & tree.keys()))
