"""Reads the commands that a team runs: in CI's workflows, tox, nox, Makefile and their like."""

from __future__ import annotations

import ast
import contextlib
import itertools
import os
import re
from typing import TYPE_CHECKING, Any

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config import parity_lock, shell_text
from firsttry_tasks.config.shell_text import Line, joined, lines
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

Words = tuple[str, ...]
#: The files of CI systems, whose commands run at the top of the repository.
AT_TOP = (".github", ".gitlab-ci.yml")

#: What tells that a folder is a package of its own.
OF_PACKAGES = ("pyproject.toml", "setup.py", "setup.cfg")


def commands(root: Path, top: Path, names: Words) -> Iterator[tuple[Path, tuple[Line, ...]]]:
    """Yield each file that has one of the ``names`` of a tool, with its commands.

    What CI runs comes before what people run. ``root`` is the project, ``top`` the repository. A
    file that can't be read has no commands. The folders of the commands are seen from ``root``.
    """
    for place, read in _places(root, top):
        text = _text(place)
        # Most files don't name it, and parsing YAML takes longer than all the rest.
        if any(name in text for name in names):
            of_ci = place.relative_to(top).parts[0] in AT_TOP
            found = _quietly(read, text)
            yield place, tuple(_seen_from(root, top if of_ci else root, found))


def _seen_from(root: Path, base: Path, found: Iterable[Line]) -> Iterator[Line]:
    """Yield commands with their folders as they are seen from the project, "" for itself."""
    for line in found:
        # A folder that is not there may be where CI puts the whole checkout.
        globbed = set(line.folder) & set("*?")
        there = sorted(base.glob(line.folder)) if globbed else []
        there = [it for it in there if any((it / name).exists() for name in OF_PACKAGES)]
        place = base / line.folder
        for folder in there or [place if place.is_dir() and not globbed else root]:
            seen = os.path.relpath(folder, root)
            yield replace(line, folder="" if seen == "." else seen)


def _text(place: Path) -> str:
    return (disk.read(place) or b"").decode("utf-8", "replace")


def _quietly(read: Callable[[str], Iterable[Line]], text: str) -> tuple[Line, ...]:
    try:
        return tuple(read(text))
    # Whatever a parser says of a file that is the team's: it is no reason to stop.
    except (ValueError, SyntaxError, UsageError, RecursionError):
        return ()


def places(root: Path, top: Path) -> Iterator[Path]:
    """Yield the files that ``commands`` looks into."""
    yield from (place for place, _ in _places(root, top))


def _places(root: Path, top: Path) -> Iterator[tuple[Path, Callable[[str], Iterable[Line]]]]:
    """Return the files that may call pytest, each with its reader, what CI runs first."""
    workflows = top / ".github/workflows"
    if workflows.is_dir():
        for place in sorted(workflows.glob("*.y*ml")):
            yield place, _of_yaml
    yield top / ".gitlab-ci.yml", _of_yaml
    for place in _scripts(root, top):
        yield place, shell_text.of_shell
    yield root / "tox.ini", _of_ini
    yield root / "tox.toml", _of_toml
    yield root / "noxfile.py", _of_nox
    for name in ("GNUmakefile", "makefile", "Makefile"):
        yield root / name, shell_text.of_make
    for name in (".justfile", "Justfile", "justfile"):
        yield root / name, shell_text.of_just
    yield root / "pyproject.toml", _of_pyproject


def _scripts(root: Path, top: Path) -> Iterator[Path]:
    """Yield the shell scripts, at the top or one folder down, that CI or a Makefile names."""
    workflows = sorted((top / ".github/workflows").glob("*.y*ml"))
    callers = (*workflows, top / ".gitlab-ci.yml", root / "Makefile")
    text = "\n".join(map(_text, callers))
    folders = (it for it in sorted(root.iterdir()) if it.name[:1] != "." and it.is_dir())
    for folder in (root, *folders):
        inside = "" if folder == root else f"{folder.name}/"
        # Most folders are not named, and need not be looked into.
        if inside in text:
            for it in sorted(folder.iterdir()):
                if it.suffix in {"", ".sh"} and f"{inside}{it.name}" in text and _is_shell(it):
                    yield it


