"""FirstTry's tasks, used on FirstTry itself."""

from firsttry_tasks import tasks

DOIT_CONFIG = tasks.DOIT_CONFIG
