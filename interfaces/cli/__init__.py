"""The command line `settle`: parse, call one operation or read, print.

Lives here: the registry of commands, `commands` by what they are about, `render`, sessions, failures, and `main`.
May import: `worker`, `config`, `settlement` but its storage, `interfaces.fields` and `.objects`, typer, rich; not
Celery, which `worker` imports where a command sends to it; not `interfaces.http`, but to start the server.
Start at: `main.py`; exit codes are in `failures.py`.
"""

from __future__ import annotations

from interfaces.cli.main import main

__all__ = ["main"]
