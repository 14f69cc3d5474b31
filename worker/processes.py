"""The processes of a running system: a worker pool per queue, and one beat; and how those are that `settle up` started.

`PROCESSES` is the table of command lines; the compose file runs the same ones.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from config.settings import Settings
from settlement.queries.operating.processes import Cluster
from worker.pid_file import Child, load
from worker.queues import ALL

APP = "worker.app"
# One may be late, and one may fail.
HEARTBEATS_MISSED = 3

# Who starts again what dies of what `settle up --detach` left behind.
SUPERVISOR = "supervisor"
# What is said where it has ended, and what to do.
UNSUPERVISED = (
    "what dies here is not started again",
    "once the cause is gone, `settle up --detach` starts what is missing and supervises it all",
)

State = Literal["running", "died", "stopped"]


@dataclass(frozen=True, slots=True)
class ProcessSpec:
    """One process: its name, the queue it serves (none for beat) and what follows `celery` on its command line."""

    name: str
    queue: str | None
    arguments: tuple[str, ...]

    def command_line(self, state_dir: Path | str) -> tuple[str, ...]:
        """The arguments of `celery` with the folder for state filled in."""
        return tuple(argument.format(state=state_dir) for argument in self.arguments)


@dataclass(frozen=True, slots=True)
class ProcessStatus:
    """How a process is. `died` means that it was started and ended without being asked to."""

    name: str
    state: State
    pid: int | None
    log: Path


def _worker(queue: str, pool: str, size: int) -> ProcessSpec:
    # Gossip and mingle are chatter between workers that nothing here reads.
    arguments = (
        "-A", APP, "worker", "-Q", queue, "--pool", pool, "-c", str(size), "-n", f"{queue}@%h",
        "--without-gossip", "--without-mingle",
    )  # fmt: skip
    return ProcessSpec(queue, queue, arguments)


PROCESSES: tuple[ProcessSpec, ...] = (
    # Threads for work that waits on the database or a gateway; processes for the month close, which is computing.
    _worker("events", "threads", 32),
    _worker("month-close", "prefork", 2),
    _worker("collection", "threads", 2),
    _worker("upkeep", "threads", 2),
    # Two beats do nothing twice, so a pid file would only keep beat from starting after a crash.
    ProcessSpec("beat", None, ("-A", APP, "beat", "-s", "{state}/beat-schedule", "--pidfile=")),
)


def silent_after_s(settings: Settings) -> float:
    """Seconds after which a process that wrote nothing down counts as silent."""
    return HEARTBEATS_MISSED * settings.limits.heartbeat_every_s


def unserved(cluster: Cluster) -> list[str]:
    """What nobody is at work on: queues by name, and beat."""
    queues = [queue for queue in ALL if not cluster.serving(queue)]
    return queues if cluster.of_kind("beat") else [*queues, "beat"]


def process_status(state_dir: Path) -> tuple[ProcessStatus, ...]:
    """The state of every process of the table, in its order, as `settle up` started them in this folder."""
    return tuple(status_of(state_dir, spec.name) for spec in PROCESSES)


def status_of(state_dir: Path, name: str) -> ProcessStatus:
    """The state of one of them."""
    known = load(pid_file(state_dir, name))
    state: State = "stopped" if known is None else "running" if known.is_alive() else "died"
    return ProcessStatus(
        name, state, known.pid if known and state == "running" else None, log_file(state_dir, name)
    )


def live_process(state_dir: Path, name: str) -> Child | None:
    """The process of this name, if it is alive."""
    child = load(pid_file(state_dir, name))
    return child if child is not None and child.is_alive() else None


def pid_file(state_dir: Path, name: str) -> Path:
    """Where a process is written down."""
    return state_dir / "run" / f"{name}.json"


def reason_file(state_dir: Path, name: str) -> Path:
    """Where a process writes down why it gives up."""
    return state_dir / "run" / f"{name}.reason"


def unsupervised(state_dir: Path) -> str | None:
    """Why nobody starts again what dies of what `settle up --detach` left in this folder, and was to.

    None where somebody does, and where nobody was to.
    """
    supervisor = status_of(state_dir, SUPERVISOR)
    if supervisor.state != "died":
        return None
    try:
        return reason_file(state_dir, SUPERVISOR).read_text()
    except OSError:
        return f"the supervisor was killed; see {supervisor.log}"


def log_file(state_dir: Path, name: str) -> Path:
    """Where a process logs."""
    return state_dir / "logs" / f"{name}.log"
