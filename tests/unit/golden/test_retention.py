"""What a store keeps, and what goes first."""

from __future__ import annotations

from firsttry_tasks.golden import box, retention
from firsttry_tasks.golden.box import Name
from firsttry_tasks.golden.retention import DAY
from firsttry_tasks.model.values import Stored

NOW = 1000 * DAY


def _box(number: int, *, days: float, index_entry: bool = True) -> list[Stored]:
    name = Name(head=f"{number:040x}", lock="1" * 64, compat_key="a" * 12)
    keys = [box.archive_key(name, "c" * 64), *([box.index_key(name)] if index_entry else [])]
    return [Stored(key=key, size=10, modified=NOW - days * DAY) for key in keys]


def _gone(files: list[Stored], keep: int = 100, max_age: int = 100) -> list[str]:
    return list(retention.outdated(files, NOW, keep=keep, max_age=max_age))


def test_the_newest_stay() -> None:
    """Count decides."""
    files = [file for number in range(5) for file in _box(number, days=number)]
    kept = {file.key for number in range(3) for file in _box(number, days=0)}
    assert {file.key for file in files} - set(_gone(files, keep=3)) == kept


def test_age_decides_too() -> None:
    """However few there are."""
    old = _box(1, days=31)
    assert set(_gone([*old, *_box(2, days=29)], max_age=30)) == {file.key for file in old}


def test_labels_go_first() -> None:
    """A prune that is killed leaves no index entry without its box."""
    assert _gone(_box(1, days=31), max_age=30)[0].endswith(".json")


def test_an_archive_that_is_being_published_stays() -> None:
    """Its index entry comes last, so it has none for a while."""
    assert _gone(_box(1, days=0.5, index_entry=False)) == []


def test_an_archive_whose_publisher_died_goes() -> None:
    """After a day nobody writes its index entry any more."""
    assert len(_gone(_box(1, days=2, index_entry=False))) == 1


def test_files_of_others_stay() -> None:
    """A store may be shared."""
    assert _gone([Stored(key="README", size=1, modified=0)], keep=0) == []


def test_a_shelf_counts_all_its_files() -> None:
    """The size of a box is that of its archive and its index entry."""
    assert retention.stored_boxes(_box(1, days=0))[0].size == 20
