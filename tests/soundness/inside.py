"""FirstTry put together in this process: here, and nowhere else, the matrix knows how it is made.

What decides is the product's own code: settings, named parts, manifest, what a recorded run is,
and the choice. Only the tree is walked here instead of being asked of git, which would be a
process.
"""

import os
import stat
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from hashlib import sha1
from pathlib import Path
from unittest import mock

import msgspec

from firsttry_tasks import cli, dependency_db, fingerprint
from firsttry_tasks.dependency_db import DependencyDb
from firsttry_tasks.gates import pytest as pytest_gate
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.entries import LINK
from firsttry_tasks.model.recording import Record
from firsttry_tasks.model.refinements import Refinement
from firsttry_tasks.model.values import GateResult, Selection
from firsttry_tasks.recorder.probes.environ import variable
from firsttry_tasks.selection.decide.select import choose
from firsttry_tasks.selection.evidence.recorded_run import CurrentTree, RecordedRun
from firsttry_tasks.selection.learn import ingest
from firsttry_tasks.selection.syntax.fragment import Fragment
from firsttry_tasks.steps.run import gate, pytest_run, recording, snapshot
from firsttry_tasks.steps.run.project import Project, project
from firsttry_tasks.system import disk, file_state, machine, working_tree
from firsttry_tasks.system.contents import Contents
from firsttry_tasks.system.link_targets import LinkTargets
from tests.soundness.importer import NAME
from tests.soundness.subjects import HOUSE, SESSION, Ran, environment

#: Stands in a recording for the folder around the checkout.
BASE = "{base}"


class Kept(DependencyDb):
    """The files of a row as they were, in memory."""

    def __init__(self) -> None:
        """Begin with none."""
        super().__init__(Path())
        self.known: dict[tuple[str, str], tuple[Fragment, ...]] = {}

    def before(self, path: str, blob: str) -> tuple[Fragment, ...]:
        """Return the fragments of a version, none of one that no run took apart."""
        return self.known.get((path, blob), ())


