"""The tasks beside the graph: questions, upkeep and the golden cache.

The first line of each docstring is the help text that `doit list` prints, and the whole of it is
the page of `ft help`.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from firsttry_tasks.doit_tasks.engine import step
from firsttry_tasks.doit_tasks.task_dicts import LOOK, flag, loudness, top, value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from doit.task import Task

    from firsttry_tasks.doit_tasks.task_dicts import Creator


def task_lock() -> Iterator[Task]:
    """Write the parity lock from this environment.

    ft lock                    write ci/parity.lock.json
    ft lock --check            compare with it, and change nothing

    exit codes: 0 written, or equal; 1 something differs; 2 there is no lock; 3 wrong usage or
    configuration
    """
    from firsttry_tasks.steps.ask import upkeep

    check = flag("check", "compare, and end red where something differs")
    yield top("lock", task_lock, step(upkeep.write_lock, Path.cwd()), params=[check])


def task_staged() -> Iterator[Task]:
    """Run the warm stage on what is staged, whatever stands in the working tree.

    ft warm --staged           the same

    exit codes: as of ft warm
    """

    def act(**options: Any) -> None:
        from firsttry_tasks.steps.ask import staged

        staged.judge(Path.cwd(), **options)

    explain = flag("explain", "list each selected test with its why")
    yield top("staged", task_staged, step(act), params=[explain, *loudness()])


def task_flaky() -> Iterator[Task]:
    """List the tests known to answer both ways; forget, renew or own one of them.

    ft flaky                   the list, with owners and dates
    ft flaky --slack           send it to the webhook in SLACK_WEBHOOK_URL
    ft flaky forget ID         take a test off the list
    ft flaky renew ID          let it stay as long as one that was listed today
    ft flaky own ID OWNER      say who mends it
    ft flaky gather            fold in what CI's runs in the store saw
    ft flaky setup             let git merge the list by itself in this clone
    """

    def act(**options: Any) -> None:
        from firsttry_tasks.steps.ask import audit

        audit.audit(Path.cwd(), **options)

    slack = flag("slack", "send the list to the webhook in SLACK_WEBHOOK_URL")
    yield top("flaky", task_flaky, step(act), params=[slack], pos_arg="words")


def task_why() -> Iterator[Task]:
    """Say why a test would run now, or why not.

    ft why test_total                        every test of that name
    ft why tests/test_cart.py                every test of a file, or of a folder
    ft why test_cart.py::TestCart            a class
    ft why 'tests/test_cart.py::test_total[2-8]'   one set of parameters
    ft why test_total --all                  with everything that the tests use
    ft why test_total --count                how many would run
    ft why --was-red                         was what is red now red before my change?
    ft why --was-red test_total              was this test?

    exit codes: 0 answered, 2 nothing is learned yet, 3 no such test, or wrong usage
    """

    def act(**options: Any) -> None:
        from firsttry_tasks.steps.ask import questions

        questions.why(Path.cwd(), **options)

    # It looks at the tree first (LOOK), since the answer is about the tree as it is now.
    was_red = flag("was-red", "say whether it was red before the change, from the record")
    yield _question("why", task_why, step(act), was_red)


def task_impact() -> Iterator[Task]:
    """List the tests that an edit would select.

    ft impact shop/cart.py                   an edit of anything in the file, or in a folder
    ft impact shop/cart.py::total            of one function
    ft impact shop/cart.py::Cart.total       of a method; a class or a variable goes as well
    ft impact total                          of whatever has that name
    ft impact shop/cart.py --all             every test, in place of groups
    ft impact shop/cart.py --count           how many

    exit codes: 0 answered, 2 nothing is learned yet, 3 no such file or name, or wrong usage
    """

    def act(**options: Any) -> None:
        from firsttry_tasks.steps.ask import questions

        questions.reach(Path.cwd(), **options)

    yield _question("impact", task_impact, step(act))


def _question(name: str, creator: Creator, action: Any, *more: dict[str, Any]) -> Task:
    params = [
        {**flag("all", "name every test"), "name": "every"},
        flag("count", "print the number alone"),
        *more,
    ]
    return top(name, creator, action, task_dep=[LOOK], params=params, pos_arg="words")


def task_stats() -> Iterator[Task]:
    """Say what the parity runs so far tell: escapes, times, what was saved.

    ft stats                   of the runs here and of those in the store
    ft stats --since 30d       of the last 30 days; 8w, or a date such as 2026-01-31, go as well
    ft stats --json            for scripts, by week too
    """

    def act(**options: Any) -> None:
        from firsttry_tasks.steps.ask import audit

        audit.stats(Path.cwd(), **options)

    params = [value("since", "the first day that counts, or how long ago", "")]
    yield top("stats", task_stats, step(act), params=params)


def task_testmon() -> Iterator[Task]:
    """Write testmon's own db from what warm learned, for `pytest --testmon` by hand.

    ft testmon && pytest --testmon
    """

    def act() -> None:
        from firsttry_tasks.steps.ask.testmon_export import export

        export(Path.cwd())

    yield top("testmon", task_testmon, step(act))


def task_baseline() -> Iterator[Task]:
    """Take today's findings of ruff and mypy as known, so that only new ones are red.

    ft baseline                take today's findings
    ft baseline --prune        take none, only drop what is gone
    """

    def write(*, prune: bool) -> None:
        from firsttry_tasks.steps.ask import baseline

        baseline.write(Path.cwd(), prune=prune)

    prune = flag("prune", "take nothing new in, only drop what is gone")
    yield top("baseline", task_baseline, step(write), task_dep=[LOOK], params=[prune])


def task_settings() -> Iterator[Task]:
    """Print every setting in force, who asked for it, and what each gate starts.

    ft settings                as tables
    ft settings store          one setting alone, and what set it
    """

    def show(**options: Any) -> None:
        from firsttry_tasks.steps.ask import checked

        checked.show(Path.cwd(), **options)

    yield top("settings", task_settings, step(show), pos_arg="words")


def task_package() -> Iterator[Task]:
    """Pack what `doit full record=1` recorded into a golden cache.

    ft full record=1 && ft package
    """

    def package() -> None:
        from firsttry_tasks.steps.cache.package import package

        package(root)

    root = Path.cwd()
    # The report is no file_dep: as its target it would make `doit package` run the full stage.
    yield top("package", task_package, step(package), task_dep=[LOOK])


def task_publish() -> Iterator[Task]:
    """Pack, and put the golden cache into the store.

    ft full record=1 && ft publish
    """

    def publish() -> None:
        from firsttry_tasks.steps.cache.package import publish

        publish(Path.cwd())

    yield top("publish", task_publish, step(publish), task_dep=["package"])


def task_update_cache() -> Iterator[Task]:
    """Restore the nearest golden cache.

    ft update-cache            where the store has one that is nearer than what stands here
    ft update-cache --force    whatever stands here
    """

    def update(*, force: bool) -> None:
        from firsttry_tasks.steps.cache.update import update

        update(root, force=force)

    root = Path.cwd()
    force = flag("force", "replace warm state even where it is as near")
    yield top("update_cache", task_update_cache, step(update), task_dep=[LOOK], params=[force])


def task_store() -> Iterator[Task]:
    """List the golden caches in the store.

    ft store                   the list
    ft store --prune           delete first what is too old or too much
    """

    def store(*, prune: bool) -> None:
        from firsttry_tasks.steps.cache.storage import show

        show(root, prune_first=prune)

    root = Path.cwd()
    yield top("store", task_store, step(store), params=[flag("prune", "delete what is old")])


def task_doctor() -> Iterator[Task]:
    """Look for what makes warm runs slow or wrong, and say what mends it.

    ft doctor                  lock, records, store, and what makes selection coarse here

    exit codes: 0 all is well, 1 something has to be mended, 2 a step could not do its work, 3 wrong
    usage or configuration
    """

    def examine() -> None:
        from firsttry_tasks.steps.ask.doctor import examine

        examine(Path.cwd())

    yield top("doctor", task_doctor, step(examine), task_dep=[LOOK])


def task_clear_cache() -> Iterator[Task]:
    """Forget all warm state, and say what that was.

    ft clear-cache             the next warm run learns anew
    """
    from firsttry_tasks.steps.ask import upkeep

    yield top("clear_cache", task_clear_cache, step(upkeep.clear, Path.cwd()))


#: All of them, for `tasks.create_doit_tasks`. doit sorts them by name where it lists them.
CREATORS = (
    task_staged,
    task_why,
    task_impact,
    task_package,
    task_publish,
    task_update_cache,
    task_store,
    task_doctor,
    task_lock,
    task_baseline,
    task_flaky,
    task_stats,
    task_testmon,
    task_settings,
    task_clear_cache,
)
