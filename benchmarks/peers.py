"""The first minutes of FirstTry and its peers in one project: steps, files, first and second run.

    python -m benchmarks.peers --project ROOT:SRC --bin FOLDER

Each peer gets a fresh clone. What has to be written or typed before its first answer is counted and
timed; then it runs twice, and once after an edit that breaks a test. FOLDER has the programs of an
environment with the project's requirements, FirstTry, pytest-testmon, pre-commit and tach; turbo
comes by npm, and is left out where there is none.
"""

from __future__ import annotations

import argparse
import os
import re
import shlex
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import msgspec
from msgspec import Struct

from benchmarks.harness import RESULTS
from firsttry_tasks.parity import faults

HOOK = """\
repos:
  - repo: local
    hooks:
      - id: pytest
        name: pytest
        entry: pytest
        language: system
        pass_filenames: false
        always_run: true
"""
PACKAGE = """\
{"name": "project", "private": true, "scripts": {"test": "pytest"}, "packageManager": "npm@10.0.0"}
"""
TURBO = '{"tasks": {"test": {"inputs": ["**/*.py", "*.toml", "*.ini", "*.cfg"]}}}\n'
#: How many tests pytest says it ran, whoever prints it.
RAN = re.compile(r"(\d+) (?:passed|failed|skipped)")
OURS = re.compile(r"(\d+) of \d+ tests")


class Peer(Struct, frozen=True, kw_only=True):
    """A peer: what is installed, written and typed before its first answer, and what is run."""

    name: str
    installs: str
    run: str
    writes: dict[str, str] = {}
    types: tuple[str, ...] = ()


class Run(Struct, frozen=True, kw_only=True):
    """One run: its exit, seconds, CPU seconds, and how many tests it says it ran."""

    code: int
    seconds: float
    cpu: float
    ran: int


class Minutes(Struct, frozen=True, kw_only=True):
    """What the first minutes of a peer came to; ``files`` are those that git shows afterwards."""

    steps: tuple[str, ...]
    files: tuple[str, ...]
    setup: float
    first: Run
    second: Run
    edited: Run
    said: str = ""


class Answer(Struct, frozen=True, kw_only=True):
    """All peers in one project."""

    project: str
    commit: str
    edit: str
    peers: dict[str, Minutes]


def main() -> int:
    """Play each peer; print the table."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--project", required=True, help="ROOT:SRC")
    parser.add_argument("--bin", type=Path, required=True)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", type=Path, default=RESULTS / "peers.json")
    asked = parser.parse_args()
    root, _, src = asked.project.partition(":")
    with tempfile.TemporaryDirectory(prefix="peers-") as away:
        edit = _breaking(Path(away) / "tried", root, src, asked)
        peers = {
            it.name: _play(it, Path(away) / str(number), root, edit, asked.bin)
            for number, it in enumerate(_peers(Path(root), src))
        }
    commit = _git(Path(root), "rev-parse", "HEAD").strip()
    told = f"{edit.kind} at {edit.path}:{edit.line}"
    answer = Answer(project=Path(root).name, commit=commit, edit=told, peers=peers)
    text = msgspec.json.format(msgspec.json.encode(answer, order="sorted"), indent=1)
    asked.json.write_bytes(text + b"\n")
    print(table(answer))
    return 0


def _peers(root: Path, src: str) -> tuple[Peer, ...]:
    """Return the peers, told of this project as far as they have to be."""
    base = root / src
    names = sorted(
        ".".join(it.relative_to(base).with_suffix("").parts).removesuffix(".__init__")
        for it in base.rglob("*.py")
    )
    modules = "".join(f'[[modules]]\npath = "{name}"\ndepends_on = []\n' for name in names)
    # "." beside the code: without it no test belongs to a module, and none is ever run.
    tach = f'source_roots = ["{src}", "."]\nexclude = []\n{modules}'
    found = (
        Peer(name="FirstTry", installs="pip install firsttry-tasks", run="ft warm"),
        Peer(name="testmon", installs="pip install pytest-testmon", run="pytest --testmon"),
        Peer(
            name="pre-commit",
            installs="pip install pre-commit",
            writes={".pre-commit-config.yaml": HOOK},
            run="pre-commit run --all-files --verbose",
        ),
        Peer(
            name="tach",
            installs="pip install tach",
            writes={"tach.toml": tach},
            types=("tach sync",),
            run="tach test --base HEAD",
        ),
        Peer(
            name="turbo",
            installs="npm install --save-dev turbo",
            writes={"package.json": PACKAGE, "turbo.json": TURBO},
            types=(
                "npm install --silent --save-dev turbo",
                "sh -c 'echo node_modules >> .gitignore; echo .turbo >> .gitignore'",
            ),
            run="npx turbo run test --env-mode=loose",
        ),
    )
    return tuple(it for it in found if not it.installs.startswith("npm") or shutil.which("npm"))


def _breaking(place: Path, root: str, src: str, asked: argparse.Namespace) -> faults.Fault:
    """Return the first seeded fault in a function's body that breaks a test."""
    _git(Path(root), "clone", "--quiet", root, str(place))
    paths = sorted(it.relative_to(place).as_posix() for it in (place / src).rglob("*.py"))
    for edit in faults.draw(place, paths, (), 20, asked.seed):
        text = (place / edit.path).read_bytes()
        edit.apply(place)
        ran = _run("pytest", place, asked.bin)[0]
        (place / edit.path).write_bytes(text)
        if edit.kind == "body" and ran.code == 1:
            return edit
    raise SystemExit("No seeded fault breaks a test.")


