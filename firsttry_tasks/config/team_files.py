"""Reads the commands that a team runs: in CI's workflows, tox, nox, Makefile and their like."""

from __future__ import annotations

import ast
import contextlib
import re
import shlex
from typing import TYPE_CHECKING

from firsttry_tasks.config import parity_lock
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping
    from pathlib import Path

Words = tuple[str, ...]


def commands(root: Path, top: Path, names: Words) -> Iterator[tuple[Path, tuple[Words, ...]]]:
    """Yield each file that has one of the ``names`` of a tool, with its commands.

    What CI runs comes before what people run. ``root`` is the project, ``top`` the repository. A
    file that can't be read has no commands.
    """
    for place, read in _places(root, top):
        text = _text(place)
        # Most files don't name it, and parsing YAML takes longer than all the rest.
        if any(name in text for name in names):
            yield place, _quietly(read, text)


def _text(place: Path) -> str:
    return (disk.read(place) or b"").decode("utf-8", "replace")


def _quietly(read: Callable[[str], Iterable[Words]], text: str) -> tuple[Words, ...]:
    try:
        return tuple(read(text))
    # Whatever a parser says of a file that is the team's: it is no reason to stop.
    except (ValueError, SyntaxError, UsageError, RecursionError):
        return ()


def places(root: Path, top: Path) -> Iterator[Path]:
    """Yield the files that ``commands`` looks into."""
    yield from (place for place, _ in _places(root, top))


def _places(root: Path, top: Path) -> Iterator[tuple[Path, Callable[[str], Iterable[Words]]]]:
    """Return the files that may call pytest, each with its reader, what CI runs first."""
    workflows = top / ".github/workflows"
    if workflows.is_dir():
        for place in sorted(workflows.glob("*.y*ml")):
            yield place, _of_yaml
    yield top / ".gitlab-ci.yml", _of_yaml
    for place in _scripts(root, top):
        yield place, _of_shell
    yield root / "tox.ini", _of_ini
    yield root / "tox.toml", _of_toml
    yield root / "noxfile.py", _of_nox
    for name in ("GNUmakefile", "makefile", "Makefile"):
        yield root / name, _of_make
    for name in (".justfile", "Justfile", "justfile"):
        yield root / name, _of_just
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


def _of_yaml(text: str) -> Iterator[Words]:
    """Return the commands of a workflow, a pipeline or pre-commit's hooks."""
    # Imported late: only where such a file names pytest.
    import yaml

    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        tree = yaml.load(text, Loader=loader)  # noqa: S506  both loaders are safe
    except yaml.YAMLError as error:
        raise ValueError(str(error)) from error
    yield from _under(tree, "")


def _under(value: object, key: str) -> Iterator[Words]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _under(inner, str(name))
    elif isinstance(value, list):
        for inner in value:
            yield from _under(inner, key)
    elif isinstance(value, str) and key in COMMANDS:
        yield from shell(value)


def _of_ini(text: str) -> Iterator[Words]:
    """Return the commands of tox's environments."""
    parser = parity_lock.ini("tox.ini", text)
    for section in parser.sections():
        variables = _variables(parser[section])
        for key, value in parser[section].items():
            if key.startswith("commands") and value:
                # `py313: pytest` is for one factor, and all the same the team's call.
                for words in shell(re.sub(r"^[\w,{}!.-]+:\s", "", value, flags=re.MULTILINE)):
                    yield (*variables, *words)


def _variables(section: Mapping[str, str]) -> Words:
    """Return what an environment of tox sets, as a shell writes it: ``NAME=value``."""
    lines = f"{section.get('setenv') or ''}\n{section.get('set_env') or ''}".splitlines()
    pairs = ((name.strip(), value.strip()) for name, _, value in (x.partition("=") for x in lines))
    # A factor (`py313: NAME=value`) or a substitution (`{toxinidir}`) is tox's to know.
    return tuple(f"{n}={v}" for n, v in pairs if n.isidentifier() and "{" not in v)


def _of_toml(text: str) -> Iterator[Words]:
    """Return what may be commands: text that a key holds, or a list of words in a list."""
    yield from _strings(decoding.toml(text))


