"""The comment on a pull request: what it says of every kind of run, and that names stay names."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from markdown_it import MarkdownIt
from msgspec.structs import replace

from firsttry_tasks.reporting import github, markdown
from firsttry_tasks.reporting.page import gather
from firsttry_tasks.reporting.pull_request import comment
from firsttry_tasks.reporting.pull_request.comment import Links
from tests import builders
from tests.unit.reporting.pull_request import runs

if TYPE_CHECKING:
    from collections.abc import Iterator

    from markdown_it.token import Token

EXAMPLES = Path(__file__).with_name("examples")
FILES = "https://github.example/o/r/blob/abc"
LINKS = Links(files=FILES, run="https://github.example/o/r/actions/runs/1")
#: What only says that something is folded, and never comes from a run.
OURS = ("<details>", "</details>", "<summary>", "</summary>")
TEXTS = [
    runs.HOSTILE,
    "`",
    "``",
    "` a",
    "a `",
    "",
    " ",
    "|",
    "\\",
    "\\`",
    "*a*",
    "<b>",
    "&lt;",
    "[x](y)",
]


def _tokens(text: str) -> Iterator[Token]:
    """Yield what GitHub's flavour of Markdown makes of a text."""
    for block in MarkdownIt("gfm-like", {"linkify": False}).parse(text):
        yield block
        yield from block.children or ()


@pytest.mark.parametrize("name", sorted(runs.RUNS))
def test_it_says_of_each_kind_of_run_what_is_written(name: str) -> None:
    """The examples were written, and read, by people."""
    expected = (EXAMPLES / f"{name}.md").read_text(encoding="utf-8")
    assert comment.text(runs.page(name), LINKS) == expected


def test_it_is_silent_where_nothing_failed_and_nothing_was_learned() -> None:
    """A comment on a green run is one more thing to read."""
    assert [name for name in runs.RUNS if not comment.tells(runs.page(name))] == ["green"]


@pytest.mark.parametrize("name", sorted(runs.RUNS))
def test_nothing_of_a_run_becomes_markup(name: str) -> None:
    """Links lead where ours lead, HTML is ours, and there is one heading."""
    found = list(_tokens(comment.text(runs.page(name), LINKS)))
    links = [str(it.attrs["href"]) for it in found if it.type == "link_open"]
    assert [it for it in links if not it.startswith("https://github.example/o/r/")] == []
    markup = "".join(it.content for it in found if it.type.startswith("html_"))
    for ours in OURS:
        markup = markup.replace(ours, "")
    assert "<" not in markup
    assert sum(it.type == "heading_open" for it in found) == 1


@pytest.mark.parametrize("text", TEXTS)
def test_code_is_code_from_its_first_letter_to_its_last(text: str) -> None:
    """Whatever backticks are in it."""
    made = f"before {markdown.code(text)} after"
    (inline,) = (it for it in _tokens(made) if it.type == "inline")
    found = [(it.type, it.content) for it in inline.children or ()]
    code = ("code_inline", markdown.one_line(text) or "-")
    assert found == [("text", "before "), code, ("text", " after")]


@pytest.mark.parametrize("text", TEXTS)
def test_words_are_words(text: str) -> None:
    """Nothing but text comes out, and all of it."""
    (inline,) = (it for it in _tokens(f"x {markdown.plain(text)}") if it.type == "inline")
    kinds = {it.type for it in inline.children or ()}
    assert kinds <= {"text", "text_special"}
    shown = "".join(it.content for it in inline.children or ())
    assert shown.replace(markdown.JOINER, "").strip() == f"x {markdown.one_line(text)}".strip()


def test_nobody_is_called_and_no_issue_is_linked() -> None:
    """GitHub makes links of these after Markdown is done."""
    said = markdown.plain("@someone in #12, https://a.example and www.a.example")
    assert not any(it in said for it in ("@s", "#1", "https://", "www.a"))


@pytest.mark.parametrize("text", TEXTS)
def test_a_summary_s_table_stays_a_table(text: str) -> None:
    """A cell, whatever a tool said, is one cell of one row."""
    broken = builders.result("tests", status="error", message=text)
    table = [it.type for it in _tokens(github.summary(builders.report("warm", broken)))]
    assert (table.count("tr_open"), table.count("td_open"), table.count("html_inline")) == (2, 4, 0)


def test_a_hostile_name_is_no_command_of_the_runner() -> None:
    """An annotation is one line, and begins where ours begins."""
    (mark,) = github.marks([runs.failed(runs.HOSTILE, runs.HOSTILE)])
    assert (mark.count("\n"), mark.startswith("::error file=")) == (0, True)


def test_it_fits_into_a_comment() -> None:
    """Of a thousand long failures the first ones are told, and how many more there are."""
    found = [
        runs.failed(f"t.py::test[{'x' * 5_000}{number}]", "y" * 9_000) for number in range(999)
    ]
    report = builders.report("warm", builders.result("tests", *found))
    said = comment.text(gather.page(gather.Sources(reports={"warm": report})), LINKS)
    assert (len(said) <= comment.MOST, "and 989 more" in said) == (True, True)


@pytest.mark.parametrize("path", ["/etc/passwd", "../x.py", "a/../../x.py"])
def test_a_path_that_leads_elsewhere_has_no_link(path: str) -> None:
    """An address is made of nothing but files of the repository."""
    found = replace(runs.failed(runs.TOTAL), path=path)
    report = builders.report("warm", builders.result("tests", found))
    said = comment.text(gather.page(gather.Sources(reports={"warm": report})), LINKS)
    assert FILES not in said
