"""Edits that git hides: warm and full answer what pytest answers by hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import PATHS

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.checkout import Checkout

TEST = """\
import os
from pathlib import Path


def test_it() -> None:
    {}
"""
BYTES = "assert Path('data/it').read_bytes() == b'one\\n'"
MODE = "assert not os.access('data/it', os.X_OK)"
LINK = "assert Path('data/it').is_symlink()"
MODULE = "import sub.inner\n    assert sub.inner.NUMBER == 1"


def _data(it: Checkout) -> None:
    it.write("data/it", "one\n")


def _filtered(it: Checkout) -> None:
    it.git("config", "filter.quiet.clean", "sed /#/d")
    it.write(".gitattributes", "data/it filter=quiet\n")
    _data(it)


def _ends(it: Checkout) -> None:
    it.write(".gitattributes", "* text=auto\n")
    _data(it)


def _link(it: Checkout) -> None:
    (it.root / "data").mkdir()
    (it.root / "data/it").symlink_to("../pyproject.toml")


def _submodule(it: Checkout) -> None:
    other = it.home / "other"
    it.git("init", "-q", str(other))
    for number in (1, 2):
        (other / "inner.py").write_text(f"NUMBER = {number}\n")
        it.git("-C", str(other), "add", "-A")
        it.git("-C", str(other), "commit", "-qm", f"{number}")
    it.git("-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    it.git("-C", "sub", "checkout", "-q", "HEAD~1")


def _told(it: Checkout) -> None:
    it.git("update-index", "--assume-unchanged", "data/it")
    it.write("data/it", "two\n")


def _executable(it: Checkout) -> None:
    it.git("config", "core.fileMode", "false")
    (it.root / "data/it").chmod(0o755)


def _replaced(it: Checkout) -> None:
    (it.root / "data/it").unlink()
    it.write("data/it", "")


CASES: dict[str, tuple[str, Callable[[Checkout], object], Callable[[Checkout], object]]] = {
    "line ends": (BYTES, _ends, lambda it: (it.root / "data/it").write_bytes(b"one\r\n")),
    "a filter": (BYTES, _filtered, lambda it: it.write("data/it", "one\n#two\n")),
    "assumed unchanged": (BYTES, _data, _told),
    "a mode": (MODE, _data, _executable),
    "a link that became a file": (LINK, _link, _replaced),
    "another commit of a submodule": (
        MODULE,
        _submodule,
        lambda it: it.git("-C", "sub", "checkout", "-q", "-"),
    ),
    "an edit in a submodule": (
        MODULE,
        _submodule,
        lambda it: it.write("sub/inner.py", "NUMBER = 3\n"),
    ),
}


@pytest.mark.few(3)
@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_all_three_answer_alike(checkout: Checkout, name: str) -> None:
    """Green before the edit, and red after it, in warm, in full and by hand."""
    test, prepare, edit = CASES[name]
    checkout.write("pyproject.toml", (checkout.root / "pyproject.toml").read_text() + PATHS)
    checkout.write("tests/test_it.py", TEST.format(test))
    prepare(checkout)
    checkout.commit()
    before = checkout.run("ft", "warm").code
    edit(checkout)
    commands = (("ft", "warm"), ("ft", "full"), ("python", "-m", "pytest", "-q"))
    assert (before, [checkout.run(*words).code for words in commands]) == (0, [1, 1, 1])
