"""Says which files a repository would get, each with its reason: all pure but for templates."""

from __future__ import annotations

import re
import shlex
from collections import Counter
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks import __version__
from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.team import pre_commit
from firsttry_tasks.steps.init import pyproject_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firsttry_tasks.steps.init.facts import Facts

    #: Returns what stands in a file of the repository, "" where it is not there.
    Read = Callable[[str], str]

FILES = Path(__file__).with_name("files")
WORKFLOW = ".github/workflows/firsttry.yml"
COMMENT = ".github/workflows/firsttry-comment.yml"
PIPELINE = ".gitlab/firsttry.yml"
#: The last line of each checkout.
CHECKOUT = re.compile(r"^( +)persist-credentials: false\n", re.MULTILINE)
#: How wide lines are where no file says it: what black and ruff take.
WIDTH = 88
#: pip's options that have a word of their own after them.
OPTIONS = "-e|-r|-c|--group"
AGENTS = ("AGENTS.md", "CLAUDE.md")
#: How a program of the project's environment is started, by what manages it.
RUN = {"uv": "uv run ", "poetry": "poetry run ", "pdm": "pdm run ", "pipenv": "pipenv run "}
#: How the environment gets FirstTry, where the project does not require it yet.
ADD = {
    "uv": "uv pip install {}",
    "poetry": "poetry run python -m pip install {}",
    "pdm": "pdm run python -m ensurepip && pdm run python -m pip install {}",
    "pipenv": "pipenv run pip install {}",
}


class Write(Struct, frozen=True, kw_only=True):
    """One file to write: what stands there now, what would, and why."""

    path: str
    why: str
    old: str
    new: str


def writes(facts: Facts, read: Read, *, hook: str, lock: str, shards: int = 0) -> tuple[Write, ...]:
    """Return the files that would change.

    ``hook`` is the path of git's own hook, "" where there is none to write; ``lock`` is the parity
    lock of this environment. CI runs on so many machines as there are ``shards``; 0: on one.
    """
    old = read(parity_lock.FILE)
    why = "CI and laptops compare themselves with it: versions, variables, configuration"
    found = [Write(path=parity_lock.FILE, why=why, old=old, new=old or lock)]
    found += [*_settings(facts, read), *_ci(facts, read, shards), *_hook(facts, read, hook)]
    found += _agents(read)
    return tuple(it for it in found if it.old != it.new)


def _settings(facts: Facts, read: Read) -> Iterator[Write]:
    """Yield pyproject.toml with what no default does."""
    old = read("pyproject.toml")
    # A pyproject.toml makes pip build the project in another way, so none is made for a name.
    if old and facts.main != "main":
        why = f"the main branch is called {facts.main}"
        new = pyproject_table.edited(old, {"": {"main": facts.main}})
        yield Write(path="pyproject.toml", why=why, old=old, new=new)


def _ci(facts: Facts, read: Read, shards: int) -> Iterator[Write]:
    several = "-shards" if shards else ""
    on = f", on {shards} machines" if shards else ""
    if facts.ci == "github":
        new = _filled(f"github{several}.yml", facts, shards)
        why = f"each pull request runs warm and full and compares{on}; main makes the golden cache"
        yield Write(path=WORKFLOW, why=why, old=read(WORKFLOW), new=read(WORKFLOW) or new)
        new = _filled("github_comment.yml", facts)
        why = "says on a pull request what failed or was learned, in one comment"
        yield Write(path=COMMENT, why=why, old=read(COMMENT), new=read(COMMENT) or new)
    if facts.ci == "gitlab":
        why = f"each merge request runs warm and full and compares{on}; main makes the golden cache"
        new = _filled(f"gitlab{several}.yml", facts, shards)
        yield Write(path=PIPELINE, why=why, old=read(PIPELINE), new=read(PIPELINE) or new)
        old = read(".gitlab-ci.yml")
        if PIPELINE not in old:
            yield Write(path=".gitlab-ci.yml", why="takes the job in", old=old, new=_included(old))


