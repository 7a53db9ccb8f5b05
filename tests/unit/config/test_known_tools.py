"""How tools are called is known without another look, for as long as nothing that says so moved."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.config.settings import Settings
from firsttry_tasks.config.team.tool_use import Known, known_or_found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CI = ".github/workflows/ci.yml"
STEP = "    - run: pytest --strict-markers\n      working-directory: inner\n"
STEPS = f"jobs:\n  all:\n    steps:\n{STEP}"


@pytest.fixture(name="known")
def _known(tmp_path: Path) -> Known:
    (tmp_path / CI).parent.mkdir(parents=True)
    (tmp_path / CI).write_text(STEPS)
    (tmp_path / "tests").mkdir()
    return known_or_found(tmp_path, Settings(), None)


def test_what_is_known_stands_where_nothing_moved(tmp_path: Path, known: Known) -> None:
    """And is what a look finds."""
    assert known.calls["tests"].args == ("--strict-markers",)
    (tmp_path / "tests" / "test_more.py").touch()
    assert known_or_found(tmp_path, Settings(), known) is known


@pytest.mark.parametrize(
    "move",
    [
        lambda root: (root / CI).write_text(STEPS.replace("strict-markers", "strict-config")),
        lambda root: (root / CI).with_name("a.yml").write_text(STEPS.replace("-markers", "")),
        lambda root: (root / "inner").mkdir(),
    ],
    ids=["another command", "a file before it", "the folder that it names"],
)
def test_it_is_looked_for_anew(
    tmp_path: Path, known: Known, move: Callable[[Path], object]
) -> None:
    """Where a file changed, or came, or a folder that a command may name."""
    move(tmp_path)
    found = known_or_found(tmp_path, Settings(), known)
    assert found.calls != known.calls
    assert found == known_or_found(tmp_path, Settings(), None)
