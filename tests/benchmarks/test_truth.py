"""The team's own answer: what counts as the same answer, and what is told of it."""

from benchmarks.answers import Answers, Ours, Own
from benchmarks.edits import Edit
from benchmarks.truth import Row, Told, row, table
from firsttry_tasks.parity.faults import Fault

_EDIT = Edit(
    area="code", fault=Fault(kind="body", path="box.py", line=3, start=0, end=4, new="pass")
)


def _row(own: dict[str, int], full: Ours, warm: Ours | None = None, *failed: str) -> Row:
    """Return the row of a project with one folder."""
    theirs = Own(codes=own, failed=frozenset(failed))
    said = Answers(own={".": theirs}, warm={".": warm or full}, full={".": full})
    return row("box", _EDIT, said)


def test_any_red_is_the_same_red() -> None:
    """A usage error of pytest's is red, whichever exit code either side has for it."""
    assert _row(
        {"tests": 4, "ruff": 0}, Ours(code=2, gates={"tests": "error", "ruff": "green"})
    ).equal


def test_a_green_that_is_red_by_hand_differs() -> None:
    """The worst that can be found: both exit codes would have to be red."""
    assert not _row({"tests": 1}, Ours(code=0, gates={"tests": "green"})).equal


def test_the_wrong_gate_differs() -> None:
    """Equal exits are not enough: each gate has to answer as its tool does."""
    assert not _row(
        {"tests": 0, "mypy": 1}, Ours(code=1, gates={"tests": "red", "mypy": "green"})
    ).equal


def test_a_gate_without_an_answer_is_not_green() -> None:
    """Where a broken setting ends us before any gate, only a gate that is red by hand is equal."""
    assert not _row({"tests": 0, "mypy": 1}, Ours(code=3, gates={})).equal


def test_a_green_warm_run_is_an_escape_where_full_is_red() -> None:
    """It is told, and is not what equal means."""
    found = _row({"tests": 1}, Ours(code=1, gates={"tests": "red"}), Ours(code=0, gates={}))
    assert (found.equal, found.escape) == (True, True)


def test_other_failing_tests_are_named() -> None:
    """Both are red, but not for the same test."""
    full = Ours(code=1, gates={"tests": "red"}, failed=frozenset({"b"}))
    found = _row({"tests": 1}, full, None, "a")
    assert (found.only_own, found.only_full) == (("a",), ("b",))


def test_the_table_adds_up() -> None:
    """The last line is of all projects; what differs is missing from it."""
    good = _row({"tests": 0}, Ours(code=0, gates={"tests": "green"}))
    bad = _row({"tests": 1}, Ours(code=0, gates={"tests": "green"}))
    told = Told(kind="library", commit="1" * 40, commands={}, rows=[good, bad])
    assert table({"a": told, "b": told}).splitlines()[-1] == (
        "| all |  | 4 | 2 | 2 of 4 | 2 of 4 | 4 of 4 | 0 |"
    )
