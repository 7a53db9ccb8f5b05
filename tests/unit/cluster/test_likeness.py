"""A worker answers as this machine does only where Python, packages and variables are alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.cluster import likeness

if TYPE_CHECKING:
    from firsttry_tasks.cluster.likeness import Likeness

ROOT = "/home/me/shop"


def _of(environment: dict[str, str], *sets: str) -> Likeness:
    return likeness.of(ROOT, environment, frozenset(sets))


def test_a_machine_is_like_itself() -> None:
    """The same variables, whatever else is set."""
    wanted = _of({"TZ": "UTC", "HOME": "/home/me"})
    assert likeness.differences(wanted, {"TZ": "UTC", "HOME": "/home/worker"}) == ()


def test_another_python_is_named() -> None:
    """It is said which one is here and which one there."""
    wanted = _of({})
    parts = wanted.parts | {"python": "cpython 3.9.1"}
    (said,) = likeness.differences(replace(wanted, parts=parts), {})
    assert said.startswith("python cpython 3.9.1 -> ")


def test_another_package_is_named() -> None:
    """Only what differs is told of a long list."""
    wanted = _of({})
    listed = wanted.parts["distributions"] + "\nzz-only-here=1"
    parts = wanted.parts | {"distributions": listed}
    (said,) = likeness.differences(replace(wanted, parts=parts), {})
    assert said == "distributions changed: zz-only-here 1 -> absent"


def test_variables_are_told_by_their_names() -> None:
    """Another value, one that is missing, and one that is set there alone."""
    wanted = _of({"TZ": "UTC", "LANG": "C"})
    said = likeness.differences(wanted, {"TZ": "Asia/Tokyo", "PYTHONHASHSEED": "0"})
    assert said == ("environment: LANG, PYTHONHASHSEED, TZ",)


def test_no_value_leaves_this_machine() -> None:
    """What travels proves a value to who has it, and tells it to nobody."""
    wanted = _of({"PYTEST_ADDOPTS": "--token=opensesame"})
    assert "opensesame" not in repr(wanted)


def test_what_the_lock_sets_is_the_same_everywhere() -> None:
    """A worker's own value is overridden by the lock, so it does not count."""
    wanted = _of({"TZ": "UTC"}, "TZ")
    assert likeness.differences(wanted, {"TZ": "Asia/Tokyo"}) == ()
