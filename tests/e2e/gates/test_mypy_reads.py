"""A warm mypy stands only while all that it looked at stands, and does without a blind cache."""

from __future__ import annotations

import os
import sqlite3
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.e2e.checkout import Checkout

pytestmark = pytest.mark.slow

MYPY_ONLY = """
[tool.firsttry.mypy]
enabled = true
[tool.firsttry.ruff]
enabled = false
[tool.firsttry.pytest]
enabled = false
"""
PLUGIN = """
from helper import TYPE
from mypy.plugin import Plugin

class Own(Plugin):
    def get_function_hook(self, fullname):
        if fullname == "app.lib.made":
            return lambda context: context.api.named_generic_type(TYPE, [])
        return None

def plugin(version):
    return Own
"""


@pytest.fixture(name="typed")
def _typed(checkout: Checkout) -> Checkout:
    """Return a repository in which mypy alone runs, on a package of two modules."""
    checkout.write("pyproject.toml", MYPY_ONLY)
    checkout.write("mypy.ini", "[mypy]\nfiles = app\n")
    checkout.write("app/__init__.py", "")
    checkout.write("app/lib.py", "def made() -> int:\n    return 1\n")
    checkout.write("app/use.py", "from app.lib import made\n\nn: int = made()\n")
    return checkout


def _plugins_helper(it: Checkout) -> Callable[[], object]:
    it.write("mypy.ini", "[mypy]\nfiles = app\nplugins = tools/own.py\n")
    it.write("tools/own.py", PLUGIN)
    it.write("tools/helper.py", 'TYPE = "builtins.int"\n')
    return lambda: it.write("tools/helper.py", 'TYPE = "builtins.str"\n')


def _option_gone(it: Checkout) -> Callable[[], object]:
    it.write("mypy.ini", "[mypy]\nfiles = app\n[mypy-nowhere]\nignore_missing_imports = True\n")
    it.write("app/far.py", "import nowhere\n\nnowhere.f()\n")
    return lambda: it.write("mypy.ini", "[mypy]\nfiles = app\n")


def _stub_in_the_users_folder(it: Checkout) -> Callable[[], object]:
    stubs = it.home / "stubs"
    stubs.mkdir()
    (stubs / "nowhere.pyi").write_text("def f() -> int: ...\n")
    it.write("mypy.ini", f"[mypy]\nfiles = app\nmypy_path = {stubs}\n")
    it.write("app/far.py", "import nowhere\n\nn: int = nowhere.f()\n")
    return lambda: (stubs / "nowhere.pyi").write_text("def f() -> str: ...\n")


def _typed_marker_gone(it: Checkout) -> Callable[[], object]:
    site = it.home / "lib"
    (site / "near").mkdir(parents=True)
    (site / "near/__init__.py").write_text("def f() -> int:\n    return 1\n")
    it.write("mypy.ini", f"[mypy]\nfiles = app\nmypy_path = {site}\ndisallow_any_expr = True\n")
    it.write("app/far.py", "import near\n\nn: int = near.f()\n")
    return (site / "near/__init__.py").unlink


def _equal_size_and_second(it: Checkout) -> Callable[[], object]:
    place = it.write("app/far.py", "n: int = 11\n")

    def edit() -> None:
        before = place.stat()
        place.write_text("n: int = ''\n")
        os.utime(place, ns=(before.st_atime_ns, before.st_mtime_ns + 1))

    return edit


def _module_shadowed(it: Checkout) -> Callable[[], object]:
    it.write(".gitignore", "__pycache__/\napp/lib.pyi\n")
    return lambda: it.write("app/lib.pyi", "def made() -> str: ...\n")


def _by_hand(it: Checkout) -> int:
    return it.run("mypy", "--cache-dir=/dev/null").code


@pytest.mark.few(2)
@pytest.mark.parametrize(
    "kind",
    [
        _plugins_helper,
        _option_gone,
        _stub_in_the_users_folder,
        _typed_marker_gone,
        _equal_size_and_second,
        _module_shadowed,
    ],
)
def test_what_mypy_looked_at_changes(
    typed: Checkout, kind: Callable[[Checkout], Callable[[], object]]
) -> None:
    """Warm is red as mypy by hand is, and stays red."""
    change = kind(typed)
    typed.commit()
    assert (typed.run("doit", "warm").code, _by_hand(typed)) == (0, 0)
    assert (typed.run("doit", "warm").code, typed.ran("warm")) == (0, set())
    change()
    ends = [typed.run("doit", "warm") for _ in range(2)]
    assert ([it.code for it in ends], _by_hand(typed)) == ([1, 1], 1), ends


def _cut(it: Checkout) -> None:
    for shard in (it.root / ".mypy_cache").glob("*/cache*.db"):
        shard.write_bytes(shard.read_bytes()[:5000])


def _garbled(it: Checkout) -> None:
    for shard in (it.root / ".mypy_cache").glob("*/cache*.db"):
        with sqlite3.connect(shard) as db:
            db.execute("update files2 set data = x'00ff00ff'")


def _no_database(it: Checkout) -> None:
    for shard in (it.root / ".mypy_cache").glob("*/cache*.db"):
        shard.write_text("not a database")


@pytest.mark.few(1)
@pytest.mark.parametrize("damage", [_cut, _garbled, _no_database])
def test_a_damaged_cache_is_dropped(typed: Checkout, damage: Callable[[Checkout], None]) -> None:
    """Whoever damaged it: mypy runs once more, and finds what is there to find."""
    typed.commit()
    typed.run("doit", "warm")
    damage(typed)
    typed.write("app/use.py", "from app.lib import made\n\nn: str = made()\n")
    assert typed.run("doit", "parity").code == 1
    assert typed.failed("full") == typed.failed("warm")
    assert len(typed.failed("warm")) == 1


def test_what_it_only_notes_is_green(typed: Checkout) -> None:
    """As it is where people call it; where it answers programs, it ends with 1."""
    typed.write("app/use.py", "from app.lib import made\n\nreveal_type(made())\n")
    typed.commit()
    assert (typed.run("doit", "parity").code, _by_hand(typed)) == (0, 0)
