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


def test_one_setting_is_asked_for_by_its_name(shop: Checkout) -> None:
    """With what set it; a word that is none ends with 3, and with the nearest."""
    said = shop.run("ft", "settings", "smoke").out
    assert ("smoke" in said, "store_seconds" in said) == (True, False), said
    wrong = shop.run("ft", "settings", "smok")
    assert (wrong.code, "There is no setting 'smok'. Did you mean smoke?" in wrong.out) == (3, True)


def test_a_switch_is_on_or_off(shop: Checkout) -> None:
    """Another value ends with 3, before anything runs."""
    for words in (("warm", "record=2"), ("full", "reuse=yes")):
        ran = shop.run("ft", *words)
        name = words[1].partition("=")[0]
        assert (ran.code, f"{name} is 1 for yes, or 0 for no" in ran.out) == (3, True), ran.out


def test_a_baseline_of_nothing_is_told_in_words(shop: Checkout) -> None:
    """Of no tool that is on, and of one that finds nothing."""
    shop.write("pyproject.toml", PATHS)
    said = shop.run("ft", "baseline").out
    assert "Neither ruff nor mypy is on here, so there is nothing to take as known." in said, said
    shop.write("ruff.toml", "line-length = 99\nlint.select = ['E9']\n")
    said = shop.run("ft", "baseline").out
    assert "ruff finds nothing in this project, so there is nothing to take as known." in said, said
    assert not (shop.root / "ci/baseline.json").exists()
