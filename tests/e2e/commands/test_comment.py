"""The comment is written once and edited in place, through the real gh where it is installed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import pytest

from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.reporting.pull_request.comment import MARK
from firsttry_tasks.steps.show import comment
from tests import builders
from tests.unit.reporting.pull_request import runs
from tests.unit.stores import hub as stand_in
from tests.unit.stores.forge import AROUND, PULLS, SHA, Forge, event

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def pem(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the stand-in's certificate."""
    return stand_in.certificate(tmp_path_factory.mktemp("pem"))


@pytest.fixture
def forge(pem: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Forge]:
    """Return the stand-in, and the surroundings of a job that a finished run started."""
    served = Forge()
    with stand_in.met_by_gh(served, pem, tmp_path, monkeypatch):
        for name, value in AROUND.items():
            monkeypatch.setenv(name, value)
        monkeypatch.setenv("GITHUB_EVENT_PATH", str(event(tmp_path)))
        yield served


def _told(folder: Path, name: str) -> None:
    """Put the files of a run of some kind into the folder, and let it be told."""
    it = runs.RUNS[name]
    (folder / "reports").mkdir(exist_ok=True)
    for report in it.reports.values():
        place = folder / f"reports/{report.stage}_parity_report.json"
        place.write_bytes(msgspec.json.encode(report))
    said = msgspec.structs.replace(it.verdict, fingerprint="f") if it.verdict else None
    (folder / "reports/verdict.json").write_bytes(msgspec.json.encode(said))
    comment.comment_on(folder, ["reports"], post=True)


def test_one_comment_is_written_edited_and_taken_back(forge: Forge, tmp_path: Path) -> None:
    """Red, red otherwise, green: and there is one comment of ours all the time."""
    _told(tmp_path, "red")
    first = forge.comments[-1]["body"]
    _told(tmp_path, "escape")
    second = forge.comments[-1]["body"]
    _told(tmp_path, "green")
    assert [it["user"]["type"] for it in forge.comments] == ["User", "Bot"]
    assert "caused by this change" in first
    assert f"https://github.example/acme/shop/blob/{SHA}/tests/test_cart.py#L7" in first
    assert "missed by warm" in second
    assert forge.comments[-1]["body"] == f"{MARK}\n{comment.GOOD}"
    # The words of somebody else stay as they were.
    assert forge.comments[0]["body"].endswith("quoted")


def test_nothing_is_said_of_green(forge: Forge, tmp_path: Path) -> None:
    """Where nothing was said before."""
    _told(tmp_path, "green")
    assert len(forge.comments) == 1


def test_a_branch_s_name_is_no_part_of_the_question(forge: Forge, tmp_path: Path) -> None:
    """It may hold all that an address reads as something else."""
    _told(tmp_path, "green")
    (asked,) = (it for it in forge.asked if PULLS in it)
    assert asked.endswith("head=somebody%3Aa%26b%3Dc%20%231")


def test_an_older_run_says_nothing(forge: Forge, tmp_path: Path) -> None:
    """The pull request has moved on while it ran."""
    forge.sha = "d" * 40
    _told(tmp_path, "red")
    assert len(forge.comments) == 1


@pytest.mark.parametrize("more", [{"head_sha": "main"}, {"head_sha": f"{SHA}/../x"}, {"event": 1}])
def test_an_event_of_another_shape_is_refused(
    forge: Forge, tmp_path: Path, more: dict[str, object]
) -> None:
    """Its words get into addresses."""
    event(tmp_path, **more)
    with pytest.raises(UsageError):
        _told(tmp_path, "red")
    assert forge.asked == []


def test_a_run_of_no_pull_request_is_left_alone(forge: Forge, tmp_path: Path) -> None:
    """One of a merge queue has nobody to tell."""
    event(tmp_path, event="merge_group")
    _told(tmp_path, "red")
    assert forge.asked == []


def test_without_such_an_event_nothing_is_posted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a laptop, or in the pull request's own job."""
    monkeypatch.delenv("GITHUB_EVENT_PATH", raising=False)
    with pytest.raises(UsageError, match="workflow_run"):
        _told(tmp_path, "red")


def test_what_is_no_report_is_never_posted(forge: Forge, tmp_path: Path) -> None:
    """Whoever wrote the files wrote them for this job, too."""
    (tmp_path / "reports").mkdir()
    report = msgspec.json.encode(builders.report("warm"))
    (tmp_path / "reports/warm_parity_report.json").write_bytes(report[:-9])
    with pytest.raises(FirstTryError, match="is no report"):
        comment.comment_on(tmp_path, ["reports"], post=True)
    assert forge.asked == []
