"""The demo: a small project in a temporary folder, and on it all that FirstTry is for."""

from __future__ import annotations

import os
import socketserver
import sys
import tempfile
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.model.values import Command
from firsttry_tasks.reporting.console import CONSOLE
from firsttry_tasks.system import disk, git, machine, process

if TYPE_CHECKING:
    from collections.abc import Iterator

#: The project, by path. The tests take a moment each, as those of real projects do.
FILES = {
    "pyproject.toml": """\
[tool.pytest.ini_options]
pythonpath = ["."]

[tool.ruff]
line-length = 100
""",
    ".gitignore": "__pycache__/\n",
    # A differing test is run again three times in each way, which takes half of the demo; here it
    # is plain what differs.
    "ci/parity.lock.json": '{"schema_version": 1, "confirm": {"reruns": 1}}\n',
    "shop/__init__.py": '"""A shop."""\n',
    "shop/prices.py": '''\
"""Prices."""

SHIPPING = 4


def price(amount: int) -> int:
    """Return what some of them cost."""
    return amount * 3


def total(amount: int) -> int:
    """Return what is to pay."""
    return price(amount) + SHIPPING
''',
    "shop/tax.py": '''\
"""Taxes."""


def tax(net: int) -> int:
    """Return the tax on a sum."""
    return net // 5
''',
    "shop/rates.py": '''\
"""Exchange rates, which a service knows."""

import os
import socket


def dollars(euros: float) -> float:
    """Return a sum in dollars."""
    with socket.create_connection(("127.0.0.1", int(os.environ["RATES_PORT"]))) as service:
        return euros * float(service.recv(100))
''',
    "tests/conftest.py": '''\
"""What makes real tests slow."""

import time

import pytest


@pytest.fixture(autouse=True)
def database() -> None:
    """Stand for a database that is set up for each test."""
    time.sleep(0.02)
''',
    "tests/test_prices.py": '''\
"""Prices."""

import pytest

from shop.prices import price, total


@pytest.mark.parametrize("amount", range(30))
def test_price(amount: int) -> None:
    """Each costs 3."""
    assert price(amount) == 3 * amount


def test_total() -> None:
    """Shipping comes on top."""
    assert total(2) == 10
''',
    "tests/test_tax.py": '''\
"""Taxes."""

from shop.tax import tax


def test_tax() -> None:
    """A fifth."""
    assert tax(10) == 2


def test_no_tax() -> None:
    """Nothing of nothing."""
    assert tax(0) == 0
''',
    "tests/test_rates.py": '''\
"""Exchange rates."""

from shop.rates import dollars


def test_dollars() -> None:
    """A euro is more than a dollar."""
    assert dollars(100) > 100
''',
}
#: The edits: file, what stands there, and what takes its place.
FASTER = ("shop/tax.py", "net // 5", "net * 20 // 100")
TIDIER = ("shop/prices.py", "amount * 3", "3 * amount")


class _Service(socketserver.BaseRequestHandler):
    """Tells the rate to whoever asks: what another program does, no record can tell."""

    rate = "1.08"

    def handle(self) -> None:
        """Answer and hang up."""
        self.request.sendall(self.rate.encode())


@contextmanager
def _service() -> Iterator[int]:
    """Yield the port of a service that runs within the block."""
    with socketserver.ThreadingTCPServer(("127.0.0.1", 0), _Service) as server:
        server.daemon_threads = True
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
        thread.start()
        try:
            yield server.server_address[1]
        finally:
            server.shutdown()
            thread.join()


def show(*, keep: bool = False) -> None:
    """Play the demo in a temporary folder, which stays where it is to be kept."""
    home = tempfile.mkdtemp(prefix="firsttry-demo-")
    try:
        with _service() as port:
            _Play(Path(home) / "shop", port).all()
    finally:
        if keep:
            CONSOLE.say("", f"The project is in {home}/shop.")
        else:
            disk.remove(Path(home))


class _Play:
    """One run of the demo."""

    def __init__(self, root: Path, port: int) -> None:
        """Remember the place; nothing is made yet."""
        self.root = root
        # Colors are for whoever watches, and so is everything else of this environment.
        self.env = machine.clean(os.environ) | {"RATES_PORT": str(port), "PWD": str(root)}

    def all(self) -> None:
        """Make the project, and play scene after scene."""
        self._make()
        self._tell("A shop with 34 tests. The first run learns what each of them uses.")
        self._run(0, "warm", "-q")
        self._tell("One function is edited. The two tests that ran it run again, and say why.")
        self._edit(*FASTER)
        self._run(0, "warm", "--explain")
        self._tell(
            "Another edit. Meanwhile the service that knows the exchange rates has new",
            "ones: no file changed, so warm can't know. `ft parity` holds warm against",
            "everything, and catches it: warm was green where full is red. That is an",
            "escape, exit code 99.",
        )
        _Service.rate = "0.97"
        self._edit(*TIDIER)
        self._run(99, "parity")
        self._tell("The escape named the line that mends it. `--learn` writes it for you:")
        self._run(99, "compare", "--learn", "-q")
        CONSOLE.say("", *self._learned())
        self._tell("From now on every warm run asks the service, and is as red as full:")
        self._run(1, "warm", "-q")
        self._tell("That was all of it. In a repository of yours: ft warm. More: ft help")

    def _make(self) -> None:
        """Make the project's repository."""
        for name, text in FILES.items():
            disk.write(self.root / name, text.encode())
        git.ask(self.root, "init", "--quiet", "--initial-branch=main")
        git.ask(self.root, "add", "--all")
        who = ("-c", "user.name=Demo", "-c", "user.email=demo@example.invalid")
        quiet = ("-c", "core.hooksPath=", "-c", "commit.gpgSign=false")
        git.ask(self.root, *who, *quiet, "commit", "--quiet", "--message=A shop")

    def _edit(self, name: str, old: str, new: str) -> None:
        """Make an edit, and show it as it could be typed."""
        place = self.root / name
        text = (disk.read(place) or b"").decode()
        disk.write(place, text.replace(old, new).encode())
        CONSOLE.say("", CONSOLE.paint(f"$ sed -i 's|{old}|{new}|' {name}", "typed"))

    def _tell(self, *lines: str) -> None:
        """Say what comes next."""
        CONSOLE.say("", *(f"# {line}" for line in lines))

    def _run(self, expected: int, *words: str) -> None:
        """Run ft as a person would; FirstTryError where it ends in another way than it should."""
        CONSOLE.say("", CONSOLE.paint(f"$ ft {' '.join(words)}", "typed"))
        CONSOLE.stream.flush()
        # -P: a project's own folder is not where FirstTry is imported from.
        argv = (sys.executable, "-P", "-m", "firsttry_tasks", *words)
        with process.shown(Command(argv=argv, cwd=str(self.root), env=self.env)) as started:
            code = started.wait()
        if code != expected:
            raise FirstTryError(
                f"This step of the demo ended with {code} in place of {expected}: what is printed"
                " above says why. Is git installed, and does this machine have 127.0.0.1?"
            )
        if code:
            CONSOLE.say(f"(exit code {code})")

    def _learned(self) -> list[str]:
        """Return the lines that are in the settings since the escape."""
        lines = (disk.read(self.root / "pyproject.toml") or b"").decode().splitlines()
        at = lines.index("[tool.firsttry.depends]") if "[tool.firsttry.depends]" in lines else -1
        return [f"  {line}" for line in lines[at : at + 2]] if at >= 0 else []
