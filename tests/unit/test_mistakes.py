"""Every command has a page, takes its options anywhere, and names the nearest to a wrong word."""

from __future__ import annotations

import json
import sys
import tempfile
from typing import TYPE_CHECKING

import pytest

from firsttry_tasks import cli, tasks
from firsttry_tasks.doit_tasks import alone, completion, words
from firsttry_tasks.doit_tasks.task_dicts import flag
from firsttry_tasks.model.errors import nearest
from tests import schemas

if TYPE_CHECKING:
    from pathlib import Path

LIST = [flag("json", "print JSON"), {**flag("shard", "a part"), "type": str}]


def _commands() -> dict[str, tuple[str, list[dict[str, object]]]]:
    """Return all commands, as a project without any configuration has them."""
    with tempfile.TemporaryDirectory() as folder, pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        return alone.pages(tasks.create_doit_tasks())


COMMANDS = _commands()
OPTIONS = [(name, str(it["long"])) for name, (_, params) in COMMANDS.items() for it in params]


@pytest.fixture(autouse=True)
def _project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Stand in an empty project."""
    (tmp_path / "pyproject.toml").touch()
    monkeypatch.chdir(tmp_path)


@pytest.mark.parametrize("command", COMMANDS)
def test_the_overview_names_each_command(command: str) -> None:
    """What nobody is told of is not there; staged is told as an option of warm."""
    assert f"ft {command} " in cli.USAGE or f"| {command} " in cli.USAGE or command == "staged"


@pytest.mark.parametrize("words", ["{} --help", "help {}", "{} -h"])
@pytest.mark.parametrize("command", COMMANDS)
def test_each_command_has_a_page(
    command: str, words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """With what to type, and with what it ends."""
    code = cli.main(words.format(command).split())
    page = capsys.readouterr().out
    said = [it in page for it in (f"ft {command}: ", "  ft ", "exit codes: ")]
    assert (code, said) == (0, [True, True, True]), page


def test_a_page_leaves_nothing_behind(tmp_path: Path) -> None:
    """To ask is not to begin."""
    cli.main(["help", "warm"])
    assert [it.name for it in tmp_path.iterdir()] == ["pyproject.toml"]


@pytest.mark.parametrize("command", COMMANDS)
def test_a_mistyped_command_names_the_nearest(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The last letter is missing."""
    code = cli.main([command[:-1]])
    assert (code, command in capsys.readouterr().err) == (3, True)


def test_doits_info_names_the_nearest_task(capsys: pytest.CaptureFixture[str]) -> None:
    """In a sentence, where doit's own has a traceback."""
    code = cli.main(["info", "wram"])
    said = capsys.readouterr().err
    assert (code, "Traceback" in said, "Did you mean warm?" in said) == (3, False, True), said


