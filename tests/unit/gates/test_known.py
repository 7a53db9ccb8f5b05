"""A baseline knows findings by what their lines say, wherever these have moved to."""

from __future__ import annotations

import pytest

from firsttry_tasks.gates import known
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.values import Finding

TEXT = "import os\nimport sys\n\nx = 1\ny = 2\nprint(x, y)\n"


def _at(line: int, path: str = "a.py", gate: str = "ruff", message: str = "unused") -> Finding:
    rule = "F401" if gate == "ruff" else "arg-type"
    return Finding(
        id=f"{line}", gate=gate, tool=gate, rule=rule, message=message, path=path, line=line
    )


def _new(
    old: dict[str, str], was: list[Finding], now: dict[str, str], found: list[Finding]
) -> set[str]:
    """Return the ids of the findings that a baseline of the old files does not know."""
    entries = [known.entry(it, lambda path: tuple(old.get(path, "").splitlines())) for it in was]
    data = known.encode(entries)
    left = known.unknown(
        found,
        known.decode(data).findings,
        lambda path: tuple(now.get(path, "").splitlines()),
    )
    return {it.id for it in left}


def test_lines_above_that_come_and_go_change_nothing() -> None:
    """Its number is no part of what is known."""
    assert not _new({"a.py": TEXT}, [_at(1)], {"a.py": f"# a\n\n{TEXT}"}, [_at(3)])


def test_an_edit_of_the_neighbours_changes_nothing() -> None:
    """The line still says what it said."""
    assert not _new({"a.py": TEXT}, [_at(1)], {"a.py": TEXT.replace("sys", "re")}, [_at(1)])


def test_an_edit_of_the_line_is_new() -> None:
    """Who touches it mends it."""
    assert _new({"a.py": TEXT}, [_at(1)], {"a.py": TEXT.replace("os", "json")}, [_at(1)]) == {"1"}


def test_a_copy_is_new_and_the_lines_around_tell_which_one_it_is() -> None:
    """Even where the copy stands first."""
    copied = f"def f():\n    import os\n\n\n{TEXT}"
    assert _new({"a.py": TEXT}, [_at(1)], {"a.py": copied}, [_at(2), _at(5)]) == {"2"}


def test_a_file_that_moved_takes_its_findings_along() -> None:
    """But a file that is still there does not lend its own to another."""
    assert not _new({"a.py": TEXT}, [_at(1)], {"b.py": TEXT}, [_at(1, "b.py")])
    both = {"a.py": TEXT, "b.py": TEXT}
    assert _new({"a.py": TEXT}, [_at(1)], both, [_at(1, "b.py")]) == {"1"}


def test_one_line_can_be_known_for_one_error_alone() -> None:
    """Of mypy, which says two things of one line by one rule."""
    one, two = (_at(4, gate="mypy", message=it) for it in ("first", "second"))
    assert not _new({"a.py": TEXT}, [one, two], {"a.py": TEXT}, [one, two])
    assert _new({"a.py": TEXT}, [one], {"a.py": TEXT}, [one, two]) == {"4"}


@pytest.mark.parametrize(
    "data",
    [
        b"[",
        b'{"findings": 3}',
        b'{"findings": [{"path": "a", "gate": "tests", "rule": "", "line": ""}]}',
    ],
)
def test_what_is_no_baseline_is_told(data: bytes) -> None:
    """Such as one that would hide a test."""
    with pytest.raises(UsageError, match="ft baseline"):
        known.decode(data)


@pytest.mark.parametrize(
    ("path", "text", "ours"),
    [
        ("dodo.py", known.DODO, True),
        ("dodo.py", f'"""Tasks."""\n# ours\n{known.DODO}', True),
        ("dodo.py", f"{known.DODO}\nx = 1\n", False),
        ("a.py", known.DODO, False),
        ("dodo.py", "def\n", False),
        ("dodo.py", "", False),
    ],
)
def test_two_lines_that_we_asked_for_are_never_found_fault_with(
    path: str, text: str, *, ours: bool
) -> None:
    """A file with more in it is the project's own."""
    assert known.written_here(path, lambda _: tuple(text.splitlines())) == ours
