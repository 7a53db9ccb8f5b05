"""A file that configures several tools selects no test where another one's section changed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
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
