"""Reads the commands of GitHub's workflows, GitLab's pipelines and pre-commit's hooks."""

from __future__ import annotations

import itertools
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config.team.shell_text import Line, joined, lines

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The keys under which these files hold commands. Names and descriptions stand under others.
COMMANDS = frozenset({"run", "script", "before_script", "after_script", "entry"})
#: What GitHub fills in: the checkout, and a value of a job's matrix.
WORKSPACE = re.compile(r"\$\{\{ *github\.workspace *\}\}/?")
FILLED = re.compile(r"\$\{\{ *(?:matrix\.([\w.-]+))?[^}]*\}\}")
#: A value that is a part of a path. Others, such as Python's version, stay unknown: here is one.
IN_PATH = re.compile(r"(?:(?<=/)|(?<=cd ))\$\{\{[^}]*\}\}|\$\{\{[^}]*\}\}(?=/)")
#: One job of a matrix: its values by their names.
Row = dict[str, Any]


class Around(Struct, frozen=True):
    """What stands around a command of a workflow: folder, matrix, the variables of its step.

    ``elsewhere`` are folders into which its job checks out other repositories.
    """

    folder: str = ""
    matrix: Row = {}
    env: dict[str, str] = {}
    elsewhere: frozenset[str] = frozenset()


def of_yaml(text: str) -> Iterator[Line]:
    """Return the commands of a workflow, a pipeline or pre-commit's hooks."""
    yield from _under(tree(text), "", Around())


def tree(text: str) -> dict[Any, Any]:
    """Return what stands in a file of YAML, nothing where it is no mapping; ValueError."""
    # Imported late: only where such a file names pytest.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        found = yaml.load(text, Loader=loader)  # noqa: S506  both loaders are safe
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    return found if isinstance(found, dict) else {}


def _under(value: object, key: str, around: Around) -> Iterator[Line]:
    if isinstance(value, dict):
        around = _around(value, around)
        for name, inner in value.items():
            yield from _under(inner, str(name), around)
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, key, around)
    elif isinstance(value, str) and key in COMMANDS:
        for text, folder in _filled(value, around):
            for it in lines(text, folder):
                if it.folder not in around.elsewhere:
                    yield replace(it, env=around.env)


def _around(value: dict[Any, Any], around: Around) -> Around:
    """Return what stands around the commands in one mapping of a workflow."""
    folder = value.get("working-directory") or _at(value, "defaults", "run", "working-directory")
    matrix = _at(value, "strategy", "matrix")
    env = value.get("env") if "run" in value else None
    return Around(
        joined("", WORKSPACE.sub("", folder)) if isinstance(folder, str) else around.folder,
        matrix if isinstance(matrix, dict) else around.matrix,
        {str(k): str(v) for k, v in env.items()} if isinstance(env, dict) else {},
        frozenset(_elsewhere(value.get("steps"))) or around.elsewhere,
    )


def _elsewhere(steps: object) -> Iterator[str]:
    """Yield where a job's steps check out another repository, as to test what uses this one."""
    for step in steps if isinstance(steps, list) else ():
        # This one has the name that GitHub fills in.
        other = str(_at(step, "with", "repository") or "github.")
        if str(_at(step, "uses")).startswith("actions/checkout") and "github." not in other:
            yield joined("", str(_at(step, "with", "path") or ""))
        said = step.get("run") if isinstance(step, dict) else None
        for line in lines(said) if isinstance(said, str) and "clone" in said else ():
            if line.words[:2] == ("git", "clone"):
                yield joined(line.folder, _cloned(line.words[2:]))


def _cloned(words: tuple[str, ...]) -> str:
    """Return into which folder a repository is cloned, by the words after ``git clone``."""
    places = [it for it in words if not it.startswith("-")]
    at = next((n for n, it in enumerate(places) if re.search(r"[/:]", it)), len(places))
    address, *more = places[at:] or [""]
    # Else it is called as the last part of its address.
    return more[0] if more else re.split(r"[/:]", address.rstrip("/"))[-1].removesuffix(".git")


def submodules(text: str) -> frozenset[str]:
    """Return what checkouts are told of submodules; none where the file can't be read."""
    try:
        jobs = tree(text).get("jobs") if "submodules" in text else None
    except ValueError:
        return frozenset()
    listed = [_at(job, "steps") for job in (jobs.values() if isinstance(jobs, dict) else ())]
    steps = (step for it in listed if isinstance(it, list) for step in it)
    return frozenset(str(_at(it, "with", "submodules") or "").lower() for it in steps)


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _filled(text: str, around: Around) -> Iterator[tuple[str, str]]:
    """Yield a command's text and folder, once for each value of a matrix that is part of a path."""
    text = WORKSPACE.sub("", text)
    named = FILLED.findall(around.folder + "".join(IN_PATH.findall(text)))
    for row in _rows(around.matrix, {it.partition(".")[0] for it in named}):
        # What nobody knows may be any package that is there.
        yield _with(row, text, ""), _with(row, around.folder, "*")


def _rows(matrix: Row, names: set[str]) -> list[Row]:
    """Return the jobs of a matrix, as far as these names tell them apart."""
    listed = {key: values for key, values in matrix.items() if isinstance(values, list)}
    more = listed.pop("include", [])
    used = {key: listed[key] for key in listed.keys() & names}
    rows = [dict(zip(used, values, strict=True)) for values in itertools.product(*used.values())]
    alone = [it for it in more if isinstance(it, dict) and names & it.keys()]
    # An added row is a job of its own where no other one has its values.
    return [*(rows if used or not alone else []), *(it for it in alone if it not in rows)]


def _with(row: Row, text: str, unknown: str) -> str:
    """Return a text with the values of one job; ``unknown`` stands for others, "" leaves them."""
    return FILLED.sub(lambda it: _value(row, it[1]) or unknown or it[0], text)


def _value(row: Row, name: str | None) -> str:
    value = _at(row, *(name or "").split("."))
    return "" if value is None or isinstance(value, (dict, list)) else str(value)
