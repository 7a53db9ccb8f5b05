"""The package and publish steps: make a golden cache of a recorded green full run, and store it."""

from __future__ import annotations

import hashlib
import os
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import msgspec

from firsttry_tasks import __version__
from firsttry_tasks.golden import archive, box, contents, signature
from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.reporting import report_files
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.reporting.table import megabytes
from firsttry_tasks.steps.cache import deltas, storage
from firsttry_tasks.steps.run import recording, snapshot
from firsttry_tasks.steps.run.project import project
from firsttry_tasks.stores import StoreError, github
from firsttry_tasks.system import disk, file_state, git, working_tree

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from firsttry_tasks.fingerprint import Fingerprint
    from firsttry_tasks.golden.box import IndexEntry, Manifest, Member
    from firsttry_tasks.model.values import Report, Stage
    from firsttry_tasks.stores import Store

FULL: Stage = "full"
#: What a person has to do in most of the cases in which there is nothing to pack.
RECORD = "run: ft full record=1"


def package(root: Path) -> None:
    """Pack what the green full run recorded; FirstTryError says why there is nothing to pack."""
    mark = snapshot.read(root)
    report = _green(root, mark)
    sources = _recorded(root)
    name = f"{root}/{state_paths.PACKED}{mark.name}"
    text = root / state_paths.RECORDED_FINGERPRINT
    disk.write_if_changed(text, f"{mark.name}\n".encode("ascii"))
    sources[contents.FINGERPRINT] = text
    _clear(root)
    target = Path(f"{name}.tar.zst")
    index_entry = pack(partial(_manifest, root, mark, report), sources, target)
    # After the archive: an index entry promises that the archive is there.
    disk.write(Path(f"{name}.json"), box.encode(index_entry))
    files = index_entry.manifest.files
    total = sum(member.size for member in files)
    ANSWER.follow("publish")
    CONSOLE.say(
        f"Packed {len(files)} files, {megabytes(total)}, into "
        f"{target.relative_to(root)} ({megabytes(index_entry.archive.size)})."
    )


def _green(root: Path, mark: Fingerprint) -> Report:
    """Return the full report if it is green and of the committed tree; else FirstTryError."""
    report = report_files.read_report(root, FULL)
    if isinstance(report, str):
        raise FirstTryError(f"Nothing to pack: the full report {report}.")
    if report.status != "green":
        raise FirstTryError(f"Nothing to pack: full is {report.status}. Mend it, then {RECORD}")
    if (report.fingerprint, report.tree) != (mark.name, mark.tree):
        raise FirstTryError(f"Nothing to pack: the full report is of another tree; {RECORD}")
    moved = [path for line in report.gates for path in line.result.touched_during_run]
    if moved:
        raise FirstTryError(f"Nothing to pack: {moved[0]} changed while full ran; {RECORD}")
    # Other clones find a box by its commit, and would take what was learned of these changes for
    # the commit's.
    open_changes = working_tree.uncommitted(project(root).top)
    if open_changes:
        raise FirstTryError(
            "A golden cache is of a commit, and the tree is not as committed "
            f"({', '.join(open_changes[:3])}). Commit or ignore it, then {RECORD}"
        )
    return report


def _recorded(root: Path) -> dict[str, Path]:
    """Return the recorded files by their names in the box, of results that are still current."""
    sources: dict[str, Path] = {}
    for gate, place in (("tests", state_paths.RECORDED_TESTS), ("mypy", state_paths.RECORDED_MYPY)):
        last = report_files.standing(root, FULL, gate)
        if last is None or not recording.belongs(root / place, last.key):
            # A project without mypy has a box with the tests' half alone.
            if gate == "tests" or (last and last.status == "green"):
                raise FirstTryError(f"Nothing to pack: full:{gate} recorded nothing; {RECORD}")
            continue
        found = recording.files(root / place)
        sources |= {f"{gate}/{name}": path for name, path in found.items()}
    return sources


def _manifest(root: Path, mark: Fingerprint, report: Report, files: tuple[Member, ...]) -> Manifest:
    """Return the manifest: what the box fits, who made it, and its files."""
    producer = box.Producer(
        commit=mark.head,
        ref=os.environ.get("GITHUB_REF") or git.branch(root),
        run=os.environ.get("GITHUB_RUN_ID") or report.run,
        created=report.created,
        firsttry=__version__,
    )
    # The commit stands in ``producer``; as a part it would make a box fit its own commit only.
    parts = {name: value for name, value in mark.parts.items() if name != "head"}
    return box.Manifest(
        fingerprint=mark.name,
        parts={**parts, **recording.warm_parts(root)},
        producer=producer,
        sealed=recording.sealed_variables(root / state_paths.RECORDED_TESTS),
        files=files,
    )


