"""Runs that pytest ends in an uncommon way: red where the team's own pytest is red, else green."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

HEAD = "import os\nimport sys\n\nimport pytest\n\n\n"
PRICE, TAX = "tests/test_shop.py::test_price", "tests/test_shop.py::test_tax"
CALL = "@pytest.hookimpl(wrapper=True)\ndef pytest_runtest_makereport(item, call):\n"
#: What a conftest makes of a run in which every test passes.
SESSIONS = {
    "sets the exit status": "def pytest_sessionfinish(session):\n    session.exitstatus = 1\n",
    "counts a failure after the tests": (
        "@pytest.hookimpl(wrapper=True)\ndef pytest_runtestloop(session):\n    yield\n"
        "    session.testsfailed += 1\n    return True\n"
    ),
    "raises at the end": "def pytest_sessionfinish():\n    raise RuntimeError('budget')\n",
    "raises in a reporter": "def pytest_runtest_logreport():\n    raise RuntimeError('report')\n",
    "raises in the summary": "def pytest_terminal_summary():\n    raise RuntimeError('sum')\n",
    "exits at the end": "def pytest_sessionfinish():\n    pytest.exit('no', returncode=9)\n",
    "ends as if there were no test": (
        "def pytest_sessionfinish(session):\n    session.exitstatus = 5\n"
    ),
    "dies at the end": "def pytest_sessionfinish():\n    os._exit(7)\n",
    "stops with 5": "def pytest_runtest_teardown():\n    pytest.exit('no', returncode=5)\n",
    "stops with 1": "def pytest_runtest_teardown():\n    pytest.exit('no', returncode=1)\n",
    "lets a report fail": (
        f"{CALL}    report = yield\n    if call.when == 'call':\n"
        "        report.outcome = 'failed'\n        report.longrepr = 'no'\n    return report\n"
    ),
    "breaks a phase of its own": (
        "def pytest_runtest_makereport(item, call):\n    raise RuntimeError('hook')\n"
    ),
    # With these pytest is content.
    "gives a report another name": (
        f"{CALL}    report = yield\n    report.nodeid += ' (about prices)'\n    return report\n"
    ),
    "invents an outcome": (
        f"{CALL}    report = yield\n    if call.when == 'call':\n"
        "        report.outcome = 'melted'\n    return report\n\n\n"
        "def pytest_report_teststatus(report):\n"
        "    return ('melted', 'm', 'MELTED') if report.outcome == 'melted' else None\n"
    ),
    "runs a test twice": (
        "from _pytest.runner import runtestprotocol\n\n\n"
        "def pytest_runtest_protocol(item, nextitem):\n"
        "    for outcome in ('retried', 'passed'):\n"
        "        place = {'nodeid': item.nodeid, 'location': item.location}\n"
        "        item.ihook.pytest_runtest_logstart(**place)\n"
        "        item._initrequest()\n"
        "        for report in runtestprotocol(item, nextitem=nextitem, log=False):\n"
        "            report.outcome = outcome\n"
        "            item.ihook.pytest_runtest_logreport(report=report)\n"
        "        item.ihook.pytest_runtest_logfinish(**place)\n"
        "    return True\n"
    ),
    "leaves at once": (
        "@pytest.hookimpl(trylast=True)\ndef pytest_sessionfinish(exitstatus):\n"
        "    sys.stdout.flush()\n    os._exit(exitstatus)\n"
    ),
}
#: The one that every run of the tests takes; the others are for the long one.
FEW = {"sets the exit status"}


def _plain(shop: Checkout) -> int:
    return shop.run("python", "-m", "pytest", "-q", "-p", "no:cacheprovider").code


@pytest.mark.parametrize(
    "kind",
    [pytest.param(it, marks=[] if it in FEW else pytest.mark.thorough, id=it) for it in SESSIONS],
)
def test_both_stages_are_red_where_pytest_is(shop: Checkout, kind: str) -> None:
    """And green where it is; the comparison never calls it an escape."""
    shop.write("conftest.py", HEAD + SESSIONS[kind])
    own = _plain(shop)
    ran = shop.run("doit", "parity")
    statuses = [shop.report("warm").status, shop.report("full").status]
    assert [it == "green" for it in statuses] == [own == 0] * 2, ran.out
    assert ran.code == (0 if own == 0 else 2 if "error" in statuses else 1), ran.out


SPENT = (
    "\n\ndef pytest_sessionfinish(session):\n"
    "    if not Path('budget.txt').exists():\n        session.exitstatus = 1\n"
)


@pytest.mark.slow
def test_a_red_session_stays_red_until_it_is_green(shop: Checkout) -> None:
    """Asked again, after a commit, and after an edit that selects one test."""
    shop.write("conftest.py", "from pathlib import Path\n" + SPENT)
    shop.write("budget.txt", "")
    codes = [shop.run("doit", "warm").code]
    (shop.root / "budget.txt").unlink()
    codes += [shop.run("doit", "warm").code for _ in range(2)]
    shop.commit()
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    codes.append(shop.run("doit", "warm").code)
    shop.write("budget.txt", "")
    last = shop.run("doit", "warm")
    assert ([*codes, last.code], shop.report().status) == ([0, 1, 1, 1, 0], "green"), last.out


COUNTS_PICTURES = """\
import sys
from pathlib import Path

