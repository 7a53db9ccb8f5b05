"""What a project has decided to live with is green, in both stages, and is told."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

LINTED = "[tool.ruff.lint]\nselect = ['F401']\n[tool.pytest.ini_options]\npythonpath = ['.']\n"


def test_only_new_findings_are_red(shop: Checkout) -> None:
    """The known ones are counted, mended ones leave the file, and tests are never known."""
    shop.write("pyproject.toml", LINTED)
    shop.write("shop.py", f"import os\nimport sys\n\n{CODE}")
    shop.commit()
    assert shop.run("ft", "warm").code == 1
    wrote = shop.run("ft", "baseline")
    assert (wrote.code, "ci/baseline.json holds 2 of ruff" in wrote.out) == (0, True), wrote.out
    both = shop.run("ft", "parity")
    told = "verdict: success (not checked: mypy) (known, in ci/baseline.json: 2 of ruff)"
    assert (both.code, told in both.out) == (0, True), both.out

    shop.write("shop.py", f"import re\nimport sys\n\n{CODE.replace('* 3', '* 4')}")
    ran = shop.run("ft", "parity")
    assert (ran.code, len(shop.failed())) == (1, 2), ran.out
    assert "tests:tests/test_shop.py::test_price" in shop.failed()
    pruned = shop.run("doit", "baseline", "--prune")
    assert "holds 1 of ruff (0 new in it, 1 gone)" in pruned.out, pruned.out
    assert len(json.loads((shop.root / "ci/baseline.json").read_text())["findings"]) == 1


def test_a_file_that_can_t_be_read_by_mypy_is_no_baseline(shop: Checkout) -> None:
    """After an error of syntax mypy says nothing else, which would all be red tomorrow."""
    shop.write("pyproject.toml", "[tool.mypy]\nfiles = ['shop.py']\n")
    shop.write("shop.py", "def\n")
    ran = shop.run("ft", "baseline")
    assert (ran.code, "mend that first" in ran.out) == (2, True), ran.out
