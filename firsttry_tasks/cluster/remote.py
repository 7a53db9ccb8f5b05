"""What runs at a worker: taking a tree in, running one shard in it, and handing its file over.

dask may run a task twice, on a worker that is given up and on another, so a shard's file has a name
of its own for each run, and only one is fetched. A task that runs is never cancelled by dask: each
looks whether it is to end, which an event of the scheduler says, or the loss of the scheduler.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import sys
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from firsttry_tasks.cluster import likeness, progress
from firsttry_tasks.cluster.tree import checkout
from firsttry_tasks.cluster.tree.objects import Objects, Piece
from firsttry_tasks.model import state_paths, steering
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Command, Stage
from firsttry_tasks.system import disk, machine, process

if TYPE_CHECKING:
    from collections.abc import Callable

    from firsttry_tasks.cluster.likeness import Likeness
    from firsttry_tasks.cluster.tree.checkout import Checkout

#: Bytes that a disk must have room for after a shard: on a full one tests fail that are good.
ROOM = 1 << 20
#: Seconds that a shard has to end in once it is told to: what it started is killed then.
LEAVE = 15.0
#: What a nanny sets for its worker, where nobody set another (dask #6640).
SEED, SEEDED = "PYTHONHASHSEED", "6640"
#: Seconds between two looks at whether a shard is to end, and at how far it is.
OFTEN = 0.5


class Ticket(Struct, frozen=True, kw_only=True):
    """One shard of one run: which, and by which plan (an object).

    ``words`` are added to the command line of ft, ``env`` to the worker's own variables; ``first``
    is the variable that names the folders from which Python imports first. ``root`` is where the
    project stands at the other end; ``files`` (objects, by their paths) are put into it here. A
    worker waits ``patience`` seconds for its tree, and tells ``topic`` how far it is.
    """

    run: str
    stage: Stage
    topic: str
    words: tuple[str, ...]
    env: dict[str, str]
    first: str
    root: str
    files: dict[str, str]
    patience: float
    shard: str = ""
    plan: str = ""


class Outcome(Struct, frozen=True, kw_only=True):
    """What a worker says of a shard: where its file is, or in a sentence why there is none.

    ``trouble`` concerns the worker, which is to be left out; ``message`` the shard. ``ended``: the
    run was over before the shard; ``away``: it is to be run elsewhere.
    """

    worker: str
    file: str = ""
    size: int = 0
    trouble: str = ""
    message: str = ""
    ended: bool = False
    away: bool = False


class Post:
    """What a worker holds of one run: its tree, and whether the run is over."""

    def __init__(self, tree: Checkout, held: Objects) -> None:
        """Begin with a run that goes on."""
        self.tree = tree
        self.held = held
        self.over = threading.Event()
        #: Held while a shard runs in the tree.
        self.busy = threading.Lock()
        self.waits: asyncio.Task[Any] | None = None


_posts: dict[str, Post] = {}
#: The runs that have no shard for this worker.
_refused: set[str] = set()
#: The keys of tasks that nobody waits for any more.
_cancelled: set[str] = set()


def _objects(dask_worker: Any) -> Objects:
    """Return the objects that this machine keeps between runs, else those of the worker."""
    cache = os.environ.get("XDG_CACHE_HOME") or "~/.cache"
    folder = Path(cache).expanduser() / "firsttry" / "objects"
    return Objects(folder if disk.is_writable(folder) else Path(dask_worker.local_directory) / "o")


def refuse(run: str) -> None:
    """Send away the shards of a run, also one that waits for its tree."""
    _refused.add(run)


def unlike(wanted: Likeness) -> tuple[str, ...]:
    """Return in what this worker differs from the machine that asks."""
    return likeness.differences(wanted, _environment())


async def lacking(names: tuple[str, ...], dask_worker: Any) -> tuple[str, ...]:
    """Return the objects that this worker does not have."""
    return await asyncio.to_thread(_objects(dask_worker).lacking, names)


async def take(pieces: tuple[Piece, ...], dask_worker: Any) -> None:
    """Take in pieces of objects."""
    await asyncio.to_thread(_objects(dask_worker).take, pieces)


async def lay_out(run: str, bundle: str, name: str, stops: str, dask_worker: Any) -> None:
    """Make the tree of a run, and listen for its end; FirstTryError where it can't be made."""
    held = _objects(dask_worker)
    top = Path(dask_worker.local_directory) / f"run-{run}" / name
    post = Post(await asyncio.to_thread(checkout.laid_out, top, held, bundle), held)
    post.waits = asyncio.ensure_future(_listen(post, stops, dask_worker))
    await dask_worker.plugin_add(plugin=_leaver(run), name=f"firsttry-{run}")
    _posts[run] = post


async def _listen(post: Post, stops: str, dask_worker: Any) -> None:
    """Wait for the event that ends the run; its scheduler's loss ends it, too."""
    try:
        # A lost connection, however dask puts it, is an OSError.
        with contextlib.suppress(OSError):
            await dask_worker.scheduler.event_wait(name=stops, timeout=None)
    finally:
        post.over.set()


