"""Checks before a release: tag, version, changelog and the built files have to agree.

    python -m ci.release v0.2.0

The release workflow runs this between building and publishing (``make release-check``).
"""

from __future__ import annotations

import re
import sys
import tarfile
import tomllib
import zipfile
from pathlib import Path
from typing import TYPE_CHECKING

from packaging.metadata import Metadata
from packaging.version import Version

import firsttry_tasks

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
#: What an entry of the changelog begins with, by Keep a Changelog.
ENTRY = re.compile(r"^## \[(?P<version>[^\]]+)\] - \d{4}-\d{2}-\d{2}$", re.MULTILINE)


def problems(tag: str, root: Path) -> Iterator[str]:
    """Yield a sentence for each thing that must be mended before this tag may be published."""
    version = declared(root)
    if tag != f"v{version}":
        yield f"The tag is {tag}, and pyproject.toml says {version}."
    if firsttry_tasks.__version__ != version:
        yield f"firsttry_tasks.__version__ is {firsttry_tasks.__version__}, not {version}."
    if not entry((root / "CHANGELOG.md").read_text(encoding="utf-8"), version):
        yield f"CHANGELOG.md has no entry ## [{version}] with a date and a text."
    yield from _built(root / "dist", version)


def declared(root: Path) -> str:
    """Return the version in pyproject.toml."""
    project = tomllib.loads((root / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return str(project["version"])


def entry(changelog: str, version: str) -> str:
    """Return the text below a version's heading, "" where there is no such entry."""
    found = list(ENTRY.finditer(changelog))
    for number, match in enumerate(found):
        if match["version"] == version:
            end = found[number + 1].start() if number + 1 < len(found) else len(changelog)
            text = changelog[match.end() : end]
            return "\n".join(line for line in text.splitlines() if line[:1] != "[").strip()
    return ""


def _built(dist: Path, version: str) -> Iterator[str]:
    """Look at the built files: one sdist and one wheel, each with valid metadata."""
    stem = f"firsttry_tasks-{version}"
    wanted = {f"{stem}.tar.gz", f"{stem}-py3-none-any.whl"}
    names = {path.name for path in dist.glob("*")}
    if names != wanted:
        yield f"dist/ holds {sorted(names)}, and should hold {sorted(wanted)}."
    for name in sorted(names & wanted):
        yield from _metadata(dist / name, version)


def _metadata(path: Path, version: str) -> Iterator[str]:
    """Read the metadata as an index does, which refuses what is not valid."""
    try:
        found = Metadata.from_email(_text(path), validate=True)
    except ExceptionGroup as error:
        yield f"{path.name}: {'; '.join(str(one) for one in error.exceptions)}."
        return
    if found.version != Version(version):
        yield f"{path.name} says it is {found.version}."
    if found.description_content_type != "text/markdown" or not (found.description or "").strip():
        yield f"{path.name} shows no README."


def _text(path: Path) -> bytes:
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as wheel:
            [name] = [it for it in wheel.namelist() if it.endswith(".dist-info/METADATA")]
            return wheel.read(name)
    with tarfile.open(path) as sdist:
        held = sdist.extractfile(f"{path.name.removesuffix('.tar.gz')}/PKG-INFO")
        return held.read() if held is not None else b""


def main(tags: list[str]) -> int:
    """Print what is wrong; return 1 where something is, 3 where no tag was named."""
    if len(tags) != 1:
        print("usage: python -m ci.release TAG", file=sys.stderr)
        return 3
    found = list(problems(tags[0], ROOT))
    print("\n".join(found) or f"{tags[0]} can be published.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
