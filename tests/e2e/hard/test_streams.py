"""Output that nobody takes, and names that are no text: the exit code is right all the same."""

from __future__ import annotations

import os
import stat
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

OUTPUTS = {
    "closed": "{} >&-",
    "both closed": "{} >&- 2>&-",
    "full": "{} > /dev/full",
    "read by nobody": "{} | true; exit ${{PIPESTATUS[0]}}",
}


def _shell(tmp_path: Path, line: str) -> tuple[str, ...]:
    """Return the words that run a command inside this line of shell."""
    script = tmp_path / "line.sh"
    script.write_text(line.format('"$@"') + "\n")
    return ("bash", str(script))


@pytest.mark.few(3)
@pytest.mark.slow
@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("program", ["ft", "doit"])
def test_output_that_nobody_takes(
    shop: Checkout, tmp_path: Path, output: str, program: str
) -> None:
    """A red run is red, a green one green, and Python does not complain."""
    within = _shell(tmp_path, OUTPUTS[output])
    shop.write("shop.py", "def price(n):\n    return n\n\n\ndef tax(n):\n    return n // 5\n")
    red = shop.run(program, "warm", within=within)
    shop.git("checkout", "shop.py")
    green = shop.run(program, "warm", within=within)
    said = red.out + green.out
    assert ("Traceback" in said, "Exception ignored" in said, red.code, green.code) == (
        False,
        False,
        1,
        0,
    ), said


def test_a_folder_that_is_gone(shop: Checkout, tmp_path: Path) -> None:
    """3, and a sentence."""
    within = _shell(tmp_path, "mkdir gone; cd gone; rmdir ../gone; {}")
    ran = shop.run("ft", "warm", within=within)
    assert (ran.code, "has been removed" in ran.out, "Traceback" in ran.out) == (3, True, False)


def test_a_bare_world(shop: Checkout) -> None:
    """No HOME, no tty, an ASCII terminal, docstrings and asserts taken away."""
    within = ("env", "-u", "HOME", "LANG=C", "LC_ALL=C", "TERM=dumb", "PYTHONOPTIMIZE=2")
    ran = shop.run("ft", "warm", within=within)
    assert (ran.code, "Traceback" in ran.out) == (0, False), ran.out


@pytest.mark.slow
@pytest.mark.parametrize("mask", ["077", "000"])
def test_no_file_is_wider_than_the_umask(shop: Checkout, tmp_path: Path, mask: str) -> None:
    """Nor is one without the mode that a plain file gets."""
    ran = shop.run("ft", "warm", within=_shell(tmp_path, f"umask {mask}; {{}}"))
    places = [it for name in (".firsttry", "artifacts") for it in (shop.root / name).rglob("*")]
    wide = [it for it in places if stat.S_IMODE(it.stat().st_mode) & int(mask, 8)]
    assert (ran.code, wide) == (0, []), ran.out


@pytest.mark.slow
def test_names_and_values_that_are_no_text(shop: Checkout) -> None:
    """A file, a test and a variable of bytes that are no UTF-8."""
    with open(os.fsencode(shop.root) + b"/tests/odd-\xff.txt", "wb") as stream:  # noqa: PTH123
        stream.write(b"x")
    shop.write("tests/test_odd.py", ODD)
    for command in ("warm", "full", "warm"):
        ran = shop.run("ft", command, within=("env", b"ODD=\xfe".decode("latin-1")))
        assert (ran.code, "Traceback" in ran.out) == (0, False), ran.out


ODD = """
import os
import pytest
from pathlib import Path


@pytest.mark.parametrize("name", ["\\udcff", "caf\u00e9", "\\x00"])
def test_odd(name):
    assert [it for it in os.listdir(Path(__file__).parent) if it.startswith("odd")]
    assert os.environ["ODD"]
"""
