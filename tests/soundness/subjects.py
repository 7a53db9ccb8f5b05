"""Those who answer: plain pytest (the truth), pytest with testmon, and FirstTry."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path

import msgspec

from firsttry_tasks.model.values import Report

HOUSE = Path(__file__).parents[2]
_LINE = re.compile(r"^(PASSED|FAILED|ERROR|XPASS|XFAIL) (.+?)(?: - .*)?$")
_SKIPS = re.compile(r"^SKIPPED \[(\d+)\] (.+)$")
SESSION = "(session)"
_LIMIT = 180


class Ran(msgspec.Struct, frozen=True, kw_only=True):
    """What one run of one subject came to."""

    status: int
    ran: frozenset[str]
    failed: frozenset[str]
    whole: str = ""
    said: str = ""


Subject = Callable[[Path, Path, Mapping[str, str]], Ran]
"""Runs in a folder of the checkout: root, folder, what the environment has besides."""


def environment(root: Path, extra: Mapping[str, str]) -> dict[str, str]:
    """Return a bare environment, so that nothing of the caller's run leaks in."""
    base = {
        "PATH": os.environ["PATH"],
        "HOME": str(root.parent),
        "LANG": "C.UTF-8",
        "COLUMNS": "200",
        "TMPDIR": str(root.parent),
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
    }
    filled = {name: text.replace("{base}", str(root.parent)) for name, text in extra.items()}
    return base | filled


def plain(root: Path, folder: Path, extra: Mapping[str, str]) -> Ran:
    """Run pytest with nothing of its own: what it says is so."""
    # Without the cache's plugin, options that are its own would be errors of usage.
    words = ("-o", f"cache_dir={root.parent / 'plain-cache'}", "-p", "no:testmon")
    return _pytest(words, root, folder, {**extra, "PYTHONDONTWRITEBYTECODE": "1"})


def testmon(root: Path, folder: Path, extra: Mapping[str, str]) -> Ran:
    """Run what pytest-testmon selects, and let it learn."""
    return _pytest(("--testmon",), root, folder, extra)


def _pytest(words: tuple[str, ...], root: Path, folder: Path, extra: Mapping[str, str]) -> Ran:
    command = [sys.executable, "-m", "pytest", "-rfEpxX", "--tb=short", *words]
    done = _run(command, folder, environment(root, extra))
    return parse(done.returncode, done.stdout + done.stderr)


def _run(
    command: list[str], folder: Path, env: Mapping[str, str]
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        command,
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=_LIMIT,
        check=False,
        stdin=subprocess.DEVNULL,
    )


def parse(status: int, said: str) -> Ran:
    """Read pytest's short summary: who ran, who failed."""
    summary = said.rpartition(" short test summary info ")[2].splitlines()
    lines = [match.groups() for match in map(_LINE.match, summary) if match]
    skipped = {match[2] for match in map(_SKIPS.match, summary) if match}
    failed = {name for word, name in lines if word in {"FAILED", "ERROR"}}
    if status not in {0, 5} and not failed:
        failed = {SESSION}
    ran = {name for _, name in lines} | skipped
    return Ran(status=status, ran=frozenset(ran), failed=frozenset(failed), said=said)


def firsttry(root: Path, folder: Path, extra: Mapping[str, str]) -> Ran:
    """Run what FirstTry's warm stage selects, and read its report."""
    path = ":".join(filter(None, (extra.get("PYTHONPATH", ""), str(HOUSE))))
    env = environment(root, {**extra, "PYTHONPATH": path})
    report = root / "artifacts" / "warm_parity_report.json"
    report.unlink(missing_ok=True)
    done = _run([sys.executable, "-m", "firsttry_tasks.cli", "warm"], folder, env)
    said = done.stdout + done.stderr
    if not report.exists():
        return Ran(status=2, ran=frozenset(), failed=frozenset({SESSION}), said=said)
    return _reported(done.returncode, msgspec.json.decode(report.read_bytes(), type=Report), said)


def _reported(status: int, report: Report, said: str) -> Ran:
    gate = next(gate for gate in report.gates if gate.result.gate == "tests")
    failed = {finding.nodeid or SESSION for finding in gate.result.findings}
    if gate.result.status == "error":
        failed.add(SESSION)
    detail = gate.result.tests
    if gate.cached or detail is None:
        return Ran(status=status, ran=frozenset(), failed=frozenset(failed), said=said)
    whole = "; ".join(gate.result.why) or "everything" if detail.mode == "everything" else ""
    ran = frozenset(detail.durations)
    return Ran(status=status, ran=ran, failed=frozenset(failed), whole=whole, said=said)
