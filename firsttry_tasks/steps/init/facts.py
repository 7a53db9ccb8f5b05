"""Looks at a repository: layout, tests, runner, tools, how it installs, CI, hooks, workspaces."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config import parity_lock, project_layout
from firsttry_tasks.config.team import pre_commit, requirements, team_command, tool_use
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.steps.init import clone
from firsttry_tasks.system import disk, git, machine, working_tree

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from firsttry_tasks.config.settings import Settings

#: Files of a project that say by what it is installed, the surest first.
MANAGERS = {"uv.lock": "uv", "poetry.lock": "poetry", "pdm.lock": "pdm", "Pipfile.lock": "pipenv"}
#: How each of them makes the whole environment.
SYNC = {
    "uv": "uv sync --all-groups --all-extras",
    "poetry": "poetry install --all-extras",
    "pdm": "pdm install -G :all",
    "pipenv": "pipenv install --dev",
}
#: Names of groups, extras and files of requirements that hold what tests need.
FOR_TESTS = re.compile(r"(?:^|[-_./])(?:dev|develop|development|tests?|testing)(?:$|[-_./])")


class Tool(Struct, frozen=True, kw_only=True):
    """A tool: whether its gate is on and why, its version here, and the one the project pins."""

    on: bool
    why: str
    version: str
    pinned: str = ""
    called: str = ""


class Facts(Struct, frozen=True, kw_only=True):
    """What a repository shows.

    ``runner`` is ``pytest`` or ``django``, ``settings`` Django's settings module. ``install`` are
    the commands that make its environment, ``needs`` is how they were found; ``missing`` are the
    tools that it has not then, as those of hooks. ``members`` are the folders of a workspace.
    """

    code: tuple[str, ...]
    tests: tuple[str, ...]
    runner: str
    tools: dict[str, Tool]
    python: str
    manager: str
    install: tuple[str, ...]
    needs: str
    ci: str
    hooks: str
    main: str
    members: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    settings: str = ""


def look(root: Path, settings: Settings) -> Facts:
    """Return what the repository at ``root`` shows."""
    top = git.top(root)
    seen = working_tree.look(top)
    inside = root.relative_to(top).as_posix()
    paths = tuple(working_tree.entries(seen, "" if inside == "." else f"{inside}/"))
    runner, module = _runner(root, top)
    manager = next((name for file, name in MANAGERS.items() if (root / file).exists()), "pip")
    install, needs, brought = _install(root, paths, manager)
    tools, members = _tools(root, top, settings), _members(root)
    if members and manager == "uv":
        # The members' own requirements are not the top's.
        install = (f"{install[0]} --all-packages",)
    return Facts(
        code=project_layout.sources(paths),
        tests=_tests(paths),
        runner=runner,
        settings=module,
        tools=tools,
        python=".".join(machine.python().split()[-1].split(".")[:2]),
        manager=manager,
        install=install,
        needs=needs,
        ci=_ci(top),
        hooks=_hooks(top),
        main=_main(root, settings),
        members=members,
        missing=tuple(_missing(root, top, tools, brought)),
    )


def _tests(paths: tuple[str, ...]) -> tuple[str, ...]:
    """Return the folders, and files at the top, that hold tests."""
    names = (path for path in paths if re.search(r"(?:^|/)test_[^/]*\.py$|_test\.py$", path))
    heads = {name.split("/", 1)[0] for name in names}
    return tuple(sorted(heads))


def _runner(root: Path, top: Path) -> tuple[str, str]:
    """Return who runs the tests, and the settings module where that is Django."""
    call = team_command.find(root, top, "pytest")
    named = next((it[5:] for it in call.args if it.startswith("--ds=")), "")
    return ("django", named) if named else ("pytest", "")


def _tools(root: Path, top: Path, settings: Settings) -> dict[str, Tool]:
    installed = machine.installed()
    found = {}
    for gate, use in tool_use.gates(root, top, settings).items():
        tool = "pytest" if gate == "tests" else gate
        call = team_command.find(root, top, tool)
        pin = requirements.pinned(root, top, tool, hook=call.place == pre_commit.FILE)
        found[tool] = Tool(
            on=use.on,
            why=use.why or (f"{call.place} calls it" if call.place else "it runs the tests"),
            version=installed.get(tool, ""),
            pinned=f"{pin.version} ({pin.place})" if pin else "",
            called=str(call) if call.place else "",
        )
    return found


def _install(root: Path, paths: tuple[str, ...], manager: str) -> tuple[tuple[str, ...], str, str]:
    """Return the commands that make an environment with the project and what its tests need.

    With them come where they were found, and the text that names all that they bring.
    """
    if manager in SYNC:
        lock = next(it for it, name in MANAGERS.items() if name == manager)
        return (SYNC[manager],), lock, _text(root / lock)
    installable = "pyproject.toml" in paths or "setup.py" in paths
    own = ("python -m pip install -e .",) if installable else ()
    files = [it for it in paths if it.endswith(".txt") and "require" in it and FOR_TESTS.search(it)]
    if files or "requirements.txt" in paths:
        place = min(files, key=len) if files else "requirements.txt"
        return (*own, f"python -m pip install -r {place}"), place, _text(root / place)
    project = _toml(root)
    groups, extras = (_names(project, it) for it in ("dependency-groups", "project"))
    if groups:
        words = " ".join(f"--group {name}" for name in groups)
        found = (f"{' '.join(own)} {words}",)
        return found, "the dependency groups of pyproject.toml", str(groups)
    if extras:
        extra = f"python -m pip install -e '.[{','.join(extras)}]'"
        return (extra,), "the extras of pyproject.toml", str(extras)
    return (*own, "python -m pip install pytest"), "nothing that says what tests need", ""


def _text(file: Path) -> str:
    return (disk.read(file) or b"").decode("utf-8", "replace")


def _missing(root: Path, top: Path, tools: dict[str, Tool], brought: str) -> Iterator[str]:
    """Yield what the gates need that the environment for tests does not bring."""
    for name, tool in tools.items():
        if name == "pytest" or not tool.on or re.search(rf"(?<![\w-]){name}(?![\w-])", brought):
            continue
        yield f"{name}=={tool.pinned.split()[0]}" if tool.pinned else name
        if team_command.find(root, top, name).place == pre_commit.FILE:
            hooks = (it for it in pre_commit.hooks(top, root) if it.id in {name, f"{name}-check"})
            yield from (it for hook in hooks for it in hook.needs)


def _names(project: dict[str, object], key: str) -> dict[str, object]:
    """Return the groups or extras that hold what tests need, with what is in them."""
    table = project.get(key)
    if key == "project" and isinstance(table, dict):
        table = table.get("optional-dependencies")
    return (
        {k: v for k, v in table.items() if FOR_TESTS.search(k)} if isinstance(table, dict) else {}
    )


def _toml(root: Path) -> dict[str, object]:
    data = disk.read(root / "pyproject.toml") or b""
    try:
        return decoding.toml(data)
    except decoding.UndecodableError as error:
        raise UsageError(f"pyproject.toml can't be read: {error}.") from error


def _ci(top: Path) -> str:
    """Return which CI the repository has files for, or which its remote belongs to."""
    if (top / ".github/workflows").is_dir():
        return "github"
    if (top / ".gitlab-ci.yml").exists():
        return "gitlab"
    remote = clone.remote(top)
    return next((it for it in ("github", "gitlab") if it in remote), "")


def _hooks(top: Path) -> str:
    """Return what runs hooks here: pre-commit, git itself, or the folder that git was given."""
    if (top / pre_commit.FILE).exists():
        return "pre-commit"
    return clone.hooks_path(top) or "git"


def _main(root: Path, settings: Settings) -> str:
    """Return the main branch's name: the remote's, or the one that is there."""
    return clone.main_name(root) or settings.main


def _members(root: Path) -> tuple[str, ...]:
    """Return the folders of a workspace: uv's members, else `packages/*` with a pyproject.toml."""
    data = disk.read(root / "pyproject.toml") or b""
    found = project_layout.members(root, data)
    return tuple(it.relative_to(root).as_posix() for it in found)


def lock(root: Path, facts: Facts) -> parity_lock.Lock:
    """Return the lock that describes this environment."""
    old, _ = parity_lock.read(root)
    unused = tuple(name for name, tool in facts.tools.items() if not tool.on)
    return parity_lock.current(root, old, unused)
