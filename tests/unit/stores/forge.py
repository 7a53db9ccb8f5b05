"""A stand-in for GitHub with one open pull request, whose comments are kept as they come."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from firsttry_tasks.reporting.pull_request.comment import MARK
from tests.unit.stores import hub as stand_in

if TYPE_CHECKING:
    from pathlib import Path

SHA = "c" * 40
PULLS, COMMENTS = "/repos/acme/shop/pulls", "/repos/acme/shop/issues/7/comments"
#: What a runner tells each job of the place that it runs for.
AROUND = {"GITHUB_REPOSITORY": "acme/shop", "GITHUB_SERVER_URL": "https://github.example"}


class Forge(stand_in.Hub):
    """GitHub with one open pull request, and the comments on it."""

    def __init__(self) -> None:
        """Begin with somebody's words that begin as ours do."""
        super().__init__()
        self.sha = SHA
        self.comments = [_comment(1, f"{MARK}\nquoted", "User")]

    def answer(
        self, method: str, _host: str, target: str, body: bytes = b""
    ) -> tuple[int, dict[str, str], bytes]:
        """Return status, headers and body."""
        self.asked.append(f"{method} {target}")
        path = target.partition("?")[0]
        if path == PULLS:
            return 200, {}, json.dumps([{"number": 7, "head": {"sha": self.sha}}]).encode()
        if method == "GET" and path == COMMENTS:
            return 200, {}, json.dumps(self.comments).encode()
        if method == "POST" and path == COMMENTS:
            made = _comment(len(self.comments) + 1, json.loads(body)["body"], "Bot")
            self.comments.append(made)
            return 201, {}, json.dumps(made).encode()
        number = int(path.rpartition("/")[2])
        self.comments[number - 1]["body"] = json.loads(body)["body"]
        return 200, {}, b"{}"

    def written(self) -> list[str]:
        """Return what changed a comment, or made one: its method alone."""
        methods = [it.partition(" ")[0] for it in self.asked]
        return [it for it in methods if it != "GET"]

    def ours(self) -> list[str]:
        """Return the comments that are not of people."""
        return [it["body"] for it in self.comments if it["user"]["type"] == "Bot"]


def _comment(number: int, body: str, kind: str) -> dict[str, Any]:
    return {"id": number, "body": body, "user": {"login": "x", "type": kind}}


def event(folder: Path, **more: object) -> Path:
    """Write what GitHub says of the run that has ended, and return where."""
    run = {
        "event": "pull_request",
        "head_branch": "a&b=c #1",
        "head_sha": SHA,
        "html_url": "https://github.example/acme/shop/actions/runs/1",
        "head_repository": {"owner": {"login": "somebody"}},
    }
    place = folder / "event.json"
    place.write_text(json.dumps({"workflow_run": {**run, **more}}))
    return place
