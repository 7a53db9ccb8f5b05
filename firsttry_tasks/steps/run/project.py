"""Read what all steps need of the project once a run: settings, lock, tools, environment."""

from __future__ import annotations

import datetime as dt
import os
import sys
from functools import cache, cached_property
from typing import TYPE_CHECKING

from firsttry_tasks import __version__, fingerprint
from firsttry_tasks.config import parity_lock, settings
from firsttry_tasks.config.team import team_command, tool_use
from firsttry_tasks.flaky import memory as flaky_memory
from firsttry_tasks.gates import known
from firsttry_tasks.model import state_paths, steering
from firsttry_tasks.model.observed import Watched
from firsttry_tasks.recorder.probes import environ
from firsttry_tasks.reporting import report_files
from firsttry_tasks.steps import typed
from firsttry_tasks.system import (
    disk,
    git,
    machine,
    own_files,
    process,
    working_tree,
)
from firsttry_tasks.system.privacy import machine_key
from firsttry_tasks.system.privacy.outside import Outside

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.gates.job import Job
    from firsttry_tasks.model.flaky_records import FlakyMemory
    from firsttry_tasks.model.values import Stage

#: Names the folders that Python has to import from first, where a checkout of what is staged is
#: judged: an editable installation would lead into another one.
STAGED = "FIRSTTRY_STAGED"

#: Stands for what has changed where the file that would tell can't be read.
LOST = "what tests looked at outside of the tree can't be read"

#: The gates whose state a golden cache holds.
RECORDING = frozenset({"tests", "mypy"})


