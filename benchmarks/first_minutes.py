"""The first minutes: whether `ft warm`, with nothing written, answers as a project's own commands.

Usage: python -m benchmarks.first_minutes --checkouts FOLDER --venvs FOLDER [--only NAME ...]

first_minutes.toml names the projects, and what each calls itself. Under the first folder lies a git
checkout of each, under the second a virtual environment of its name with the project, its test
requirements in the versions that it pins, and FirstTry. Each is cloned afresh; then its own
commands run, `ft warm` twice, and `ft init --yes` twice.
"""

import argparse
import os
import shlex
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.harness import RESULTS

_SPECS = Path(__file__).with_name("first_minutes.toml")


class Spec(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A project: what it calls, and whether the rules were written with it in view."""

    name: str
    kind: str
    commands: dict[str, str]
    tuned: bool = False
    #: Added to the environment of all commands, such as tests that this machine can't pass.
    env: dict[str, str] = {}
    #: A folder of a monorepo to work in.
    folder: str = "."


class Specs(Struct, frozen=True, kw_only=True):
    """The file."""

    project: tuple[Spec, ...]


class Told(Struct, frozen=True, kw_only=True):
    """What the first minutes came to."""

    kind: str
    tuned: bool
    commit: str
    own: dict[str, int]
    own_seconds: float
    warm: int
    warm_seconds: float
    gates: dict[str, str]
    again: int
    again_seconds: float
    equal: bool
    left: list[str]
    #: None where it was not asked.
    wrote: list[str] | None = None
    twice: list[str] = []
    warm_after: int
    said: str = ""


def main() -> int:
    """Ask each project; end with 1 where an answer is not its own."""
    asked = _arguments()
    specs = msgspec.toml.decode(_SPECS.read_bytes(), type=Specs).project
    found = (
        msgspec.json.decode(asked.json.read_bytes(), type=dict[str, Told])
        if asked.json.exists()
        else {}
    )
    for spec in specs:
        if not asked.only or spec.name in asked.only:
            found[spec.name] = _ask(spec, asked.checkouts, asked.venvs)
            sys.stdout.write(_line(spec.name, found[spec.name]))
            sys.stdout.flush()
            text = msgspec.json.format(msgspec.json.encode(found, order="sorted"), indent=1)
            asked.json.write_bytes(text + b"\n")
    sys.stdout.write("\n" + table(found))
    return int(not all(it.equal for it in found.values()))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--checkouts", type=Path, required=True)
    parser.add_argument("--venvs", type=Path, required=True)
    parser.add_argument("--only", action="append", help="this project; may be given again")
    parser.add_argument("--json", type=Path, default=RESULTS / "first_minutes.json")
    return parser.parse_args()


def _ask(spec: Spec, checkouts: Path, venvs: Path) -> Told:
    with tempfile.TemporaryDirectory(prefix="first-") as away:
        root = Path(away).resolve() / spec.name
        # With its history, which some projects take their version from, and which a hook needs.
        _git(checkouts, "clone", "--quiet", str((checkouts / spec.name).resolve()), str(root))
        place = root / spec.folder
        env = _environment(spec, venvs, Path(away))
        begun = time.perf_counter()
        own = {gate: _run(shlex.split(it), place, env)[0] for gate, it in spec.commands.items()}
        own_seconds = time.perf_counter() - begun
        _git(root, "clean", "-qfdx")
        warm, said, seconds = _run(["ft", "warm"], place, env)
        gates = _gates(place)
        again, _, again_seconds = _run(["ft", "warm"], place, env)
        left = _git(root, "status", "--short").splitlines()
        _run(["ft", "init", "--yes"], place, env)
        wrote = _git(root, "status", "--short", "-uall").splitlines()
        before = _git(root, "diff") + str(wrote)
        _run(["ft", "init", "--yes"], place, env)
        same = (
            _git(root, "diff") + str(_git(root, "status", "--short", "-uall").splitlines())
            == before
        )
        after = _run(["ft", "warm"], place, env)[0]
        return Told(
            kind=spec.kind,
            tuned=spec.tuned,
            commit=_git(root, "rev-parse", "HEAD").strip(),
            own=own,
            own_seconds=round(own_seconds, 1),
            warm=warm,
            warm_seconds=round(seconds, 1),
            gates=gates,
            again=again,
            again_seconds=round(again_seconds, 2),
            equal=bool(warm) == any(own.values()),
            left=left,
            wrote=wrote,
            twice=[] if same else ["something changed"],
            warm_after=after,
            said="" if bool(warm) == any(own.values()) else said[-3000:],
        )


def _environment(spec: Spec, venvs: Path, home: Path) -> dict[str, str]:
    bin_ = (venvs / spec.name / "bin").absolute()
    path = os.pathsep.join((str(bin_), os.environ["PATH"]))
    return {
        "PATH": path,
        "HOME": str(home),
        "LANG": "C.UTF-8",
        "VIRTUAL_ENV": str(bin_.parent),
        **spec.env,
    }


def _run(words: list[str], place: Path, env: dict[str, str]) -> tuple[int, str, float]:
    begun = time.perf_counter()
    done = subprocess.run(
        words,
        cwd=place,
        env=env,
        check=False,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=900,
    )
    said = done.stdout.decode("utf-8", "replace")
    return done.returncode, said, time.perf_counter() - begun


def _git(place: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=place, check=True, capture_output=True, text=True
    ).stdout


def _gates(place: Path) -> dict[str, str]:
    report = place / "artifacts/warm_parity_report.json"
    if not report.exists():
        return {}
    found = msgspec.json.decode(report.read_bytes())
    return {line["result"]["gate"]: line["result"]["status"] for line in found["gates"]}


def table(found: dict[str, Told]) -> str:
    """Return the projects as a Markdown table."""
    head = (
        "| project | kind | own commands | first `ft warm` | second | files left "
        "| `ft init --yes` writes |\n"
        "|---|---|---|---|---|---|---|\n"
    )
    return head + "".join(_line(name, it) for name, it in found.items())


def _line(name: str, it: Told) -> str:
    own = ", ".join(f"{gate} {code}" for gate, code in it.own.items())
    gates = ", ".join(f"{gate} {word}" for gate, word in it.gates.items())
    wrote = "not asked"
    if it.wrote is not None:
        wrote = ", ".join(line[3:] for line in it.wrote) or "nothing"
    return (
        f"| {name}{'' if it.tuned else ' (not tuned to)'} | {it.kind} | {own}; {it.own_seconds} s "
        f"| {'equal' if it.equal else '**differs**'}: {it.warm} ({gates}), {it.warm_seconds} s "
        f"| {it.again}, {it.again_seconds} s | {', '.join(it.left) or 'none'} | {wrote} |\n"
    )


if __name__ == "__main__":
    sys.exit(main())