def _clear(root: Path) -> None:
    """Remove the packages of earlier commits, and what lies ready for CI to upload."""
    for old in sorted(root.glob(f"{state_paths.PACKED}*")):
        disk.remove(old)
    for ready in (state_paths.PUBLISH, state_paths.PUBLISH_DELTA):
        disk.remove(root / ready)


class _Hashing:
    """Writes bytes to a stream and keeps their count and sha256.

    So the archive is hashed while it is packed, and not read a second time.
    """

    def __init__(self, stream: BinaryIO) -> None:
        self._stream = stream
        self.size = 0
        self.seen = hashlib.sha256()

    def write(self, data: bytes) -> None:
        self.size += len(data)
        self.seen.update(data)
        self._stream.write(data)


def pack(
    seal: Callable[[tuple[Member, ...]], Manifest], sources: dict[str, Path], target: Path
) -> IndexEntry:
    """Pack the files into ``target``; return the index entry that names the archive's digest.

    ``seal`` makes the manifest from the list of files, which is known only while packing.
    """
    made: list[Manifest] = []

    def remember(files: tuple[Member, ...]) -> Manifest:
        made.append(seal(files))
        return made[-1]

    def content(name: str) -> Iterator[bytes]:
        return disk.chunks(sources[name], archive.CHUNK)

    sizes = {name: file_state.size(path) for name, path in sources.items()}
    with disk.replacing(target) as stream:
        sink = _Hashing(stream)
        archive.pack(archive.tar(sizes, content, remember), sink)
    [manifest] = made
    sha256 = sink.seen.hexdigest()
    key = box.archive_key(box.named(manifest), sha256)
    return box.IndexEntry(
        manifest=manifest, archive=box.Sealed(key=key, size=sink.size, sha256=sha256)
    )


def publish(root: Path) -> None:
    """Put the packed cache into the store, then delete what is beyond the store's bounds.

    Raises FirstTryError where nothing is packed, StoreError where the store does not take it.
    """
    mark = snapshot.read(root)
    name = f"{root}/{state_paths.PACKED}{mark.name}"
    data = disk.read(Path(f"{name}.json"))
    packed = disk.read(Path(f"{name}.tar.zst"))
    if data is None or packed is None:
        raise FirstTryError("There is no package of this commit; run: ft package")
    index_entry = msgspec.json.decode(data, type=box.IndexEntry)
    key = box.index_key(box.named(index_entry.manifest))
    store = storage.opened(root)
    store.put(index_entry.archive.key, packed)
    try:
        # A delta only saves bytes, so trouble with it does not stop the publication.
        index_entry = deltas.publish(root, store, index_entry, packed)
    except StoreError as error:
        CONSOLE.say(f"Published without a delta: {error}")
    data = box.encode(index_entry)
    # Signed is the final entry, with its deltas; earlier bytes would not match what is stored.
    _sign(root, store, box.signature_key(box.named(index_entry.manifest)), data)
    store.put(key, data)
    # The index entry went last: a box is found by it, so nobody finds half of one.
    CONSOLE.say(_published(root, index_entry))
    try:
        storage.prune(root, store)
    except StoreError as error:
        # What is published stands; a token that may not delete is no reason to fail.
        CONSOLE.say(f"The store was not pruned: {error}")


def _sign(root: Path, store: Store, key: str, data: bytes) -> None:
    """Store a signature beside the index entry, where the settings name a key for it."""
    settings = project(root).settings
    if settings.signing_key:
        store.put(key, signature.sign(data, root / Path(settings.signing_key).expanduser()))
    # Without a signature every other clone would refuse the box, so it fails here, where it is
    # made.
    elif settings.signers:
        raise FirstTryError(
            f"Only boxes that {settings.signers} knows are taken, and there is nothing to sign "
            "with; set FIRSTTRY_SIGNING_KEY to the place of an ssh key"
        )


def _published(root: Path, index_entry: IndexEntry) -> str:
    """Return the sentence that says where the box is, and tell GitHub Actions its names."""
    name = box.named(index_entry.manifest)
    delta_name = github.artifact(index_entry.deltas[0].sealed.key) if index_entry.deltas else ""
    place = os.environ.get("GITHUB_OUTPUT")
    if place:
        disk.append(place, f"golden={name}\ndelta={delta_name}\n")
    if storage.where(root).startswith("github:"):
        ready = state_paths.PUBLISH
        return f"{name} lies in {ready}; actions/upload-artifact uploads it by this name."
    return f"Published {name} to {storage.where(root)}."
