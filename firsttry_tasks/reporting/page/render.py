"""Writes the page as one file of HTML that asks no network for anything."""

from __future__ import annotations

import base64
import hashlib
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from firsttry_tasks.reporting.console import harmless
from firsttry_tasks.reporting.page import drawing
from firsttry_tasks.reporting.page.tables import tables
from firsttry_tasks.reporting.table import age, duration, megabytes

if TYPE_CHECKING:
    from markupsafe import Markup

    from firsttry_tasks.reporting.page.values import Page

FILES = Path(__file__).with_name("files")
#: The library that draws curves, as its makers publish it; its license lies beside it.
PLOT = FILES / "uplot"
#: What could end the element that holds the data, or begin a comment in it.
UNSAFE = {"<": "\\u003c", ">": "\\u003e", "&": "\\u0026", "\u2028": "\\u2028", "\u2029": "\\u2029"}


def html(page: Page) -> str:
    """Return the page as HTML."""
    # Imported by who asks for a page: it takes 30 ms.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    around = Environment(
        loader=FileSystemLoader(FILES),
        # Names and messages of tests are data: each is escaped where it is shown.
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    filters = (shown, joined, broken, age, duration, megabytes, day, when, percent)
    around.filters.update({it.__name__: it for it in filters})
    around.globals.update(drawing=drawing)
    escapes = [it for it in page.differences if it.blocks and it.side == "full"]
    told = {it.name for it in escapes}
    styles = [_text(PLOT / "uPlot.min.css") + _text(FILES / "page.css")]
    scripts = [_text(PLOT / "uPlot.iife.min.js"), _text(FILES / "page.js")]
    return around.get_template("page.html").render(
        page=page,
        escapes=escapes,
        others=[it for it in page.differences if it not in escapes],
        failures={it.name: it for it in page.failures},
        failed=[it for it in page.failures if it.name not in told],
        data=data(page),
        styles=styles,
        scripts=scripts,
        policy=_policy(styles, scripts),
    )


def data(page: Page) -> str:
    """Return the page's tables as JSON that can stand in a script element."""
    text = msgspec.json.encode(tables(page)).decode("utf-8")
    return re.sub("[<>&\u2028\u2029]", lambda it: UNSAFE[it.group()], text)


def _policy(styles: list[str], scripts: list[str]) -> str:
    """Return the policy by which a browser runs just these scripts, and loads nothing."""
    style, script = (" ".join(map(_hash, texts)) for texts in (styles, scripts))
    nothing = "default-src 'none'; base-uri 'none'; form-action 'none'"
    return f"{nothing}; style-src {style}; script-src {script}"


def _hash(text: str) -> str:
    digest = hashlib.sha256(text.encode()).digest()
    return f"'sha256-{base64.b64encode(digest).decode()}'"


def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


def shown(text: str) -> str:
    """Return a text with signs in place of what steers a terminal or turns letters round."""
    return harmless(text)


def joined(text: str) -> str:
    """Return a sentence whose numbers stay on the line of what they count."""
    return re.sub(
        r"(\d) (?=(is|are|was|were|has|have|of|tests?)\b)", "\\1\N{NO-BREAK SPACE}", shown(text)
    )


def broken(text: str) -> Markup:
    """Return a name that a browser breaks behind its separators, wherever else it would."""
    from markupsafe import Markup, escape

    # The separators are none of the letters that escaping puts in.
    return Markup(re.sub(r"(::|[/_.])", r"\1<wbr>", str(escape(shown(text)))))  # noqa: S704


def day(at: str) -> str:
    """Return the day of a time."""
    return at[:10] or "unknown"


def when(at: str) -> str:
    """Return the day and the minute of a time."""
    return at[:16].replace("T", " ") or "unknown"


def percent(rate: float) -> str:
    """Return a rate in words: 0 only where nothing was seen, 100 only where all was."""
    tenths = round(rate * 100, 1)
    if 0 < rate < 1:
        tenths = min(max(tenths, 0.1), 99.9)
    return f"{tenths:g} %"
