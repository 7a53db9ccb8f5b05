"""Finds the code of a project whose configuration does not say where it is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from firsttry_tasks.model import decoding

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

INNER = "/pyproject.toml"
TEST_FOLDERS = ("tests", "test")
#: Top-level folders that are rarely the code itself. They hold scripts without types, which would
#: make a project red for mypy at first sight.
BESIDE = frozenset(
    {*TEST_FOLDERS, "bench", "benchmarks", "docs", "doc", "examples", "example", "scripts", "tools"}
)
#: Top-level modules that configure tools, and are not what the project is about.
TOOLS_OWN = frozenset(
    {"conftest.py", "dodo.py", "fabfile.py", "noxfile.py", "setup.py", "tasks.py"}
)


def members(root: Path, data: bytes) -> tuple[Path, ...]:
    """Return the folders of a workspace: uv's members, else those below ``packages``.

    ``data`` is what stands in pyproject.toml. A folder counts that has a pyproject.toml of its own.
    """
    # Most projects are no workspace, and need not be parsed to know it.
    table: object = decoding.toml(data) if b"workspace" in data else {}
    for key in ("tool", "uv", "workspace"):
        table = table.get(key) if isinstance(table, dict) else None
    own = table.get("members", ()) if isinstance(table, dict) else ("packages/*",)
    globs = [str(it).rstrip("/") for it in own] if isinstance(own, (list, tuple)) else []
    found = {it for glob in globs for it in root.glob(glob) if (it / "pyproject.toml").exists()}
    return tuple(sorted(found - {root}))


def sources(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the folders and modules that hold the code: ``src``, or the packages at the top.

    Where there is none, those of the packages below that have a pyproject.toml of their own, or
    else the namespaces: folders without a file of their own that hold packages.
    """
    listed = tuple(paths)
    below = tuple(
        f"{member}/{source}"
        for member in sorted(it.rpartition("/")[0] for it in listed if it.endswith(INNER))
        if member.split("/")[0] not in BESIDE and member[:1] != "."
        for source in _of_member(
            [it.removeprefix(f"{member}/") for it in listed if it.startswith(f"{member}/")]
        )
    )
    return _own(listed) or below or _namespaces(listed)


def _of_member(paths: list[str]) -> tuple[str, ...]:
    return _own(paths) or _namespaces(paths)


def _namespaces(paths: Iterable[str]) -> tuple[str, ...]:
    """Return the folders at the top that are no packages themselves, and hold some."""
    heads = {
        path.split("/", 1)[0] for path in paths if path.endswith(("/__init__.py", "/__init__.pyi"))
    }
    return tuple(sorted(it for it in heads - BESIDE if it[:1] != "."))


def _own(paths: Iterable[str]) -> tuple[str, ...]:
    # A name with a dot in front is a folder of tools, such as .venv or .github.
    python = [path for path in paths if path.endswith((".py", ".pyi")) and path[0] != "."]
    if any(path.startswith("src/") for path in python):
        return ("src",)
    packages = {
        path.split("/", 1)[0]
        for path in python
        if path.count("/") == 1 and path.endswith(("/__init__.py", "/__init__.pyi"))
    }
    modules = {path for path in python if "/" not in path} - TOOLS_OWN
    found = sorted(packages - BESIDE) + sorted(m for m in modules if not m.startswith("test_"))
    return tuple(found)
