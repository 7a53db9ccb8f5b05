"""Defines what a gate gets to know about the run that it is part of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config.parity_lock import Lock
from firsttry_tasks.config.settings import Settings
from firsttry_tasks.config.team.team_command import ToolCall
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.values import Command, Stage

if TYPE_CHECKING:
    from firsttry_tasks.config.settings import GateSettings


class Job(Struct, frozen=True, kw_only=True):
    """One gate's work in one stage.

    ``root`` is the checkout; ``paths`` are the project's files, relative to it; ``env`` is the
    whole environment of the process; ``work`` is a folder for files that the gate needs while it
    runs; ``configured`` maps a place (``pyproject.toml [tool.mypy]``) to the names of the options
    set there; ``programs`` maps a tool to the path of its program, "" where it is missing;
    ``installed`` names the distributions in the environment; ``base`` is the commit that changed
    lines are counted from; ``call`` is how the team calls the tool; ``key`` is the file with this
    machine's key. With ``record``, a full run leaves what a golden cache needs in ``recorded``.
    With ``fresh``, a warm run does without the tool's own cache. Where the team calls the tool in
    folders below the project, ``inner`` has what is ``configured`` in each; the job in one of them
    has its ``folder``.
    """

    root: str
    stage: Stage
    settings: Settings
    lock: Lock
    paths: tuple[str, ...]
    env: dict[str, str]
    work: str
    python: str
    programs: dict[str, str]
    configured: dict[str, tuple[str, ...]] = {}
    installed: frozenset[str] = frozenset()
    base: str = ""
    call: ToolCall = ToolCall()
    key: str = ""
    record: bool = False
    fresh: bool = False
    folder: str = ""
    inner: dict[str, dict[str, tuple[str, ...]]] = {}

    @property
    def recorded(self) -> str:
        """Return the folder that a full run records into."""
        # The steps that run gates empty it first, so that nothing of an earlier run gets packed.
        return "/".join(filter(None, (self.work, state_paths.RECORDED, self.part)))

    @property
    def part(self) -> str:
        """Return what tells the jobs of one gate apart, "" for the only one or the first."""
        again = f"call-{self.call.turn}" if self.call.turn else ""
        return "/".join(filter(None, (self.folder, again)))

    @property
    def cache(self) -> str:
        """Return the folder of mypy's cache, "" where that is mypy's choice."""
        # Of each folder in which the team calls mypy, modules may have the same names, and of each
        # set of options it knows other things; one place at the top is what is known to be a cache.
        top = self.root.removesuffix(f"/{self.folder}")
        return f"{top}/.mypy_cache/{self.part}" if self.part else ""

    @property
    def each(self) -> tuple[Job, ...]:
        """Return the jobs to do: one for each of several calls, or this one as a whole."""
        return tuple(map(self._inside, self.call.each)) or (self,)

    def _inside(self, call: ToolCall) -> Job:
        """Return the part of this job that is done in the folder of a call."""
        if not call.folder:
            return replace(self, call=call)
        start = f"{call.folder}/"
        paths = (it.removeprefix(start) for it in self.paths if it.startswith(start))
        root = f"{self.root}/{call.folder}"
        return replace(
            self,
            root=root,
            folder=call.folder,
            paths=tuple(paths),
            env=self.env | {"PWD": root},
            configured=self.inner[call.folder],
            call=call,
        )

    def start(
        self, tool: str, gate: GateSettings, head: tuple[str, ...], targets: tuple[str, ...]
    ) -> Command:
        """Return the command: ``head``, arguments of lock and settings, then ``targets``."""
        # The settings come after the lock, because tools let the last of equal options win.
        locked = self.lock.tool(tool)
        return Command(
            argv=(*head, *locked.args, *gate.args, *targets),
            cwd=self.root,
            env=self.env | self.call.env,
            timeout=locked.timeout,
        )

    def options(self, *starts: str) -> frozenset[str] | None:
        """Return the options set in places whose names begin so; None where no place does."""
        # None is not the empty set: a tool with an empty configuration was still set up by someone.
        places = [names for place, names in self.configured.items() if place.startswith(starts)]
        return frozenset(name for names in places for name in names) if places else None
