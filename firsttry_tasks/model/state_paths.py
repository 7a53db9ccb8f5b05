"""Where each file of FirstTry stands in a project: its own state, and what it leaves for people.

All paths are relative to the project. What a project itself keeps in git (`ci/parity.lock.json`,
`ci/flaky_tests.json`) is named where it is read.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firsttry_tasks.model.values import Stage

#: Reports and verdicts, for people and their scripts.
ARTIFACTS = "artifacts"
LATEST = f"{ARTIFACTS}/parity_report.json"
VERDICT = f"{ARTIFACTS}/verdict.json"
DIVERGENCE = f"{ARTIFACTS}/divergence.json"
#: What a packed golden cache's name begins with.
PACKED = f"{ARTIFACTS}/warm-cache-"
#: What lies ready for actions/upload-artifact: the box, its delta, and the line of a run.
PUBLISH = f"{ARTIFACTS}/publish"
PUBLISH_DELTA = f"{ARTIFACTS}/publish-delta"
PUBLISH_RUNS = f"{ARTIFACTS}/publish-runs"

#: Our own state, which git does not see.
STATE = ".firsttry"
#: Held by the one run that works in a checkout.
LOCK = f"{STATE}/lock"
DOIT_DB = f"{STATE}/doit.db"
STORE = f"{STATE}/store"

#: What the last look at the tree found.
INPUTS = f"{STATE}/inputs"
SEEN = f"{INPUTS}/seen"
LOOKED = f"{INPUTS}/fingerprint.json"

#: What warm learned.
WARM = f"{STATE}/warm"
FINGERPRINT = f"{WARM}/fingerprint.txt"
DB = f"{WARM}/dependencies.db"
LEARNED = f"{WARM}/learned.json"
WATCHED = f"{WARM}/watched.json"
#: When the store was last asked, what was restored from it, and who had recorded that.
ASKED = f"{WARM}/asked.json"
GOLDEN = f"{WARM}/golden.json"
FOREIGN = f"{WARM}/foreign.json"

#: What a full run that records leaves behind, in the work folders of its gates.
FULL = f"{STATE}/full"
RECORDED = "recorded"
RECORDED_TESTS = f"{FULL}/tests/{RECORDED}"
RECORDED_MYPY = f"{FULL}/mypy/{RECORDED}"
RECORDED_FINGERPRINT = f"{FULL}/fingerprint.txt"

#: A golden cache on its way in, the last one that came in, and one that was refused.
STAGING = f"{STATE}/restore"
HELD = f"{STATE}/golden"
QUARANTINE = f"{STATE}/quarantine"
SIGNATURE = f"{STATE}/signature"

#: The runs of this checkout, those that were read from the store, and sightings of flaky tests
#: in runs that were not compared yet.
HISTORY = f"{STATE}/history"
RUNS = f"{HISTORY}/parity.jsonl"
STORE_RUNS = f"{HISTORY}/store.jsonl"
SIGHTINGS = f"{HISTORY}/sightings.jsonl"

#: What `doit clear_cache` forgets; the history and golden caches in a local store stay.
FORGOTTEN = (
    WARM,
    f"{STATE}/reports",
    f"{STATE}/ran",
    INPUTS,
    FULL,
    STAGING,
    QUARANTINE,
    HELD,
)


def report_file(stage: Stage) -> str:
    """Return where a stage's report stands."""
    return f"{ARTIFACTS}/{stage}_parity_report.json"


def result_file(stage: Stage, gate: str) -> str:
    """Return where a gate's result stands."""
    return f"{STATE}/reports/{stage}/{gate}.json"


def inputs_file(stage: Stage, gate: str) -> str:
    """Return where a gate's inputs stand: the file its task depends on."""
    return f"{INPUTS}/{stage}-{gate}.json"


def manifest_file(gate: str) -> str:
    """Return where a gate's manifest (path -> blob) stands."""
    return f"{INPUTS}/{gate}.manifest"


def ran_file(stage: Stage, gate: str, end: str) -> str:
    """Return the copy of inputs or manifest that a gate's last kept run had."""
    return f"{STATE}/ran/{stage}-{gate}.{end}"


def work_folder(stage: Stage, gate: str) -> str:
    """Return the folder of a gate's own files; diff-cover reads what the tests left there."""
    return f"{STATE}/{stage}/{'tests' if gate == 'diff-cover' else gate}"
