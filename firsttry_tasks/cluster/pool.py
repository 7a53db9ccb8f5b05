"""Runs the shards of a plan on a cluster, until each has left its file, or its test is named.

dask schedules: it says which worker runs a shard, and gives one whose worker is lost to another.
Here it is said what is to run next, what becomes of a shard that kills its workers, and when the
waiting ends.
"""

from __future__ import annotations

import asyncio
import time
from collections import deque
from typing import TYPE_CHECKING, Any

import distributed
from distributed.scheduler import KilledWorker
from msgspec.structs import replace

from firsttry_tasks.cluster import remote
from firsttry_tasks.cluster.halving import halved
from firsttry_tasks.cluster.members import Members, stops
from firsttry_tasks.cluster.opening import RESOURCE
from firsttry_tasks.cluster.tree import objects
from firsttry_tasks.cluster.work import LostError
from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.selection.shards import plan as plans
from firsttry_tasks.selection.shards import runs
from firsttry_tasks.system import contents, disk, process

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from firsttry_tasks.cluster.remote import Outcome
    from firsttry_tasks.cluster.work import Done, Work
    from firsttry_tasks.selection.shards.runs import ShardRun

#: Seconds between two looks at who has joined and who is gone.
OFTEN = 0.5
#: How often a shard is begun at most, for reasons that are not its own. A judgement: three lost
#: machines are an outage, and the run is better ended than begun a fourth time.
TRIES = 4
#: What is told of a cluster whose scheduler does not answer any more.
GONE = "its scheduler went away"


