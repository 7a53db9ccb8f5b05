"""Writes the comment on a pull request, which is the summary of the run's last step, too.

What a run's files say may be written by anybody; all of it is code or escaped words here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

from firsttry_tasks.reporting import markdown
from firsttry_tasks.reporting.table import duration

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from firsttry_tasks.reporting.page.values import Difference, Failure, Page

#: How the comment begins by which it is found again, to be edited in place.
MARK = "<!-- firsttry -->"
#: How many findings are shown at once, and how many more when they are unfolded.
SHOWN, MORE = 10, 50
#: Letters that a comment may have; GitHub takes 65,536.
MOST = 60_000
#: How a cause is told; what nobody knows has none.
CAUSES = {
    "missed": "missed by warm",
    "this change": "caused by this change",
    "known flaky": "known flaky",
    "red before": "red on main too",
}
SIGNS = {"success": "✔", "green": "✔", "flaky": "~", "infrastructure": "!", "incomparable": "!"}


class Links(Struct, frozen=True, kw_only=True):
    """Where a reader finds more: the files of the commit, and the run; "" for what has no place."""

    files: str = ""
    run: str = ""


def tells(page: Page) -> bool:
    """Tell whether there is something to say: what failed, or was learned, or could not work."""
    return page.state not in {"success", "green"} or bool(page.failures or page.learned)


def text(page: Page, links: Links) -> str:
    """Return the comment; as much of it as fits."""
    for most in (MORE, SHOWN, 0):
        written = "\n".join(_lines(page, links, most)) + "\n"
        if len(written) <= MOST:
            break
    return written


def _lines(page: Page, links: Links, most: int) -> Iterator[str]:
    yield f"### {SIGNS.get(page.state, '✘')} {markdown.plain(page.headline)}"
    yield ""
    yield " ".join(_figures(page))
    known = {it.name: it for it in page.differences if it.blocks}
    items = [line for it in page.failures[:SHOWN] for line in _item(it, known.get(it.name), links)]
    if items:
        yield from ("", *items)
    yield from _rest(page.failures[SHOWN:], links, most)
    yield from _others(page)
    if page.then:
        yield from ("", f"To go on: {markdown.code(page.then)}")
    if links.run:
        yield from ("", f"[The run and its report]({links.run})")


def _figures(page: Page) -> Iterator[str]:
    """Yield sentences on what ran, how long it took, and how far it can be trusted."""
    if page.warm_seconds is not None:
        total = f" of {page.total:,}" if page.total is not None else ""
        yield f"Warm ran {page.ran.tests:,}{total} tests in {duration(page.warm_seconds)}."
    if page.full_seconds is not None:
        yield f"Full took {duration(page.full_seconds)}."
    if page.trust.runs:
        yield f"{page.trust.sentence}."


def _item(it: Failure, known: Difference | None, links: Links) -> Iterator[str]:
    """Yield the lines on one failure: what it is, where it stands, and what mends it."""
    tag = f"**{CAUSES[it.cause]}** " if it.cause in CAUSES else ""
    place = markdown.address(links.files, it.path, it.line)
    name = it.name if it.gate == "tests" else f"{it.path}:{it.line or 1} {it.rule}"
    yield f"- {tag}{markdown.link(markdown.code(name), place)}: {markdown.code(it.message)}"
    if known and known.because:
        yield f"  - not selected because {markdown.code(known.because)}"
    if known and known.depends:
        lines = ", ".join(map(markdown.code, known.depends))
        yield f"  - to mend it, in `[tool.firsttry.depends]`: {lines}"
    elif known and known.mend:
        yield f"  - to mend it: {markdown.code(known.mend)}"


def _rest(rest: Sequence[Failure], links: Links, most: int) -> Iterator[str]:
    if not rest:
        return
    if not most:
        yield from ("", f"and {len(rest):,} more, in the report")
        return
    yield from ("", f"<details><summary>and {len(rest):,} more</summary>", "")
    for it in rest[:most]:
        yield from _item(it, None, links)
    if len(rest) > most:
        yield from ("", f"and {len(rest) - most:,} more, in the report")
    yield from ("", "</details>")


def _others(page: Page) -> Iterator[str]:
    """Yield what is worth a look and no failure: differences that block nothing, and learned."""
    told = {it.name for it in page.failures}
    met = [it for it in page.differences if it.name not in told]
    if met:
        yield from ("", f"<details><summary>Seen by one stage alone: {len(met):,}</summary>", "")
        for it in met[:SHOWN]:
            yield f"- {it.kind}: {markdown.code(it.name)}: {markdown.code(it.sentence)}"
        yield from ("", "</details>")
    if page.learned:
        names = ", ".join(map(markdown.code, page.learned[:SHOWN]))
        more = len(page.learned) - SHOWN
        yield from ("", f"Remembered as flaky: {names}{f' and {more:,} more' if more > 0 else ''}")
