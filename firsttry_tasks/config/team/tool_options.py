"""Reads the words of one call: what stands before a tool, and which options decide its answer."""

from __future__ import annotations

import itertools
import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from firsttry_tasks.config import parity_lock

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from pathlib import Path

Words = tuple[str, ...]
#: The files and sections that a tool reads its configuration from. setup.cfg's has no bracket at
#: its end, because mypy also reads sections such as [mypy-tests.*].
PLACES = {
    "mypy": ("mypy.ini", ".mypy.ini", "pyproject.toml [tool.mypy]", "setup.cfg [mypy"),
    "ruff": ("ruff.toml", ".ruff.toml", "pyproject.toml [tool.ruff]"),
}
#: A variable that is set for one command.
ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=.*")
#: Words of a shell after which a command starts.
AFTER = frozenset({"then", "else", "do", "!", "time"})
#: Options of what starts a tool (uv, poetry, pdm, make) that say in which folder.
LEADS = frozenset({"--directory", "-C", "--cwd", "--working-directory"})

#: Options of ruff that decide what it finds. The others say what to print, to write or to mend.
RUFF = frozenset(
    {
        *("--select", "--extend-select", "--ignore", "--extend-ignore", "--ignore-noqa"),
        *("--per-file-ignores", "--extend-per-file-ignores", "--exclude", "--extend-exclude"),
        *("--config", "--isolated", "--target-version", "--line-length", "--extension"),
        *("--preview", "--no-preview", "--force-exclude", "--no-force-exclude"),
        *("--respect-gitignore", "--no-respect-gitignore", "--dummy-variable-rgx"),
    }
)
#: Options of mypy by which it writes, prints otherwise, or installs something.
WRITES = re.compile(
    r"report|junit|cache|incremental|install|interactive|pdb|output|pretty|color|summary|show-|hide-"
    r"|error-context|daemon|verbose|stats|timing|dump"
)
#: Options of both that have a value, which may be the next word.
VALUED = frozenset(
    {
        *("--select", "--extend-select", "--ignore", "--extend-ignore", "--per-file-ignores"),
        *("--extend-per-file-ignores", "--exclude", "--extend-exclude", "--config", "--extension"),
        *("--target-version", "--line-length", "--dummy-variable-rgx", "--output-format"),
        *("--output-file", "-o", "--cache-dir", "--fixable", "--unfixable", "--stdin-filename"),
        *("--python-version", "--platform", "--config-file", "--python-executable"),
        *("--follow-imports", "--enable-error-code", "--disable-error-code", "--always-true"),
        *("--always-false", "--custom-typeshed-dir", "--untyped-calls-exclude", "--output", "-O"),
        *("--junit-xml", "--junit-format", "--html-report", "--txt-report", "--xml-report"),
        *("--cobertura-xml-report", "--linecount-report", "--lineprecision-report"),
        *("--any-exprs-report", "--linecoverage-report", "--xslt-html-report"),
    }
)
#: Options of pytest itself that add tests, and that make an error of more.
ADDING = frozenset({"--doctest-modules", "--doctest-glob"})
STRICT = frozenset({"-W", "--strict", "--strict-config", "--strict-markers", "--runxfail"})
VALUED_HERE = frozenset({"--doctest-glob", "-W"})
#: What may stand before a path and takes no word after it for its own.
PLAIN = re.compile(
    "--|--doctest-modules|--strict|--strict-config|--strict-markers|--runxfail|--pyargs|--verbose"
    "|--quiet|-[xvqsl]+|(?!-).*|.*=.*"
)
#: What names a package or module in place of a path, for mypy.
NAMING = {"--package": "-p", "--module": "-m", "-p": "-p", "-m": "-m"}


def kept(tool: str, args: Words) -> tuple[Words, Words]:
    """Return the options of a call that decide what is found, and the words that name what for.

    An option whose value is for a shell to know (``$FILES``) goes with it.
    """
    options: list[str] = []
    rest: list[str] = []
    words = iter(args)
    for word in words:
        name, _, value = word.partition("=")
        if tool == "mypy" and name in NAMING:
            rest += [NAMING[name], value or next(words, "")]
        elif word == "--" or not word.startswith("-"):
            rest += [] if word == "--" else [word]
        else:
            found = [word, next(words, "")] if word in VALUED else [word]
            known = not any(set(it) & set("${") for it in found)
            options += found if known and _decides(tool, name) else []
    return tuple(options), tuple(rest)


def widening(root: Path, calls: Sequence[Words]) -> Words:
    """Return those of pytest's options in some calls that add to what is run or to what is red.

    Others leave tests out, or say how to report, and may stand for one job alone. What makes more
    an error has to stand in all calls. What adds tests counts wherever it stands, if all calls say
    where they look: a whole project has files that can't be imported to look for examples in them.
    """
    strict = [{it for it in _pairs(args) if it[0] in STRICT} for args in calls]
    named = [paths(root, "pytest", args) for args in calls]
    sure = all(named) or not (any(named) or any(_rest(args) for args in calls))
    adding = (it for args in calls if sure for it in _pairs(args) if it[0] in ADDING)
    in_all = (it for it in _pairs(calls[0]) if all(it in found for found in strict))
    return tuple(
        filter(None, (word for pair in dict.fromkeys((*adding, *in_all)) for word in pair))
    )