def _leaver(run: str) -> Any:
    """Return the plugin that ends a run's shards where the worker itself ends, or loses its key."""
    from distributed import WorkerPlugin

    class Leaver(WorkerPlugin):  # type: ignore[misc]  # distributed's types are not followed
        def teardown(self, worker: Any) -> None:  # noqa: ARG002  dask's signature
            if post := _posts.pop(run, None):
                post.over.set()
                if post.waits:
                    post.waits.cancel()

        def transition(self, key: Any, start: str, finish: str, **_more: Any) -> None:
            # Its client went away, or the scheduler gave the shard to another.
            if start == "executing" and finish == "cancelled" and f"-{run}-" in str(key):
                _cancelled.add(str(key))

    return Leaver()


async def leave(run: str, dask_worker: Any) -> None:
    """Forget a run and remove its tree."""
    post = _posts.get(run)
    await dask_worker.plugin_remove(name=f"firsttry-{run}")
    if post:
        # Else what a shard writes while it ends would be left.
        await asyncio.to_thread(post.busy.acquire, timeout=LEAVE)
    held = _objects(dask_worker)
    folder = Path(dask_worker.local_directory) / f"run-{run}"
    await asyncio.to_thread(disk.remove, folder)
    await asyncio.to_thread(held.prune)


async def hand_over(file: str, offset: int, most: int) -> bytes:
    """Return a part of a shard's file."""

    def part() -> bytes:
        with Path(file).open("rb") as stream:
            stream.seek(offset)
            return stream.read(most)

    return await asyncio.to_thread(part)


def run_shard(ticket: Ticket) -> Outcome:
    """Run one shard in the tree of its run, and say where its file is."""
    from distributed import get_worker

    worker = get_worker()
    key = str(worker.get_current_task())
    post = _awaited(ticket)
    if post is None:
        return Outcome(worker=worker.address, away=True)

    def over() -> bool:
        return post.over.is_set() or key in _cancelled

    def tell(said: dict[str, Any]) -> None:
        worker.log_event(ticket.topic, {"worker": worker.address, "shard": ticket.shard, **said})

    try:
        with post.busy:
            return _ran(post, ticket, worker.address, over, tell)
    except FirstTryError as error:
        # Where its own tree can't be written, no shard can be run here.
        return Outcome(worker=worker.address, trouble=str(error))


def _awaited(ticket: Ticket) -> Post | None:
    """Return what the worker holds of the run; a task may be here before its tree is."""
    until = time.monotonic() + ticket.patience
    while ticket.run not in {*_posts, *_refused} and time.monotonic() < until:
        time.sleep(OFTEN / 10)
    return _posts.get(ticket.run)


def _ran(
    post: Post,
    ticket: Ticket,
    address: str,
    over: Callable[[], bool],
    tell: Callable[[dict[str, Any]], None],
) -> Outcome:
    project, stage = post.tree.top / post.tree.bundle.prefix, ticket.stage
    post.tree.tidy()
    disk.own_folder(project / state_paths.ARTIFACTS)
    for place, name in {**ticket.files, state_paths.shard_plan(stage): ticket.plan}.items():
        disk.write(project / place, b"".join(post.held.read(name)))
    events = project / state_paths.work_folder(stage, "tests") / "events.jsonl"
    look = progress.Look(events, tell, over, OFTEN)
    try:
        done = process.run(_command(ticket, project, post.tree.bundle.roots), look)
    except progress.OverError:
        return Outcome(worker=address, ended=True)
    results = sorted((project / state_paths.shards_folder(stage)).glob("*.shard"))
    if not _has_room(project):
        # Whatever was red there may be so by it.
        return Outcome(worker=address, trouble="its disk is full")
    if not results:
        words = " ".join((done.err or done.out).split())[-400:]
        return Outcome(worker=address, message=words or f"exit code {done.code}")
    kept = post.tree.top.parent / results[-1].name
    disk.move(results[-1], kept)
    return Outcome(worker=address, file=str(kept), size=kept.stat().st_size)


def _has_room(folder: Path) -> bool:
    """Tell whether a file can be written there that is as large as a shard may need."""
    try:
        # Written, not asked: a quota and a limit of the process refuse it, too.
        with tempfile.NamedTemporaryFile(dir=folder) as stream:
            stream.write(bytes(ROOM))
            stream.flush()
    except OSError:
        return False
    return True


def _command(ticket: Ticket, project: Path, roots: tuple[str, ...]) -> Command:
    env = _environment() | ticket.env
    for name in steering.names(env):
        # What leads into the project there leads into the tree here, as PYTHONPATH may.
        env[name] = env[name].replace(ticket.root, str(project))
    env[ticket.first] = os.pathsep.join(str(project / it) for it in roots)
    code = "import sys; from firsttry_tasks.cli import main; sys.exit(main())"
    words = (ticket.stage, "--shard", ticket.shard, *ticket.words)
    # -P: else the tree itself would come first, which for FirstTry's own is another FirstTry.
    argv = (sys.executable, "-P", "-c", code, *words)
    return Command(argv=argv, cwd=str(project), env=env)


def _environment() -> dict[str, str]:
    """Return the environment of a shard: the worker's, without what dask puts into it."""
    import dask

    found = machine.clean(os.environ)
    found.pop(machine.HELD, None)
    named = (
        (SEED, SEEDED),
        *dask.config.get("distributed.nanny.environ").items(),
        *dask.config.get("distributed.nanny.pre-spawn-environ").items(),
    )
    for name, value in named:
        # By its value: a variable that a person has set otherwise is the person's.
        if found.get(name) == str(value):
            del found[name]
    dasks = "DASK_INTERNAL", "__DASK_"
    return {name: it for name, it in found.items() if not name.startswith(dasks)}
