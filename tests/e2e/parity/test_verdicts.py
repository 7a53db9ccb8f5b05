"""The verdict table, lived through: warm, full and compare with the real tools."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from tests.e2e.checkout import CODE

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.checkout import Checkout

#: Looks for a file through C, of which Python's hooks hear nothing.
OUTSIDE = """\
import ctypes


def test_outside() -> None:
    assert ctypes.CDLL(None).access({place!r}.encode(), 0) == -1
"""


def _outside(shop: Checkout, tmp_path: Path) -> Path:
    """Add a test that looks for a file behind Python's back, and learn it while it is absent."""
    place = tmp_path / "outside.txt"
    shop.write("tests/test_outside.py", OUTSIDE.format(place=str(place)))
    shop.commit()
    assert shop.run("doit", "warm").code == 0
    return place


@pytest.mark.smoke
def test_green_and_green_is_success(shop: Checkout) -> None:
    """Both stages are green: 0."""
    ran = shop.run("doit", "parity")
    assert (ran.code, shop.verdict().name) == (0, "success"), ran.out


@pytest.mark.smoke
def test_red_alike_is_red(shop: Checkout) -> None:
    """The same test fails in both: a real red, 1."""
    shop.write("shop.py", CODE.replace("n * 3", "n * 4"))
    ran = shop.run("doit", "parity")
    assert (ran.code, shop.verdict().name) == (1, "red"), ran.out


def test_an_edited_data_file_never_gives_a_wrong_success(shop: Checkout) -> None:
    """A data file that breaks a test makes parity red or an escape, never good."""
    shop.write("tests/data.txt", "ok")
    body = "from pathlib import Path\n\n\ndef test_data() -> None:\n"
    read = "    assert (Path(__file__).parent / 'data.txt').read_text() == 'ok'\n"
    shop.write("tests/test_data.py", body + read)
    shop.commit()
    shop.run("doit", "warm")
    shop.write("tests/data.txt", "bad")
    assert shop.run("doit", "parity").code in {1, 99}


@pytest.mark.slow
def test_green_and_red_is_an_escape(shop: Checkout, tmp_path: Path) -> None:
    """Full sees what warm can't: 99, from each command that judges, and the test is named."""
    _outside(shop, tmp_path).write_text("bad")
    shop.write("README.md", "A change that no test uses.\n")
    codes = [shop.run(*words).code for words in (("doit", "parity"), ("doit", "compare"))]
    codes.append(shop.run("ft", "parity").code)
    assert (codes, shop.verdict().name) == ([99, 99, 99], "escape")
    [only] = shop.verdict().only_full
    assert only.nodeid == "tests/test_outside.py::test_outside"


@pytest.mark.smoke
def test_red_differently_is_an_escape(shop: Checkout, tmp_path: Path) -> None:
    """Both are red, with different failures: 99."""
    _outside(shop, tmp_path).write_text("bad")
    shop.write("shop.py", CODE.replace("n * 3", "n * 4"))
    ran = shop.run("doit", "parity")
    seen = {it.nodeid for it in shop.verdict().only_full}
    assert (ran.code, seen) == (99, {"tests/test_outside.py::test_outside"})


def _flaky(shop: Checkout, tmp_path: Path) -> None:
    """Add a test that fails the first time it runs, and never again."""
    place = tmp_path / "ran-before"
    body = f"from pathlib import Path\n\nPLACE = Path({str(place)!r})\n\n\n"
    test = (
        "def test_moody() -> None:\n    seen = PLACE.exists()\n    PLACE.touch()\n    assert seen\n"
    )
    shop.write("tests/test_moody.py", body + test)
    shop.commit()


MOODY = "tests/test_moody.py::test_moody"


@pytest.mark.smoke
def test_red_and_green_is_flaky_and_learned(shop: Checkout, tmp_path: Path) -> None:
    """A test that answered both ways enters the list, and the verdict is good."""
    _flaky(shop, tmp_path)
    ran = shop.run("doit", "parity")
    assert (ran.code, shop.verdict().name, shop.flaky()) == (0, "flaky", [MOODY]), ran.out


@pytest.mark.thorough
def test_a_learned_flaky_test_runs_next_time(shop: Checkout, tmp_path: Path) -> None:
    """The next warm run has it, whatever changed, and says why."""
    _flaky(shop, tmp_path)
    shop.run("doit", "parity")
    shop.run("doit", "warm")
    shop.write("shop.py", CODE.replace("n // 5", "n // 5 + 0"))
    shop.run("doit", "warm")
    assert shop.selected()[MOODY] == "known flaky"


@pytest.mark.thorough
def test_a_new_flaky_list_is_no_escape(shop: Checkout, tmp_path: Path) -> None:
    """The file that parity itself wrote does not make the next parity incomparable."""
    _flaky(shop, tmp_path)
    shop.run("doit", "parity")
    assert shop.run("doit", "parity").code == 0


def _compared(shop: Checkout) -> tuple[int, str]:
    ran = shop.run("doit", "compare")
    return ran.code, ran.out


@pytest.mark.parametrize(
    ("name", "said"),
    [("warm", "the warm report is missing"), ("full", "the full report is missing")],
)
@pytest.mark.smoke
def test_a_missing_report_is_an_escape(shop: Checkout, name: str, said: str) -> None:
    """What is not there proves nothing: 99, with the command that makes it."""
    shop.run("doit", {"warm": "full", "full": "warm"}[name])
    code, out = _compared(shop)
    assert (code, said in out, f"run: ft {name}" in out) == (99, True, True), out


@pytest.mark.parametrize(
    ("keep", "said"), [(0, "can't be read"), (100, "can't be read"), (-3, "can't be read")]
)
def test_a_truncated_report_is_an_escape(proved: Checkout, keep: int, said: str) -> None:
    """Half a report proves nothing: 99, and the sentence says which."""
    name = "artifacts/full_parity_report.json"
    proved.damage(name, (proved.root / name).read_bytes()[:keep])
    code, out = _compared(proved)
    assert (code, f"the full report {said}" in out) == (99, True), out


def test_a_report_of_another_commit_is_an_escape(proved: Checkout) -> None:
    """Two reports of yesterday's commit say nothing about today's."""
    proved.commit()
    code, out = _compared(proved)
    assert (code, "is of another commit or lock" in out) == (99, True), out


def test_a_report_of_another_tree_is_an_escape(proved: Checkout) -> None:
    """An edit after the stages ran makes their reports foreign."""
    proved.write("shop.py", CODE + "# edited\n")
    code, out = _compared(proved)
    assert (code, "is of another tree" in out) == (99, True), out


def test_a_report_of_a_newer_schema_is_an_escape(proved: Checkout) -> None:
    """A report that a later FirstTry wrote is not guessed at."""
    place = proved.root / "artifacts/warm_parity_report.json"
    newer = msgspec.structs.replace(proved.report(), schema_version=99)
    place.write_bytes(msgspec.json.encode(newer))
    code, out = _compared(proved)
    assert (code, "has schema 99" in out) == (99, True), out


def test_the_latest_report_has_its_own_name(proved: Checkout) -> None:
    """Scripts find the latest stage's report without knowing which stage it was."""
    artifacts = proved.root / "artifacts"
    latest, full = (artifacts / it for it in ("parity_report.json", "full_parity_report.json"))
    assert latest.read_bytes() == full.read_bytes()
