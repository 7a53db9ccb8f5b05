"""Which classes a method's object may be of, and which of them a library calls back."""

from __future__ import annotations

import pytest

from firsttry_tasks.selection.learn.lineage import Lineage
from firsttry_tasks.selection.syntax.parse import take_apart

OWN = "class Base:\n    def hook(self):\n        return 1\n"


@pytest.mark.parametrize(
    ("text", "called_back"),
    [
        ("class Shown(Base):\n    def go(self): ...\n", set()),
        ("class Shown:\n    def go(self): ...\n", set()),
        ("class Shown(dict):\n    def go(self): ...\n", set()),
        ("from typing import Generic\nclass Shown(Generic):\n    def go(self): ...\n", set()),
        ("from shop.base import Base as B\nclass Shown(B):\n    def go(self): ...\n", set()),
        ("from .base import Base as B\nclass Shown(B):\n    def go(self): ...\n", set()),
        ("from far import Far\nclass Shown(Far):\n    def go(self): ...\n", {"Shown"}),
        # A library's class may be called as one of the project is.
        ("from far import Base as B\nclass Shown(B):\n    def go(self): ...\n", {"Shown"}),
        ("from far import Shown as S\nclass Shown(S):\n    def go(self): ...\n", {"Shown"}),
        ("import far\nclass Shown(far.Shown):\n    def go(self): ...\n", {"Shown"}),
        ("import far\nclass Shown(far.Base):\n    def go(self): ...\n", {"Shown"}),
        # An heir has the library's base, or its own heir has.
        (
            "from far import Far\nclass Shown:\n    def go(self): ...\nclass L(Shown, Far): ...\n",
            {"Shown", "L"},
        ),
    ],
)
def test_whose_methods_a_library_may_call(text: str, called_back: set[str]) -> None:
    """Of the object whose method goes on in the library."""
    files = {"shop/base.py": take_apart(OWN.encode()), "shop/show.py": take_apart(text.encode())}
    [body] = [it for it in files["shop/show.py"] if it.is_function_body]
    assert Lineage(files).called_back(body) == called_back