import pytest

UNUSED = int(Path("unused.txt").exists())


@pytest.hookimpl(tryfirst=True)
def pytest_sessionfinish(session, exitstatus):
    session.exitstatus |= exitstatus | UNUSED


def pytest_terminal_summary():
    print("a warning of something else", file=sys.stderr)
    if UNUSED:
        print("1 picture is not used")
"""


def test_a_status_that_a_hook_writes_back_is_no_red_of_its_own(shop: Checkout) -> None:
    """It adds nothing to failed tests, until it has something to say itself."""
    shop.write("conftest.py", COUNTS_PICTURES)
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    first = shop.run("doit", "full")
    seen = shop.failed("full")
    shop.write("unused.txt", "")
    shop.write("shop.py", CODE)
    shop.run("doit", "full")
    own = {it.message for it in shop.report("full").failures if it.rule == "exit"}
    assert seen == {f"tests:{TAX}"}, (seen, first.out)
    assert [("1 picture is not used" in it, "a warning" in it) for it in own] == [(True, False)], (
        own
    )


COUNTS = (
    "def pytest_sessionfinish(session):\n"
    "    if session.testscollected < 2:\n        session.exitstatus = 1\n"
)


@pytest.mark.slow
def test_a_session_that_counts_tests_is_asked_about_all(shop: Checkout) -> None:
    """A selection is too few for it; the whole suite is not."""
    shop.write("conftest.py", COUNTS)
    shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    ran = shop.run("doit", "warm")
    assert (ran.code, "2 of 2 tests (all)" in ran.out) == (0, True), ran.out


LISTED = '{"nodeids": ["tests/test_shop.py::test_flaky"]}'
COIN = """\
from pathlib import Path


def test_flaky() -> None:
    coin = Path(__file__).with_name("coin.tmp")
    seen = coin.exists()
    coin.touch()
    assert seen
"""


@pytest.mark.parametrize(
    ("conftest", "addopts", "expected"),
    [
        pytest.param("", "", 0, marks=pytest.mark.slow, id="alone"),
        pytest.param(SESSIONS["sets the exit status"], "", 1, id="the status"),
        pytest.param(
            SESSIONS["counts a failure after the tests"],
            "",
            1,
            marks=pytest.mark.slow,
            id="a count",
        ),
        pytest.param("", "-x", 1, marks=pytest.mark.slow, id="stopped early"),
    ],
)
def test_a_second_chance_forgives_the_flaky_test_alone(
    shop: Checkout, conftest: str, addopts: str, expected: int
) -> None:
    """Not the session that is red by itself, and not the tests that did not run."""
    text = (shop.root / "pyproject.toml").read_text()
    shop.write("pyproject.toml", f"{text}addopts = '{addopts}'\n")
    shop.write(".gitignore", "__pycache__/\n*.tmp\n")
    shop.write("ci/flaky_tests.json", LISTED)
    shop.write("tests/test_shop.py", f"{COIN}\n\ndef test_other() -> None:\n    pass\n")
    shop.write("conftest.py", HEAD + conftest)
    ran = shop.run("doit", "full")
    assert ran.code == expected, ran.out


NEEDS = """\
import pytest
import shop

DONE = []


def test_first():
    DONE.append("first")


def test_second():
    if not DONE:
        {how}
    assert shop.tax(10) == 2
