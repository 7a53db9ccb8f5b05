"""Finds how a team calls pytest: which of the two forms stands in its own CI and tools' files.

``pytest`` puts no folder on ``sys.path``, ``python -m pytest`` puts the current one there. A suite
can be red by one form and green by the other, so the form that the team uses decides.
"""

from __future__ import annotations

import ast
import re
import shlex
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from firsttry_tasks.config import parity_lock
from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import UsageError
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

Form = Literal["script", "module"]
Words = tuple[str, ...]


class PytestCall(Struct, frozen=True, kw_only=True):
    """How pytest is called, and the file that says so, "" where none does and the form is a guess.

    ``flags`` are Python's own options before ``-m``, ``args`` those of pytest that the settings
    name.
    """

    form: Form = "script"
    flags: Words = ()
    args: Words = ()
    place: str = ""

    def __str__(self) -> str:
        """Return the call as people write it."""
        python = ("python", *self.flags, "-m") if self.form == "module" else ()
        return shlex.join((*python, "pytest", *self.args))


def find(root: Path, top: Path) -> PytestCall:
    """Return how the project at ``root``, in the repository at ``top``, calls pytest.

    The first kind of file that calls it decides: what CI runs before what people run. A file that
    can't be read says nothing.
    """
    for place, read in _places(root, top):
        text = (disk.read(place) or b"").decode("utf-8", "replace")
        # Most files don't name it, and parsing YAML takes longer than all the rest.
        if "pytest" not in text and "py.test" not in text:
            continue
        calls = [call for words in _quietly(read, text) if (call := call_in(words))]
        if calls:
            # Where both forms are called, both must be green; the one without the folder is the
            # stricter.
            chosen = next((call for call in calls if call.form == "script"), calls[0])
            return replace(chosen, place=place.relative_to(top).as_posix())
    return PytestCall()


def given(command: str) -> PytestCall:
    """Return the call that the settings name; UsageError where it does not call pytest."""
    words = next(shell(command), ())
    found = call_in(words)
    if found is None:
        raise UsageError(
            f"pyproject.toml, [tool.firsttry.pytest]: command = {command!r} does not call pytest."
            " Write it as you call it: 'pytest', or 'python -m pytest'."
        )
    [at, *_] = (at for at, word in enumerate(words) if _is_pytest(word))
    return replace(found, args=words[at + 1 :], place="pyproject.toml")


def call_in(words: Words) -> PytestCall | None:
    """Return how one command calls pytest; None where it does not."""
    for at, word in enumerate(words):
        if not _is_pytest(word):
            continue
        if at and words[at - 1] == "-m":
            return PytestCall(form="module", flags=_flags(words[: at - 1]))
        if _is_program(words[:at]):
            return PytestCall()
    return None


def _is_pytest(word: str) -> bool:
    return word.rpartition("/")[2] in {"pytest", "py.test"}


def _is_program(before: Words) -> bool:
    """Tell whether the word after these is a program to start, not another one's argument."""
    # `FOO=1 uv run --frozen` starts what follows, `pip install` does not.
    rest = [word for word in before if not re.fullmatch(r"\w+=.*", word)]
    return not rest or any(word.endswith(("run", "exec")) for word in rest) or rest[-1] == "--"


def _flags(before: Words) -> Words:
    """Return Python's own options at the end of the words: ``-W error`` of ``python -W error``."""
    starts = [at for at, word in enumerate(before) if "python" in word.lower()]
    found = before[starts[-1] + 1 :] if starts else ()
    # `python -m coverage run -m pytest` has words of coverage there.
    return found if found and found[0].startswith("-") and "-m" not in found else ()


def _quietly(read: Callable[[str], Iterable[Words]], text: str) -> tuple[Words, ...]:
    try:
        return tuple(read(text))
    # Whatever a parser says of a file that is the team's: it is no reason to stop.
    except (ValueError, SyntaxError, UsageError, RecursionError):
        return ()


def _places(root: Path, top: Path) -> Iterator[tuple[Path, Callable[[str], Iterable[Words]]]]:
    """Return the files that may call pytest, each with its reader, what CI runs first."""
    workflows = top / ".github/workflows"
    if workflows.is_dir():
        for place in sorted(workflows.glob("*.y*ml")):
            yield place, _of_yaml
    yield top / ".gitlab-ci.yml", _of_yaml
    yield root / "tox.ini", _of_ini
    yield root / "tox.toml", _of_toml
    yield root / "noxfile.py", _of_nox
    for name in ("GNUmakefile", "makefile", "Makefile"):
        yield root / name, _of_make
    yield root / "pyproject.toml", _of_pyproject
    yield top / ".pre-commit-config.yaml", _of_yaml


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
        for key, value in parser[section].items():
            if key.startswith("commands") and value:
                yield from shell(value)


def _of_toml(text: str) -> Iterator[Words]:
    """Return what may be commands: text that a key holds, or a list of words in a list."""
    yield from _strings(decoding.toml(text))


def _of_pyproject(text: str) -> Iterator[Words]:
    """Return what may be commands in the tools' tables; the others are about the package."""
    yield from _strings(decoding.toml(text).get("tool"))


def _strings(value: object) -> Iterator[Words]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _of_ini(str(inner)) if name == "legacy_tox_ini" else _strings(inner)
    elif isinstance(value, list):
        for inner in value:
            # tox writes [["pytest", "-x"]]. Texts that stand in a list alone are requirements.
            if isinstance(inner, list):
                yield tuple(map(str, inner))
            elif isinstance(inner, dict):
                yield from _strings(inner)
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
    for line in text.replace("\\\n", " ").splitlines():
        _, is_variable, value = line.partition("=")
        if line.startswith("\t"):
            yield from shell(line.lstrip("\t @-+"))
        elif is_variable:
            yield from shell(value)
        # `test: ready ; pytest` has its recipe on the line of the rule.
        elif ";" in line:
            yield from shell(line.partition(";")[2])


def shell(text: str) -> Iterator[Words]:
    """Return the simple commands of shell text, each as its words."""
    for line in text.replace("\\\n", " ").splitlines():
        for part in re.split(r"&&|\|\||[;|]", line):
            try:
                yield tuple(shlex.split(part, comments=True))
            except ValueError:  # a quotation mark that this line alone does not close
                yield tuple(part.split())
