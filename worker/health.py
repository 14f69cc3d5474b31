"""Is a process alive: `python -m worker.health worker|beat|NAME [--max-age-s N]` exits 0 or 1 by the age of a file.

A worker's main loop and beat's every tick touch `<SETTLE_STATE_DIR>/health/<name>`; the name of a worker is what
stands before the `@` of its node name. Neither broker nor database is asked: restarting a worker would heal neither.
Imports nothing of the project, so that a probe is cheap.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import sys
import time
from pathlib import Path

BEAT = "beat"
# Any worker of this state folder: in a container there is one.
ANY_WORKER = "worker"
TOUCHED_EVERY_S = 5.0
MAX_AGE_S = 30.0


def folder() -> Path:
    """Where the files are."""
    return Path(os.environ.get("SETTLE_STATE_DIR") or ".settle").expanduser().absolute() / "health"


def touch(name: str) -> None:
    """Says that the process of this name is alive. A full or read-only disk must not stop it, the probe will tell."""
    path = folder() / name
    with contextlib.suppress(OSError):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.touch()


def remove(name: str) -> None:
    """Says that the process has stopped on purpose."""
    with contextlib.suppress(OSError):
        (folder() / name).unlink(missing_ok=True)


def ages(name: str) -> dict[str, float]:
    """Seconds since each process that the name means was last alive; empty when there is none."""
    now, found = time.time(), {}
    with contextlib.suppress(OSError):
        for path in folder().iterdir():
            if path.name == name or (name == ANY_WORKER and path.name != BEAT):
                found[path.name] = now - path.stat().st_mtime
    return found


def main(arguments: list[str] | None = None) -> int:
    """The probe. Prints one line and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m worker.health", description="Is a process alive.")
    parser.add_argument("name", help="beat, worker (all workers of this state folder), or the name of one")
    parser.add_argument("--max-age-s", type=float, default=MAX_AGE_S, help="seconds (default: %(default)s)")
    given = parser.parse_args(arguments)
    found = ages(given.name)
    stale = {name: age for name, age in found.items() if age > given.max_age_s}
    if not found:
        sys.stdout.write(f"{given.name}: no sign of life in {folder()}\n")
    for name, age in (stale or found).items():
        sys.stdout.write(f"{name}: last alive {age:.0f} s ago\n")
    return 1 if stale or not found else 0


if __name__ == "__main__":
    sys.exit(main())
