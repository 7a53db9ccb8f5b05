"""The update step: the nearest golden cache that fits, proved and swapped in."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks import disk, fingerprint, git, reports
from firsttry_tasks.golden import archive, box, delta, nearest, restore, signature
from firsttry_tasks.golden.box import FITTING, BadBoxError
from firsttry_tasks.outputs.console import CONSOLE
from firsttry_tasks.steps import recording, snapshot, storage, warm_state
from firsttry_tasks.steps.project import project
from firsttry_tasks.stores import StoreError, TooLargeError
from firsttry_tasks.stores.bounded import BoundedStore

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from firsttry_tasks.errors import FirstTryError
    from firsttry_tasks.golden.box import Label
    from firsttry_tasks.golden.nearest import Candidate, Choice
    from firsttry_tasks.stores import Store

RESTORED = "Restored the golden cache of"
#: The archive that was restored last: the next one may be told by a delta to it.
HELD = f"{reports.STATE}/golden.tar.zst"
QUARANTINE = f"{reports.STATE}/quarantine"


class Wanted(Struct, frozen=True, kw_only=True):
    """What a box has to fit: the parts of this checkout, and main's line behind HEAD."""

    parts: dict[str, str]
    lock: str
    line: git.Line


def update(root: Path, *, force: bool = False) -> None:
    """Restore the nearest golden cache that fits; nothing to restore is no failure."""
    _carry_through(root)
    try:
        said = _update(root, storage.opened(root), wanted_here(root), force=force)
    except StoreError as error:
        said = f"{error} Warm runs go on without it."
    CONSOLE.say(said)


def refresh(root: Path) -> None:
    """Ask the store for a warm run, where its state is missing or of another base; be brief.

    Offline is slow, never red: whatever is wrong with the store is said and gone past.
    """
    _carry_through(root)
    wanted = wanted_here(root)
    said = "The state is of this base."
    if _has_reason(root, wanted.line):
        seconds = project(root).settings.store_seconds
        try:
            store = BoundedStore(storage.opened(root, seconds), seconds)
            said = _update(root, store, wanted, force=False)
        except StoreError as error:
            said = str(error)
    asked = warm_state.Asked(
        head=snapshot.read(root).head,
        base=wanted.line.base,
        said=said,
    )
    disk.write_json(root / warm_state.ASKED, asked)
    if said.startswith(RESTORED):
        CONSOLE.say(said)


def _carry_through(root: Path) -> None:
    """Finish a swap that an earlier run began."""
    staging = root / restore.STAGING
    if staging.exists():
        _swap(root)


def _swap(root: Path) -> Label | None:
    folder = warm_state.mypy_folder(root)
    label = restore.finish(root / restore.STAGING, root / reports.WARM, folder)
    if label:
        # What the last warm run saw says nothing about the state that now stands.
        for end in ("json", "manifest"):
            disk.remove(root / reports.ran_file("warm", "tests", end))
    return label


def _has_reason(root: Path, line: git.Line) -> bool:
    asked = disk.read_own(root / warm_state.ASKED, warm_state.Asked)
    missing = not all((root / place).exists() for place in warm_state.needs(root))
    return missing or asked is None or asked.base != line.base


def wanted_here(root: Path) -> Wanted:
    """Return what a box has to fit here."""
    here, mark = project(root), snapshot.read(root)
    return Wanted(
        parts={**mark.parts, **recording.warm_parts(root)},
        lock=mark.lock,
        line=git.line(here.top, here.settings.main),
    )


def _update(root: Path, store: Store, wanted: Wanted, *, force: bool) -> str:
    """Try the boxes that fit, nearest first; return the sentence that says what came of it."""
    names = [name for name in (box.labelled(file.key) for file in store.entries()) if name]
    fit = box.fit(wanted.parts)
    choice = nearest.choose(names, wanted.line.commits, wanted.lock, fit)
    others = _others(store, choice, wanted.parts)
    for candidate in choice.fitting:
        tests = force or _is_nearer(root, candidate, wanted.parts)
        mypy = tests or not _has_mypy(root)
        if not tests and not mypy:
            return f"The warm state here is as near as any golden cache.{others}"
        if _restored(root, store, candidate, tests=tests, mypy=mypy):
            distance = candidate.distance + wanted.line.ahead
            commit = candidate.name.head[:12]
            return f"{RESTORED} {commit}, {nearest.away(distance)}.{others}"
    return f"{_nothing(names, choice, wanted.line)}{others}"


