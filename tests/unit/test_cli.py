"""ft's words become doit's."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from firsttry_tasks import __version__, cli

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ("warm", ["warm"]),
        ("warm --explain", ["warm", "--explain"]),
        ("full", ["full"]),
        ("update-cache", ["update_cache"]),
        ("clear-cache", ["clear_cache"]),
        ("fingerprint --parts", ["fingerprint", "--parts"]),
        ("warm --staged -q", ["staged", "-q"]),
        ("help update-cache", ["help", "update_cache"]),
    ],
)
def test_every_spelling(given: str, words: list[str]) -> None:
    """Each spelling that people know has its task."""
    assert cli.translate(given.split()) == words


def test_help_is_no_error(capsys: pytest.CaptureFixture[str]) -> None:
    """Asked for, the usage is what was wanted."""
    assert (cli.main(["--help"]), "usage: ft" in capsys.readouterr().out) == (0, True)


def test_no_word_at_all_is_wrong_usage() -> None:
    """Not asked for, it is not."""
    assert cli.main([]) == 3


def test_the_version_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    """For bug reports."""
    cli.main(["--version"])
    assert capsys.readouterr().out == f"firsttry-tasks {__version__}\n"


@pytest.mark.parametrize("mark", ["dodo.py", "pyproject.toml", ".git"])
def test_the_project_is_found_upwards(tmp_path: Path, mark: str) -> None:
    """From any folder inside, ft finds the project's own."""
    (tmp_path / mark).touch()
    inside = tmp_path / "a/b"
    inside.mkdir(parents=True)
    assert cli.home(inside) == tmp_path
