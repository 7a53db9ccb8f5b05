"""Play the matrix from the command line: a table to read, and JSON to keep."""

import argparse
import importlib.util
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import cache, partial
from pathlib import Path

import msgspec

from tests.soundness import recordings, replay, subjects
from tests.soundness.case import Case
from tests.soundness.harness import Result, VoidCaseError, play
from tests.soundness.kinds import every

SUBJECTS = {"testmon": subjects.testmon, "firsttry": subjects.firsttry}
#: FirstTry again, from recordings and in this process: seconds for half an hour.
RECORDED = "recorded"
_VOID = "VOID"
_known = cache(recordings.read)


def main() -> int:
    """Play the cases asked for; end with 1 if one is void, or a broken test was missed."""
    asked = _arguments()
    chosen = [case for case in every() if _wanted(case, asked)]
    jobs = 1 if asked.subject == RECORDED else asked.jobs  # it changes what this process sees
    with ThreadPoolExecutor(jobs) as pool:
        results = list(_told(pool.map(partial(_play, asked.subject), chosen)))
    if asked.json:
        _write(Path(asked.json), results)
    _say(_sum(results))
    return int(any(map(_is_bad, results)))


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.soundness.run", description=__doc__)
    parser.add_argument("--subject", choices=sorted((*SUBJECTS, RECORDED)), default="testmon")
    parser.add_argument("--kind", default="", help="only kinds whose name holds this")
    parser.add_argument("--case", default="", help="only cases whose name holds this")
    parser.add_argument("--jobs", type=int, default=1)
    parser.add_argument("--json", default="", help="where the results are written")
    return parser.parse_args()


def _wanted(case: Case, asked: argparse.Namespace) -> bool:
    return there(case) and asked.kind in case.kind and asked.case in case.name


def there(case: Case) -> bool:
    """Tell whether the package that a case needs is installed."""
    return not case.needs or importlib.util.find_spec(case.needs) is not None


def _play(subject: str, case: Case) -> Result | str:
    with tempfile.TemporaryDirectory(prefix="matrix-") as base:
        try:
            if subject == RECORDED:
                return _replay(case, Path(base).resolve())
            return play(case, SUBJECTS[subject], Path(base).resolve())
        except VoidCaseError as void:
            return f"{_VOID} {void}"


def _replay(case: Case, base: Path) -> Result | str:
    recording = _known().get(case.name)
    if recording is None or recording.unplayed:
        return f"NOT PLAYED {case.name}: {recording.unplayed if recording else 'never recorded'}"
    return replay.play(case, recording, base).result


def _told(results: Iterable[Result | str]) -> Iterator[Result | str]:
    for result in results:
        _say(result if isinstance(result, str) else _row(result))
        yield result


def _say(words: str) -> None:
    sys.stdout.write(f"{words}\n")
    sys.stdout.flush()


def _row(result: Result) -> str:
    mark = " " if _good(result) else "!"
    words = f"{mark} {result.outcome:8} {result.kind:24} {result.name:44}"
    return f"{words} {result.seconds:5.1f}s {result.why[:60]} {' '.join(result.missed)[:60]}"


def _good(result: Result) -> bool:
    return result.outcome not in {"escape", "partial", "some", "refused"}


def _is_bad(result: Result | str) -> bool:
    return result.startswith(_VOID) if isinstance(result, str) else not _good(result)


def _sum(results: list[Result | str]) -> str:
    counts = Counter("without outcome" if isinstance(r, str) else r.outcome for r in results)
    return f"{len(results)} cases: " + ", ".join(f"{n} {word}" for word, n in counts.items())


def _write(path: Path, results: list[Result | str]) -> None:
    kept = [result for result in results if isinstance(result, Result)]
    path.write_bytes(msgspec.json.format(msgspec.json.encode(kept), indent=1) + b"\n")


if __name__ == "__main__":
    sys.exit(main())
