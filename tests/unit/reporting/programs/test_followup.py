"""The command line that a sentence names is taken as it stands."""

from __future__ import annotations

import pytest

from firsttry_tasks.config.team.team_command import ToolCall
from firsttry_tasks.reporting.programs import followup


@pytest.fixture(autouse=True)
def _on_the_path(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let every program be found by its name."""
    monkeypatch.setattr(followup, "program", lambda name: name)


@pytest.mark.parametrize(
    ("sentence", "command"),
    [
        ("Nothing is learned yet; run: ft warm", "ft warm --json"),
        ("There is no lock; run: doit lock. Or not.", "ft lock --json"),
        ("It is missing (artifacts/x.json; run: doit warm)", "ft warm --json"),
        ("Mend it, then run: doit full record=1", "ft full record=1 --json"),
        ("ft why: option --x not recognized. See: ft help why", "ft help why --json"),
        ("Nobody is there. Run: ft init --yes, or ft init --dry-run", "ft init --yes --json"),
        ("No ruff; run: python -m pip install ruff==0.6", "python -m pip install ruff==0.6"),
        ("For more, run: git fetch --unshallow (in CI: 0).", "git fetch --unshallow"),
        ("warm is red: 3 findings.", None),
        ("It rerun: nothing", None),
    ],
)
def test_a_sentence_names_a_command(sentence: str, command: str | None) -> None:
    """Behind the word that tells people to run it."""
    assert followup.named(sentence) == command


def test_words_are_quoted_for_a_shell() -> None:
    """Names of tests hold anything."""
    assert followup.command(("why", "t.py::x[a b]")) == "ft why 't.py::x[a b]' --json"


@pytest.mark.parametrize(
    ("call", "line"),
    [
        (ToolCall(), "pytest t.py::x"),
        (ToolCall(form="module", args=("-q",), paths=("t",)), "python -m pytest -q t.py::x"),
        (ToolCall(env={"A": "b c"}), "'A=b c' pytest t.py::x"),
    ],
)
def test_a_test_is_run_as_the_team_runs_all(call: ToolCall, line: str) -> None:
    """With its options, in place of its paths."""
    assert followup.called(call, "t.py::x") == line
