"""What can be wrong with a project or a machine: one clear sentence, the right exit code."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import BIN, CODE, DODO, TESTS_ONLY, Checkout

if TYPE_CHECKING:
    from tests.e2e.checkout import Ran


def _told(ran: Ran, code: int, *said: str) -> bool:
    """Tell whether a run ended with this code and these words, and with no traceback."""
    assert ran.code == code, ran.out
    assert [it for it in said if it not in ran.out] == [], ran.out
    return "Traceback" not in ran.out


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ("[tool.firsttry]\nnope = 1\n", "there is no key `nope`"),
        ("[tool.firsttry]\npaths = 'src'\n", "paths wants a list"),
    ],
)
@pytest.mark.parametrize("words", [("doit", "warm"), ("doit", "list")])
def test_wrong_settings(
    checkout: Checkout, words: tuple[str, ...], settings: str, said: str
) -> None:
    """A key or type that [tool.firsttry] does not have is wrong usage: 3."""
    checkout.write("pyproject.toml", settings)
    assert _told(checkout.run(*words), 3, said)


def test_settings_that_are_no_toml(checkout: Checkout) -> None:
    """A pyproject.toml that nobody can read is wrong usage: 3."""
    checkout.write("pyproject.toml", "[tool.firsttry\n")
    assert _told(checkout.run("ft", "warm"), 3, "pyproject.toml can't be read")


@pytest.mark.parametrize(
    ("lock", "said"),
    [
        ('{"nope": 1}', "unknown field `nope`"),
        (
            '{"tools": {"ruff": {"timeout": "x"}}}',
            "Expected `int | float`, got `str` - at",
        ),
        ('{"tools": ', "ci/parity.lock.json: "),
        ('{"schema_version": 99}', "upgrade firsttry-tasks"),
        ('{"environment": {"TZ": 3}}', "Expected `str`, got `int`"),
    ],
)
@pytest.mark.parametrize("words", [("doit", "warm"), ("ft", "parity")])
def test_wrong_locks(checkout: Checkout, words: tuple[str, ...], lock: str, said: str) -> None:
    """A lock that can't be read is wrong usage: 3."""
    checkout.write("ci/parity.lock.json", lock)
    assert _told(checkout.run(*words), 3, said, "ci/parity.lock.json")


@pytest.mark.parametrize("section", ["[mypy\nx", "[mypy]\n  \x00= 3"])
def test_a_broken_ini_file_is_named(checkout: Checkout, section: str) -> None:
    """A configuration file of a tool that can't be read is named."""
    checkout.write("mypy.ini", section)
    ran = checkout.run("doit", "warm")
    assert (ran.code in {0, 3}, "Traceback" in ran.out) == (True, False), ran.out


@pytest.mark.parametrize("settings", ["", "[tool.pytest.ini_options]\n"])
def test_what_is_wrong_with_a_tool_s_file_is_for_the_tool_to_say(
    checkout: Checkout, settings: str
) -> None:
    """It is red where pytest reads tox.ini, which it never does after a pyproject.toml."""
    checkout.write("tests/test_a.py", "def test_a():\n    pass\n")
    checkout.write("pyproject.toml", TESTS_ONLY + settings)
    checkout.write("tox.ini", "requires =\n")
    checkout.commit()
    own = checkout.run("pytest").code
    done = checkout.run("ft", "full")
    assert (bool(done.code), done.code in {0, 2}) == (bool(own), True), done.out
    assert "Traceback" not in done.out


def _without(tool: str, place: Path) -> Path:
    """Return the programs of an environment that lacks one tool and has all others."""
    site = Path(sysconfig.get_path("purelib"))
    mine = place / site.relative_to(BIN.parent)
    mine.mkdir(parents=True)
    for it in site.iterdir():
        if not it.name.startswith((tool, f"_{tool}")):
            (mine / it.name).symlink_to(it)
    shutil.copy(BIN.parent / "pyvenv.cfg", place)
    (place / "bin").mkdir()
    (place / "bin/python").symlink_to((BIN / "python").resolve())
    for name in {"doit", "ruff"} - {tool}:
        text = (BIN / name).read_bytes()
        start = f"#!{place}/bin/python\n".encode()
        whole = start + text.partition(b"\n")[2] if text.startswith(b"#!") else text
        (place / "bin" / name).write_bytes(whole)
        (place / "bin" / name).chmod(0o755)
    return place / "bin"


