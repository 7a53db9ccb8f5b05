"""Which functions start to run on Python 3.11: the interpreter counts it itself.

A code object counts its starts and the jumps back of its loops, until it is taken for warm and its
instructions are replaced by quicker ones (``_PyCode_Warmup`` and ``_PyCode_Quicken`` of CPython's
Python/specialize.c, in 3.11 only). Code whose count moved has run: in whatever thread or greenlet,
and nobody is called for it. Code that became warm gets the instructions back that it had.
"""

import functools
import gc
import operator
import sys
from collections.abc import Callable, Iterable
from types import CodeType, FunctionType
from typing import Any

from firsttry_tasks.recorder.tracing import quirks
from firsttry_tasks.recorder.tracing.attribution import Attribution, OpenScope, identity, nested
from firsttry_tasks.recorder.tracing.settrace import SettraceCollector

ctypes: Any
try:
    import ctypes
except ImportError:  # an interpreter can be built without it
    ctypes = None

FRESH = -8  # what new code counts from
WARM = 0  # here it is taken for warm
REST = 1  # what we set: as far from warm as a short can be
_ADDRESSES = 1 << 62  # all there are, where an address has 64 bits
_PROBE = "def probe():\n    return 1"

Slot = Callable[[Any], None]


class InterpreterMemory:
    """The counts and the instructions of code objects, at the place where they lie."""

    def __init__(self, offset: int) -> None:
        """Take the counts to lie ``offset`` bytes from where a code object begins."""
        self._offset = offset
        everything = _bytes(0, _ADDRESSES)  # of which only the counts are ever touched
        self.counts = memoryview(everything).cast("B").cast("h")

    def index(self, code: CodeType) -> int:
        """Return where among ``counts`` the one of a code object is."""
        return (id(code) + self._offset) // self.counts.itemsize

    def rest(self, code: CodeType, index: int) -> None:
        """Set a count back, and if it was warm, the instructions; their places stay the same."""
        if self.counts[index] == WARM:
            first = code.co_code
            _bytes(id(code) + CodeType.__basicsize__, len(first)).raw = first
        self.counts[index] = REST


class Group:
    """Code objects whose counts are read at once."""

    def __init__(self, memory: InterpreterMemory, codes: list[CodeType]) -> None:
        """Let them rest; they are kept, so that no other code object comes to their places."""
        self._memory = memory
        self._codes = [(code, memory.index(code)) for code in codes]
        indices = [index for _, index in self._codes]
        self._read = operator.itemgetter(*indices, indices[0])  # two at least give a tuple
        for code, index in self._codes:
            memory.rest(code, index)
        self._resting = self._read(memory.counts)

    def moved(self) -> list[CodeType]:
        """Return those that ran since the last time."""
        counts = self._read(self._memory.counts)
        if counts == self._resting:
            return []
        pairs = zip(self._codes, counts, strict=False)
        ran = [known for known, count in pairs if count != REST]
        for code, index in ran:
            self._memory.rest(code, index)
        return [code for code, _ in ran]


class WarmupCounterCollector(SettraceCollector):
    """The collector; `drain` hands what ran since the last time to the innermost scope."""

    def __init__(self, attribution: Attribution, memory: InterpreterMemory) -> None:
        """Gather for this attribution."""
        super().__init__(attribution)
        self._memory = memory
        self._groups: list[Group] = []
        self._armed: set[int] = set()
        self._slot: Slot | None = None  # where imports are traced from

    def begin(self) -> None:
        """Watch what is there already."""
        self._arm(one.__code__ for one in gc.get_objects() if type(one) is FunctionType)

    def end(self) -> None:
        """Nothing stands in anybody's way."""

    def sees(self) -> bool:
        """Nobody can take the counts away."""
        return True

    def arm(self, code: CodeType) -> None:
        """Watch a code object and all that are defined in it."""
        self._arm([code])

    def drain(self) -> None:
        """Hand over what ran."""
        ran = [code for group in self._groups for code in group.moved()]
        self.attribution.started(ran)
        if self._module is not None and ran:
            # Other threads are not traced; but we are, where the project is this recorder itself.
            traced = {number for _, number in self._lines.copy()}
            units = {self.attribution.unit(code) for code in ran} - traced
            self._lines.update((0, number) for number in units)

    def importing(self, module: CodeType | None, scope: OpenScope) -> None:
        """While a module of the repository is imported, starts are noted with its line."""
        self._module, self._lines = module, scope.lines
        if module is None:
            self._stop()
        else:
            self._start_here()

    def foreign(self, load: Callable[[], None]) -> None:
        """Load a module that is not the repository's: few of its calls are worth a callback."""
        if self._slot is None:
            load()
            return
        self.drain()
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
            self._groups.append(Group(self._memory, fresh))

    def _start_here(self) -> None:
        """Trace this thread from whichever place nobody else holds."""
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
    """Return where this interpreter counts, None if it doesn't; tried on a function of our own."""
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
    if len(found) != 1:
        return None
    tried = InterpreterMemory(found[0] * 2)
    index = tried.index(code)
    tried.counts[index] = WARM - 1
    run()
    warm = tried.counts[index] == WARM
    tried.rest(code, index)
    right = run() == 1 and tried.counts[index] == REST + 1
    return tried if warm and right else None


def _bytes(address: int, size: int) -> Any:
    return (ctypes.c_char * size).from_address(address)


def _shorts(code: CodeType) -> list[int]:
    """Return the head of a code object, before its instructions, as shorts."""
    return memoryview(_bytes(id(code), CodeType.__basicsize__)).cast("B").cast("h").tolist()
