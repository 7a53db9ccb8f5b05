"""Opens a cluster: one of this run's own, or a connection to one, which this machine joins."""

from __future__ import annotations

import contextlib
import logging
import os
from typing import TYPE_CHECKING, Any

import dask
import distributed
from distributed.security import Security

from firsttry_tasks.cluster.remote import SEED
from firsttry_tasks.model.errors import FirstTryError, UsageError

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from firsttry_tasks.cluster.address import Address
    from firsttry_tasks.config.settings import PoolSettings

#: The resource of which a worker has one, and a shard takes one: a worker runs one at a time.
RESOURCE = "shard"
#: Seconds for a connection. A judgement: a scheduler that is there answers at once.
CONNECT = 10
#: The loggers to which dask's configuration gives levels.
LOGGERS = ("distributed", "distributed.client", "distributed.scheduler", "tornado.application")
#: What is set for this process and for the workers that it starts.
CONFIGURATION = {
    # Else a shard that kills its worker would be given to three more.
    "distributed.scheduler.allowed-failures": 1,
    # They would be variables of the tests.
    "distributed.nanny.pre-spawn-environ": {},
    # A worker that is killed comes back, and on a busy machine that takes longer than 15 s, after
    # which the cluster would forget it.
    "distributed.deploy.lost-worker-timeout": "1 hour",
    # What dask looks at for its dashboard, fifty times a second in each process.
    "distributed.admin.tick.interval": "500ms",
    "distributed.admin.system-monitor.interval": "5s",
    "distributed.scheduler.active-memory-manager.start": False,
    "distributed.worker.profile.enabled": False,
    "distributed.comm.timeouts.connect": f"{CONNECT}s",
    "distributed.admin.log-format": "%(name)s: %(message)s",
}


class UnreachableError(FirstTryError):
    """A scheduler that does not answer."""


@contextlib.asynccontextmanager
async def opened(it: Address, pool: PoolSettings, folder: str) -> AsyncIterator[Any]:
    """Yield a client of the cluster, with this machine's workers in it.

    ``folder`` is where the workers of this machine work. Raises UnreachableError.
    """
    silence = {"distributed.scheduler.worker-ttl": f"{pool.silence}s"}
    dask.config.set(CONFIGURATION | silence | {"temporary-directory": folder})
    # What dask has to say is told by FirstTry, in a sentence.
    for name in LOGGERS:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    processors = os.cpu_count() or 1
    workers = processors if pool.workers is None else pool.workers
    before = dict(os.environ)
    async with contextlib.AsyncExitStack() as stack:
        # Nannies set variables for their workers in this process, which has other gates to run.
        stack.callback(_restore, before)
        if it.kind == "local":
            # Who keeps this machine out of a cluster, and loses that, has no other left.
            yield await _own(stack, workers or processors, folder)
        else:
            yield await _joined(stack, it, workers, folder)


def _restore(before: dict[str, str]) -> None:
    for name in os.environ.keys() - before.keys():
        del os.environ[name]
    os.environ.update(before)


def _of_worker(folder: str) -> dict[str, Any]:
    own = {SEED: os.environ[SEED]} if SEED in os.environ else {}
    return {
        # Set again in the worker's process, in which the nanny has set it otherwise.
        "env": own,
        "nthreads": 1,
        # The memory that a shard takes is that of its own process.
        "memory_limit": 0,
        "resources": {RESOURCE: 1},
        "local_directory": folder,
        "silence_logs": logging.CRITICAL,
    }


async def _own(stack: contextlib.AsyncExitStack, workers: int, folder: str) -> Any:
    """Return a client of a cluster that lives as long as this run, on this machine alone."""
    options = _of_worker(folder)
    cluster = distributed.LocalCluster(
        n_workers=workers,
        threads_per_worker=options.pop("nthreads"),
        processes=True,
        asynchronous=True,
        dashboard_address=None,
        # Keys of this run's own, which are never written: on a machine that several people use,
        # the loopback is open to all of them.
        security=Security.temporary(),
        **options,
    )
    await stack.enter_async_context(cluster)
    client = distributed.Client(cluster, asynchronous=True, set_as_default=False)
    await stack.enter_async_context(client)
    return client


async def _joined(stack: contextlib.AsyncExitStack, it: Address, workers: int, folder: str) -> Any:
    """Return a client of a scheduler elsewhere; workers of this machine join it."""
    security = _security(it)
    client = distributed.Client(
        it.url, asynchronous=True, security=security, set_as_default=False, timeout=CONNECT
    )
    try:
        await stack.enter_async_context(client)
    except (OSError, ValueError) as error:
        raise UnreachableError(f"The scheduler at {it.url} does not answer: {error}.") from error
    for _ in range(workers):
        nanny = distributed.Nanny(it.url, security=security, dashboard=False, **_of_worker(folder))
        await stack.enter_async_context(nanny)
    return client


def _security(it: Address) -> Security:
    if it.kind == "tcp":
        return Security(require_encryption=False)
    if it.certificates:
        ca, cert, key = it.certificates
        roles = {f"tls_{role}_cert": cert for role in ("client", "worker")}
        roles |= {f"tls_{role}_key": key for role in ("client", "worker")}
        return Security(require_encryption=True, tls_ca_file=ca, **roles)
    found = Security(require_encryption=True)
    if not (found.tls_ca_file and found.tls_client_cert):
        raise UsageError(
            f"cluster = {it.url!r} needs certificates: ca, cert and key in [tool.firsttry.pool], or"
            " distributed.comm.tls in dask's own configuration."
        )
    return found
