"""What ruff, mypy and diff-cover are asked, and what is read out of what they really said."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from firsttry_tasks import gates
from firsttry_tasks.config.parity_lock import Lock, Thresholds, Tool
from firsttry_tasks.config.settings import GateSettings, Settings
from firsttry_tasks.gates import GATES, mypy, ruff
from firsttry_tasks.reporting import text
from tests.builders import completed, job

CASES = sorted((Path(__file__).parents[2] / "data/tools").glob("*/*.json"))


class Case(msgspec.Struct, forbid_unknown_fields=True):
    """A recorded end of a tool, and what we have to say about it."""

    code: int
    out: str
    err: str
    status: str
    says: list[str]


@pytest.mark.parametrize("file", CASES, ids=[f"{it.parent.name}-{it.stem}" for it in CASES])
def test_recorded_outputs(file: Path) -> None:
    """Each recorded output of a real tool gives its status and its clickable lines."""
    case = msgspec.json.decode(file.read_bytes(), type=Case)
    said = gates.said(file.parent.name, job(), completed(case.out, case.code, case.err))
    lines = [text.finding(it) for it in said.findings] or [said.message][: bool(said.message)]
    assert (said.status, lines) == (case.status, case.says)


@pytest.mark.parametrize("gate", ["ruff", "mypy"])
@pytest.mark.parametrize("out", ["", "[]", "[{", "{", "not JSON", '{"file": 3}'])
def test_an_answer_cut_short_is_no_answer(gate: str, out: str) -> None:
    """What can't be read is an error of the gate, never green."""
    assert gates.said(gate, job(), completed(out, 1)).status == "error"


def test_equal_findings_have_equal_ids() -> None:
    """The same output gives the same ids, so that warm and full can be compared."""
    case = json.loads((Path(__file__).parents[2] / "data/tools/ruff/lint.json").read_text())
    one, two = (ruff.said(job(stage), completed(case["out"], 1)) for stage in ("warm", "full"))
    assert one.findings == two.findings


def test_full_ruff_reads_no_cache() -> None:
    """Full is cold."""
    command = ruff.command(job("full"))
    assert command
    assert "--no-cache" in command.argv


def test_full_mypy_starts_from_nothing() -> None:
    """Full is cold, and leaves the user's cache alone."""
    command = mypy.command(job("full"))
    assert command
    assert {"--no-incremental", "--cache-dir=/dev/null"} <= set(command.argv)


def test_mypy_without_anything_to_check_is_off() -> None:
    """A project of documents has no use for mypy."""
    assert mypy.command(job(paths=("README.md",))) is None


@pytest.mark.parametrize(
    ("configured", "last"),
    [
        ({}, "src"),
        ({"pyproject.toml [tool.mypy]": ("strict",)}, "src"),
        ({"pyproject.toml [tool.mypy]": ("files",)}, "--no-pretty"),
        ({"setup.cfg [mypy]": ("packages",)}, "--no-pretty"),
    ],
)
def test_mypy_is_pointed_where_its_own_configuration_does_not(
    configured: dict[str, tuple[str, ...]], last: str
) -> None:
    """Targets come from the project's configuration, else from the layout."""
    command = mypy.command(job(configured=configured))
    assert command
    assert [word for word in command.argv if word != "--ignore-missing-imports"][-1] == last


@pytest.mark.parametrize("gate", ["ruff", "mypy"])
def test_settings_and_lock_add_arguments(gate: str) -> None:
    """The lock's arguments stand before the project's, both before the targets."""
    settings = Settings(ruff=GateSettings(args=("-b",)), mypy=GateSettings(args=("-b",)))
    lock = Lock(tools={gate: Tool(args=("-a",), timeout=7)})
    command = GATES[gate].command(job(settings=settings, lock=lock))
    assert command
    assert (command.argv[-3:-1], command.timeout) == (("-a", "-b"), 7)


def _measured(percent: float, lines: int, *violations: int) -> str:
    file = {"percent_covered": percent, "violation_lines": violations}
    return json.dumps(
        {
            "total_percent_covered": percent,
            "total_num_lines": lines,
            "src_stats": {"a.py": file},
        }
    )


@pytest.mark.parametrize(
    ("out", "code", "status"),
    [
        (_measured(100, 4), 0, "green"),
        (_measured(80, 5, 3), 0, "green"),
        (_measured(79, 5, 3, 4), 0, "red"),
        (_measured(0, 0), 0, "green"),
        ("", 0, "error"),
        ("", 1, "error"),
        ("{", 0, "error"),
    ],
)
def test_changed_lines_are_held_to_the_threshold(out: str, code: int, status: str) -> None:
    """Below the lock's percentage is red; no measurement is no answer."""
    asked = job("full", lock=Lock(thresholds=Thresholds(diff_cover=80)))
    assert gates.said("diff-cover", asked, completed(out, code)).status == status


USAGE = """\
usage: mypy [-h] [-v] [-V] [more options; see below]
            [-m MODULE] [-p PACKAGE] [-c PROGRAM_TEXT] [files ...]
mypy: error: argument --python-version: must be 3.10 or higher
"""


@pytest.mark.parametrize(
    ("err", "told"),
    [
        (USAGE, "mypy: error: argument --python-version: must be 3.10 or higher"),
        ("INTERNAL ERROR\nplease report\n", "INTERNAL ERROR please report"),
    ],
)
def test_what_mypy_could_not_do_is_told_first(err: str, told: str) -> None:
    """Not how it is used."""
    said = mypy.said(job(), completed(code=2, err=err))
    assert (said.status, said.message) == ("error", f"mypy ended with exit code 2: {told}")
