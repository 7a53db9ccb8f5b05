"""Foreign boxes: refused with a reason, or harmless, and the tree is as it was."""

from __future__ import annotations

import random
from functools import partial
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.golden import box
from firsttry_tasks.golden.box import BadBoxError
from tests.unit.golden import boxes, hostile, lying

if TYPE_CHECKING:
    from pathlib import Path

HOSTILE = {**hostile.everything(), **lying.CONTENTS}


def _tree(root: Path) -> dict[str, bytes]:
    found = (path for path in root.rglob("*") if path.is_file())
    names = {path.relative_to(root).as_posix(): path.read_bytes() for path in found}
    return {name: data for name, data in names.items() if "/.firsttry/" not in name}


def test_there_are_many() -> None:
    """The issue asks for forty at least."""
    assert len(HOSTILE) >= 100


def test_the_good_box_is_taken(tmp_path: Path) -> None:
    """The control: what the others are spoilt copies of."""
    boxes.take(*hostile.good(tmp_path), tmp_path / "project")
    assert (tmp_path / "project/warm/learned.json").exists()


@pytest.mark.parametrize("name", sorted(HOSTILE))
def test_hostile_boxes_are_refused(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, name: str
) -> None:
    """Each with a reason; nothing outside of the staging folder is written."""
    served = HOSTILE[name](tmp_path_factory.mktemp("made"))
    root = _project(tmp_path)
    before = _tree(tmp_path)
    with pytest.raises(BadBoxError):
        boxes.take(*served, root)
    assert _tree(tmp_path) == before


def _project(folder: Path) -> Path:
    """Return a project with warm state of its own."""
    root = folder / "project"
    (root / "warm").mkdir(parents=True)
    (root / "warm/learned.json").write_text("old")
    (root / "dodo.py").write_text("")
    return root


@pytest.mark.parametrize(
    "seeds", [range(25), pytest.param(range(25, 2100), marks=pytest.mark.slow)], ids=len
)
def test_random_boxes_are_refused_or_harmless(
    tmp_path: Path, tmp_path_factory: pytest.TempPathFactory, seeds: range
) -> None:
    """What is taken holds only what a box may hold, at its places."""
    made = tmp_path_factory.mktemp("made")
    files = boxes.files(made)
    root = _project(tmp_path)
    for seed in seeds:
        served = _mutated(random.Random(seed), files)
        try:
            boxes.take(*served, root)
        except BadBoxError:
            continue
    places = ("project/warm/", "project/.mypy_cache/3.11/cache.0.db", "project/.mypy_cache/.git")
    assert [n for n in _tree(tmp_path) if not n.startswith(places)] == ["project/dodo.py"]


def _mutated(dice: random.Random, files: dict[str, bytes]) -> hostile.Served:
    """Return a good box after a few random edits, sealed by somebody who can seal."""
    spoil = partial(_spoilt, dice)
    where = dice.choice(["content", "tar", "archive", "label"])
    held = dict(files)
    if where == "content":
        name = dice.choice(sorted(held))
        held[name] = spoil(held[name])
    sealing = boxes.manifest(held)
    tar = boxes.raw(held, sealing)
    data = boxes.squeezed(spoil(tar) if where == "tar" else tar)
    data = spoil(data) if where == "archive" else data
    index_entry = box.encode(boxes.labelled(sealing, data))
    return spoil(index_entry) if where == "label" else index_entry, data


def _spoilt(dice: random.Random, data: bytes) -> bytes:
    """Return the bytes with some flipped, cut, doubled or put elsewhere."""
    found = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        a, b = sorted(dice.randrange(len(found) + 1) for _ in range(2))
        b = min(b, a + 64)
        match dice.randrange(4):
            case 0:
                found[a:b] = dice.randbytes(b - a)
            case 1:
                del found[a:b]
            case 2:
                found[a:a] = found[a:b]
            case _:
                found[a:b] = dice.choice([b"../", b"/", b"\0" * 8, b"9" * 12, b'"'])
    return bytes(found)
