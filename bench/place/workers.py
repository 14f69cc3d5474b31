"""Real Celery workers for a benchmark: started from the command line, asked whether they are ready, stopped."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import IO

from worker.processes import PROCESSES

READY_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 45.0
_ROOT = Path(__file__).resolve().parents[2]


@dataclass(frozen=True, slots=True)
class WorkerCommand:
    """One `celery worker`: its app, queue, pool and the size of the pool."""

    app: str
    queue: str
    pool: str
    size: int
    log_level: str = "INFO"

    def arguments(self, name: str) -> list[str]:
        """The command line that an operator types."""
        return [
            sys.executable, "-m", "celery", "-A", self.app, "worker", "-Q", self.queue, "-P", self.pool,
            "-c", str(self.size), "-n", f"{name}@%h", "-l", self.log_level, "--without-gossip", "--without-mingle",
        ]  # fmt: skip


def as_shipped(queue: str) -> WorkerCommand:
    """The worker of a queue with the pool that `settle up` and the compose file give it."""
    spec = next(spec for spec in PROCESSES if spec.queue == queue)
    options = dict(pairwise(spec.arguments))
    return WorkerCommand(options["-A"], queue, options["--pool"], int(options["-c"]))


@contextmanager
def workers(
    command: WorkerCommand, count: int, *, environment: Mapping[str, str], logs: Path, wait: bool = True
) -> Iterator[list[subprocess.Popen[bytes]]]:
    """`count` workers, stopped afterwards; ready, unless the caller does not `wait` for that.

    Raises:
        RuntimeError: one of them did not become ready; the message ends with its log.
    """
    logs.mkdir(parents=True, exist_ok=True)
    names = [f"{command.queue}-{os.getpid()}-{number}" for number in range(count)]
    with ExitStack() as stack:
        started = []
        for name in names:
            log = logs / f"{name}.log"
            output = stack.enter_context(log.open("wb"))
            process = _start(command.arguments(name), environment, output)
            stack.callback(_stop, process)
            started.append(process)
        for name, process in zip(names if wait else (), started if wait else (), strict=True):
            _wait_until_ready(process, logs / f"{name}.log")
        yield started


def _start(
    arguments: Sequence[str], environment: Mapping[str, str], output: IO[bytes]
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        arguments,
        cwd=_ROOT,
        env={**os.environ, **environment},
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
    )


def _wait_until_ready(process: subprocess.Popen[bytes], log: Path) -> None:
    """Celery writes `<name> ready.` on its log once it consumes; the file is read for it."""
    deadline = time.monotonic() + READY_TIMEOUT_S
    while b" ready" not in (text := log.read_bytes()):
        if process.poll() is not None or time.monotonic() > deadline:
            tail = text.decode(errors="replace")[-2000:]
            raise RuntimeError(f"the worker did not become ready; see {log}\n{tail}")
        time.sleep(0.05)


def _stop(process: subprocess.Popen[bytes]) -> None:
    if process.poll() is None:
        process.send_signal(signal.SIGTERM)
        try:
            process.wait(STOP_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
