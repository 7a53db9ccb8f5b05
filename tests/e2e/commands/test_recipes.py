"""What docs/recipes.md tells users of doit to write does what the page says."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

PAGE = Path(__file__).parents[3] / "docs/recipes.md"


def _example() -> str:
    [text] = re.findall(r"## doit\n.*?```python\n(.*?)```", PAGE.read_text("utf-8"), re.DOTALL)
    return str(text)


def test_a_projects_own_tasks_stand_beside_ours_and_wait_for_them(shop: Checkout) -> None:
    """One of theirs that depends on warm runs after it, and not where it is red."""
    shop.write("dodo.py", _example())
    shop.commit()
    listed = shop.run("doit", "list").out
    assert ["Release what is green" in listed, "warm" in listed] == [True, True], listed
    ran = shop.run("doit", "release")
    assert (ran.code, "released" in ran.out, "warm is green" in ran.out) == (0, True, True), ran.out
    assert ran.out.index("warm is green") < ran.out.index("released\n")
    shop.write("shop.py", CODE.replace("* 3", "* 4"))
    ran = shop.run("doit", "release")
    assert (ran.code, "released\n" in ran.out) == (1, False), ran.out
    assert shop.run("doit").code == 1


BASE = "def price(n: int) -> int:\n    return n * 3\n"
TEST = "from {0} import {1}\n\n\ndef test_{1}() -> None:\n    assert {1}(2) == 6\n"


def test_a_workspace_is_one_project_at_the_top(checkout: Checkout) -> None:
    """A change in one package selects the test of another that uses it; each has its own rules."""
    paths = "pythonpath = ['packages/base/src', 'packages/app/src']\n"
    workspace = "[tool.uv.workspace]\nmembers = ['packages/*']\n"
    pytest = "[tool.pytest.ini_options]\naddopts = '--import-mode=importlib'\n"
    checkout.write("pyproject.toml", workspace + pytest + paths)
    for name, code in (("base", BASE), ("app", "from base import price as pay\n")):
        checkout.write(f"packages/{name}/src/{name}/__init__.py", code)
        checkout.write(f"packages/{name}/pyproject.toml", f"[project]\nname = '{name}'\n")
    checkout.write("packages/base/tests/test_it.py", TEST.format("base", "price"))
    checkout.write("packages/app/tests/test_it.py", TEST.format("app", "pay"))
    strict = "[tool.ruff.lint]\nselect = ['F401']\n"
    checkout.write("packages/base/pyproject.toml", f"[project]\nname = 'base'\n{strict}")
    (checkout.root / "dodo.py").unlink()
    checkout.commit()
    ran = checkout.run("ft", "warm")
    assert (ran.code, checkout.ran()) == (1, {"ruff", "tests"}), ran.out
    checkout.write(
        "packages/app/src/app/__init__.py", "from base import price as pay  # noqa: F401\n"
    )
    assert checkout.run("ft", "warm").code == 0
    checkout.write("packages/base/src/base/__init__.py", BASE.replace("n * 3", "3 * n"))
    assert checkout.run("ft", "warm").code == 0
    assert set(checkout.selected()) == {
        "packages/app/tests/test_it.py::test_pay",
        "packages/base/tests/test_it.py::test_price",
    }
