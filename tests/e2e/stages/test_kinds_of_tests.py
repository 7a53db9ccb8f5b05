"""Tests of every kind a project can have, and every way in which one can end."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

FILE = "tests/test_kinds.py"
HEAD = "import os\nimport unittest\n\nimport pytest\n\n\n"
SUBTEST = """\
class It(unittest.TestCase):
    def test_it(self):
        with self.subTest(n=1):
            assert 0
"""
#: Each with the ids of what fails, ``tests:`` and the file left out.
RED: dict[str, tuple[str, set[str]]] = {
    "call": ("def test_it():\n    assert 0\n", {"::test_it"}),
    "setup": (
        "@pytest.fixture\ndef f():\n    assert 0\n\n\ndef test_it(f):\n    pass\n",
        {"::test_it"},
    ),
    "teardown": (
        "@pytest.fixture\ndef f():\n    yield\n    assert 0\n\n\ndef test_it(f):\n    pass\n",
        {"::test_it"},
    ),
    "class": ("class TestIt:\n    def test_it(self):\n        assert 0\n", {"::TestIt::test_it"}),
    "unittest": (
        "class It(unittest.TestCase):\n    def test_it(self):\n        self.fail()\n",
        {"::It::test_it"},
    ),
    "subtests of unittest": (SUBTEST, {"::It::test_it"}),
    "subtests": (
        "def test_it(subtests):\n    with subtests.test(n=1):\n        assert 0\n",
        {"::test_it"},
    ),
    "strict xfail": (
        "@pytest.mark.xfail(strict=True)\ndef test_it():\n    pass\n",
        {"::test_it"},
    ),
    "parameters": (
        "@pytest.mark.parametrize('n', [1, 2, 3])\ndef test_it(n):\n    assert n == 1\n",
        {"::test_it[2]", "::test_it[3]"},
    ),
    "exit in a test": ("def test_it():\n    raise SystemExit(0)\n", {"::test_it"}),
}


#: What can't even be collected.
UNREADABLE = {
    "syntax": ("def test_it(:\n", {""}),
    "import": ("import nothing_of_this_name\n", {""}),
    "name": ("nothing\n", {""}),
}


def _all(shop: Checkout, kinds: dict[str, tuple[str, set[str]]]) -> set[str]:
    """Write a file for each kind and return the ids of what fails in them."""
    names = {kind: f"tests/test_{kind.replace(' ', '_')}.py" for kind in kinds}
    for kind, (body, _) in kinds.items():
        shop.write(names[kind], HEAD + body)
    return {f"tests:{names[kind]}{it}" for kind, (_, ids) in kinds.items() for it in ids}


@pytest.mark.parametrize("kinds", [RED, UNREADABLE], ids=["run", "collected"])
@pytest.mark.smoke
def test_every_kind_of_failure_is_red(
    shop: Checkout, kinds: dict[str, tuple[str, set[str]]]
) -> None:
    """Each way to fail is found under its id, and full finds the same."""
    ids = _all(shop, kinds)
    ran = shop.run("doit", "parity")
    assert (ran.code, shop.verdict().name, shop.failed()) == (1, "red", ids), ran.out


#: What ends pytest itself before all tests ran.
EARLY = {
    "exit": "def test_a():\n    pytest.exit('enough')\n",
    "exit with 0": "def test_a():\n    pytest.exit('enough', returncode=0)\n",
    "interrupt": "def test_a():\n    raise KeyboardInterrupt\n",
    "SystemExit in collection": "raise SystemExit(0)\n",
}


@pytest.mark.parametrize("kind", EARLY)
def test_an_early_end_is_no_green(shop: Checkout, kind: str) -> None:
    """Tests that were chosen and did not run have not passed: 2."""
    shop.write(FILE, f"{HEAD}{EARLY[kind]}\n\ndef test_b():\n    assert 0\n")
    ran = shop.run("doit", "warm")
    assert (ran.code, shop.report().status) == (2, "error"), ran.out


@pytest.mark.parametrize("options", ["--collect-only", "--setup-only", "--fixtures"])
def test_options_that_run_no_test_are_no_green(shop: Checkout, options: str) -> None:
    """A forgotten --collect-only in addopts has proved nothing."""
    text = (shop.root / "pyproject.toml").read_text()
    shop.write("pyproject.toml", f"{text}addopts = '{options}'\n")
    shop.write(FILE, "def test_b():\n    assert 0\n")
    ran = shop.run("doit", "warm")
    assert (ran.code, shop.report().status) == (2, "error"), ran.out


GREEN: dict[str, tuple[str, set[str]]] = {
    "skip": ("@pytest.mark.skip\ndef test_it():\n    assert 0\n", set()),
    "skip in the test": ("def test_it():\n    pytest.skip()\n", set()),
    "skip of the module": ("pytest.skip(allow_module_level=True)\n", set()),
    "xfail": ("@pytest.mark.xfail\ndef test_it():\n    assert 0\n", set()),
    "xpass": ("@pytest.mark.xfail(strict=False)\ndef test_it():\n    pass\n", set()),
    "doctest": ("def f():\n    '''\n    >>> 1\n    1\n    '''\n", set()),
    "nothing": ("", set()),
}


def test_every_kind_of_good_end_is_green(shop: Checkout) -> None:
    """What pytest is content with is green, and stands."""
    _all(shop, GREEN)
    runs = [shop.run("doit", "warm") for _ in range(3)]
    assert ([it.code for it in runs], shop.ran()) == ([0, 0, 0], set()), runs[2].out


def test_a_stopped_run_of_everything_proves_nothing(shop: Checkout) -> None:
    """With -x, the tests behind the first failure have not seen the changed conftest."""
    text = (shop.root / "pyproject.toml").read_text()
    shop.write("pyproject.toml", f"{text}addopts = '-x'\n")
    case = "import os\n\n\ndef test_it() -> None:\n    assert not os.environ.get('BAD')\n"
    shop.write("tests/test_a.py", case)
    shop.write("tests/test_b.py", case)
    shop.run("doit", "warm")
    shop.write("tests/conftest.py", "import os\n\nos.environ['BAD'] = '1'\n")
    shop.run("doit", "warm")
    shop.write("tests/test_a.py", "def test_it() -> None:\n    pass\n")
    ran = shop.run("doit", "warm")
    assert (ran.code, shop.failed()) == (1, {"tests:tests/test_b.py::test_it"}), ran.out


@pytest.mark.smoke
def test_a_function_that_imports_when_it_runs_is_remembered(shop: Checkout) -> None:
    """What was learned of it is written, read again, and chooses."""
    shop.write("rates.py", "RATE = 2\n")
    shop.write("late.py", "def rate() -> int:\n    import rates\n\n    return rates.RATE\n")
    shop.write("tests/test_late.py", "import late\n\n\ndef test_rate():\n    assert late.rate()\n")
    shop.commit()
    first = shop.run("doit", "warm")
    shop.write("rates.py", "RATE = 3\n")
    second = shop.run("doit", "warm")
    chosen = list(shop.selected())
    assert (first.code, second.code, chosen) == (0, 0, ["tests/test_late.py::test_rate"]), (
        second.out
    )


POPEN = """\
import inspect
import subprocess


def test_it():
    assert inspect.getfullargspec(subprocess.Popen).args[:3] == ["self", "args", "bufsize"]
"""


def test_what_is_watched_keeps_its_signature(shop: Checkout) -> None:
    """A test may compare its own stand-in with it."""
    shop.write(FILE, POPEN)
    ran = shop.run("doit", "warm")
    assert ran.code == 0, ran.out
