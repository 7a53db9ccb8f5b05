"""An escape says why it was not selected, and what would have selected it."""

from __future__ import annotations

from array import array
from typing import Any

import pytest
from msgspec.structs import replace

from firsttry_tasks.model import recording
from firsttry_tasks.model.recording import Observation, ObservationKind, Record, ScopeRecord, Unit
from firsttry_tasks.parity import escape_reason
from firsttry_tasks.parity.escape_reason import Explanation, PriorEvidence, Tree
from firsttry_tasks.selection.evidence import recorded_run
from firsttry_tasks.selection.evidence.recorded_run import RecordedRun

NODEID = "tests/test_a.py::test_data[1]"
BEFORE = {"shop.py": "1", "data/a.txt": "1", "tests/test_a.py": "1"}
SHOP = Unit(path="shop.py", name="price", line=1)


def _record(*observations: tuple[ObservationKind, str], units: tuple[Unit, ...] = ()) -> Record:
    """Return a record of one test whose fixture touched all this."""
    numbers = tuple(range(len(observations)))
    fixture = ScopeRecord(
        kind="fixture", name="f", observations=numbers, units=tuple(n for n, _ in enumerate(units))
    )
    test = recording.TestRecord(
        nodeid=NODEID,
        path="tests/test_a.py",
        outcome="failed",
        seconds=0,
        units=(),
        observations=(),
        scopes=(1,),
        names=(),
        function=True,
    )
    return Record(
        units=units,
        observations=tuple(Observation(kind=kind, name=name) for kind, name in observations),
        scopes=(fixture, ScopeRecord(kind="collect", name="c", used=(0,))),
        tests=(test,),
        modules={},
        environment={},
        patterns=(),
        testpaths=(),
        roots=(),
        began=0,
        collected=(NODEID,),
    )


def _known(
    *observations: tuple[ObservationKind, str], outcome: str = "passed", **more: Any
) -> PriorEvidence:
    """Return what was known of the test when it was not selected."""
    test = recorded_run.RecordedTest(
        nodeid=NODEID,
        path="tests/test_a.py",
        outcome=outcome,
        seconds=0,
        units=array("I").tobytes(),
        observations=tuple(range(len(observations))),
        scopes=(),
        names=(),
        function=True,
    )
    recorded = RecordedRun(
        manifest=BEFORE,
        parts={},
        variables={},
        outside={},
        modules={},
        patterns=(),
        testpaths=(),
        roots=(),
        units=(),
        observations=observations,
        scopes=(),
        tests=(test,),
        collected={},
        deselected_by_project=frozenset(),
    )
    return PriorEvidence(recorded=recorded, **more)


def _because(
    record: Record,
    known: PriorEvidence | None,
    changed: dict[str, str],
    inert: tuple[str, ...] = (),
) -> Explanation:
    tree = Tree(manifest={**BEFORE, **changed}, inert=inert)
    return escape_reason.explain(NODEID, [record], known, tree)


READ: tuple[ObservationKind, str] = ("read", "data/a.txt")
EDITED = {"data/a.txt": "2"}


@pytest.mark.parametrize(
    ("record", "known", "changed", "why", "depends"),
    [
        (_record(READ), _known(), EDITED, "it reads data/a.txt, which changed", "data/a.txt"),
        (_record(READ), _known(READ), EDITED, "selection should have known", "data/a.txt"),
        (_record(units=(SHOP,)), _known(), {"shop.py": "2"}, "runs code of shop.py", "/shop.py"),
        (
            _record(("list", "data")),
            _known(),
            {"data/b.txt": "1"},
            "it lists data, which changed",
            "data/*",
        ),
        (_record(("probed", "b[1]")), _known(), {"b[1]": "1"}, "it looks for b[1]", r"/b\[1]"),
        (_record(READ), _known(), {"shop.py": "2"}, "out of the recording's sight", "*"),
        (_record(("env", "MOOD")), _known(), EDITED, "it reads the variable MOOD", "*"),
    ],
)
def test_reasons(
    record: Record, known: PriorEvidence, changed: dict[str, str], why: str, depends: str
) -> None:
    """What it touches, what of that changed, and the line that would have caught it."""
    found = _because(record, known, changed)
    expected = (True, {depends: "tests/test_a.py::test_data*"})
    assert (why in found.why, found.depends) == expected


