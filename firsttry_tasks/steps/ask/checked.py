"""The settings step: what is set and by whom, and what is really checked, with whole commands."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.config import settings
from firsttry_tasks.config.settings import Origin, Settings
from firsttry_tasks.gates import GATES, commands
from firsttry_tasks.model.errors import UsageError, nearest
from firsttry_tasks.model.values import STAGES, Stage
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.reporting.table import table
from firsttry_tasks.steps.run import snapshot
from firsttry_tasks.steps.run.project import project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.values import Command
    from firsttry_tasks.steps.run.project import Project


class Checked(Struct, frozen=True, kw_only=True):
    """One gate: whether it is on and why, its tool's version, and the command of each stage."""

    on: bool
    why: str
    version: str = ""
    called: str = ""
    commands: dict[Stage, str] = {}


class SettingsAnswer(Struct, frozen=True, kw_only=True):
    """Every setting in force, who asked for it, and what each gate starts."""

    settings: Settings
    set_by: dict[str, Origin]
    gates: dict[str, Checked]


def show(root: Path, words: list[str]) -> None:
    """Print every setting in force with what set it, and for each gate what it starts.

    Of those that ``words`` name that alone; UsageError, with the nearest, for none.
    """
    asked = settings.read(root)
    for word in words:
        if word not in asked.origin:
            raise UsageError(
                f"There is no setting {word!r}.{nearest(word, asked.origin)} All: ft settings"
            )
    here = project(root)
    _, entries = here.look()
    gates = {gate: _checked(here, gate, entries) for gate in here.uses}
    values = msgspec.to_builtins(asked.settings)
    ANSWER.give(SettingsAnswer(settings=asked.settings, set_by=asked.origin, gates=gates))
    rows = [
        (key, asked.origin[key], msgspec.json.encode(value).decode("utf-8"))
        for key, value in values.items()
        if not words or key in words
    ]
    CONSOLE.say(*table(("setting", "set by", "value"), rows))
    if words:
        return
    CONSOLE.say("")
    CONSOLE.say(*(line for gate, it in gates.items() for line in _lines(gate, it)))
    CONSOLE.say(*(f"warning: {said}" for said in snapshot.other_versions(here)))


def _checked(here: Project, gate: str, entries: dict[str, str]) -> Checked:
    use, tool, call = here.uses[gate], GATES[gate].TOOL, here.calls[gate]
    if not use.on:
        return Checked(on=False, why=use.why)
    return Checked(
        on=True,
        why=use.why or "unless it is switched off",
        version=here.installed.get(tool, ""),
        called=f"{call} (in {call.place})" if call.place else "",
        commands={stage: _command(here, stage, gate, entries) for stage in STAGES},
    )


def _command(here: Project, stage: Stage, gate: str, entries: dict[str, str]) -> str:
    """Return the whole command line of a gate, with paths relative to the project."""
    job = here.job(stage, gate, tuple(here.readable(stage, gate, entries)))
    lines = [_line(job.root, part, command) for part, command in commands(gate, job)]
    return " && ".join(lines) or "nothing: no file was found to check"


def _line(root: str, part: Job, command: Command) -> str:
    """Return one command as a shell takes it."""
    variables = [f"{name}={value}" for name, value in part.call.env.items()]
    words = [word.replace(root, ".") for word in command.argv]
    line = shlex.join((*variables, *words))
    return f"(cd {shlex.quote(part.folder)} && {line})" if part.folder else line


def _lines(gate: str, it: Checked) -> Iterator[str]:
    yield f"{gate}: {'on' if it.on else 'off'} ({it.why}){f', {it.version}' if it.version else ''}"
    if it.called:
        yield f"  you call it:  {it.called}"
    for stage, command in it.commands.items():
        yield f"  {stage} starts:  {command}"
