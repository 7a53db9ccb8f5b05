"""Which tests a change can break, each with its why; what can't be told runs everything."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks import fingerprint, layout
from firsttry_tasks.dependencies import Learned
from firsttry_tasks.values import Selection

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from firsttry_tasks.dependencies import Known, Use

#: Parts of the inputs that no test's own records can account for.
AROUND = ("python", "platform", "distributions", "environment", "lock", "command")


class Now(Struct, frozen=True, kw_only=True):
    """The tree and what stands around it, as they are when a warm run starts.

    ``tree`` maps a path to its blob id; ``parts`` and ``config`` are as in ``Learned``;
    ``flaky`` are the tests known to answer both ways; ``folders`` are where pytest looks.
    """

    tree: dict[str, str]
    parts: dict[str, str]
    config: dict[str, str]
    flaky: frozenset[str] = frozenset()
    folders: tuple[str, ...] = ()


def select(
    known: Known | None,
    learned: Learned | None,
    now: Now,
    *,
    uses: Callable[[tuple[str, ...]], tuple[Use, ...]],
    blocks: Callable[[str], frozenset[int]],
) -> Selection:
    """Choose the tests to run.

    ``uses`` reads what tests used of the given files; ``blocks`` returns the checksums of the
    blocks a file has now. Both are asked only about files that changed.
    """
    if known is None or learned is None or not known.tests:
        return Selection(everything=("nothing is learned yet",))
    everything = (*around(learned, now), *conftests(learned, now))
    why = _failed(known) | _flaky(known, now) | _affected(known, learned, now, uses, blocks)
    stable = frozenset(known.tests) - why.keys()
    homes = {nodeid: nodeid.partition("::")[0] for nodeid in known.tests}
    busy = {homes[nodeid] for nodeid in why if nodeid in homes}
    return Selection(
        why=why,
        files=_appeared(known, now, homes),
        everything=everything,
        stable=stable,
        quiet=frozenset(homes.values()) - busy,
        total=len(known.tests.keys() - learned.left.keys()),
    )


def around(learned: Learned, now: Now) -> tuple[str, ...]:
    """Return what changed around the tree: Python, distributions, environment, configuration."""
    parts = [{name: side.get(name, "") for name in AROUND} for side in (learned.parts, now.parts)]
    return (*fingerprint.changes(*parts), *fingerprint.changes(learned.config, now.config))


def conftests(learned: Learned, now: Now) -> tuple[str, ...]:
    """Return the conftests that changed: their hooks reach tests that never ran their code."""
    there = {path for path in now.tree if path.rpartition("/")[2] == "conftest.py"}
    before = learned.conftests
    moved = [
        path for path in sorted(there | before.keys()) if now.tree.get(path) != before.get(path)
    ]
    return tuple(f"{path} changed" for path in moved)


def _failed(known: Known) -> dict[str, str]:
    return {nodeid: "failed last time" for nodeid, failed in known.tests.items() if failed}


def _flaky(known: Known, now: Now) -> dict[str, str]:
    return {nodeid: "known flaky" for nodeid in now.flaky if nodeid in known.tests}


def _affected(
    known: Known,
    learned: Learned,
    now: Now,
    uses: Callable[[tuple[str, ...]], tuple[Use, ...]],
    blocks: Callable[[str], frozenset[int]],
) -> dict[str, str]:
    changed = tuple(
        sorted(path for path, blobs in known.blobs.items() if blobs != {now.tree.get(path)})
    )
    fresh: dict[str, frozenset[int]] = {}
    why = {}
    for use in uses(changed):
        blob = now.tree.get(use.path)
        if use.blob is None:
            if learned.left.get(use.nodeid, "") != blob:
                why[use.nodeid] = "never ran"
        elif use.blob != blob:
            if use.path not in fresh:
                fresh[use.path] = blocks(use.path) if blob else frozenset()
            # Nothing is recorded in a file whose name has a line break.
            if not (use.path.isprintable() and use.blocks <= fresh[use.path]):
                why[use.nodeid] = f"runs code that changed in {use.path}"
    return why


def _appeared(known: Known, now: Now, homes: Mapping[str, str]) -> dict[str, str]:
    """Return files in which tests may have appeared that the db does not know."""
    held = frozenset(homes.values()) | known.blobs.keys()
    return {
        path: "new test file"
        for path in now.tree
        if path not in held and layout.is_test_file(path) and _inside(path, now.folders)
    }


def _inside(path: str, folders: tuple[str, ...]) -> bool:
    return not folders or path.startswith(tuple(f"{folder.rstrip('/')}/" for folder in folders))


def learn(
    old: Learned,
    now: Now,
    quiet: frozenset[str],
    *,
    left: Iterable[str],
    smoke: Iterable[str],
    durations: Mapping[str, float],
) -> Learned:
    """Return what is learned after a run; files that were not collected keep what was known."""

    def stays(nodeid: str) -> bool:
        return nodeid.partition("::")[0] in quiet

    homes = {nodeid: now.tree.get(nodeid.partition("::")[0], "") for nodeid in left}
    return Learned(
        parts=now.parts,
        config=now.config,
        conftests={path: blob for path, blob in now.tree.items() if path.endswith("conftest.py")},
        left={nodeid: blob for nodeid, blob in old.left.items() if stays(nodeid)} | homes,
        smoke=tuple(sorted({*filter(stays, old.smoke), *smoke})),
        durations={**old.durations, **durations},
    )
