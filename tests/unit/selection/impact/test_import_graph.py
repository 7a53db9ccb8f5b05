"""The graph of imports: what a module rests on, and what its names stand for."""

import pytest

from firsttry_tasks.selection.impact.import_graph import ImportGraph
from tests.unit.selection.world import World

FILES = {
    "app.py": "import os\nfrom shop import cart\nfrom base import Base\n",
    "base.py": "class Base:\n    pass\n",
    "heirs.py": "from base import Base\nclass Heir(Base):\n    pass\nclass Last(Heir):\n    pass\n",
    "late.py": "def f():\n    import base\n",
    "left.py": "import right\n",
    "right.py": "import left\n",
    "shop/__init__.py": "",
    "shop/cart.py": "from .price import net\n__all__ = ['total']\n",
    "shop/price.py": "__all__ = [*names()]\ndef net():\n    return 1\n",
}
WORLD = World(FILES, {})


@pytest.fixture(name="modules", scope="module")
def _modules() -> ImportGraph:
    return ImportGraph(WORLD.recorded, WORLD.fragments)


@pytest.mark.parametrize(
    ("path", "rests_on"),
    [
        ("base.py", {"base.py"}),
        ("heirs.py", {"heirs.py", "base.py"}),
        ("shop/cart.py", {"shop/cart.py", "shop/__init__.py", "shop/price.py"}),
        ("late.py", {"late.py"}),  # an import inside a function is the function's
        ("left.py", {"left.py", "right.py"}),
        (
            "app.py",
            {"app.py", "base.py", "shop/__init__.py", "shop/cart.py", "shop/price.py"},
        ),
        ("gone.py", set()),
    ],
)
def test_a_module_rests_on_all_that_it_imports(
    modules: ImportGraph, path: str, rests_on: set[str]
) -> None:
    """It rests on itself, on what it imports, and on what that imports."""
    mask = modules.mask([path])
    assert {it for it in modules.paths if modules.bit[it] & mask} == rests_on


@pytest.mark.parametrize(
    ("path", "name", "means"),
    [
        ("app.py", "os.path", "os.path"),
        ("shop/cart.py", ".price", "shop.price"),
        ("shop/__init__.py", ".price", "shop.price"),
    ],
)
def test_dots_are_counted_from_the_importing_module(
    modules: ImportGraph, path: str, name: str, means: str
) -> None:
    """A package's own file counts from the package, any other from the one it is in."""
    assert modules.absolute(path, [name]) == {means}


def test_names_from_outside_the_repository(modules: ImportGraph) -> None:
    """Only what no module of the repository gives is foreign."""
    assert modules.foreign("app.py") == {"os"}


def test_names_that_stand_for_modules(modules: ImportGraph) -> None:
    """A module that is imported from a package is one, a class is none."""
    assert modules.handles("app.py") == {"cart"}


def test_a_class_and_its_heirs(modules: ImportGraph) -> None:
    """Heirs of heirs belong to them."""
    assert modules.lineage("Base") == {"Base", "Heir", "Last"}


@pytest.mark.parametrize(
    ("path", "listed"), [("shop/cart.py", {"total"}), ("shop/price.py", None), ("base.py", None)]
)
def test_what_a_module_lists(modules: ImportGraph, path: str, listed: set[str] | None) -> None:
    """A list that is computed is not known."""
    assert modules.exports(path) == listed


def test_the_statement_that_defines_a_class(modules: ImportGraph) -> None:
    """It is found by the class's name."""
    number = modules.head("heirs.py", "Last")
    assert number is not None
    assert WORLD.fragments["heirs.py"][number].binds == {"Last"}
