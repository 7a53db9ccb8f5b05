"""A real Chromium without a window, and the page of the large run in it."""

from __future__ import annotations

import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from playwright.sync_api import sync_playwright

from ci import pictures

if TYPE_CHECKING:
    from collections.abc import Iterator

    from playwright.sync_api import Browser, Page

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")


@contextmanager
def chromium() -> Iterator[Browser]:
    """Yield a browser that lives within the block."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=pictures.QUIET)
        try:
            yield browser
        finally:
            browser.close()


class Seen:
    """The page as one reader sees it, and what it did on its own."""

    def __init__(
        self, browser: Browser, file: Path, *, width: int = 1200, dark: bool = False
    ) -> None:
        """Open the file in a window of its own."""
        around = browser.new_context(
            viewport={"width": width, "height": 800},
            color_scheme="dark" if dark else "light",
            accept_downloads=True,
        )
        self.page: Page = around.new_page()
        self.trouble: list[str] = []
        self.asked: list[str] = []
        self.page.on("console", lambda it: self.trouble.append(it.text))
        self.page.on("pageerror", lambda it: self.trouble.append(str(it)))
        self.page.on("dialog", lambda it: self.trouble.append(it.message))
        self.page.on("request", lambda it: self.asked.append(it.url))
        self.page.goto(file.as_uri())

    def rows(self) -> list[str]:
        """Return the names of the tests that are shown."""
        return self.page.locator("#list tbody .name").all_text_contents()

    def count(self) -> str:
        """Return what is said of how many tests there are."""
        return self.page.locator("#count").inner_text()


def axe() -> Path | None:
    """Return the accessibility checker's file, from npm's global packages; None without it."""
    npm = shutil.which("npm")
    if npm is None:
        return None
    done = subprocess.run([npm, "root", "-g"], capture_output=True, text=True, check=False)
    found = Path(done.stdout.strip()) / "axe-core" / "axe.min.js"
    return found if found.is_file() else None