def _of_pyproject(text: str) -> Iterator[Words]:
    """Return what may be commands in the tools' tables; the others are about the package."""
    yield from _strings(decoding.toml(text).get("tool"))


def _strings(value: object, *, scripts: bool = False) -> Iterator[Words]:
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
                yield tuple(map(str, inner))
            elif isinstance(inner, dict) or scripts:
                yield from _strings(inner, scripts=scripts)
    elif isinstance(value, str):
        yield from shell(value)


def _of_nox(text: str) -> Iterator[Words]:
    """Return what a noxfile's sessions run: the texts at the head of ``session.run(...)``."""
    for node in ast.walk(ast.parse(text)):
        if not (isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute)):
            continue
        if node.func.attr.startswith("run"):
            values = (it.value if isinstance(it, ast.Constant) else "" for it in node.args)
            yield tuple(map(str, values))


def _of_make(text: str) -> Iterator[Words]:
    """Return the commands of a Makefile: its recipes, and what its variables stand for."""
    for line in _expanded(text).splitlines():
        _, is_variable, value = line.partition("=")
        if line.startswith("\t"):
            yield from shell(line.lstrip("\t @-+"))
        elif is_variable:
            yield from shell(value)
        # `test: ready ; pytest` has its recipe on the line of the rule.
        elif ";" in line:
            yield from shell(line.partition(";")[2])


def _of_just(text: str) -> Iterator[Words]:
    """Return the commands of a justfile: the indented lines."""
    for line in _expanded(text).splitlines():
        if line[:1].isspace():
            yield from shell(line.strip().lstrip("@-"))


def _of_shell(text: str) -> Iterator[Words]:
    """Return the commands of a shell script."""
    yield from shell(_expanded(text))


#: How make, just and a shell set a variable, and how they name one.
SET = re.compile(r"^[ ]*(?:export )?([A-Za-z_]\w*) *(?:[:?]?=) *(.*)$", re.MULTILINE)
USED = re.compile(r"\$\(([A-Za-z_]\w*)\)|\$\{([A-Za-z_]\w*)\}|\$([A-Za-z_]\w*)|\{\{ *(\w+) *\}\}")
#: A value of just's: texts and names, joined by plus signs.
JOINED = re.compile(r"""("[^"]*"|'[^']*'|\w+)( *\+ *("[^"]*"|'[^']*'|\w+))*""")


def _expanded(text: str) -> str:
    """Return the text with the values of variables that it sets itself, each once.

    Of others only what is glued to the word after it goes: ``${PREFIX}ruff`` starts ruff.
    """
    text = text.replace("\\\n", " ")
    values: dict[str, set[str]] = {}
    for name, value in SET.findall(text):
        values.setdefault(name, set()).add(value.strip())
    known = {name: next(iter(found)) for name, found in values.items() if len(found) == 1}
    for _ in range(3):  # variables of variables of variables
        text = USED.sub(lambda it: _value(it, known), text)
    return re.sub(rf"(?:{USED.pattern})(?=\w)", "", text)


def _value(used: re.Match[str], known: Mapping[str, str]) -> str:
    """Return what a variable stands for; the words themselves where that is not known."""
    value = known.get(next(filter(None, used.groups()), ""))
    # What a condition or a function gives is for its program to know.
    if value is None or set(value) & set("{}()`"):
        return used[0]
    if JOINED.fullmatch(value) and set(value) & set("\"'"):
        parts = re.findall(r""""[^"]*"|'[^']*'|\w+""", value)
        return "".join(
            it[1:-1] if it[0] in "\"'" else known.get(it, "").strip("\"'") for it in parts
        )
    return value


def shell(text: str) -> Iterator[Words]:
    """Return the simple commands of shell text, each as its words."""
    # tox's {posargs:tests} stands for its default, as do its {env:NAME:x} and hatch's {args:tests}.
    text = re.sub(r"\{(?:(?:pos)?args|env:\w+):?([^{}]*)\}", r"\1", text)
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\|\||[;|]", line):
            try:
                yield tuple(shlex.split(part, comments=True))
            except ValueError:  # a quotation mark that this line alone does not close
                yield tuple(part.split())
