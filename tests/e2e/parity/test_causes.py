"""Every difference is put in the class of its cause."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.e2e.checkout import PATHS, TESTS_ONLY
from tests.e2e.parity.causes import CAUSES, QUICK, SLOW

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from tests.e2e.checkout import Checkout
    from tests.e2e.parity.causes import Cause


def _set_up(checkout: Checkout, cause: Cause, out: Path) -> None:
    out.mkdir()
    checkout.write("pyproject.toml", TESTS_ONLY + PATHS)
    _apply(checkout, {"README.md": "A shop.\n", **cause.files}, out)
    checkout.commit()
    if cause.learn:
        checkout.run("doit", "warm")
    _apply(checkout, cause.change, out)


def _apply(checkout: Checkout, files: Mapping[str, str | None], out: Path) -> None:
    hidden = checkout.home / ".cache/data"
    hidden.mkdir(parents=True, exist_ok=True)
    for name, text in files.items():
        place = hidden / name[2:] if name.startswith("~/") else checkout.root / name
        place.parent.mkdir(parents=True, exist_ok=True)
        if text is None:
            place.unlink()
        else:
            place.write_text(text.replace("{out}", str(out)))


def _parity(checkout: Checkout, cause: Cause, out: Path) -> tuple[int, str]:
    """Run both stages, each with its own variables, and compare as full would."""
    checkout.run("doit", "warm", env=cause.warm)
    if cause.outside:
        (out / cause.outside).touch()
    checkout.run("doit", "full", env=cause.full)
    if cause.back:
        (out / cause.outside).unlink()
    ran = checkout.run("doit", "compare", env=cause.full)
    return ran.code, ran.out


def _marks(name: str) -> list[pytest.MarkDecorator]:
    if name in QUICK:
        return []
    return [pytest.mark.slow if name in SLOW else pytest.mark.thorough]


@pytest.mark.parametrize(
    "name",
    [pytest.param(it, marks=_marks(it)) for it in sorted(CAUSES)],
)
def test_each_cause_is_found(checkout: Checkout, tmp_path: Path, name: str) -> None:
    """The kind, the verdict, the exit code, and the test that decides where the order does."""
    cause, out = CAUSES[name], tmp_path / "out"
    _set_up(checkout, cause, out)
    code, said = _parity(checkout, cause, out)
    verdict = checkout.verdict()
    found = {(it.kind, it.before) for it in verdict.divergences}
    expected = (cause.verdict, cause.code, {(cause.kind, cause.before)}, cause.count)
    assert (verdict.name, code, found, len(verdict.divergences)) == expected, said


@pytest.mark.slow
def test_an_escape_can_be_learned_from(checkout: Checkout, tmp_path: Path) -> None:
    """It says why it was not selected, and the line that is learned selects it the next time."""
    cause, out = CAUSES["edited data file"], tmp_path / "out"
    _set_up(checkout, cause, out)
    _parity(checkout, cause, out)
    ran = checkout.run("doit", "compare", "--learn")
    [found] = checkout.verdict().divergences
    checkout.write("README.md", "Another change.\n")
    checkout.run("doit", "warm")
    sight = "out of the recording's sight" in found.because
    assert (ran.code, sight, list(checkout.selected())) == (99, True, [found.nodeid]), ran.out
