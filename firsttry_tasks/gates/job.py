"""What a gate is told about the run it is part of."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config.parity_lock import Lock
from firsttry_tasks.config.settings import Settings
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.values import Command, Stage

if TYPE_CHECKING:
    from firsttry_tasks.config.settings import GateSettings


class Job(Struct, frozen=True, kw_only=True):
    """One gate's work: the checkout, the stage, who configured what, and what is there.

    ``paths`` are the project's files; ``env`` is the whole environment of the process; ``work``
    is a folder for what the gate needs only while it runs; ``configured`` maps a place
    (``pyproject.toml [tool.mypy]``) to the options set there; ``programs`` maps a tool to where
    it stands, "" where it is missing; ``base`` is the commit that changed lines are counted from;
    ``record`` asks a full run to leave what a golden cache needs in ``recorded``.
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
    record: bool = False

    @property
    def recorded(self) -> str:
        """Return the folder that a full run records into: fresh, and part of its work folder."""
        return f"{self.work}/{state_paths.RECORDED}"

    def start(
        self, tool: str, gate: GateSettings, head: tuple[str, ...], targets: tuple[str, ...]
    ) -> Command:
        """Return the command, with what the lock and the settings add before the targets."""
        locked = self.lock.tool(tool)
        return Command(
            argv=(*head, *locked.args, *gate.args, *targets),
            cwd=self.root,
            env=self.env,
            timeout=locked.timeout,
        )

    def options(self, *starts: str) -> frozenset[str] | None:
        """Return the options set in places that begin so; None where there is no such place."""
        places = [names for place, names in self.configured.items() if place.startswith(starts)]
        return frozenset(name for names in places for name in names) if places else None