def _is_shell(place: Path) -> bool:
    with contextlib.suppress(OSError), place.open("rb") as file:
        first = file.readline(80)
        return first.startswith(b"#!") and first.rstrip().split()[0].endswith((b"sh", b"env"))
    return False


#: The keys under which these files hold commands. Names and descriptions stand under others.
COMMANDS = frozenset({"run", "script", "before_script", "after_script", "entry"})
#: The folder of tox.ini, as tox calls it.
TOX = re.compile(r"\{(?:toxinidir|tox_root)\}(/?)")
#: What GitHub fills in: the checkout, and a value of a job's matrix.
WORKSPACE = re.compile(r"\$\{\{ *github\.workspace *\}\}/?")
FILLED = re.compile(r"\$\{\{ *(?:matrix\.([\w.-]+))?[^}]*\}\}")
#: A value that is a part of a path. Others, such as Python's version, stay unknown: here is one.
IN_PATH = re.compile(r"(?:(?<=/)|(?<=cd ))\$\{\{[^}]*\}\}|\$\{\{[^}]*\}\}(?=/)")
#: One job of a matrix: its values by their names.
Row = dict[str, Any]


class Around(Struct, frozen=True):
    """What stands around a command of a workflow: folder, matrix, the variables of its step."""

    folder: str = ""
    matrix: Row = {}
    env: dict[str, str] = {}


def _of_yaml(text: str) -> Iterator[Line]:
    """Return the commands of a workflow, a pipeline or pre-commit's hooks."""
    # Imported late: only where such a file names pytest.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        tree = yaml.load(text, Loader=loader)  # noqa: S506  both loaders are safe
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    yield from _under(tree, "", Around())


def _under(value: object, key: str, around: Around) -> Iterator[Line]:
    if isinstance(value, dict):
        around = _around(value, around)
        for name, inner in value.items():
            yield from _under(inner, str(name), around)
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, key, around)
    elif isinstance(value, str) and key in COMMANDS:
        for text, folder in _filled(value, around):
            yield from (replace(it, env=around.env) for it in lines(text, folder))


def _around(value: dict[Any, Any], around: Around) -> Around:
    """Return what stands around the commands in one mapping of a workflow."""
    folder = value.get("working-directory") or _at(value, "defaults", "run", "working-directory")
    matrix = _at(value, "strategy", "matrix")
    env = value.get("env") if "run" in value else None
    return Around(
        joined("", WORKSPACE.sub("", folder)) if isinstance(folder, str) else around.folder,
        matrix if isinstance(matrix, dict) else around.matrix,
        {str(k): str(v) for k, v in env.items()} if isinstance(env, dict) else {},
    )


def _at(value: object, *keys: str) -> object:
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value


def _filled(text: str, around: Around) -> Iterator[tuple[str, str]]:
    """Yield a command's text and folder, once for each value of a matrix that is part of a path."""
    text = WORKSPACE.sub("", text)
    named = FILLED.findall(around.folder + "".join(IN_PATH.findall(text)))
    for row in _rows(around.matrix, {it.partition(".")[0] for it in named}):
        # What nobody knows may be any package that is there.
        yield _with(row, text, ""), _with(row, around.folder, "*")


def _rows(matrix: Row, names: set[str]) -> list[Row]:
    """Return the jobs of a matrix, as far as these names tell them apart."""
    listed = {key: values for key, values in matrix.items() if isinstance(values, list)}
    more = listed.pop("include", [])
    used = {key: listed[key] for key in listed.keys() & names}
    rows = [dict(zip(used, values, strict=True)) for values in itertools.product(*used.values())]
    alone = [it for it in more if isinstance(it, dict) and names & it.keys()]
    # An added row is a job of its own where no other one has its values.
    return [*(rows if used or not alone else []), *(it for it in alone if it not in rows)]


