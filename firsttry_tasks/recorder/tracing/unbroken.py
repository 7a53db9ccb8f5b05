"""Lets a run go on where a look at what a project or a library keeps fails.

That can be of any kind, and answer in any way. What can't be looked at any more can't be followed,
so its tests run each time, and say why.
"""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Concatenate, ParamSpec, Protocol, TypeVar


class Breakable(Protocol):
    """What looks, and says in ``broken`` why it does no more."""

    broken: str


Given = ParamSpec("Given")
Looking = TypeVar("Looking", bound=Breakable)
Look = Callable[Concatenate[Looking, Given], None]


def unbroken(look: Look[Looking, Given]) -> Look[Looking, Given]:
    """Let a look that fails be the last one."""

    @functools.wraps(look)
    def looking(self: Looking, /, *arguments: Given.args, **options: Given.kwargs) -> None:
        try:
            if not self.broken:
                look(self, *arguments, **options)
        except Exception as error:  # noqa: BLE001
            self.broken = f"what tests left ({type(error).__name__}: {error})"

    return looking
