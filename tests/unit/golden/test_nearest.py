"""Which box is taken: the nearest on main's line that fits, and never one from elsewhere."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks.golden import box, nearest
from firsttry_tasks.golden.box import Name

LOCK, OTHER = "1" * 64, "2" * 64
COMPAT_KEY, MISFIT = "a" * 12, "b" * 12
LINE = tuple(f"{n:040x}" for n in range(10))


def _name(head: str, compat_key: str = COMPAT_KEY, lock: str = LOCK) -> Name:
    return Name(head=head, lock=lock, compat_key=compat_key)


def _heads(names: list[Name], line: tuple[str, ...] = LINE) -> list[str]:
    choice = nearest.choose(names, line, LOCK, COMPAT_KEY)
    return [candidate.name.head for candidate in choice.fitting]


def test_the_nearest_comes_first() -> None:
    """Order in the store does not matter, distance does."""
    assert _heads([_name(LINE[7]), _name(LINE[2]), _name(LINE[5])]) == [LINE[2], LINE[5], LINE[7]]


def test_a_commit_that_is_not_on_the_line_has_no_box() -> None:
    """A descendant's or another branch's box does not exist here."""
    assert _heads([_name("f" * 40)]) == []


@pytest.mark.parametrize("name", [_name(LINE[0], compat_key=MISFIT), _name(LINE[0], lock=OTHER)])
def test_a_nearer_box_that_does_not_fit_is_told(name: Name) -> None:
    """The one that is taken is farther, and the nearer one's reason can be asked for."""
    choice = nearest.choose([name, _name(LINE[3])], LINE, LOCK, COMPAT_KEY)
    assert [candidate.name for candidate in choice.nearer] == [name]


def test_boxes_behind_the_one_taken_are_not_told() -> None:
    """Nobody needs to know why a farther box does not fit."""
    names = [_name(LINE[1]), _name(LINE[4], compat_key=MISFIT)]
    assert nearest.choose(names, LINE, LOCK, COMPAT_KEY).nearer == ()


@given(
    st.lists(
        st.sampled_from(
            [_name(head, compat_key) for head in LINE for compat_key in (COMPAT_KEY, MISFIT)]
        )
    )
)
def test_the_store_is_asked_a_bounded_number_of_times(names: list[Name]) -> None:
    """However many boxes there are."""
    choice = nearest.choose(names, LINE, LOCK, COMPAT_KEY)
    assert len(choice.fitting) <= nearest.TRIES >= len(choice.nearer)


@given(st.permutations([_name(head) for head in LINE]))
def test_the_choice_ignores_the_order_of_the_store(names: list[Name]) -> None:
    """Equal stores give equal choices."""
    assert _heads(names) == list(LINE[: nearest.TRIES])


@pytest.mark.parametrize(
    "text",
    [
        "",
        "warm-cache-",
        f"warm-cache-{LINE[0]}-{LOCK}",
        f"warm-cache-../x-{LOCK}.{COMPAT_KEY}",
        "a/b",
    ],
)
def test_what_is_no_name_is_none(text: str) -> None:
    """Other files in a store are left alone."""
    assert box.name(text) is None


def test_names_read_back() -> None:
    """A name's text is the name."""
    assert box.name(str(_name(LINE[0]))) == _name(LINE[0])
