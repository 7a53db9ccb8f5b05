"""A suite that is red by one way to call pytest and green by the other: the team's own decides."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE, TESTS, TESTS_ONLY

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

WARNS = "def test_warns():\n    import warnings\n\n    warnings.warn('x')\n"
LENIENT = "import os\n\n\ndef test_a():\n    assert 'STRICT' not in os.environ\n"
MAKEFILE = "test:\n\t{} -q\n"


@pytest.fixture
def bare(checkout: Checkout) -> Checkout:
    """Return a project whose tests find the code only with its folder on ``sys.path``."""
    checkout.write("shop.py", CODE)
    checkout.write("tests/test_shop.py", TESTS)
    checkout.commit()
    return checkout


@pytest.mark.parametrize("call", ["pytest", "python -m pytest"])
def test_the_form_that_the_team_calls_decides(bare: Checkout, call: str) -> None:
    """In both stages, so that compare, which can't see what both get wrong, need not."""
    bare.write("Makefile", MAKEFILE.format(call))
    own = bare.run(*call.split()).code
    done = bare.run("ft", "parity")
    assert (own, done.code) in {(2, 1), (0, 0)}, done.out
    assert bare.gate("full").status == ("red" if own else "green")
    tests = bare.gate("full").tests
    assert tests is not None
    assert tests.notes[0].startswith("pytest is called as in Makefile, ")
    assert tests.notes[0].endswith(f": {call}")


def test_the_settings_decide_before_any_file(bare: Checkout) -> None:
    """With options of Python and of pytest: here a warning is an error."""
    bare.write("Makefile", MAKEFILE.format("pytest"))
    bare.write("tests/test_warns.py", WARNS)
    table = "[tool.firsttry.pytest]\ncommand = 'python {}-m pytest -k warns'\n"
    bare.write("pyproject.toml", TESTS_ONLY + table.format(""))
    assert bare.run("ft", "full").code == 0
    bare.write("pyproject.toml", TESTS_ONLY + table.format("-W error::UserWarning "))
    done = bare.run("ft", "full")
    assert (done.code, bare.failed("full")) == (1, {"tests:tests/test_warns.py::test_warns"}), (
        done.out
    )


def test_where_no_file_says_it_the_first_run_finds_out(bare: Checkout) -> None:
    """The form in which the tests were ever importable; it is told, and kept."""
    first = bare.run("ft", "warm")
    assert (first.code, "that is how it is called now" in first.out) == (0, True), first.out
    assert "cached" in bare.run("ft", "warm").out
    bare.write("shop.py", CODE.replace("* 3", "* 4"))
    second = bare.run("ft", "warm")
    assert (second.code, "is called now" in second.out) == (1, False), second.out


@pytest.mark.slow
def test_what_the_first_run_found_does_not_hide_a_lost_path(shop: Checkout) -> None:
    """Tests that pytest alone could import must stay importable so."""
    assert shop.run("ft", "warm").code == 0
    shop.write("pyproject.toml", TESTS_ONLY)
    codes = [shop.run("ft", stage).code for stage in ("warm", "full", "compare")]
    assert codes == [1, 1, 1]


def test_a_way_that_a_file_names_later_is_tried_with_every_test(bare: Checkout) -> None:
    """Warm must not answer by what was recorded in another way."""
    assert bare.run("ft", "warm").code == 0
    bare.write("Makefile", MAKEFILE.format("pytest"))
    done = bare.run("ft", "warm")
    assert done.code == 1, done.out


def test_a_command_that_calls_something_else_is_refused(bare: Checkout) -> None:
    """With a sentence, before anything runs."""
    bare.write("pyproject.toml", TESTS_ONLY + "[tool.firsttry.pytest]\ncommand = 'tox'\n")
    done = bare.run("ft", "warm")
    assert (done.code, "does not call pytest" in done.out) == (3, True), done.out
    assert "Traceback" not in done.out


def test_tests_beside_the_usual_folder_run(checkout: Checkout) -> None:
    """Without configuration pytest looks everywhere, and so does the team's own call."""
    checkout.write("Makefile", MAKEFILE.format("pytest"))
    checkout.write("tests/test_a.py", "def test_a():\n    assert True\n")
    checkout.write("pkg/test_b.py", "def test_b():\n    assert False\n")
    checkout.commit()
    assert checkout.run("pytest", "-q").code == 1
    codes = [checkout.run("ft", stage).code for stage in ("warm", "full")]
    assert (codes, checkout.failed("full")) == ([1, 1], {"tests:pkg/test_b.py::test_b"})


def test_a_variable_that_the_team_sets_reaches_the_tests(checkout: Checkout) -> None:
    """As it stands before the command, or in tox."""
    checkout.write("tests/test_a.py", LENIENT)
    checkout.commit()
    assert checkout.run("ft", "warm").code == 0
    checkout.write("Makefile", MAKEFILE.format("STRICT=1 pytest"))
    assert [checkout.run("ft", stage).code for stage in ("warm", "full")] == [1, 1]


@pytest.mark.slow
def test_mypy_checks_what_the_team_calls_it_for(checkout: Checkout) -> None:
    """The tests, too, and as strictly."""
    off, on = "[tool.firsttry.ruff]\nenabled = false\n", "[tool.firsttry.mypy]\nenabled = true\n"
    checkout.write("pyproject.toml", off + on)
    checkout.write("pkg/__init__.py", "")
    checkout.write("tests/test_a.py", "def helper(n: int) -> str:\n    return n\n")
    checkout.commit()
    assert checkout.run("ft", "full").code in {0, 1}
    assert checkout.gate("full", "mypy").status == "green"
    checkout.write("Makefile", "lint:\n\tmypy --strict .\n")
    checkout.run("ft", "parity")
    found = {it.rule for it in checkout.gate("full", "mypy").findings}
    assert (checkout.gate("warm", "mypy").status, found) == ("red", {"return-value"})


def test_a_variable_of_the_call_is_none_that_changed(bare: Checkout) -> None:
    """What the team's call sets is what its tests saw, in the next run as in the first."""
    bare.write("Makefile", MAKEFILE.format("MOOD=good python -m pytest"))
    bare.write(
        "tests/test_mood.py", "import os\n\n\ndef test_mood():\n    assert os.environ['MOOD']\n"
    )
    assert bare.run("ft", "warm").code == 0
    bare.write("NOTES.md", "Nobody reads this.\n")
    assert (bare.run("ft", "warm").code, bare.selected()) == (0, {})
    bare.write("Makefile", MAKEFILE.format("MOOD=bad python -m pytest"))
    assert bare.run("ft", "warm").code == 0
    tests = bare.gate().tests
    assert tests is not None
    assert "tests/test_mood.py::test_mood" in tests.durations
