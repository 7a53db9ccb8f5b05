"""What logs of a tool's processes come to: what it looked at, but not what it made or owns."""

from __future__ import annotations

import pytest

from firsttry_tasks.gates import observed
from firsttry_tasks.model.observed import Asked

GONE = 2


def _names(*log: Asked) -> set[str]:
    return set(observed.rests_on([log], lambda path: path.startswith("/own/")))


@pytest.mark.parametrize(
    ("asked", "name"),
    [
        (Asked("f", 0, "/p/a.py"), "file /p/a.py"),
        (Asked("k", 0, "/p/a.py"), "link /p/a.py"),
        (Asked("l", 0, "/p"), "list /p"),
        (Asked("x", 0, "/bin/sh"), "file /bin/sh"),
        (Asked("f", 0, "/p/./sub//a.py"), "file /p/sub/a.py"),
        (Asked("f", 0, "/p/link/../a.py"), "file /p/link/../a.py"),
    ],
)
def test_each_kind_has_its_name(asked: Asked, name: str) -> None:
    """A way up is kept: what stands before it may be a link."""
    assert _names(asked) == {name}


@pytest.mark.parametrize(
    "log",
    [
        [Asked("f", 0, "/own/cache")],
        [Asked("f", 0, "/proc/self/status")],
        [Asked("w", 0, "/p/report"), Asked("f", 0, "/p/report")],
        [Asked("m", 0, "/made/t1"), Asked("w", 0, "/made/t1/a"), Asked("l", 0, "/made/t1")],
        [Asked("f", GONE, "/p/new"), Asked("m", 0, "/p/new")],
    ],
)
def test_what_is_no_input(log: list[Asked]) -> None:
    """Caches, the kernel's files, and what the tool itself has made or written first."""
    assert _names(*log) == set()


def test_what_is_read_before_it_is_written_is_an_input() -> None:
    """A file that a tool keeps state in decides what it says the next time."""
    log = (Asked("f", 0, "/p/state"), Asked("w", 0, "/p/state"))
    assert _names(*log) == {"file /p/state"}


def test_both_answers_are_kept() -> None:
    """A file that was there for one process and not for another has changed meanwhile."""
    logs = [[Asked("f", 0, "/p/a")], [Asked("f", GONE, "/p/a")]]
    assert observed.rests_on(logs, lambda _: False) == {"file /p/a": {True, False}}


def test_a_file_that_may_not_be_read_is_neither_there_nor_absent() -> None:
    """What is told is that it was asked for."""
    assert observed.rests_on([[Asked("f", 13, "/p/a")]], lambda _: False) == {"file /p/a": set()}


def test_code_that_the_tool_imported() -> None:
    """Python looks for the bytecode of what it imports, and for that of nothing else."""
    log = (
        Asked("f", 0, "/p/plugin.py"),
        Asked("f", GONE, "/p/__pycache__/plugin.cpython-312.pyc"),
        Asked("f", 0, "/p/checked.py"),
    )
    assert _names(*log) == {"code /p/plugin.py", "file /p/checked.py"}


def test_a_reason_tells_what_became_of_a_path() -> None:
    """The project's paths come first, by their short names."""
    old = {"file /p/a": "1", "file /p/b": "absent", "file /etc/c": "1", "list /p": "1"}
    new = {"file /p/a": "2", "file /p/b": "1", "file /etc/c": "absent", "list /p": "2"}
    said = observed.changes(old, new, "/p")
    assert said == (
        "a changed",
        "b added",
        "files came or went in the project's own folder",
        "/etc/c deleted",
    )
