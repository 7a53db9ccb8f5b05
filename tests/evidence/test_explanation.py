"""An escape says why it was not selected, and what would have selected it."""

from __future__ import annotations

from array import array

import pytest

from firsttry_tasks import explanation, records
from firsttry_tasks.explanation import Because, Tree
from firsttry_tasks.records import Fact, Frame, Record, Unit
from firsttry_tasks.selection import learned
from firsttry_tasks.selection.learned import Session

NODEID = "tests/test_a.py::test_data[1]"
BEFORE = {"shop.py": "1", "data/a.txt": "1", "tests/test_a.py": "1"}
SHOP = Unit(path="shop.py", name="price", line=1)


def _record(*facts: tuple[str, str], units: tuple[Unit, ...] = ()) -> Record:
    """Return a record of one test whose fixture touched all this."""
    numbers = tuple(range(len(facts)))
    fixture = Frame(
        kind="fixture", name="f", facts=numbers, units=tuple(n for n, _ in enumerate(units))
    )
    test = records.Test(
        nodeid=NODEID,
        path="tests/test_a.py",
        outcome="failed",
        seconds=0,
        units=(),
        facts=(),
        frames=(1,),
        names=(),
        function=True,
    )
    return Record(
        units=units,
        facts=tuple(Fact(kind=kind, name=name) for kind, name in facts),
        frames=(fixture, Frame(kind="collect", name="c", used=(0,))),
        tests=(test,),
        modules={},
        environment={},
        patterns=(),
        testpaths=(),
        roots=(),
        began=0,
        collected=(NODEID,),
    )


def _session(*facts: tuple[str, str], outcome: str = "passed") -> Session:
    """Return what was known of the test when it was not selected."""
    test = learned.Test(
        nodeid=NODEID,
        path="tests/test_a.py",
        outcome=outcome,
        seconds=0,
        units=array("I").tobytes(),
        facts=tuple(range(len(facts))),
        frames=(),
        names=(),
        function=True,
    )
    return Session(
        manifest=BEFORE,
        parts={},
        variables={},
        outside={},
        modules={},
        patterns=(),
        testpaths=(),
        roots=(),
        units=(),
        facts=facts,
        frames=(),
        tests=(test,),
        collected={},
        left=frozenset(),
    )


def _because(
    record: Record, session: Session, changed: dict[str, str], inert: tuple[str, ...] = ()
) -> Because:
    tree = Tree(manifest={**BEFORE, **changed}, inert=inert)
    return explanation.explain(NODEID, [record], [session], tree)


READ = ("read", "data/a.txt")
EDITED = {"data/a.txt": "2"}


@pytest.mark.parametrize(
    ("record", "session", "changed", "why", "depends"),
    [
        (_record(READ), _session(), EDITED, "it reads data/a.txt, which changed", "data/a.txt"),
        (_record(READ), _session(READ), EDITED, "selection should have known", "data/a.txt"),
        (_record(units=(SHOP,)), _session(), {"shop.py": "2"}, "runs code of shop.py", "shop.py"),
        (
            _record(("list", "data")),
            _session(),
            {"data/b.txt": "1"},
            "it lists data, which changed",
            "data/*",
        ),
        (_record(("look", "b[1]")), _session(), {"b[1]": "1"}, "it looks for b[1]", "b[[]1]"),
        (_record(READ), _session(), {"shop.py": "2"}, "out of the recording's sight", "*"),
        (_record(("env", "MOOD")), _session(), EDITED, "it reads the variable MOOD", "*"),
    ],
)
def test_reasons(
    record: Record, session: Session, changed: dict[str, str], why: str, depends: str
) -> None:
    """What it touches, what of that changed, and the line that would have caught it."""
    found = _because(record, session, changed)
    expected = (True, {depends: "tests/test_a.py::test_data*"})
    assert (why in found.why, found.depends) == expected


def test_an_inert_file_needs_no_line() -> None:
    """The settings said that no test reads it; they are what is to be mended."""
    found = _because(_record(READ), _session(), EDITED, ("data/*",))
    assert (found.depends, "inert" in found.mend) == ({}, True)


def test_an_unknown_test_is_our_bug() -> None:
    """What was never recorded has to run."""
    found = _because(_record(READ), _session(outcome="failed"), EDITED)
    assert "nothing was recorded of it" in found.why
