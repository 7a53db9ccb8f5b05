"""The team's own answer: whether full is red exactly where a project's own commands are.

Usage: python -m benchmarks.truth --checkouts FOLDER --venvs FOLDER [--only NAME ...] --faults 20

truth.toml names the projects, and what each calls itself. Under the first folder lies a git
checkout of each, under the second a virtual environment of its name that has the project, FirstTry,
ruff and mypy. Edits are drawn in code, data, configuration, types and for the linter; after each
the project's own commands run, then `ft warm`, from the state that the project without the edit
left, then `ft full`.
"""

import argparse
import fcntl
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.answers import Answers, Checkout, Spec, Specs
from benchmarks.edits import Edit, draw_edits
from benchmarks.harness import RESULTS

_SPECS = Path(__file__).with_name("truth.toml")


class Row(Struct, frozen=True, kw_only=True):
    """What one edit came to; a gate is written `folder:gate` where there are several folders."""

    project: str
    area: str
    kind: str
    place: str
    own: dict[str, int]
    full: dict[str, str]
    full_exit: int
    warm: dict[str, str]
    warm_exit: int
    equal: bool
    escape: bool
    own_failed: int
    full_failed: int
    only_own: tuple[str, ...] = ()
    only_full: tuple[str, ...] = ()
    said: str = ""
    own_seconds: float = 0.0
    full_seconds: float = 0.0
    warm_seconds: float = 0.0


class Told(Struct, frozen=True, kw_only=True):
    """One project's part of the result."""

    kind: str
    commit: str
    commands: dict[str, str]
    rows: list[Row]
    settings: str = ""
    hung: int = 0


def row(project: str, edit: Edit, said: Answers) -> Row:
    """Put the answers of all folders beside each other."""
    own, warm, full = said.own, said.warm, said.full
    codes = {_gate(at, name): code for at, it in own.items() for name, code in it.codes.items()}
    words = {_gate(at, name): word for at, it in full.items() for name, word in it.gates.items()}
    fast = {_gate(at, name): word for at, it in warm.items() for name, word in it.gates.items()}
    theirs = {_gate(at, name) for at, it in own.items() for name in it.failed}
    ours = {_gate(at, name) for at, it in full.items() for name in it.failed}
    exits = [it.code for it in full.values()]
    equal = bool(max(codes.values())) == bool(max(exits)) and all(
        bool(code) == (words.get(name) != "green") for name, code in codes.items()
    )
    return Row(
        project=project,
        area=edit.area,
        kind=edit.fault.kind,
        place=f"{edit.fault.path}:{edit.fault.line}",
        own=codes,
        full=words,
        full_exit=max(exits),
        warm=fast,
        warm_exit=max(it.code for it in warm.values()),
        equal=equal,
        escape=any(full[at].code and not warm[at].code for at in full),
        own_failed=len(theirs),
        full_failed=len(ours),
        only_own=tuple(sorted(theirs - ours)[:5]),
        only_full=tuple(sorted(ours - theirs)[:5]),
        said="" if equal else "\n".join(it.said for it in full.values()),
        own_seconds=sum(it.seconds for it in own.values()),
        full_seconds=sum(it.seconds for it in full.values()),
        warm_seconds=sum(it.seconds for it in warm.values()),
    )


def _gate(folder: str, name: str) -> str:
    return name if folder == "." else f"{folder}:{name}"


def main() -> int:
    """Ask each project after each edit; end with 1 where an answer is not its own."""
    asked = _arguments()
    specs = msgspec.toml.decode(_SPECS.read_bytes(), type=Specs).project
    for spec in specs:
        if not asked.only or spec.name in asked.only:
            for told in _ask(spec, asked):
                _write(asked.json, spec.name, told)
    found = _read(asked.json)
    sys.stdout.write(table(found))
    return int(not all(it.equal for told in found.values() for it in told.rows))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkouts", type=Path, required=True)
    parser.add_argument("--venvs", type=Path, required=True)
    parser.add_argument("--only", action="append", help="this project; may be given again")
    parser.add_argument("--faults", type=int, default=20, help="edits a project")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, default=RESULTS / "truth.json")
    return parser.parse_args()


def _ask(spec: Spec, asked: argparse.Namespace) -> Iterator[Told]:
    """Yield what is known of a project after each edit."""
    with tempfile.TemporaryDirectory(prefix="truth-") as away:
        root, venv = (asked.checkouts / spec.name).resolve(), (asked.venvs / spec.name).absolute()
        checkout = Checkout(spec, root, venv, Path(away).resolve())
        checkout.begin()
        rows: list[Row] = []
        hung = 0
        for edit in draw_edits(root, checkout.places(), asked.faults, asked.seed):
            try:
                rows.append(row(spec.name, edit, checkout.answer(edit)))
            except subprocess.TimeoutExpired:
                hung += 1
                continue
            _show(rows[-1])
            yield Told(
                kind=spec.kind,
                commit=checkout.commit.strip(),
                commands=spec.commands,
                rows=rows,
                settings=spec.settings,
                hung=hung,
            )


def _show(it: Row) -> None:
    mark = ("" if it.equal else "DIFFERS ") + ("ESCAPE " if it.escape else "")
    names = "" if (it.only_own, it.only_full) == ((), ()) else f" {it.only_own} {it.only_full}"
    sys.stdout.write(
        f"{mark or 'equal':8}{it.project:20}{it.area:14}{it.kind:18}{it.place:44}"
        f"own {it.own} full {it.full_exit} {it.full} warm {it.warm_exit} {it.warm}"
        f" failed {it.own_failed}/{it.full_failed}{names}"
        f" {it.own_seconds:.1f}s/{it.full_seconds:.1f}s/{it.warm_seconds:.1f}s\n"
    )
    sys.stdout.flush()


def _read(place: Path) -> dict[str, Told]:
    with place.open("rb") as file:
        fcntl.flock(file, fcntl.LOCK_SH)
        return msgspec.json.decode(file.read(), type=dict[str, Told])


def _write(place: Path, name: str, told: Told) -> None:
    """Replace one project's part of the file; another process may write another's."""
    with place.open("a+b") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        file.seek(0)
        held = msgspec.json.decode(file.read() or b"{}", type=dict[str, Told])
        text = msgspec.json.format(msgspec.json.encode({**held, name: told}), indent=1)
        file.truncate(0)
        file.write(text + b"\n")


def table(found: Mapping[str, Told]) -> str:
    """Return the sums of each project as a Markdown table."""
    head = (
        "| project | kind | edits | red by its own commands | same exit | and gate by gate "
        "| same failing tests | warm escapes |\n"
        "|---|---|---|---|---|---|---|---|\n"
    )
    rows = [_line(name, told.kind, told.rows) for name, told in sorted(found.items())]
    every = [it for told in found.values() for it in told.rows]
    return head + "".join(rows) + _line("all", "", every)


def _line(name: str, kind: str, rows: list[Row]) -> str:
    equal = sum(it.equal for it in rows)
    red = sum(any(it.own.values()) for it in rows)
    exits = sum(any(it.own.values()) == bool(it.full_exit) for it in rows)
    same = sum(not (it.only_own or it.only_full) for it in rows)
    escapes = sum(it.escape for it in rows)
    of = len(rows)
    cells = (exits, equal, same)
    told = " | ".join(f"{it} of {of}" for it in cells)
    return f"| {name} | {kind} | {of} | {red} | {told} | {escapes} |\n"


if __name__ == "__main__":
    sys.exit(main())
