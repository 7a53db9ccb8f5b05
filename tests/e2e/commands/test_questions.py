"""What can be asked before a run: why a test would run, and what an edit would select."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

TAX = "tests/test_shop.py::test_tax"


@pytest.fixture
def learned(shop: Checkout) -> Checkout:
    """Return a checkout in which warm ran once."""
    shop.run("ft", "warm")
    return shop


def test_a_test_that_nothing_affects_says_so(learned: Checkout) -> None:
    """Nothing changed, so the test would not run."""
    assert f"{TAX} would not run: nothing changed" in learned.run("ft", "why", TAX).out


def test_a_test_says_which_edit_selects_it(learned: Checkout) -> None:
    """An edited function is the reason of the test that ran it."""
    learned.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    [answer] = json.loads(learned.run("doit", "why", "--json", TAX).out)["tests"]
    assert (answer["runs"], "shop.py::tax changed" in answer["why"]) == (True, True)


@pytest.mark.smoke
def test_an_edit_says_what_it_would_select(learned: Checkout) -> None:
    """Of two functions, one selects its own test alone."""
    found = json.loads(learned.run("doit", "impact", "--json", "shop.py::tax").out)
    assert list(found["tests"]) == [TAX]


def test_an_edit_of_a_folder_or_of_what_stands_in_a_function(learned: Checkout) -> None:
    """A folder is all of its files; what stands in a function is that function."""
    whole = json.loads(learned.run("ft", "impact", "tests", "--json").out)
    assert TAX in whole["tests"]
    text = CODE.replace("def tax(n: int) -> int:\n", "def tax(n: int) -> int:\n    def up(): ...\n")
    assert text != CODE
    learned.write("shop.py", text)
    learned.run("ft", "warm")
    for word in ("up", "shop.py::tax.up"):
        ran = learned.run("ft", "impact", word)
        assert "note: up stands in shop.py::tax: an edit of it is one of tax" in ran.out, ran.out
        assert "warm runs 1 of" in ran.out, ran.out


def test_a_file_that_is_not_there_is_told(learned: Checkout) -> None:
    """A wrong path is wrong usage."""
    ran = learned.run("ft", "impact", "shops.py")
    assert (ran.code, "Did you mean shop.py?" in ran.out) == (3, True)


def test_a_file_is_counted_by_its_tests_alone(learned: Checkout) -> None:
    """Also where it changed; a test that was taken away is none once its file ran again."""
    text = (learned.root / "tests/test_shop.py").read_text()
    head, _, _ = text.rpartition("\ndef ")
    learned.write("tests/test_shop.py", f"{head}\n\nHELP = 1\n")
    asked = learned.run("ft", "why", "tests/test_shop.py", "--json").out
    assert [it["nodeid"] for it in json.loads(asked)["tests"] if "::" not in it["nodeid"]] == []
    learned.write("shop.py", CODE.replace("    return", "    print()\n    return"))
    learned.run("ft", "warm")
    assert learned.run("ft", "why", "tests/test_shop.py", "--count").out.endswith("0 of 1\n")
    assert "of 1 tests" in learned.run("ft", "impact", "shop.py").out


@pytest.mark.parametrize("words", ["test_tx", "tests/test_shop.py::test_tx", "test_sho.py"])
def test_a_test_that_is_not_there_is_told(learned: Checkout, words: str) -> None:
    """So is a wrong test: it is no test that would not run."""
    ran = learned.run("ft", "why", words)
    assert (ran.code, "Did you mean" in ran.out) == (3, True)


@pytest.mark.parametrize("word", ["test_shop.py::test_tax", "test_tax", "../tests/test_shop.py"])
def test_a_test_is_named_from_below(learned: Checkout, word: str) -> None:
    """As it is seen from where one stands, options last."""
    ran = learned.run("ft", "why", word, "--count", cwd="tests")
    assert ran.out.endswith(("0 of 1\n", "0 of 2\n")), ran.out


def _impact(learned: Checkout) -> dict[str, str]:
    said = learned.run("ft", "impact", "shop.py::tax", "--json").out
    found: dict[str, str] = json.loads(said)["tests"]
    return found


@pytest.mark.slow
def test_impact_holds_before_after_and_after_the_revert(learned: Checkout) -> None:
    """Whatever stands in the tree, and whether warm has run it."""
    said = [_impact(learned)]
    learned.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    said.append(_impact(learned))
    learned.run("ft", "warm")
    ran = set(learned.selected())
    said.append(_impact(learned))
    learned.write("shop.py", CODE)
    said.append(_impact(learned))
    learned.run("ft", "warm")
    said.append(_impact(learned))
    assert (said, ran) == ([said[0]] * 5, set(said[0]))


@pytest.mark.slow
@pytest.mark.parametrize("added", ["import helper", "from helper import help_me", "import new"])
def test_impact_of_a_file_covers_an_added_import(shop: Checkout, added: str) -> None:
    """What an import does reaches tests that use nothing of the file, but import it."""
    shop.write("helper.py", "def help_me():\n    return 1\n")
    shop.write("other.py", "import shop\n\n\ndef three():\n    return 3\n")
    shop.write(
        "tests/test_other.py", "import other\n\n\ndef test_it():\n    assert other.three()\n"
    )
    shop.write("tests/test_alone.py", "def test_alone():\n    pass\n")
    shop.run("ft", "warm")
    said = json.loads(shop.run("ft", "impact", "shop.py", "--json").out)["tests"]
    if added == "import new":
        shop.write("new.py", "X = 1\n")
    shop.write("shop.py", f"{added}\n{CODE}")
    shop.run("ft", "warm")
    ran = set(shop.selected())
    assert ("tests/test_other.py::test_it" in ran, ran - set(said)) == (True, set())
    assert "tests/test_alone.py::test_alone" not in said


def test_why_agrees_with_warm_where_nothing_runs(learned: Checkout) -> None:
    """A red test runs again, and says so."""
    learned.write("shop.py", CODE.replace("n // 5", "n // 2"))
    learned.run("ft", "warm")
    ran = learned.run("ft", "why", "test_tax")
    assert f"{TAX} would run: failed when it ran last" in ran.out