@pytest.mark.parametrize(("command", "option"), OPTIONS)
def test_a_mistyped_option_names_the_nearest(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """A letter too many is in the middle."""
    middle = len(option) // 2
    code = cli.main([command, f"--{option[:middle]}z{option[middle:]}"])
    assert (code, f"--{option}" in capsys.readouterr().err) == (3, True)


@pytest.mark.parametrize("command", COMMANDS)
def test_an_option_of_nobody_is_wrong_usage(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """The sentence says where to read on."""
    code = cli.main([command, "--zzzzzz"])
    assert (code, f"ft help {command}" in capsys.readouterr().err) == (3, True)


@pytest.mark.parametrize("command", COMMANDS)
def test_a_program_is_told_of_mistakes_as_json(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Alone on standard output, with the exit code, the sentence, and what to type next."""
    code = cli.main([command, "--json", "--zzzzzz"])
    answer = schemas.prove_answer(capsys.readouterr().out)
    assert (code, answer["command"], answer["exit_code"]) == (3, command, 3)
    assert ("has no option --zzzzzz" in answer["error"], answer["said"]) == (True, [])
    assert answer["next"].split()[1:] == ["help", command, "--json"]


def test_what_is_no_command_is_told_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    """By the word that was typed."""
    code = cli.main(["wram", "--json"])
    told = json.loads(capsys.readouterr().out)
    assert (code, told["exit_code"], "Did you mean warm?" in told["error"]) == (3, 3, True)


def test_what_follows_two_hyphens_asks_for_no_json(capsys: pytest.CaptureFixture[str]) -> None:
    """It may be the name of a test."""
    cli.main(["wram", "--", "--json"])
    assert capsys.readouterr().out == ""


@pytest.mark.parametrize(
    ("given", "arranged"),
    [
        ("a.py --json", ["--json", "--", "a.py"]),
        ("--json a.py", ["--json", "--", "a.py"]),
        ("a.py --shard 1/4 b.py", ["--shard=1/4", "--", "a.py", "b.py"]),
        ("--js a.py", ["--json", "--", "a.py"]),
        ("-- --json", ["--", "--json"]),
        ("--json", ["--json"]),
    ],
)
def test_options_stand_anywhere(given: str, arranged: list[str]) -> None:
    """People type them last, and doit wants them first."""
    assert words.arranged("impact", given.split(), LIST, all_of_it=True) == arranged


def test_the_next_task_ends_the_options() -> None:
    """Where several tasks are typed, each has the options behind it."""
    given = ["--json", "full", "--zzz"]
    assert words.arranged("warm", given, LIST, all_of_it=False) == given


@pytest.mark.parametrize(
    ("word", "said"), [("Warm", " Did you mean warm?"), ("warn", " Did you mean warm?"), ("x", "")]
)
def test_the_nearest(word: str, said: str) -> None:
    """Case does not count, and nothing is named that is not near."""
    assert nearest(word, ["warm", "full"]) == said


@pytest.mark.parametrize("shell", completion.SHELLS)
@pytest.mark.parametrize("command", ["impact", "update-cache", "pre-commit"])
def test_a_shell_completes_each_command(shell: str, command: str) -> None:
    """By a script of its own."""
    assert command in completion.script(shell, COMMANDS)


@pytest.mark.parametrize("shell", completion.SHELLS)
def test_one_command_installs_it(
    shell: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At the place where the shell looks."""
    monkeypatch.setenv("HOME", str(tmp_path))
    code = cli.main(["completion", "--install", shell])
    assert (code, (tmp_path / completion.SHELLS[shell]).exists()) == (0, True)


@pytest.mark.parametrize(
    "given", [["completion", "bsh"], ["pre-commit"], ["pre-commit", "--warm-only", "--parity"], []]
)
def test_wrong_usage_is_3(given: list[str]) -> None:
    """Whatever is wrong with the words."""
    assert cli.main(given) == 3


def test_what_mcp_needs_is_told(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is an extra."""
    monkeypatch.setitem(sys.modules, "mcp.server.stdio", None)
    assert cli.main(["mcp"]) == 3
    assert "pip install 'firsttry-tasks[mcp]'" in capsys.readouterr().err


def test_settings_that_are_a_folder_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence, and as wrong configuration."""
    (tmp_path / "pyproject.toml").unlink()
    (tmp_path / "pyproject.toml").mkdir()
    assert cli.main(["warm"]) == 3
    assert capsys.readouterr().err == "pyproject.toml can't be read: Is a directory.\n"


NUMBERS = [
    (name, str(it["long"]))
    for name, (_, params) in COMMANDS.items()
    for it in params
    if it.get("type") in {int, float} or it.get("choices")
]


@pytest.mark.parametrize(("command", "option"), NUMBERS)
def test_a_value_that_an_option_can_t_have_is_told(
    command: str, option: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """In a sentence about the option, without a word of Python's."""
    code = cli.main([command, f"--{option}", "agnt"])
    said = capsys.readouterr().err
    assert (code, f"--{option}" in said, f"ft help {command}" in said) == (3, True, True), said
    assert ("Did you mean agent?" in said or "number" in said, "<class" in said) == (True, False)


@pytest.mark.parametrize("command", ["demo", "drill", "mcp", "pre-commit", "replay", "watch"])
def test_a_word_that_a_command_does_not_take_is_told(
    command: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Nothing runs for it: it may have been meant for an option."""
    code = cli.main([command, "keep"])
    near = "Did you mean --keep?" if command == "demo" else ""
    said = capsys.readouterr().err
    assert (code, f"ft {command} takes no 'keep'" in said, near in said) == (3, True, True), said


@pytest.mark.parametrize(
    ("given", "near"), [("recrod=1", "record"), ("shrad=1/2", "shard"), ("x=1", "")]
)
def test_a_mistyped_variable_names_the_nearest(
    given: str, near: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """And does not run as if it were not there."""
    code = cli.main(["full", given])
    said = capsys.readouterr().err
    assert (code, "There is no variable" in said, near in said) == (3, True, True), said
