"""Names the path of each file that FirstTry keeps or writes in a project, relative to the project.

The files that a project itself keeps in git (`ci/parity.lock.json`, `ci/flaky_tests.json`) are
named in the modules that read them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from firsttry_tasks.model.values import Stage

#: Reports and verdicts, for people and their scripts: a public interface, so the names stay.
ARTIFACTS = "artifacts"
LATEST = f"{ARTIFACTS}/parity_report.json"
VERDICT = f"{ARTIFACTS}/verdict.json"
DIVERGENCE = f"{ARTIFACTS}/divergence.json"
#: What GitLab reads of a run, and shows on a merge request.
JUNIT = f"{ARTIFACTS}/junit.xml"
CODE_QUALITY = f"{ARTIFACTS}/code_quality.json"
DOTENV = f"{ARTIFACTS}/firsttry.env"
#: What a packed golden cache's name begins with.
PACKED = f"{ARTIFACTS}/warm-cache-"
#: What lies ready for actions/upload-artifact: the box, its delta, and the line of a run.
PUBLISH = f"{ARTIFACTS}/publish"
PUBLISH_DELTA = f"{ARTIFACTS}/publish-delta"
PUBLISH_RUNS = f"{ARTIFACTS}/publish-runs"

#: The plan of a run on several machines, and what each of them left.
SHARDS = f"{ARTIFACTS}/shards"

#: FirstTry's own state. Git ignores it, so it never counts as a change of the tree.
STATE = ".firsttry"
#: A file that the run which works in a checkout holds locked; other runs wait for it.
LOCK = f"{STATE}/lock"
DOIT_DB = f"{STATE}/doit.db"
STORE = f"{STATE}/store"
#: The paths of files outside, by the names that records give them. It is never packed.
HIDDEN = f"{STATE}/outside.json"

#: How pytest is called where no file of the project says it: what the first run found to work.
CALL = f"{STATE}/pytest_call.json"

#: A work tree of the repository that holds what is staged, and a copy of the index.
STAGED = f"{STATE}/staged"
STAGED_INDEX = f"{STATE}/staged.index"

#: Where the repository's own commits, and faults in it, are played.
REPLAY, DRILL = f"{STATE}/replay", f"{STATE}/drill"

#: What git last said of the tree, and the inputs of each gate that follow from it.
INPUTS = f"{STATE}/inputs"
SEEN = f"{INPUTS}/seen"
#: Which tools the project was seen to use, and the stamps of the files that say it.
USES = f"{INPUTS}/uses.json"
#: Written when a look at the tree begins: what is written later is not what the gates judge.
BEGAN = f"{INPUTS}/began"
LOOKED = f"{INPUTS}/fingerprint.json"
#: The blobs of files by their stamps, so that a look need not read what did not change.
CONTENTS = f"{INPUTS}/contents"

#: What the tests of earlier runs recorded: all that lets a warm run leave tests out.
WARM = f"{STATE}/warm"
FINGERPRINT = f"{WARM}/fingerprint.txt"
DB = f"{WARM}/dependencies.db"
LEARNED = f"{WARM}/learned.json"
WATCHED = f"{WARM}/watched.json"
#: What tests took before, as a golden cache brought it.
GOLDEN_TIMES = f"{WARM}/times.json"
#: Digests in a restored db -> the digests that the same values have here.
ALIASES = f"{WARM}/aliases.json"
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

#: Where the workers of this machine have their trees while a run on a cluster goes on.
POOL = f"{STATE}/pool"

#: The compiled library that watches what ruff and mypy look at.
BOUNDARY = f"{STATE}/boundary"

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
#: What tests took in the last runs, a line for each run.
TIMES = f"{HISTORY}/times.jsonl"

#: What `doit clear_cache` removes. The history and a local store stay: they make no run warm by
#: themselves, and can't be made again.
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
    """Return the path of a stage's report."""
    return f"{ARTIFACTS}/{stage}_parity_report.json"


def result_file(stage: Stage, gate: str) -> str:
    """Return the path of a gate's result."""
    return f"{STATE}/reports/{stage}/{gate}.json"


def inputs_file(stage: Stage, gate: str) -> str:
    """Return the path of a gate's inputs, the one file that its doit task depends on."""
    return f"{INPUTS}/{stage}-{gate}.json"


def variables_file(stage: Stage) -> str:
    """Return the path of the values of the variables that steered a stage: for this user alone."""
    return f"{STATE}/reports/{stage}/variables.json"


def manifest_file(stage: Stage, gate: str) -> str:
    """Return the path of a gate's manifest (``path -> blob`` of all that it can read)."""
    return f"{INPUTS}/{stage}-{gate}.manifest"


def ran_file(stage: Stage, gate: str, end: str) -> str:
    """Return the path of a gate's last kept run: its inputs, its manifest, or what it has seen."""
    # A copy, because the next look at the tree overwrites the original, and the reasons of a run
    # tell what changed since.
    return f"{STATE}/ran/{stage}-{gate}.{end}"


def work_folder(stage: Stage, gate: str) -> str:
    """Return a gate's work folder; diff-cover reads the coverage that the tests left in theirs."""
    return f"{STATE}/{stage}/{'tests' if gate == 'diff-cover' else gate}"


def shards_folder(stage: Stage) -> str:
    """Return the folder with a stage's plan and the files of its shards."""
    return f"{SHARDS}/{stage}"


def shard_plan(stage: Stage) -> str:
    """Return the path of the plan of a stage's shards."""
    return f"{shards_folder(stage)}/plan.json"
