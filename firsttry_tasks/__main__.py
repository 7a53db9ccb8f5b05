"""``python -m firsttry_tasks``: the same as ``ft``, by the Python that is asked."""

import sys

from firsttry_tasks.cli import main

sys.exit(main())