"""


@pytest.mark.parametrize(
    "how",
    [
        "pytest.skip('too early')",
        pytest.param("pytest.xfail('too early')", marks=pytest.mark.slow),
    ],
)
def test_a_test_that_waits_for_another_is_run_with_it(shop: Checkout, how: str) -> None:
    """Alone it is skipped, which shows nothing of the change."""
    shop.write("tests/test_needs.py", NEEDS.format(how=how))
    shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    shop.write("tests/test_shop.py", "")
    ran = shop.run("doit", "warm")
    assert (ran.code, shop.failed()) == (1, {"tests:tests/test_needs.py::test_second"}), ran.out
    assert shop.selected()["tests/test_needs.py::test_first"].endswith("skipped without it")


@pytest.mark.slow
def test_a_test_that_waits_for_another_file_runs_with_everything(shop: Checkout) -> None:
    """Its own file does not let it run."""
    shop.write("tests/test_a.py", "import sys\n\n\ndef test_a():\n    sys.done = True\n")
    body = "import sys\nimport pytest\nimport shop\n\n\ndef test_b():\n"
    body += "    if not hasattr(sys, 'done'):\n        pytest.skip('too early')\n"
    shop.write("tests/test_b.py", f"{body}    assert shop.tax(10) == 2\n")
    shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    shop.write("tests/test_shop.py", "")
    ran = shop.run("doit", "warm")
    assert (ran.code, shop.failed()) == (1, {"tests:tests/test_b.py::test_b"}), ran.out


@pytest.mark.slow
def test_a_skip_that_stands_in_the_code_runs_nothing_else(shop: Checkout) -> None:
    """It is skipped whatever else runs."""
    text = "import pytest\n" + (shop.root / "tests/test_shop.py").read_text()
    shop.write("tests/test_shop.py", text)
    shop.run("doit", "warm")
    shop.write(
        "tests/test_shop.py", text.replace("def test_tax", "@pytest.mark.skip\ndef test_tax")
    )
    ran = shop.run("doit", "warm")
    assert (ran.code, set(shop.selected())) == (0, {TAX}), ran.out


CHECKER = """\
import pytest


def pytest_collect_file(file_path, parent):
    if file_path.suffix == ".sheet":
        return Sheet.from_parent(parent, path=file_path)


class Sheet(pytest.File):
    def collect(self):
        yield Check.from_parent(self, name="sum")


class Check(pytest.Item):
    TOTAL = {}

    def runtest(self):
        if not self.TOTAL:
            checks = [it for it in self.session.items if isinstance(it, Check)]
            self.TOTAL["all"] = sum(int(it.path.read_text()) for it in checks)
        assert self.TOTAL["all"] == 6
"""


def test_checks_that_one_run_of_a_tool_serves_run_together(shop: Checkout) -> None:
    """The tool looks at the files whose checks run; a part of them is another question."""
    (shop.home / "checker.py").write_text(CHECKER)
    world = {"PYTHONPATH": str(shop.home), "PYTEST_ADDOPTS": "-p checker"}
    for name, value in {"a": "1", "b": "2", "c": "3"}.items():
        shop.write(f"tests/{name}.sheet", value)
    first = shop.run("doit", "warm", env=world)
    shop.write("tests/b.sheet", "4")
    second = shop.run("doit", "warm", env=world)
    ids = {f"tests:tests/{name}.sheet::sum" for name in "abc"}
    assert (first.code, second.code, shop.failed()) == (0, 1, ids), first.out + second.out


CRASH = """\
import os
import shop
from pathlib import Path


def test_dies() -> None:
    if shop.tax(10) != 2:
        os._exit({code})


def test_flaky() -> None:
    coin = Path(__file__).with_name("coin.tmp")
    seen = coin.exists()
    coin.touch()
    assert seen or shop.tax(10) == 2


def test_other() -> None:
    pass
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("addopts", "code", "expected"),
    [
        ("-n 2", 3, 1),
        pytest.param("-n 2 --max-worker-restart=0", 3, 1, marks=pytest.mark.thorough),
        ("", 0, 2),
    ],
)
def test_a_dead_process_is_red_and_names_its_test(
    shop: Checkout, addopts: str, code: int, expected: int
) -> None:
    """Also where a flaky test of the same run passes again."""
    text = (shop.root / "pyproject.toml").read_text()
    more = f"addopts = '{addopts}'\n[tool.firsttry]\nparallel_seconds = 0\n"
    shop.write("pyproject.toml", text + more)
    shop.write(".gitignore", "__pycache__/\n*.tmp\n")
    shop.write("ci/flaky_tests.json", LISTED)
    shop.write("tests/test_shop.py", CRASH.format(code=code))
    first = shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    codes = []
    for stage in ("warm", "full"):
        (shop.root / "tests/coin.tmp").unlink(missing_ok=True)
        codes.append(shop.run("doit", stage).code)
    assert (first.code, codes) == (0, [expected] * 2), first.out
    died = {it.nodeid for it in shop.report("full").failures if it.rule == "crash"}
    assert died == {"tests/test_shop.py::test_dies"}


@pytest.mark.slow
def test_the_projects_own_limit_of_coverage_turns_full_red(shop: Checkout) -> None:
    """Warm can't know, and it is no escape of warm's."""
    text = (shop.root / "pyproject.toml").read_text()
    shop.write("pyproject.toml", f"{text}addopts = '--cov=shop --cov-fail-under=90'\n")
    good = shop.run("doit", "parity")
    shop.write("shop.py", f"{CODE}\n\ndef unused() -> int:\n    a = 1\n    return a\n")
    own = _plain(shop)
    ran = shop.run("doit", "parity")
    seen = (good.code, own, ran.code, shop.report("warm").status, shop.failed("full"))
    assert seen == (0, 1, 1, "green", {"coverage:fail-under"}), ran.out
