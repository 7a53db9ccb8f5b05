"""One case from an empty folder to its outcome: build, learn, change, ask, hold to the truth."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Literal

import msgspec

from tests.soundness.case import Case, again, files
from tests.soundness.importer import NAME, importing_test
from tests.soundness.subjects import Ran, Subject, environment, plain

Outcome = Literal[
    "exact", "importers", "coarse", "closed", "stopped", "nothing", "some", "partial", "escape",
    "refused",
]  # fmt: skip
"""`exact`: broken tests ran, neither bystander did; `importers`: the one did that imports what
was edited (and nobody else, where nothing can break); `coarse`: the other did, too; `closed`:
everything ran for a stated reason; `stopped`: the subject gave up, not green; `nothing`: no test
ran; `some`: tests ran without need; `partial`: red, but a broken test was missed; `escape`: green;
`refused`: the subject can't run these tests at all, which is no answer but no lie."""

_IGNORED = ".testmondata*\n.firsttry/\nartifacts/\n__pycache__/\n.pytest_cache/\n.*_cache/\n"
_HOUR = 3600
_TAIL = 1200
_DEFAULTS = {
    "pyproject.toml": "[tool.pytest.ini_options]\n",
    ".gitignore": _IGNORED,
}
_OTHERS_OFF = """
[tool.firsttry.ruff]
enabled = false

[tool.firsttry.mypy]
enabled = false
"""
_BYSTANDER = "def test_bystander():\n    assert True\n"


class Result(msgspec.Struct, frozen=True, kw_only=True):
    """What a subject did with a case; `lacks` says why there is no second bystander in it."""

    name: str
    kind: str
    want: str
    subject: str
    outcome: Outcome
    missed: tuple[str, ...] = ()
    why: str = ""
    seconds: float = 0.0
    lacks: str = "it was not played"


class Seen(msgspec.Struct, frozen=True, kw_only=True):
    """What was seen of a case: the run that learnt, the answer to the change, and the truth."""

    first: Ran
    answer: Ran
    truth: Ran
    importer: str
    lacks: str


class VoidCaseError(Exception):
    """The case doesn't say what it means to: its tests are red before, or green after."""


def build(case: Case, base: Path, importer: str = "") -> Path:
    """Write the case's tree, an hour old, with the bystanders."""
    root = base / "repo"
    root.mkdir(parents=True)
    for path, text in tree_of(case, importer).items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    for step in case.setup:
        step(root)
    _age(base)
    return root


def tree_of(case: Case, importer: str = "") -> dict[str, str]:
    """Return the files that a case begins with, each with its text."""
    tree = {**_DEFAULTS, **files(case.tree)}
    tree["pyproject.toml"] += _OTHERS_OFF
    if case.bystander:
        tree[case.bystander] = _BYSTANDER
    if importer:
        tree[beside(case.bystander)] = importer
    return tree


def beside(bystander: str) -> str:
    """Return where the second bystander stands: in the first one's folder."""
    return f"{bystander.rpartition('/')[0]}/{NAME}.py".removeprefix("/")


def commit(root: Path) -> None:
    """Make the tree a repository with one commit."""
    for words in (("init", "-qb", "main"), ("add", "-A"), ("commit", "-qm", "start")):
        _git(root, *words)


def _age(base: Path) -> None:
    # Python takes a .pyc for fresh when time and size agree: an edit within the second would hide.
    then = time.time() - _HOUR
    for path in base.rglob("*"):
        os.utime(path, (then, then), follow_symlinks=False)


def _git(root: Path, *words: str) -> None:
    who = ("-c", "user.name=m", "-c", "user.email=m@example.org")
    env = environment(root, {})
    subprocess.run(["git", *who, *words], cwd=root, env=env, check=True, capture_output=True)


def play(case: Case, subject: Subject, base: Path) -> Result:
    """Run one case, and say what came of it."""
    start = time.monotonic()
    seen = watch(case, subject, base)
    outcome = judge(case, seen.answer, seen.truth) if learned(case, seen.first) else "refused"
    return Result(
        name=case.name,
        kind=case.kind,
        want=case.want,
        subject=getattr(subject, "__name__", "?"),
        outcome=outcome,
        missed=tuple(sorted(missed(seen.answer, seen.truth))),
        why=seen.answer.whole,
        seconds=round(time.monotonic() - start, 2),
        lacks=seen.lacks,
    )


