"""The gate step: run one gate, and keep its result for the tree that the gate saw."""

from __future__ import annotations

import time
from functools import partial
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks import fingerprint
from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.gates import GATES, hidden_values
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.observed import Watched
from firsttry_tasks.model.values import GateResult, ToolResult
from firsttry_tasks.reporting import report_files
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.text import gate_line
from firsttry_tasks.steps.observe import timing, watching
from firsttry_tasks.steps.run import flaky_spool, learning, pytest_run, rerun, tool_run
from firsttry_tasks.steps.run.project import manifest, project
from firsttry_tasks.steps.run.tool_run import CODE, GateRun
from firsttry_tasks.steps.run_id import RUN
from firsttry_tasks.system import disk, file_state, own_files

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.observed import Observed
    from firsttry_tasks.model.values import Stage
    from firsttry_tasks.steps.run.project import Project


def check(root: Path, stage: Stage, gate: str) -> None:
    """Run a gate and write its result. Findings raise nothing: the stage's last task turns red."""
    here = project(root)
    inputs = disk.read_json(root / state_paths.inputs_file(stage, gate), Inputs)
    if inputs is None:
        raise FirstTryError("The inputs of this gate are missing; run: ft fingerprint")
    data = manifest(root, stage, gate)
    tree = fingerprint.read_manifest(data)
    # Before the tool starts: a person may save a file while it runs, and then nobody knows which
    # version the tool read.
    before = file_state.stamps(root, tree)
    reasons = why(root, stage, gate, inputs, tree)
    began = time.time()
    ran, seconds = _run(here, stage, gate, inputs, tree)
    moved, edited = what_moved(here, (stage, gate), tree, before, ran.wrote)
    seen = None
    if ran.watched:
        seen, moved = tool_run.seen(here, gate, tree, ran.watched, moved)
        inputs = msgspec.structs.replace(inputs, parts={**inputs.parts, "seen": watching.key(seen)})
    result = GateResult(
        gate=gate,
        stage=stage,
        status=ran.said.status,
        key=inputs.key,
        run=RUN,
        seconds=round(seconds, 3),
        began=round(began, 3),
        why=tuple(dict.fromkeys((*reasons, *ran.why))),
        message=ran.said.message,
        version=here.installed.get(GATES[gate].TOOL, ""),
        argv=ran.argv,
        findings=ran.said.findings,
        known=ran.said.known,
        touched_during_run=moved,
        changed_during_run=tuple(path for path in edited if path in moved),
        tests=ran.said.tests,
    )
    # Before what a golden cache is packed from is kept: times are part of it.
    timing.keep(root, result)
    conclude(root, result, ran.keep, partial(keep_inputs, root, result, data, inputs, seen))


def conclude(root: Path, result: GateResult, *keeps: Callable[[], None]) -> None:
    """Write a gate's result and tell of it; keep first what is to be kept where it is good."""
    stage, gate = result.stage, result.gate
    if result.status != "error" and not result.touched_during_run:
        # An error says nothing of the code, and a tree that moved is no tree that has this result;
        # both are shown, and not kept.
        began = time.monotonic()
        text = f"{stage} {gate:<10} learning what the {gate} gate rests on"
        with CONSOLE.counting(f"{stage}:{gate}", text):
            for keep in keeps:
                keep()
        # A person waits for it as for the tool.
        spent = round(result.seconds + time.monotonic() - began, 3)
        result = msgspec.structs.replace(result, seconds=spent)
    disk.write_json(root / state_paths.result_file(stage, gate), result)
    flaky_spool.keep(root, result)
    CONSOLE.done(f"{stage}:{gate}", CONSOLE.paint(gate_line(result), result.status))


