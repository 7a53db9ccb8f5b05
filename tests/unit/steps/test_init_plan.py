"""What `ft init` would write: added to what stands there, and never a second time."""

from __future__ import annotations

from fnmatch import fnmatch

import pytest
import yaml

from firsttry_tasks.model import decoding
from firsttry_tasks.steps.init import plan, pyproject_table
from firsttry_tasks.steps.init.facts import Facts, Tool

SHOP = """\
# What we sell.
[project]
name = "shop"  # the name

[tool.other]
x = 1
"""
HOOKS = """\
exclude: gen

repos:
  # the first
  - repo: https://example.invalid/a
    rev: v1
    hooks:
      - id: a

ci:
  skip: [a]
"""


def _facts(**more: object) -> Facts:
    known: dict[str, object] = {
        "code": ("shop",),
        "tests": ("tests",),
        "runner": "pytest",
        "tools": {},
        "python": "3.12",
        "manager": "pip",
        "install": ("python -m pip install -e .",),
        "needs": "",
        "ci": "github",
        "hooks": "pre-commit",
        "main": "main",
    }
    return Facts(**known | more)  # type: ignore[arg-type]


def _written(files: dict[str, str], **more: object) -> dict[str, str]:
    """Return the files after they were written, by their paths."""
    found = plan.writes(
        _facts(**more), lambda path: files.get(path, ""), hook=".git/hooks/pre-commit", lock="{}"
    )
    return {**files, **{it.path: it.new for it in found}}


@pytest.mark.parametrize(
    "more",
    [
        {},
        {"main": "trunk", "runner": "django", "settings": "shop.settings"},
        {"ci": "gitlab", "hooks": "git", "manager": "poetry"},
        {"ci": "", "hooks": ".husky", "manager": "uv"},
    ],
)
def test_a_second_time_nothing_changes(more: dict[str, object]) -> None:
    """Whatever was found the first time."""
    files = {"pyproject.toml": SHOP, ".pre-commit-config.yaml": HOOKS, "AGENTS.md": "# Agents"}
    once = _written(files, **more)
    assert _written(once, **more) == once
    assert set(once) > set(files)


def test_settings_are_added_where_no_default_does_it() -> None:
    """Comments and what else stands there stay; what the project has set stays, too."""
    text = _written({"pyproject.toml": SHOP}, main="trunk")["pyproject.toml"]
    assert text.startswith(SHOP)
    assert decoding.toml(text.encode())["tool"]["firsttry"] == {"main": "trunk"}  # type: ignore[index]
    set_by_hand = f'{SHOP}\n[tool.firsttry]\nmain = "other"  # ours\n'
    assert _written({"pyproject.toml": set_by_hand}, main="trunk")["pyproject.toml"] == set_by_hand
    assert "pyproject.toml" not in _written({}, main="trunk")
    assert _written({"pyproject.toml": SHOP})["pyproject.toml"] == SHOP


def test_a_table_that_is_there_is_added_to() -> None:
    """Also where it is written inline, or by dotted keys."""
    for table in (
        '[tool.firsttry]\ninert = ["docs/**"]\n[tool.firsttry.ruff]\nargs = []\n',
        '[tool]\nfirsttry = { inert = ["docs/**"], ruff = { args = [] } }\n',
    ):
        new = pyproject_table.edited(
            table, {"": {"main": "trunk"}, "pytest": {"args": ["--ds=a.b"]}}
        )
        found = decoding.toml(new.encode())["tool"]["firsttry"]  # type: ignore[index]
        assert found == {
            "inert": ["docs/**"],
            "ruff": {"args": []},
            "main": "trunk",
            "pytest": {"args": ["--ds=a.b"]},
        }


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("[a]\nx = 1", "[a]\nx = 1\n\n[tool.firsttry]\nmain = 't'\n"),
        (
            "[tool.a]\nx = 1\n\n[b]\n[c]\n",
            "[tool.a]\nx = 1\n\n[tool.firsttry]\nmain = 't'\n\n[b]\n[c]\n",
        ),
    ],
)
def test_a_new_table_stands_alone(old: str, new: str) -> None:
    """With a blank line on each side; between others none comes."""
    made = pyproject_table.edited(old, {"": {"main": "t"}}).replace('"', "'")
    assert made == new


