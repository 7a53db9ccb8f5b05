"""Finds, writes and edits a comment on a pull request, through GitHub's own client gh."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar
from urllib.parse import quote

import msgspec
from msgspec import Struct

from firsttry_tasks.model import decoding
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import git, process

if TYPE_CHECKING:
    from pathlib import Path

T = TypeVar("T")
#: Seconds for one request, comments a page, and pages that are looked through: judgements. Who
#: writes a thousand comments before ours gets a second one.
SECONDS, PAGE, PAGES = 30.0, 100, 10


class _Tip(Struct, frozen=True):
    sha: str


class _Pull(Struct, frozen=True):
    number: int
    head: _Tip


class _Author(Struct, frozen=True):
    type: str


class _Comment(Struct, frozen=True):
    id: int
    body: str | None
    user: _Author | None


class Comments:
    """The comments of a repository; each method raises FirstTryError where GitHub refuses."""

    def __init__(self, root: Path, repository: str) -> None:
        """Ask nothing yet."""
        self._root = root
        self._repository = repository

    def pull(self, owner: str, branch: str, commit: str) -> int | None:
        """Return the open pull request whose newest commit this is; None where there is none."""
        head = quote(f"{owner}:{branch}", safe="")
        found = self._json(f"pulls?state=open&per_page={PAGE}&head={head}", tuple[_Pull, ...])
        return next((it.number for it in found if it.head.sha == commit), None)

    def beginning(self, number: int, mark: str) -> int | None:
        """Return the comment that begins with a mark; None where there is none."""
        for page in range(1, PAGES + 1):
            asked = f"issues/{number}/comments?per_page={PAGE}&page={page}"
            found = self._json(asked, tuple[_Comment, ...])
            for it in found:
                # A person may quote ours, and that comment is not ours to edit.
                if it.user and it.user.type == "Bot" and (it.body or "").startswith(mark):
                    return it.id
            if len(found) < PAGE:
                break
        return None

    def write(self, number: int, mine: int | None, body: str) -> None:
        """Edit our comment, or write one where there is none."""
        place = f"issues/comments/{mine}" if mine else f"issues/{number}/comments"
        method = "PATCH" if mine else "POST"
        self._ask(
            place, "--method", method, "--input", "-", body=msgspec.json.encode({"body": body})
        )

    def _json(self, what: str, kind: type[T]) -> T:
        try:
            return decoding.json(self._ask(what), kind)
        except decoding.UndecodableError as error:
            raise FirstTryError(f"GitHub's answer to {what} can't be read: {error}.") from error

    def _ask(self, what: str, *more: str, body: bytes = b"") -> bytes:
        program = process.find("gh")
        if program is None:
            raise FirstTryError("GitHub's client gh is not installed (https://cli.github.com).")
        argv = (program, "api", f"repos/{self._repository}/{what}", *more)
        quiet = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "NO_COLOR": "1"}
        [(code, out, err)] = process.outputs(
            [argv],
            cwd=str(self._root),
            env=git.environment() | quiet,
            stdin=body,
            timeout=SECONDS,
        )
        if code:
            raise FirstTryError(f"GitHub can't be asked: {' '.join(err.split())[:300] or code}")
        return out
