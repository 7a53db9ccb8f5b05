"""The distribution that users install: what is in it, and that it starts."""

from __future__ import annotations

import subprocess
import sys
import tarfile
import venv
import zipfile
from typing import TYPE_CHECKING

import pytest
from packaging.metadata import Metadata

from tests.ci.shop import HERE, run

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder with the sdist, and the wheel that was built from it."""
    folder = tmp_path_factory.mktemp("dist")
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(HERE)]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> zipfile.ZipFile:
    """Return the wheel, open."""
    [path] = built.glob("*.whl")
    return zipfile.ZipFile(path)


def _text(wheel: zipfile.ZipFile, name: str) -> str:
    [place] = [entry for entry in wheel.namelist() if entry.endswith(f".dist-info/{name}")]
    return wheel.read(place).decode("utf-8")


def test_wheel_holds_the_package_alone(wheel: zipfile.ZipFile) -> None:
    """Neither tests nor benchmarks are installed on users."""
    tops = {name.split("/")[0] for name in wheel.namelist()}
    assert {top for top in tops if not top.endswith(".dist-info")} == {"firsttry_tasks"}


def test_wheel_holds_every_module(wheel: zipfile.ZipFile) -> None:
    """Every file of the package that git knows is in the wheel: modules, schemas, py.typed."""
    known = run(HERE, "git", "ls-files", "firsttry_tasks").text.split()
    assert sorted(set(known) - set(wheel.namelist())) == []


@pytest.mark.parametrize("end", ["py.typed", "licenses/LICENSE", "schema/report.schema.json"])
def test_wheel_holds(wheel: zipfile.ZipFile, end: str) -> None:
    """Type checkers, lawyers and readers of reports find what they look for."""
    assert [name for name in wheel.namelist() if name.endswith(end)]


def test_metadata(wheel: zipfile.ZipFile) -> None:
    """The metadata is valid by the standard's own reader, and names the Pythons."""
    metadata = Metadata.from_email(_text(wheel, "METADATA"), validate=True)
    assert (metadata.name, str(metadata.requires_python)) == ("firsttry-tasks", ">=3.11")


def test_sdist_can_test_itself(built: Path) -> None:
    """The source distribution has what a packager needs to build and to test."""
    [path] = built.glob("*.tar.gz")
    with tarfile.open(path) as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
    assert {"pyproject.toml", "LICENSE", "README.md", "tests/__init__.py"} <= names


def test_ft_starts(built: Path, tmp_path: Path) -> None:
    """The installed command starts in an environment of its own."""
    venv.create(tmp_path / "env", with_pip=False)
    [path] = built.glob("*.whl")
    python = tmp_path / "env" / "bin" / "python"
    pip = ("-m", "pip", "--quiet", "--python", str(python), "install", "--no-deps", "--no-index")
    installed = run(tmp_path, sys.executable, *pip, str(path))
    done = run(tmp_path, str(tmp_path / "env" / "bin" / "ft"), "--version")
    assert done.text.startswith("firsttry-tasks "), installed.text