def test_an_inert_file_needs_no_line() -> None:
    """The settings said that no test reads it; they are what is to be mended."""
    found = _because(_record(READ), _known(), EDITED, ("data/*",))
    assert (found.depends, "inert" in found.mend) == ({}, True)


def test_an_unknown_test_is_our_bug() -> None:
    """What was never recorded has to run."""
    found = _because(_record(READ), None, EDITED)
    assert "nothing was recorded of it" in found.why


def _at_import(path: str, kind: str = "import") -> Record:
    """Return a record of a test whose module touched all this when it was imported."""
    [scope, collect] = _record(("read", path)).scopes
    inside = replace(scope, kind=kind)
    return replace(_record(("read", path)), scopes=(inside, collect))


GOLDEN = "the golden cache of 0123"


@pytest.mark.parametrize(
    ("record", "known", "changed", "reason"),
    [
        (_record(READ), _known(), EDITED, "data file"),
        (_record(("list", "data")), _known(), {"data/b.txt": "1"}, "listing"),
        (_record(("probed", "b")), _known(), {"b": "1"}, "looked-for file"),
        (_record(units=(SHOP,)), _known(), {"shop.py": "2"}, "code"),
        (_at_import("data/a.txt"), _known(), EDITED, "import time"),
        (_at_import("data/a.txt", "collect"), _known(), EDITED, "import time"),
        (_record(("read", "conftest.py")), _known(), {"conftest.py": "1"}, "configuration"),
        (_record(("read", "pytest.ini")), _known(), {"pytest.ini": "1"}, "configuration"),
        (_record(READ), _known(READ), EDITED, "recorded"),
        (_record(READ), None, EDITED, "never recorded"),
        (_record(READ), _known(golden=GOLDEN), EDITED, "foreign golden cache"),
        (_record(READ), _known(golden=GOLDEN), {}, "foreign golden cache"),
        (_record(READ), _known(golden=GOLDEN, days=40), {}, "foreign golden cache"),
        (_record(READ), _known(READ, golden=GOLDEN), EDITED, "recorded"),
        (_record(READ), _known(days=40), {}, "stale db"),
        (_record(READ), _known(days=6), {}, "out of sight"),
        (_record(READ), _known(days=40), EDITED, "data file"),
    ],
)
def test_each_reason_has_a_name(
    record: Record, known: PriorEvidence | None, changed: dict[str, str], reason: str
) -> None:
    """For scripts, and for counting."""
    assert _because(record, known, changed).reason == reason


@pytest.mark.parametrize(
    ("known", "said"), [(_known(days=40.2), "40 days old"), (_known(golden=GOLDEN), GOLDEN)]
)
@pytest.mark.parametrize("changed", [{}, EDITED])
def test_where_a_record_comes_from_is_told(
    known: PriorEvidence, said: str, changed: dict[str, str]
) -> None:
    """With the command that makes it anew."""
    found = _because(_record(READ), known, changed)
    assert (said in found.why, "ft clear_cache" in found.mend) == (True, True)


def test_the_run_that_vouched_is_blamed() -> None:
    """Not a newer one that would have selected the test, nor one in which it failed."""
    known = [_known(outcome="failed"), _known(days=1), _known(days=2)]
    judged = {id(one.recorded): f"{n}" for n, one in enumerate(known)}
    judged[id(known[2].recorded)] = ""
    found = escape_reason.vouching_run(NODEID, known, lambda it, _test: judged[id(it)] or None)
    assert found is known[2]


def test_where_none_vouched_the_newest_is_blamed() -> None:
    """As where the settings of the machine differ by now."""
    known = [_known(outcome="failed"), _known(days=1), _known(days=2)]
    assert escape_reason.vouching_run(NODEID, known, lambda _it, _test: "changed") is known[1]
