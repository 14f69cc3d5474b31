"""What dies is started again; what was stopped is not; what cannot stay alive is reported."""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from config.settings import Settings
from sandbox.local import console, supervision
from sandbox.local.console import console_url, start_console
from sandbox.local.processes import start_processes, stop_processes
from sandbox.local.spawn import spawn
from sandbox.local.stack import LocalUrls
from sandbox.local.supervision import MOST_RESTARTS, Supervisor
from tests.support.running.loopback import free_port
from worker import processes as table_of
from worker.pid_file import Child
from worker.processes import (
    SUPERVISOR,
    ProcessSpec,
    live_process,
    pid_file,
    process_status,
    unsupervised,
)
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


def test_the_console_is_started_again_where_it_listened_and_only_where_it_was_started(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    port = free_port()
    started: list[list[str]] = []

    def stand_in(argv: list[str], **rest: Any) -> Child:
        started.append(argv)
        says = f"print('settle serve listens on http://127.0.0.1:{port}', flush=True); input()"
        return spawn(("/bin/sh", "-c", f'"$0" -c "{says}"; sleep 60', sys.executable), **rest)

    monkeypatch.setattr(console, "spawn", stand_in)
    supervisor = Supervisor(settings, URLS)
    assert supervisor.check() == ()
    assert start_console(settings, URLS)
    assert console_url(settings) == f"http://127.0.0.1:{port}"
    before = live_process(settings.state_dir, console.NAME)
    assert before is not None
    before.signal(signal.SIGKILL, group=True)
    assert before.wait(10)
    assert supervisor.check() == (console.NAME,)
    assert live_process(settings.state_dir, console.NAME) not in (None, before)
    assert list(started[1][-2:]) == ["--port", str(port)]
    assert supervisor.check() == ()


def test_a_console_that_ended_before_it_listened_is_not_tried_for_ever(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console, "spawn", lambda _argv, **rest: spawn(("/bin/false",), **rest))
    assert start_console(settings, URLS)
    assert console_url(settings) is None
    assert Supervisor(settings, URLS).check() == ()


def test_nothing_that_died_is_left_to_start_again_by_whoever_stops_everything(settings: Settings) -> None:
    for name in (console.NAME, SUPERVISOR):
        Child(1, "of another start").save(pid_file(settings.state_dir, name))
    assert unsupervised(settings.state_dir) is not None
    stop_processes(settings)
    assert list((settings.state_dir / "run").glob("*.json")) == []
    assert unsupervised(settings.state_dir) is None


def test_a_supervisor_that_gives_up_leaves_the_reason_behind(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    def give_up(_: Supervisor) -> None:
        raise LocalServerError("pool has ended by itself 5 times\nthe last lines of its log")

    Child(1, "of another start").save(pid_file(settings.state_dir, SUPERVISOR))
    monkeypatch.setattr(supervision, "CHECK_EVERY_S", 0.01)
    monkeypatch.setattr(supervision, "load_settings", lambda: settings)
    monkeypatch.setattr(supervision, "local_urls", lambda _: URLS)
    monkeypatch.setattr(signal, "signal", lambda *_: None)
    monkeypatch.setattr(Supervisor, "check", give_up)
    assert supervision._supervise() == 1
    assert unsupervised(settings.state_dir) == "pool has ended by itself 5 times"
    monkeypatch.setattr(Supervisor, "check", lambda _: None)
    assert supervision._supervise() == 0
    assert unsupervised(settings.state_dir) is None


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
