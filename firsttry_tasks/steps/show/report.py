"""The command ``ft report``: one file of HTML, or the same as JSON or CSV."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.model import state_paths
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.reporting.page import gather, tables
from firsttry_tasks.reporting.programs.answer import ANSWER
from firsttry_tasks.steps.typed import typed_in
from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from firsttry_tasks.reporting.page.values import Page

#: The page's name where nobody says another.
NAME = "report.html"


def report(root: Path, words: list[str], *, out: str, csv: str, open_it: bool) -> None:
    """Write what was asked for, of this checkout or of the folder that is named."""
    if len(words) > 1:
        raise UsageError("Name one folder: ft report FOLDER. See: ft help report")
    folder = _folder(root, words[0]) if words else None
    page = gather.page(_sources(root, folder))
    ANSWER.give(page, shlex.split(page.then)[1:])
    if csv:
        found = tables.tables(page)
        for name, table in found.items():
            disk.write(_typed(root, csv) / f"{name}.csv", tables.as_csv(table))
        CONSOLE.say(f"Wrote {len(found)} files of CSV into {csv}.")
    if out or not (ANSWER.open or csv):
        place = _typed(root, out) if out else (folder or root / state_paths.ARTIFACTS) / NAME
        _write(page, place, open_it=open_it)


def _typed(root: Path, word: str) -> Path:
    """Return the path that a word means in the folder in which it was typed."""
    return root / typed_in() / word


def _folder(root: Path, word: str) -> Path:
    place = _typed(root, word)
    if not place.is_dir():
        raise UsageError(
            f"There is no folder {word!r}. A CI's artifact is unpacked into one first."
        )
    return place


def _sources(root: Path, folder: Path | None) -> gather.Sources:
    # Imported by need: a folder is read where there is no project, and without its store.
    if folder:
        from firsttry_tasks.steps.show import artifact

        return artifact.read(folder)
    from firsttry_tasks.steps.show import checkout

    return checkout.read(root)


def _write(page: Page, place: Path, *, open_it: bool) -> None:
    """Write the page, say what it says first, and show it in a browser where that was asked for."""
    from firsttry_tasks.reporting.page import render

    disk.write(place, render.html(page).encode("utf-8"))
    CONSOLE.say(page.headline, f"Wrote {_shown(place)}.")
    if open_it:
        import webbrowser

        if not webbrowser.open(place.resolve().as_uri()):
            raise FirstTryError(f"No browser could be started; open {_shown(place)} in one.")


def _shown(place: Path) -> str:
    here = Path.cwd()
    return str(place.relative_to(here) if place.is_relative_to(here) else place)
