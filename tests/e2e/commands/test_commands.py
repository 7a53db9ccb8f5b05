"""What a person types, and what a run that has nothing to do does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import BIN, CODE, Checkout

if TYPE_CHECKING:
    from pathlib import Path

TYPED = [
    "clear_cache",
    "compare",
    "doctor",
    "fingerprint",
    "flaky",
    "full",
    "impact",
    "lock",
    "package",
    "parity",
    "publish",
    "settings",
    "stats",
    "store",
    "testmon",
    "update_cache",
    "warm",
    "why",
]
#: Runs at the start of every Python, and writes down each program that is started.
AUDIT = """\
import sys


def note(event, args):
    if event == "subprocess.Popen":
        with open({log!r}, "a") as log:
            print(args[1][0], file=log)


sys.addaudithook(note)
"""
HERE = """\
import os


def test_here() -> None:
    assert os.environ["PWD"] == os.getcwd()
"""
WRONG = [
    ("ft",),
    ("ft", "pre-commit"),
    ("ft", "nonsense"),
    ("ft", "warm", "--nonsense"),
    ("doit", "nonsense"),
]


def _listed(out: str) -> list[str]:
    return [line.split(maxsplit=1)[0] for line in out.splitlines() if line.strip()]


@pytest.mark.parametrize("words", [("doit", "list"), ("ft", "list")])
def test_the_list_shows_what_a_person_types(checkout: Checkout, words: tuple[str, ...]) -> None:
    """No sub-task, and each with a line of help."""
    names = _listed(checkout.run(*words).out)
    assert [it for it in names if it in TYPED or ":" in it] == TYPED


def test_every_listed_task_has_help(checkout: Checkout) -> None:
    """A name alone tells nobody what it does."""
    lines = checkout.run("doit", "list").out.splitlines()
    assert [line for line in lines if len(line.split()) < 3] == []


def test_sub_tasks_are_listed_when_asked_for(checkout: Checkout) -> None:
    """With --all the graph can be seen."""
    assert "full:tests" in _listed(checkout.run("doit", "list", "--all").out)


@pytest.mark.parametrize(
    "words",
    [
        ("doit",),
        ("doit", "warm"),
        ("ft", "warm"),
        ("ft", "pre-commit", "--warm-only"),
        ("ft", "pre-commit", "--warm-only", "--explain"),
    ],
)
def test_spellings_of_warm(proved: Checkout, words: tuple[str, ...]) -> None:
    """Each spelling ends in the same green warm run."""
    ran = proved.run(*words)
    assert (ran.code, "warm is green." in ran.out) == (0, True), ran.out


@pytest.mark.parametrize("words", [("ft", "parity"), ("ft", "pre-commit", "--parity")])
def test_spellings_of_parity(proved: Checkout, words: tuple[str, ...]) -> None:
    """Each spelling ends in the verdict."""
    ran = proved.run(*words)
    assert (ran.code, "verdict: success" in ran.out) == (0, True), ran.out


@pytest.mark.parametrize("words", WRONG)
@pytest.mark.smoke
def test_wrong_usage_is_3(checkout: Checkout, words: tuple[str, ...]) -> None:
    """What can't be read ends with 3 and no traceback."""
    ran = checkout.run(*words)
    assert (ran.code, "Traceback" in ran.out) == (3, False), ran.out


def test_ft_works_from_a_sub_directory(shop: Checkout) -> None:
    """The project is found upwards, and its reports stand at its top."""
    assert (shop.run("ft", "warm", cwd="tests").code, shop.report().status) == (0, "green")


def test_a_run_from_a_sub_directory_is_the_same_run(shop: Checkout) -> None:
    """A shell's PWD is another there, but every gate's is the project's folder."""
    shop.write("tests/test_here.py", HERE)
    shop.run("ft", "warm", env={"PWD": str(shop.root)})
    ran = shop.run("ft", "warm", cwd="tests", env={"PWD": str(shop.root / "tests")})
    assert (ran.code, shop.ran("warm")) == (0, set()), ran.out


