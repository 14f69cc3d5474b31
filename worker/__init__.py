"""What a Celery process is: the only room that imports Celery.

Lives here: the app, the typed task decorator, queues, beat's schedule, the runtime, lifecycle, health, logging, the way
to the broker (`celery`), the way in for events (`ingress`), and the values that settings stand for (`policies`).
May import: `settlement` and `config`.
Start at: `app.py`.
"""

from __future__ import annotations

import importlib.util
from pathlib import Path

_ROOT = Path(__file__).parents[1]


def _refuse_strangers() -> None:
    """Celery looks for modules in the working directory first, where a `config.py` or `tasks.py` of somebody else's may
    lie. Ends the process with a sentence that names the file, before it is taken for ours.
    """
    for name in ("config", "tasks", "settlement"):
        found = importlib.util.find_spec(name)
        if found is not None and found.origin is not None and Path(found.origin).parents[1] != _ROOT:
            raise SystemExit(
                f"{found.origin} stands in the way of the package `{name}` of this program: "
                "start it in another folder, or rename that file"
            )


_refuse_strangers()
