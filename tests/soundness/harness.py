"""One case from an empty folder to its outcome: build, learn, change, ask, hold to the truth."""

import os
import shutil
import subprocess
import time
from pathlib import Path
from typing import Literal

import msgspec

from tests.soundness.case import Case, again, files
from tests.soundness.subjects import Ran, Subject, environment, plain

Outcome = Literal[
    "exact", "coarse", "closed", "stopped", "nothing", "some", "partial", "escape", "refused"
]
"""`exact`: broken tests ran, the bystander did not; `coarse`: it did, too; `closed`: everything
ran for a stated reason; `stopped`: the subject gave up, not green; `nothing`: no test ran;
`some`: tests ran without need; `partial`: red, but a broken test was missed; `escape`: green;
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
    """What a subject did with a case."""

    name: str
    kind: str
    want: str
    subject: str
    outcome: Outcome
    missed: tuple[str, ...] = ()
    why: str = ""
    seconds: float = 0.0


class VoidCaseError(Exception):
    """The case doesn't say what it means to: its tests are red before, or green after."""


def build(case: Case, base: Path) -> Path:
    """Write the case's tree, an hour old, and commit it."""
    root = base / "repo"
    root.mkdir(parents=True)
    tree = {**_DEFAULTS, **files(case.tree)}
    tree["pyproject.toml"] += _OTHERS_OFF
    if case.bystander:
        tree[case.bystander] = _BYSTANDER
    for path, text in tree.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text, "utf-8")
    for step in case.setup:
        step(root)
    _age(base)
    for words in (("init", "-qb", "main"), ("add", "-A"), ("commit", "-qm", "start")):
        _git(root, *words)
    return root


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
    root = build(case, base)
    first = subject(root, root / case.cwd, {**case.env, **case.learn_env})
    color = "red" if first.failed else "green"
    answer = truth = first
    if color == case.learned:
        answer, truth = _changed(case, subject, root)
        outcome = judge(case, answer, truth)
    elif first.ran or _plain_color(case, root) != case.learned:
        raise VoidCaseError(f"{case.name}: learning was {color}\n{first.said[-_TAIL:]}")
    else:
        outcome = "refused"
    return Result(
        name=case.name,
        kind=case.kind,
        want=case.want,
        subject=getattr(subject, "__name__", "?"),
        outcome=outcome,
        missed=tuple(sorted(_missed(answer, truth))),
        why=answer.whole,
        seconds=round(time.monotonic() - start, 2),
    )


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
    truth = plain(root, root / case.cwd, later)
    _check_truth(case, truth)
    return answer, truth


def _check_truth(case: Case, truth: Ran) -> None:
    if bool(truth.failed) == (case.want == "nothing"):
        raise VoidCaseError(
            f"{case.name}: the change breaks {sorted(truth.failed)}\n{truth.said[-_TAIL:]}"
        )


def _sweep(root: Path) -> None:
    for cache in list(root.parent.rglob("__pycache__")):
        shutil.rmtree(cache)


def judge(case: Case, answer: Ran, truth: Ran) -> Outcome:
    """Hold what the subject did to the truth."""
    if case.want == "nothing":
        return "some" if answer.ran or answer.failed else "nothing"
    if not answer.failed:
        return "escape"
    if answer.status not in {0, 1} and not answer.ran:
        return "stopped"
    if _missed(answer, truth):
        return "partial"
    return _width(case, answer)


def _width(case: Case, answer: Ran) -> Outcome:
    if answer.whole:
        return "closed"
    bystander = _short(f"{case.bystander}::test_bystander")
    return "coarse" if bystander in map(_short, answer.ran) else "exact"


def _missed(answer: Ran, truth: Ran) -> frozenset[str]:
    # An error of collection ends a run before any test: any red then says the same.
    if not all("::" in name for name in truth.failed | answer.failed):
        return frozenset()
    return frozenset(map(_short, truth.failed)) - frozenset(map(_short, answer.failed))


def _short(nodeid: str) -> str:
    # A subject may take another folder for pytest's root than pytest does by itself.
    path, _, rest = nodeid.partition("::")
    return f"{path.rpartition('/')[2]}::{rest}"
