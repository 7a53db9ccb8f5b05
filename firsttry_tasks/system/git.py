"""Run git: find the repository, list its files, and walk the commits behind HEAD."""

from __future__ import annotations

import os
import re
from pathlib import Path

from msgspec import Struct, structs

from firsttry_tasks.model.errors import FirstTryError
from firsttry_tasks.system import disk, machine, process


def top(folder: Path) -> Path:
    """Return the root of the working tree that holds ``folder``."""
    for place in (folder, *folder.parents):
        # exists, not is_dir: in a worktree and in a submodule .git is a file. And asking git for
        # the top would cost a process in every run.
        if (place / ".git").exists():
            return place
    raise FirstTryError(
        f"{folder} is not inside a git repository. FirstTry asks git what changed: "
        "run 'git init', add your files and commit them."
    )


def environment() -> dict[str, str]:
    """Return this environment without the variables that name another repository or index."""
    # A pre-commit hook has GIT_DIR and GIT_INDEX_FILE set, and git would answer of that index.
    own = {name: it for name, it in os.environ.items() if name not in machine.OF_REPOSITORY}
    # Its messages are quoted in English sentences, so they are to be English, too. And looking
    # takes no lock: git would rewrite the index under a person's own git, or a hook's.
    return own | {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


def ask(root: Path, *argv: str, stdin: bytes = b"") -> bytes:
    """Return what one git command prints; raises FirstTryError with git's own words."""
    [(code, out, err)] = process.outputs(
        [["git", *argv]], cwd=str(root), env=environment(), stdin=stdin
    )
    if code:
        raise FirstTryError(failure(argv[0], err))
    return out


def main_branch(root: Path, name: str) -> str:
    """Return the name by which this clone knows the main branch: the remote's where it has one."""
    # A CI checkout has only the remote's branch, and a local one may be long out of date.
    for known in (f"origin/{name}", name):
        argv = ["git", "rev-parse", "--verify", "--quiet", f"{known}^{{commit}}"]
        [(code, _, _)] = process.outputs([argv], cwd=str(root), env=environment())
        if code == 0:
            return known
    raise FirstTryError(
        f"There is no branch {name} here; fetch it{_whole(root, name)}, or set main in"
        " pyproject.toml, [tool.firsttry]."
    )


def require_common_commit(root: Path, base: str) -> None:
    """Raise FirstTryError, with what mends it, where HEAD and ``base`` have no commit in common."""
    argv = ["git", "merge-base", "HEAD", base]
    [(code, _, _)] = process.outputs([argv], cwd=str(root), env=environment())
    if code:
        raise FirstTryError(
            f"HEAD and {base} have no commit in common here, so nothing tells which lines are new;"
            f" fetch the whole history{_whole(root, base.removeprefix('origin/'))}."
        )


def _whole(root: Path, main: str) -> str:
    """Return how to fetch what a shallow clone lacks, in parentheses; "" for a whole clone."""
    [(_, out, _)] = process.outputs(
        [["git", "rev-parse", "--is-shallow-repository"]], cwd=str(root), env=environment()
    )
    if out.strip() != b"true":
        return ""
    return (
        " (this clone is shallow: 'git fetch --unshallow origin"
        f" +refs/heads/{main}:refs/remotes/origin/{main}', or fetch-depth: 0 for actions/checkout)"
    )


def failure(verb: str, err: str) -> str:
    """Return the sentence for a git command that failed, with all that git printed."""
    # git says what is wrong first, and what mends it below.
    words = " ".join(err.split())
    # It dies without a word over an index that was cut.
    words = words or "it said nothing. To make a damaged index anew: rm .git/index && git reset"
    return f"git {verb} failed: {words.removeprefix('fatal: ')}"


def fields(raw: bytes) -> list[str]:
    """Return the fields of a listing that git ended with NUL each (``-z``)."""
    # File names are bytes: surrogateescape keeps those that are no UTF-8, so that they lead back
    # to the file.
    return raw.decode("utf-8", "surrogateescape").split("\0")[:-1]


class Line(Struct, frozen=True, kw_only=True):
    """The commits of main behind HEAD, nearest first; golden caches are searched along them.

    ``base`` is the first, where HEAD left main; ``ahead`` counts HEAD's commits since then;
    ``shallow`` tells that the clone has only the newest part of the history.
    """

    commits: tuple[str, ...]
    base: str
    ahead: int = 0
    shallow: bool = False


#: Commits that are walked back at most. A judgement: a cache of 500 commits ago has little in
#: common with this tree, and git lists so many in some milliseconds.
FAR = 500


def line(root: Path, main: str) -> Line:
    """Return main's first parents from where HEAD left it; HEAD's own where there is no main."""
    asked = [["git", "merge-base", "HEAD", name] for name in (f"origin/{main}", main)]
    shallow = ["git", "rev-parse", "--is-shallow-repository"]
    # Side by side, and not by ask(): that one of the two branches does not exist is no error.
    *bases, cut = process.outputs([*asked, shallow], cwd=str(root), env=environment())
    found = [out.decode("ascii").strip() for code, out, _ in bases if not code]
    base = _latest(root, found) if found else "HEAD"
    # Golden caches are published for commits of main; the commits of merged branches have none.
    walk = ask(root, "rev-list", "--first-parent", f"--max-count={FAR}", base)
    ahead = ask(root, "rev-list", "--count", f"{base}..HEAD")
    commits = tuple(walk.decode("ascii").split())
    return Line(
        commits=commits,
        base=commits[0],
        ahead=int(ahead),
        shallow=cut[1].strip() == b"true",
    )


def _latest(root: Path, bases: list[str]) -> str:
    """Return the later of two commits of main: the clone's own main or origin's may be behind."""
    if len(set(bases)) == 1:
        return bases[0]
    behind = ask(root, "rev-list", "--count", f"{bases[0]}..{bases[1]}")
    return bases[1] if int(behind) else bases[0]


def differing(root: Path, commit: str) -> tuple[str, ...] | None:
    """Return the files that differ between a commit and the working tree; None if unknown."""
    # --no-renames: a moved file differs at both of its places.
    argv = ["git", "diff", "--name-only", "--no-renames", "-z", commit, "--"]
    [(code, out, _)] = process.outputs([argv], cwd=str(root), env=environment())
    # A commit that a shallow clone does not have is an answer, not a failure: the caller falls
    # back to other caches.
    return None if code else tuple(fields(out))


def files(root: Path, commit: str) -> dict[str, str]:
    """Return ``path -> "<mode> <blob>"`` for every file of a commit."""
    lines = fields(ask(root, "ls-tree", "-r", "-z", "--full-tree", commit))
    metas = (line.partition("\t") for line in lines)
    return {path: " ".join(meta.split(" ")[::2]) for meta, _, path in metas}


def branch(root: Path) -> str:
    """Return the full name of the branch that HEAD is on; HEAD where it is on none."""
    return ask(root, "rev-parse", "--symbolic-full-name", "HEAD").decode("utf-8").strip()


#: What git is asked. -v tells the files apart that git was told to take as unchanged.
LISTING = ("ls-files", "-s", "-v", "-z")
#: --no-renames: a rename is two changed paths here. --untracked-files=all: git names a new folder
#: alone otherwise. --ignore-submodules=all: each is looked at by itself.
STATUS = (
    "status",
    "--porcelain=v2",
    "-z",
    "--branch",
    "--no-renames",
    "--untracked-files=all",
    "--ignore-submodules=all",
)
#: What git says of a folder that it can't list. It goes on, and ends with 0.
_CLOSED = re.compile(r"^warning: could not open directory '(.*)/': ", re.MULTILINE)


#: What git is asked besides: which files have not the stamps that the index has of them. By all
#: stamps and by the disk, however the project's configuration eases that.
_STRICTLY = ("core.trustctime=true", "core.checkStat=default", "core.fileMode=true")
STAMPS = (
    *(word for setting in (*_STRICTLY, "core.fsmonitor=false") for word in ("-c", setting)),
    *("diff-files", "--name-only", "--no-renames", "--ignore-submodules=all", "-z"),
)


class Listing(Struct, frozen=True, kw_only=True):
    """What git says of a tree.

    ``head`` is its commit, ``(initial)`` where there is none; ``index`` is the index as git prints
    it; ``changed`` are the paths of the index of which the disk has something else, through git's
    filters; ``untracked`` are those that are in no index and not ignored, with a closing slash
    where another repository lies; ``closed`` are folders that could not be listed. ``moved`` are
    the paths of the index that have other stamps than the index says: the others are what they were
    when the index had the same ``digest``, which is "" where that can't be said.
    """

    head: str
    index: bytes
    changed: frozenset[str]
    untracked: tuple[str, ...]
    closed: tuple[str, ...] = ()
    moved: frozenset[str] = frozenset()
    digest: str = ""


def listing(top: str) -> Listing:
    """Return what git says of the tree at ``top``; FirstTryError where it refuses."""
    env = _enclosed(top)
    before = _digest(top)
    # Side by side: they take 15 ms on 10,000 files, and every run begins with them.
    argvs = [["git", *words] for words in (LISTING, STATUS, STAMPS)]
    (code, index, err), status, stamps = process.outputs(argvs, cwd=top, env=env)
    if code:
        raise FirstTryError(failure("ls-files", err))
    if status[0] or stamps[0]:
        return _uncompared(top, index)
    found = _compared(index, *status[1:])
    # `status` may have written the index meanwhile; then nobody knows which one the others read.
    same = before if before == _digest(top) else ""
    moved = frozenset(fields(stamps[1])) | found.changed
    return structs.replace(found, moved=moved, digest=same)


def _enclosed(top: str) -> dict[str, str]:
    """Return git's environment, in which it knows no repository above ``top``."""
    # Where .git is damaged git would go on to the repository around, and list that one.
    above = os.path.dirname(os.path.realpath(top))  # noqa: PTH120
    return environment() | {"GIT_CEILING_DIRECTORIES": above}


def _digest(top: str) -> str:
    """Return a digest of the index with all stamps in it, "" where it can't be found."""
    place = Path(top, ".git")
    try:
        if place.is_file():  # in a worktree and in a submodule
            place = Path(top, place.read_text("utf-8").removeprefix("gitdir:").strip())
        return disk.digest((place / "index").read_bytes())
    except (OSError, UnicodeDecodeError):
        return ""


def _uncompared(top: str, index: bytes) -> Listing:
    """Return the listing where git can't compare, as without the filter that a file asks for.

    All that differs from the index by its raw bytes counts as changed.
    """
    others = ["git", "ls-files", "--others", "--exclude-standard", "-z"]
    head = ["git", "rev-parse", "--verify", "--quiet", "HEAD"]
    (code, out, err), (none, said, _) = process.outputs([others, head], cwd=top, env=_enclosed(top))
    if code:
        raise FirstTryError(failure("ls-files", err))
    return Listing(
        head="(initial)" if none else said.decode("ascii").strip(),
        index=index,
        changed=frozenset(line.partition("\t")[2] for line in fields(index)),
        untracked=tuple(fields(out)),
        closed=tuple(_CLOSED.findall(err)),
    )


def _compared(index: bytes, status: bytes, said: str) -> Listing:
    """Read what ``status --porcelain=v2`` printed, and what it ``said`` beside."""
    head, changed, untracked = "", [], []
    for line in fields(status):
        if line.startswith("# branch.oid "):
            head = line.split(" ", 2)[2]
        elif line.startswith("? "):
            untracked.append(line[2:])
        elif line.startswith("1 "):
            _, state, _, _, _, _, _, _, path = line.split(" ", 8)
            # The second letter is the tree against the index. What is only staged has its hash in
            # the index already.
            if state[1] != ".":
                changed.append(path)
        # An unmerged path, which stands in the index up to three times.
        elif line.startswith("u "):
            changed.append(line.split(" ", 10)[10])
    return Listing(
        head=head,
        index=index,
        changed=frozenset(changed),
        untracked=tuple(untracked),
        closed=tuple(_CLOSED.findall(said)),
    )
