"""What people mean by the words with which they name tests and files."""

from __future__ import annotations

import pytest

from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.reporting import answers
from firsttry_tasks.selection.decide.queries import Answer
from firsttry_tasks.steps.ask import names

TOTAL = "tests/test_cart.py::TestCart::test_total"
EMPTY = "tests/test_cart.py::test_empty"
TWO, PATH = f"{EMPTY}[2-8]", f"{EMPTY}[a/b.py::c]"
DEEP = "tests/unit/test_tax.py::test_tax"
TEXT = "docs/guide.rst::guide.rst"
KNOWN = {TOTAL, TWO, PATH, DEEP, TEXT}


@pytest.mark.parametrize(
    ("word", "folder", "found"),
    [
        (TOTAL, "", {TOTAL}),
        ("test_total", "", {TOTAL}),
        ("TestCart", "", {TOTAL}),
        ("TestCart::test_total", "", {TOTAL}),
        ("TestCart.test_total", "", {TOTAL}),
        ("tests/test_cart.py::test_total", "", {TOTAL}),
        (EMPTY, "", {TWO, PATH}),
        ("test_empty", "", {TWO, PATH}),
        ("test_empty[2-8]", "", {TWO}),
        ("test_empty[a/b.py::c]", "", {PATH}),
        ("test_cart.py", "tests", {TOTAL, TWO, PATH}),
        ("test_cart.py", "", {TOTAL, TWO, PATH}),
        ("./test_cart.py::test_empty", "tests", {TWO, PATH}),
        ("../test_cart.py", "tests/unit", {TOTAL, TWO, PATH}),
        ("unit/test_tax.py", "tests", {DEEP}),
        ("tests/unit", "", {DEEP}),
        ("unit", "tests", {DEEP}),
        ("tests/", "", {TOTAL, TWO, PATH, DEEP}),
        ("docs/guide.rst", "", {TEXT}),
    ],
)
def test_a_test_is_named_as_people_type_it(word: str, folder: str, found: set[str]) -> None:
    """By its name, file, class or node id, from where one stands."""
    assert set(names.tests(word, KNOWN, folder)) == found


@pytest.mark.parametrize(
    ("word", "near"),
    [
        ("test_totl", "test_total"),
        ("TestCrt", "TestCart"),
        ("tests/test_crt.py", "tests/test_cart.py"),
        ("tests/test_cart.py::test_emty", "test_empty"),
        ("test_empty[2-9]", "test_empty[2-8]"),
        ("test_cart.py::TestCart::test_ttal", "TestCart::test_total"),
    ],
)
def test_a_test_that_is_none_names_the_nearest(word: str, near: str) -> None:
    """Wrong usage, and what was meant."""
    with pytest.raises(UsageError, match=f"There is no test .*Did you mean .*{near[:9]}") as told:
        names.tests(word, KNOWN, "")
    assert near in str(told.value)


@pytest.mark.parametrize(
    ("word", "folder", "found"),
    [
        ("shop/cart.py", "", "shop/cart.py"),
        ("cart.py", "shop", "shop/cart.py"),
        ("../shop/cart.py", "tests", "shop/cart.py"),
        ("cart.py", "", "shop/cart.py"),
    ],
)
def test_a_file_is_named_from_where_one_stands(word: str, folder: str, found: str) -> None:
    """Or by the end of its path."""
    assert names.file(word, {"shop/cart.py", "shop/tax.py"}, folder) == found


@pytest.mark.parametrize(
    ("word", "said"),
    [("shop/crat.py", "Did you mean shop/cart.py?"), ("a.py", "may be x/a.py, y/a.py")],
)
def test_a_file_that_is_none_is_told(word: str, said: str) -> None:
    """With the nearest, or with those that it may be."""
    with pytest.raises(UsageError) as told:
        names.file(word, {"shop/cart.py", "x/a.py", "y/a.py"}, "")
    assert said in str(told.value)


def test_an_answer_is_grouped_by_reason() -> None:
    """The reason of most tests first, and parameters together."""
    lines = answers.groups({TOTAL: "a", TWO: "b", PATH: "b"})
    assert lines == ["", "2 tests: b", f"  {EMPTY} (2)", "", "1 test: a", f"  {TOTAL}"]


def test_an_answer_is_short() -> None:
    """Of a thousand tests with hundreds of reasons it names what fits on a screen."""
    many = {f"tests/test_{n}.py::test_{n}": f"reason {n // 3}" for n in range(1000)}
    sizes = [len(answers.groups(many, every=every)) for every in (False, True)]
    assert (sizes[0] < 80, sizes[1] > 1000) == (True, True)


def test_one_answer_says_what_the_test_uses() -> None:
    """In words; what is not for people is left out."""
    answer = Answer(
        nodeid=TOTAL,
        known=True,
        runs=False,
        why="x",
        outcome="passed",
        code=("a.py",),
        looked=("read data.txt", "text x", "env HOME"),
    )
    said = " ".join(answers.one(answer))
    assert ("reads data.txt" in said, "variable HOME" in said, "text x" in said) == (
        True,
        True,
        False,
    )