def watch(case: Case, subject: Subject, base: Path) -> Seen:
    """Run one case with the second bystander, or without where that can't be green throughout."""
    importer = _importer(case, base / "draft")
    if not importer:
        return _watch(case, subject, base / "alone", "", "the change edits no module")
    seen = _watch(case, subject, base / "both", importer, "")
    if not learned(case, seen.first) or any(map(_is_importer, seen.first.failed)):
        return _watch(case, subject, base / "alone", "", "the module can't be imported by a test")
    if any(map(_is_importer, seen.truth.failed)):
        return _watch(case, subject, base / "alone", "", "the change breaks importing the module")
    collected = any(map(_is_importer, seen.first.ran))
    lacks = "" if collected else "it did not run before the change"
    return _checked(case, msgspec.structs.replace(seen, lacks=lacks))


def _importer(case: Case, base: Path) -> str:
    """Return the second bystander, which is found by making the change once without running."""
    root = build(case, base)
    commit(root)
    before = _texts(root)
    try:
        for step in case.change:
            step(root)
    except (OSError, ValueError, subprocess.CalledProcessError):
        return ""  # the change is one of what a run left
    return importing_test(before, _texts(root)) if case.bystander else ""


def _texts(root: Path) -> dict[str, str]:
    found = (path for path in root.rglob("*.py") if path.is_file() and not path.is_symlink())
    return {p.relative_to(root).as_posix(): p.read_text("utf-8", "replace") for p in found}


def _watch(case: Case, subject: Subject, base: Path, importer: str, lacks: str) -> Seen:
    root = build(case, base, importer)
    commit(root)
    first = subject(root, root / case.cwd, {**case.env, **case.learn_env})
    answer = truth = first
    if learned(case, first):
        answer, truth = _changed(case, subject, root)
    elif not importer and (first.ran or _plain_color(case, root) != case.learned):
        raise VoidCaseError(f"{case.name}: learning went wrong\n{first.said[-_TAIL:]}")
    seen = Seen(first=first, answer=answer, truth=truth, importer=importer, lacks=lacks)
    return seen if importer else _checked(case, seen)


def learned(case: Case, first: Ran) -> bool:
    """Tell whether the run that learnt ended as the case says."""
    return ("red" if first.failed else "green") == case.learned


def _plain_color(case: Case, root: Path) -> str:
    first = plain(root, root / case.cwd, {**case.env, **case.learn_env})
    return "red" if first.failed else "green"


def _changed(case: Case, subject: Subject, root: Path) -> tuple[Ran, Ran]:
    later = {**case.env, **case.later_env}
    for step in case.change:
        if step is again:
            subject(root, root / case.cwd, later)
        else:
            step(root)
    answer = subject(root, root / case.cwd, later)
    _sweep(root)
    return answer, plain(root, root / case.cwd, later)


def _checked(case: Case, seen: Seen) -> Seen:
    truth = seen.truth
    if learned(case, seen.first) and bool(truth.failed) == (case.want == "nothing"):
        raise VoidCaseError(
            f"{case.name}: the change breaks {sorted(truth.failed)}\n{truth.said[-_TAIL:]}"
        )
    return seen


def _sweep(root: Path) -> None:
    for cache in list(root.parent.rglob("__pycache__")):
        shutil.rmtree(cache)


def judge(case: Case, answer: Ran, truth: Ran) -> Outcome:
    """Hold what the subject did to the truth."""
    if case.want == "nothing":
        return _needless(answer.ran | answer.failed)
    if not answer.failed:
        return "escape"
    if answer.status not in {0, 1} and not answer.ran:
        return "stopped"
    if missed(answer, truth):
        return "partial"
    return _width(case, answer)


def _needless(ran: frozenset[str]) -> Outcome:
    if not ran:
        return "nothing"
    return "importers" if all(map(_is_importer, ran)) else "some"


def _width(case: Case, answer: Ran) -> Outcome:
    if answer.whole:
        return "closed"
    if _short(f"{case.bystander}::test_bystander") in map(_short, answer.ran):
        return "coarse"
    return "importers" if any(map(_is_importer, answer.ran)) else "exact"


def _is_importer(nodeid: str) -> bool:
    return _short(nodeid).startswith(f"{NAME}.py")


def missed(answer: Ran, truth: Ran) -> frozenset[str]:
    """Return the broken tests that were not found to be."""
    # An error of collection ends a run before any test: any red then says the same.
    if not all("::" in name for name in truth.failed | answer.failed):
        return frozenset()
    return frozenset(map(_short, truth.failed)) - frozenset(map(_short, answer.failed))


def _short(nodeid: str) -> str:
    # A subject may take another folder for pytest's root than pytest does by itself.
    path, _, rest = nodeid.partition("::")
    return f"{path.rpartition('/')[2]}::{rest}"
