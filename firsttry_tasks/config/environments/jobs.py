"""Reads the jobs of GitHub's workflows and GitLab's pipelines, each with what it installs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from firsttry_tasks.config.environments.environment import Environment, made
from firsttry_tasks.config.environments.needs import Needs
from firsttry_tasks.config.team import shell_text, workflow_files

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.config.environments.needs import Words

#: The keys of a pipeline's job under which commands stand, in the order in which they run.
SCRIPTS = ("before_script", "script")


def of_yaml(text: str, place: str) -> Iterator[Environment]:
    """Yield the jobs; none of a file that can't be read."""
    tree = workflow_files.tree(text)
    github = tree.get("jobs")
    around = tree.get("default") if isinstance(tree.get("default"), dict) else tree
    for name, job in (github if isinstance(github, dict) else tree).items():
        if isinstance(job, dict):
            runs = _steps(job) if isinstance(github, dict) else _scripts(job, around or {})
            yield made(str(name), place, Needs(), runs)


def _steps(job: dict[Any, Any]) -> Iterator[Words]:
    steps = job.get("steps")
    for step in steps if isinstance(steps, list) else ():
        if isinstance(step, dict) and isinstance(step.get("run"), str):
            text = workflow_files.WORKSPACE.sub("", step["run"])
            # As one word, which says that nobody knows it.
            yield from shell_text.shell(workflow_files.FILLED.sub("${}", text))


def _scripts(job: dict[Any, Any], around: dict[Any, Any]) -> Iterator[Words]:
    for key in SCRIPTS:
        value = job.get(key, around.get(key) if "script" in job else None)
        for line in value if isinstance(value, list) else [value]:
            if isinstance(line, str):
                yield from shell_text.shell(line)
