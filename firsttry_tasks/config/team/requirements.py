"""Finds which tools a project requires, and in which version it pins them."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.team import pre_commit
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.source.quietly import parsed
from firsttry_tasks.system import disk, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

#: Where the tables of pyproject.toml hold requirements; each is a path to it, "*" for any name.
TABLES = (
    "dependency-groups",
    "project.optional-dependencies",
    "project.dependencies",
    "tool.uv.dev-dependencies",
    "tool.pdm.dev-dependencies",
    "tool.poetry.dependencies",
    "tool.poetry.dev-dependencies",
    "tool.poetry.group.*.dependencies",
    "tool.hatch.envs.*.dependencies",
    "tool.hatch.envs.*.extra-dependencies",
)
#: The distribution that this is.
OWN = "firsttry-tasks"
LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")


class Pin(Struct, frozen=True, kw_only=True):
    """A version that a file pins."""

    version: str
    place: str


def place(root: Path, tool: str) -> str:
    """Return the first file that requires a tool, "" where none does."""
    wanted = _requirement(tool)
    return next((name for name, line in _lines(root, tool) if wanted.match(line)), "")


def pinned(
    root: Path, top: Path, tool: str, *, hook: bool, own: Iterable[tuple[str, str]] | None = None
) -> Pin | None:
    """Return the version that the project pins; ``hook`` first looks at pre-commit's.

    ``own`` are the places and texts of what the environment requires in which the tool is called;
    what tox and hatch install in others does not count then. None: that is not known.
    """
    ways: list[Callable[[], Pin | None]] = [
        lambda: _in_locks(root, top, tool),
        lambda: _in_lines(tool, _lines(root, tool) if own is None else own),
        lambda: _in_lines(tool, () if own is None else _lines(root, tool, shared=True)),
    ]
    ways.insert(0 if hook else len(ways), lambda: _in_hooks(root, top, tool))
    return next((pin for way in ways if (pin := way())), None)


def otherwise(pin: Pin | None, tool: str, have: str) -> str:
    """Return the sentence where a tool's version is not the one that is pinned; "" where it is."""
    if not have or pin is None or _same(have, pin.version):
        return ""
    taken = machine.requirement(OWN, tool)
    if not fits(pin.version, taken):
        return (
            f"{tool} is {have} here, and {pin.place} pins {pin.version}: what it finds may differ;"
            f" FirstTry works with {tool}{taken}, so that version can't be installed beside it;"
            f" to leave {tool} to your own commands: [tool.firsttry.{tool}] enabled = false"
        )
    return (
        f"{tool} is {have} here, and {pin.place} pins {pin.version}: what it finds may differ;"
        f" run: python -m pip install {tool}=={pin.version}"
    )


def strange(root: Path, top: Path, tool: str) -> str:
    """Return why pre-commit's version of a tool can't be here, "" where it can."""
    pin, taken = _in_hooks(root, top, tool), machine.requirement(OWN, tool)
    if pin is None or fits(pin.version, taken):
        return ""
    return f"{pin.place} pins {pin.version}, and FirstTry works with {tool}{taken}"


