"""Every command answers programs: one JSON value alone on standard output, as its schema says."""

from __future__ import annotations

import shlex
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from tests import schemas
from tests.e2e.checkout import BIN, CODE
from tests.unit.test_mistakes import COMMANDS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from tests.e2e.checkout import Checkout

#: What is typed after a command, where it alone is not enough.
MORE = {
    "why": ["test_tax"],
    "impact": ["shop.py::tax"],
    "pre-commit": ["--warm-only"],
    "completion": ["bash"],
    "help": ["warm"],
    "comment": ["."],
    "drill": ["--faults", "1"],
    "replay": ["--commits", "1"],
}
#: These go on until they are stopped, or speak to something else than a person or a script.
LASTING = {"watch", "mcp"}
#: These run all of the tests, some several times.
_SLOW = {
    **dict.fromkeys(("full", "parity", "replay"), pytest.mark.slow),
    **dict.fromkeys(("demo", "drill"), pytest.mark.thorough),
}
TYPED = sorted({*COMMANDS, "help", "list"} - LASTING)


def _ask(shop: Checkout, words: Sequence[str], code: int = 0, **more: str) -> dict[str, Any]:
    """Run a command line and return its answer, held against the schema."""
    done = subprocess.run(
        words,
        cwd=shop.root,
        env=shop.environment | more,
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        timeout=300,
    )
    answer = schemas.prove_answer(done.stdout.decode())
    assert done.stdout.count(b"\n") == 1, done.stdout
    assert (done.returncode, answer["exit_code"]) == (code, code), done.stderr
    # What errors say is for people, too.
    assert (answer["error"] is None) == (code == 0)
    assert not answer["error"] or answer["error"] in done.stderr.decode()
    return answer


@pytest.fixture(scope="module")
def learned(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """Return a shop that warm knows, with nothing to do."""
    from tests.e2e.checkout import Checkout

    made = Checkout(tmp_path_factory.mktemp("json") / "project")
    made.begin()
    assert made.shop().run("ft", "warm").code == 0
    return made


#: What these come to in a shop of which nothing was recorded by full.
CODES = {"package": 2, "publish": 2, "compare": 99, "merge": 2, "replay": 2}


@pytest.mark.parametrize(
    "command", [pytest.param(it, marks=_SLOW[it]) if it in _SLOW else it for it in TYPED]
)
def test_every_command_answers_programs(command: str, learned: Checkout) -> None:
    """In the order of their names, so that nothing is forgotten before it is asked for."""
    words = [str(BIN / "ft"), command, *MORE.get(command, []), "--json"]
    answer = _ask(learned, words, CODES.get(command, 0))
    assert answer["command"] == command
    if command == "clear-cache":
        learned.run("ft", "warm")


def test_what_is_staged_is_answered_for(shop: Checkout) -> None:
    """Though another run judged it, in a checkout of its own."""
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    shop.git("add", "shop.py")
    shop.write("shop.py", CODE)
    answer = _ask(shop, [str(BIN / "ft"), "warm", "--staged", "--json"], 1)
    assert [cause["names"] for cause in answer["causes"]] == [["tests/test_shop.py::test_tax"]]
    assert answer["next"] == "ft warm --staged --json"


def test_doit_answers_as_ft_does(learned: Checkout) -> None:
    """The same engine, the same option."""
    assert _ask(learned, [str(BIN / "doit"), "why", "test_tax", "--json"])["asked"] == "test_tax"


@pytest.mark.smoke
def test_a_script_that_follows_next_comes_from_red_to_green(shop: Checkout) -> None:
    """It types what each answer names, and mends the fault when it has read whose it is."""
    ft = str(BIN / "ft")
    assert _ask(shop, [ft, "warm", "--json"])["next"] is None
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    answer = _ask(shop, [ft, "warm", "--json"], 1)
    [cause] = answer["causes"]
    assert cause["sentence"] == "shop.py::tax changed: assert 5 == 2"
    assert "E  +  where 5 = tax(10)" in cause["shown"]
    typed = []
    while answer["next"]:
        typed.append(answer["next"])
        answer = _ask(shop, shlex.split(answer["next"]))
        if answer["command"] == "why":
            [told] = answer["before"]
            assert (told["was_red"], told["changed"]) == (False, ["shop.py"])
            shop.write("shop.py", CODE)
    assert [shlex.split(it)[1] for it in typed] == ["why", "warm"]
    assert (answer["status"], answer["causes"]) == ("green", [])


def test_the_command_of_a_cause_runs_its_first_test(shop: Checkout) -> None:
    """As the team calls pytest, and red; also where the environment is not activated."""
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    bare = {"PATH": "/usr/bin:/bin"}
    [cause] = _ask(shop, [str(BIN / "ft"), "warm", "--json"], 1, **bare)["causes"]
    env = shop.environment | bare
    done = subprocess.run(
        shlex.split(cause["again"]), cwd=shop.root, env=env, check=False, capture_output=True
    )
    assert (done.returncode, b"test_tax" in done.stdout) == (1, True), done.stdout


def test_a_project_s_own_task_keeps_its_own_option(shop: Checkout) -> None:
    """What a task that is not ours prints is no answer of ours."""
    dodo = (shop.root / "dodo.py").read_text()
    own = """
def task_own():
    option = {"name": "json", "long": "json", "type": bool, "default": False}
    return {"actions": [lambda json: print("own", json)], "params": [option]}
"""
    shop.write("dodo.py", dodo + own)
    for program in ("ft", "doit"):
        assert "own True" in shop.run(program, "own", "--json").out


def test_watch_answers_with_a_line_for_each_run(shop: Checkout) -> None:
    """And a last one of its own, when it was stopped."""
    with shop.start("ft", "watch", "--json") as watching:
        assert watching.stdout is not None
        lines = iter(watching.stdout.readline, b"")
        answers = (schemas.prove_answer(it.decode()) for it in lines if it.startswith(b"{"))
        # What was saved just before makes it start over.
        assert next(it for it in answers if it["exit_code"] != 130)["status"] == "green"
        watching.terminate()
        *_, told = answers
    assert (told["command"], told["exit_code"]) == ("watch", 130)
