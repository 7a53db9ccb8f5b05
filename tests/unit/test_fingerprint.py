"""Named parts: equal trees give equal digests, and every difference has a sentence."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from firsttry_tasks import fingerprint
from firsttry_tasks.fingerprint import Fingerprint

#: As git gives them: any bytes but NUL, those that are no UTF-8 escaped.
NAMES = st.binary(min_size=1, max_size=12).map(
    lambda raw: raw.replace(b"\0", b"\t").decode("utf-8", "surrogateescape")
)
BLOBS = st.text("0123456789abcdef", min_size=6, max_size=6).map("100644 ".__add__)
TREES = st.dictionaries(NAMES, BLOBS, max_size=8)
TREE = {"a.py": "100644 1", "b.md": "100644 2", "c.toml": "100644 3"}


@given(TREES, st.randoms())
def test_order_does_not_matter(tree: dict[str, str], random: object) -> None:
    """The same files in another order give the same manifest."""
    items = list(tree.items())
    random.shuffle(items)  # type: ignore[attr-defined]
    assert fingerprint.manifest(dict(items)) == fingerprint.manifest(tree)


@given(TREES)
def test_a_manifest_reads_back(tree: dict[str, str]) -> None:
    """Whatever stands in a name, reading gives back what was written."""
    assert fingerprint.read_manifest(fingerprint.manifest(tree)) == tree


@given(TREES, TREES)
def test_different_trees_differ(one: dict[str, str], two: dict[str, str]) -> None:
    """Manifests are equal exactly where the trees are."""
    assert (fingerprint.manifest(one) == fingerprint.manifest(two)) == (one == two)


@given(TREES, TREES)
def test_changed_paths_are_symmetric(one: dict[str, str], two: dict[str, str]) -> None:
    """What differs differs from both sides."""
    assert fingerprint.paths(one, two) == fingerprint.paths(two, one)


@pytest.mark.parametrize(
    ("gate", "paths"),
    [
        ("ruff", {"a.py", "b.md", "c.toml"}),
        ("mypy", {"a.py", "b.md", "c.toml"}),
        ("tests", {"a.py", "b.md", "c.toml"}),
    ],
)
def test_each_gate_reads_its_own_part_of_the_tree(gate: str, paths: set[str]) -> None:
    """No list says what a tool reads: it is watched, and the rest is left out afterwards."""
    assert set(fingerprint.readable(gate, TREE)) == paths


def test_inert_files_are_read_by_no_test() -> None:
    """What the settings call inert is no input of the tests."""
    assert set(fingerprint.readable("tests", TREE, ["*.md"])) == {"a.py", "c.toml"}


def test_inert_files_stay_inputs_of_the_other_gates() -> None:
    """A glob that is about tests does not blind ruff."""
    assert "a.py" in fingerprint.readable("ruff", TREE, ["*.py"])


def test_every_part_is_in_the_key() -> None:
    """Another Python is another key."""
    parts = {"python": "cpython 3.11.7", "platform": "linux"}
    one = fingerprint.inputs("tests", b"", parts, "pytest")
    two = fingerprint.inputs("tests", b"", parts | {"python": "cpython 3.12.1"}, "pytest")
    assert one.key != two.key


def test_a_gate_does_not_rest_on_what_it_does_not_use() -> None:
    """A new distribution does not make ruff run again."""
    keys = {
        fingerprint.inputs("ruff", b"", {"distributions": it}, "ruff").key for it in ("a=1", "a=2")
    }
    assert len(keys) == 1


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (None, {"python": "3"}, ("first run",)),
        ({"python": "3"}, {"python": "3"}, ()),
        ({"mypy": "2.4.0"}, {"mypy": "2.4.1"}, ("mypy 2.4.0 -> 2.4.1",)),
        ({}, {"mypy": "2.4.1"}, ("mypy absent -> 2.4.1",)),
        ({"lock": "a" * 64}, {"lock": "b" * 64}, ("lock changed",)),
        ({"tree": "a"}, {"tree": "b"}, ()),
        (
            {"distributions": "a=1\nb=1"},
            {"distributions": "a=2\nb=1\nc=1"},
            ("distributions changed: a 1 -> 2, c absent -> 1",),
        ),
    ],
)
def test_a_miss_has_a_reason(
    old: dict[str, str] | None, new: dict[str, str], said: tuple[str, ...]
) -> None:
    """Each named part that differs is told with both values where they fit."""
    assert fingerprint.changes(old, new) == said


def test_changed_paths_are_named_and_counted() -> None:
    """Three paths are named with what became of them, the others counted."""
    old, new = {"a": "1", "b": "1"}, {"b": "2", "c": "1", "d": "1"}
    said = fingerprint.path_changes(old, new)
    assert said == ("a deleted, b changed, c added and 1 more",)


def test_nothing_changed_has_no_reason() -> None:
    """Equal manifests need no sentence."""
    assert fingerprint.path_changes(TREE, TREE) == ()


def test_the_name_is_head_and_lock() -> None:
    """A golden cache is named after the commit and the lock."""
    assert Fingerprint(head="abc", lock="def", tree="", parts={}).name == "abc-def"


def test_what_tests_ask_for_outside_is_named() -> None:
    """A variable, all of them, or a file; never what stands there."""
    old = {"watched": "variable A=1\n"}
    assert fingerprint.changes(old, {"watched": ""}) == (
        "the variable A changed, and tests ask for it",
    )
    assert fingerprint.changes(old, {"watched": "variable *=2\n~/.config=3\n"}) == (
        "one of the variables, the variable A, ~/.config changed, and tests ask for them",
    )
