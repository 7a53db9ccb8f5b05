"""The forms that GitLab reads: whole, and safe from what names hold."""

from __future__ import annotations

import json
from xml.etree import ElementTree as ET

from msgspec.structs import replace

from firsttry_tasks.model.values import Counts, TestsDetail, Verdict
from firsttry_tasks.reporting.pull_request import gitlab
from tests import builders
from tests.unit.reporting.pull_request import runs

PASSED, SKIPPED = "tests/test_a.py::TestA::test_b[1]", "tests/test_a.py::test_s"


def test_junit_has_each_test_that_ran_and_how_it_ended() -> None:
    """Failures with their text, and names that XML could not hold."""
    bad = replace(runs.failed(f"t.py::test[<&\x00\x1b\ud7ff{chr(0xFFFF)}]"), detail="E  1 < 2")
    lost = replace(runs.failed("tests/test_broken.py"), rule="collect")
    detail = TestsDetail(
        counts=Counts(),
        mode="everything",
        durations={PASSED: 0.5, SKIPPED: 0.0, bad.nodeid or "": 0.25},
        skipped=(SKIPPED,),
    )
    result = replace(builders.result("tests", bad, lost), tests=detail)
    root = ET.fromstring(gitlab.junit(builders.report("full", result)))  # noqa: S314  our own
    (suite,) = root
    assert [suite.get(it) for it in ("tests", "failures", "skipped")] == ["4", "2", "1"]
    told = [(it.get("classname"), it.get("name"), [one.tag for one in it]) for it in suite]
    assert told[0] == ("tests/test_a.py", "TestA::test_b[1]", [])
    assert told[1][2] == ["skipped"]
    assert (told[2][1] or "").startswith("test[<&")
    assert suite[2][0].text == "E  1 < 2"
    assert told[3][:2] == ("tests/test_broken.py", "tests/test_broken.py")


def test_a_gate_that_kept_its_result_has_no_tests() -> None:
    """They did not run now."""
    result = replace(builders.result("tests"), tests=builders.detail(a="x"))
    report = builders.report("warm", result)
    kept = replace(report, gates=(replace(report.gates[0], cached=True),))
    assert len(ET.fromstring(gitlab.junit(kept))) == 0  # noqa: S314  our own


def test_code_quality_has_what_tools_found_in_files() -> None:
    """With all that GitLab asks for; tests are in the other form."""
    report = builders.report(
        "full",
        builders.result("ruff", runs.lint(3)),
        builders.result("tests", runs.failed("t.py::a")),
    )
    (only,) = json.loads(gitlab.code_quality(report))
    assert only == {
        "description": "`os` imported but unused (3)",
        "check_name": "ruff F401",
        "fingerprint": "ruff:F401:3",
        "severity": "major",
        "location": {"path": "shop/cart.py", "lines": {"begin": 3}},
    }


def test_variables_hold_no_word_of_others() -> None:
    """A line end in a name would be a variable of its own."""
    verdict = Verdict(
        name="escape", exit_code=99, sentence="a\nPATH=x", only_full=(runs.failed("a\nB=1"),)
    )
    assert gitlab.variables(verdict).decode().splitlines() == [
        "FIRSTTRY_VERDICT=escape",
        "FIRSTTRY_EXIT_CODE=99",
        "FIRSTTRY_ONLY_FULL=1",
        "FIRSTTRY_ONLY_WARM=0",
    ]