class Pool:
    """One run on one cluster."""

    def __init__(self, client: Any, work: Work, done: Done) -> None:
        """Begin with what is done already."""
        self._client = client
        self._work = work
        self._done = done
        self._members = Members(client, work.run, work.source, work.wanted)
        self._waits = deque(self._longest_first(done.waiting))
        self._tasks: dict[asyncio.Task[None], int] = {}
        self._tries: dict[int, int] = {}
        self._began = 0
        self._plan = ""
        #: When each worker told last that it lives: by the scheduler's clock, and by this one.
        self._seen: dict[str, tuple[float, float]] = {}
        self._since = time.monotonic()
        self._stopping: asyncio.Future[None] | None = None

    def _longest_first(self, numbers: tuple[int, ...]) -> list[int]:
        shards = self._done.plan.shards
        return sorted(numbers, key=lambda number: -shards[number - 1].seconds)

    async def run(self) -> None:
        """Run what waits; LostError where the cluster can't do it."""
        topic = self._work.ticket.topic
        self._client.subscribe_topic(topic, self._hear)
        try:
            for name, data in self._work.shared.items():
                await self._members.share(name, data)
            await self._share_plan()
            while self._waits or self._tasks:
                await self._look()
                self._begin()
                await self._wait()
        finally:
            await self._end()

    async def _look(self) -> None:
        """Take in who joined, give up who is silent, and end where nobody is left."""
        _require_going_on()
        if self._client.status != "running":
            raise LostError(GONE)
        try:
            found = await asyncio.wait_for(self._client.scheduler.identity(n_workers=-1), 60)
        except (OSError, TimeoutError) as error:
            raise LostError(GONE) from error
        present = found["workers"]
        for address in await self._silent(present):
            present.pop(address)
        for address in self._members.look(present):
            CONSOLE.say(f"note: worker {address} is lost; its shard goes to another")
            CONSOLE.drop(self._live(address))
        self._show()
        now = time.monotonic()
        if self._members.hopeful:
            self._since = now
        elif self._work.alone and present.keys() <= self._members.left_out.keys() != set():
            raise LostError("; ".join(dict.fromkeys(self._members.left_out.values())))
        elif now - self._since > self._work.settings.wait:
            raise LostError(f"no worker has come for {self._work.settings.wait:g} s")

    async def _silent(self, present: dict[str, Any]) -> list[str]:
        """Let the scheduler give up the workers that did not tell for long that they live."""
        now = time.monotonic()
        # By this machine's clock alone: the scheduler's may be another.
        for address, it in present.items():
            if self._seen.get(address, (0, 0))[0] != it["last_seen"]:
                self._seen[address] = it["last_seen"], now
        most = self._work.settings.silence
        gone = [address for address in present if now - self._seen[address][1] > most]
        for address in gone:
            stimulus = f"firsttry-silent-{time.time()}"
            await self._client.scheduler.unregister(address=address, stimulus_id=stimulus)
        return gone

    def _begin(self) -> None:
        """Begin so many shards as there are workers; dask says which runs where."""
        # Not all at once: dask would give them out at once, and who joins later would find none.
        while self._waits and len(self._tasks) < len(self._members.ready):
            number = self._waits.popleft()
            self._tasks[asyncio.create_task(self._one(number))] = number

    async def _wait(self) -> None:
        if not self._tasks:
            await asyncio.sleep(OFTEN)
            return
        done, _ = await asyncio.wait(
            self._tasks, timeout=OFTEN, return_when=asyncio.FIRST_COMPLETED
        )
        for task in done:
            number = self._tasks.pop(task)
            try:
                task.result()
            except KilledWorker:
                await self._divide(number)

    async def _one(self, number: int) -> None:
        """Run one shard to its end; KilledWorker where it kills its workers."""
        while True:
            outcome = await self._outcome(number)
            if outcome.ended:
                self._done.ended.add(number)
                return
            if outcome.away:
                # Its worker is left out now, and dask will choose another.
                await asyncio.sleep(OFTEN)
                continue
            if outcome.trouble:
                await self._members.leave_out(outcome.worker, outcome.trouble)
            elif outcome.file:
                found = await self._fetched(outcome)
                if found is not None:
                    self._take(number, *found)
                    return
            self._tries[number] = self._tries.get(number, 0) + 1
            if self._tries[number] >= TRIES:
                of = len(self._done.plan.shards)
                raise FirstTryError(
                    f"Shard {number}/{of} could not be run on {TRIES} workers:"
                    f" {outcome.trouble or outcome.message or 'its file was lost'}"
                )

    async def _outcome(self, number: int) -> Outcome:
        self._began += 1
        of = len(self._done.plan.shards)
        ticket = replace(self._work.ticket, shard=f"{number}/{of}", plan=self._plan)
        future = self._client.submit(
            remote.run_shard,
            ticket,
            # A name of its own, and not pure: an equal call would get the old answer.
            key=f"shard-{self._work.run}-{number}-{self._began}",
            pure=False,
            resources={RESOURCE: 1},
        )
        try:
            return await future  # type: ignore[no-any-return]  # what run_shard returns
        except distributed.client.FutureCancelledError as error:
            raise LostError(GONE) from error
        except KilledWorker:
            raise
        except Exception as error:  # noqa: BLE001  what a worker's own code raises
            return remote.Outcome(worker="", message=f"{type(error).__name__}: {error}")

    async def _fetched(self, outcome: Outcome) -> tuple[Path, ShardRun] | None:
        """Return a shard's file, brought over part by part; None where its worker is lost."""
        data = bytearray()
        try:
            while len(data) < outcome.size:
                words = outcome.file, len(data), objects.CHUNK
                part = await self._members.ask(outcome.worker, remote.hand_over, *words)
                if not part:
                    return None
                data += part
        except (OSError, TimeoutError, ValueError):
            return None
        place = self._work.folder / outcome.file.rpartition("/")[2]
        try:
            found = runs.decode(bytes(data), place.name)
        except FirstTryError:
            return None
        disk.write(place, bytes(data))
        return place, found

    def _take(self, number: int, place: Path, found: ShardRun) -> None:
        self._done.files[number] = place
        if found.said.findings and found.heard.unran:
            # The project's own options end a run at its first failures (-x, --maxfail); then that
            # is the end for all shards.
            self._done.ended |= set(self._waits)
            self._waits.clear()
            self._stopping = asyncio.ensure_future(self._stop())

    async def _stop(self) -> None:
        await distributed.Event(stops(self._work.run), client=self._client).set()

    async def _divide(self, number: int) -> None:
        """Halve a shard that killed its workers; name its test, if it has but one."""
        _require_going_on()
        plan = self._done.plan
        tests = plan.share(number)
        if len(tests) == 1:
            CONSOLE.say(f"note: {tests[0]} kills the workers that run it")
            self._done.killed.add(number)
            return
        of = len(plan.shards)
        CONSOLE.say(f"note: shard {number}/{of} kills its workers; it is halved to find the test")
        self._done.plan = halved(plan, number)
        await self._share_plan()
        self._waits.extendleft((of + 1, number))

    async def _share_plan(self) -> None:
        data = plans.encode(self._done.plan)
        self._plan = contents.blob(data)
        await self._members.share(self._plan, data)

    def _show(self) -> None:
        stage, of = self._work.ticket.stage, len(self._done.plan.shards)
        settled = of - len(self._done.waiting)
        ready = len(self._members.ready)
        CONSOLE.live(
            f"{stage}:tests",
            f"{stage} {'tests':<10} {settled} of {of} shards,"
            f" {ready} worker{'' if ready == 1 else 's'}",
        )

    def _live(self, address: str) -> str:
        return f"{self._work.ticket.stage}:tests:{address}"

    def _hear(self, event: tuple[float, dict[str, Any]]) -> None:
        """Show what a worker says."""
        _, it = event
        words = f"shard {it['shard']}: {it['done']} of {it['of']}"
        words += f", {it['failed']} failed" if it["failed"] else ""
        words += f", {it['running']}" if it["running"] else ""
        CONSOLE.live(self._live(it["worker"]), f"  {it['worker']}  {words}")

    async def _end(self) -> None:
        """End what still runs, by an event: dask never cancels a task that runs."""
        for task in self._tasks:
            task.cancel()
        for address in (*self._members.ready, *self._members.left_out):
            CONSOLE.drop(self._live(address))
        if self._client.status == "running":
            await asyncio.wait([asyncio.ensure_future(self._last())], timeout=30)

    async def _last(self) -> None:
        await self._stop()
        await self._members.forget()


def _require_going_on() -> None:
    if process.ending():
        raise FirstTryError("The run is being stopped.")


def run(work: Work, done: Done, opened: Callable[[], Any]) -> None:
    """Run what is not done yet on the cluster that ``opened()`` gives; LostError if it is lost."""

    async def inside() -> None:
        async with opened() as client:
            await Pool(client, work, done).run()

    asyncio.run(inside())
