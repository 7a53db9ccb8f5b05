"""Describe this machine: Python, platform, installed distributions, environment, limits."""

from __future__ import annotations

import os
import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from firsttry_tasks.system import disk

if TYPE_CHECKING:
    from collections.abc import Mapping

#: What pytest, coverage and xdist set for a while in the processes that they start. In a key they
#: would make a run inside a test, such as one of FirstTry's own, differ from one outside.
PASSING = ("PYTEST_CURRENT_TEST", "PYTEST_VERSION", "PYTEST_XDIST", "COVERAGE_PROCESS")
#: What a shell says of itself. It differs from one call to the next, so a test that looks at the
#: whole environment would look changed in each run.
OF_SHELL = frozenset({"_", "OLDPWD", "SHLVL"})
#: The variables by which git names one repository (``git rev-parse --local-env-vars`` lists them).
#: In a hook git sets some of them, and a test that calls git in a folder of its own would work on
#: the project's repository. Those of the list that configure git are left out here: who sets an
#: identity or ``safe.directory`` by the environment wants it for what tests start, too.
OF_REPOSITORY = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_GRAFT_FILE",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
#: What a gate's process must not inherit beside them: FirstTry's own, and what is set for a while.
FOREIGN = ("FIRSTTRY_", *PASSING)


#: Names the lock that a run holds. A test that starts a run in the same checkout would wait for it
#: for ever, so gates get it; it is in no key.
HELD = "FIRSTTRY_HELD"


def python() -> str:
    """Return implementation and version, such as ``cpython 3.11.7``."""
    return f"{sys.implementation.name} {'.'.join(map(str, sys.version_info[:3]))}"


def platform() -> str:
    """Return system and processor, such as ``linux x86_64``."""
    return f"{sys.platform} {os.uname().machine}"


def requirement(distribution: str, name: str) -> str:
    """Return which versions of another one a distribution takes (``>=1,<2``), "" for any."""
    from importlib import metadata

    try:
        lines = metadata.requires(distribution) or ()
    except metadata.PackageNotFoundError:
        return ""
    found = (re.fullmatch(rf"{re.escape(name)}(?![\w.-])([^;]*)(?:;.*)?", it) for it in lines)
    taken = next((it[1].strip(" ()") for it in found if it), "")
    # As people write it: from the first version on, then up to which.
    return ",".join(sorted(taken.split(","), reverse=True))


def installed(path: list[str] | None = None) -> dict[str, str]:
    """Return ``name -> version`` of the installed distributions, by their folders' names.

    Reading every METADATA as ``importlib.metadata`` does takes longer than all the rest of a
    run in which nothing changed. Names are normalised as in PEP 503.
    """
    found: dict[str, str] = {}
    for place in sys.path if path is None else path:
        try:
            names = os.listdir(place or ".")  # noqa: PTH208  the fast path: names, no Paths
        except OSError:
            continue
        for name in names:
            if name.endswith((".dist-info", ".egg-info")):
                # The folder's name holds both parts: name-version.dist-info, in an egg's also
                # -py3.11.
                title, _, version = name.rpartition(".")[0].partition("-")
                plain = title.lower().replace("_", "-").replace(".", "-")
                # The first place on the path wins, as it does when Python imports.
                found.setdefault(plain, version.partition("-")[0] or "0")
    return found


def builds() -> dict[str, str]:
    """Return one digest, by name, of the metadata and file lists of all installed distributions.

    Unlike a version it tells a local build, a patched file list or other entry points apart.
    """
    found: list[bytes] = []
    for place in sys.path:
        for path in sorted(Path(place or ".").glob("*.dist-info")):
            metadata, record, entries = (
                disk.read(path / name) or b"" for name in ("METADATA", "RECORD", "entry_points.txt")
            )
            # RECORD has a hash of each file, so one small file stands for the whole distribution.
            lines = (line for line in record.splitlines() if not _of_place(line, path.name))
            found += [path.name.encode(), metadata, *lines, entries]
    return {"builds of distributions": disk.digest(b"\0".join(found))}


def _of_place(line: bytes, folder: str) -> bool:
    """Tell whether a line of RECORD depends on where and how it was installed.

    Scripts hold the path of their Python, and installers leave notes: with these no two
    environments would be alike.
    """
    name = line.partition(b",")[0]
    notes = name.startswith(f"{folder}/".encode()) and not name.endswith(b"/METADATA")
    return notes or name.startswith((b"../", b"/")) or name.endswith(b".pyc")


def clean(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment a gate starts from, without what belongs to this process alone."""
    dropped = OF_SHELL | OF_REPOSITORY
    return {
        name: value
        for name, value in environ.items()
        if (not name.startswith(FOREIGN) and name not in dropped) or name == HELD
    }


def in_ci(environ: Mapping[str, str]) -> bool:
    """Tell whether this is a CI machine, by the variable that all of them set."""
    # Some services set CI=false to say that this is a person's shell.
    return environ.get("CI", "").lower() not in {"", "0", "false", "no"}


#: Set by coding agents for what they start: the one that they agree on, and those of agents that
#: don't set it yet. A name that is missing costs the short output; ``--for agent`` asks for it.
AGENTS = (
    "AI_AGENT",
    "CLAUDECODE",
    "CODEX_SANDBOX",
    "CODEX_THREAD_ID",
    "CURSOR_AGENT",
    "GEMINI_CLI",
    "OPENCODE",
)


def for_agent(environ: Mapping[str, str]) -> bool:
    """Tell whether a coding agent reads what is printed."""
    return any(environ.get(name) for name in AGENTS)


def limit_resources(room: int, seconds: int) -> None:
    """Limit this process to ``room`` bytes more than it has and ``seconds`` of processor time.

    Python raises MemoryError beyond the first limit, the kernel ends the process beyond the second.
    Linux enforces both, macOS only the second.
    """
    import resource

    here = Path("/proc/self/statm")
    pages = int((disk.read(here) or b"0").split()[0])
    _, hard = resource.getrlimit(resource.RLIMIT_AS)
    # RLIMIT_AS counts what the process has already, which differs from one Python to another; so
    # the limit is what it has now, and the room. Without /proc it is the room alone.
    limit = pages * resource.getpagesize() + room
    # Above the hard limit setrlimit raises ValueError, where a container has set one.
    most = limit if hard == resource.RLIM_INFINITY else min(limit, hard)
    resource.setrlimit(resource.RLIMIT_AS, (most, hard))
    _, hard = resource.getrlimit(resource.RLIMIT_CPU)
    resource.setrlimit(resource.RLIMIT_CPU, (seconds, hard))