def test_a_workflow_checks_out_what_the_team_s_own_does() -> None:
    """Submodules too, in each of its jobs."""
    for shards in ("", "-shards"):
        text = plan._filled(f"github{shards}.yml", _facts(submodules="recursive"), 2)  # noqa: SLF001
        jobs = yaml.safe_load(text)["jobs"].values()
        steps = (step for job in jobs for step in job["steps"])
        own = [it["with"] for it in steps if "actions/checkout" in it.get("uses", "")]
        assert [it.get("submodules") for it in own] == ["recursive"] * len(own)


def test_no_hook_is_written_that_would_fail() -> None:
    """Whoever clones the project gets what its requirements say."""
    files = {".pre-commit-config.yaml": HOOKS}
    assert _written(files, required=False)[".pre-commit-config.yaml"] == HOOKS
    assert any("No hook is written" in it for it in plan.notes(_facts(required=False)))


def test_a_hook_has_the_indent_below_its_own_key() -> None:
    """Which may be another one than most lists of the file have."""
    own = "    - id: b\n      args:\n      - c\n      types:\n      - d\n"
    text = f"repos:\n- repo: a\n  hooks:\n{own}"
    new = plan.hooked(text, "- repo: local\n  hooks:\n  - id: e\n")
    assert new == f"{text}- repo: local\n  hooks:\n    - id: e\n"


def test_a_hook_is_put_at_the_end_of_the_list() -> None:
    """Indented as the others, before what follows the list."""
    new = _written({".pre-commit-config.yaml": HOOKS}, manager="uv")[".pre-commit-config.yaml"]
    tree = yaml.safe_load(new)
    assert [repo["repo"] for repo in tree["repos"]] == ["https://example.invalid/a", "local"]
    assert tree["repos"][1]["hooks"][0]["entry"] == "uv run ft pre-commit --warm-only"
    assert (tree["ci"], tree["exclude"]) == ({"skip": ["a"]}, "gen")
    assert "  # the first\n" in new


@pytest.mark.parametrize("text", ["repos: []\n", "x: 1\n", ""])
def test_a_list_that_is_written_otherwise_is_left_alone(text: str) -> None:
    """Nobody's file is guessed at."""
    assert plan.hooked(text, "- repo: local\n") == text


@pytest.mark.parametrize("manager", ["pip", "uv", "poetry", "pdm", "pipenv"])
@pytest.mark.parametrize(("ci", "place"), [("github", plan.WORKFLOW), ("gitlab", plan.PIPELINE)])
def test_a_workflow_installs_as_the_project_does(ci: str, place: str, manager: str) -> None:
    """And starts FirstTry in that environment."""
    tree = yaml.safe_load(_written({}, ci=ci, manager=manager, install=("make it",))[place])
    if ci == "github":
        steps = tree["jobs"]["parity"]["steps"]
        made = next(step["run"] for step in steps if step.get("name") == "Install")
        made = made.replace("\\\n", "").splitlines()
        runs = [step["run"] for step in steps if "ft " in step.get("run", "")]
    else:
        *made, last = tree["firsttry"]["script"]
        runs = [last]
    assert made[-2] == "make it"
    assert "firsttry-tasks>=" in made[-1]
    run = plan.RUN.get(manager, "")
    assert all(it.startswith(f"{run}ft ") for it in runs if "firsttry-tasks" not in it)


def test_a_pipeline_with_a_list_of_its_own_is_told_about() -> None:
    """A second `include` would take the first one's place."""
    own = "include: other.yml\n"
    assert _written({".gitlab-ci.yml": own}, ci="gitlab")[".gitlab-ci.yml"] == own
    made = _written({".gitlab-ci.yml": "a: {script: [b]}"}, ci="gitlab")[".gitlab-ci.yml"]
    assert yaml.safe_load(made)["include"] == [{"local": plan.PIPELINE}]


def test_a_comment_s_workflow_waits_for_the_other_and_checks_nothing_out() -> None:
    """It may comment, and so nothing of the pull request is in its reach."""
    files = _written({})
    other, mine = (yaml.safe_load(files[it]) for it in (plan.WORKFLOW, plan.COMMENT))
    # YAML takes the word for a truth.
    assert mine[True]["workflow_run"]["workflows"] == [other["name"]]
    assert "merge_group" in other[True]
    steps = mine["jobs"]["comment"]["steps"]
    assert [it for it in steps if "checkout" in it.get("uses", "")] == []
    uploaded = other["jobs"]["parity"]["steps"][-1]["with"]["name"]
    (pattern,) = (it["with"]["pattern"] for it in steps if "pattern" in it.get("with", {}))
    assert fnmatch(uploaded, pattern)
    assert "firsttry-tasks>=" in next(it["run"] for it in steps if it.get("name") == "Install")


