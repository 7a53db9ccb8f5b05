"""Options in a project's own pytest configuration that lead selection plugins astray."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE, TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

PRICE, TAX = "tests/test_shop.py::test_price", "tests/test_shop.py::test_tax"
TRAPS = [
    "-m 'not network'",
    "-k 'not network'",
    "-p no:cacheprovider",
    "--lf",
    "--ff",
    "--nf",
    "-x",
    "--cov=shop --cov-fail-under=100",
    "--cov=shop --cov-branch",
    "-n 2",
    "-n 2 --dist=loadfile",
    "-p no:terminal",
    "-p no:logging -s",
    "--import-mode=importlib",
    "-W error",
    "-qq --tb=no --no-header",
    "-v --color=yes --durations=3",
    "--strict-markers --strict-config",
    "--doctest-modules",
    "--testmon",
    "--junitxml=.firsttry/junit.xml",
]
WHERE = """\
import os

def pytest_runtest_call():
    with open(".firsttry/where.txt", "a") as out:
        print(os.environ.get("PYTEST_XDIST_WORKER", "main"), file=out)
"""
#: Those that every run of the tests takes; the others are for the long one.
FEW = {"-m 'not network'", "-p no:cacheprovider", "--lf", "-x"}


def _trap(shop: Checkout, options: str) -> None:
    """Put options into the project's configuration, and learn."""
    ini = f'\n[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = "{options}"\n'
    shop.write("pyproject.toml", TESTS_ONLY + ini + 'markers = ["network"]\n')
    shop.commit()


@pytest.mark.few(9)
@pytest.mark.parametrize(
    "options",
    [pytest.param(it, marks=[] if it in FEW else pytest.mark.slow, id=it) for it in TRAPS],
)
def test_selection_stays_right(shop: Checkout, options: str) -> None:
    """One test is affected: it runs alone, and warm and full agree that it fails."""
    _trap(shop, options)
    first = shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    second = shop.run("doit", "parity")
    seen = (first.code, second.code, shop.verdict().name, set(shop.selected()))
    assert seen == (0, 1, "red", {TAX}), f"{first.out}\n{second.out}"


@pytest.mark.slow
@pytest.mark.parametrize(("pays", "workers"), [("0", {"gw0", "gw1"}), ("5", {"main"})])
def test_workers_are_started_where_that_pays(shop: Checkout, pays: str, workers: set[str]) -> None:
    """Two workers for two short tests would take longer than the tests."""
    shop.write("tests/conftest.py", WHERE)
    ini = '\n[tool.pytest.ini_options]\npythonpath = ["."]\naddopts = "-n 2"\n'
    shop.write("pyproject.toml", TESTS_ONLY + ini + f"[tool.firsttry]\nparallel_seconds = {pays}\n")
    shop.commit()
    first = shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 0").replace("n * 3", "n * 3 + 0"))
    (shop.root / ".firsttry/where.txt").unlink()
    second = shop.run("doit", "warm")
    seen = set((shop.root / ".firsttry/where.txt").read_text().split())
    assert (first.code, second.code) == (0, 0), second.out
    assert seen <= workers, second.out
    assert len(shop.selected()) > 0


@pytest.mark.parametrize("options", ["", "testmon_ignore_dependencies = ['nothing']"])
def test_testmon_is_loaded_where_the_project_names_it(shop: Checkout, options: str) -> None:
    """It came with FirstTry, and brings all of coverage along."""
    seen = 'import sys\n\n\ndef test_seen() -> None:\n    assert ("testmon" in sys.modules) is {}\n'
    shop.write("tests/test_seen.py", seen.format(bool(options)))
    ini = f'\n[tool.pytest.ini_options]\npythonpath = ["."]\n{options}\n'
    shop.write("pyproject.toml", TESTS_ONLY + ini)
    shop.commit()
    ran = shop.run("doit", "parity")
    assert (ran.code, shop.verdict().name) == (0, "success"), ran.out


def test_what_the_options_leave_out_stays_out(shop: Checkout) -> None:
    """A test that the project's own -m deselects is not run because it is unknown."""
    marked = "import pytest\n\n\n@pytest.mark.network\ndef test_net() -> None:\n    assert 0\n"
    shop.write("tests/test_net.py", marked)
    _trap(shop, "-m 'not network'")
    first = shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    second = shop.run("doit", "warm")
    assert (first.code, second.code, list(shop.selected())) == (0, 0, [TAX]), second.out


@pytest.mark.parametrize("options", ["-x", "--maxfail=1"])
def test_an_early_end_hides_no_test(shop: Checkout, options: str) -> None:
    """What did not run because of an earlier failure runs next time."""
    _trap(shop, options)
    shop.write("shop.py", CODE.replace("n * 3", "n * 4").replace("n // 5", "n // 2"))
    codes = [shop.run("doit", "warm").code for _ in range(2)]
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    codes.append(shop.run("doit", "warm").code)
    assert (codes, shop.failed()) == ([1, 1, 1], {f"tests:{TAX}"})


@pytest.mark.slow
def test_options_in_the_environment(shop: Checkout) -> None:
    """PYTEST_ADDOPTS is part of what a result rests on."""
    shop.run("doit", "warm")
    ran = shop.run("doit", "warm", env={"PYTEST_ADDOPTS": "-v"})
    assert (ran.code, shop.ran(), "PYTEST_ADDOPTS" in ran.out) == (0, {"tests"}, True), ran.out


@pytest.mark.slow
def test_a_configuration_below_the_project(shop: Checkout) -> None:
    """A tests/pytest.ini does not move the root away from the code."""
    shop.write("pyproject.toml", TESTS_ONLY)
    shop.write("tests/pytest.ini", "[pytest]\npythonpath = ..\n")
    shop.commit()
    first = shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
    second = shop.run("doit", "parity")
    seen = (first.code, second.code, shop.verdict().name, len(shop.selected()))
    assert seen == (0, 1, "red", 1), f"{first.out}\n{second.out}"
