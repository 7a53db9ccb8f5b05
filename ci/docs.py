"""Checks the documentation: links lead somewhere, and the tour's stops are where it says.

    python -m ci.docs

``make lint`` runs this. It is no test, because the settings tell FirstTry that no test reads
documentation, so that editing it runs none.
"""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"\[(?P<text>[^\]]*)\]\((?P<target>[^)\s]+)\)")
#: A link whose text is ``file.py: name`` says what is defined there.
STOP = re.compile(r"(?P<file>[\w/]+\.py): (?P<name>\w+)")
HEADING = re.compile(r"^#+ (.+)$", re.MULTILINE)
#: Code that a page quotes from the file that the link above it leads to.
QUOTE = re.compile(r"\((?P<target>[^)\s]+\.py)\)\.\n\n\s*```python\n(?P<code>.+?)```", re.DOTALL)
#: Pages that are made elsewhere: of other sites, and by GitHub beside the files.
ELSEWHERE = re.compile(r"\w+:|\.\./\.\./")


def problems(root: Path) -> Iterator[str]:
    """Yield a sentence for each link that leads nowhere and each quote that is out of date."""
    shown: set[Path] = set()
    for page in (*sorted(root.glob("*.md")), *sorted((root / "docs").glob("*.md"))):
        name, text = page.relative_to(root), page.read_text(encoding="utf-8")
        for link in LINK.finditer(text):
            if not ELSEWHERE.match(link["target"]):
                place, wrong = _followed(page, link["text"].replace("\\", ""), link["target"])
                shown.add(place)
                yield from (f"{name}: {one}" for one in wrong)
        for quote in QUOTE.finditer(text):
            if not _quoted(page.parent / quote["target"], quote["code"]):
                yield f"{name}: {quote['target']} has no such lines any more as are quoted"
    for picture in sorted((root / "docs" / "images").rglob("*.*")):
        if picture.resolve() not in shown:
            yield f"{picture.relative_to(root)}: no page shows it"


def _followed(page: Path, text: str, target: str) -> tuple[Path, list[str]]:
    """Return where a link leads, and what is wrong with it."""
    path, _, anchor = target.partition("#")
    place = (page.parent / path if path else page).resolve()
    if not place.exists():
        return place, [f"{target} is not there"]
    if anchor and anchor not in map(_anchor, HEADING.findall(place.read_text(encoding="utf-8"))):
        return place, [f"{target}: there is no such heading"]
    stop = STOP.fullmatch(text)
    if stop and not (target.endswith(stop["file"]) and _defines(place, stop["name"])):
        return place, [f"{target} does not define {stop['name']}"]
    return place, []


def _anchor(heading: str) -> str:
    """Return the anchor that GitHub gives a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def _defines(place: Path, name: str) -> bool:
    pattern = rf"^\s*(?:def|class) {name}\b|^{name}\b.*="
    return bool(re.search(pattern, place.read_text(encoding="utf-8"), re.MULTILINE))


def _quoted(place: Path, quote: str) -> bool:
    """Tell whether a file still holds these lines, one after the other."""
    lines = [line.strip() for line in place.read_text(encoding="utf-8").splitlines()]
    wanted = [line.strip() for line in quote.strip().splitlines()]
    return wanted in (lines[at : at + len(wanted)] for at in range(len(lines)))


def main() -> int:
    """Print what is wrong; return 1 where something is."""
    found = list(problems(ROOT))
    print("\n".join(found) or "The documentation's links lead somewhere.")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
