"""Tells which options of a team's call of ruff and mypy decide what the tool finds."""

from __future__ import annotations

import re

Words = tuple[str, ...]
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


def _decides(tool: str, name: str) -> bool:
    # mypy's -v and -i print and cache; ruff's -q and -e as well.
    return name in RUFF if tool == "ruff" else name[:2] == "--" and not WRITES.search(name)