class Taken(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One real run: who ran, and what was recorded; nothing where nothing was kept."""

    ran: Ran
    tree: dict[str, str] = {}
    records: tuple[Record, ...] = ()
    outside: tuple[str, ...] = ()
    left: tuple[str, ...] = ()


class Row:
    """A row's checkout, as FirstTry sees it with nothing started."""

    def __init__(self, root: Path, folder: Path, without: frozenset[Refinement]) -> None:
        """Find the project that ``folder`` belongs to; ``without`` says what is switched off."""
        self._without = without
        self.root = root
        self.top = cli.home(folder)
        self.kept = Kept()
        self.recorded_runs: list[RecordedRun] = []

    def now(self, extra: Mapping[str, str]) -> CurrentTree:
        """Return the tree and the environment as they are."""
        here = Project(self.top)
        with _around(here, self.root, extra):
            tree = fingerprint.readable("tests", walked(self.top), here.settings.inert)
            job = here.job("warm", "tests", tuple(tree))
            command = " ".join(pytest_gate.command(job).argv)
            inputs = fingerprint.inputs("tests", b"", here.parts, command)
            found = pytest_run.now(here, job, inputs, tree, self.kept)
            return msgspec.structs.replace(found, without=self._without)

    def learn(self, taken: Taken, now: CurrentTree) -> None:
        """Make a recorded run of what a run of this tree recorded; the newest comes first."""
        source = partial(self._source, now)
        records = [self._read(placed(one, self.root), now) for one in taken.records]
        known = {name.replace(BASE, str(self.root.parent)) for name in taken.outside}

        def before(name: str, _began: float) -> str | None:
            return file_state.content(self.top / name) if name in known else None

        made = ingest.recorded(records, now.manifest, now.parts, source, before, self._without)
        self.recorded_runs.insert(
            0, msgspec.structs.replace(made, deselected_by_project=frozenset(taken.left))
        )

    def _read(self, record: Record, now: CurrentTree) -> Record:
        """Fill in what variables were: a recording says only which of them were read."""
        read = {name: said or now.variable(name) for name, said in record.environment.items()}
        return msgspec.structs.replace(record, environment=read)

    def _source(self, now: CurrentTree, path: str) -> tuple[Fragment, ...]:
        blob = now.manifest.get(path)
        if blob is None:
            return ()
        if (path, blob) not in self.kept.known:
            found = dependency_db.fragments(disk.read(self.top / path)) or ()
            self.kept.known[path, blob] = found
        return self.kept.known[path, blob]

    def choose(self, now: CurrentTree) -> Selection:
        """Return the choice for what is there now."""
        return choose(self.recorded_runs, now)


@contextmanager
def _around(here: Project, root: Path, extra: Mapping[str, str]) -> Iterator[None]:
    """Let the project see the row's environment, and the packages that it puts on the path.

    How these were built is asked for, and not of all others, which stay as they are.
    """
    path = ":".join(filter(None, (extra.get("PYTHONPATH", ""), str(HOUSE))))
    env = environment(root, {**extra, "PYTHONPATH": path})
    own = machine.clean(env) | {"PWD": str(here.root)} | here.locked[0].environment
    here.__dict__["environment"] = own
    # The key takes what steers from the environment around, which is the row's here as well.
    here.__dict__["_around"] = own
    # A row that is replayed has no repository around it.
    here.__dict__["top"] = root
    places = [place for place in env["PYTHONPATH"].split(":") if place != str(HOUSE)]
    with (
        mock.patch.object(sys, "path", [*sys.path[:1], *places, *sys.path[1:]]),
        mock.patch.object(machine, "builds", partial(_builds, machine.builds, places)),
    ):
        yield


def _builds(real: Callable[[], dict[str, str]], places: list[str]) -> dict[str, str]:
    with mock.patch.object(sys, "path", places):
        return real()


def walked(top: Path) -> dict[str, str]:
    """Return ``path -> "<mode> <blob>"`` as git has it, without asking git."""
    found = {}
    behind = LinkTargets(os.path.realpath(top), Contents()).behind
    for folder, folders, names in os.walk(top):
        inside = Path(folder).relative_to(top)
        folders[:] = [name for name in folders if name != ".git"]
        links = [name for name in folders if Path(folder, name).is_symlink()]
        for name in (*names, *links):
            path = (inside / name).as_posix()
            if not working_tree.is_own(path):
                found[path] = _entry(Path(folder, name), behind)
    return found


def _entry(path: Path, behind: Callable[[str], str]) -> str:
    if not path.is_symlink():
        mode = "100755" if path.stat().st_mode & stat.S_IXUSR else "100644"
        return f"{mode} {_blob(path.read_bytes())}"
    said = f"{LINK} {_blob(os.fsencode(path.readlink()))}"
    target = behind(str(path))
    return f"{said}+{target}" if target else said


def _blob(data: bytes) -> str:
    return sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


def run(root: Path, folder: Path, extra: Mapping[str, str]) -> Taken:
    """Run the tests gate of a warm run from this process; pytest is a process of its own."""
    memory = DependencyDb(cli.home(folder) / state_paths.DB)
    before = memory.made()
    here, tree = _look(root, folder, extra, check=True)
    done = disk.read_json(here.root / state_paths.result_file("warm", "tests"), GateResult)
    if done is None:
        raise FileNotFoundError("the gate left no result")
    if memory.made() == before:
        return Taken(ran=_ran(done), tree=tree)
    return _taken(here, root, _ran(done), tree, memory.recorded_runs()[0])


def _taken(here: Project, root: Path, ran: Ran, tree: dict[str, str], newest: RecordedRun) -> Taken:
    env, top = here.environment, str(here.root)
    seen = {name: variable(name, env, top, here.key) for name in newest.variables}
    records = recording.found(here.root / state_paths.WARM / "tests" / "records")
    return Taken(
        ran=ran,
        tree=tree,
        records=tuple(portable(one, root, seen) for one in records),
        outside=tuple(_portable(name, root) for name in sorted(newest.outside)),
        left=tuple(sorted(newest.deselected_by_project)),
    )


def look(root: Path, folder: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return the tree as FirstTry sees it, with git's eyes."""
    return _look(root, folder, extra, check=False)[1]


def _look(
    root: Path, folder: Path, extra: Mapping[str, str], *, check: bool
) -> tuple[Project, dict[str, str]]:
    project.cache_clear()
    here = project(cli.home(folder))
    with _around(here, root, extra):
        snapshot.take(here.root)
        if check:
            gate.check(here.root, "warm", "tests")
    data = disk.read(here.root / state_paths.manifest_file("warm", "tests")) or b""
    return here, fingerprint.read_manifest(data)


def portable(record: Record, root: Path, seen: Mapping[str, str]) -> Record:
    """Return a record without this machine: its places, its clock, and what variables say.

    ``seen`` are the variables as the run was given them: only what differs from them is kept.
    """
    data = _portable(msgspec.json.encode(record).decode(), root)
    made = msgspec.json.decode(data, type=Record)
    tests = tuple(msgspec.structs.replace(it, seconds=_seconds(it.nodeid)) for it in made.tests)
    read = {n: "" if said == seen.get(n) else said for n, said in made.environment.items()}
    return msgspec.structs.replace(made, tests=tests, began=0.0, environment=read)


def _seconds(nodeid: str) -> float:
    """Make the second bystander the quickest: no broken test is chosen for being that."""
    return 0.0 if NAME in nodeid else 1.0


def _portable(text: str, root: Path) -> str:
    text = text.replace(str(root.parent), BASE)
    for place in sorted(_places(), key=len, reverse=True):
        text = text.replace(place, "{machine}")
    return text


def _places() -> set[str]:
    """Return where this Python, its packages and this repository lie."""
    own = {str(HOUSE), str(Path.home()), sys.prefix, sys.base_prefix, *sys.path}
    return {place for place in own if len(Path(place).parts) > len(Path("/a").parts)}


def placed(record: Record, root: Path) -> Record:
    """Return a portable record where the row lies now."""
    data = msgspec.json.encode(record).decode().replace(BASE, str(root.parent))
    return msgspec.json.decode(data, type=Record)


def _ran(result: GateResult) -> Ran:
    failed = {finding.nodeid or SESSION for finding in result.findings}
    if result.status == "error":
        failed.add(SESSION)
    detail = result.tests
    whole = "; ".join(result.why) or "everything"
    return Ran(
        status={"green": 0, "red": 1}.get(result.status, 2),
        ran=frozenset(detail.durations if detail else ()),
        failed=frozenset(failed),
        whole=whole if detail and detail.mode == "everything" else "",
        said=result.message,
    )
