"""Settings know who set them, and say what they don't know."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks.config import settings
from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from firsttry_tasks.config.settings import LoadedSettings


def _read(root: Path, table: str, environ: Mapping[str, str] | None = None) -> LoadedSettings:
    (root / "pyproject.toml").write_text(table)
    return settings.read(root, environ or {})


def test_no_configuration_is_fine(tmp_path: Path) -> None:
    """Without a pyproject.toml the defaults are in force."""
    assert settings.read(tmp_path, {}).settings == settings.Settings()


@pytest.mark.parametrize(
    ("table", "environ", "value", "origin"),
    [
        ("", {}, "main", "default"),
        ("[tool.firsttry]\nmain = 'trunk'", {}, "trunk", "pyproject.toml"),
        ("[tool.firsttry]\nmain = 'trunk'", {"FIRSTTRY_MAIN": "dev"}, "dev", "environment"),
    ],
)
def test_the_nearer_one_wins_and_is_named(
    tmp_path: Path, table: str, environ: dict[str, str], value: str, origin: str
) -> None:
    """Environment over pyproject.toml over default, and the origin is kept."""
    asked = _read(tmp_path, table, environ)
    assert (asked.settings.main, asked.origin["main"]) == (value, origin)


def test_numbers_come_from_the_environment_too(tmp_path: Path) -> None:
    """The environment has only text, so it is read leniently."""
    assert _read(tmp_path, "", {"FIRSTTRY_STORE_SECONDS": "3"}).settings.store_seconds == 3


def test_gates_have_their_own_tables(tmp_path: Path) -> None:
    """A gate is turned off and given arguments in its own table."""
    table = "[tool.firsttry.mypy]\nenabled = false\nargs = ['--strict']"
    gate = _read(tmp_path, table).settings.mypy
    assert (gate.enabled, gate.args) == (False, ("--strict",))


@pytest.mark.parametrize(
    ("table", "said"),
    [
        (
            "[tool.firsttry]\npath = ['src']",
            "pyproject.toml, [tool.firsttry]: there is no key `path`. Did you mean paths",
        ),
        ("[tool.firsttry]\npaths = 'src'", "paths wants a list, and 'src' stands there."),
        ("[tool.firsttry]\nkeep = 'two'", "keep wants a whole number, and 'two' stands there."),
        (
            "[tool.firsttry.ruff]\nenabled = 'no'",
            "ruff.enabled wants true or false, and 'no' stands there.",
        ),
        ("[tool.firsttry.ruff]\non = true", "there is no key `on` in ruff."),
        ("[tool.firsttry.selection]\nwithout = ['docstring']", "Did you mean docstrings?"),
        ("[tool.firsttry.selection]\nwithout = ['xyz']", "Known refinements: "),
        (
            "[tool.firsttry]\nkeep = 999999",
            "keep wants a whole number of at most 100000, and 999999",
        ),
        ("[tool.firsttry]\nmain = true", "main wants a text, and true stands there."),
        (
            "[tool.firsttry]\nflaky.new.runs = 0",
            "flaky.new.runs wants a whole number of at least 1",
        ),
        ("[tool.firsttry]\ninert = [1]", "each value of inert wants a text, and [1] stands there."),
        (
            "[tool.firsttry]\nstore_seconds = 'x'",
            "store_seconds wants a number, and 'x' stands there.",
        ),
        ("[tool]\nfirsttry = 3", "[tool.firsttry] is a table, not 3"),
        ("[tool.firsttry\n", "pyproject.toml can't be read"),
        ("tool = 3", "[tool] is a table, not 3"),
    ],
)
def test_wrong_settings_are_told_with_their_place(tmp_path: Path, table: str, said: str) -> None:
    """A wrong key or type is wrong usage, and the sentence has file and key."""
    with pytest.raises(UsageError) as caught:
        _read(tmp_path, table)
    assert said in str(caught.value)


def test_the_environment_is_named_where_it_is_wrong(tmp_path: Path) -> None:
    """A wrong variable is not blamed on pyproject.toml."""
    with pytest.raises(UsageError, match="the environment"):
        _read(tmp_path, "", {"FIRSTTRY_STORE_SECONDS": "two"})


def test_text_that_is_no_utf8_is_told(tmp_path: Path) -> None:
    """A file in another encoding is the user's to mend."""
    (tmp_path / "pyproject.toml").write_bytes(b"\xff\xfe")
    with pytest.raises(UsageError, match=r"pyproject\.toml can't be read"):
        settings.read(tmp_path, {})
