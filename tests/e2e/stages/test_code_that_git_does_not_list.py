"""Code that tests run and git does not list: generated, linked from elsewhere, installed beside."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import PATHS

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.e2e.checkout import Checkout

ONE = "def number() -> int:\n    return 1\n"
TWO = ONE.replace("1", "2")
TEST = "from {} import number\n\n\ndef test_number() -> None:\n    assert number() == 1\n"
USE = "from {} import number\n\n\ndef twice() -> int:\n    return number() + number()\n"
OF_USE = "import use\n\n\ndef test_twice() -> None:\n    assert use.twice() == 2\n"
OPTIONAL = """\
try:
    from local import number
except ImportError:
    number = lambda: 1


def test_number() -> None:
    assert number() == 1
"""


def _beside(checkout: Checkout, name: str, text: str) -> Path:
    """Write a module beside the repository."""
    place = checkout.root.parent / "beside" / f"{name}.py"
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    return place


def _generated(it: Checkout) -> None:
    it.write("api_pb2.py", ONE)
    it.write("tests/test_it.py", TEST.format("api_pb2"))


def _imported_by_another(it: Checkout) -> None:
    it.write("api_pb2.py", ONE)
    it.write("use.py", USE.format("api_pb2"))
    it.write("tests/test_it.py", OF_USE)


def _package(it: Checkout) -> None:
    it.write("made_pb2/__init__.py", "from made_pb2.inner import number\n")
    it.write("made_pb2/inner.py", ONE)
    it.write("tests/test_it.py", TEST.format("made_pb2"))


def _linked(it: Checkout) -> None:
    (it.root / "linked.py").symlink_to(_beside(it, "real", ONE))
    it.write("tests/test_it.py", TEST.format("linked"))


def _linked_test(it: Checkout) -> None:
    test = _beside(it, "real", "def test_number() -> None:\n    assert len('1') == 1\n")
    it.write("tests/conftest.py", "")
    (it.root / "tests/test_it.py").symlink_to(test)


def _linked_folder(it: Checkout) -> None:
    (it.root / "lib").symlink_to(_beside(it, "real", ONE).parent)
    it.write("tests/test_it.py", TEST.format("lib.real"))


def _ignored_link(it: Checkout) -> None:
    (it.root / "lib_pb2").symlink_to(_beside(it, "real", ONE).parent)
    it.write("tests/test_it.py", TEST.format("lib_pb2.real"))


def _on_the_path(it: Checkout) -> None:
    place = _beside(it, "real", ONE)
    it.write("conftest.py", f"import sys\n\nsys.path.append({str(place.parent)!r})\n")
    it.write("tests/test_it.py", TEST.format("real"))


def _read(it: Checkout) -> None:
    it.write("api_pb2.txt", "1")
    it.write(
        "tests/test_it.py",
        "from pathlib import Path\n\n\ndef test_it() -> None:\n"
        "    assert Path('api_pb2.txt').read_text() == '1'\n",
    )


def _optional(it: Checkout) -> None:
    it.write("tests/test_it.py", OPTIONAL)


def _again(it: Checkout) -> None:
    (it.root / "linked.py").unlink()
    (it.root / "linked.py").symlink_to(_beside(it, "other", TWO))


def _edit(name: str) -> Callable[[Checkout], object]:
    return lambda it: it.write(name, TWO)


CASES: dict[str, tuple[Callable[[Checkout], None], Callable[[Checkout], object]]] = {
    "a generated module": (_generated, _edit("api_pb2.py")),
    "a generated module that goes": (_generated, lambda it: (it.root / "api_pb2.py").unlink()),
    "a generated module behind another": (_imported_by_another, _edit("api_pb2.py")),
    "a generated package": (_package, _edit("made_pb2/inner.py")),
    "a generated data file": (_read, lambda it: it.write("api_pb2.txt", "2")),
    "an optional module that git ignores": (_optional, _edit("local.py")),
    "a module that is a link": (_linked, lambda it: _beside(it, "real", TWO)),
    "a link that leads elsewhere": (_linked, _again),
    "a test file that is a link": (
        _linked_test,
        lambda it: _beside(it, "real", "def test_number() -> None:\n    assert not 'red'\n"),
    ),
    "a folder that is a link": (_linked_folder, lambda it: _beside(it, "real", TWO)),
    "a folder that is an ignored link": (_ignored_link, lambda it: _beside(it, "real", TWO)),
    "a neighbour on the path": (_on_the_path, lambda it: _beside(it, "real", TWO)),
}


@pytest.mark.slow
@pytest.mark.parametrize("name", CASES)
def test_warm_sees_the_change(checkout: Checkout, name: str) -> None:
    """Warm is green, the code changes where git does not look, and warm is red, as pytest is."""
    prepare, edit = CASES[name]
    checkout.write(".gitignore", "__pycache__/\n*_pb2*\nlocal.py\n")
    checkout.write("pyproject.toml", (checkout.root / "pyproject.toml").read_text() + PATHS)
    prepare(checkout)
    checkout.commit()
    before = checkout.run("ft", "warm").code
    edit(checkout)
    assert (before, checkout.run("ft", "warm").code) == (0, 1)
