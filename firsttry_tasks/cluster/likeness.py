"""Tells whether a worker would answer as this machine does: its Python, packages and variables."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks import __version__, fingerprint
from firsttry_tasks.model import steering
from firsttry_tasks.recorder.probes import environ
from firsttry_tasks.system import machine
from firsttry_tasks.system.privacy import seals

if TYPE_CHECKING:
    from collections.abc import Mapping


class Likeness(Struct, frozen=True, kw_only=True):
    """What a worker has to have in common with the machine whose ``root`` is the project.

    ``parts`` are those of a result's key that no tree is needed for. Variables are ``sealed``: no
    value leaves a machine. Those that the parity lock ``sets`` are the same everywhere.
    """

    parts: dict[str, str]
    sealed: dict[str, str]
    sets: frozenset[str]
    root: str


def of(root: str, environment: Mapping[str, str], sets: frozenset[str]) -> Likeness:
    """Return what workers are held against."""
    names = [name for name in steering.names(environment) if name not in sets]
    sealed = seals.every(names, lambda name: environ.value(name, environment, root))
    return Likeness(parts=parts(), sealed=sealed, sets=sets, root=root)


def parts() -> dict[str, str]:
    """Return the named parts of this machine."""
    installed = machine.installed().items()
    return {
        "firsttry": __version__,
        "python": machine.python(),
        "platform": machine.platform(),
        "distributions": "\n".join(f"{name}={it}" for name, it in sorted(installed)),
    }


def differences(wanted: Likeness, environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each part that is not here as it is wanted; none where all are."""

    def value(name: str) -> str | None:
        return environ.value(name, environment, wanted.root)

    own = {name for name in steering.names(environment) if name not in wanted.sets}
    same = seals.held(wanted.sealed, value)
    other = sorted((own | wanted.sealed.keys()) - same)
    told = (f"environment: {fingerprint.some(other)}",) if other else ()
    return (*fingerprint.changes(wanted.parts, parts()), *told)