def _play(peer: Peer, place: Path, root: str, edit: faults.Fault, programs: Path) -> Minutes:
    _git(Path(root), "clone", "--quiet", root, str(place))
    begun = time.perf_counter()
    for name, text in peer.writes.items():
        (place / name).write_text(text)
    for line in peer.types:
        _run(line, place, programs)
    setup = time.perf_counter() - begun
    first, said = _run(peer.run, place, programs)
    second, _ = _run(peer.run, place, programs)
    files = _git(place, "status", "--short", "-uall").splitlines()
    edit.apply(place)
    edited, _ = _run(peer.run, place, programs)
    typed = (it for it in peer.types if not it.startswith("npm"))
    return Minutes(
        steps=(peer.installs, *(f"write {it}" for it in peer.writes), *typed, peer.run),
        files=tuple(it[3:] for it in files),
        setup=round(setup, 1),
        first=first,
        second=second,
        edited=edited,
        said=said[-1500:] if first.code else "",
    )


def _run(line: str, place: Path, programs: Path) -> tuple[Run, str]:
    env = {
        **{name: os.environ[name] for name in ("HOME", "LANG", "PYTHONPATH") if name in os.environ},
        "PATH": os.pathsep.join((str(programs), os.environ["PATH"])),
        "DO_NOT_TRACK": "1",
        "TURBO_TELEMETRY_DISABLED": "1",
        "NO_COLOR": "1",
    }
    with tempfile.TemporaryFile() as out:
        begun = time.perf_counter()
        # The programs of that environment, not of this one.
        child = subprocess.Popen(
            shlex.split(line), cwd=place, env=env, stdin=subprocess.DEVNULL, stdout=out, stderr=out
        )
        _, status, used = os.wait4(child.pid, 0)
        seconds = time.perf_counter() - begun
        child.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        said = out.read().decode("utf-8", "replace")
    # What turbo replays from its cache did not run.
    last = "" if "cache hit" in said else said[-2000:]
    ours = OURS.findall(last)
    ran = int(ours[-1]) if line.startswith("ft") and ours else sum(map(int, RAN.findall(last)))
    ran = 0 if line.startswith("ft") and "cached" in last else ran
    cpu = used.ru_utime + used.ru_stime
    run = Run(code=child.returncode, seconds=round(seconds, 2), cpu=round(cpu, 2), ran=ran)
    return run, said


def _git(place: Path, *words: str) -> str:
    return subprocess.run(
        ["git", *words], cwd=place, check=True, capture_output=True, text=True
    ).stdout


def table(answer: Answer) -> str:
    """Return the peers as a Markdown table."""
    head = (
        "| | steps | files that git shows | first answer | second run | after an edit that breaks "
        "a test |\n|---|---|---|---|---|---|\n"
    )
    return head + "".join(_row(name, it) for name, it in answer.peers.items())


def _row(name: str, it: Minutes) -> str:
    return (
        f"| {name} | {len(it.steps)} | {', '.join(it.files) or 'none'} | {_cell(it.first)} "
        f"| {_cell(it.second)} | {_cell(it.edited)} |\n"
    )


def _cell(it: Run) -> str:
    return f"{it.seconds:.1f} s, {it.cpu:.1f} s CPU, {it.ran} tests, exit {it.code}"


if __name__ == "__main__":
    sys.exit(main())
