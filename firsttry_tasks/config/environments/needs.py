"""What one environment brings, and how pip is told so."""

from __future__ import annotations

import re
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

Words = tuple[str, ...]
#: pip's options whose value is the next word, and names nothing that is installed.
VALUED = frozenset(
    {
        *("-i", "--index-url", "--extra-index-url", "-f", "--find-links", "--trusted-host"),
        *("-t", "--target", "--prefix", "--root", "-p", "--python", "--platform", "--progress-bar"),
        *("--upgrade-strategy", "--upgrade-package", "--config-settings", "-C", "--cache-dir"),
        *("--log", "--resolution", "--no-binary", "--only-binary", "--proxy", "--timeout"),
    }
)
#: Those that say what is installed, and the name that each goes by here.
NAMING = {
    "-r": "files",
    "--requirement": "files",
    "--requirements": "files",
    "-c": "constraints",
    "--constraint": "constraints",
    "--group": "groups",
    "--only-group": "groups",
    "--extra": "extras",
    "-e": "paths",
    "--editable": "paths",
}
#: The project itself, with the extras that are asked for, or as it was built a moment before.
PROJECT = re.compile(r"(?:\./?(?:\[(?P<extras>[^]]*)\])?|(?:\./)?dist/.*)")
#: The name of a distribution at the head of a requirement.
NAME = re.compile(r"[A-Za-z0-9][\w.-]*")


class Needs(Struct, frozen=True, kw_only=True):
    """What an environment brings: the project, its extras and groups, files, requirements."""

    project: bool = False
    extras: Words = ()
    groups: Words = ()
    files: Words = ()
    constraints: Words = ()
    requirements: Words = ()

    def __bool__(self) -> bool:
        """Tell whether anything comes besides the project."""
        return bool(self.extras or self.groups or self.files or self.requirements)

    @property
    def words(self) -> Words:
        """Return the words after ``pip install``."""
        extras = f"[{','.join(self.extras)}]" if self.extras else ""
        options = ("--group", self.groups), ("-r", self.files), ("-c", self.constraints)
        return (
            *(("-e", f".{extras}") if self.project or extras else ()),
            *(word for name, values in options for it in values for word in (name, it)),
            *(word for it in self.requirements for word in _parted(it)),
        )


def joined(found: Iterable[Needs]) -> Needs:
    """Return what all of these bring together."""
    listed = tuple(found)
    fields = ("extras", "groups", "files", "constraints", "requirements")
    return Needs(
        project=any(it.project for it in listed),
        **{
            name: tuple(dict.fromkeys(word for it in listed for word in getattr(it, name)))
            for name in fields
        },
    )


def of_pip(words: Iterable[str]) -> Needs:
    """Return what ``pip install`` with these words brings; what a shell fills in is left out."""
    found: dict[str, list[str]] = {name: [] for name in (*NAMING.values(), "requirements")}
    project = False
    for name, value in _named(words):
        own = PROJECT.fullmatch(value) if name in {"paths", "requirements"} else None
        # `pytest==8.*` has a star that no shell fills in.
        filled = set("${}") if own or "=" in value else set("${}*")
        # pip itself is there already.
        if value in {"", "pip"} or set(value) & filled:
            continue
        if own:
            project = True
            found["extras"] += filter(None, re.split(r"[ ,]+", own["extras"] or ""))
        elif name == "paths":
            found["requirements"].append(f"-e {value}")
        elif name in {"files", "constraints"}:
            found[name].append(PurePosixPath(value).as_posix())
        else:
            found[name].append(value)
    del found["paths"]
    return joined([Needs(project=project, **{it: tuple(has) for it, has in found.items()})])


def _named(words: Iterable[str]) -> Iterator[tuple[str, str]]:
    """Yield what is installed, each with the kind of it."""
    left = iter(words)
    for word in left:
        option, is_given, value = word.partition("=")
        short = NAMING.get(word[:2]) if word[:2] != "--" else None
        if word in VALUED:
            next(left, "")
        elif word[:1] != "-":
            yield "requirements", word.strip()
        elif option in NAMING:
            yield NAMING[option], (value if is_given else next(left, "")).strip()
        elif short:
            yield short, word[2:].strip()


def installs(words: Words) -> Needs | None:
    """Return what a command installs by pip or uv; None where it is another command."""
    names = [it.rpartition("/")[2] for it in words]
    for at, name in enumerate(names):
        before = names[at - 1] if at else ""
        if name == "install" and re.fullmatch(r"\$?\{?pip[\d.]*\}?", before, re.IGNORECASE):
            return of_pip(words[at + 1 :])
        if name == "sync" and before == "uv":
            return joined([Needs(project=True), of_pip(words[at + 1 :])])
    return None


def normal(requirement: str) -> str:
    """Return the name at the head of a requirement, as all spellings of it are one (PEP 503)."""
    found = NAME.match(requirement)
    return re.sub(r"[-_.]+", "-", found[0]).lower().rstrip("-") if found else ""


def _parted(requirement: str) -> Words:
    return ("-e", requirement[3:]) if requirement.startswith("-e ") else (requirement,)