def keep_inputs(
    root: Path, result: GateResult, data: bytes, inputs: Inputs, seen: Observed | None = None
) -> None:
    """Keep what the result was made from, for the reasons of the next run."""
    # After keep(): a kill in between leaves newer state beside an older manifest, which
    # overstates what has changed since, and never hides a change.
    stage, gate = result.stage, result.gate
    disk.write(root / state_paths.ran_file(stage, gate, "manifest"), data)
    if seen:
        own_files.write(watching.kept_file(root, gate), seen)
        # What was seen is part of the key, and is known only now.
        fingerprint.write_inputs(root / state_paths.inputs_file(stage, gate), inputs)
    disk.write_json(root / state_paths.ran_file(stage, gate, "json"), inputs)


def why(
    root: Path, stage: Stage, gate: str, inputs: Inputs, tree: dict[str, str]
) -> tuple[str, ...]:
    """Return why the gate runs: what changed since its last kept run, or how that ended."""
    old = disk.read_own(root / state_paths.ran_file(stage, gate, "json"), Inputs)
    kept = disk.read(root / state_paths.ran_file(stage, gate, "manifest"))
    if old is None or kept is None:
        return ("first run",)
    if gate in fingerprint.WATCHED and stage == "warm":
        changed = watching.reasons(root, gate, tree)
    else:
        changed = fingerprint.path_changes(fingerprint.read_manifest(kept), tree)
    reasons = (*changed, *fingerprint.changes(old.parts, inputs.parts))
    last = report_files.standing(root, stage, gate)
    if last and last.status != "green":
        # A result that is not green never stands (see report_files.stands), so a red gate runs
        # again on an unchanged tree, and the reader wants to know why.
        reasons += (f"was {last.status} last time",)
    if last and last.touched_during_run:
        reasons += ("the tree moved last time",)
    return reasons or ("asked to",)


def _run(
    here: Project, stage: Stage, gate: str, inputs: Inputs, tree: dict[str, str]
) -> tuple[GateRun, float]:
    """Run the gate's tool; return what came of it and the seconds it took."""
    name = f"{stage}:{gate}"
    started = time.monotonic()
    CONSOLE.live(name, f"{stage} {gate:<10} ...")
    job = here.job(stage, gate, tuple(tree))
    try:
        if gate == "tests":
            ran = rerun.forgive(here, job, pytest_run.run(here, job, inputs, tree))
            ran = by_name(here, job, ran)
        else:
            ran = tool_run.run(job, gate, inputs, tree)
    except FirstTryError as error:
        # Not raised: the other gates go on, and the report names this one.
        ran = GateRun(said=ToolResult(status="error", message=str(error)))
    return ran, time.monotonic() - started


def by_name(here: Project, job: Job, ran: GateRun) -> GateRun:
    """Return the run with the names of variables that tests ask for in the place of their values.

    A test that fails may say anything; reports are uploaded.
    """
    watched = own_files.read(here.root / state_paths.WATCHED, Watched) or Watched()
    records = learning.seen(job) if ran.said.findings else ()
    asked = {it.name for one in records for it in one.observations if it.kind == "env"}
    known = asked | watched.variables.keys()
    values = {name: job.env[name] for name in sorted(known) if name in job.env}
    return msgspec.structs.replace(ran, said=hidden_values.without_values(ran.said, values))


def what_moved(
    here: Project,
    of: tuple[Stage, str],
    tree: dict[str, str],
    before: dict[str, tuple[int, ...]],
    wrote: Callable[[], frozenset[str]],
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Return the files that were written while the gate ran, and those of them that now differ.

    Left out are new files that are no code, which tests leave behind, and files that the gate's own
    tests touched or wrote and that have their old content again.
    """
    # Stamps find also a file that was edited and put back: the tool may have read it in between.
    after = file_state.stamps(here.root, tree)
    touched = {path for path in tree if before.get(path) != after.get(path)}
    _, entries = here.look()
    now = here.readable(*of, entries)
    changed = set(fingerprint.paths(tree, now))
    left = {path for path in changed if path not in tree and not path.endswith(CODE)}
    # Asked only if something moved: it reads all records of the run.
    left |= wrote() - changed if touched else set()
    return tuple(sorted((touched | changed) - left)), tuple(sorted(changed & tree.keys()))
