"""Draw the pictures of the documentation: real commands, run in a real terminal, as SVG.

    make pictures                     writes docs/images/*.svg
    make pictures ARGS=terminals      writes docs/images/terminals/*.svg, by tmux
    make pictures ARGS=report         writes docs/images/report/*.png, by Chromium

A small project is made in a temporary folder. Each command below runs there in a pseudo terminal,
and what it prints, colors and all, is what the picture shows. The terminals are tmux's, narrow and
wide, and are drawn dark and light.
"""

from __future__ import annotations

import fcntl
import inspect
import io
import os
import pty
import re
import shlex
import shutil
import struct
import subprocess
import sys
import tempfile
import termios
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from rich.console import Console
from rich.terminal_theme import DEFAULT_TERMINAL_THEME, MONOKAI
from rich.text import Text

from ci import report_sample
from firsttry_tasks.reporting.page import gather, render
from firsttry_tasks.steps.ask import demo
from firsttry_tasks.steps.show import artifact

if TYPE_CHECKING:
    from collections.abc import Iterable

IMAGES = Path(__file__).parents[1] / "docs" / "images"
BIN = Path(sys.executable).parent
#: Columns; a README shows about as many before it scales the picture down.
WIDTH = 120
#: What a live line is taken away with: up n lines, and clear to the end of the screen.
ERASE = re.compile(r"\x1b\[(\d+)F\x1b\[J")
#: Rich's own frame, without the font that it loads from elsewhere: a README may not load anything.
FRAME = inspect.signature(Console.export_svg).parameters["code_format"].default
FORMAT = re.sub(r"@font-face \{\{.*?\}\}", "", FRAME, flags=re.DOTALL)
RATES = ".cache/rates/usd"
#: The demo's project, whose rates a file outside keeps here: a picture needs no service.
FILES = {
    **demo.FILES,
    "shop/rates.py": '''\
"""Exchange rates, which another program keeps in the user's cache."""

from pathlib import Path


def dollars(euros: float) -> float:
    """Return a sum in dollars."""
    return euros * float((Path.home() / ".cache/rates/usd").read_text())
''',
    # Tests that take as long as real ones: otherwise there is nothing to save.
    "tests/conftest.py": demo.FILES["tests/conftest.py"].replace("0.02", "0.3"),
}
#: Pictures: what is typed, in the order in which it is typed.
WARM = (
    "ft warm   # the first run learns what each test rests on",
    "sed -i 's|net // 5|net * 20 // 100|' shop/tax.py",
    "ft warm --explain",
)
ESCAPE = (
    "sed -i 's|net \\* 20|20 * net|' shop/tax.py",
    "ft parity   # warm, full, and the verdict",
    "echo $?",
)


#: Terminals: what is typed in each.
TERMINALS = {
    "warm-green": ("ft warm",),
    "warm-red": ("sed -i 's|net // 5|net // 2|' shop/tax.py", "ft warm"),
    "escape": ("git checkout -q shop/tax.py", "echo 0.97 > ~/.cache/rates/usd", "ft parity"),
    "doctor": ("ft doctor",),
    "demo": ("ft demo",),
}
WIDTHS = (80, 140)
#: Views of the page: width, height, the reader's scheme, and the section at the top.
Scheme = Literal["light", "dark"]
VIEWS: dict[str, tuple[int, int, Scheme, str]] = {
    "light": (1100, 760, "light", "header"),
    "dark": (1100, 760, "dark", "header"),
    "tests": (1100, 620, "light", "#tests"),
    "time": (1100, 820, "dark", "#time"),
    "history": (1100, 760, "light", "#runs"),
    "phone": (360, 780, "light", "header"),
}
#: Without these Chromium asks its makers' servers of its own accord.
QUIET = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
THEMES = {"dark": MONOKAI, "light": DEFAULT_TERMINAL_THEME}


def draw_terminals(images: Path) -> None:
    """Run each of the sessions in terminals of each width, and write what they show."""
    for width in WIDTHS:
        with tempfile.TemporaryDirectory() as folder:
            home = Path(folder)
            _make(home, home / "shop")
            for name, typed in TERMINALS.items():
                shown = tmux(home / "shop", home, typed, width).replace(str(home), "/tmp")  # noqa: S108  what people see
                for theme in THEMES:
                    place = images / f"{name}-{width}-{theme}.svg"
                    write(place, typed[-1], shown, width, theme)


def tmux(project: Path, home: Path, typed: Iterable[str], width: int) -> str:
    """Run commands in a terminal of tmux; return what it shows in the end, with its colors."""
    script = home / "session.sh"
    prompt = "printf '\\033[1;36m$\\033[0m \\033[1m%s\\033[0m\\n'"
    lines = [f"{prompt} {shlex.quote(command)}\n{command}" for command in typed]
    script.write_text("\n".join([*lines, "tmux wait-for -S shown", "sleep 600"]))
    start = ("new-session", "-d", "-x", str(width), "-y", "50", f"bash {script}")
    words = ["tmux", "-L", f"pictures-{os.getpid()}", "-f", os.devnull]
    env = _environment(home) | {"TMUX_TMPDIR": str(home)}

    def ask(*more: str) -> str:
        done = subprocess.run(
            [*words, *more], cwd=project, env=env, check=True, capture_output=True, text=True
        )
        return done.stdout

    ask(*start)
    try:
        ask("wait-for", "shown")
        return ask("capture-pane", "-e", "-p", "-J", "-S", "-500").rstrip() + "\n"
    finally:
        ask("kill-server")


