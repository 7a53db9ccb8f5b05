"""Says which version of a tool the team's own environments pin."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.config.environments import brought, choose
from firsttry_tasks.config.team import requirements

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.config.environments.environment import Environment
    from firsttry_tasks.config.team.requirements import Pin


def pinned(
    root: Path, top: Path, tool: str, found: tuple[Environment, ...], *, hook: bool
) -> Pin | None:
    """Return the version that the project pins, where the team calls the tool.

    What another one of its environments pins is for that one alone. ``found`` are all of them.
    """
    # Which Python is asked for decides no pin in any project seen, and costs a look at the machine.
    own = choose.of_tool(found, tool, "")
    said = tuple(brought.lines(root, own.needs, own.place)) if own else None
    return requirements.pinned(root, top, tool, hook=hook, own=said)
