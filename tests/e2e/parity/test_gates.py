"""Tools that answer differently from cold, and tools that break."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import TESTS_ONLY
from tests.e2e.parity.causes import moody

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.slow

ENDS = "__import__('os')._exit(7)"


def _edit_unseen(place: Path, text: str) -> None:
    """Write a text of the same length, with the old time: what a restored cache can meet."""
    before = place.stat()
    assert len(text) == before.st_size
    place.write_text(text)
    os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns))


@pytest.mark.parametrize(
    ("gate", "good", "bad"),
    [
        ("mypy", "n: int = 11\n", "n: int = ''\n"),
        ("ruff", "import os\n\nprint(os)\n", "import os\n\nprint(11)\n"),
    ],
)
def test_a_stale_cache_hides_nothing(checkout: Checkout, gate: str, good: str, bad: str) -> None:
    """The tool's own cache trusts the file's time; warm does without it, and is red as full is."""
    off = "\n".join(
        f"[tool.firsttry.{it}]\nenabled = {str(it == gate).lower()}"
        for it in ("ruff", "mypy", "pytest")
    )
    checkout.write("pyproject.toml", off)
    place = checkout.write("shop.py", good)
    checkout.commit()
    checkout.run("doit", "warm")
    _edit_unseen(place, bad)
    ran = checkout.run("doit", "parity")
    assert (ran.code, checkout.verdict().name) == (1, "red"), ran.out


def _moody(checkout: Checkout, tmp_path: Path, script: str) -> None:
    [text] = moody(script, ENDS).values()
    checkout.write("pyproject.toml", TESTS_ONLY)
    checkout.write("tests/test_moody.py", text.replace("{out}", str(tmp_path)))
    checkout.commit()


def test_a_pytest_that_died_once_is_the_machines(checkout: Checkout, tmp_path: Path) -> None:
    """It runs through the next time: no verdict, and nothing is learned."""
    _moody(checkout, tmp_path, "PFP")
    ran = checkout.run("doit", "parity")
    learned = (checkout.root / "ci/flaky_tests.json").exists()
    assert (ran.code, checkout.verdict().name, learned) == (2, "infrastructure", False), ran.out


def test_a_pytest_that_dies_again_is_an_escape(checkout: Checkout, tmp_path: Path) -> None:
    """What can't be compared proves nothing."""
    _moody(checkout, tmp_path, "PF")
    ran = checkout.run("doit", "parity")
    assert (ran.code, checkout.verdict().name) == (99, "incomparable"), ran.out


def test_a_tool_that_can_work_in_neither_stage_blames_nobody(shop: Checkout) -> None:
    """Its own configuration is wrong: nothing is proved, and nothing is warm's fault."""
    shop.write(
        "pyproject.toml",
        '[tool.firsttry.ruff]\nenabled = false\n[tool.mypy]\nplugins = ["there_is_none"]\n',
    )
    ran = shop.run("doit", "parity")
    assert (ran.code, shop.verdict().name) == (2, "infrastructure"), ran.out
    assert "could not do its work in either stage" in shop.verdict().sentence
    assert "verdict: infrastructure (not checked: ruff)" in ran.out
