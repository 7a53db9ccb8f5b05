"""All of it in half a minute, on a small project that is made for it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout


@pytest.mark.slow
def test_the_demo_plays_to_its_end(checkout: Checkout) -> None:
    """It shows an escape and the line that mends it, and leaves nothing."""
    place = checkout.home / "temporary"
    place.mkdir()
    ran = checkout.run("ft", "demo", env={"TMPDIR": str(place)})
    line = '"*" = ["tests/test_rates.py::test_dollars"]'
    said = [it in ran.out for it in ("34 of 34 tests", "2 of 34 tests", "code 99", line)]
    assert (ran.code, said, list(place.iterdir())) == (0, [True] * 4, []), ran.out
