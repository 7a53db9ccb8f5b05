"""A folder of a CI's files is read as data that anybody may have made."""

from __future__ import annotations

import contextlib
import json
import random
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from msgspec.structs import replace

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Verdict
from firsttry_tasks.parity.history import Line
from firsttry_tasks.reporting.page import gather, render, tables
from firsttry_tasks.reporting.pull_request import comment
from firsttry_tasks.reporting.pull_request.comment import Links
from firsttry_tasks.steps.show import artifact
from firsttry_tasks.stores import runs as stored_runs
from tests import builders
from tests.unit.reporting.pull_request import runs

if TYPE_CHECKING:
    from pathlib import Path

NAME = "warm_parity_report.json"


def _write(place: Path, value: object) -> None:
    place.parent.mkdir(parents=True, exist_ok=True)
    place.write_bytes(msgspec.json.encode(value))


def test_files_are_found_wherever_an_artifact_put_them(tmp_path: Path) -> None:
    """Downloading several artifacts makes a folder of each."""
    _write(tmp_path / "parity-reports/artifacts" / NAME, builders.report("warm"))
    _write(tmp_path / "parity-reports/artifacts/full_parity_report.json", builders.report("full"))
    verdict = Verdict(name="success", exit_code=0, sentence="s", fingerprint="f")
    _write(tmp_path / "parity-reports/artifacts/verdict.json", verdict)
    line = Line(
        id="1", at="2026-01-01T00:00:00+00:00", fingerprint="f", verdict="success", exit_code=0
    )
    (tmp_path / "parity-run").mkdir()
    (tmp_path / "parity-run" / stored_runs.key(line)).write_bytes(stored_runs.encode(line))
    found = artifact.read(tmp_path)
    assert (set(found.reports), found.verdict, found.lines) == ({"warm", "full"}, verdict, (line,))


def test_of_several_reports_the_newest_counts(tmp_path: Path) -> None:
    """The others are of earlier tries."""
    for number in (1, 3, 2):
        made = replace(builders.report("warm"), created=f"2026-01-0{number}T00:00:00+00:00")
        _write(tmp_path / str(number) / NAME, made)
    assert artifact.read(tmp_path).reports["warm"].created.startswith("2026-01-03")


def test_a_verdict_of_another_commit_is_left_out(tmp_path: Path) -> None:
    """It says nothing of these reports."""
    for stage in ("warm", "full"):
        _write(tmp_path / f"{stage}_parity_report.json", builders.report(stage))
    _write(
        tmp_path / "verdict.json",
        Verdict(name="success", exit_code=0, sentence="s", fingerprint="g"),
    )
    assert artifact.read(tmp_path).verdict is None


def test_a_verdict_on_a_report_that_is_missing_is_kept(tmp_path: Path) -> None:
    """The run is not green, whatever the one report says."""
    _write(tmp_path / NAME, builders.report("warm"))
    _write(tmp_path / "verdict.json", Verdict(name="incomparable", exit_code=99, sentence="s"))
    found = artifact.read(tmp_path).verdict
    assert found is not None
    assert found.exit_code == 99


@pytest.mark.parametrize(
    "data",
    [b"", b"[", b'{"stage":"warm"}', b"[" * 100_000, b'{"stage":"warm","x":"\xff"}', b"1e999"],
)
def test_what_is_no_report_is_refused_with_its_name(tmp_path: Path, data: bytes) -> None:
    """Nobody sees a traceback for what somebody uploaded."""
    (tmp_path / NAME).write_bytes(data)
    with pytest.raises(FirstTryError, match=NAME):
        artifact.read(tmp_path)


def test_links_are_not_followed(tmp_path: Path) -> None:
    """One could lead to a file of the machine that reads."""
    _write(tmp_path / "outside" / NAME, builders.report("warm"))
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / NAME).symlink_to(tmp_path / "outside" / NAME)
    (tmp_path / "in/folder").symlink_to(tmp_path / "outside")
    with pytest.raises(FirstTryError, match="No report"):
        artifact.read(tmp_path / "in")


def test_sizes_and_numbers_are_bounded(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A folder of anything can't fill the memory."""
    _write(tmp_path / NAME, builders.report("warm"))
    monkeypatch.setattr(artifact, "MOST", 100)
    with pytest.raises(FirstTryError, match="which no report has"):
        artifact.read(tmp_path)
    monkeypatch.setattr(artifact, "FILES", 0)
    with pytest.raises(FirstTryError, match="more than 0 files"):
        artifact.read(tmp_path)


def _spoiled(value: Any, dice: random.Random) -> Any:
    """Return a value in which something is of another kind, or beyond all sense."""
    if dice.random() < 0.03:
        return dice.choice(
            (None, "", -1, 1e308, 10**30, "\u202e<script>", "x" * 5_000, [], {}, True)
        )
    if isinstance(value, dict):
        return {key: _spoiled(it, dice) for key, it in value.items()}
    return [_spoiled(it, dice) for it in value] if isinstance(value, list) else value


@pytest.mark.parametrize("seed", range(40))
def test_whatever_a_file_holds_is_told_or_refused(tmp_path: Path, seed: int) -> None:
    """By the page, its tables, the comment and the forms; never by a traceback."""
    dice = random.Random(seed)
    for name in ("escape", "many"):
        told = runs.RUNS[name]
        for report in told.reports.values():
            _write(tmp_path / name / f"{report.stage}_parity_report.json", report)
        assert told.verdict
        _write(tmp_path / name / "verdict.json", replace(told.verdict, fingerprint="f"))
        for place in dice.sample(sorted((tmp_path / name).iterdir()), 1):
            place.write_bytes(json.dumps(_spoiled(json.loads(place.read_bytes()), dice)).encode())
        with contextlib.suppress(FirstTryError):
            page = gather.page(artifact.read(tmp_path / name))
            assert render.html(page).count("<script") == 3
            assert comment.text(page, Links())
            assert all(tables.as_csv(it) for it in tables.tables(page).values())
