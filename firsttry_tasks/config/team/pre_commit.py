"""Reads the hooks of ``.pre-commit-config.yaml``: what each calls, for which files."""

from __future__ import annotations

import re
import shlex
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

FILE = ".pre-commit-config.yaml"
#: What these hooks call where the configuration does not say it, as their repositories document
#: (astral-sh/ruff-pre-commit, pre-commit/mirrors-mypy): a repository that is elsewhere can't be
#: read, and a hook's name does not tell.
ENTRIES = {
    "ruff": ("ruff check --force-exclude", ()),
    "ruff-check": ("ruff check --force-exclude", ()),
    "mypy": ("mypy", ("--ignore-missing-imports", "--scripts-are-modules")),
}
#: A revision that stands for a commit, with the version behind it, as `--freeze` writes it.
FROZEN = re.compile(r"rev:\s*[\"']?(\w+)[\"']?\s*#\s*frozen:\s*(\S+)")


class Files(Struct, frozen=True, kw_only=True):
    """Which files a hook passes: those that all of ``only`` match, and none of ``never``.

    Both are regular expressions, for paths from ``base``, the project's place in its repository.
    """

    only: tuple[str, ...] = ()
    never: tuple[str, ...] = ()
    base: str = ""

    @property
    def every(self) -> bool:
        """Tell whether every file of the tool's kind is passed."""
        return not self.only and not self.never

    def of(self, paths: Iterable[str], endings: tuple[str, ...]) -> tuple[str, ...]:
        """Return those of the paths that have one of the endings and that the hook passes."""
        only, never = ([re.compile(it) for it in side] for side in (self.only, self.never))
        found = (path for path in paths if path.endswith(endings))
        return tuple(
            path
            for path in found
            if all(it.search(self.base + path) for it in only)
            and not any(it.search(self.base + path) for it in never)
        )


class Hook(Struct, frozen=True, kw_only=True):
    """One hook: the words of its call, the files it passes, its revision, its environment.

    ``files`` is None for a hook that passes no files; ``alone`` tells that its environment holds
    the tool and nothing else, ``needs`` what is in it besides.
    """

    id: str
    words: tuple[str, ...]
    files: Files | None
    rev: str
    alone: bool
    needs: tuple[str, ...] = ()


def hooks(top: Path, root: Path) -> Iterator[Hook]:
    """Yield the hooks whose call is known; a file that can't be read has none."""
    text = (disk.read(top / FILE) or b"").decode("utf-8", "replace")
    base = root.relative_to(top).as_posix()
    tree = _tree(text)
    frozen = dict(FROZEN.findall(text))
    around = Files(
        only=_some(tree.get("files")),
        never=_some(tree.get("exclude")),
        base="" if base == "." else f"{base}/",
    )
    for repo in _dicts(tree.get("repos")):
        rev = str(repo.get("rev") or "")
        for hook in _dicts(repo.get("hooks")):
            known = ENTRIES.get(str(hook.get("id"))) if repo.get("repo") != "local" else None
            entry, args = known or ("", ())
            entry = str(hook.get("entry") or entry)
            if entry:
                yield _hook(hook, entry, args, around, frozen.get(rev, rev))


def _hook(hook: dict[str, Any], entry: str, args: tuple[str, ...], around: Files, rev: str) -> Hook:
    given = hook.get("args")
    files = Files(
        only=(*around.only, *_some(hook.get("files"))),
        never=(*around.never, *_some(hook.get("exclude"))),
        base=around.base,
    )
    words = (*_split(entry), *(map(str, given) if isinstance(given, list) else args))
    alone = hook.get("language") != "system" and not hook.get("additional_dependencies")
    # Without any of its project's packages every import is unknown, and mypy has an option for it.
    more = ("--no-site-packages",) if alone and hook.get("id") == "mypy" and rev else ()
    return Hook(
        id=str(hook.get("id")),
        words=(*words, *more),
        files=None if hook.get("pass_filenames") is False else files,
        rev=rev,
        alone=alone,
        needs=tuple(map(str, hook.get("additional_dependencies") or ())),
    )


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text)
    except ValueError:  # a quotation mark that is not closed
        return text.split()


def _tree(text: str) -> dict[str, Any]:
    if not text:
        return {}
    # Imported late: few runs need it.
    import yaml

    try:
        tree = yaml.load(text, Loader=getattr(yaml, "CSafeLoader", yaml.SafeLoader))  # noqa: S506
    except yaml.YAMLError:
        return {}
    return tree if isinstance(tree, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [it for it in value if isinstance(it, dict)] if isinstance(value, list) else []


def _some(value: object) -> tuple[str, ...]:
    """Return a regular expression that is one, and says something."""
    if not isinstance(value, str) or value in {"", "^$"}:
        return ()
    try:
        re.compile(value)
    except re.error:
        return ()
    return (value,)