def _included(old: str) -> str:
    """Return a pipeline that includes ours; as it is where it has a list of its own."""
    lines = old.splitlines()
    if any(line.startswith("include") for line in lines):
        return old
    item = f"{' ' * _below(lines, default=2)}-{' ' * _after(lines)}local: {PIPELINE}"
    return f"{_closed(old)}{chr(10) if old else ''}include:\n{item}\n"


def _below(lines: list[str], default: int, key: str = ":") -> int:
    """Return how far lists stand below a key, or any, as most of them do in a file."""
    found = Counter(
        _indent(item) - _indent(above)
        for above, item in pairwise(it for it in lines if it.strip() and it.lstrip()[0] != "#")
        if above.rstrip().endswith(key) and item.lstrip().startswith("- ")
    )
    return max(found, key=lambda it: found[it], default=default)


def _after(lines: list[str]) -> int:
    """Return how many blanks stand after the dash of an item, as after most in a file."""
    found = Counter(
        len(it.lstrip()) - len(it.lstrip()[1:].lstrip()) - 1
        for it in lines
        if it.lstrip().startswith("- ")
    )
    return max(found, key=lambda it: found[it], default=1)


def _indent(line: str) -> int:
    return len(line) - len(line.lstrip())


def _filled(name: str, facts: Facts, shards: int = 0) -> str:
    """Return a template with the project's own Python, commands and branch."""
    # A pipeline's list has a command an item, whose lines YAML joins; a step has one text.
    gitlab = name.startswith("gitlab")
    step, margin, end = ("- ", " " * 4, "") if gitlab else ("", " " * 10, " \\")
    commands = [_folded(it, margin, end, step) for it in install(facts)]
    text = (FILES / name).read_text(encoding="utf-8")
    if facts.submodules:
        # The team's own checkout has them, and so its tests need them.
        text = CHECKOUT.sub(rf"\g<0>\g<1>submodules: {facts.submodules}\n", text)
    return text.format(
        main=facts.main,
        python=facts.python,
        run=RUN.get(facts.manager, ""),
        own=_requirement(),
        shards=shards,
        install=f"\n{margin}".join([commands[0], *(f"{step}{it}" for it in commands[1:])]),
    )


def _folded(command: str, margin: str, end: str, step: str) -> str:
    """Return a command on lines that are not too wide, as far as its words can be parted."""
    # An option stays with its value.
    words = re.findall(rf"(?:(?:{OPTIONS}) )?(?:'[^']*'|[^\s'])+", command)
    lines = [f"{margin}{step}{words[0]}"]
    for word in words[1:]:
        if len(f"{lines[-1]} {word}{end}") > WIDTH:
            lines.append(f"{margin}  {word}")
        else:
            lines[-1] += f" {word}"
    return f"{end}\n".join(lines).removeprefix(margin + step)


def install(facts: Facts) -> tuple[str, ...]:
    """Return the commands that make the environment in CI, FirstTry with it."""
    before = {"uv": ("python -m pip install uv",), "pip": ()}
    needs = before.get(facts.manager, (f"python -m pip install {facts.manager}",))
    own = _requirement()
    django = ("pytest-django",) if facts.runner == "django" else ()
    more = map(shlex.quote, (*django, *facts.missing))
    add = ADD.get(facts.manager, "python -m pip install {}").format(" ".join((own, *more)))
    return (*needs, *facts.install, add)


def _requirement() -> str:
    """Return how a shell asks for FirstTry as it is here."""
    return shlex.quote(f"firsttry-tasks>={__version__},<{_next(__version__)}")


def _next(version: str) -> str:
    """Return the first version that may differ in what is public."""
    major, minor, *_ = version.split(".")
    return f"0.{int(minor) + 1}" if major == "0" else f"{int(major) + 1}"


def _hook(facts: Facts, read: Read, hook: str) -> Iterator[Write]:
    if facts.hooks == "pre-commit" and facts.required:
        old = read(pre_commit.FILE)
        if "ft pre-commit" not in old and "id: firsttry" not in old:
            why = "a push that breaks something is stopped; it works beside the other hooks"
            new = hooked(old, _own("hooks.yaml", facts))
            yield Write(path=pre_commit.FILE, why=why, old=old, new=new)
    elif hook:
        why = "a commit that breaks something is stopped; the file is this clone's alone"
        yield Write(path=hook, why=why, old=read(hook), new=read(hook) or _own("hook.sh", facts))


