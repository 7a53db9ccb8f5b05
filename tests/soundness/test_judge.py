"""How an answer is held to the truth: the judge itself, without running anything."""

import pytest

from tests.soundness.case import Case, files
from tests.soundness.harness import judge
from tests.soundness.subjects import Ran, parse

_A, _B, _BY = "test_a.py::test_a", "test_a.py::test_b", "test_bystander.py::test_bystander"
_IMPORTER = "test_zz_importer.py::test_importer"
_CASE = Case(name="a", kind="b", tree="", change=())
_NOTHING = Case(name="a", kind="b", tree="", change=(), want="nothing")


def _ran(ran: set[str], failed: set[str], whole: str = "", status: int = 1) -> Ran:
    return Ran(status=status, ran=frozenset(ran), failed=frozenset(failed), whole=whole)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (_ran({_A}, {_A}), "exact"),
        (_ran({_A, _IMPORTER}, {_A}), "importers"),
        (_ran({_A, _BY, _IMPORTER}, {_A}), "coarse"),
        (_ran({_A, _BY}, {_A}, "conftest.py changed"), "closed"),
        (_ran(set(), {"(session)"}, status=2), "stopped"),
        (_ran({_B}, set(), status=0), "escape"),
        (_ran(set(), set(), status=0), "escape"),
        (_ran({_B}, {_B}), "partial"),
    ],
)
def test_an_answer_to_a_broken_test(answer: Ran, outcome: str) -> None:
    """Where plain pytest fails `test_a`, an answer is judged by that test and the bystanders."""
    assert judge(_CASE, answer, _ran({_A, _BY}, {_A})) == outcome


@pytest.mark.parametrize(
    ("ran", "outcome"), [(set(), "nothing"), ({_IMPORTER}, "importers"), ({_A, _IMPORTER}, "some")]
)
def test_an_answer_where_nothing_broke(ran: set[str], outcome: str) -> None:
    """Where nothing can break, any test that runs is one too many; an importer is told apart."""
    assert judge(_NOTHING, _ran(ran, set()), _ran({_A}, set())) == outcome


def test_another_root_is_the_same_test() -> None:
    """A subject that takes the folder above for the root still names the same test."""
    answer = _ran({"tests/" + _A}, {"tests/" + _A})
    assert judge(_CASE, answer, _ran({_A}, {_A})) == "exact"


def test_only_the_last_summary_counts() -> None:
    """The summary of a pytest that a test runs is no summary of ours."""
    head = "=== short test summary info ===\n"
    said = f"{head}FAILED inner.py::test - no\n{head}PASSED test_a.py::test_a\n"
    assert parse(0, said).ran == {_A}


def test_a_red_end_without_a_failed_test_is_red() -> None:
    """A pytest that ends badly before any test has failed as a whole."""
    assert parse(4, "ERROR: usage").failed == {"(session)"}


def test_a_tree_is_taken_apart() -> None:
    """A line of dashes and a path opens each file of a tree."""
    assert files("\n    --- a.py\n    x = 1\n    --- b/c.txt\n    hi\n") == {
        "a.py": "x = 1\n",
        "b/c.txt": "hi\n",
    }
