"""What warm came to on a commit or a fault that was played, and what follows for a team."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

#: What became of a commit. Only "judged" ones say something of warm; at the first whose tests run
#: it learns. The others are told apart: their tests can't be collected with what is installed, the
#: package is not where it is imported from, or a step gave no answer.
State = Literal["learned", "judged", "uncollected", "uninstalled", "unanswered", "hung"]
#: How a test ended that a run does not have.
ABSENT = "absent"
#: Reasons that are kept of a run, and groups of them that are told.
REASONS = 5


class FullRun(Struct, frozen=True, kw_only=True):
    """A run of all tests without selection: how each ended, what it took, and what broke it."""

    outcomes: dict[str, str] = {}
    seconds: float = 0.0
    cpu: float = 0.0
    hung: bool = False
    trouble: str = ""

    @property
    def failed(self) -> frozenset[str]:
        """Return the tests and files that failed."""
        return frozenset(name for name, word in self.outcomes.items() if word == "failed")

    @property
    def passed(self) -> frozenset[str]:
        """Return the tests that did not fail."""
        return frozenset(self.outcomes) - self.failed

    @property
    def collected(self) -> bool:
        """Tell whether any test ran: what can't be collected, or started, names none."""
        return any("::" in name for name in self.outcomes)


class Past(Struct, frozen=True, kw_only=True):
    """How all tests ended last, and the ways in which each has ended since the first commit."""

    last: FullRun
    ways: dict[str, set[str]] = {}

    def then(self, after: FullRun) -> Past:
        """Return the past of the next commit."""
        return past(after, self.ways)


def past(last: FullRun, ways: Mapping[str, set[str]] | None = None) -> Past:
    """Return the past in which a run was the last one."""
    found = {name: {*(ways or {}).get(name, ()), word} for name, word in last.outcomes.items()}
    return Past(last=last, ways={**(ways or {}), **found})


class WarmRun(Struct, frozen=True, kw_only=True):
    """A warm run: which tests ran and failed, why so many, and what it took."""

    ran: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    mode: str = "none"
    everything: str = ""
    reasons: dict[str, int] = {}
    seconds: float = 0.0
    cpu: float = 0.0
    error: str = ""


class Missed(Struct, frozen=True, kw_only=True):
    """A test that warm left out although it ends otherwise now than warm can know."""

    nodeid: str
    before: str
    now: str
    because: str = ""
    mend: str = ""


class Played(Struct, frozen=True, kw_only=True):
    """What warm did with one change.

    ``ran`` of ``total`` tests ran in warm, in ``files_ran`` of ``files`` files; ``everything`` says
    why all of them, ``reasons`` why how many. ``false_red`` tests failed in warm alone. ``flaky``
    ones ended in another way when they ran again on the same tree, and count nowhere.
    """

    state: State = "judged"
    note: str = ""
    ran: int = 0
    total: int = 0
    files_ran: int = 0
    files: int = 0
    mode: str = ""
    everything: str = ""
    reasons: dict[str, int] = {}
    missed: tuple[Missed, ...] = ()
    false_red: tuple[str, ...] = ()
    flaky: tuple[str, ...] = ()
    warm_seconds: float = 0.0
    full_seconds: float = 0.0
    warm_cpu: float = 0.0
    full_cpu: float = 0.0

    @property
    def share(self) -> float:
        """Return the share of tests that ran."""
        return self.ran / self.total if self.total else 0.0


class Step(Played, frozen=True, kw_only=True):
    """A commit that was played.

    ``changed`` outcomes differ from those at the commit before, ``new`` ones are of tests that were
    not there before, or had another name.
    """

    commit: str
    subject: str = ""
    changed: int = 0
    new: int = 0


class Faulty(Played, frozen=True, kw_only=True):
    """A fault that was played: its kind, its file and line, and how many tests it broke."""

    kind: str
    place: str
    broke: int = 0


def changed(before: FullRun, after: FullRun) -> frozenset[str]:
    """Return the tests that ended otherwise than before, new ones too."""
    found = after.outcomes.items()
    return frozenset(name for name, word in found if before.outcomes.get(name) != word)


def left_out(warm: WarmRun, before: Past, after: FullRun) -> frozenset[str]:
    """Return the tests that warm did not run, and that end in a way that it can't know.

    What it leaves out it takes for green, so one that fails is missed whatever it did before. An
    outcome that the test had at an earlier commit may be that commit's again: the edit went back.
    """
    found = {
        name
        for name, word in after.outcomes.items()
        if word == "failed" or word not in before.ways.get(name, ())
    }
    return frozenset(found - warm.ran - warm.failed)


def unlike(again: Mapping[str, set[str]], nodeids: Iterable[str], run: FullRun) -> frozenset[str]:
    """Return the tests that ended otherwise than in the run when they ran again."""
    alike = {it: {run.outcomes.get(it, ""), ABSENT} for it in nodeids}
    return frozenset(it for it, ways in alike.items() if again.get(it, set()) - ways)


def unnamed(again: Mapping[str, set[str]], nodeids: Iterable[str], before: Past) -> frozenset[str]:
    """Return the tests whose name no other run has, such as one with the time of day in it.

    A test of an earlier run that is gone when it runs again is none of them: it is missed.
    """
    new = (it for it in nodeids if it not in before.ways)
    return frozenset(it for it in new if again.get(it) == {ABSENT})


def undecided(again: Mapping[str, set[str]], nodeids: Iterable[str]) -> frozenset[str]:
    """Return the tests that ended in several ways when they ran again.

    One that always fails alone, and passes among all, is no flake: warm is red for it.
    """
    return frozenset(it for it in nodeids if len(again.get(it, set())) > 1)


def unbroken(warm: WarmRun, before: FullRun, after: FullRun) -> frozenset[str]:
    """Return the tests that a fault broke, and that warm did not fail."""
    broke = after.failed - before.failed
    # What can't be collected, or started, ends pytest before any test: no green then says the same.
    if all("::" in name for name in broke | warm.failed):
        return broke - warm.failed
    return frozenset() if warm.failed else broke


def measured(warm: WarmRun, after: FullRun, total: int | None = None) -> dict[str, object]:
    """Return the fields of what was played that the two runs say by themselves."""
    files = {name.partition("::")[0] for name in after.outcomes}
    ran = {name.partition("::")[0] for name in warm.ran}
    return {
        "ran": len(warm.ran),
        "total": len(after.outcomes) if total is None else total,
        "files_ran": len(ran & files),
        "files": len(files),
        "mode": warm.mode,
        "everything": warm.everything,
        "reasons": warm.reasons,
        "warm_seconds": round(warm.seconds, 2),
        "full_seconds": round(after.seconds, 2),
        "warm_cpu": round(warm.cpu, 2),
        "full_cpu": round(after.cpu, 2),
    }


def ranked(found: Mapping[str, int]) -> dict[str, int]:
    """Return the most frequent of what was counted, the most frequent first."""
    return dict(sorted(found.items(), key=lambda pair: (-pair[1], pair[0]))[:REASONS])
