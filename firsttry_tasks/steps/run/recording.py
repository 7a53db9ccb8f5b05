"""Find what a recording full run left for a golden cache, and tie it to that run's result."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.golden import contents, databases
from firsttry_tasks.model import recording, state_paths, steering
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.observed import Watched
from firsttry_tasks.system import disk, machine, own_files
from firsttry_tasks.system.privacy import seals

if TYPE_CHECKING:
    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.steps.run.project import Project

#: The seals of variables beside what was recorded. Made with it, since salts are random, and the
#: same recording has to pack to the same bytes.
SEALED = "sealed.json"
#: The names of mypy's shards.
MYPY = re.compile(r"cache(\.\d+)?\.db")


class Seal(msgspec.Struct, frozen=True, kw_only=True):
    """The key of the result whose run recorded what stands beside it."""

    key: str


def found(folder: Path) -> tuple[Record, ...]:
    """Return what each process of a run recorded."""
    # Sorted: xdist's workers write in any order, and the database must come out the same.
    paths = sorted(folder.glob(f"*{recording.SUFFIX}"))
    return tuple(recording.decode(disk.read(path) or b"") for path in paths)


def seal(folder: Path, key: str) -> None:
    """Make each database one file, and write beside them the key of the result they belong to."""
    if not folder.is_dir():
        return
    for path in files(folder).values():
        if not path.name.endswith(".json"):
            # SQLite may keep the newest pages in a -wal file beside, which a box would not hold.
            databases.seal(path)
        if MYPY.fullmatch(path.name):
            databases.mask(path, _places())
    # Last: a recording without it was cut off and is not packed.
    disk.write_json(folder / contents.SEAL, Seal(key=key))


def _places() -> set[str]:
    """Return the places of this machine that mypy writes down: of packages, and the home."""
    found = {sys.prefix, sys.base_prefix, str(Path.home()), *sys.path}
    # A short one, such as the root of containers, would blot out what is no path.
    return {place for place in found if place.startswith("/") and place.count("/") > 1}


def seal_variables(folder: Path, here: Project) -> None:
    """Seal the variables that steered the run, or that its tests read, as a box will hold them."""
    watched = own_files.read(folder / Path(state_paths.WATCHED).name, Watched) or Watched()
    # Those that steer come first: by them a box is chosen at all.
    names = dict.fromkeys((*steering.names(here.environment), *watched.variables))
    disk.write_json(folder / SEALED, seals.every(names, here.value))


def sealed_variables(folder: Path) -> dict[str, str]:
    """Return the seals that ``seal_variables`` left."""
    return disk.read_own(folder / SEALED, dict[str, str]) or {}


def files(folder: Path) -> dict[str, Path]:
    """Return the recorded files that belong into a box, by their names below ``folder``."""
    # mypy's folder holds other names than the tests', and only known names go into a box.
    mypy = folder.parent.name == "mypy"
    there = {path.relative_to(folder).as_posix(): path for path in sorted(folder.rglob("*"))}
    return {name: path for name, path in there.items() if contents.boxed(name, mypy=mypy)}


def belongs(folder: Path, key: str) -> bool:
    """Tell whether what was recorded is the recording of the result with this key."""
    found = disk.read_own(folder / contents.SEAL, Seal)
    return found is not None and found.key == key


def of_warm(root: Path, inputs: Inputs) -> Inputs:
    """Return a full run's inputs with the warm run's parts, among them its command line."""
    # Warm runs will read the recording, and they compare parts with their own.
    return msgspec.structs.replace(inputs, parts={**inputs.parts, **warm_parts(root)})


def warm_parts(root: Path) -> dict[str, str]:
    """Return the parts of the warm tests' key without the tree; FirstTryError if tests are off."""
    inputs = disk.read_json(root / state_paths.inputs_file("warm", "tests"), Inputs)
    if inputs is None:
        raise FirstTryError(
            "A golden cache holds what tests depend on, and the tests gate is off; turn it on "
            "in pyproject.toml: [tool.firsttry.pytest] enabled = true"
        )
    # A box is for other trees: what differs between them is what selection is for.
    around = {name: value for name, value in inputs.parts.items() if name != "tree"}
    return {**around, **machine.builds()}