@pytest.mark.smoke
def test_ft_needs_no_dodo(shop: Checkout) -> None:
    """A project without a dodo.py has the same commands."""
    (shop.root / "dodo.py").unlink()
    ran = shop.run("ft", "warm")
    assert (ran.code, shop.report().status) == (0, "green"), ran.out


def test_importing_the_tasks_writes_nothing(tmp_path: Path) -> None:
    """An editor or a script may do so in whatever folder it stands."""
    empty = Checkout(tmp_path / "empty")
    empty.root.mkdir()
    empty.run("python", "-c", "import firsttry_tasks.tasks")
    assert list(empty.root.iterdir()) == []


@pytest.mark.smoke
def test_nothing_changed_starts_no_tool(proved: Checkout) -> None:
    """A second warm run has every gate's result from before; full runs whenever it is asked for."""
    proved.run("doit", "parity")
    proved.run("doit", "parity")
    assert (proved.ran("warm"), proved.ran("full")) == (set(), {"tests"})


def test_nothing_changed_starts_git_alone(shop: Checkout) -> None:
    """Python itself tells which programs an up-to-date run starts: git, and no tool."""
    log = shop.home / "started"
    (shop.home / "sitecustomize.py").write_text(AUDIT.format(log=str(log)))
    env = {"PYTHONPATH": str(shop.home)}
    shop.run("doit", "warm", env=env)
    log.unlink()
    shop.run("doit", "warm", env=env)
    assert set(log.read_text().splitlines()) == {"git"}


def test_nothing_changed_imports_no_code_that_chooses(shop: Checkout) -> None:
    """A run that has nothing to choose does not pay for what would choose."""
    shop.run("doit", "warm")
    done = shop.run("python", "-X", "importtime", str(BIN / "ft"), "warm")
    imported = {line.rpartition("|")[2].strip() for line in done.out.splitlines()}
    assert "firsttry_tasks.steps.run.snapshot" in imported
    heavy = ("firsttry_tasks.selection", "firsttry_tasks.golden", "firsttry_tasks.dependency_db")
    assert {it for it in imported if it.startswith(heavy)} == set()


def test_a_touched_file_runs_nothing(proved: Checkout) -> None:
    """Content counts, not the time of the last write."""
    proved.run("doit", "warm")
    (proved.root / "shop.py").write_text(CODE)
    proved.run("doit", "warm")
    assert proved.ran() == set()


@pytest.mark.smoke
def test_an_edited_function_runs_its_tests_alone(shop: Checkout) -> None:
    """Of two tests the one that uses the edited function runs, with its why."""
    shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    shop.run("doit", "warm")
    assert list(shop.selected()) == ["tests/test_shop.py::test_tax"]


def test_explain_lists_each_test_with_its_why(shop: Checkout) -> None:
    """--explain names the selected test, and what changed."""
    shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    out = shop.run("ft", "pre-commit", "--warm-only", "--explain").out
    [line] = [it for it in out.splitlines() if it.startswith("tests/test_shop.py::test_tax")]
    assert "shop.py" in line.removeprefix("tests/test_shop.py::test_tax")


@pytest.mark.smoke
def test_a_red_gate_runs_again(shop: Checkout) -> None:
    """Green is earned: nothing changed, and the red tests run all the same."""
    shop.write("shop.py", CODE.replace("n * 3", "n * 4"))
    codes = [shop.run("doit", "warm").code for _ in range(2)]
    assert (codes, shop.ran()) == ([1, 1], {"tests"})