def fits(version: str, taken: str) -> bool:
    """Tell whether a version is one of those that a specifier (``>=0.6,<1``) allows."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(taken).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True


def _same(have: str, asked: str) -> bool:
    """Tell whether two texts are one version, as 1.12 and 1.12.0 are."""
    # Imported late: most projects are asked about no version that differs. pytest brings it along.
    from packaging.version import InvalidVersion, Version

    try:
        return have == asked or Version(have) == Version(asked)
    except InvalidVersion:
        return False


def _in_locks(root: Path, top: Path, tool: str) -> Pin | None:
    for folder in dict.fromkeys((root, top)):
        for name in LOCKS:
            text = _text(folder / name)
            toml = rf'name = "{tool}"\s+version = "([^"]+)"'
            # Pipfile.lock is JSON, and no other key holds a table with a version.
            json = rf'"{tool}": \{{[^{{}}]*"version": "==([^"]+)"'
            found = re.search(json if name == "Pipfile.lock" else toml, text)
            if found:
                return Pin(version=found[1], place=name)
    return None


def _in_lines(tool: str, lines: Iterable[tuple[str, str]]) -> Pin | None:
    exact = re.compile(rf"{tool}(?:\[[^]]*\])? *===? *(\d[\w.]*)(?!\.?\*)", re.IGNORECASE)
    for name, line in lines:
        found = exact.match(line)
        if found:
            return Pin(version=found[1], place=name)
    return None


def _in_hooks(root: Path, top: Path, tool: str) -> Pin | None:
    for hook in pre_commit.hooks(top, root):
        if hook.id in {tool, f"{tool}-check"} and re.fullmatch(r"v?\d[\w.]*", hook.rev):
            return Pin(version=hook.rev.removeprefix("v"), place=pre_commit.FILE)
    return None


def _requirement(tool: str) -> re.Pattern[str]:
    return re.compile(rf"{tool}(?![\w.-])", re.IGNORECASE)


def places(root: Path, top: Path) -> Iterator[Path]:
    """Yield the files that may require or pin a tool."""
    yield from (file for file, _ in _files(root))
    yield from (folder / name for folder in dict.fromkeys((root, top)) for name in LOCKS)


def _lines(root: Path, tool: str, *, shared: bool = False) -> Iterator[tuple[str, str]]:
    """Yield the name of each file that may require the tool, with each of its requirements.

    With ``shared`` those of single environments are left out.
    """
    for file, read in _files(root, shared=shared):
        text = _text(file)
        # Most files don't name it.
        if tool in text.lower():
            name = file.relative_to(root).as_posix()
            try:
                yield from ((name, line) for line in read(text))
            # Whatever is wrong with it, who installs from it will say.
            except (ValueError, SyntaxError, UsageError, RecursionError):
                continue


def _files(
    root: Path, *, shared: bool = False
) -> Iterator[tuple[Path, Callable[[str], Iterator[str]]]]:
    yield root / "pyproject.toml", _of_shared if shared else _of_pyproject
    for pattern in ("*requirements*.txt", "*requirements*.in", "requirements/*.*"):
        for file in sorted(root.glob(pattern)):
            yield file, _of_text
    yield root / "setup.cfg", _of_ini
    if not shared:
        yield root / "tox.ini", _of_ini
    yield root / "setup.py", _of_setup
    yield root / "Pipfile", _of_pipfile
    for name in ("environment.yml", "environment.yaml"):
        yield root / name, _of_text


def _text(file: Path) -> str:
    return (disk.read(file) or b"").decode("utf-8", "replace")


def _of_text(text: str) -> Iterator[str]:
    for line in text.splitlines():
        yield line.strip().lstrip("- ")


def _of_pyproject(text: str, tables: Iterable[str] = TABLES) -> Iterator[str]:
    table = decoding.toml(text)
    for path in tables:
        yield from _under(table, path.split("."))


def _of_shared(text: str) -> Iterator[str]:
    yield from _of_pyproject(text, (it for it in TABLES if ".envs." not in it))


def _of_pipfile(text: str) -> Iterator[str]:
    table = decoding.toml(text)
    yield from _under(table, ["packages"])
    yield from _under(table, ["dev-packages"])


def _under(value: object, path: list[str]) -> Iterator[str]:
    """Yield the requirements below a path of keys: texts in lists, and poetry's names."""
    if path and isinstance(value, dict):
        head, *rest = path
        for name in value if head == "*" else [head]:
            yield from _under(value.get(name), rest)
    elif isinstance(value, list):
        yield from (it for it in value if isinstance(it, str))
    elif isinstance(value, dict):
        for name, inner in value.items():
            if isinstance(inner, list):
                yield from _under(inner, [])
            else:
                # poetry's `ruff = "0.6"` pins; `^0.6` and tables don't.
                exact = isinstance(inner, str) and inner[:1].isdigit()
                yield f"{name}=={inner}" if exact else f"{name}"


def _of_ini(text: str) -> Iterator[str]:
    parser = parity_lock.ini("an ini file", text)
    for section in parser.sections():
        for key, value in parser[section].items():
            if "require" in f"{section}{key}" or key == "deps":
                # A factor of tox (`lint: ruff`) says when it is installed.
                for line in str(value or "").splitlines():
                    yield re.sub(r"^[\w,{}!-]+: *", "", line.strip())


def _of_setup(text: str) -> Iterator[str]:
    """Yield the texts of setup.py that stand in a list."""
    for node in ast.walk(parsed(text)):
        if isinstance(node, (ast.List, ast.Tuple)):
            for it in node.elts:
                if isinstance(it, ast.Constant) and isinstance(it.value, str):
                    yield it.value
