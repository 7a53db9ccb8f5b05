"""`ft settings` says what is really checked, in the words of a shell."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.e2e.checkout import BIN, PATHS

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout


def test_it_has_the_whole_command_of_each_gate(shop: Checkout) -> None:
    """The very words that the run then starts; a gate that is off has its reason."""
    shop.write("pyproject.toml", PATHS)
    shop.write("Makefile", "lint:\n\truff check --select F401 shop.py\n")
    shop.write("requirements.txt", "ruff==0.0.1\n")
    told = json.loads(shop.run("ft", "settings", "--json").out)["gates"]
    assert told["mypy"]["why"].startswith("no configuration, hook, requirement or command")
    assert "ruff --select F401 shop.py (in Makefile)" in told["ruff"]["called"]
    shop.run("ft", "full")
    for gate in ("ruff", "tests"):
        ran = " ".join(shop.gate("full", gate).argv).replace(str(shop.root), ".")
        assert told[gate]["commands"]["full"].split()[:4] == ran.split()[:4]
    shown = shop.run("ft", "settings")
    assert f"full starts:  {BIN}/ruff check --output-format=json" in shown.out
    assert "warning: ruff is " in shown.out, shown.out
    assert "requirements.txt pins 0.0.1" in shop.run("ft", "warm").out
