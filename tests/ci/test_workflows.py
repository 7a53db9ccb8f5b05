"""The workflows as they stand: valid, audited, pinned, and with few rights."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from firsttry_tasks.model import state_paths
from firsttry_tasks.steps.init.facts import Facts
from firsttry_tasks.steps.init.plan import WORKFLOW, writes
from tests.ci.actions import WORKFLOWS, Job, Step, action, read
from tests.ci.shop import HERE

NAMES = sorted(path.name for path in WORKFLOWS.glob("*.yml"))
JOBS = [(name, job) for name in NAMES for job in read(name).jobs]
#: Full commit, and the version it was when it was pinned.
PINNED = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+")
TASK_OR_TARGET = re.compile(r"(\.venv/bin/doit|make) .*")
#: What another repository says how it is installed; its words reach the shell as a variable.
INSTALL = 'bash -euo pipefail -c "$INSTALL"'


def _tool(*argv: str) -> str:
    program = Path(sys.executable).with_name(argv[0])
    done = subprocess.run([program, *argv[1:]], capture_output=True, encoding="utf-8", check=False)
    return "" if done.returncode == 0 else done.stdout + done.stderr


def _job(name: str, job: str) -> Job:
    return read(name).jobs[job]


def _scripts(name: str) -> list[Step]:
    return [step for job in read(name).jobs.values() for step in job.steps if step.run]


def test_there_are_the_workflows() -> None:
    """The main branch, pull requests, comments, the nights and a release each have their own.

    And there is one for other repositories to call.
    """
    own = ["ci.yml", "flaky-audit.yml", "pr-checks.yml", "pr-comment.yml", "release.yml"]
    assert sorted([*own, "parity.yml", "thorough.yml"]) == NAMES
    assert [name for name in NAMES if "workflow_call" in read(name).on] == ["parity.yml"]


@pytest.mark.parametrize("name", NAMES)
def test_schema(name: str) -> None:
    """GitHub's own schema accepts the workflow; the copy is the checker's, so no network."""
    schema = "vendor.github-workflows"
    assert not _tool("check-jsonschema", "--builtin-schema", schema, str(WORKFLOWS / name))


@pytest.mark.parametrize("name", NAMES)
def test_audit(name: str) -> None:
    """The security audit finds nothing, at its strictest, that has no reason beside it."""
    strictest = ("--offline", "--no-progress", "--persona=auditor", "--strict-collection")
    assert not _tool("zizmor", *strictest, str(WORKFLOWS / name))


def test_the_action_is_valid_audited_and_pinned() -> None:
    """As the workflows are; and each of its scripts is one command of ft."""
    place = HERE / "action.yml"
    assert not _tool("check-jsonschema", "--builtin-schema", "vendor.github-actions", str(place))
    strictest = ("--offline", "--no-progress", "--persona=auditor", "--strict-collection")
    assert not _tool("zizmor", *strictest, str(place))
    uses = [line.strip("- ") for line in place.read_text().splitlines() if "uses:" in line]
    assert [line for line in uses if not PINNED.match(line)] == []
    scripts = [step.run for step in action().runs.steps if step.run]
    assert [text for text in scripts if not re.fullmatch(r"\$FT [\w= \"$-]+", text)] == []


@pytest.mark.parametrize("name", NAMES)
def test_exceptions_have_reasons(name: str) -> None:
    """What the audit is told to ignore says why on the same line."""
    text = (WORKFLOWS / name).read_text(encoding="utf-8")
    assert not re.findall(r"zizmor: ignore\[[\w-]+\]\s*$", text, re.MULTILINE)


@pytest.mark.parametrize("name", NAMES)
def test_pins(name: str) -> None:
    """Every action is pinned by its full commit, with the version as a comment."""
    text = (WORKFLOWS / name).read_text(encoding="utf-8")
    uses = [line.strip("- ") for line in text.splitlines() if "uses:" in line]
    assert [line for line in uses if not PINNED.match(line) and line != "uses: $/"] == []


@pytest.mark.parametrize("name", NAMES)
def test_steps_are_tasks_or_targets(name: str) -> None:
    """A step runs one doit task or make target, so that a laptop can do the same."""
    scripts = [step.run.strip() for step in _scripts(name)]
    allowed = [INSTALL] if name == "parity.yml" else []
    assert [it for it in scripts if not TASK_OR_TARGET.fullmatch(it) and it not in allowed] == []


@pytest.mark.parametrize("name", NAMES)
def test_scripts_hold_no_expressions(name: str) -> None:
    """A branch name or a secret reaches a script through its environment alone."""
    assert not any("${{" in step.run for step in _scripts(name))


@pytest.mark.parametrize("name", NAMES)
def test_no_rights_by_default(name: str) -> None:
    """A workflow has no right that a job did not ask for."""
    assert read(name).permissions == {}


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_rights(name: str, job: str) -> None:
    """Only three jobs may write: the list of flaky tests, a comment, and a release."""
    reads = {"contents": "read", "actions": "read"}
    rights = {"remember": {"contents": "write"}, "publish": {"id-token": "write"}}
    rights["comment"] = {**reads, "pull-requests": "write"}
    rights |= dict.fromkeys(("parity", "full", "audit"), reads)
    assert _job(name, job).permissions == rights.get(job, {"contents": "read"})


@pytest.mark.parametrize(("name", "job"), JOBS)
def test_time_limits(name: str, job: str) -> None:
    """No job can hang for GitHub's six hours."""
    assert _job(name, job).minutes <= 60