@pytest.mark.parametrize(("ci", "place"), [("github", plan.WORKFLOW), ("gitlab", plan.PIPELINE)])
def test_ci_on_several_machines(ci: str, place: str) -> None:
    """A plan, so many shards, and a job that waits for all of them, merges and compares."""
    [text] = [
        it.new
        for it in plan.writes(
            _facts(ci=ci, manager="uv"), lambda _: "", hook="", lock="{}", shards=7
        )
        if it.path == place
    ]
    tree = yaml.safe_load(text)
    jobs = tree["jobs"] if ci == "github" else tree
    steps = jobs["parity"]["steps"] if ci == "github" else jobs["firsttry"]["script"]
    runs = [it.get("run", "") if ci == "github" else it for it in steps]
    assert [it for it in runs if it.startswith("uv run ft merge")]
    assert jobs["parity" if ci == "github" else "firsttry"]["needs"][1].endswith("shard")
    assert "ft plan --shards 7" in text


WIDE = """\
---
repos:
    -   repo: https://example.invalid/a
        rev: v1
        hooks:
            -   id: a
                args: [--fix]
            -   id: b
    -   repo: https://example.invalid/b
        rev: v1
        hooks:
            -   id: c
"""


def test_a_hook_has_the_indents_of_the_others() -> None:
    """Of lists below their keys, and after their dashes."""
    new = _written({".pre-commit-config.yaml": WIDE})[".pre-commit-config.yaml"]
    assert new.startswith(WIDE)
    assert new[len(WIDE) :].splitlines()[:4] == [
        "    -   repo: local",
        "        hooks:",
        "            -   id: firsttry",
        "                name: FirstTry, what this push can break",
    ]
    tight = WIDE.replace("            -   id", "        - id").replace("    -   repo", "- repo")
    assert "\n- repo: local\n" in plan.hooked(tight, "- repo: local\n  hooks: []\n")


@pytest.mark.parametrize(("own", "item"), [("", "  - "), ("    ", "    - "), ("-", "- ")])
def test_a_pipeline_s_list_has_the_indent_of_its_others(own: str, item: str) -> None:
    """Two blanks where there is none."""
    text = (
        f"a:\n  script:\n  {own.strip('-')}- b\nc:\n  script:\n  {own.strip('-')}- d\n"
        if own
        else ""
    )
    made = _written({".gitlab-ci.yml": text}, ci="gitlab")[".gitlab-ci.yml"]
    assert made.endswith(f"include:\n{item}local: {plan.PIPELINE}\n")


@pytest.mark.parametrize(("ci", "place"), [("github", plan.WORKFLOW), ("gitlab", plan.PIPELINE)])
def test_long_commands_are_folded(ci: str, place: str) -> None:
    """No line is wider than formatters take, and the command is the same."""
    words = " ".join(f"'package-{n} >= 1, != 1.1'" for n in range(9))
    long = f"python -m pip install -e . -r requirements/of-the-tests-{'x' * 30}.txt {words}"
    text = _written({}, ci=ci, install=(long, "make it"))[place]
    assert max(map(len, text.splitlines())) <= 88
    tree = yaml.safe_load(text)
    if ci == "github":
        steps = tree["jobs"]["parity"]["steps"]
        run = next(step["run"] for step in steps if step.get("name") == "Install")
        first = run.replace("\\\n", "").splitlines()[0]
    else:
        first = tree["firsttry"]["script"][0]
    assert first.split() == long.split()


def test_a_pin_that_firsttry_can_t_have_is_told_about() -> None:
    """And not asked for."""
    tool = Tool(on=True, why="", version="0.9", pinned="0.1 (a.txt)", taken=">=0.6")
    [said] = [it for it in plan.notes(_facts(tools={"ruff": tool})) if it.startswith("ruff")]
    assert said.endswith(
        "pinned is 0.1 (a.txt); FirstTry works with ruff>=0.6, so CI gets one of those"
    )
