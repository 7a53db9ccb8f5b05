"""What the recorder saw of each row once, kept so that selection can be judged without running."""

import inspect
import json
from collections.abc import Iterable, Iterator
from hashlib import blake2b
from pathlib import Path

import msgspec

from tests.soundness.case import Case
from tests.soundness.harness import tree_of
from tests.soundness.inside import Taken
from tests.soundness.subjects import Ran

FOLDER = Path(__file__).parent / "recordings"


class Run(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """One run before the answer, and the files that it wrote; None stands for one it deleted."""

    taken: Taken
    wrote: dict[str, str | None] = {}


class Recording(
    msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True
):
    """A row as it was recorded.

    ``key`` is the digest of what the row said then; ``runs`` are the one that learnt and those
    between changes; ``truth`` is plain pytest after the change; ``unplayed`` says why the row
    can't be played without processes.
    """

    name: str
    key: str
    runs: tuple[Run, ...]
    truth: Ran
    importer: str = ""
    lacks: str = ""
    unplayed: str = ""


def key(case: Case, importer: str) -> str:
    """Return the digest of all that a row says, so that a changed one is known to be stale."""
    said = (
        tree_of(case, importer),
        [_spelled(step) for step in (*case.setup, *case.change)],
        [sorted(env.items()) for env in (case.env, case.learn_env, case.later_env)],
        (case.cwd, case.learned),
    )
    return blake2b(json.dumps(said).encode(), digest_size=12).hexdigest()


def _spelled(thing: object) -> object:
    """Return what a step consists of: its code as text, and what it was made with."""
    if isinstance(thing, tuple | list):
        return [_spelled(one) for one in thing]
    if not inspect.isfunction(thing):
        return repr(thing)
    made_with = [_spelled(cell.cell_contents) for cell in thing.__closure__ or ()]
    return [inspect.getsource(thing), made_with]


def read() -> dict[str, Recording]:
    """Return all recordings, by the names of their rows."""
    lines = (line for path in sorted(FOLDER.glob("*.jsonl")) for line in _lines(path))
    found = (msgspec.json.decode(line, type=Recording) for line in lines)
    return {one.name: one for one in found}


def _lines(path: Path) -> Iterator[bytes]:
    yield from path.read_bytes().splitlines()


def write(cases: Iterable[Case], known: dict[str, Recording]) -> None:
    """Write the recordings of these rows, a file a kind and a line a row."""
    kinds: dict[str, list[bytes]] = {}
    for case in cases:
        if case.name in known:
            line = msgspec.json.encode(known[case.name])
            kinds.setdefault(case.kind.replace(" ", "-").replace(",", ""), []).append(line)
    FOLDER.mkdir(exist_ok=True)
    for kind, lines in kinds.items():
        (FOLDER / f"{kind}.jsonl").write_bytes(b"\n".join(lines) + b"\n")


def stale(case: Case, known: dict[str, Recording]) -> bool:
    """Tell whether a row has to be recorded, for the first time or again."""
    found = known.get(case.name)
    return found is None or found.key != key(case, found.importer)
