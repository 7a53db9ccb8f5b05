"""FirstTry: run what a change can break, and prove that it gave the same answer as the whole.

Public API, which changes only with a new version and a note in the changelog:

- ``firsttry_tasks.__version__``;
- ``firsttry_tasks.tasks``: what a ``dodo.py`` imports (see its ``__all__``);
- ``firsttry_tasks.cli.main``: the command ``ft``, its commands, options and exit codes;
- ``firsttry_tasks.recorder.plugin``: the pytest plugin, by its name in ``-p``;
- the file formats whose JSON Schemas are in ``firsttry_tasks.schema``.

Everything else may change in any version.
"""

__all__ = ["__version__"]

__version__ = "0.2.0"
