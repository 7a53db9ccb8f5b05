"""The command ``ft mcp``: answer an agent's calls with the JSON of ft's commands, over stdio.

Each call is a run of ft as a process of its own, as if it had been typed: it sees the tree and the
settings as they are then, waits for other runs, and ends with the server.
"""

from __future__ import annotations

import json
import os
import sys
import threading
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from firsttry_tasks import __version__
from firsttry_tasks.model.errors import FirstTryError, UsageError
from firsttry_tasks.model.values import Command
from firsttry_tasks.reporting.programs.answer import schema_file
from firsttry_tasks.steps.serve import tools
from firsttry_tasks.system import disk, process

if TYPE_CHECKING:
    from pathlib import Path

    import mcp_types as types
    from mcp.server import Server

INSTRUCTIONS = (
    "Call warm after each edit. Where it is red, why with was_red tells whether it was red before;"
    " mend, and call warm again. An answer's `next` is the same as a command line."
)
#: Exit codes of answers: green, red, and a cache escape. The others say that there is no answer.
ANSWERS = frozenset({0, 1, 99})


def serve(root: Path) -> None:
    """Answer calls about the project at ``root`` until the other side has gone."""
    try:
        import anyio
        from mcp.server.stdio import stdio_server
    except ImportError as error:
        raise UsageError(
            "ft mcp needs the SDK; run: python -m pip install 'firsttry-tasks[mcp]'"
        ) from error

    async def run() -> None:
        server = _server(root)
        async with stdio_server() as (inward, outward):
            await server.run(inward, outward, server.create_initialization_options())

    try:
        anyio.run(run)
    finally:
        process.end_all()


def _server(root: Path) -> Server[Any]:
    import mcp_types as types
    from mcp.server import Server

    async def listed(_context: object, _params: object) -> types.ListToolsResult:
        return types.ListToolsResult(tools=[_tool(name) for name in tools.TOOLS])

    async def called(_context: object, params: types.CallToolRequestParams) -> types.CallToolResult:
        try:
            words = tools.read(params.name, params.arguments or {})
        except KeyError:
            return _wrong(f"There is no tool {params.name!r}; there are {', '.join(tools.TOOLS)}.")
        except msgspec.ValidationError as error:
            return _wrong(f"{params.name}: {error}")
        return await _answered(root, words)

    return Server(
        "firsttry",
        version=__version__,
        instructions=INSTRUCTIONS,
        on_list_tools=listed,
        on_call_tool=called,
    )


def _tool(name: str) -> types.Tool:
    import mcp_types as types

    schema = disk.read(schema_file(tools.ANSWERED_AS.get(name, name))) or b""
    return types.Tool(
        name=name,
        description=tools.about(name),
        input_schema=tools.takes(name),
        output_schema=json.loads(schema),
        annotations=types.ToolAnnotations(
            read_only_hint=name in tools.LOOKING, destructive_hint=False, open_world_hint=False
        ),
    )


def _wrong(sentence: str) -> types.CallToolResult:
    import mcp_types as types

    return types.CallToolResult(content=[types.TextContent(text=sentence)], is_error=True)


async def _answered(root: Path, words: tuple[str, ...]) -> types.CallToolResult:
    """Run a command and return its JSON, also as text for those who read no other."""
    import anyio.to_thread
    import mcp_types as types

    gone = threading.Event()
    try:
        text = await anyio.to_thread.run_sync(
            partial(_run, root, words, gone), abandon_on_cancel=True
        )
    except FirstTryError as error:
        return _wrong(str(error))
    finally:
        # A call that was taken back ends its run.
        gone.set()
    answer: dict[str, Any] = json.loads(text)
    return types.CallToolResult(
        content=[types.TextContent(text=text)],
        structured_content=answer,
        is_error=answer["exit_code"] not in ANSWERS,
    )


def _run(root: Path, words: tuple[str, ...], gone: threading.Event) -> str:
    """Return what a command of ft printed with ``--json``; FirstTryError where that is nothing."""

    def watch() -> None:
        if gone.is_set():
            raise FirstTryError("Nobody waits for the answer any more.")

    command, *rest = words
    argv = (sys.executable, "-P", "-m", "firsttry_tasks", command, "--json", *rest)
    done = process.run(Command(argv=argv, cwd=str(root), env=dict(os.environ)), watch)
    if not done.out.strip():
        raise FirstTryError(f"ft {command} ended with {done.code}: {done.err.strip()}")
    return done.out.strip()
