"""The house checks its own shape: imports go down, and each kind of effect has one door."""

from __future__ import annotations

import ast
from functools import cache
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

import firsttry_tasks

PACKAGE = Path(firsttry_tasks.__file__).parent
#: From the ground up: a room imports only from floors below its own. A folder is a room, and so
#: is each module that lies at the top.
FLOORS = (
    ("model.source", "recorder.replaced"),
    ("model", "recorder.probes.child", "selection", "selection.syntax", "steps"),
    ("system.guard",),
    ("recorder.tracing", "selection.evidence", "system"),
    ("recorder.leftovers.things", "selection.learn"),
    (
        "config",
        "config.reading",
        "dependency_db",
        "fingerprint",
        "recorder.leftovers",
        "recorder.probes",
        "selection.impact",
    ),
    ("config.team", "recorder.boundary"),
    ("config.environments", "system.boundary", "system.privacy"),
    ("flaky", "gates", "golden", "recorder.inside_pytest", "selection.decide"),
    ("merge_driver", "parity", "recorder", "selection.shards"),
    ("reporting", "stores"),
    ("reporting.page", "reporting.programs"),
    ("reporting.pull_request", "steps.observe"),
    ("cluster.tree",),
    ("cluster",),
    ("steps.run",),
    ("steps.cache",),
    ("steps.ask", "steps.init", "steps.judge", "steps.serve", "steps.shards", "steps.show"),
    ("steps.prove",),
    ("doit_tasks", "schema"),
    ("doit_tasks.shards", "doit_tasks.verbs"),
    ("tasks",),
    ("cli",),
    ("__main__",),
)
FLOOR = {room: floor for floor, rooms in enumerate(FLOORS) for room in rooms}
DOORS = {
    "subprocess": {"system.process", "system.guard.running", "recorder.probes.subprocesses"},
    "sqlite3": {
        "dependency_db",
        "doit_tasks.engine",
        "doit_tasks.state_file",
        "golden.databases",
    },
    "fcntl": {"system.disk", "recorder.probes.child.own_file"},
    "signal": {
        "system.process",
        "system.guard.running",
        "system.guard.guardian",
        "doit_tasks.holding",
        "recorder.leftovers.process",
    },
    "resource": {"system.guard.guardian", "system.machine"},
    # All but the first write addresses, and ask for none.
    "urllib": {
        "system.webhook",
        "dependency_db",
        "reporting.markdown",
        "steps.show.github_comments",
    },
}


@cache
def _modules() -> dict[str, Path]:
    """Return every module by its dotted name without the package's, "" for the package."""
    found = {}
    for file in PACKAGE.rglob("*.py"):
        parts = file.relative_to(PACKAGE).with_suffix("").parts
        found[".".join(part for part in parts if part != "__init__")] = file
    return found


def _room(module: str) -> str:
    """Return the folder a module lies in, or its own name where it lies at the top."""
    folder = _modules()[module].relative_to(PACKAGE).parent
    return ".".join(folder.parts) or module


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
        found.add(inside if inside in known else inside.rpartition(".")[0])
    return found & known.keys() - {"", module}


@pytest.mark.parametrize("module", sorted(set(_modules()) - {""}))
def test_imports_only_go_down(module: str) -> None:
    """No room knows a room on its own floor or above; a new room is given a floor first."""
    mine = _room(module)
    rooms = {_room(it) for it in _neighbours(module)} - {mine}
    assert [room for room in sorted(rooms) if FLOOR[room] >= FLOOR[mine]] == []


def test_no_import_cycles() -> None:
    """The modules can be put in an order in which each knows only earlier ones."""
    graph = {module: _neighbours(module) - {module.rpartition(".")[0]} for module in _modules()}
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as error:
        pytest.fail(str(error))


def _folders() -> dict[str, list[Path]]:
    """Return the modules of each folder of the house."""
    found: dict[str, list[Path]] = {}
    for file in PACKAGE.rglob("*.py"):
        found.setdefault(file.parent.relative_to(PACKAGE).as_posix(), []).append(file)
    return found


def test_the_door_is_wide_enough_to_see_through() -> None:
    """The top of the package has at most eight files and fifteen folders."""
    shown = [it for it in PACKAGE.iterdir() if it.name != "__pycache__"]
    folders = [it for it in shown if it.is_dir()]
    assert (len(folders) <= 15, len(shown) - len(folders) <= 8) == (True, True)


def test_no_folder_has_more_than_twelve_files() -> None:
    """A reader takes in the modules of a folder at one glance."""
    assert {name: len(files) for name, files in _folders().items() if len(files) > 12} == {}


@pytest.mark.parametrize("module", sorted(_modules()))
def test_no_file_is_longer_than_three_hundred_lines(module: str) -> None:
    """A file that grows beyond that has two jobs."""
    assert _modules()[module].read_text(encoding="utf-8").count("\n") <= 300


@pytest.mark.parametrize("module", sorted(_modules()))
def test_no_function_is_longer_than_fifty_lines(module: str) -> None:
    """A function fits on a screen."""
    tree = ast.parse(_modules()[module].read_text(encoding="utf-8"))
    functions = [it for it in ast.walk(tree) if isinstance(it, ast.FunctionDef)]
    assert [it.name for it in functions if (it.end_lineno or 0) - it.lineno >= 50] == []


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
    outside = {it for it in known if not it.startswith("recorder")}
    assert outside <= {"values", "records", "model.values", "model.recording"}
