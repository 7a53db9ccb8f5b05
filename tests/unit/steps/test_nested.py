"""What stands in a function is asked for by the function around it."""

from __future__ import annotations

import pytest

from firsttry_tasks.steps.ask import names, nested

SOURCE = b"""\
def total():
    def price(): ...
    class Sum:
        def price(self): ...
class Shop:
    def total(self):
        if True:
            async def rate(): ...
    def rate(self): ...
"""


@pytest.mark.parametrize(
    ("name", "outer"),
    [
        ("price", ("total",)),
        ("Sum.price", ("total",)),
        ("total.<locals>.price", ("total",)),
        ("Shop.total.rate", ("Shop.total",)),
        ("rate", ("Shop.total",)),
        ("total", ()),
        ("Shop", ()),
        ("Shop.rate", ()),
    ],
)
def test_the_function_around(name: str, outer: tuple[str, ...]) -> None:
    """By its last name, or by all of them; what stands in none has no such function."""
    assert nested.around(SOURCE, name) == outer
    assert nested.around(b"def", name) == ()


def test_the_files_of_a_folder() -> None:
    """From the folder in which one stands, or from the top; a file is no folder."""
    known = ("a/b/c.py", "a/d.py", "e.py")
    assert names.folder("b", known, "a") == ("a/b/c.py",)
    assert names.folder("./a/", known, "a") == ("a/b/c.py", "a/d.py")
    assert names.folder(".", known, "") == known
    assert names.folder("e.py", known, "") == ()