def single_files(args: Words) -> bool:
    """Tell whether a call of pytest names files of Python alone, and no folder."""
    named = [word for word in args if ".py" in word and not word.startswith("-")]
    return bool(named) and not any("/" in it or it == "." for it in args if it not in named)


def _pairs(args: Words) -> Iterator[tuple[str, str]]:
    """Yield pytest's options that may be taken over, each with its value, if that is plain text."""
    for word, after in itertools.pairwise((*args, "")):
        name, _, value = word.partition("=")
        if name in VALUED_HERE:
            value = value or after
        elif word[:2] == "-W":
            name, value = "-W", word[2:]
        # Of warnings, what makes an error of one.
        if not set(value) & set("${") and (name != "-W" or value.startswith("error")):
            yield name, value


def _rest(args: Words) -> Words:
    """Return the words that may name what is looked into."""
    pairs = itertools.pairwise(("--", *args))
    return tuple(word for last, word in pairs if word[:1] != "-" and PLAIN.fullmatch(last))


def _decides(tool: str, name: str) -> bool:
    # mypy's -v and -i print and cache; ruff's -q and -e as well.
    return name in RUFF if tool == "ruff" else name[:2] == "--" and not WRITES.search(name)


def assigned(words: Words) -> dict[str, str]:
    """Return the variables that are set for a command."""
    return known(dict(it.split("=", 1) for it in words if ASSIGNMENT.fullmatch(it)))


def known(variables: Mapping[str, str]) -> dict[str, str]:
    """Return the variables whose values are plain text."""
    # What is substituted there is for make, tox or the shell to know.
    return {name: value for name, value in variables.items() if not set(value) & set("${")}


def led(before: Words) -> str:
    """Return the folder into which what starts a tool goes first, "" where it stays."""
    for word, after in itertools.pairwise((*before, "")):
        name, _, value = word.partition("=")
        if name in LEADS and not set(value or after) & set("${"):
            return value or after
    return ""


def starts_here(before: Words) -> bool:
    """Tell whether the word after these is a program to start, not another one's argument."""
    # `FOO=1 uv run --frozen` starts what follows, `pip install` does not.
    rest = [it for it in before if not ASSIGNMENT.fullmatch(it) and it not in AFTER]
    if not rest or rest[-1] == "--":
        return True
    starters = [at for at, it in enumerate(rest) if it.endswith(("run", "exec", "uvx"))]
    if not starters:
        return False
    # Of `uvx --with tox-uv tox -e mypy`, tox is started: an option may take the word after it.
    between = rest[starters[-1] :]
    pairs = itertools.pairwise(between)
    return all(word.startswith("-") or last.startswith("-") for last, word in pairs)


def flags(before: Words) -> Words:
    """Return Python's own options: ``-W error`` of ``python -W error -m coverage run``."""
    # `PYTHONDEVMODE=1 python -W error` has the word in a variable, too.
    rest = tuple(word for word in before if not ASSIGNMENT.fullmatch(word))
    starts = [at for at, word in enumerate(rest) if "python" in word.lower()]
    found = rest[starts[0] + 1 :] if starts else ()
    found = found[: found.index("-m")] if "-m" in found else found
    return found if found and found[0].startswith("-") else ()


def looked(root: Path) -> Words:
    """Return pytest's ``testpaths``, none where they are not plain folders."""
    sections = parity_lock.sections(root).values()
    found: object = next((it["testpaths"] for it in sections if "testpaths" in it), ())
    words = found.split() if isinstance(found, str) else found
    names = tuple(map(str, words)) if isinstance(words, list) else ()
    return names if all((root / it).is_dir() for it in names) else ()


def configured_below(root: Path) -> str:
    """Return the one file below that alone configures pytest, "" where none or something else does.

    Whoever calls pytest there, it reads that; from the top it has to be told where to look.
    """
    names = ("pytest.ini", ".pytest.ini", "pytest.toml", ".pytest.toml")
    found = [file for name in names for file in sorted(root.glob(f"*/{name}"))]
    if len(found) != 1 or any("pytest" in place for place in parity_lock.sections(root)):
        return ""
    return found[0].relative_to(root).as_posix()


def inside(path: str, folders: Iterable[str]) -> bool:
    """Tell whether a path is one of these, or below one."""
    return any(PurePosixPath(path).is_relative_to(it) for it in folders)


def paths(root: Path, tool: str, args: Words) -> Words:
    """Return the arguments of a call that are code of the project; none where that is not sure."""
    pairs = zip(("", *args), args, strict=False)
    found = [(last, word) for last, word in pairs if _is_code(root, word)]
    # `pytest --cov src` names no tests. mypy has no option whose value is code.
    unsure = any(not PLAIN.fullmatch(last) for last, _ in found)
    return () if unsure and tool == "pytest" else tuple(word for _, word in found)


def _is_code(root: Path, word: str) -> bool:
    return word[:1] not in {"", "-"} and ((root / word).is_dir() or word.endswith(".py"))