def _has_mypy(root: Path) -> bool:
    return all((root / place).exists() for place in warm_state.needs(root)[2:])


def _is_nearer(root: Path, candidate: Candidate, parts: Mapping[str, str]) -> bool:
    here = warm_state.distance(root, parts)
    if here is None:
        return True
    there = warm_state.of_commit(root, candidate.name.head)
    return there is not None and there < here


def _others(store: Store, choice: Choice, parts: Mapping[str, str]) -> str:
    """Return why boxes that are nearer than the one that fits can't be used."""
    words = []
    for candidate in choice.nearer:
        data = store.get(box.label_key(candidate.name), box.MOST_LABEL)
        why = _why_not(data, candidate, parts) if data else "it is gone"
        words.append(f" {candidate.name.head[:12]} does not fit: {why}.")
    return "".join(words)


def _why_not(data: bytes, candidate: Candidate, parts: Mapping[str, str]) -> str:
    try:
        theirs = box.read(data, candidate.name).manifest.parts
    except BadBoxError as error:
        return str(error)
    pair = [{part: side.get(part, "") for part in FITTING} for side in (theirs, parts)]
    return "; ".join(fingerprint.changes(*pair)) or "it is of another parity lock"


def _nothing(names: list[box.Name], choice: Choice, line: git.Line) -> str:
    if choice.fitting:
        return "No golden cache could be used; warm goes on cold."
    if line.shallow and not choice.nearer:
        n = len(line.commits)
        return (
            f"This clone is shallow ({n} commit{'s' if n > 1 else ''} of main), and none of them "
            "has a golden cache. For more, run: git fetch --unshallow (in CI: fetch-depth: 0)."
        )
    if not names:
        return "The store holds no golden cache."
    return f"None of the store's {len(names)} golden caches fits this commit."


def _restored(root: Path, store: Store, candidate: Candidate, *, tests: bool, mypy: bool) -> bool:
    """Fetch one box, prove it and swap it in; a bad one is quarantined, and False returned."""
    label_bytes = store.get(box.label_key(candidate.name), box.MOST_LABEL) or b""
    packed = b""
    staging = root / restore.STAGING
    try:
        verify(root, store, candidate, label_bytes)
        label = box.read(label_bytes, candidate.name)
        if not _by_delta(root, store, label):
            packed = store.get(label.archive.key, label.archive.size) or b""
            box.check_sealed(label.archive, packed)
            restore.prove(label, archive.opened(io.BytesIO(packed)), staging)
            disk.write(root / HELD, packed)
    except (BadBoxError, TooLargeError) as error:
        disk.remove(staging)
        _quarantine(root, candidate, {"label.json": label_bytes, "box.tar.zst": packed}, error)
        return False
    restore.mark_ready(staging, label, tests=tests, mypy=mypy)
    _swap(root)
    return True


def _by_delta(root: Path, store: Store, label: Label) -> bool:
    """Stage a box by its delta, if the archive it is told by is held here; False to fetch it whole.

    What comes of it is proved as any other: a delta that is not good costs its own bytes.
    """
    held = disk.read(root / HELD) if label.delta else None
    if held is None or label.delta is None or disk.digest(held) != label.delta.base:
        return False
    change = store.get(label.delta.sealed.key, label.delta.sealed.size) or b""
    try:
        box.check_sealed(label.delta.sealed, change)
        tar = delta.apply(held, change)
        restore.prove(label, io.BytesIO(tar), root / restore.STAGING)
    except BadBoxError:
        return False
    packed = io.BytesIO()
    archive.pack([tar], packed)
    disk.write(root / HELD, packed.getvalue())
    return True


def verify(root: Path, store: Store, candidate: Candidate, label: bytes) -> None:
    """Raise BadBoxError where signers are configured and none of them signed the label."""
    signers = project(root).settings.signers
    if not signers:
        return
    signed = store.get(box.signature_key(candidate.name), signature.MOST)
    signature.verify(label, signed, root / signers, root / reports.STATE / "signature")


def _quarantine(
    root: Path, candidate: Candidate, files: Mapping[str, bytes], error: FirstTryError
) -> None:
    """Keep the latest bad box for inspection."""
    folder = disk.fresh_folder(root / QUARANTINE)
    for name, data in files.items():
        disk.write(folder / name, data)
    sentence = f"The golden cache of {candidate.name.head[:12]} is refused: {error}."
    disk.write(folder / "reason.txt", f"{candidate.name}\n{sentence}\n".encode())
    CONSOLE.say(f"{sentence} It is kept in {QUARANTINE}.")
