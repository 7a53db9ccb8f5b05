"""Sees which functions start to run on Python 3.11, where the interpreter counts it itself.

A code object counts its starts and the jumps back of its loops, until it is taken for warm and its
instructions are replaced by quicker ones (``_PyCode_Warmup`` and ``_PyCode_Quicken`` of CPython's
Python/specialize.c, in 3.11 only). Code whose count moved has run, in whichever thread or
greenlet, and no callback slows it down. Code that became warm gets its old instructions back, and
counts anew.
"""

import functools
import gc
import operator
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType
from typing import Any

from firsttry_tasks.recorder.replaced.import_frames import as_import
from firsttry_tasks.recorder.tracing import quirks
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope, identity, nested
from firsttry_tasks.recorder.tracing.settrace import SettraceCollector

ctypes: Any
try:
    import ctypes
except ImportError:  # an interpreter can be built without it
    ctypes = None

#: What new code counts up from, and where it is taken for warm: CPython 3.11's own numbers.
FRESH = -8
WARM = 0
#: What counts are set back to: as far from warm as a short integer can be, which has to run past
#: its largest number first. So code is seldom warm, and seldom has to be put back.
REST = 1
#: More than the highest address that a process can have, where an address has 64 bits.
_ADDRESSES = 1 << 62
_PROBE = "def probe():\n    return 1"

Slot = Callable[[Any], None]


class InterpreterMemory:
    """Reads and sets the counts and the instructions of code objects, where they lie in memory."""

    def __init__(self, offset: int) -> None:
        """Take the counts to lie ``offset`` bytes from where a code object begins."""
        self._offset = offset
        # One view of all memory, of which only counts are touched: a view for each code object
        # would take longer to make than the count takes to read.
        everything = _bytes(0, _ADDRESSES)
        self.counts = memoryview(everything).cast("B").cast("h")

    def index(self, code: CodeType) -> int:
        """Return the index in ``counts`` of a code object's count."""
        return (id(code) + self._offset) // self.counts.itemsize

    def rest(self, code: CodeType, index: int) -> None:
        """Set a count back, and if the code was warm, its instructions as well."""
        if self.counts[index] == WARM:
            # `co_code` is what was compiled. The quick instructions have the same places and sizes,
            # so code that is in the middle of a call goes on behind the same instruction.
            first = code.co_code
            _bytes(id(code) + CodeType.__basicsize__, len(first)).raw = first
        self.counts[index] = REST


class Group:
    """Reads the counts of many code objects at once."""

    def __init__(self, memory: InterpreterMemory, codes: list[CodeType]) -> None:
        """Set the counts back; the code is kept, so that no other comes to its place in memory."""
        self._memory = memory
        self._codes = [(code, memory.index(code)) for code in codes]
        indices = [index for _, index in self._codes]
        # One call in C for all. With one index it would give no tuple, so the first is read twice.
        self._read = operator.itemgetter(*indices, indices[0])
        for code, index in self._codes:
            memory.rest(code, index)
        self._resting = self._read(memory.counts)

    def moved(self) -> list[CodeType]:
        """Return the code objects that ran since the last time."""
        # Most groups are at rest, and comparing two tuples is all that these cost.
        counts = self._read(self._memory.counts)
        if counts == self._resting:
            return []
        pairs = zip(self._codes, counts, strict=False)
        ran = [known for known, count in pairs if count != REST]
        for code, index in ran:
            self._memory.rest(code, index)
        return [code for code, _ in ran]