def test_what_is_red_beside_a_tool_that_could_not_work_is_told(checkout: Checkout) -> None:
    """The last line names both: the tests are red whatever becomes of ruff."""
    checkout.write("test_shop.py", "def test_price():\n    assert 0\n")
    checkout.write("pyproject.toml", "[tool.ruff]\nno-such = 1\n")
    said = "warm could not do all its work (ruff). What it did is red: 1 finding."
    assert _told(checkout.run("ft", "warm"), 2, said)


@pytest.mark.parametrize("tool", ["ruff", "mypy", "pytest"])
def test_a_tool_that_is_not_installed(tmp_path: Path, tool: str) -> None:
    """The sentence has the command that installs it, and how to turn the gate off: 2."""
    checkout = Checkout(tmp_path / "project")
    checkout.begin(settings=f"[tool.firsttry.{tool}]\nenabled = true\n")
    checkout.write("a.py", "x = 1\n")
    programs = _without(tool, tmp_path / "venv")
    env = {"PATH": f"{programs}:/usr/bin:/bin"}
    ran = checkout.run("doit", "warm", env=env, programs=programs)
    assert _told(ran, 2, f"{tool} is not installed; run: python -m pip install {tool}")


def test_no_git_program(checkout: Checkout) -> None:
    """Without git on PATH: 2."""
    ran = checkout.run("doit", "warm", env={"PATH": str(checkout.home)})
    assert _told(ran, 2, "Can't start git", "Is it installed and on PATH?")


@pytest.mark.parametrize("words", [("doit", "warm"), ("ft", "parity"), ("doit", "fingerprint")])
def test_no_git_repository(checkout: Checkout, words: tuple[str, ...]) -> None:
    """Without a repository nothing can tell what changed: 2."""
    shutil.rmtree(checkout.root / ".git")
    assert _told(checkout.run(*words), 2, "is not inside a git repository", "git init")


def test_no_commit_yet(checkout: Checkout) -> None:
    """Results are named after commits: 2, with the command that makes the first."""
    shutil.rmtree(checkout.root / ".git")
    checkout.git("init", "-q")
    assert _told(checkout.run("doit", "warm"), 2, "has no commit yet", "git commit -m")


def test_a_detached_head_works(shop: Checkout) -> None:
    """CI checks out commits, not branches."""
    shop.git("checkout", "-q", "--detach")
    assert _told(shop.run("doit", "parity"), 0, "verdict: success")


def test_a_git_that_cannot_read_its_repository(checkout: Checkout) -> None:
    """What git itself has to say is passed on: 2."""
    (checkout.root / ".git/HEAD").write_text("nonsense")
    assert _told(checkout.run("doit", "warm"), 2, "git ls-files failed")


def test_a_merge_in_the_middle_works(shop: Checkout) -> None:
    """A file in conflict is what stands on disk: red where it is no Python."""
    shop.git("checkout", "-qb", "other")
    shop.write("shop.py", CODE.replace("n * 3", "n * 5"))
    shop.commit()
    shop.git("checkout", "-q", "main")
    shop.write("shop.py", CODE.replace("n * 3", "n * 7"))
    shop.commit()
    with pytest.raises(subprocess.CalledProcessError):
        shop.git("merge", "other")
    assert _told(shop.run("doit", "warm"), 1, "IndentationError")


NAMES = [
    "with space.py",
    "ünïcode.py",
    "brackets[1].py",
    "quo'te.py",
    'double"quote.py',
    "new\nline.py",
]


def test_odd_file_names(shop: Checkout) -> None:
    """Tracked or not, in whatever name: a file's test runs, fails, and is seen to."""
    for name in NAMES:
        shop.write(f"tests/test_{name}", "def test_it() -> None:\n    assert 1\n")
    first = shop.run("doit", "warm")
    for name in NAMES:
        shop.write(f"tests/test_{name}", "def test_it() -> None:\n    assert 0\n")
    second = shop.run("doit", "parity")
    told = _told(second, 1, "verdict: red")
    assert (first.code, told, len(shop.failed())) == (0, True, len(NAMES)), first.out


def test_odd_folder_names(tmp_path: Path) -> None:
    """The checkout itself may stand anywhere."""
    checkout = Checkout(tmp_path / "my pröject '\"")
    checkout.begin()
    assert _told(checkout.shop().run("doit", "parity"), 0, "verdict: success")


