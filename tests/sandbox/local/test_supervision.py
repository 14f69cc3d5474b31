"""What dies is started again; what was stopped is not; what cannot stay alive is reported."""

from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.settings import Settings
from sandbox.local import supervision
from sandbox.local.processes import start_processes, stop_processes
from sandbox.local.stack import LocalUrls
from sandbox.local.supervision import MOST_RESTARTS, Supervisor
from worker import processes as table_of
from worker.processes import ProcessSpec, process_status
from worker.servers import LocalServerError

# By its own name: libraries install a package of tests at the top level, before which ours cannot be found.
TINY = ("-A", "tiny_app")
TINY_FOLDER = Path(__file__).parents[2] / "support" / "running"
URLS = LocalUrls("postgresql://nowhere/none", "postgresql://nowhere/none", "redis://127.0.0.1:1/0")


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, no_settings: None) -> Iterator[Settings]:
    table = (
        ProcessSpec("pool", "tiny", (*TINY, "worker", "-Q", "tiny", "--pool", "solo")),
        ProcessSpec("beat", None, (*TINY, "beat", "-s", "{state}/beat-schedule", "--pidfile=")),
    )
    monkeypatch.setattr(table_of, "PROCESSES", table)
    monkeypatch.setenv("PYTHONPATH", str(TINY_FOLDER))
    monkeypatch.setattr(supervision, "ensure_servers", lambda _: URLS)
    made = Settings(state_dir=tmp_path / "state")
    start_processes(made, URLS)
    yield made
    stop_processes(made)


def kill(settings: Settings, name: str) -> None:
    pid = next(status.pid for status in process_status(settings.state_dir) if status.name == name)
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    until = time.monotonic() + 10
    while any(status.pid == pid for status in process_status(settings.state_dir)):
        assert time.monotonic() < until
        time.sleep(0.01)


def states(settings: Settings) -> set[str]:
    return {status.state for status in process_status(settings.state_dir)}


def test_what_dies_is_started_again_and_what_lives_is_left_alone(settings: Settings) -> None:
    supervisor = Supervisor(settings, URLS)
    assert supervisor.check() == ()
    kill(settings, "pool")
    assert supervisor.check() == ("pool",)
    assert states(settings) == {"running"}
    assert supervisor.check() == ()


def test_what_somebody_has_stopped_stays_so(settings: Settings) -> None:
    supervisor = Supervisor(settings, URLS)
    stop_processes(settings)
    assert supervisor.check() is None
    assert states(settings) == {"stopped"}


def test_what_dies_again_and_again_ends_it(settings: Settings) -> None:
    now = 0.0
    supervisor = Supervisor(settings, URLS, clock=lambda: now)
    for number in range(1, MOST_RESTARTS):
        now = number * 20.0
        kill(settings, "pool")
        assert supervisor.check() == ("pool",)
    now += 20.0
    # Five times, and in more than a minute.
    kill(settings, "pool")
    assert supervisor.check() == ("pool",)
    now += 1.0
    kill(settings, "pool")
    assert supervisor.check() == ("pool",)
    now += 1.0
    kill(settings, "pool")
    with pytest.raises(LocalServerError, match="pool has ended by itself"):
        supervisor.check()


def test_servers_are_looked_after_even_when_no_process_has_died(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 0.0
    looks: list[float] = []

    def look_after(_: Settings) -> LocalUrls:
        looks.append(now)
        return URLS

    monkeypatch.setattr(supervision, "ensure_servers", look_after)
    supervisor = Supervisor(settings, URLS, clock=lambda: now)
    for second in range(12):
        now = float(second)
        supervisor.check()
    assert looks == [5.0, 10.0]
