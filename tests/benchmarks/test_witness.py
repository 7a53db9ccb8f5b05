"""Digests of choices: equal for equal choices, others for others."""

import msgspec
import pytest

from benchmarks.witness import canonical, row, witness
from firsttry_tasks.model.values import Selection

_CHOICE = Selection(
    why={"tests/test_a.py::test_b": "a.py changed: f", "tests/test_a.py::test_a": "never ran"},
    files={"tests/test_c.py": "new test file"},
    skip_tests=frozenset({"tests/test_d.py::test_d", "tests/test_e.py::test_e"}),
    skip_files=frozenset({"tests/test_d.py", "tests/test_e.py"}),
    total=4,
)


def _changed(**fields: object) -> Selection:
    return msgspec.structs.replace(_CHOICE, **fields)


def test_the_order_in_which_a_choice_was_made_does_not_count() -> None:
    """What was found first is no part of the choice."""
    other = _changed(
        why=dict(reversed(_CHOICE.why.items())),
        skip_tests=frozenset(sorted(_CHOICE.skip_tests)[::-1]),
    )
    assert canonical(other) == canonical(_CHOICE)


def test_canonical_bytes_are_these() -> None:
    """The field names are the witness's own: renaming the product's changes no digest."""
    small = Selection(
        why={"t.py::b": "x", "t.py::a": "y"}, skip_tests=frozenset({"s", "r"}), total=4
    )
    assert canonical(small) == (
        b'{"everything":[],"files":{},"quiet":[],"stable":["r","s"],"total":4,'
        b'"why":{"t.py::a":"y","t.py::b":"x"}}'
    )


@pytest.mark.parametrize(
    "other",
    [
        _changed(why={"tests/test_a.py::test_b": "a.py changed: f"}),
        _changed(files={}),
        _changed(everything=("python changed",)),
        _changed(skip_tests=frozenset({"tests/test_d.py::test_d"})),
        _changed(skip_files=frozenset()),
        _changed(total=5),
    ],
)
def test_another_choice_has_other_digests(other: Selection) -> None:
    """Each field of a choice counts, with its reasons and without."""
    mine, its = row("p", "body", "a.py:1", _CHOICE), row("p", "body", "a.py:1", other)
    assert mine.whole != its.whole
    assert mine.choice != its.choice


def test_another_reason_changes_only_the_digest_with_reasons() -> None:
    """So that a changed sentence can be told from a changed choice."""
    why = dict.fromkeys(_CHOICE.why, "another reason")
    mine = witness([row("p", "body", "a.py:1", _CHOICE)])
    its = witness([row("p", "body", "a.py:1", _changed(why=why))])
    assert mine.choices == its.choices
    assert mine.digest != its.digest


def test_a_row_counts_tests_files_and_all() -> None:
    """A person sees at a glance how much runs."""
    assert row("p", "body", "a.py:1", _CHOICE).selected == "2+1/4"
    everything = row("p", "body", "a.py:1", Selection(everything=("python changed",)))
    assert everything.selected == "all"


def test_the_order_of_edits_counts() -> None:
    """The same choices for other edits are another witness."""
    first = row("p", "body", "a.py:1", _CHOICE)
    second = row("p", "return", "a.py:2", _CHOICE)
    assert witness([first, second]).digest != witness([second, first]).digest