def test_a_folder_whose_name_is_no_utf8(shop: Checkout) -> None:
    """A file in it may be named so, and the checkout may not: 2."""
    place = Path(os.fsdecode(os.fsencode(shop.root) + b"-\xff"))
    shop.root.rename(place)
    shop.root = place
    assert _told(shop.run("doit", "warm"), 2, "is no UTF-8", "-\\xff", "Rename the folder")


def test_names_that_are_no_utf8(shop: Checkout) -> None:
    """A file from an old disk is only bytes to git, and to us."""
    place = os.fsencode(shop.root) + b"/data-\xff.bin"
    Path(os.fsdecode(place)).write_bytes(b"x")
    first = shop.run("doit", "parity")
    Path(os.fsdecode(place)).write_bytes(b"y")
    second = shop.run("doit", "parity")
    assert (first.code, _told(second, 0, r"data-\xff.bin changed")) == (0, True), first.out


ODD_TESTS = """\
import os
import sys

import pytest

IDS = ["[", "]", "a[b]", "'", '"', "a\\nb", "\\x00", "\\udcff", "ä", "::", "/", "%s", "a\\tb", "|"]


@pytest.mark.parametrize("n", IDS, ids=IDS)
def test_id(n):
    assert {fine}


def test_binary():
    os.write(1, bytes(range(256)))
    os.write(2, bytes(range(256)))
    sys.stdout.write("\\x1b[2J\\x00")
    assert {good}
"""


def test_odd_node_ids_and_binary_output(shop: Checkout) -> None:
    """Brackets, quotes, newlines, NUL, lone surrogates: each run is counted, and green."""
    shop.write("tests/test_odd.py", ODD_TESTS.format(fine=True, good=True))
    assert _told(shop.run("doit", "parity"), 0, "verdict: success")


def test_odd_node_ids_that_fail(shop: Checkout) -> None:
    """Failing tests with such ids are one failure each, the same in warm and full."""
    shop.write("tests/test_odd.py", ODD_TESTS.format(fine=True, good=True))
    shop.run("doit", "warm")
    shop.write("tests/test_odd.py", ODD_TESTS.format(fine=False, good=True))
    ran = shop.run("doit", "parity")
    assert (_told(ran, 1, "verdict: red"), len(shop.failed())) == (True, 14)


def test_binary_in_a_failure(shop: Checkout) -> None:
    """What a failing test printed reaches the report as text."""
    shop.write("tests/test_odd.py", ODD_TESTS.format(fine=True, good=False))
    assert _told(shop.run("doit", "parity"), 1, "verdict: red")


@pytest.mark.slow
def test_five_thousand_findings(tmp_path: Path) -> None:
    """The report has them all, the console the first few and where the others are."""
    checkout = Checkout(tmp_path / "project")
    off, on = "[tool.firsttry.pytest]\nenabled = false\n", "[tool.ruff]\n"
    checkout.begin(off + on)
    checkout.write("a.py", "".join(f"x{n} = y{n}\n" for n in range(5000)))
    ran = checkout.run("doit", "parity")
    told = _told(ran, 1, "more in artifacts/warm_parity_report.json", "verdict: red")
    assert (told, len(checkout.failed()), len(ran.out.splitlines()) < 200) == (True, 5000, True)


#: Root reads and writes everything; without these two powers it is like anybody else.
LIKE_ANYBODY = ("setpriv", "--bounding-set", "-dac_override,-dac_read_search", "--")


def _like_anybody() -> tuple[str, ...]:
    if os.geteuid():
        return ()
    if not shutil.which("setpriv"):
        pytest.skip("root reads everything, and there is no setpriv to be less")
    return LIKE_ANYBODY


@pytest.mark.parametrize("tracked", [True, False])
def test_an_unreadable_file(shop: Checkout, *, tracked: bool) -> None:
    """It is named, and everything runs: tests can't read it either."""
    place = shop.write("secret.py", "x = 1\n")
    if tracked:
        shop.commit()
    place.chmod(0)
    ran = shop.run("doit", "warm", within=_like_anybody())
    assert (ran.code, "secret.py can't be read" in ran.out) == (0, True), ran.out
    assert "2 of 2 tests (all)" in ran.out


@pytest.mark.parametrize("place", ["artifacts", ".firsttry"])
def test_a_folder_that_cannot_be_written(shop: Checkout, place: str) -> None:
    """The sentence names the place and what to look at: 2."""
    (shop.root / place).mkdir()
    (shop.root / place).chmod(0o555)
    ran = shop.run("doit", "warm", within=_like_anybody())
    assert _told(ran, 2, "Can't write", place, "Check its permissions")


