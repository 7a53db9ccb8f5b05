"""The usual layouts are found without configuration."""

from __future__ import annotations

import pytest

from firsttry_tasks.config import project_layout

SRC = ("src/shop/__init__.py", "src/shop/a.py", "tests/test_a.py", "setup.py")
FLAT = ("shop/__init__.py", "shop/a.py", "tests/__init__.py", "tests/test_a.py", "docs/conf.py")
INSIDE = ("shop/__init__.py", "shop/tests/test_a.py", "conftest.py")
MODULE = ("shop.py", "test_shop.py", "setup.py", "noxfile.py", "dodo.py")
NONE = ("README.md", "docs/index.rst")


@pytest.mark.parametrize(
    ("paths", "sources"),
    [
        (SRC, ("src",)),
        (FLAT, ("shop",)),
        (INSIDE, ("shop",)),
        (MODULE, ("shop.py",)),
        (NONE, ()),
        (("a/__init__.py", "b/__init__.pyi"), ("a", "b")),
        (("test/test_a.py",), ()),
        ((".hidden/x.py",), ()),
    ],
)
def test_usual_layouts(paths: tuple[str, ...], sources: tuple[str, ...]) -> None:
    """src, flat, tests inside the package, single modules, and nothing at all."""
    assert project_layout.sources(paths) == sources


def test_a_namespace_is_code_where_nothing_else_is() -> None:
    """A folder without a file of its own that holds packages; a package at the top comes first."""
    space = (
        "conftest.py",
        "docs/conf.py",
        "jar/tools/__init__.py",
        "test_a.py",
        "tests/__init__.py",
    )
    assert project_layout.sources(space) == ("jar",)
    assert project_layout.sources((*space, "shop/__init__.py")) == ("shop",)
    assert project_layout.sources(("libs/a/pyproject.toml", "libs/a/jar/b/__init__.py")) == (
        "libs/a/jar",
    )
