"""A dask cluster of real processes on the loopback, over TLS, that can be hurt.

A scheduler and its workers are started as a person starts them, by dask's own commands.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from distributed.security import Security

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path
    from typing import Self

#: Seconds in which a scheduler and a worker have to be there.
PATIENCE = 60.0
#: How a worker is started without nanny: what kills it kills it for good.
PLAIN = ("--no-nanny",)


class Machines:
    """One scheduler and its workers; all end with it."""

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        """Make the certificates; start nothing yet."""
        self.folder = folder
        self._environment = dict(environment) | {"DASK_LOGGING__DISTRIBUTED": "info"}
        self._processes: list[subprocess.Popen[bytes]] = []
        self.scheduler: subprocess.Popen[bytes] | None = None
        self.url = ""
        folder.mkdir(parents=True)
        made = Security.temporary()
        for name, text in (
            ("ca", made.tls_ca_file),
            ("cert", made.tls_client_cert),
            ("key", made.tls_client_key),
        ):
            (folder / f"{name}.pem").write_text(text)

    @property
    def settings(self) -> str:
        """Return the settings that lead a project here."""
        names = "\n".join(f"{name} = '{self.folder}/{name}.pem'" for name in ("ca", "cert", "key"))
        return f"[tool.firsttry.pool]\n{names}\n"

    def begin(self) -> str:
        """Start the scheduler; return its address."""
        told = self.folder / "scheduler.json"
        words = ("--host", "127.0.0.1", "--port", "0", "--protocol", "tls", "--no-dashboard")
        self.scheduler = self._start("scheduler", *words, "--scheduler-file", str(told))
        until = time.monotonic() + PATIENCE
        while not (told.exists() and "tls://" in told.read_text()):
            if time.monotonic() > until or self.scheduler.poll() is not None:
                raise RuntimeError((self.folder / "scheduler.log").read_text()[-2000:])
            time.sleep(0.05)
        text = told.read_text()
        start = text.index("tls://")
        self.url = text[start : text.index('"', start)]
        return self.url

    def worker(
        self,
        name: str,
        *words: str,
        python: str = sys.executable,
        within: tuple[str, ...] = (),
        environment: Mapping[str, str] | None = None,
        folder: Path | None = None,
    ) -> subprocess.Popen[bytes]:
        """Start a worker with one thread; ``within`` starts it in a world of its own."""
        place = folder or self.folder / name
        place.mkdir(parents=True, exist_ok=True)
        options = ("--nthreads", "1", "--no-dashboard", "--name", name, "--memory-limit", "0")
        resources = ("--resources", "shard=1", "--local-directory", str(place))
        given = (self.url, *options, *resources, *(words or PLAIN))
        return self._start(
            "worker", *given, python=python, within=within, log=name, environment=environment or {}
        )

    def _start(
        self,
        kind: str,
        *words: str,
        python: str = sys.executable,
        within: tuple[str, ...] = (),
        log: str = "",
        environment: Mapping[str, str] | None = None,
    ) -> subprocess.Popen[bytes]:
        tls = [
            word
            for option, name in (("ca-file", "ca"), ("cert", "cert"), ("key", "key"))
            for word in (f"--tls-{option}", str(self.folder / f"{name}.pem"))
        ]
        with (self.folder / f"{log or kind}.log").open("wb") as out:
            started = subprocess.Popen(
                [*within, python, "-m", f"distributed.cli.dask_{kind}", *words, *tls],
                cwd=self.folder,
                env=self._environment | dict(environment or {}),
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self._processes.append(started)
        return started

    def log(self, name: str) -> str:
        """Return what a process has printed."""
        return (self.folder / f"{name}.log").read_text(errors="replace")

    def end(self) -> None:
        """End all, however they are."""
        for one in self._processes:
            hurt(one, signal.SIGKILL)
            one.wait()

    def __enter__(self) -> Self:
        """Start the scheduler."""
        self.begin()
        return self

    def __exit__(self, *_error: object) -> None:
        """End all."""
        self.end()


def hurt(process: subprocess.Popen[bytes], number: int) -> None:
    """Send a signal to a process and its group, where they are still there."""
    try:
        os.killpg(process.pid, number)
    except ProcessLookupError:
        return
