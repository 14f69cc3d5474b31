"""Is a process alive: `python -m worker.health worker|beat|NAME [--max-age-s N]` exits 0 or 1 by the age of a file.

A worker's main loop, beat's every tick and the loop of `settle serve` touch a file in `<SETTLE_STATE_DIR>/health`,
`<name>@<host>.<pid>`: one for each process, however it was started. The name of a worker is what stands before the `@`
of its node name. Files of other hosts are theirs, and one whose process has ended says nothing. Neither broker nor
database is asked: restarting a worker would heal neither. Imports nothing of the project, so that a probe is cheap.
"""

from __future__ import annotations

import argparse
import contextlib
import os
import socket
import sys
import time
from pathlib import Path
from typing import NamedTuple

BEAT, SERVE = "beat", "serve"
# Any worker of this state folder and host: in a container there is one.
ANY_WORKER = "worker"
TOUCHED_EVERY_S = 5.0
MAX_AGE_S = 30.0

# When this process touched its files last, by the clock that is never set back.
_touched: dict[str, float] = {}


class Sign(NamedTuple):
    """A process that gave a sign of life, and how many seconds ago."""

    name: str
    pid: int
    age_s: float


def folder() -> Path:
    """Where the files are."""
    return Path(os.environ.get("SETTLE_STATE_DIR") or ".settle").expanduser().absolute() / "health"


def path_of(name: str, pid: int | None = None, *, inside: Path | None = None) -> Path:
    """The file of a process of this host: this one, or the one with that id."""
    return (inside or folder()) / f"{name}@{socket.gethostname()}.{pid or os.getpid()}"


def touch(name: str) -> None:
    """Says that this process is alive. A full or read-only disk must not stop it, the probe will tell."""
    path = path_of(name)
    with contextlib.suppress(OSError):
        try:
            os.utime(path)
        except FileNotFoundError:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(_started(os.getpid()))
    _touched[name] = time.monotonic()


def is_fresh(name: str, max_age_s: float = MAX_AGE_S) -> bool:
    """Did this process touch its file of late."""
    touched = _touched.get(name)
    return touched is not None and time.monotonic() - touched < max_age_s


def remove(name: str) -> None:
    """Says that the process has stopped on purpose."""
    _touched.pop(name, None)
    with contextlib.suppress(OSError):
        path_of(name).unlink(missing_ok=True)


def signs(name: str, *, inside: Path | None = None) -> list[Sign]:
    """Of each process of this host that the name means when it was last alive; files of ended ones are removed."""
    now, found = time.time(), []
    with contextlib.suppress(OSError):
        for path in sorted((inside or folder()).iterdir()):
            own, _, place = path.name.partition("@")
            host, _, pid = place.rpartition(".")
            if host != socket.gethostname() or not pid.isdigit() or not _means(name, own):
                continue
            with contextlib.suppress(OSError):
                if _is_same(int(pid), path.read_text()):
                    found.append(Sign(own, int(pid), now - path.stat().st_mtime))
                else:
                    path.unlink(missing_ok=True)
    return found


def _means(name: str, own: str) -> bool:
    return name == own or (name == ANY_WORKER and own not in (BEAT, SERVE))


def _is_same(pid: int, started: str) -> bool:
    """Is the process that wrote the file still there, and no other with its id."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        # It is somebody else's, so it is there.
        pass
    return started == _started(pid)


def _started(pid: int) -> str:
    """When a process started, as Linux counts it; nothing elsewhere."""
    with contextlib.suppress(OSError, IndexError):
        # After the name in brackets, which may hold anything.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[19]
    return ""


def main(arguments: list[str] | None = None) -> int:
    """The probe. Prints one line and returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m worker.health", description="Is a process alive.")
    parser.add_argument(
        "name", help="beat, serve, worker (all workers of this state folder and host), or the name of one"
    )
    parser.add_argument("--max-age-s", type=float, default=MAX_AGE_S, help="seconds (default: %(default)s)")
    given = parser.parse_args(arguments)
    found = signs(given.name)
    stale = [sign for sign in found if sign.age_s > given.max_age_s]
    if not found:
        sys.stdout.write(f"{given.name}: no sign of life in {folder()}\n")
    for sign in stale or found:
        sys.stdout.write(f"{sign.name}, process {sign.pid}: last alive {sign.age_s:.0f} s ago\n")
    return 1 if stale or not found else 0


if __name__ == "__main__":
    sys.exit(main())
