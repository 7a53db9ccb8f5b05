"""Explains why an escaped test was not selected.

A rerun records what the test touches now. What of that changed since the run by which the test was
left out, and whether that run had recorded it, gives the reason and what mends it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from firsttry_tasks import fingerprint
from firsttry_tasks.gates.pytest import PLACES
from firsttry_tasks.model import globs
from firsttry_tasks.model.values import EscapeReason
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firsttry_tasks.model.recording import Record
    from firsttry_tasks.selection.evidence.recorded_run import RecordedTest

#: What a test does with a name it touches, in words.
VERBS = {
    "read": "reads",
    "probed": "looks for",
    "list": "lists",
    "outside": "reads, outside of the repository,",
    "env": "reads the variable",
    "module": "imports",
    "whole-module": "rests on all of",
    "import": "runs code of",
}
#: Kinds of touches whose names are paths in the tree, so that two manifests show what changed.
IN_TREE = frozenset({"read", "probed", "list", "whole-module", "import"})
#: The reason for each kind of touch; for all other kinds it is "code".
WORDS: dict[str, EscapeReason] = {
    "read": "data file",
    "probed": "looked-for file",
    "list": "listing",
}
#: Days after which a recording is called old. A judgement: it adds a hint to the sentence, since
#: services or the time may have changed meanwhile.
STALE = 7.0
ANEW = "ft clear_cache, then ft warm records it anew here; "


class _Scope(Protocol):
    """A scope with the numbers of the scopes opened inside; two types have that in common."""

    @property
    def used(self) -> tuple[int, ...]: ...


class Explanation(Struct, frozen=True, kw_only=True):
    """Why a test escaped, in words, and the lines for ``depends`` that would have selected it."""

    reason: EscapeReason
    why: str
    mend: str
    depends: dict[str, str] = {}


class Tree(Struct, frozen=True, kw_only=True):
    """The tree that was tested: ``path -> blob``, and the setting ``inert``."""

    manifest: Mapping[str, str]
    inert: tuple[str, ...] = ()


class PriorEvidence(Struct, frozen=True, kw_only=True):
    """A recorded run, its age in days, and the golden cache that it came with, "" for none."""

    recorded: RecordedRun
    days: float = 0.0
    golden: str = ""

    def whence(self) -> str:
        """Return the words for where the recording comes from; "" where it is fresh and of here."""
        if self.golden:
            return f"its record came with {self.golden}, and it never ran here"
        return f"its record is {self.days:.0f} days old" if self.days >= STALE else ""


class Touch(Struct, frozen=True, kw_only=True):
    """How a test touches a name, and in what kind of scope (``test`` for its own)."""

    kind: str
    scope: str


def vouching_run(
    nodeid: str,
    known: Sequence[PriorEvidence],
    judge: Callable[[RecordedRun, RecordedTest], str | None],
) -> PriorEvidence | None:
    """Return the recorded run by which selection took the test to be green.

    ``known`` is newest first; ``judge`` returns why a test has to run by a recorded run, None where
    it need not. The first run without a reason is returned, else the newest that has the test.
    """
    # Judged again, because selection keeps no note of which run it believed for which test.
    holding = [
        (one, test)
        for one in known
        for test in one.recorded.tests
        if test.nodeid == nodeid and test.outcome != "failed"
    ]
    sure = (one for one, test in holding if judge(one.recorded, test) is None)
    return next(sure, holding[0][0] if holding else None)


def explain(
    nodeid: str, records: Sequence[Record], known: PriorEvidence | None, tree: Tree
) -> Explanation:
    """Compare what a test touches now with what was known of it when it was not selected.

    ``records`` are the recordings of the rerun, ``known`` the run by which it was left out.
    """
    touched = _touched(nodeid, records)
    if known is None:
        return Explanation(
            reason="never recorded",
            why="nothing was recorded of it, and still it was not selected",
            mend="send this report: a test that is not known has to run",
        )
    # Warm does not look at inert files, so none of them is in what was recorded: whether one has
    # changed since is not known, and all of them would look new.
    changed = [
        path
        for path in fingerprint.paths(known.recorded.manifest, tree.manifest)
        if not globs.fit(path, *tree.inert)
    ]
    hits = [(path, it) for path, it in sorted(touched.items()) if _hit(path, it.kind, changed)]
    if hits:
        return _missed(nodeid, hits, known)
    return _inert(touched, tree.inert) or _unseen(nodeid, touched, known)


def _touched(nodeid: str, records: Iterable[Record]) -> dict[str, Touch]:
    """Return how a test touches each name, by itself, in its fixtures and in its imports."""
    found: dict[str, Touch] = {}
    for record in records:
        for test in (test for test in record.tests if test.nodeid == nodeid):
            scopes = [record.scopes[n] for n in _reached(record.scopes, test.scopes)]
            opened = [(scope.kind, scope.units, scope.observations) for scope in scopes]
            # The test's own touches last: they are the clearer explanation where both have a name.
            for kind, units, observations in (*opened, ("test", test.units, test.observations)):
                touch = Touch(kind="import", scope=kind)
                found |= {record.units[n].path: touch for n in units}
                for observation in (record.observations[n] for n in observations):
                    found[observation.name] = Touch(kind=observation.kind, scope=kind)
    return found


def _reached(scopes: Sequence[_Scope], first: Iterable[int]) -> set[int]:
    """Return the numbers of the first scopes and of all that were opened inside them."""
    found: set[int] = set()
    more = list(first)
    while more:
        number = more.pop()
        if number not in found:
            found.add(number)
            more += scopes[number].used
    return found


def _recorded(recorded: RecordedRun, nodeid: str) -> frozenset[str]:
    """Return the names that a recorded run knows a test to have touched."""
    found: set[str] = set()
    for test in (test for test in recorded.tests if test.nodeid == nodeid):
        scopes = [recorded.scopes[n] for n in _reached(recorded.scopes, test.scopes)]
        observations = (*test.observations, *(n for scope in scopes for n in scope.observations))
        units = (*test.ran(), *(n for scope in scopes for n in scope.units))
        found |= {recorded.observations[n][1] for n in observations} | {
            recorded.units[n][0] for n in units
        }
    return frozenset(found)


def _hit(path: str, kind: str, changed: Sequence[str]) -> bool:
    # A listing shows names, so only files right in the folder count.
    if kind == "list":
        return any((one.rpartition("/")[0] or ".") == path for one in changed)
    return kind in IN_TREE and path in changed


def _missed(nodeid: str, hits: list[tuple[str, Touch]], known: PriorEvidence) -> Explanation:
    """Say why a changed file that the test touches did not select it."""
    # One file is enough for the sentence; ``depends`` gets all of them.
    path, touch = hits[0]
    what = f"it {VERBS[touch.kind]} {path}, which changed"
    depends = {_glob(path, it.kind): _target(nodeid) for path, it in hits}
    if path in _recorded(known.recorded, nodeid):
        return Explanation(
            reason="recorded",
            why=f"{what}, and that was recorded: selection should have known",
            mend="send this report; until then doit compare --learn adds a line to depends",
            depends=depends,
        )
    whence = known.whence()
    return Explanation(
        reason="foreign golden cache" if known.golden else _kind(path, touch),
        why=f"{what}, and had not touched it when it was recorded{f': {whence}' * bool(whence)}",
        mend=f"{ANEW * bool(whence)}doit compare --learn adds the line to depends",
        depends=depends,
    )


def _inert(touched: Mapping[str, Touch], inert: tuple[str, ...]) -> Explanation | None:
    """Say that the test uses a file which the settings call inert; None where it uses none."""
    for path, it in sorted(touched.items()):
        if it.kind in IN_TREE and globs.fit(path, *inert):
            return Explanation(
                reason="inert setting",
                why=f"it {VERBS[it.kind]} {path}, and the settings call that inert",
                mend="take it out of inert in pyproject.toml, [tool.firsttry]",
            )
    return None


def _kind(path: str, touch: Touch) -> EscapeReason:
    """Return the reason for a touch that was not recorded."""
    if path.rpartition("/")[2] == "conftest.py" or any(it.startswith(path) for it in PLACES):
        return "configuration"
    if touch.scope in {"import", "start", "collect"}:
        return "import time"
    return WORDS.get(touch.kind, "code")


def _unseen(nodeid: str, touched: Mapping[str, Touch], known: PriorEvidence) -> Explanation:
    """Say what may be the cause where nothing changed that the test touches in the tree."""
    outside = sorted(name for name, it in touched.items() if it.kind in {"outside", "env"})
    seen = f" (it {VERBS[touched[outside[0]].kind]} {outside[0]})" if outside else ""
    whence = known.whence()
    reason: EscapeReason = "stale db" if whence else "out of sight"
    return Explanation(
        reason="foreign golden cache" if known.golden else reason,
        why=f"nothing that it was seen to touch in the tree changed{seen}: "
        f"{f'{whence}; ' * bool(whence)}"
        "what decides is out of the recording's sight, such as a service, a cache or the time",
        mend=f"{ANEW * bool(whence)}doit compare --learn lets every change select it; "
        "or mark it as a smoke test",
        depends={"*": _target(nodeid)},
    )


def _glob(path: str, kind: str) -> str:
    if kind != "list":
        return globs.exactly(path)
    return "*" if path == "." else f"{globs.exactly(f'{path}/')}*"


def _target(nodeid: str) -> str:
    """Return the glob of tests to name: a test, or all cases of a parametrised one."""
    # Ids of cases change with their values, and "[" in a glob would begin a set of letters.
    name, bracket, _ = nodeid.partition("[")
    return f"{name}*" if bracket else nodeid
