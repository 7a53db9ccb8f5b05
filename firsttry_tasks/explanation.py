"""Why an escaped test was not selected: what it touches, what of that changed, what mends it."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatch
from glob import escape
from typing import TYPE_CHECKING, Protocol

from msgspec import Struct

from firsttry_tasks import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from firsttry_tasks.records import Record
    from firsttry_tasks.selection.learned import Session

#: What a test does with a name it touches, in words.
VERBS = {
    "read": "reads",
    "look": "looks for",
    "list": "lists",
    "outside": "reads, outside of the repository,",
    "env": "reads the variable",
    "module": "imports",
    "whole": "rests on all of",
    "import": "runs code of",
}
#: A touch of these can be told from the tree.
IN_TREE = frozenset({"read", "look", "list", "whole", "import"})


class _Frame(Protocol):
    """What can open other frames, as a record and a session have it."""

    @property
    def used(self) -> tuple[int, ...]: ...


class Because(Struct, frozen=True, kw_only=True):
    """Why a test escaped, in words, and the lines for ``depends`` that would have caught it."""

    why: str
    mend: str
    depends: dict[str, str] = {}


class Tree(Struct, frozen=True, kw_only=True):
    """The tree that was tested: ``path -> blob``, and the globs said to be read by no test."""

    manifest: Mapping[str, str]
    inert: tuple[str, ...] = ()


def explain(
    nodeid: str, records: Sequence[Record], sessions: Sequence[Session], tree: Tree
) -> Because:
    """Compare what a test touches now with what was known of it when it was not selected."""
    touched = _touched(nodeid, records)
    session = next((one for one in sessions if _holds(one, nodeid)), None)
    if session is None:
        return Because(
            why="nothing was recorded of it, and still it was not selected",
            mend="send this report: a test that is not known has to run",
        )
    changed = fingerprint.paths(session.manifest, tree.manifest)
    hits = [(path, kind) for path, kind in sorted(touched.items()) if _hit(path, kind, changed)]
    if not hits:
        return _unseen(nodeid, touched)
    return _missed(nodeid, hits, _known(session, nodeid), tree.inert)


def _touched(nodeid: str, records: Iterable[Record]) -> dict[str, str]:
    """Return each name a test touches by itself, its fixtures and its imports, with how."""
    found: dict[str, str] = {}
    for record in records:
        for test in (test for test in record.tests if test.nodeid == nodeid):
            frames = [record.frames[n] for n in _reached(record.frames, test.frames)]
            units = (*test.units, *(n for frame in frames for n in frame.units))
            facts = (*test.facts, *(n for frame in frames for n in frame.facts))
            found |= {record.units[n].path: "import" for n in units}
            found |= {record.facts[n].name: record.facts[n].kind for n in facts}
    return found


def _reached(frames: Sequence[_Frame], first: Iterable[int]) -> set[int]:
    found: set[int] = set()
    more = list(first)
    while more:
        number = more.pop()
        if number not in found:
            found.add(number)
            more += frames[number].used
    return found


def _holds(session: Session, nodeid: str) -> bool:
    return any(test.nodeid == nodeid and test.outcome != "failed" for test in session.tests)


def _known(session: Session, nodeid: str) -> frozenset[str]:
    """Return the names that the recording had of a test when it was not selected."""
    found: set[str] = set()
    for test in (test for test in session.tests if test.nodeid == nodeid):
        frames = [session.frames[n] for n in _reached(session.frames, test.frames)]
        facts = (*test.facts, *(n for frame in frames for n in frame.facts))
        units = (*test.ran(), *(n for frame in frames for n in frame.units))
        found |= {session.facts[n][1] for n in facts} | {session.units[n][0] for n in units}
    return frozenset(found)


def _hit(path: str, kind: str, changed: Sequence[str]) -> bool:
    if kind == "list":
        return any((one.rpartition("/")[0] or ".") == path for one in changed)
    return kind in IN_TREE and path in changed


def _missed(
    nodeid: str, hits: list[tuple[str, str]], known: frozenset[str], inert: tuple[str, ...]
) -> Because:
    """Say why a changed file that the test touches did not select it."""
    path, kind = hits[0]
    what = f"it {VERBS[kind]} {path}, which changed"
    depends = {_glob(path, kind): _target(nodeid) for path, kind in hits}
    if any(fnmatch(path, glob) for glob in inert):
        return Because(
            why=f"{what}, and the settings call that inert",
            mend="take it out of inert in pyproject.toml, [tool.firsttry]",
        )
    if path in known:
        return Because(
            why=f"{what}, and that was recorded: selection should have known",
            mend="send this report; until then doit compare --learn adds a line to depends",
            depends=depends,
        )
    return Because(
        why=f"{what}, and had not touched it when it was recorded",
        mend="doit compare --learn adds the line to depends",
        depends=depends,
    )


def _unseen(nodeid: str, touched: Mapping[str, str]) -> Because:
    """Say what is left where nothing in the tree that the test touches changed."""
    outside = sorted(name for name, kind in touched.items() if kind in {"outside", "env"})
    seen = f" (it {VERBS[touched[outside[0]]]} {outside[0]})" if outside else ""
    return Because(
        why=f"nothing that it was seen to touch in the tree changed{seen}: "
        "what decides is out of the recording's sight, such as a service, a cache or the time",
        mend="doit compare --learn lets every change select it; or mark it as a smoke test",
        depends={"*": _target(nodeid)},
    )


def _glob(path: str, kind: str) -> str:
    if kind != "list":
        return escape(path)
    return "*" if path == "." else f"{escape(path)}/*"


def _target(nodeid: str) -> str:
    """Return a glob for a test; the cases of a parametrised one go together."""
    name, bracket, _ = nodeid.partition("[")
    return f"{name}*" if bracket else nodeid