def draw(images: Path) -> None:
    """Make the project, run what the pictures show, and write them."""
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder)
        project = home / "shop"
        _make(home, project)
        write(images / "warm.svg", "ft warm", session(project, home, WARM))
        # What no recording follows: the program that keeps the rates has new ones.
        (home / RATES).write_text("0.97")
        write(images / "escape.svg", "ft parity", session(project, home, ESCAPE))


def draw_report(images: Path) -> None:
    """Write what a browser shows of the page of a large run: light, dark and on a phone."""
    from playwright.sync_api import sync_playwright

    images.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as folder, sync_playwright() as playwright:
        place = Path(folder, "report.html")
        report_sample.make(Path(folder))
        place.write_text(render.html(gather.page(artifact.read(Path(folder)))), encoding="utf-8")
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=QUIET)
        for name, (width, height, scheme, section) in VIEWS.items():
            around = browser.new_context(
                viewport={"width": width, "height": height}, color_scheme=scheme
            )
            page = around.new_page()
            page.goto(place.as_uri())
            page.locator(section).evaluate("it => it.scrollIntoView()")
            # The curves are drawn as soon as they are near.
            page.wait_for_timeout(500)
            page.screenshot(path=images / f"{name}.png")
            print(f"{name}.png: {(images / f'{name}.png').stat().st_size // 1000} kB")
        browser.close()


def _make(home: Path, project: Path) -> None:
    for place, text in {**{project / k: v for k, v in FILES.items()}, home / RATES: "1.08"}.items():
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text)
    who = ("-c", "user.name=A", "-c", "user.email=a@example.invalid")
    for words in (("init", "-q", "-b", "main"), ("add", "-A"), (*who, "commit", "-qm", "A shop")):
        subprocess.run(["git", *words], cwd=project, check=True, env=_environment(home))


def _environment(home: Path) -> dict[str, str]:
    path = os.pathsep.join([str(BIN), "/usr/local/bin", "/usr/bin", "/bin"])
    return {"PATH": path, "HOME": str(home), "LANG": "C.UTF-8", "TERM": "xterm-256color"}


def session(project: Path, home: Path, typed: Iterable[str]) -> str:
    """Run commands one after the other; return what a terminal shows in the end."""
    shown, code = "", 0
    for command in typed:
        shown += f"\x1b[1;36m$\x1b[0m \x1b[1m{command}\x1b[0m\n"
        printed, code = _run(command.replace("$?", str(code)), project, _environment(home))
        shown += printed
    if str(home) in shown:
        raise SystemExit(f"a place of this machine is in the picture:\n{shown}")
    return shown


def _run(command: str, cwd: Path, env: dict[str, str]) -> tuple[str, int]:
    """Run a command in a pseudo terminal; return what it shows, and its exit code."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 50, WIDTH, 0, 0))
    with subprocess.Popen(
        ["bash", "-c", command], cwd=cwd, env=env, stdin=theirs, stdout=theirs, stderr=theirs
    ) as process:
        os.close(theirs)
        data = _read(ours)
    os.close(ours)
    return screen(data.decode("utf-8")), process.returncode


def _read(terminal: int) -> bytes:
    data = b""
    while True:
        try:
            part = os.read(terminal, 65536)
        except OSError:  # Linux says so that nobody holds the other end any more
            return data
        if not part:
            return data
        data += part


def screen(printed: str) -> str:
    """Return the lines that stay: live lines are drawn, and taken away again."""
    first, *rest = ERASE.split(printed.replace("\r\n", "\n"))
    lines = first.split("\n")
    for up, text in zip(rest[::2], rest[1::2], strict=True):
        # The cursor stands at the start of an empty last line.
        lines = lines[: -1 - int(up)]
        lines += text.split("\n")
    return "\n".join(lines)


def write(place: Path, title: str, shown: str, width: int = WIDTH, theme: str = "dark") -> None:
    """Write what a terminal shows as a picture."""
    console = Console(record=True, width=width, file=io.StringIO(), force_terminal=True)
    for line in Text.from_ansi(shown).split("\n"):
        # A terminal goes on in the next line wherever the word is; rich would move the word.
        for start in range(0, max(len(line), 1), width):
            console.print(line[start : start + width], no_wrap=True, overflow="ignore")
    place.parent.mkdir(parents=True, exist_ok=True)
    svg = console.export_svg(
        title=title, theme=THEMES[theme], code_format=FORMAT, unique_id=place.stem
    )
    place.write_text(svg, encoding="utf-8")
    print(f"{place.name}: {len(shown.splitlines())} lines")


if __name__ == "__main__":
    if sys.argv[1:] == ["terminals"]:
        draw_terminals(IMAGES / "terminals")
    elif sys.argv[1:] == ["report"]:
        draw_report(IMAGES / "report")
    else:
        draw(IMAGES)
