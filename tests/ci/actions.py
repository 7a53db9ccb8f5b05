"""Runs the jobs of a workflow as GitHub does, each action it uses played by a function here."""

from __future__ import annotations

import os
import re
import shutil
import sys
from pathlib import Path

import msgspec
from msgspec import Struct
from ruamel.yaml import YAML

from tests.ci.shop import HERE, Done, make_ready, run

WORKFLOWS = HERE / ".github" / "workflows"
CALL = re.compile(r"(startsWith|endsWith)\((\S+), (\S+)\)")
EXPRESSION = re.compile(r"\$\{\{\s*(.*?)\s*\}\}")


class Step(Struct, frozen=True, kw_only=True):
    """A step: an action it uses or a script it runs."""

    name: str = ""
    id: str = ""
    uses: str = ""
    run: str = ""
    condition: str = msgspec.field(default="", name="if")
    env: dict[str, str] = {}
    options: dict[str, str | int | bool] = msgspec.field(default_factory=dict, name="with")
    go_on: bool = msgspec.field(default=False, name="continue-on-error")


class Runs(Struct, frozen=True, kw_only=True):
    """The steps of a composite action."""

    steps: list[Step]


class Action(Struct, frozen=True, kw_only=True):
    """A composite action: its inputs with their defaults, and what it runs."""

    inputs: dict[str, dict[str, str]]
    runs: Runs


class Job(Struct, frozen=True, kw_only=True):
    """A job: its steps, when it runs, and whose approval it needs."""

    steps: list[Step]
    environment: str = ""
    needs: str | list[str] = ""
    condition: str = msgspec.field(default="", name="if")
    permissions: dict[str, str] = {}
    env: dict[str, str] = {}
    outputs: dict[str, str] = {}
    minutes: int = msgspec.field(name="timeout-minutes")


class Workflow(Struct, frozen=True, kw_only=True):
    """A workflow, as far as it decides what is run."""

    jobs: dict[str, Job]
    permissions: dict[str, str]
    concurrency: dict[str, str | bool]
    on: dict[str, object]


def read(name: str) -> Workflow:
    """Return the workflow of that file name."""
    return parsed((WORKFLOWS / name).read_text(encoding="utf-8"))


def parsed(text: str) -> Workflow:
    """Return the workflow that a file's text makes."""
    return msgspec.convert(YAML(typ="safe").load(text), Workflow)


def action() -> Action:
    """Return our own composite action."""
    return msgspec.convert(YAML(typ="safe").load(HERE / "action.yml"), Action)


