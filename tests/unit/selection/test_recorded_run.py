"""Under which names a file can be imported, and which files a name may stand for."""

from __future__ import annotations

from msgspec.structs import replace

from tests.unit.selection.world import World

_RUN = replace(
    World({"box/__init__.py": ""}, {}).recorded,
    roots=("", "src"),
    searched=(("box", "box/over"), ("box.deep", "else")),
)


def test_a_file_has_a_name_in_each_folder_that_is_searched() -> None:
    """A package may look in further folders for its modules."""
    assert _RUN.dotted("src/a/b.py") == {"src.a.b", "a.b", "b"}
    assert _RUN.dotted("box/over/size.py") == {"box.over.size", "size", "box.size"}
    assert _RUN.dotted("else/one/__init__.py") == {"else.one", "box.deep.one"}
    assert _RUN.dotted("boxes/over.py") == {"boxes.over", "over"}
    assert _RUN.dotted("box/fast.cpython-311-darwin.so") == {"box.fast", "fast"}


def test_a_name_stands_for_a_file_in_each_folder() -> None:
    """Of a package that looks elsewhere, what is behind its name is looked for there."""
    found = set(_RUN.places("test_a.py", "box.size"))
    assert {"box/size.py", "src/box/size.py", "box/over/size.py"} <= found
    assert "box/over/size/__init__.py" in found
    assert not any(it.startswith("else/") for it in found)
    assert "else/one.py" in set(_RUN.places("test_a.py", "box.deep.one"))