def _own(name: str, facts: Facts) -> str:
    """Return a template that starts FirstTry from the project's environment."""
    run = RUN.get(facts.manager, "")
    text = (FILES / name).read_text(encoding="utf-8").replace("{run}", run)
    return text.replace("{program}", run.split()[0] if run else "ft")


def hooked(old: str, entry: str) -> str:
    """Return a configuration of pre-commit with one more repository, indented as the others."""
    lines = old.splitlines()
    starts = [n for n, line in enumerate(lines) if line.startswith("repos:")]
    if not starts or lines[starts[0]].strip() != "repos:":
        return old
    first = starts[0] + 1
    # The list goes on until another key begins.
    ends = (n for n in range(first, len(lines)) if lines[n][:1].isalpha())
    end = next(ends, len(lines))
    while end > first and not lines[end - 1].strip():
        end -= 1
    begins = [line for line in lines[first:end] if line.lstrip().startswith("- ")]
    blank = [""] if any(not line.strip() for line in lines[first:end]) else []
    more = _styled(entry, lines[first:end], _indent(begins[0]) if begins else 0)
    return "\n".join([*lines[:end], *blank, *more, *lines[end:]]) + "\n"


def _styled(entry: str, own: list[str], indent: int) -> Iterator[str]:
    """Yield the lines of a repository's entry, with the indents of the others."""
    below, dash = _below(own, default=0, key="hooks:"), 1 + _after(own)
    for line in entry.splitlines():
        # The template: `- repo`, `  hooks`, `  - id`, `    name`.
        inside = line.startswith(("  - ", "    "))
        deep = indent + (dash + below if inside else 0)
        if line.lstrip().startswith("- "):
            yield f"{' ' * deep}{'-'.ljust(dash)}{line.lstrip()[2:]}"
        else:
            yield f"{' ' * (deep + dash)}{line.lstrip()}"


def _agents(read: Read) -> Iterator[Write]:
    """Yield the file that agents read here, where there is one, with a section of ours."""
    place = next((name for name in AGENTS if read(name)), "")
    old = read(place) if place else ""
    if place and "ft warm" not in old:
        text = (FILES / "agents.md").read_text(encoding="utf-8")
        why = "tells agents how to check a change"
        yield Write(path=place, why=why, old=old, new=f"{_closed(old)}\n{text}")


def _closed(text: str) -> str:
    return text if not text or text.endswith("\n") else f"{text}\n"


def notes(facts: Facts) -> tuple[str, ...]:
    """Return what is to be known, and what a person has to do by hand."""
    said = [f"{name} is off: {tool.why}" for name, tool in facts.tools.items() if not tool.on]
    for name, tool in facts.tools.items():
        if tool.on and tool.pinned and tool.pinned.split()[0] != tool.version:
            here = f"{name} is {tool.version or 'not installed'} here, pinned is {tool.pinned}"
            taken = f"; FirstTry works with {name}{tool.taken}, so CI gets one of those"
            said.append(here + (taken if tool.taken else ""))
    if facts.runner == "django":
        said.append(
            "The tests run by Django's own runner; FirstTry runs them by pytest, which needs"
            " pytest-django: python -m pip install pytest-django"
        )
    if facts.hooks == "pre-commit" and not facts.required:
        said.append(
            "No hook is written: no list of the project's requirements has firsttry-tasks, and the"
            " hook would fail for who has not installed it. Add it there, then: ft init"
        )
    elif facts.hooks == "pre-commit":
        said.append("Hooks for a push are installed by: pre-commit install --hook-type pre-push")
    if facts.ci == "gitlab":
        said.append(f".gitlab-ci.yml has to include {PIPELINE}, where it does not yet.")
    if not facts.ci:
        said.append("No CI was found; docs/ci.md has workflows to copy.")
    if not any("firsttry" in it for it in facts.install):
        said.append("Add firsttry-tasks to what you install for tests, then CI need not name it.")
    return tuple(said)
