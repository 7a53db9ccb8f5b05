"""Files that are somebody else's select no test: another tool's section, a copy for a while."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.e2e

TOX = "[testenv]\ncommands = true\n"
READING = """\
from pathlib import Path

SEEN = Path("tox.ini").read_text()


def pytest_configure(config):
    config.seen = Path("setup.cfg").read_text()
"""


def _selected(checkout: Checkout, name: str, text: str) -> int:
    checkout.write(name, text)
    ran = checkout.run("ft", "warm")
    assert ran.code == 0, ran.out
    return len(checkout.selected())


@pytest.mark.parametrize("name", ["tox.ini", "setup.cfg"])
def test_a_section_of_another_tool(shop: Checkout, name: str) -> None:
    """Pytest reads the file to see whether it is meant."""
    shop.write(name, TOX)
    shop.commit()
    assert shop.run("ft", "warm").code == 0
    assert _selected(shop, name, TOX + "deps = shop\n") == 0


@pytest.mark.parametrize("name", ["tox.ini", "setup.cfg"])
def test_a_plugin_that_reads_it(shop: Checkout, name: str) -> None:
    """In its body, or in a hook."""
    shop.write("tox.ini", TOX)
    shop.write("setup.cfg", TOX)
    shop.write("reading.py", READING)
    shop.write("conftest.py", "pytest_plugins = ['reading']\n")
    shop.commit()
    assert shop.run("ft", "warm").code == 0
    assert _selected(shop, name, TOX + "deps = shop\n") == 2


COPYING = """\
import os
import shutil
from pathlib import Path

def test_copy():
    folder = Path({folder!r})
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    shutil.copy2(os.__file__, folder / "copied.txt")
    assert (folder / "copied.txt").read_bytes()
"""


def test_a_copy_with_old_times_is_the_runs_own(shop: Checkout, tmp_path: Path) -> None:
    """Who cleans up among temporary files makes no test run again."""
    folder = tmp_path / "for_a_while"
    shop.write("tests/test_copy.py", COPYING.format(folder=str(folder)))
    shop.commit()
    first = shop.run("doit", "warm")
    shutil.rmtree(folder)
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    second = shop.run("doit", "warm")
    assert (first.code, second.code) == (0, 0), second.out
    assert "tests/test_copy.py::test_copy" not in shop.selected(), second.out
    assert shop.selected(), second.out