@pytest.mark.parametrize("name", NAMES)
def test_one_run_at_a_time(name: str) -> None:
    """Runs for the same branch or pull request don't pile up."""
    assert read(name).concurrency["group"]


def test_pull_requests_start_it_plainly() -> None:
    """A pull request's code never runs with the rights of pull_request_target."""
    assert "pull_request_target" not in "".join(
        (WORKFLOWS / name).read_text(encoding="utf-8") for name in NAMES
    )


def test_who_comments_has_no_code_of_the_pull_request() -> None:
    """It is started by a run that has ended, checks out main, and takes the files as data."""
    workflow = read("pr-comment.yml")
    assert workflow.on == {"workflow_run": {"workflows": ["PR checks"], "types": ["completed"]}}
    steps = workflow.jobs["comment"].steps
    checkout, download = steps[0].options, next(it for it in steps if "run-id" in it.options)
    assert checkout == {"persist-credentials": False}
    # Beside the checkout: a file among them can't take the place of one of ours.
    assert str(download.options["path"]).startswith("${{ runner.temp }}/")


@pytest.mark.parametrize("name", ["pr-checks.yml"])
def test_a_merge_queue_gets_the_required_check(name: str) -> None:
    """The same job, so the check has the same name; and nobody is told of it on a pull request."""
    assert "merge_group" in read(name).on
    assert "workflow_run.event == 'pull_request'" in _job("pr-comment.yml", "comment").condition


def test_compare_decides() -> None:
    """Warm and full may end red, and a page may be missing; the comparison may not fail."""
    steps = {step.name: step.go_on for step in action().runs.steps if step.run}
    assert [name for name, go_on in steps.items() if go_on] == ["Warm", "Full", "Merge", "Page"]


def test_writer_runs_main_s_code() -> None:
    """The job that may write checks out the base for its code, and never the merge."""
    first = _job("pr-checks.yml", "remember").steps[0]
    assert first.options["ref"] == "${{ github.event.pull_request.base.sha }}"


def test_publishing_waits_for_the_checks_and_for_a_person() -> None:
    """What is published was built and checked, in an environment that has its own rules."""
    release = read("release.yml").jobs
    names = [step.name for step in release["build"].steps if step.run]
    publish = release["publish"]
    assert (names, publish.needs, publish.environment) == (
        ["Install", "Test", "Build", "Check"],
        "build",
        "pypi",
    )


def test_the_publisher_runs_no_code_of_ours() -> None:
    """The job that may publish takes the built files, and has neither a checkout nor a script."""
    used = [step.uses.partition("@")[0] for step in _job("release.yml", "publish").steps]
    assert used == ["actions/download-artifact", "pypa/gh-action-pypi-publish"]


def test_only_a_tag_releases() -> None:
    """No branch, no pull request and no button starts a release."""
    assert read("release.yml").on == {"push": {"tags": ["v*"]}}


@pytest.mark.parametrize("shards", [0, 4])
def test_what_init_writes_is_valid_audited_and_pinned(tmp_path: Path, shards: int) -> None:
    """For one machine and for several: as our own workflows are."""
    facts = Facts(
        code=(),
        tests=(),
        runner="pytest",
        tools={},
        python="3.12",
        manager="uv",
        install=("uv sync",),
        needs="",
        ci="github",
        hooks="",
        main="main",
    )
    written = writes(facts, lambda _: "", hook="", lock="", shards=shards)
    [text] = [it.new for it in written if it.path == WORKFLOW]
    place = tmp_path / ".github/workflows/firsttry.yml"
    place.parent.mkdir(parents=True)
    place.write_text(text)
    assert not _tool("check-jsonschema", "--builtin-schema", "vendor.github-workflows", str(place))
    strictest = ("--offline", "--no-progress", "--strict-collection")
    assert not _tool("zizmor", *strictest, str(place))
    uses = [line.strip("- ") for line in text.splitlines() if "uses:" in line]
    assert [line for line in uses if not PINNED.match(line)] == []


@pytest.mark.parametrize("name", ["parity.yml", "shards.yml"])
def test_the_component_of_gitlab_is_valid(name: str) -> None:
    """Both documents are what GitLab takes, and main alone writes the cache."""
    spec, jobs = YAML(typ="safe").load_all(HERE / "templates" / name)
    assert [name for name, it in spec["spec"]["inputs"].items() if "default" not in it] == [
        "install"
    ]
    reads = jobs["firsttry"] if name == "parity.yml" else jobs[".firsttry"]
    assert reads["cache"]["policy"] == "pull"
    forms = {state_paths.JUNIT, state_paths.CODE_QUALITY, state_paths.DOTENV}
    assert set(jobs["firsttry"]["artifacts"]["reports"].values()) == forms
    assert jobs["firsttry-golden"]["rules"] == [{"if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH"}]
