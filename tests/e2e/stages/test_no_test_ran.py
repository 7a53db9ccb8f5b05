"""Runs in which pytest finds no test: red where the team's own pytest is red."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE, PATHS, TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

EMPTY = '[tool.pytest.ini_options]\ntestpaths = ["moved"]\n'
DESELECTED = f'{PATHS}addopts = "-k nothing_is_called_so"\n'


@pytest.mark.parametrize("settings", [EMPTY, DESELECTED])
def test_a_suite_that_finds_no_test_is_red(shop: Checkout, settings: str) -> None:
    """Its folder moved, or an option leaves out all: in both stages, again and again."""
    shop.write("moved/readme.txt", "")
    shop.write("pyproject.toml", TESTS_ONLY + settings)
    own = shop.run("python", "-m", "pytest", "-q")
    codes = [shop.run("doit", "warm").code, shop.run("doit", "warm").code]
    judged = shop.run("doit", "parity")
    assert (own.code, codes, judged.code) == (5, [1, 1], 1), judged.out
    assert (shop.verdict().name, shop.failed()) == ("red", {"tests:no tests"}), judged.out


def test_a_suite_that_loses_its_tests_turns_red(proved: Checkout) -> None:
    """Also for a warm run that knows the tests from before."""
    proved.write("pyproject.toml", TESTS_ONLY + DESELECTED)
    done = proved.run("doit", "warm")
    assert (done.code, "ran no test" in done.out) == (1, True), done.out


def test_a_project_without_tests_is_green_and_told(shop: Checkout) -> None:
    """It has none to find; the gate is off and not green, also where warm has no need to look."""
    shop.git("rm", "-rqf", "tests")
    for text in ("x = 1\n", "x = 2\n"):
        shop.write("shop.py", text)
        done = shop.run("doit", "parity")
        assert (done.code, shop.verdict().name) == (0, "success"), done.out
        assert "not checked: ruff, mypy, tests" in done.out
        statuses = {shop.gate(stage).status for stage in ("warm", "full")}
        assert statuses == {"off"}, done.out


UNITTEST = """\
import unittest
from shop import tax

def load_tests(loader, tests, pattern):
    return tests

class TaxTest(unittest.TestCase):
    def test_tax(self):
        assert tax(10) == 2

def test_is_no_test_of_unittest():
    assert False
"""


def test_a_suite_that_unittest_finds_is_run(shop: Checkout) -> None:
    """By the pattern of the team's own call, which pytest alone would find nothing by."""
    shop.git("rm", "-rqf", "tests")
    shop.write("tests/__init__.py", "")
    shop.write("tests/tests_tax.py", UNITTEST)
    shop.write("Makefile", "test:\n\tpython -m unittest discover -s tests -t . -p 'tests_*.py'\n")
    shop.write("pyproject.toml", TESTS_ONLY)
    shop.commit()
    first = shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    second = shop.run("doit", "parity")
    failed = {"tests:tests/tests_tax.py::TaxTest::test_tax"}
    assert (first.code, second.code, shop.failed()) == (0, 1, failed), second.out
    assert "pytest does not call load_tests (tests/tests_tax.py)" in first.out, first.out


def test_a_run_in_which_no_gate_is_on_is_not_called_green(shop: Checkout) -> None:
    """It has no finding, and ends with 0; but it says that it checked nothing."""
    shop.git("rm", "-rqf", "tests")
    shop.write("pyproject.toml", TESTS_ONLY)
    done = shop.run("doit", "warm")
    assert (done.code, "warm checked nothing." in done.out) == (0, True), done.out


def test_a_new_file_without_tests_turns_nothing_red(proved: Checkout) -> None:
    """Warm looks into it alone, finds none, and knows that there are others."""
    proved.write("tests/test_none.py", "VALUE = 1\n")
    done = proved.run("doit", "warm")
    assert done.code == 0, done.out


SMOKE = """\
import unittest
from shop import tax

class TaxTest(unittest.TestCase):
    def test_tax(self):
        self.assertEqual(tax(10), 2)
"""
CHECKS = ("python", "-W", "error", "-m", "checks")
MAKE = """\
NAME := checks
perf:
\tpython -m pytest checks/perf.py
test:
\tpython -W error -m $(NAME)
"""


def test_a_package_that_runs_its_tests_is_the_call(shop: Checkout) -> None:
    """Not the one of a recipe that CI never runs: red where the team's own command is red."""
    shop.git("rm", "-rqf", "tests")
    shop.write("checks/__init__.py", "from .smoke import TaxTest\n")
    shop.write("checks/__main__.py", "import unittest\n\nunittest.main('checks')\n")
    shop.write("checks/smoke.py", SMOKE)
    shop.write("checks/perf.py", "def test_perf():\n    pass\n")
    shop.write("Makefile", MAKE)
    ci = {"jobs": {"test": {"steps": [{"run": "make test"}]}}}
    shop.write(".github/workflows/ci.yml", json.dumps(ci))
    shop.write("pyproject.toml", TESTS_ONLY)
    shop.commit()
    own, first = shop.run(*CHECKS), shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    broken, second = shop.run(*CHECKS), shop.run("doit", "warm")
    codes = own.code, first.code, broken.code, second.code
    failed = {"tests:checks/__init__.py::TaxTest::test_tax"}
    assert (codes, shop.failed()) == ((0, 0, 1, 1), failed), second.out
