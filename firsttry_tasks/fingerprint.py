"""Computes the inputs of each gate as named parts, and tells which of them changed.

Parts have names, and are not one digest, so that a gate that runs again can say why.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from firsttry_tasks.model import globs
from firsttry_tasks.model.observed import variable
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence
    from pathlib import Path

#: The gates whose tool is watched while it runs warm: their keys hold what it looked at, in place
#: of the tree.
WATCHED = frozenset({"ruff", "mypy"})
#: What stands in a key in place of a digest of what the tool looked at, where that is not known.
#: A gate with it is never up to date.
UNKNOWN = "unknown"
#: The parts besides the tree that can change what each gate says. ``tool`` is the program that is
#: started; ``variables`` is a digest of the whole environment, since plugins read what they like.
RESTS_ON = {
    "ruff": ("seen", "tool", "variables", "lock", "baseline"),
    "mypy": (
        *("seen", "tool", "python", "platform", "distributions"),
        *("variables", "configuration", "lock", "baseline"),
    ),
    "tests": (
        *("python", "platform", "distributions", "environment", "lock"),
        *("flaky", "watched", "unknown"),
    ),
    "diff-cover": ("python", "platform", "distributions", "environment", "lock", "head"),
}
#: How many changed paths a reason names before it counts the rest: a reason is one line.
NAMED = 3
#: Parts that list variables and files with digests. Only names are told: a digest says nothing to
#: a person, and a value is nobody else's business.
BY_NAME = frozenset({"environment", "watched"})


class Inputs(Struct, frozen=True, kw_only=True):
    """What one gate depends on: named parts, each as readable text or as a digest."""

    gate: str
    parts: dict[str, str]

    @property
    def key(self) -> str:
        """Return the digest of all parts."""
        # surrogateescape, here and below: names of files need not be valid UTF-8.
        lines = "\n".join(f"{name}={value}" for name, value in sorted(self.parts.items()))
        return disk.digest(lines.encode("utf-8", "surrogateescape"))


class Fingerprint(Struct, frozen=True, kw_only=True):
    """The fingerprint of a tree, by which golden caches are named, and the parts behind it.

    ``head`` is git's HEAD, ``lock`` the sha256 of the parity lock, ``tree`` a digest of all files.
    ``warnings`` are about the environment, ``pins`` about tools of another version than the
    project pins, ``unknown`` about files that can't be read.
    """

    head: str
    lock: str
    tree: str
    parts: dict[str, str]
    warnings: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """Return ``<git HEAD>-<sha256 of the parity lock>``."""
        return f"{self.head}-{self.lock}"


def manifest(entries: Mapping[str, str]) -> bytes:
    """Return ``path -> blob`` as bytes; equal trees give equal bytes."""
    # Separated by NUL, the one character that no path can hold; and no JSON, since each look at the
    # tree does this for every file.
    lines = (f"{blob}\t{path}" for path, blob in sorted(entries.items()))
    return "\0".join(lines).encode("utf-8", "surrogateescape")


def read_manifest(data: bytes) -> dict[str, str]:
    """Return ``path -> "<mode> <blob>"`` from a manifest's bytes."""
    # The blob comes first, and it has no tab; a path may have one.
    lines = data.decode("utf-8", "surrogateescape").split("\0") if data else []
    pairs = (line.partition("\t") for line in lines)
    return {path: blob for blob, _, path in pairs}


def readable(gate: str, entries: Mapping[str, str], inert: Iterable[str] = ()) -> dict[str, str]:
    """Return the part of the tree that a gate can read: for tests, all but ``inert``.

    Only warm passes ``inert``: full sees every file, so that it shows where such a glob is wrong.
    """
    # `inert` says what no test reads; ruff and mypy may well read it.
    unread = () if gate in WATCHED else tuple(inert)
    return {path: blob for path, blob in entries.items() if not globs.fit(path, *unread)}


def inputs(gate: str, tree: bytes, parts: Mapping[str, str], command: str) -> Inputs:
    """Return a gate's inputs: its command, the parts it rests on, and its manifest.

    What a watched gate has ``seen`` takes the manifest's place.
    """
    rest = {name: parts[name] for name in RESTS_ON[gate] if name in parts}
    whole = {} if "seen" in rest else {"tree": disk.digest(tree)}
    return Inputs(gate=gate, parts={**whole, "command": command, **rest})


def write_inputs(place: Path, value: Inputs) -> None:
    """Write a gate's inputs where they differ from what stands there: doit looks at the file."""
    disk.write_if_changed(place, msgspec.json.format(msgspec.json.encode(value)) + b"\n")


def seen(states: Mapping[str, str]) -> str:
    """Return the digest of what a tool looked at and of what stands there."""
    lines = "\0".join(f"{name}\0{text}" for name, text in sorted(states.items()))
    return disk.digest(lines.encode("utf-8", "surrogateescape"))


def changes(old: Mapping[str, str] | None, new: Mapping[str, str]) -> tuple[str, ...]:
    """Return a sentence for each named part that differs, with both values.

    Variables are told by their names alone. The tree and what was seen have sentences of their own,
    which name paths.
    """
    if old is None:
        return ("first run",)
    names = sorted(old.keys() | new.keys())
    return tuple(
        _change(name, old.get(name, ""), new.get(name, ""))
        for name in names
        if old.get(name) != new.get(name) and name not in {"tree", "seen"}
    )


def _change(name: str, old: str, new: str) -> str:
    if name == "command":
        return "command changed"
    if name == "watched":
        # Each is a variable, or a file outside of the repository.
        told = [_outside(it) for it in paths(_pairs(old), _pairs(new))]
        return f"{some(told)} changed, and tests ask for {'it' if len(told) == 1 else 'them'}"
    if name in BY_NAME:
        pairs = _pairs(old), _pairs(new)
        return f"{name} changed: {some(list(paths(*pairs)))}"
    # Some parts are lists of `name=value`, such as the distributions: only what differs is told.
    if "\n" in old + new or "=" in old + new:
        return f"{name} changed: {_listed(_pairs(old), _pairs(new))}"
    if max(len(old), len(new)) > 32:  # noqa: PLR2004  a digest says nothing to a person
        return f"{name} changed"
    return f"{name} {old or 'absent'} -> {new or 'absent'}"


def _outside(name: str) -> str:
    kind, _, rest = name.partition(" ")
    return variable(rest) if kind == "variable" else name


def _pairs(text: str) -> dict[str, str]:
    return dict(line.partition("=")[::2] for line in text.splitlines())


def _listed(old: Mapping[str, str], new: Mapping[str, str]) -> str:
    names = [n for n in sorted(old.keys() | new.keys()) if old.get(n) != new.get(n)]
    return some([f"{n} {old.get(n, 'absent')} -> {new.get(n, 'absent')}" for n in names])


def paths(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Return the paths that differ between two manifests, sorted."""
    names = old.keys() | new.keys()
    return tuple(sorted(name for name in names if old.get(name) != new.get(name)))


def path_changes(old: Mapping[str, str], new: Mapping[str, str]) -> tuple[str, ...]:
    """Return one sentence that names the first changed paths and counts the others."""
    moved = paths(old, new)
    if not moved:
        return ()
    words = [
        f"{p} {'added' if p not in old else 'changed' if p in new else 'deleted'}" for p in moved
    ]
    return (some(words),)


def some(words: Sequence[str]) -> str:
    """Return the first words with commas, and how many there are besides: a reason is one line."""
    rest = len(words) - NAMED
    return ", ".join(words[:NAMED]) + (f" and {rest} more" if rest > 0 else "")