def test_a_read_only_checkout(shop: Checkout) -> None:
    """Where nothing can be written the first thing to write is named: 2."""
    shop.root.chmod(0o555)
    ran = shop.run("doit", "warm", within=_like_anybody())
    shop.root.chmod(0o755)
    assert _told(ran, 2, "Can't write", ".firsttry", "Check its permissions")


def test_a_read_only_checkout_can_be_asked(shop: Checkout) -> None:
    """Listing the tasks writes nothing."""
    shop.root.chmod(0o555)
    ran = shop.run("doit", "list", within=_like_anybody())
    shop.root.chmod(0o755)
    assert _told(ran, 0, "parity")


def _mounted(place: Path, size: str) -> tuple[str, ...]:
    """Return words that start a command with a small disk of its own at a place."""
    script = f'mount -t tmpfs -o size={size} none "$0" && exec "$@"'
    within = ("unshare", "-m", "sh", "-c", script, str(place))
    if subprocess.run([*within, "true"], check=False, capture_output=True).returncode:
        pytest.skip("this machine mounts nothing for us")
    return within


@pytest.mark.parametrize("size", ["8k", "256k"])
def test_a_full_disk(shop: Checkout, size: str) -> None:
    """A disk that fills up under .firsttry is told, and never green by mistake."""
    (shop.root / ".firsttry").mkdir()
    shop.write("shop.py", CODE.replace("n * 3", "n * 4"))
    ran = shop.run("doit", "warm", within=_mounted(shop.root / ".firsttry", size))
    assert (ran.code in {1, 2}, "Traceback" in ran.out) == (True, False), ran.out


def test_after_a_full_disk(shop: Checkout) -> None:
    """With room again the next run is right."""
    shop.run("doit", "warm")
    within = _mounted(shop.root / "artifacts", "4k")
    shop.write("shop.py", CODE.replace("n * 3", "n * 4"))
    full = shop.run("doit", "warm", within=within)
    assert (full.code, shop.run("doit", "warm").code) == (2, 1), full.out


def test_a_dodo_of_somebody_else(checkout: Checkout) -> None:
    """A project's own tasks run beside ours as doit runs them."""
    own = "\n\ndef task_hello():\n    return {'actions': ['echo hello there']}\n"
    checkout.write("dodo.py", DODO + own)
    assert _told(checkout.run("doit", "hello"), 0, "hello there")


def test_no_tests_at_all(checkout: Checkout) -> None:
    """A project without tests has nothing to be red about."""
    assert _told(checkout.run("doit", "parity"), 0, "verdict: success")


@pytest.mark.slow
def test_no_configuration_at_all(tmp_path: Path) -> None:
    """A dodo.py alone is enough for ruff, mypy and tests."""
    checkout = Checkout(tmp_path / "project")
    checkout.begin()
    (checkout.root / "pyproject.toml").unlink()
    checkout.write("shop.py", CODE)
    assert (TESTS_ONLY != "", _told(checkout.run("doit", "parity"), 0)) == (True, True)


def test_a_target_under_depends_that_fits_no_test_is_told(proved: Checkout) -> None:
    """By its name; those that fit, also with brackets, are not."""
    named = '"*.csv" = ["tests/test_shop.py::test_tax", "tests/test_gone.py"]'
    table = f"[tool.firsttry.depends]\n{named}\n"
    settings = proved.root / "pyproject.toml"
    settings.write_text(settings.read_text() + table)
    proved.write("shop.py", "VALUE = 1\n" + (proved.root / "shop.py").read_text())
    ran = proved.run("ft", "warm")
    assert (ran.code, 'no known test fits "tests/test_gone.py"' in ran.out) == (0, True), ran.out
    assert "no known test fits" not in ran.out.replace('fits "tests/test_gone.py"', "")


def test_tests_that_can_t_begin_say_what_is_missing(shop: Checkout) -> None:
    """By what the team's own environment installs for them."""
    shop.write("tox.ini", "[testenv]\ndeps = not-there\ncommands = pytest\n")
    shop.write("tests/conftest.py", "import not_there\n")
    ran = shop.run("ft", "warm")
    assert "pytest could not start (exit code 4): ModuleNotFoundError: " in ran.out
    said = "not_there is not installed where the tests run. tox.ini, py gets what they need by: "
    assert f"note: {said}python -m pip install -e . not-there." in ran.out, ran.out
