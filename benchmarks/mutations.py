"""Damages each file that FirstTry reads, and looks whether a run ends in a traceback or lies.

    python -m benchmarks.mutations --count 2000

Half of the runs are of a tree that is broken: a green one is wrong there.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import shutil
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import tiny_project
from benchmarks.harness import RESULTS

if TYPE_CHECKING:
    from collections.abc import Callable

DEEP = b"[" * 20_000
ODD = (b"0001-01-01", b"9999-12-31", b"99999999999999999999", b"-1", b"1e999", b"null", b"\xff\xfe")


def _swapped(data: bytes, chance: random.Random) -> bytes:
    letters = bytearray(data or b"x")
    for _ in range(chance.choice((1, 1, 3, 20))):
        letters[chance.randrange(len(letters))] = chance.randrange(256)
    return bytes(letters)


def _nulls(data: bytes, chance: random.Random) -> bytes:
    at = chance.randrange(len(data) + 1)
    return data[:at] + bytes(64) + data[at:]


def _odd(data: bytes, chance: random.Random) -> bytes:
    """Put an odd value in the place of some value of a JSON or TOML text."""
    places = [n for n, letter in enumerate(data) if letter in b":=,["]
    at = chance.choice(places) + 1 if places else 0
    end = min((n for n in (data.find(it, at) for it in (b",", b"\n", b"}")) if n > 0), default=at)
    value = chance.choice(ODD)
    return data[:at] + (value if chance.random() < 0.5 else b'"' + value + b'"') + data[end:]


MUTATIONS: dict[str, Callable[[bytes, random.Random], bytes]] = {
    "empty": lambda _data, _chance: b"",
    "cut": lambda data, chance: data[: chance.randrange(len(data) + 1)],
    "garbage": lambda data, chance: chance.randbytes(len(data) or 9),
    "swapped bytes": _swapped,
    "NULs": _nulls,
    "twice": lambda data, _chance: data + data,
    "deep": lambda _data, chance: chance.choice((DEEP, b'{"a": ' + DEEP + b"}", b"a = " + DEEP)),
    "odd value": _odd,
    "other shape": lambda _data, chance: chance.choice((b"[]", b"{}", b"5", b'"x"', b"[1, {}]")),
}
#: Written in place of the file and not into it.
KINDS = (*MUTATIONS, "link to itself", "link to nothing", "folder")


def mutate(place: Path, kind: str, chance: random.Random) -> None:
    """Damage one file in one way."""
    data = place.read_bytes()
    place.unlink()
    if kind == "folder":
        place.mkdir()
    elif kind.startswith("link"):
        place.symlink_to(place.name if kind == "link to itself" else "nothing")
    else:
        place.write_bytes(MUTATIONS[kind](data, chance))


def readable(root: Path) -> list[str]:
    """Return the files of the project that FirstTry reads."""
    own = (it for name in (".firsttry", "artifacts") for it in (root / name).rglob("*"))
    # pytest's own cache is not ours to mend.
    found = (it.relative_to(root).as_posix() for it in own if it.is_file())
    mine = (it for it in found if "/pytest_cache/" not in it)
    return sorted([*mine, "pyproject.toml", "ci/parity.lock.json", "ci/flaky_tests.json"])


def command(name: str, chance: random.Random) -> tuple[str, ...]:
    """Return the command that is likely to read the file."""
    if name.startswith("artifacts/"):
        return ("compare",)
    if "/store/" in name:
        return chance.choice((("update-cache", "--force"), ("store",), ("warm",)))
    if "history" in name:
        return chance.choice((("stats",), ("compare",)))
    if "flaky" in name:
        return chance.choice((("flaky",), ("warm",)))
    return chance.choice((("warm",), ("warm",), ("warm",), ("doctor",)))


def once(template: Path, folder: Path, seed: int) -> tuple[str, str, str]:
    """Damage one file of a copy and run; return file, kind, and what was wrong ("" for nothing)."""
    chance = random.Random(seed)
    root = folder / "project"
    shutil.rmtree(folder, ignore_errors=True)
    shutil.copytree(template, root, symlinks=True)
    name, kind = chance.choice(readable(root)), chance.choice(KINDS)
    broken = chance.random() < 0.5
    if broken:
        (root / "calc.py").write_text(tiny_project.BROKEN)
    mutate(root / name, kind, chance)
    words = command(name, chance)
    code, said = run(root, words, folder / "out")
    wrong = ""
    if "Traceback (most recent" in said:
        wrong = f"traceback: {said.strip().splitlines()[-1][:200]}"
    elif code not in {0, 1, 2, 3, 99}:
        wrong = f"exit code {code}"
    elif words == ("warm",) and code in {0, 1} and code not in {int(broken), plain(root)}:
        wrong = f"warm says {code} on a {'broken' if broken else 'sound'} tree"
    return name, f"{kind} ({' '.join(words)}, seed {seed})", wrong


def plain(root: Path) -> int:
    """Return what pytest says by hand: without its settings, a sound tree can be red."""
    return tiny_project.run(root, "pytest", "-q", "-p", "no:cacheprovider")[0]


def run(root: Path, words: tuple[str, ...], out: Path) -> tuple[int, str]:
    """Run ``ft`` in a fork of this process, which has imported the larger part of it."""
    environment = tiny_project.environment(root)
    child = os.fork()
    if not child:
        handle = os.open(out, os.O_WRONLY | os.O_CREAT | os.O_TRUNC)
        for number in (1, 2):
            os.dup2(handle, number)
        os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
        os.environ.clear()
        os.environ.update(environment)
        os.chdir(root)
        _end(words)
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), out.read_text("utf-8", "replace")


def _end(words: tuple[str, ...]) -> None:
    """Run ft and end this process with its code."""
    import traceback

    from firsttry_tasks.cli import main as ft

    code = 1
    try:
        code = ft(list(words))
    except SystemExit as error:
        code = error.code if isinstance(error.code, int) else 1
    except BaseException:  # noqa: BLE001  as the interpreter would print it
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def worker(template: Path, folder: Path, seeds: range) -> list[tuple[str, str, str]]:
    """Play some of the cases, in a process of its own."""
    return [once(template, folder, seed) for seed in seeds]


def main() -> None:
    """Play so many cases, in two processes, and write what was wrong."""
    from concurrent.futures import ProcessPoolExecutor

    import doit.doit_cmd  # noqa: F401  imported once, for all forks

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=2000)
    parser.add_argument("--seed", type=int, default=14)
    asked = parser.parse_args()
    seeds = range(asked.seed, asked.seed + asked.count)
    with tempfile.TemporaryDirectory() as folder, ProcessPoolExecutor(2) as pool:
        template = tiny_project.make(Path(folder) / "template" / "project")
        parts = [
            pool.submit(worker, template, Path(folder) / f"copy{n}", seeds[n::2]) for n in range(2)
        ]
        done = [case for part in parts for case in part.result()]
    wrong = [f"{name}: {kind}: {why}" for name, kind, why in done if why]
    files = Counter(name for name, _, _ in done)
    print(f"{len(done)} mutations of {len(files)} files, {len(wrong)} wrong")
    for it in wrong:
        print(f"    {it}")
    found = {"mutations": len(done), "files": dict(sorted(files.items())), "wrong": wrong}
    (RESULTS / "mutations.json").write_text(json.dumps(found, indent=2) + "\n")


if __name__ == "__main__":
    main()
