"""What a case of the matrix is: a small tree, a change of it, and the answer we want."""

import os
import shutil
import sqlite3
import subprocess
import textwrap
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Literal, Protocol

import msgspec

Step = Callable[[Path], None]
"""One thing done to a checkout, whose root it is given."""

Want = Literal["seen", "closed", "nothing", "unseen"]
"""`seen`: the broken test is selected; `closed`: everything runs, for a stated reason;
`nothing`: no test runs, because none can break; `unseen`: a limit we own up to."""


class Case(msgspec.Struct, frozen=True, kw_only=True):
    """A tree, what happens to it after the tests were learnt, and what should come of it.

    ``rerun``: only what the run of the selected tests leaves tells that others have to run, so that
    no recording can.
    """

    name: str
    kind: str
    tree: str
    change: tuple[Step, ...]
    want: Want = "seen"
    setup: tuple[Step, ...] = ()
    env: Mapping[str, str] = {}
    learn_env: Mapping[str, str] = {}
    later_env: Mapping[str, str] = {}
    cwd: str = "."
    learned: Literal["green", "red"] = "green"
    bystander: str = "test_bystander.py"
    needs: str = ""
    quick: bool = False
    rerun: bool = False


class Room(Protocol):
    """Makes cases of one kind."""

    def __call__(self, name: str, tree: str, *change: Step, **rest: object) -> Case:
        """Return the case called `name`."""


def room(kind: str, **common: object) -> Room:
    """Return the maker of cases of this kind; `common` fills in what they share."""

    def case(name: str, tree: str, *change: Step, **rest: object) -> Case:
        fields = {"name": name, "kind": kind, "tree": tree, "change": change, **common, **rest}
        return Case(**fields)  # type: ignore[arg-type]  # the struct's own names, spelt by the cases

    return case


def files(tree: str) -> dict[str, str]:
    """Take a tree written as text apart: a line `--- path` opens each file."""
    parts = textwrap.dedent(tree).split("--- ")[1:]
    heads = (part.partition("\n") for part in parts)
    return {path.strip(): text.rstrip() + "\n" for path, _, text in heads}


def swap(path: str, old: str, new: str) -> Step:
    """Replace the first `old` in a file by `new`."""

    def step(root: Path) -> None:
        text = (root / path).read_text("utf-8")
        if old not in text:
            raise ValueError(f"{path} has no {old!r}")
        (root / path).write_text(text.replace(old, new, 1), "utf-8")

    return step


def write(path: str, text: str) -> Step:
    """Write a file, new or not."""

    def step(root: Path) -> None:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(textwrap.dedent(text).lstrip("\n"), "utf-8")

    return step


def append(path: str, text: str) -> Step:
    """Add lines at the end of a file."""

    def step(root: Path) -> None:
        with (root / path).open("a", encoding="utf-8") as out:
            out.write(text)

    return step


def drop(path: str) -> Step:
    """Delete a file or a folder."""

    def step(root: Path) -> None:
        where = root / path
        if where.is_dir() and not where.is_symlink():
            shutil.rmtree(where)
        else:
            where.unlink()

    return step


def move(old: str, new: str) -> Step:
    """Rename a file or a folder."""

    def step(root: Path) -> None:
        (root / new).parent.mkdir(parents=True, exist_ok=True)
        (root / old).rename(root / new)

    return step


def link(path: str, target: str) -> Step:
    """Make `path` a symbolic link to `target`, whatever it was."""

    def step(root: Path) -> None:
        (root / path).unlink(missing_ok=True)
        (root / path).symlink_to(target)

    return step


def mode(path: str, bits: int) -> Step:
    """Set a file's permission bits."""

    def step(root: Path) -> None:
        (root / path).chmod(bits)

    return step


def touch(path: str) -> Step:
    """Give a file the present as its time, and leave its content alone."""

    def step(root: Path) -> None:
        os.utime(root / path)

    return step


def sql(path: str, statement: str) -> Step:
    """Run one statement on an SQLite file."""

    def step(root: Path) -> None:
        db = sqlite3.connect(root / path)
        db.execute(statement)
        db.commit()
        db.close()

    return step


def git(*words: str) -> Step:
    """Run git in the checkout."""

    def step(root: Path) -> None:
        subprocess.run(["git", *words], cwd=root, check=True, capture_output=True)

    return step


def again(_root: Path) -> None:
    """Stand for one more run of the subject between two changes; the harness does it."""
