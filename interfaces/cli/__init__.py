"""The command line `settle`: parse, call one operation or read, print.

Lives here: one file per subject, what they share about output, progress and failures, and `main`.
May import: `worker`, `settlement`, `config`; commands import Celery only where they send to it.
Start at: `main.py`; exit codes are in `failures.py`.
"""

from __future__ import annotations

from interfaces.cli.main import main

__all__ = ["main"]
