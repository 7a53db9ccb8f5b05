"""Green is earned: what stands, and what a report that can't be compared says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.fingerprint import Inputs
from firsttry_tasks.model import state_paths
from firsttry_tasks.reporting import report_files
from firsttry_tasks.system import disk
from tests.builders import report, result

if TYPE_CHECKING:
    from pathlib import Path

    from firsttry_tasks.model.values import GateResult

INPUTS = Inputs(gate="tests", parts={"tree": "a"})
GREEN = msgspec.structs.replace(result("tests"), key=INPUTS.key)


def _stands(root: Path, found: GateResult | None, inputs: Inputs | None = INPUTS) -> bool:
    if found:
        disk.write_json(root / state_paths.result_file("warm", "tests"), found)
    if inputs:
        disk.write_json(root / state_paths.inputs_file("warm", "tests"), inputs)
    return report_files.stands(root, "warm", "tests")


def test_a_green_result_of_the_same_inputs_stands(tmp_path: Path) -> None:
    """Nothing needs to run."""
    assert _stands(tmp_path, GREEN)


@pytest.mark.parametrize(
    "change",
    [{"status": "red"}, {"status": "error"}, {"key": "other"}, {"touched_during_run": ("a.py",)}],
)
def test_anything_else_runs_again(tmp_path: Path, change: dict[str, object]) -> None:
    """Red, broken, of other inputs, or of a tree that moved."""
    assert not _stands(tmp_path, msgspec.structs.replace(GREEN, **change))


def test_other_inputs_run_again(tmp_path: Path) -> None:
    """A part that changed is another key."""
    assert not _stands(tmp_path, GREEN, Inputs(gate="tests", parts={"tree": "b"}))


def test_no_result_does_not_stand(tmp_path: Path) -> None:
    """What never ran is not green."""
    assert not _stands(tmp_path, None)


def test_no_inputs_do_not_stand(tmp_path: Path) -> None:
    """A result without a look at the tree speaks for nothing."""
    assert not _stands(tmp_path, GREEN, None)


@pytest.mark.parametrize("name", ["result", "inputs"])
@pytest.mark.parametrize("keep", [0, 1, 20, -2])
def test_half_a_file_does_not_stand(tmp_path: Path, name: str, keep: int) -> None:
    """Whatever cut it, it is made again."""
    _stands(tmp_path, GREEN)
    file = {"result": state_paths.result_file, "inputs": state_paths.inputs_file}[name](
        "warm", "tests"
    )
    place = tmp_path / file
    place.write_bytes(place.read_bytes()[:keep])
    assert not report_files.stands(tmp_path, "warm", "tests")


def test_a_report_reads_back(tmp_path: Path) -> None:
    """What is written is what is read."""
    made = report("warm", result("ruff"), result("tests"))
    report_files.write_report(tmp_path, made)
    assert report_files.read_report(tmp_path, "warm") == made


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (None, "is missing"),
        (b"", "can't be read"),
        (b"{}", "can't be read"),
        (b'{"stage": "tepid"}', "can't be read"),
    ],
)
def test_a_report_that_cannot_be_compared_says_why(
    tmp_path: Path, data: bytes | None, said: str
) -> None:
    """As words that the verdict's sentence goes on with."""
    if data is not None:
        disk.write(tmp_path / state_paths.report_file("warm"), data)
    found = report_files.read_report(tmp_path, "warm")
    assert isinstance(found, str)
    assert found.startswith(said)


def test_no_flaky_file_is_an_empty_memory(tmp_path: Path) -> None:
    """A project without flaky tests needs no file that says so."""
    assert report_files.read_flaky(tmp_path).nodeids == ()