class Project:
    """The project at ``root``; what is asked for is read once and kept."""

    def __init__(self, root: Path) -> None:
        """Read nothing yet: a task must cost nothing until it runs."""
        self.root = root

    @cached_property
    def settings(self) -> settings.Settings:
        """Return the settings in force."""
        return settings.read(self.root).settings

    @cached_property
    def record(self) -> bool:
        """Tell whether full runs record what a golden cache needs: `doit full record=1`."""
        return typed.asked("record")

    @cached_property
    def reuse(self) -> bool:
        """Tell whether full's gates may stand from an earlier run: `doit full reuse=1`."""
        return typed.asked("reuse")

    @cached_property
    def locked(self) -> tuple[parity_lock.Lock, str]:
        """Return the parity lock and the sha256 of its file."""
        return parity_lock.read(self.root)

    @cached_property
    def top(self) -> Path:
        """Return the top of the repository that holds the project."""
        return git.top(self.root)

    @cached_property
    def installed(self) -> dict[str, str]:
        """Return the installed distributions."""
        return machine.installed()

    @cached_property
    def environment(self) -> dict[str, str]:
        """Return the environment of every gate: this process's, overridden by the lock's."""
        # A gate runs in the project's folder wherever ft was typed, and PWD has to say the same,
        # or a test that reads PWD would answer differently from below.
        return self._around | self._first

    @cached_property
    def _around(self) -> dict[str, str]:
        return machine.clean(os.environ) | {"PWD": str(self.root)} | self.locked[0].environment

    @cached_property
    def _first(self) -> dict[str, str]:
        """Return PYTHONPATH with the folders of STAGED in front, where that is set."""
        # In no key: by paths that are relative to the project it is the same environment.
        first = os.environ.get(STAGED)
        rest = self._around.get("PYTHONPATH")
        return {"PYTHONPATH": os.pathsep.join(filter(None, (first, rest)))} if first else {}

    @cached_property
    def key_file(self) -> Path:
        """Return the file with this machine's key."""
        return machine_key.place(self.root / state_paths.STATE)

    @cached_property
    def key(self) -> bytes:
        """Return this machine's key, under which values are told apart."""
        return machine_key.read(self.key_file)

    def variable(self, name: str) -> str:
        """Return the digest of a variable as gates see it, "" where it is not set."""
        # Digests, not values: they are written to disk, shown and uploaded.
        return environ.variable(name, self.of_tests, str(self.root), self.key)

    @cached_property
    def of_tests(self) -> dict[str, str]:
        """Return the variables that tests see: those of gates, and of the team's own call."""
        return self._around | self.calls.get("tests", team_command.ToolCall()).env

    def _own(self, name: str) -> str:
        return environ.variable(name, self._around, str(self.root), self.key)

    def value(self, name: str) -> str | None:
        """Return what the digest stands for; None where the variable is not set."""
        return environ.value(name, self.of_tests, str(self.root))

    @cached_property
    def outside(self) -> Outside:
        """Return the names of files outside of the project."""
        known = own_files.read(self.root / state_paths.HIDDEN, dict[str, str]) or {}
        return Outside(self.root, self.top, self.key, known)

    def look(self) -> tuple[working_tree.TreeSnapshot, dict[str, str]]:
        """Return a snapshot of the tree, and its entries by paths relative to the project."""
        seen = self.seen()
        return seen, self.entries(seen)

    def seen(self) -> working_tree.TreeSnapshot:
        """Return a snapshot of the tree."""
        return working_tree.look(self.top, self.root / state_paths.CONTENTS)

    def entries(self, seen: working_tree.TreeSnapshot) -> dict[str, str]:
        """Return the snapshot's entries by the project's paths, without the flaky list."""
        found = working_tree.entries(seen, self.prefix)
        # A comparison writes this file: as an input it would make every result that it judged out
        # of date.
        found.pop(flaky_memory.FILE, None)
        return found

    @cached_property
    def memory(self) -> FlakyMemory:
        """Return the flaky memory as it was when the run began."""
        return report_files.read_flaky(self.root)

    @cached_property
    def forgiven(self) -> frozenset[str]:
        """Return the tests whose failure is run again before it counts."""
        return flaky_memory.forgiven(self.memory, self.locked[0].flaky, today())

    @property
    def prefix(self) -> str:
        """Return where the project lies in its repository, with a closing slash."""
        inside = self.root.relative_to(self.top).as_posix()
        return "" if inside == "." else f"{inside}/"

    @cached_property
    def parts(self) -> dict[str, str]:
        """Return the parts of a result's key that are the same for every gate."""
        return {
            "python": machine.python(),
            "platform": machine.platform(),
            "ruff": self.installed.get("ruff", ""),
            "mypy": self.installed.get("mypy", ""),
            # Another version may select or record otherwise, so its results are not mixed.
            "firsttry": __version__,
            "distributions": _text(self.installed),
            "environment": _text({n: self._own(n) for n in steering.names(self._around)}),
            "lock": self.locked[1],
            "baseline": disk.digest(disk.read(self.root / known.FILE) or b""),
        }

    @cached_property
    def programs(self) -> dict[str, str]:
        """Return where the tools' programs stand, "" for one that is missing."""
        found = {name: process.find(name) or "" for name in ("ruff", "mypy", "diff-cover")}
        return found | {"pytest": process.beside("pytest") or ""}

    @cached_property
    def variables(self) -> str:
        """Return one digest of the gates' environment but for what a terminal says of itself."""
        # One digest for all: by one of each others could guess short secrets.
        left = {*filter(environ.is_of_session, self.environment)} - {"PYTHONPATH"}
        lines = "\0".join(sorted(f"{k}={v}" for k, v in self.environment.items() if k not in left))
        return disk.digest(self.key + lines.encode("utf-8", "surrogateescape"))

    @cached_property
    def watched(self) -> str:
        """Return, as text, which variables and outside files that tests read have changed."""
        old = own_files.read(self.root / state_paths.WATCHED, Watched)
        if old is None:
            # The records were kept and this was lost: nothing could tell that a variable changed.
            return LOST if (self.root / state_paths.DB).exists() else ""
        variables = {name: self.variable(name) for name in old.variables}
        files = {name: self.outside.content(name) for name in old.files}
        moved = {f"variable {n}": seen for n, seen in variables.items() if seen != old.variables[n]}
        shown = self.outside.shown
        return _text(moved | {shown(n): seen for n, seen in files.items() if seen != old.files[n]})

    @cached_property
    def calls(self) -> dict[str, team_command.ToolCall]:
        """Return how the team calls each gate's tool: as the settings or its own files say."""
        return team_command.calls(self.root, self.top, self.settings.pytest.command)

    @cached_property
    def uses(self) -> dict[str, tool_use.Use]:
        """Return, for each usual gate, whether it is on, and why."""
        known = own_files.read(self.root / state_paths.USES, tool_use.Known)
        return tool_use.known_or_found(self.root, self.settings, known)

    @property
    def unused(self) -> tuple[str, ...]:
        """Return the tools whose gates are off."""
        names = {"tests": "pytest"}
        return tuple(names.get(gate, gate) for gate, use in self.uses.items() if not use.on)

    def readable(self, stage: Stage, gate: str, entries: dict[str, str]) -> dict[str, str]:
        """Return the part of the tree that a gate of a stage goes by."""
        # `inert` is a claim of the settings, and full is there to show where warm's claims are
        # wrong.
        inert = self.settings.inert if stage == "warm" else ()
        return fingerprint.readable(gate, entries, inert)

    def gates(self, stage: Stage) -> tuple[str, ...]:
        """Return the gates of a stage, in the order they are shown."""
        # diff-cover reads the coverage that full:tests measures, so it needs that gate.
        found = tuple(name for name, use in self.uses.items() if use.on)
        more = self.locked[0].thresholds.diff_cover is not None
        return (*found, "diff-cover") if more and stage == "full" and "tests" in found else found

    def job(self, stage: Stage, gate: str, paths: tuple[str, ...]) -> Job:
        """Return what a gate needs to know to build its command: paths, programs, environment."""
        from firsttry_tasks.gates.job import Job

        call = self.calls.get(gate, team_command.ToolCall())
        return Job(
            root=str(self.root),
            stage=stage,
            settings=self.settings,
            lock=self.locked[0],
            paths=paths,
            env=self.environment,
            work=str(self.root / state_paths.work_folder(stage, gate)),
            python=sys.executable,
            programs=self.programs,
            configured=parity_lock.option_names(self.root),
            installed=frozenset(self.installed),
            base=self.settings.main,
            call=call,
            key=str(self.key_file),
            # Only full runs record: they start cold, so no earlier state can leak into a golden
            # cache.
            record=self.record and stage == "full" and gate in RECORDING,
            inner={it.folder: parity_lock.option_names(self.root / it.folder) for it in call.each},
        )

    def strict(self) -> bool:
        """Tell whether a mismatch with the lock stops the run: in CI, where nobody reads notes."""
        return machine.in_ci(os.environ)


def _text(pairs: dict[str, str]) -> str:
    return "\n".join(f"{name}={value}" for name, value in sorted(pairs.items()))


def today() -> dt.date:
    """Return the day in UTC."""
    # UTC, so that two people on one day agree on whether an entry has expired.
    return dt.datetime.now(dt.UTC).date()


@cache
def project(root: Path) -> Project:
    """Return the project at ``root``, one for each run."""
    return Project(root)


def manifest(root: Path, stage: Stage, gate: str) -> bytes:
    """Return a gate's manifest as the fingerprint step wrote it."""
    return disk.read(root / state_paths.manifest_file(stage, gate)) or b""


def tree(root: Path, stage: Stage, gate: str) -> dict[str, str]:
    """Return ``path -> "<mode> <blob>"`` of what a gate can read."""
    return fingerprint.read_manifest(manifest(root, stage, gate))