class Machine:
    """A runner: a place to work in, what the event said, and the artifacts left so far."""

    def __init__(self, place: Path, origin: Path, said: dict[str, str]) -> None:
        """Know the repository to check out and the values of the contexts in play."""
        self.place = place
        self.origin = origin
        self.said = dict(said)
        self.done: dict[str, Done] = {}

    def play(self, workflow: Workflow, job: str, **env: str) -> bool:
        """Run a job on a fresh machine; tell whether it succeeded. Its steps are in ``done``."""
        told = workflow.jobs[job]
        # A job of a matrix runs more than once.
        number = len(list(self.place.glob(f"{job}*")))
        self.workspace = self.place / (f"{job}-{number}" if number else job)
        self.workspace.mkdir()
        for name, value in told.env.items():
            self.said[f"env.{name}"] = self.fill(value)
        good = self._steps(told.steps, env)
        for name, value in told.outputs.items():
            self.said[f"needs.{job}.outputs.{name}"] = self.fill(value)
        return good

    def _steps(self, steps: list[Step], env: dict[str, str]) -> bool:
        """Run steps, those of our own action in its place; tell whether all were good."""
        good = True
        for step in steps:
            if not self.holds(step.condition, good=good):
                continue
            if step.uses == "$/":
                given = {name: str(value) for name, value in step.options.items()}
                for name, about in action().inputs.items():
                    self.said[f"inputs.{name}"] = self.fill(given.get(name, about["default"]))
                good = self._steps(action().runs.steps, env) and good
                continue
            done = self._use(step) if step.uses else self._script(step, env)
            self.done[step.name or step.uses] = done
            good = good and (done.code == 0 or step.go_on)
        return good

    def holds(self, condition: str, *, good: bool) -> bool:
        """Tell whether an ``if`` holds: comparisons and ``always()``, by ``&&`` and ``||``."""
        return any(self._all_hold(it.strip(), good=good) for it in condition.split("||"))

    def _all_hold(self, condition: str, *, good: bool) -> bool:
        terms = [term.strip() for term in condition.split("&&")] if condition else []
        if "always()" not in terms and not good:
            return False
        return all(self._compared(term) for term in terms if term != "always()")

    def _compared(self, term: str) -> bool:
        if called := CALL.fullmatch(term):
            whole, part = self._value(called[2]), self._value(called[3])
            return whole.startswith(part) if called[1] == "startsWith" else whole.endswith(part)
        left, sign, right = term.split(" ")
        return (self._value(left) == self._value(right)) == (sign == "==")

    def fill(self, text: str) -> str:
        """Put values in the place of ``${{ ... }}``."""
        return EXPRESSION.sub(lambda found: self._value(found[1]), text)

    def _value(self, name: str) -> str:
        return name.strip("'") if name.startswith("'") else self.said[name]

    def _script(self, step: Step, env: dict[str, str]) -> Done:
        files = {n: self.place / n for n in ("GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY")}
        files["GITHUB_OUTPUT"].write_text("", encoding="utf-8")
        around = {name: str(place) for name, place in files.items()}
        around |= {name: self.fill(value) for name, value in step.env.items()}
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        ci = {"CI": "true", "GITHUB_ACTIONS": "true", "PATH": path}
        script = self.fill(step.run)
        done = run(self.workspace, "bash", "-e", "-c", script, **ci, **around, **env)
        self.said.setdefault(f"steps.{step.id}.outputs.delta", "")
        for line in files["GITHUB_OUTPUT"].read_text(encoding="utf-8").splitlines():
            name, _, value = line.partition("=")
            self.said[f"steps.{step.id}.outputs.{name}"] = value
        return done

    def _use(self, step: Step) -> Done:
        options = {name: self.fill(str(value)) for name, value in step.options.items()}
        actions = {
            "actions/checkout": self._checkout,
            "actions/setup-python": self._setup_python,
            "actions/upload-artifact": self._upload,
            "actions/download-artifact": self._download,
        }
        return actions[step.uses.partition("@")[0]](options)

    def _checkout(self, options: dict[str, str]) -> Done:
        place = self.workspace / options.get("path", ".")
        cloned = run(self.place, "git", "clone", "--quiet", str(self.origin), str(place))
        ref = options.get("ref", self.said["github.sha"])
        return cloned if cloned.code else run(place, "git", "checkout", "--quiet", ref)

    def _setup_python(self, _options: dict[str, str]) -> Done:
        make_ready(self.workspace)
        return Done(code=0, text="")

    def _upload(self, options: dict[str, str]) -> Done:
        patterns = options["path"].split()
        # The action keeps paths from what all patterns have in common.
        folders = [os.path.dirname(self.workspace / pattern) for pattern in patterns]  # noqa: PTH120
        common = Path(os.path.commonpath(folders))
        named = [path for pattern in patterns for path in self.workspace.glob(pattern)]
        files = [path for it in named for path in (it.rglob("*") if it.is_dir() else [it])]
        # Like the action, which leaves hidden files where they are.
        found = [path for path in files if path.is_file() and not path.name.startswith(".")]
        for path in found:
            target = self.artifact(options["name"]) / path.relative_to(common)
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(path, target)
        return Done(code=0, text="\n".join(map(str, found)))

    def _download(self, options: dict[str, str]) -> Done:
        names = [options["name"]] if "name" in options else self._artifacts(options["pattern"])
        # Like the action, which gives each artifact that a pattern finds a folder of its name.
        apart = "name" not in options and options.get("merge-multiple") != "True"
        for name in names:
            target = self.workspace / options["path"] / (name if apart else "")
            shutil.copytree(self.artifact(name), target, dirs_exist_ok=True)
        return Done(code=0, text="")

    def _artifacts(self, pattern: str) -> list[str]:
        return [it.name for it in sorted((self.place / "artifacts").glob(pattern))]

    def artifact(self, name: str) -> Path:
        """Return the folder that stands for an uploaded artifact."""
        return self.place / "artifacts" / name
