"""Which recorded observations a change of the tree, or of what is around it, speaks against."""

import msgspec
import pytest

from firsttry_tasks.model.recording import Observation
from firsttry_tasks.selection.impact.invalidation import Invalidation
from tests.unit.selection.world import World

TEST = "test_a.py::test_a"
FILES = {
    "test_a.py": "def test_a():\n    pass\n",
    "lib.py": "X = 1\n",
    "data.txt": "1",
    "docs/a.md": "1",
}


def _world(*observations: Observation) -> World:
    return World(FILES, {TEST: observations})


def _whys(effects: Invalidation) -> list[str]:
    return list(effects.observations.values())


@pytest.mark.parametrize(
    ("observation", "change", "whys"),
    [
        (Observation("read", "data.txt"), {"data_txt": "2"}, ["data.txt changed"]),
        (Observation("read", "data.txt"), {"data_txt": None}, ["data.txt changed"]),
        (Observation("read", "data.txt"), {"docs/a_md": "2"}, []),
        (Observation("read", "more.txt"), {"more_txt": "1"}, ["more.txt changed"]),
        (Observation("probed", "data.txt"), {"data_txt": "2"}, ["data.txt changed"]),
        (Observation("probed", "lib.py"), {"lib_py": "X = 2\n"}, []),
        (Observation("probed", "lib.py"), {"lib_py": None}, ["lib.py came or went"]),
        (Observation("probed", "more"), {"more/a_txt": "1"}, ["more came or went"]),
        (Observation("whole-module", "lib.py"), {"lib_py": "X = 1  # one\n"}, ["lib.py changed"]),
        (
            Observation("list", "."),
            {"more_txt": "1"},
            ["the project's own folder has another listing: more.txt"],
        ),
        (Observation("list", "docs"), {"more_txt": "1"}, []),
        (Observation("list", "."), {"data_txt": "2"}, []),
        (
            Observation("untraceable", "a child"),
            {"docs/a_md": "2"},
            ["docs/a.md changed, and a child may read it"],
        ),
        (Observation("write", "data.txt"), {"data_txt": "2"}, []),
    ],
)
def test_what_was_seen_of_the_tree(
    observation: Observation, change: dict[str, str | None], whys: list[str]
) -> None:
    """What was read, looked up or listed must be as it was."""
    assert _whys(_world(observation).held(**change).effects) == whys


@pytest.mark.parametrize(("now", "whys"), [("old", []), ("new", ["the variable HOST changed"])])
def test_a_variable_that_was_read(now: str, whys: list[str]) -> None:
    """Its digest must be the same."""
    world = _world(Observation("env", "HOST"))
    recorded = msgspec.structs.replace(world.recorded, variables={"HOST": "old"})
    around = msgspec.structs.replace(world.now(FILES), variable=lambda _: now)
    assert _whys(Invalidation(recorded, around)) == whys


@pytest.mark.parametrize(("now", "whys"), [("old", []), ("new", ["/etc/hosts changed"])])
def test_a_file_outside_that_was_read(now: str, whys: list[str]) -> None:
    """Its digest must be the same."""
    world = _world(Observation("outside", "/etc/hosts"))
    recorded = msgspec.structs.replace(world.recorded, outside={"/etc/hosts": "old"})
    around = msgspec.structs.replace(world.now(FILES), outside=lambda _: now)
    assert _whys(Invalidation(recorded, around)) == whys


def test_nothing_changed() -> None:
    """Then there is nothing to ask."""
    assert _world(Observation("read", "data.txt")).held().effects.none


@pytest.mark.parametrize(
    ("change", "taken"), [({"lib_py": "X = 2\n"}, True), ({"docs/a_md": "2"}, False)]
)
def test_code_is_taken_apart_only_where_it_changed(
    change: dict[str, str | None],
    taken: bool,  # noqa: FBT001  a column of the table
) -> None:
    """Text that nobody read costs nothing."""
    assert (_world().held(**change).effects.code is not None) == taken


@pytest.mark.parametrize(
    ("change", "everything"),
    [
        ({"more_bin": "1"}, ["more_bin changed, and it isn't known what reads it"]),
        ({"docs/a_md": "2"}, []),
        ({"docs/b_bin": "1"}, []),
        ({"random_py": ""}, ["a module random came or went, which shadows the standard one"]),
    ],
)
def test_what_cannot_be_accounted_for(change: dict[str, str | None], everything: list[str]) -> None:
    """A file of a kind that may be data, where code lies, may be read by any test."""
    assert list(_world().held(**change).effects.everything) == everything


def test_nothing_reads_unseen_where_the_c_library_is_watched() -> None:
    """Then a file that nobody was seen to read was read by nobody."""
    world = _world()
    followed = msgspec.structs.replace(world.recorded, followed=True)
    changed = world.now({**FILES, "more.bin": "1"})
    assert list(Invalidation(world.recorded, changed).everything) != []
    assert list(Invalidation(followed, changed).everything) == []


@pytest.mark.parametrize(("now", "whys"), [("old", []), ("new", ["docs/ changed"])])
def test_a_folder_in_which_git_ignores_something(now: str, whys: list[str]) -> None:
    """It is listed as well, and the tree says nothing of it."""
    world = _world(Observation("list", "docs"))
    recorded = msgspec.structs.replace(world.recorded, outside={"docs/": "old"})
    around = msgspec.structs.replace(world.now(FILES), outside=lambda _: now)
    assert _whys(Invalidation(recorded, around)) == whys
