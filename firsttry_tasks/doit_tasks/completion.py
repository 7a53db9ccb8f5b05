"""Write the scripts by which a shell completes ft's words."""

from __future__ import annotations

import argparse
import os
from pathlib import Path
from typing import TYPE_CHECKING, Any

from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Mapping

    Pages = Mapping[str, tuple[str, list[dict[str, Any]]]]

#: Shells, and where each looks for the completion of a program by itself, below a home.
SHELLS = {
    "bash": ".local/share/bash-completion/completions/ft",
    "zsh": ".local/share/zsh/site-functions/_ft",
    "fish": ".config/fish/completions/ft.fish",
}
#: Commands whose words are files.
OF_FILES = frozenset({"why", "impact"})


def current() -> str:
    """Return the name of the shell that is in use, "" where the environment does not tell."""
    return Path(os.environ.get("SHELL", "")).name


def script(shell: str, pages: Pages) -> str:
    """Return a shell's script for these commands."""
    import shtab

    return str(shtab.complete(_parser(pages), shell))


def _parser(pages: Pages) -> argparse.ArgumentParser:
    """Return the commands in the form that shtab reads: it never parses anything."""
    import shtab

    parser = argparse.ArgumentParser(prog="ft")
    parser.add_argument("--version", action="store_true", help="print the version")
    commands = parser.add_subparsers()
    for name, (text, options) in sorted(pages.items()):
        command = commands.add_parser(name, help=text)
        for option in options:
            short = [f"-{option['short']}"] if option.get("short") else []
            takes: dict[str, Any] = {"action": "store_true"} if option["type"] is bool else {}
            command.add_argument(*short, f"--{option['long']}", help=option["help"], **takes)
        if name in OF_FILES:
            words = command.add_argument("words", nargs="*")
            words.complete = shtab.FILE  # type: ignore[attr-defined]  # shtab's way of asking
    helped = commands.add_parser("help", help="print a command's page")
    helped.add_argument("command", choices=sorted(pages))
    return parser


def install(shell: str, text: str, home: Path) -> str:
    """Write the script where the shell looks for it; return what is to be told."""
    place = home / SHELLS[shell]
    disk.write(place, text.encode())
    said = f"Wrote ~/{SHELLS[shell]}; new shells complete ft."
    if shell == "zsh":
        # zsh looks nowhere in a home by itself.
        folder = f"~/{Path(SHELLS[shell]).parent}"
        said += f" Once, before compinit in ~/.zshrc: fpath=({folder} $fpath)"
    return said
