"""Tests that close and reuse descriptors keep their own files, and their outcomes are heard."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from tests.e2e.checkout import Checkout

HEAD = """\
import os, subprocess, sys
from pathlib import Path

import pytest

import shop
"""
#: Closes all that is open and opens as much again, as a daemon does that then writes its log.
REUSES = """

def test_reuses(tmp_path):
    os.closerange(3, 256)
    own = [os.open(tmp_path / str(n), os.O_RDWR | os.O_CREAT | os.O_APPEND) for n in range(40)]
    OWN.extend([*own, tmp_path])
    assert shop.price(2) == 6


OWN = []


def test_reads():
    *own, folder = OWN
    # pytest's own dots go there, as they do without FirstTry.
    assert {(folder / str(n)).read_bytes().strip(b".") for n in range(40)} == {b""}


def test_fails():
    assert shop.tax(10) == 3
"""
#: The same in a child, whose files are noted too.
CHILD = """

def test_child(tmp_path):
    log = tmp_path / "log"
    code = (
        "import os, sys; os.closerange(3, 256); "
        "own = [os.open(sys.argv[1], os.O_WRONLY | os.O_CREAT | os.O_APPEND) for _ in range(9)]; "
        "print(open('shop.py').read()[:3])"
    )
    done = subprocess.run([sys.executable, "-c", code, str(log)], capture_output=True, check=True)
    assert (done.stdout, log.read_bytes()) == (b"def\\n", b"")


def test_forked(tmp_path):
    log = tmp_path / "log"
    if not (child := os.fork()):
        os.closerange(3, 256)
        for _ in range(20):
            os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        shop.price(1)
        os._exit(0)
    assert os.waitpid(child, 0)[1] == 0
    assert log.read_bytes() == b""
"""


@pytest.mark.parametrize("stage", ["warm", "full"])
def test_no_line_goes_into_a_tests_own_file(shop: Checkout, stage: str) -> None:
    """Three outcomes are told, and the files that got the numbers stay empty."""
    shop.write("tests/test_reuse.py", HEAD + REUSES)
    ran = shop.run("doit", stage)
    failed = shop.failed("full" if stage == "full" else "warm")
    assert (ran.code, failed) == (1, {"tests:tests/test_reuse.py::test_fails"}), ran.out
    assert "5" in ran.out


def test_no_line_goes_into_a_childs_own_file(shop: Checkout) -> None:
    """Neither of a program that was started nor of a fork; what they read is known all the same."""
    shop.write("tests/test_reuse.py", HEAD + CHILD)
    first = shop.run("doit", "warm")
    shop.write("shop.py", (shop.root / "shop.py").read_text().replace("n * 3", "n * 4"))
    shop.run("doit", "warm")
    assert first.code == 0, first.out
    assert {"tests/test_reuse.py::test_child", "tests/test_reuse.py::test_forked"} <= set(
        shop.selected()
    )
