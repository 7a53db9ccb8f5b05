"""An agent asks over the Model Context Protocol: the SDK's own client, over real pipes."""

from __future__ import annotations

import os
from contextlib import asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import anyio
from mcp import Client, StdioServerParameters

from firsttry_tasks.steps.serve import tools
from tests import schemas
from tests.e2e.checkout import BIN, CODE

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Awaitable, Callable

    from mcp_types import CallToolResult

    from tests.e2e.checkout import Checkout

TAX = "tests/test_shop.py::test_tax"


@asynccontextmanager
async def _served(shop: Checkout) -> AsyncIterator[Client]:
    """Start ``ft mcp`` in a folder of the shop, as an agent would."""
    server = StdioServerParameters(
        command=str(BIN / "ft"),
        args=["mcp"],
        env=shop.environment,
        cwd=shop.root / "tests",
    )
    async with Client(server, read_timeout_seconds=120) as client:
        yield client


def _play(shop: Checkout, play: Callable[[Client], Awaitable[None]]) -> None:
    async def run() -> None:
        async with _served(shop) as client:
            await play(client)

    anyio.run(run)


def _answer(said: CallToolResult) -> dict[str, Any]:
    """Return a call's answer, which is the same as text and as a value, and as its schema says."""
    [text] = said.content
    assert text.type == "text"
    answer = schemas.prove_answer(text.text)
    assert said.structured_content == answer
    return answer


def test_an_agent_comes_from_red_to_green(shop: Checkout) -> None:
    """By the tools alone."""

    async def play(client: Client) -> None:
        listed = await client.list_tools()
        assert [it.name for it in listed.tools] == list(tools.TOOLS)
        green = _answer(await client.call_tool("warm", {}))
        assert (green["status"], green["next"]) == ("green", None)
        found = _answer(await client.call_tool("impact", {"edit": "shop.py::tax"}))
        assert list(found["tests"]) == [TAX]
        shop.write("shop.py", CODE.replace("n // 5", "n // 2"))
        said = await client.call_tool("warm", {})
        # Red is an answer, no trouble of the tool.
        assert not said.is_error
        assert [cause["names"] for cause in _answer(said)["causes"]] == [[TAX]]
        [before] = _answer(await client.call_tool("why", {"was_red": True}))["before"]
        assert (before["nodeid"], before["was_red"]) == (TAX, False)
        [why] = _answer(await client.call_tool("why", {"test": TAX}))["tests"]
        assert why["runs"] is True
        shop.write("shop.py", CODE)
        assert _answer(await client.call_tool("warm", {}))["status"] == "green"

    _play(shop, play)


def test_every_tool_answers(proved: Checkout) -> None:
    """With what the command of its name answers."""

    async def play(client: Client) -> None:
        verdict = _answer(await client.call_tool("verdict", {}))
        assert (verdict["command"], verdict["name"]) == ("compare", "success")
        assert _answer(await client.call_tool("flaky", {}))["count"] == 0

    _play(proved, play)


#: Calls that can't be answered: the tool, its arguments, and what is said.
WRONG: tuple[tuple[str, dict[str, Any], str], ...] = (
    ("why", {"test": "test_tx"}, "Did you mean test_tax?"),
    ("why", {"tests": "x"}, "unknown field `tests`"),
    ("why", {"test": "--zzz"}, "There is no test '--zzz'"),
    ("impact", {}, "missing required field `edit`"),
    ("verdict", {"run": "yes"}, "Expected `bool`"),
    ("full", {}, "There is no tool 'full'"),
)


def test_a_wrong_call_is_told(shop: Checkout) -> None:
    """In a sentence, and as an error."""
    shop.run("ft", "warm")

    async def play(client: Client) -> None:
        for name, arguments, said in WRONG:
            told = await client.call_tool(name, arguments)
            [text] = told.content
            assert text.type == "text"
            assert (told.is_error, said in text.text) == (True, True), text

    _play(shop, play)


def test_a_call_that_is_taken_back_ends_its_run(shop: Checkout) -> None:
    """As does the server: nothing is left behind."""
    shop.write("tests/test_slow.py", "import time\n\n\ndef test_slow():\n    time.sleep(60)\n")

    async def play(client: Client) -> None:
        with anyio.move_on_after(4):
            await client.call_tool("warm", {})
        # The next run gets the checkout, and what it asks for needs no test.
        assert _answer(await client.call_tool("flaky", {}))["count"] == 0

    _play(shop, play)
    folders = (os.path.realpath(it) for it in Path("/proc").glob("[0-9]*/cwd"))
    assert not [it for it in folders if it.startswith(str(shop.root))]
