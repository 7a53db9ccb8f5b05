"""The check of the documentation, on pages with one mistake each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from ci import docs

if TYPE_CHECKING:
    from pathlib import Path

CODE = "LIMIT: int = 3\n\n\ndef choose():\n    if why is None:\n        valid.add(1)\n"
QUOTE = "Here: [a.py: choose](../a.py).\n\n```python\nif why is None:\n    valid.add(1)\n```\n"
GOOD = """\
# A page

## What's new, and why

[here](#whats-new-and-why), [code](../a.py), [a.py: choose](../a.py), [a.py: LIMIT](../a.py),
[\\_x](page.md#a-page), [elsewhere](https://example.org/none),
[made](../../releases/none), ![shown](images/one.svg)
"""


def _problems(root: Path, page: str, code: str = CODE) -> list[str]:
    (root / "docs" / "images").mkdir(parents=True)
    (root / "docs" / "images" / "one.svg").touch()
    (root / "docs" / "page.md").write_text(page)
    (root / "a.py").write_text(code)
    return list(docs.problems(root))


def test_good(tmp_path: Path) -> None:
    """Files, headings, definitions, quotes and pictures that are there are fine."""
    assert _problems(tmp_path, GOOD + QUOTE) == []


@pytest.mark.parametrize(
    ("link", "said"),
    [
        ("[x](none.md)", "none.md is not there"),
        ("[x](page.md#none)", "page.md#none: there is no such heading"),
        ("[x](#none)", "#none: there is no such heading"),
        ("[a.py: chosen](../a.py)", "../a.py does not define chosen"),
        ("[b.py: choose](../a.py)", "../a.py does not define choose"),
    ],
)
def test_a_link_that_leads_nowhere(tmp_path: Path, link: str, said: str) -> None:
    """A file, a heading or a definition that moved is named, with the page."""
    assert _problems(tmp_path, f"{GOOD}\n{link}\n") == [f"docs/page.md: {said}"]


def test_a_quote_out_of_date(tmp_path: Path) -> None:
    """Quoted code has to stand in the file as it is quoted."""
    code = CODE.replace("valid.add(1)", "valid.add(2)")
    [said] = _problems(tmp_path, GOOD + QUOTE, code)
    assert said.startswith("docs/page.md: ../a.py has no such lines")


def test_a_picture_that_no_page_shows(tmp_path: Path) -> None:
    """A picture is drawn to be shown."""
    [said] = _problems(tmp_path, GOOD.replace("![shown](images/one.svg)", ""))
    assert said == "docs/images/one.svg: no page shows it"
