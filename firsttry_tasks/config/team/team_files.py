"""Reads the commands that a team runs: in CI's workflows, tox, nox, Makefile and their like."""

from __future__ import annotations

import ast
import contextlib
import os
import re
from functools import partial
from typing import TYPE_CHECKING

from msgspec.structs import replace

from firsttry_tasks.config import parity_lock
from firsttry_tasks.config.reading import nox_words, recipes, tox_names
from firsttry_tasks.config.team import shell_text, workflow_files
from firsttry_tasks.config.team.shell_text import Line, joined, lines
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.model.source.quietly import parsed
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

    What CI runs comes before what people run, and so a file may come twice. ``root`` is the
    project, ``top`` the repository. A file that can't be read has no commands. The folders of the
    commands are seen from ``root``.
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
    """Return the files that may call pytest, each with its reader, what CI runs first.

    Some are there twice: once for what CI runs of them, if that can be told, and once for all.
    """
    workflows = top / ".github/workflows"
    if workflows.is_dir():
        for place in sorted(workflows.glob("*.y*ml")):
            yield place, workflow_files.of_yaml
    yield top / ".gitlab-ci.yml", workflow_files.of_yaml
    scripts = tuple(_scripts(root, top))
    yield from ((place, shell_text.of_shell) for place in scripts)
    ci = "\n".join(map(_text, (*_of_ci(top), *scripts)))
    yield from (it for _, found in sorted(_local(root, ci), key=_comes(ci)) for it in found)
    yield root / "pyproject.toml", _of_pyproject


def _comes(ci: str) -> Callable[[tuple[str, object]], bool]:
    """Return what puts a program that CI names before others, which stay in their order."""
    return lambda it: not recipes.called(ci, it[0])


#: A file's path and its reader, once or twice.
_Readers = list[tuple["Path", "Callable[[str], Iterable[Line]]"]]


def _local(root: Path, ci: str) -> Iterator[tuple[str, _Readers]]:
    """Yield the programs by which a team starts others, with their files and readers."""
    ini = root / "tox.ini"
    yield "tox", [(ini, partial(_of_ini, ci=ci)), (ini, _of_ini), (root / "tox.toml", _of_toml)]
    yield "nox", [(root / "noxfile.py", _of_nox)]
    for program, names, read in (
        ("make", ("GNUmakefile", "makefile", "Makefile"), shell_text.of_make),
        ("just", (".justfile", "Justfile", "justfile"), shell_text.of_just),
    ):
        calls = recipes.called(ci, program)
        of_ci = partial(_of_recipes, calls=calls, read=read)
        yield program, [(root / it, one) for it in names for one in (of_ci, read)]


def _of_recipes(
    text: str, calls: tuple[Words, ...], read: Callable[[str], Iterable[Line]]
) -> Iterator[Line]:
    """Return the commands of the recipes that CI runs."""
    yield from read(recipes.run(text, calls))


def _of_ci(top: Path) -> tuple[Path, ...]:
    """Return the files of CI systems."""
    return (*sorted((top / ".github/workflows").glob("*.y*ml")), top / ".gitlab-ci.yml")


def _scripts(root: Path, top: Path) -> Iterator[Path]:
    """Yield the shell scripts, at the top or one folder down, that CI or a Makefile names."""
    text = "\n".join(map(_text, (*_of_ci(top), root / "Makefile")))
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


#: What stands before a command of some environments alone.
CONDITION = re.compile(r"([\w,{}!.-]+):\s")
#: The folder of tox.ini, as tox calls it.
TOX = re.compile(r"\{(?:toxinidir|tox_root)\}(/?)")


def _of_ini(text: str, ci: str | None = None) -> Iterator[Line]:
    """Return the commands of tox's environments; of those alone that CI's text names or tox lists.

    None for the text: of all of them.
    """
    parser = parity_lock.ini("tox.ini", text)
    core = parser["tox"] if parser.has_section("tox") else {}
    listed = core.get("env_list") or core.get("envlist") or ""
    names = frozenset() if ci is None else tox_names.of_ci(listed, ci)
    for section in (it for it in parser.sections() if tox_names.runs(it, names)):
        variables = _variables(parser[section])
        folder = parser[section].get("changedir") or parser[section].get("change_dir") or ""
        folder = joined("", TOX.sub("", folder))
        for key, value in parser[section].items():
            if key.startswith("commands") and value:
                # `py313: pytest` is for one factor, and all the same the team's call.
                for line in lines(_unconditional(value, names), "" if "{" in folder else folder):
                    yield replace(line, words=(*variables, *line.words))


def _unconditional(text: str, names: frozenset[str]) -> str:
    """Return commands without their factors, and without those for no such environment."""
    kept = []
    for line in text.splitlines():
        found = CONDITION.match(line)
        if not found or tox_names.any_holds(found[1], names):
            kept.append(line[found.end() :] if found else line)
    return "\n".join(kept)


def _variables(section: Mapping[str, str]) -> Words:
    """Return what an environment of tox sets, as a shell writes it: ``NAME=value``."""
    text = f"{section.get('setenv') or ''}\n{section.get('set_env') or ''}"
    # A value may go on in the next lines, with comments between them.
    text = re.sub(r"\\\n\s*", "", re.sub(r"^\s*#.*\n?", "", text, flags=re.MULTILINE))
    lines = text.splitlines()
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
    """Return what a noxfile's sessions run, as far as its text says."""
    tree = parsed(text)
    shared = nox_words.assigned(tree.body)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef):
            folder = ""
            for name, words in _called(node, {**shared, **nox_words.assigned(ast.walk(node))}):
                if name == "chdir" and words:
                    folder = "" if words[0] == nox_words.UNKNOWN else words[0]
                if name.startswith("run"):
                    yield Line(words=words, folder=joined("", folder))


def _called(function: ast.FunctionDef, known: Mapping[str, ast.expr]) -> list[tuple[str, Words]]:
    """Return the methods that a function calls, in the order of its lines, with their texts."""
    found = [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)
    ]
    found.sort(key=lambda it: (it.lineno, it.col_offset))
    return [
        (_method(it), tuple(word for arg in it.args for word in nox_words.words(arg, known)))
        for it in found
    ]


def _method(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else ""
