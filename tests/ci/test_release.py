"""What is checked before a release is published: tag, version, changelog and the built files."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import TYPE_CHECKING

import pytest

from ci import release
from firsttry_tasks import __version__
from tests.ci.shop import HERE

if TYPE_CHECKING:
    from pathlib import Path

STEM = f"firsttry_tasks-{__version__}"
METADATA = f"""\
Metadata-Version: 2.4
Name: firsttry-tasks
Version: {__version__}
Description-Content-Type: text/markdown

# FirstTry
"""
CHANGELOG = f"""\
# Changelog

## [Unreleased]

## [{__version__}] - 2026-11-28

### Added

- A first release.

[Unreleased]: ../../compare/v{__version__}...main
"""


@pytest.fixture
def ready(tmp_path: Path) -> Path:
    """Return a folder in which everything agrees, with both files built."""
    (tmp_path / "pyproject.toml").write_text(f'[project]\nversion = "{__version__}"\n')
    (tmp_path / "CHANGELOG.md").write_text(CHANGELOG)
    _build(tmp_path, METADATA)
    return tmp_path


def _build(root: Path, metadata: str) -> None:
    (root / "dist").mkdir(exist_ok=True)
    with zipfile.ZipFile(root / "dist" / f"{STEM}-py3-none-any.whl", "w") as wheel:
        wheel.writestr(f"{STEM}.dist-info/METADATA", metadata)
    with tarfile.open(root / "dist" / f"{STEM}.tar.gz", "w:gz") as sdist:
        entry = tarfile.TarInfo(f"{STEM}/PKG-INFO")
        entry.size = len(metadata.encode())
        sdist.addfile(entry, io.BytesIO(metadata.encode()))


def _problems(root: Path, tag: str = f"v{__version__}") -> str:
    return "\n".join(release.problems(tag, root))


def test_ready(ready: Path) -> None:
    """Where all agrees nothing is said."""
    assert not _problems(ready)


def test_the_package_has_one_version() -> None:
    """What is installed and what the package says of itself is the same version."""
    assert release.declared(HERE) == __version__


def test_another_tag(ready: Path) -> None:
    """A tag of another version is not published."""
    assert "The tag is v9.9.9" in _problems(ready, "v9.9.9")


def test_another_version(ready: Path) -> None:
    """The package and its metadata have one version."""
    (ready / "pyproject.toml").write_text('[project]\nversion = "9.9.9"\n')
    assert f"__version__ is {__version__}, not 9.9.9" in _problems(ready, "v9.9.9")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (f"[{__version__}]", "[9.9.9]"),
        (" - 2026-11-28", ""),
        ("### Added\n\n- A first release.", ""),
    ],
)
def test_no_entry(ready: Path, old: str, new: str) -> None:
    """A version that the changelog does not tell of, with a day and a text, is not published."""
    (ready / "CHANGELOG.md").write_text(CHANGELOG.replace(old, new))
    assert "CHANGELOG.md has no entry" in _problems(ready)


@pytest.mark.parametrize("name", [f"{STEM}.tar.gz", f"{STEM}-py3-none-any.whl"])
def test_a_file_is_missing(ready: Path, name: str) -> None:
    """Both files are published, or none."""
    (ready / "dist" / name).unlink()
    assert "dist/ holds" in _problems(ready)


def test_a_file_too_many(ready: Path) -> None:
    """What an earlier build left is not published along."""
    (ready / "dist" / "firsttry_tasks-0.0.1.tar.gz").touch()
    assert "dist/ holds" in _problems(ready)


@pytest.mark.parametrize(
    ("old", "new", "said"),
    [
        (f"Version: {__version__}", "Version: 9.9.9", "says it is 9.9.9"),
        ("# FirstTry", "", "shows no README"),
        ("Name: firsttry-tasks\n", "", "name"),
    ],
)
def test_metadata(ready: Path, old: str, new: str, said: str) -> None:
    """Metadata that an index would refuse, or show without a README, is found here."""
    _build(ready, METADATA.replace(old, new))
    told = _problems(ready)
    assert (told.count(said) >= 2, STEM in told) == (True, True), told


def test_no_tag() -> None:
    """Without a tag there is nothing to check."""
    assert release.main([]) == 3