class WarmupCounterCollector(SettraceCollector):
    """Asks the counts which code ran; `drain` puts it to the innermost scope.

    Imports are traced beside it, because a count doesn't say which line of a module led to a start.
    """

    def __init__(self, attribution: Attribution, memory: InterpreterMemory) -> None:
        """Gather for this attribution."""
        super().__init__(attribution)
        self._memory = memory
        self._groups: list[Group] = []
        self._armed: set[int] = set()
        #: `sys.settrace` or `sys.setprofile`, whichever traces an import; None outside of one.
        self._slot: Slot | None = None

    def begin(self) -> None:
        """Watch the functions that are there already."""
        self._arm(one.__code__ for one in gc.get_objects() if type(one) is FunctionType)

    def end(self) -> None:
        """Do nothing: counts that are read no more disturb nothing."""

    def sees(self) -> bool:
        """Return True: no other code can take the counts away."""
        return True

    def arm(self, code: CodeType) -> None:
        """Watch a code object and all that are defined in it."""
        self._arm([code])

    def drain(self) -> None:
        """Put what ran to the innermost scope."""
        ran = [code for group in self._groups for code in group.moved()]
        self.attribution.started(ran)
        if self._module is not None and ran:
            # Other threads run in an import without being traced: line 0. Copied, because this
            # method is traced while it runs where the project is this recorder itself.
            traced = {number for _, number in self._lines.copy()}
            units = {self.attribution.unit(code) for code in ran} - traced
            self._lines.update((0, number) for number in units)

    def importing(
        self, module: CodeType | None, scope: OpenScope, reached: Callable[[int], bool]
    ) -> None:
        """Note starts with the line of this module that led to them, or without one for None."""
        self._module, self._lines, self._reached = module, scope.lines, reached
        if module is None:
            self._frames.clear()
            self._making.clear()
            self._stop()
        else:
            self._start_here()

    @as_import
    def foreign(self, load: Callable[[], None]) -> None:
        """Load a module that is not the repository's without tracing its many calls.

        What runs of the repository meanwhile is noted with the line that imports the module.
        """
        if self._slot is None:
            load()
            return
        self.drain()
        # Put aside, so that what runs while the module loads can be told from what ran before.
        scope = self.attribution.top
        before, scope.units = scope.units, set()
        self._stop()
        try:
            load()
        finally:
            self.drain()
            self._start_here()
            line = self._lineno(sys._getframe(1))  # noqa: SLF001
            scope.lines.update((line, number) for number in scope.units.copy())
            scope.units |= before

    def _arm(self, codes: Iterable[CodeType]) -> None:
        ours = (code for code in codes if self.attribution.place(code.co_filename) is not None)
        inner = {identity(each): each for code in ours for each in nested(code)}
        fresh = [code for key, code in inner.items() if key not in self._armed]
        if fresh:
            self._armed |= inner.keys()
            # All that was defined at once is one group; a group for each would be read one by one.
            self._groups.append(Group(self._memory, fresh))

    def _start_here(self) -> None:
        """Trace this thread from whichever place no other tool holds, or not at all."""
        if self._slot is not None:
            return
        if sys.gettrace() is None:
            self._slot = sys.settrace
        elif sys.getprofile() is None:
            self._slot = sys.setprofile
        if self._slot is not None:
            self._slot(self._line)

    def _stop(self) -> None:
        slot, self._slot = self._slot, None
        if slot is not None:
            slot(None)


@functools.cache
def memory() -> InterpreterMemory | None:
    """Return the access to this interpreter's counts, None if it has none.

    The place of the count is found and tried on a function that is made for it.
    """
    if not quirks.COUNTED_STARTS:
        return None
    if ctypes is None or sys.maxsize < _ADDRESSES:
        return None
    [code] = (one for one in compile(_PROBE, "", "exec").co_consts if isinstance(one, CodeType))
    run = FunctionType(code, {})
    before = _shorts(code)
    run()
    pairs = enumerate(zip(before, _shorts(code), strict=True))
    found = [at for at, pair in pairs if pair == (FRESH, FRESH + 1)]
    # No place or several that look so: then nothing is touched.
    if len(found) != 1:
        return None
    tried = InterpreterMemory(found[0] * 2)
    index = tried.index(code)
    tried.counts[index] = WARM - 1
    run()
    warm = tried.counts[index] == WARM
    # Set back, the function has to run as before and count on.
    tried.rest(code, index)
    right = run() == 1 and tried.counts[index] == REST + 1
    return tried if warm and right else None


def _bytes(address: int, size: int) -> Any:
    return (ctypes.c_char * size).from_address(address)


def _shorts(code: CodeType) -> list[int]:
    """Return the head of a code object, before its instructions, as shorts."""
    return memoryview(_bytes(id(code), CodeType.__basicsize__)).cast("B").cast("h").tolist()
