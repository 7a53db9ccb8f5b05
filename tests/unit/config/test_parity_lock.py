"""The parity lock names what differs with both values, and the command that mends it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.parity_lock import Lock, Tool
from firsttry_tasks.model.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


RELOCK = "if that is meant, run: ft lock"


def _lock(python: str = "cpython 3.11", **versions: str) -> Lock:
    tools = {name: Tool(version=version) for name, version in versions.items()}
    return Lock(python=python, tools=tools)


def _read(root: Path, text: str) -> Lock:
    (root / "ci").mkdir()
    (root / parity_lock.FILE).write_text(text)
    return parity_lock.read(root)[0]


def test_no_lock_is_the_defaults(tmp_path: Path) -> None:
    """A project without a lock has nothing to differ from."""
    assert parity_lock.mismatches(parity_lock.read(tmp_path)[0], _lock(ruff="1")) == ()


def test_an_equal_environment_has_no_mismatch() -> None:
    """What is as the lock says needs no sentence."""
    assert parity_lock.mismatches(_lock(ruff="1"), _lock(ruff="1")) == ()


@pytest.mark.parametrize(
    ("locked", "now", "said"),
    [
        (
            _lock(ruff="1"),
            _lock(ruff="2"),
            "ruff is 2, the parity lock says 1; run: python -m pip install ruff==1",
        ),
        (
            _lock(ruff="1"),
            _lock(),
            "ruff is not installed, the parity lock says 1; run: python -m pip install ruff==1",
        ),
        (
            _lock("cpython 3.11"),
            _lock("cpython 3.12"),
            "Python is cpython 3.12, the parity lock says cpython 3.11; use Python 3.11, or "
            + RELOCK,
        ),
        (
            Lock(config={"ruff.toml": "a" * 64}),
            Lock(config={"ruff.toml": "b" * 64}),
            "ruff.toml is bbbbbbbbbbbb, the parity lock says aaaaaaaaaaaa; " + RELOCK,
        ),
        (
            Lock(config={"ruff.toml": "a" * 64}),
            Lock(),
            "ruff.toml is absent, the parity lock says aaaaaaaaaaaa; " + RELOCK,
        ),
    ],
)
def test_a_mismatch_has_both_values_and_its_mend(locked: Lock, now: Lock, said: str) -> None:
    """Whoever reads the sentence can act on it."""
    assert [str(it) for it in parity_lock.mismatches(locked, now)] == [said]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"nope": 1}', "unknown field `nope`"),
        ('{"tools": {"ruff": {"args": "x"}}}', "Expected `array`, got `str`"),
        ('{"python": ', "Write it anew with: ft lock"),
        ("[]", "Expected `object`, got `array`"),
        ('{"schema_version": 99}', "upgrade firsttry-tasks"),
    ],
)
def test_wrong_locks_are_told(tmp_path: Path, text: str, said: str) -> None:
    """A wrong key or type, half a file, another shape, or one from the future."""
    with pytest.raises(UsageError) as caught:
        _read(tmp_path, text)
    assert said in str(caught.value)


def test_what_people_chose_is_kept(tmp_path: Path) -> None:
    """Writing the lock anew changes versions, not arguments and limits."""
    old = Lock(tools={"ruff": Tool(version="0", args=("--preview",), timeout=5)})
    new = parity_lock.current(tmp_path, old).tool("ruff")
    assert (new.args, new.timeout, new.version != "0") == (("--preview",), 5, True)


def test_a_lock_reads_back(tmp_path: Path) -> None:
    """What is written is what is read."""
    now = parity_lock.current(tmp_path, Lock())
    assert _read(tmp_path, msgspec.json.encode(now).decode()) == now


@pytest.mark.parametrize(
    ("name", "text", "place"),
    [
        ("ruff.toml", "line-length = 80", "ruff.toml"),
        ("pyproject.toml", "[tool.mypy]\nstrict = true", "pyproject.toml [tool.mypy]"),
        ("mypy.ini", "[mypy]\nstrict = true", "mypy.ini [mypy]"),
        ("setup.cfg", "[tool:pytest]\naddopts = -q", "setup.cfg [tool:pytest]"),
        ("tox.ini", "[pytest]\naddopts = -q", "tox.ini [pytest]"),
    ],
)
def test_configuration_is_found_where_tools_read_it(
    tmp_path: Path, name: str, text: str, place: str
) -> None:
    """Whole files, and sections of shared ones."""
    (tmp_path / name).write_text(text)
    assert list(parity_lock.configuration(tmp_path)) == [place]


def test_a_comment_is_no_change_of_configuration(tmp_path: Path) -> None:
    """What the tool reads counts, not how it is written."""
    digests = set()
    for text in ("[tool.mypy]\nstrict = true", "# why\n[tool.mypy]\nstrict=true # yes"):
        (tmp_path / "pyproject.toml").write_text(text)
        digests.add(tuple(parity_lock.configuration(tmp_path).values()))
    assert len(digests) == 1


@pytest.mark.parametrize(
    ("name", "place"),
    [
        ("ruff.toml", "ruff.toml"),
        ("mypy.ini", "mypy.ini"),
        ("setup.cfg", "setup.cfg [mypy"),
        ("tox.ini", "tox.ini [pytest"),
    ],
)
def test_broken_configuration_counts_by_its_bytes(tmp_path: Path, name: str, place: str) -> None:
    """What is wrong with it is its tool's to say, which may never look at it."""
    seen = []
    for text in ("[", "[["):
        (tmp_path / name).write_text(text)
        seen.append(parity_lock.configuration(tmp_path))
    assert seen[0] != seen[1]
    assert any(it.startswith(place) for it in seen[0])


def test_a_broken_pyproject_is_named(tmp_path: Path) -> None:
    """Our own settings are in it."""
    (tmp_path / "pyproject.toml").write_text("[")
    with pytest.raises(UsageError, match="pyproject"):
        parity_lock.configuration(tmp_path)