def _with(row: Row, text: str, unknown: str) -> str:
    """Return a text with the values of one job; ``unknown`` stands for others, "" leaves them."""
    return FILLED.sub(lambda it: _value(row, it[1]) or unknown or it[0], text)


def _value(row: Row, name: str | None) -> str:
    value = _at(row, *(name or "").split("."))
    return "" if value is None or isinstance(value, (dict, list)) else str(value)


def _of_ini(text: str) -> Iterator[Line]:
    """Return the commands of tox's environments."""
    parser = parity_lock.ini("tox.ini", text)
    for section in parser.sections():
        variables = _variables(parser[section])
        folder = parser[section].get("changedir") or parser[section].get("change_dir") or ""
        folder = joined("", TOX.sub("", folder))
        for key, value in parser[section].items():
            if key.startswith("commands") and value:
                # `py313: pytest` is for one factor, and all the same the team's call.
                text = re.sub(r"^[\w,{}!.-]+:\s", "", value, flags=re.MULTILINE)
                for line in lines(text, "" if "{" in folder else folder):
                    yield replace(line, words=(*variables, *line.words))


def _variables(section: Mapping[str, str]) -> Words:
    """Return what an environment of tox sets, as a shell writes it: ``NAME=value``."""
    lines = f"{section.get('setenv') or ''}\n{section.get('set_env') or ''}".splitlines()
    pairs = ((name.strip(), value.strip()) for name, _, value in (x.partition("=") for x in lines))
    # A factor (`py313: NAME=value`) or a substitution (`{envtmpdir}`) is tox's to know.
    return tuple(f"{n}={v}" for n, v in pairs if n.isidentifier() and "{" not in TOX.sub("", v))


def from_here(word: str, folder: str) -> str:
    """Return a word with tox's own folder, as it is seen from here, in the place of its name."""
    return TOX.sub(lambda it: folder if not it[1] else "" if folder == "." else f"{folder}/", word)


def _of_toml(text: str) -> Iterator[Line]:
    """Return what may be commands: text that a key holds, or a list of words in a list."""
    yield from _strings(decoding.toml(text))


def _of_pyproject(text: str) -> Iterator[Line]:
    """Return what may be commands in the tools' tables; the others are about the package."""
    yield from _strings(decoding.toml(text).get("tool"))


def _strings(value: object, *, scripts: bool = False) -> Iterator[Line]:
    if isinstance(value, dict):
        for name, inner in value.items():
            # hatch and its like keep the commands of one script in a list.
            listed = scripts or str(name).endswith(("scripts", "tasks"))
            legacy = name == "legacy_tox_ini"
            yield from _of_ini(str(inner)) if legacy else _strings(inner, scripts=listed)
    elif isinstance(value, list):
        for inner in value:
            # tox writes [["pytest", "-x"]]. Other texts that stand in a list are requirements.
            if isinstance(inner, list):
                yield Line(words=tuple(map(str, inner)))
            elif isinstance(inner, dict) or scripts:
                yield from _strings(inner, scripts=scripts)
    elif isinstance(value, str):
        yield from lines(value)


def _of_nox(text: str) -> Iterator[Line]:
    """Return what a noxfile's sessions run: the texts at the head of ``session.run(...)``."""
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef):
            folder = ""
            for name, words in _called(node):
                folder = words[0] if name == "chdir" and words else folder
                if name.startswith("run"):
                    yield Line(words=words, folder=joined("", folder))


def _called(function: ast.FunctionDef) -> list[tuple[str, Words]]:
    """Return the methods that a function calls, in the order of its lines, with their texts."""
    found = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    found.sort(key=lambda it: (it.lineno, it.col_offset))
    return [(_method(it), tuple(map(_constant, it.args))) for it in found]


def _method(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""


def _constant(node: ast.expr) -> str:
    return str(node.value) if isinstance(node, ast.Constant) else ""
