"""Looks at a repository: layout, tests, runner, tools, how it installs, CI, hooks, workspaces."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config import parity_lock, project_layout
from firsttry_tasks.config.environments import choose, pins
from firsttry_tasks.config.environments.needs import Needs, joined, of_pip
from firsttry_tasks.config.team import (
    django_runner,
    pre_commit,
    requirements,
    team_command,
    tool_use,
    workflow_files,
)
from firsttry_tasks.steps.init import clone, installing
from firsttry_tasks.system import disk, git, machine, working_tree

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.config.environments.environment import Environment
    from firsttry_tasks.config.settings import Settings
    from firsttry_tasks.config.team.team_command import ToolCall
    from firsttry_tasks.steps.init.installing import Plan


class Tool(Struct, frozen=True, kw_only=True):
    """A tool: whether its gate is on and why, its version here, and the one the project pins.

    ``taken`` are the versions that FirstTry works with, where the pinned one is none of them.
    """

    on: bool
    why: str
    version: str
    pinned: str = ""
    called: str = ""
    taken: str = ""


class Facts(Struct, frozen=True, kw_only=True):
    """What a repository shows.

    ``runner`` is ``pytest`` or ``django``, ``settings`` Django's settings module. ``install`` are
    the commands that make its environment, ``needs`` is how they were found; ``missing`` are the
    tools that it has not then, as those of hooks. ``members`` are the folders of a workspace.
    ``required`` tells that a list of requirements has FirstTry, ``submodules`` are those of the
    team's own checkout in CI, as its action is told.
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
    required: bool = True
    submodules: str = ""


def look(root: Path, settings: Settings) -> Facts:
    """Return what the repository at ``root`` shows."""
    top = git.top(root)
    seen = working_tree.look(top)
    inside = root.relative_to(top).as_posix()
    paths = tuple(working_tree.entries(seen, "" if inside == "." else f"{inside}/"))
    call = team_command.find(root, top, "pytest")
    runner, module = _runner(call)
    manager = installing.manager(root)
    python = ".".join(machine.python().split()[-1].split(".")[:2])
    around = choose.environments(root, top)
    plan = installing.plan(root, paths, around, manager, python)
    tools, members = _tools(root, top, settings, around), _members(root)
    install = plan.commands
    if members and manager == "uv":
        # The members' own requirements are not the top's.
        install = (f"{install[0]} --all-packages",)
    return Facts(
        code=project_layout.sources(paths),
        tests=_tests(paths, call),
        runner=runner,
        settings=module,
        tools=tools,
        python=python,
        manager=manager,
        install=install,
        needs=plan.place,
        ci=_ci(top),
        hooks=_hooks(top),
        main=_main(root, settings),
        members=members,
        missing=_missing(root, top, tools, plan, around),
        required=bool(requirements.place(root, "firsttry-tasks")),
        submodules=_submodules(top),
    )


def _tests(paths: tuple[str, ...], call: ToolCall) -> tuple[str, ...]:
    """Return the folders, and files at the top, that hold tests: as pytest is called for them."""
    option = "python_files="
    told = [it.removeprefix(option).split() for it in call.args if it.startswith(option)]
    patterns = told[-1] if told else ["test_*.py", "*_test.py"]
    names = (it for it in paths if any(fnmatch(it.rpartition("/")[2], one) for one in patterns))
    within = tuple(f"{it.rstrip('/')}/" for it in call.paths) if told else ()
    heads = {it.split("/", 1)[0] for it in names if not within or f"{it}/".startswith(within)}
    return tuple(sorted(heads))


def _runner(call: ToolCall) -> tuple[str, str]:
    """Return who runs the tests, and the settings module where that is Django and has one."""
    named = next((it[5:] for it in call.args if it.startswith("--ds=")), "")
    return ("django", named) if named or django_runner.PLUGIN in call.args else ("pytest", "")


def _tools(
    root: Path, top: Path, settings: Settings, around: tuple[Environment, ...]
) -> dict[str, Tool]:
    installed = machine.installed()
    found = {}
    for gate, use in tool_use.gates(root, top, settings).items():
        tool = "pytest" if gate == "tests" else gate
        call = team_command.find(root, top, tool)
        pin = pins.pinned(root, top, tool, around, hook=call.place == pre_commit.FILE)
        found[tool] = Tool(
            on=use.on,
            why=use.why or (f"{call.place} calls it" if call.place else "it runs the tests"),
            version=installed.get(tool, ""),
            pinned=f"{pin.version} ({pin.place})" if pin else "",
            called=str(call) if call.place else "",
            taken=installing.taken(tool) if pin and not installing.works(tool, pin.version) else "",
        )
    return found


def _missing(
    root: Path, top: Path, tools: dict[str, Tool], plan: Plan, around: tuple[Environment, ...]
) -> tuple[str, ...]:
    """Return pip's words for what the gates need that the environment for tests does not bring."""
    found = []
    for name, tool in tools.items():
        if name != "pytest" and tool.on:
            version = tool.pinned.split()[0] if tool.pinned else ""
            own = _own_needs(root, top, name, around)
            found.append(installing.besides(root, plan, name, version, own))
    return joined(found).words


def _own_needs(root: Path, top: Path, name: str, around: tuple[Environment, ...]) -> Needs:
    """Return what is installed where the team calls a tool: by a hook, or an environment."""
    if team_command.find(root, top, name).place == pre_commit.FILE:
        hooks = (it for it in pre_commit.hooks(top, root) if _is_of(name, it.id))
        return of_pip(it for hook in hooks for it in hook.needs)
    found = choose.of_tool(around, name, "")
    return found.needs if found else Needs()


def _is_of(name: str, hook: str) -> bool:
    return hook in {name, f"{name}-check"}


def _submodules(top: Path) -> str:
    """Return which submodules the team's workflows check out: the most that one asks for."""
    found = {
        said
        for file in sorted((top / ".github/workflows").glob("*.y*ml"))
        for said in workflow_files.submodules((disk.read(file) or b"").decode("utf-8", "replace"))
    }
    return next((it for it in ("recursive", "true") if it in found), "")


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
