"""Starts and stops the processes of `worker.processes` on this machine."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterable, Mapping
from pathlib import Path

from config.settings import Settings
from sandbox.local.lock import exclusive
from sandbox.local.spawn import spawn
from sandbox.local.stack import LocalUrls
from worker import health, processes
from worker.pid_file import POLL_S, Child, load
from worker.processes import (
    SUPERVISOR,
    ProcessSpec,
    ProcessStatus,
    live_process,
    log_file,
    pid_file,
    reason_file,
    status_of,
)
from worker.servers import LocalServerError

LOG_KEPT_BYTES = 20_000_000
# A process that cannot start, for want of a setting or a module, usually ends within this time.
SETTLE_IN_S = 1.5
TAIL_LINES = 15


def start_processes(
    settings: Settings, urls: LocalUrls, *, names: Iterable[str] = ()
) -> tuple[ProcessStatus, ...]:
    """Starts those that do not run yet: the named ones, or all. Returns the state of each of them.

    Raises:
        LocalServerError: a process ended at once; the message ends with the last lines of its log. The others
            were started and go on.
    """
    wanted = _wanted(names)
    run, logs = settings.state_dir / "run", settings.state_dir / "logs"
    for folder in (run, logs):
        folder.mkdir(parents=True, exist_ok=True)
    with exclusive(run / "lock"):
        started = [
            (spec, launch(settings, urls, spec))
            for spec in wanted
            if live_process(settings.state_dir, spec.name) is None
        ]
        deadline = time.monotonic() + SETTLE_IN_S
        for spec, child in started:
            if child.wait(max(0.0, deadline - time.monotonic())):
                raise _ended(settings.state_dir, spec.name)
    return tuple(status_of(settings.state_dir, spec.name) for spec in wanted)


def launch(settings: Settings, urls: LocalUrls, spec: ProcessSpec) -> Child:
    """Starts one of them and writes its pid file; the caller holds the lock of the folder."""
    environment = {**inherited(settings), **urls.as_environment()}
    log = log_file(settings.state_dir, spec.name)
    _turn_over(log)
    argv = (sys.executable, "-m", "celery", *spec.command_line(settings.state_dir))
    child = spawn(argv, environment=environment, log=log)
    child.save(pid_file(settings.state_dir, spec.name))
    return child


def wait_until_alive(settings: Settings, *, names: Iterable[str] = (), timeout_s: float = 60.0) -> None:
    """Waits for the first sign of life of the named processes, or all, since they were started.

    Raises:
        LocalServerError: one of them ended, with the last lines of its log, or the time is over.
    """
    deadline = time.monotonic() + timeout_s
    for spec in _wanted(names):
        while True:
            child = live_process(settings.state_dir, spec.name)
            if child is None:
                raise _ended(settings.state_dir, spec.name)
            if health.path_of(spec.name, child.pid, inside=settings.state_dir / "health").exists():
                break
            if time.monotonic() >= deadline:
                log = log_file(settings.state_dir, spec.name)
                raise LocalServerError(f"{spec.name} gave no sign of life within {timeout_s:g} s; see {log}")
            time.sleep(POLL_S)


def stop_processes(settings: Settings, *, names: Iterable[str] = ()) -> tuple[str, ...]:
    """Stops the named processes, or all, letting each finish what it is doing.

    Who would start them again goes first, then beat, then all pools at once. What has not ended after
    `limits.stop_grace_s` is killed.

    Returns:
        The names of those that had to be killed.
    """
    run = settings.state_dir / "run"
    if not run.is_dir():
        return ()
    supervisor = None if names else live_process(settings.state_dir, SUPERVISOR)
    if supervisor is not None:
        # Before the lock, which it may be waiting for.
        supervisor.stop(settings.limits.stop_grace_s)
    with exclusive(run / "lock"):
        running = {
            spec.name: child
            for spec in sorted(_wanted(names), key=lambda spec: spec.queue is not None)
            if (child := live_process(settings.state_dir, spec.name)) is not None
        }
        if not names:
            running |= _guests(run)
        for child in running.values():
            child.signal(signal.SIGTERM)
        deadline = time.monotonic() + settings.limits.stop_grace_s
        late = [
            name for name, child in running.items() if not child.wait(max(0.0, deadline - time.monotonic()))
        ]
        for name in late:
            running[name].signal(signal.SIGKILL, group=True)
            running[name].wait(1.0)
        # Nothing is left that looks as if it had died, whoever it was.
        known = (path.stem for path in run.glob("*.json") if not names)
        for name in {*running, *known, *(spec.name for spec in _wanted(names))}:
            pid_file(settings.state_dir, name).unlink(missing_ok=True)
        if not names:
            reason_file(settings.state_dir, SUPERVISOR).unlink(missing_ok=True)
    return tuple(late)


def _guests(run: Path) -> dict[str, Child]:
    """What else was started in this folder and left its pid file: a demonstration's stand-in for gateways."""
    ours = {spec.name for spec in processes.PROCESSES}
    found = {path.stem: load(path) for path in run.glob("*.json") if path.stem not in ours}
    return {name: child for name, child in found.items() if child is not None and child.is_alive()}


def _wanted(names: Iterable[str]) -> tuple[ProcessSpec, ...]:
    chosen = set(names)
    unknown = chosen - {spec.name for spec in processes.PROCESSES}
    if unknown:
        raise LocalServerError(f"no such process: {', '.join(sorted(unknown))}")
    return tuple(spec for spec in processes.PROCESSES if not chosen or spec.name in chosen)


def _ended(state_dir: Path, name: str) -> LocalServerError:
    log = log_file(state_dir, name)
    tail = "\n".join(log.read_text(errors="replace").splitlines()[-TAIL_LINES:]) if log.exists() else ""
    return LocalServerError(f"{name} has ended; see {log}\n{tail}")


def _turn_over(log: Path) -> None:
    """Keeps one old log beside the new one, so that a long-lived folder stays small."""
    if log.exists() and log.stat().st_size > LOG_KEPT_BYTES:
        log.replace(log.with_suffix(".log.1"))


def inherited(settings: Settings) -> Mapping[str, str]:
    """The environment of this process, for those that it starts in the same folder."""
    return {**os.environ, "PYTHONUNBUFFERED": "1", "SETTLE_STATE_DIR": str(settings.state_dir)}