def test_smoke_tests_run_where_nothing_is_affected(shop: Checkout) -> None:
    """A change that no test uses runs the tests marked smoke."""
    mark = "import pytest\n\n\n@pytest.mark.smoke\ndef test_smoke() -> None:\n    pass\n"
    shop.write("tests/test_smoke.py", mark)
    settings = (shop.root / "pyproject.toml").read_text()
    shop.write("pyproject.toml", settings + "markers = ['smoke']\n")
    shop.run("doit", "warm")
    shop.write("README.md", "No test reads this.\n")
    shop.run("doit", "warm")
    assert shop.selected() == {"tests/test_smoke.py::test_smoke": "smoke test"}


def test_a_test_that_failed_last_time_runs_again(shop: Checkout) -> None:
    """Until it is green, whatever else changes."""
    shop.write("shop.py", CODE.replace("n * 3", "n * 4"))
    shop.run("doit", "warm")
    shop.run("doit", "warm")
    assert list(shop.selected()) == ["tests/test_shop.py::test_price"]


def test_fingerprint_is_head_and_lock(checkout: Checkout) -> None:
    """The printed name is what the file holds, and begins with the commit."""
    printed = checkout.run("doit", "fingerprint").out.strip()
    kept = (checkout.root / ".firsttry/warm/fingerprint.txt").read_text().strip()
    head = checkout.git("rev-parse", "HEAD").strip()
    assert (printed, printed.partition("-")[0]) == (kept, head)


def test_fingerprint_names_its_parts(checkout: Checkout) -> None:
    """Asked for, the parts behind the name are printed."""
    out = checkout.run("doit", "fingerprint", "--parts").out
    assert {"python:", "platform:", "tree:", "lock:", "distributions:"} <= set(out.split())


def test_clear_cache_forgets_and_says_what(shop: Checkout) -> None:
    """After it, everything is learned anew."""
    shop.run("doit", "warm")
    said = shop.run("ft", "clear-cache").out
    shop.run("doit", "warm")
    assert ("removed .firsttry/warm" in said, shop.ran()) == (True, {"tests"})


def test_the_lock_is_as_this_environment(checkout: Checkout) -> None:
    """What doit lock writes, doit lock --check finds right."""
    assert [checkout.run("doit", "lock", *it).code for it in ((), ("--check",))] == [0, 0]


def _other_pytest(checkout: Checkout) -> None:
    checkout.run("doit", "lock")
    place = checkout.root / "ci/parity.lock.json"
    text = place.read_text()
    at = text.index('"pytest": {')
    place.write_text(text[:at] + text[at:].replace('"version": "', '"version": "0.0.1-', 1))


def test_a_laptop_that_is_not_as_the_lock_says_is_warned(shop: Checkout) -> None:
    """The run goes on, and names both values and the command that mends it."""
    _other_pytest(shop)
    ran = shop.run("doit", "warm")
    said = [it in ran.out for it in ("the parity lock says 0.0.1-", "pip install pytest==0.0.1-")]
    assert (ran.code, said) == (0, [True, True]), ran.out


def test_ci_that_is_not_as_the_lock_says_is_stopped(shop: Checkout) -> None:
    """In CI the same mismatch ends with 2."""
    _other_pytest(shop)
    ran = shop.run("doit", "warm", env={"CI": "true"})
    assert (ran.code, "pip install pytest==" in ran.out) == (2, True), ran.out


def test_flaky_json_is_json(checkout: Checkout) -> None:
    """Scripts read the audit."""
    assert '"count":0' in checkout.run("ft", "flaky", "--json").out


def test_annotations_in_github_actions(shop: Checkout) -> None:
    """A failing test is put on its line, and the summary has a table."""
    shop.write("shop.py", CODE.replace("n * 3", "n * 4"))
    summary = shop.home / "summary.md"
    env = {"GITHUB_ACTIONS": "true", "GITHUB_STEP_SUMMARY": str(summary)}
    out = shop.run("doit", "warm", env=env).out
    assert ("::error file=tests/test_shop.py" in out, "| tests | red |" in summary.read_text()) == (
        True,
        True,
    ), out
