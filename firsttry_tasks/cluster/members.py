"""Takes workers in as they join: each is held against this machine, and given the tree."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from firsttry_tasks import __version__
from firsttry_tasks.cluster import remote
from firsttry_tasks.cluster.opening import RESOURCE
from firsttry_tasks.cluster.tree import objects
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.system import process

if TYPE_CHECKING:
    from firsttry_tasks.cluster.likeness import Likeness
    from firsttry_tasks.cluster.tree.bundle import Source

#: Seconds in which a worker has to answer one question, and how many objects it writes in one more.
#: Judgements: it takes in four megabytes, and a busy disk writes ten times as many files.
ANSWER, WRITES = 60.0, 100


class LeftOutError(Exception):
    """A worker that is not like this machine, or can't hold the tree."""


class Members:
    """The workers of a cluster: which have the tree, which are left out and why."""

    def __init__(self, client: Any, run: str, source: Source, wanted: Likeness) -> None:
        """Know of no worker yet."""
        self._client = client
        self._run = run
        self._source = source
        self._wanted = wanted
        self._joining: dict[str, asyncio.Task[None]] = {}
        #: Whatever else than the tree each worker needs: names of objects and their bytes.
        self._more: dict[str, bytes] = {}
        self.ready: set[str] = set()
        self.left_out: dict[str, str] = {}

    def look(self, present: dict[str, Any]) -> set[str]:
        """Take in who is new, forget who is gone; return who of those that were ready is gone.

        ``present`` has what the scheduler says of each worker, by its address.
        """
        for address in present.keys() - self._joining.keys():
            able = RESOURCE in present[address]["resources"]
            self._joining[address] = asyncio.create_task(self._join(address, able=able))
        for address in self._joining.keys() - present.keys():
            self._joining.pop(address).cancel()
        gone = self.ready - present.keys()
        self.ready &= present.keys()
        return gone

    @property
    def hopeful(self) -> bool:
        """Tell whether a worker has the tree, or may soon have it."""
        return bool(self.ready) or any(not it.done() for it in self._joining.values())

    async def _join(self, address: str, *, able: bool) -> None:
        try:
            if not able:
                raise LeftOutError(f"it was started without --resources {RESOURCE}=1")  # noqa: TRY301
            if other := await self.ask(address, remote.unlike, self._wanted):
                raise LeftOutError("; ".join(other))  # noqa: TRY301  told below, as all else is
            await self._carry(address)
            words = self._run, self._source.name, self._source.title, stops(self._run)
            most = ANSWER + len(self._source.names) / WRITES
            await self.ask(address, remote.lay_out, *words, most=most)
            await self._catch_up(address)
            # Nothing may come between: what is shared from now on goes to who is ready.
            self.ready.add(address)
        except Exception as error:  # noqa: BLE001  whatever a worker answers, it is the worker's
            await self.leave_out(address, _why(error))

    async def _carry(self, address: str) -> None:
        """Bring over the objects that a worker lacks, message by message."""
        lacking = await self.ask(address, remote.lacking, self._source.names)
        for message in objects.gathered(self._source.pieces(lacking)):
            await self.ask(address, remote.take, message)

    async def _catch_up(self, address: str) -> None:
        """Give a worker what was shared before it was ready, and while it got that."""
        given: set[str] = set()
        while lacking := self._more.keys() - given:
            for name in lacking:
                await self._give(address, name, self._more[name])
            given |= lacking

    async def _give(self, address: str, name: str, data: bytes) -> None:
        for message in objects.gathered(objects.packed(name, "blob", len(data), (data,))):
            await self.ask(address, remote.take, message)

    async def share(self, name: str, data: bytes) -> None:
        """Give an object to all workers, also to those that join later."""
        self._more[name] = data
        await asyncio.gather(
            *(self._give(address, name, data) for address in self.ready), return_exceptions=True
        )

    async def leave_out(self, address: str, why: str) -> None:
        """Give a worker no shard from now on, and say why."""
        self.ready.discard(address)
        self.left_out[address] = why
        if process.ending():
            return
        CONSOLE.say(f"note: worker {address} is left out: {why}")
        try:
            # At the scheduler: a worker that has no FirstTry could not be asked for it.
            await asyncio.wait_for(
                self._client.scheduler.set_resources(worker=address, resources={RESOURCE: 0}),
                ANSWER,
            )
            await self.ask(address, remote.refuse, self._run)
        except Exception:  # noqa: BLE001  it is gone, or has no FirstTry: it gets no shard
            return

    async def ask(self, address: str, question: Any, *words: object, most: float = ANSWER) -> Any:
        """Return what a worker answers; TimeoutError where it does not in so many seconds."""
        answers = await asyncio.wait_for(
            self._client.run(question, *words, workers=[address], on_error="raise"), most
        )
        return answers[address]

    async def forget(self) -> None:
        """Take the tree from all workers."""
        for task in self._joining.values():
            task.cancel()
        asked = (self.ask(address, remote.leave, self._run) for address in self.ready)
        await asyncio.gather(*asked, return_exceptions=True)


def stops(run: str) -> str:
    """Return the name of the event that ends a run's shards."""
    return f"firsttry-stop-{run}"


def _why(error: Exception) -> str:
    if isinstance(error, LeftOutError):
        return str(error)
    # dask wraps what a worker raised while it read the question.
    if "No module named 'firsttry_tasks" in str(error):
        return f"it has no FirstTry {__version__}; install it there as it is here"
    return f"{type(error).__name__}: {error}"
