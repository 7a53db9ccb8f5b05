"""Fetch one box with as few bytes as possible, and prove it before it takes effect."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from firsttry_tasks.golden import archive, box, delta, proof, restore, signature
from firsttry_tasks.golden.box import BadBoxError
from firsttry_tasks.model import state_paths
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.steps.cache import holding
from firsttry_tasks.steps.run.project import project
from firsttry_tasks.stores import RefusedError
from firsttry_tasks.system import disk, git_index

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from firsttry_tasks.golden.archive import Source
    from firsttry_tasks.golden.box import IndexEntry, Name
    from firsttry_tasks.stores import Store

    Suits = Callable[[IndexEntry], str]

#: A part of the sentence by which a box is refused; `update.refresh` looks for it, because a
#: refusal is told also in a warm run.
REFUSED = "is refused:"


def index_entry(root: Path, store: Store, name: Name) -> IndexEntry:
    """Return a box's index entry; BadBoxError or RefusedError where it can't be trusted."""
    data = store.get(box.index_key(name), box.MOST_INDEX_ENTRY) or b""
    return _read(root, store, name, data)


def _read(root: Path, store: Store, name: Name, data: bytes) -> IndexEntry:
    """Check the signature where signers are set, then decode the index entry."""
    if not data:
        raise BadBoxError("it is gone")
    signers = project(root).settings.signers
    if signers:
        signed = store.get(box.signature_key(name), signature.MOST)
        # Before the entry is decoded: bytes of an unknown sender should reach as little code as
        # possible.
        signature.verify(data, signed, root / signers, root / state_paths.SIGNATURE)
    return box.read(data, name)


def packed(store: Store, sealed: box.Sealed) -> bytes:
    """Return the bytes that an index entry names; BadBoxError where their digest is another."""
    data = store.get(sealed.key, sealed.size) or b""
    box.check_sealed(sealed, data)
    return data


def staged(root: Path, store: Store, name: Name, suits: Suits) -> IndexEntry | str:
    """Stage a box and prove it; return its index entry, or the sentence by which it is refused.

    What arrived of a refused box is kept in the quarantine folder. A StoreError is passed on.
    ``suits`` says why a box does not fit here, before its archive is fetched.
    """
    came: dict[str, bytes] = {}
    try:
        came["label.json"] = store.get(box.index_key(name), box.MOST_INDEX_ENTRY) or b""
        found = _read(root, store, name, came["label.json"])
        if why := suits(found):
            return f"{name.head[:12]} does not fit: {why}."
        if not _from_held(root, store, found):
            came["box.tar.zst"] = store.get(found.archive.key, found.archive.size) or b""
            _prove(root, found, came["box.tar.zst"])
    except (BadBoxError, RefusedError) as error:
        # A staged half must not be swapped in by the next run.
        disk.remove(root / state_paths.STAGING)
        sentence = f"The golden cache of {name.head[:12]} {REFUSED} {str(error).rstrip('.')}."
        if not any(came.values()):
            return sentence
        _quarantine(root, name, came, sentence)
        return f"{sentence} It is kept in {state_paths.QUARANTINE}."
    return found


def _prove(root: Path, found: IndexEntry, data: bytes) -> None:
    # The digest comes first, so that nothing is unpacked that the index entry does not vouch for.
    box.check_sealed(found.archive, data)
    _stage(root, found, archive.opened(io.BytesIO(data)))
    # Only what was proved is held: later boxes are made from it.
    holding.hold(root, found.archive.sha256, data)


def _stage(root: Path, found: IndexEntry, tar: Source) -> None:
    restore.stage(found, tar, root / state_paths.STAGING)
    # The commit by which the box was chosen, not one that it names besides.
    here, commit = project(root), found.manifest.fingerprint.partition("-")[0]
    committed = git_index.committed(here.top, commit, here.prefix)
    if committed is None:
        CONSOLE.say(
            f"note: this clone has no commit {commit[:12]}, so what its golden cache says of the"
            " files there is believed; with the whole history (fetch-depth: 0) it is checked"
        )
    proof.prove(found.manifest, root / state_paths.STAGING, committed)


def _from_held(root: Path, store: Store, found: IndexEntry) -> bool:
    """Stage a box from the held archive and deltas; False where it has to be fetched whole."""
    mine = holding.held(root)
    way = delta.way(found, mine) if mine else None
    if way is None:
        return False
    try:
        tar = delta.tar(holding.read(root))
        for link in way:
            tar = delta.apply(tar, packed(store, link.sealed))
        # Proved as any other box, so a bad delta costs its own bytes and nothing else.
        _stage(root, found, io.BytesIO(tar))
    except (BadBoxError, RefusedError):
        return False
    if way:
        # An empty way means that the held archive is this very box, which needs no packing.
        again = io.BytesIO()
        archive.pack([tar], again)
        holding.hold(root, found.archive.sha256, again.getvalue())
    return True


def _quarantine(root: Path, name: Name, files: Mapping[str, bytes], sentence: str) -> None:
    """Keep the files of the refused box, and the reason, in place of an earlier refused box."""
    folder = disk.fresh_folder(root / state_paths.QUARANTINE)
    for end, data in files.items():
        disk.write(folder / end, data)
    disk.write(folder / "reason.txt", f"{name}\n{sentence}\n".encode())
