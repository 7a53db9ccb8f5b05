"""Writes the forms that GitLab shows on a merge request: JUnit, code quality, and variables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING
from xml.etree import ElementTree as ET

import msgspec

from firsttry_tasks.reporting.console import harmless

if TYPE_CHECKING:
    from collections.abc import Iterator

    from firsttry_tasks.model.values import Finding, GateResult, Report, Verdict

#: What XML 1.0 can't hold, in no way of writing it.
NO_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def junit(report: Report) -> bytes:
    """Return a stage's tests, and how each ended, as JUnit's XML."""
    root = ET.Element("testsuites", name=f"FirstTry {report.stage}")
    for line in report.gates:
        result = line.result
        if result.tests is not None and not line.cached:
            cases = list(_cases(result))
            suite = ET.SubElement(root, "testsuite", name=result.gate, tests=str(len(cases)))
            suite.set("failures", str(sum(it.find("failure") is not None for it in cases)))
            suite.set("skipped", str(sum(it.find("skipped") is not None for it in cases)))
            suite.set("time", f"{result.seconds:.3f}")
            suite.extend(cases)
    data: bytes = ET.tostring(root, encoding="utf-8", xml_declaration=True)
    return data


def _cases(result: GateResult) -> Iterator[ET.Element]:
    """Yield a test case for each test that ran, or that could not be collected."""
    failed = {it.nodeid: it for it in result.findings if it.nodeid}
    seconds = dict(result.tests.durations) if result.tests else {}
    skipped = frozenset(result.tests.skipped) if result.tests else frozenset()
    for nodeid in (*seconds, *(it for it in failed if it not in seconds)):
        path, _, name = nodeid.partition("::")
        place = _xml(path)
        case = ET.Element("testcase", classname=place, name=_xml(name) or place, file=place)
        case.set("time", f"{seconds.get(nodeid, 0.0):.4f}")
        if nodeid in failed:
            it = failed[nodeid]
            failure = ET.SubElement(case, "failure", message=_xml(it.message), type=_xml(it.rule))
            failure.text = _xml(it.detail)
        elif nodeid in skipped:
            ET.SubElement(case, "skipped")
        yield case


def _xml(text: str) -> str:
    return NO_XML.sub("\N{REPLACEMENT CHARACTER}", harmless(text))


def code_quality(report: Report) -> bytes:
    """Return a stage's findings with a place in a file, but for tests, as code quality's JSON."""
    found = [_issue(it) for it in report.failures if it.gate != "tests" and it.path]
    return msgspec.json.format(msgspec.json.encode(found), indent=1) + b"\n"


def _issue(it: Finding) -> dict[str, object]:
    return {
        "description": harmless(it.message),
        "check_name": f"{it.tool} {it.rule}",
        # GitLab tells by it which findings are new: the same one has the same id in each run.
        "fingerprint": it.id,
        "severity": "major",
        "location": {"path": it.path, "lines": {"begin": it.line or 1}},
    }


def variables(verdict: Verdict) -> bytes:
    """Return the verdict as variables for later jobs: words and numbers of ours alone."""
    found = {
        "FIRSTTRY_VERDICT": verdict.name,
        "FIRSTTRY_EXIT_CODE": verdict.exit_code,
        "FIRSTTRY_ONLY_FULL": len(verdict.only_full),
        "FIRSTTRY_ONLY_WARM": len(verdict.only_warm),
    }
    return "".join(f"{name}={value}\n" for name, value in found.items()).encode()
