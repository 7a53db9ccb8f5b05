"""Starts a tool, and ends it with all that it started, however the run ends.

A program of its own: ``python -I -S guardian.py LIFELINE LIMIT GRACE LC_CTYPE program ...``. It
ends with the tool's exit code or signal. The number LIFELINE is a pipe that nobody writes to: it
closes when the process that asked for the tool is gone, killed or not. LIMIT is in seconds (0:
none), GRACE the seconds between SIGTERM and SIGKILL. LC_CTYPE is 1 where the tool gets that
variable.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import time

#: Numbers of Linux's prctl(2): the signal that a process gets when its parent dies, and the wish to
#: become the parent of all descendants that lose theirs.
PDEATHSIG, SUBREAPER = 1, 36
#: Seconds that a tool has to end by itself when the process that asked for it is gone, and the same
#: for what a tool leaves behind at its own end. Judgements: a second after a kill nothing is left.
ABANDONED, LEFT = 0.3, 1.0
#: Seconds after which what can't be killed (it waits for a dead disk, say) is given up.
HOPELESS = 5.0
PAUSE = 0.01


def prctl(what: int, value: int) -> None:
    """Call Linux's prctl; do nothing where there is no such call."""
    if sys.platform == "linux":
        import ctypes

        ctypes.CDLL(None).prctl(what, value, 0, 0, 0)


class Guardian:
    """The parent of one tool."""

    def __init__(self, lifeline: int, limit: float, grace: float) -> None:
        """Become the parent of whatever the tool's children leave behind."""
        prctl(SUBREAPER, 1)
        self.lifeline, self.grace = lifeline, grace
        now = time.monotonic()
        #: When the tool is asked to end, and when it is killed.
        self.ask = now + limit if limit else float("inf")
        self.kill = float("inf")
        self.tool = 0

    def guard(self, command: list[str]) -> int:
        """Run the tool to its end; return its status as ``os.waitpid`` gives it."""
        reading, writing = os.pipe()
        os.set_blocking(writing, False)
        signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
        for number, handler in (
            (signal.SIGCHLD, self._heard),
            (signal.SIGTERM, self._asked),
            (signal.SIGINT, self._asked),
            (signal.SIGHUP, self._asked),
            (signal.SIGQUIT, self._hurried),
        ):
            signal.signal(number, handler)
        self.tool = self._start(command)
        ears = select.poll()
        ears.register(reading, select.POLLIN)
        ears.register(self.lifeline, 0)  # a closed other end is told unasked
        while True:
            status = self._reap()
            if status is not None:
                self._clear()
                return status
            for handle, _ in ears.poll(self._pause()):
                if handle == reading:
                    os.read(reading, 4096)
                else:
                    ears.unregister(self.lifeline)
                    self._end(ABANDONED)
            self._look_at_the_clock()

    def _start(self, command: list[str]) -> int:
        guardian = os.getpid()
        tool = os.fork()
        if tool:
            with contextlib.suppress(
                OSError
            ):  # the child does it too; who is first does not matter
                os.setpgid(tool, tool)
            return tool
        try:
            os.setpgid(0, 0)
            # Where the guardian itself is killed. The signal follows the thread that forked, and
            # the guardian has one.
            prctl(PDEATHSIG, signal.SIGKILL)
            if os.getppid() == guardian:
                # Python ignores these two, and an ignored signal stays ignored in a new program.
                for number in (signal.SIGPIPE, signal.SIGXFSZ):
                    signal.signal(number, signal.SIG_DFL)
                os.execvp(command[0], command)  # noqa: S606  no shell is wanted
        except OSError as error:
            os.write(2, f"Can't start {command[0]}: {error.strerror}.\n".encode(errors="replace"))
        finally:
            os._exit(127)

    def _heard(self, *_: object) -> None:
        """Do nothing: that there was a signal ends the wait."""

    def _asked(self, *_: object) -> None:
        self._end(self.grace)

    def _hurried(self, *_: object) -> None:
        self._end(0.0)

    def _end(self, grace: float) -> None:
        """Ask the tool to end, and kill it when the grace is over."""
        # Asked once: a second SIGTERM would interrupt a tool that is cleaning up.
        if self.kill == float("inf"):
            self._signal(signal.SIGTERM)
        self.kill = min(self.kill, time.monotonic() + grace)

    def _look_at_the_clock(self) -> None:
        now = time.monotonic()
        if now >= self.ask:
            self.ask = float("inf")
            self._end(self.grace)
        if now >= self.kill:
            self._signal(signal.SIGKILL)

    def _pause(self) -> float | None:
        """Return how long to wait at most, in milliseconds; None where only a signal matters."""
        until = min(self.ask, self.kill)
        if until == float("inf"):
            return None
        return max(PAUSE, until - time.monotonic()) * 1000

    def _signal(self, number: int) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.tool, number)

    def _reap(self) -> int | None:
        """Bury all children that ended; return the tool's status, None while it runs."""
        found = None
        with contextlib.suppress(ChildProcessError):
            while True:
                pid, status = os.waitpid(-1, os.WNOHANG)
                if not pid:
                    break
                if pid == self.tool:
                    found = status
        return found

    def _clear(self) -> None:
        """End what the tool has left: its group, and on Linux all its descendants."""
        begun = time.monotonic()
        asked: set[int] = set()
        # A tool that was ended by force leaves nothing that deserves a grace.
        patience = LEFT if self.kill == float("inf") else 0.0
        while _has_children() and time.monotonic() - begun < HOPELESS:
            late = time.monotonic() - begun >= patience
            found = descendants(os.getpid())
            for pid in found if late else found - asked:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.kill(pid, signal.SIGKILL if late else signal.SIGTERM)
            asked |= found
            time.sleep(PAUSE)
            self._reap()
        # Where the kernel gives orphans to another parent, the group is all that is known.
        self._signal(signal.SIGKILL)


def _has_children() -> bool:
    try:
        os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)
    except ChildProcessError:
        return False
    return True


def descendants(root: int) -> set[int]:
    """Return the ids of all processes below ``root``; none where there is no /proc."""
    parents: dict[int, int] = {}
    with contextlib.suppress(OSError):
        for name in filter(str.isdigit, os.listdir("/proc")):  # noqa: PTH208  no pathlib: a start costs
            with contextlib.suppress(OSError), open(f"/proc/{name}/stat", "rb") as stream:  # noqa: PTH123  as above
                # The name in brackets may hold anything; what follows is state and parent.
                state, parent = stream.read().rpartition(b")")[2].split()[:2]
                if state != b"Z" or int(parent) == root:
                    parents[int(name)] = int(parent)
    found: set[int] = set()
    fresh = {root}
    while fresh:
        fresh = {pid for pid, parent in parents.items() if parent in fresh} - found
        found |= fresh
    return found


def end_as(status: int) -> None:
    """End this process as the tool ended: with its exit code, or by its signal."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        import resource

        # The tool has left its core dump; a second one would be the guardian's.
        resource.setrlimit(resource.RLIMIT_CORE, (0, resource.getrlimit(resource.RLIMIT_CORE)[1]))
        with contextlib.suppress(OSError, ValueError):
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    os._exit(code if code >= 0 else 128 - code)


def main() -> None:
    """Guard the tool that the command line names."""
    lifeline, limit, grace, ctype, *command = sys.argv[1:]
    # Python itself may have set it, for its own sake (PEP 538).
    if ctype == "0":
        os.environ.pop("LC_CTYPE", None)
    os.set_inheritable(int(lifeline), False)
    end_as(Guardian(int(lifeline), float(limit), float(grace)).guard(command))


if __name__ == "__main__":
    main()
