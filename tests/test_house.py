"""The house checks its own shape: imports go down, and each kind of effect has one door."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import firsttry_tasks

PACKAGE = Path(firsttry_tasks.__file__).parent
FLOORS = (
    ("errors", "values", "sightings", "records"),
    ("disk", "proc", "git", "net", "machine"),
    ("settings", "lock"),
    ("fingerprint", "layout", "selection", "owners", "flaky", "flaky_file"),
    ("compare", "divergence", "history", "depends"),
    ("gates",),
    ("recorder",),
    ("explanation",),
    ("reports", "outputs", "schema", "dependencies", "testmon_db"),
    ("golden", "stores"),
    ("steps",),
    ("tasks", "verbs", "building", "engine", "cli", "merge_driver"),
)
ROOMS = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
DOORS = {
    "subprocess": {"proc", "recorder.children"},  # the second watches what tests start
    "sqlite3": {"dependencies", "engine", "golden.databases"},
    "fcntl": {"disk"},
    "signal": {"proc", "engine"},
    "resource": {"machine"},
    "urllib": {"net", "dependencies"},
}


def _modules() -> dict[str, Path]:
    found = {}
    for file in PACKAGE.rglob("*.py"):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = file
    return found


@cache
def _imports(module: str) -> frozenset[str]:
    """Return every dotted name a module imports, late and type-only imports too."""
    found = set()
    for node in ast.walk(ast.parse(_modules()[module].read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(found)


def _neighbours(module: str) -> set[str]:
    """Return the modules of the house that a module imports."""
    known = _modules()
    found = set()
    for name in _imports(module):
        inside = name.removeprefix("firsttry_tasks.") if name.startswith("firsttry_tasks.") else ""
        found |= {it for it in (inside, inside.rpartition(".")[0]) if it in known}
    return found - {"", module}


@pytest.mark.parametrize("module", sorted(_modules()))
def test_every_room_has_a_floor(module: str) -> None:
    """A new room is placed on a floor before anybody moves in."""
    assert module.split(".", maxsplit=1)[0] in {"", *ROOMS}


@pytest.mark.parametrize("module", sorted(set(_modules()) - {""}))
def test_imports_only_go_down(module: str) -> None:
    """No room knows a room on a floor above it."""
    mine = ROOMS[module.split(".", maxsplit=1)[0]]
    assert [it for it in _neighbours(module) if ROOMS[it.split(".")[0]] > mine] == []


def test_no_import_cycles() -> None:
    """The rooms can be put in an order in which each knows only earlier ones."""
    graph = {module: _neighbours(module) - {module.rpartition(".")[0]} for module in _modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(str(error))


@pytest.mark.parametrize("effect", sorted(DOORS))
def test_each_effect_has_its_door(effect: str) -> None:
    """A kind of effect is imported by its door alone."""
    users = {
        module for module in _modules() if effect in {n.split(".")[0] for n in _imports(module)}
    }
    assert users <= DOORS[effect]


def test_the_recorder_travels_light() -> None:
    """What runs inside a project's pytest imports nothing of the house but the nouns."""
    inside = [module for module in _modules() if module.startswith("recorder")]
    known = {it for module in inside for it in _neighbours(module)}
    assert {it for it in known if not it.startswith("recorder")} <= {"values", "records"}
