from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config.limits import LimitSettings
from config.settings import Settings
from sandbox.local import processes
from sandbox.local.processes import (
    start_processes,
    stop_processes,
    wait_until_alive,
)
from sandbox.local.spawn import spawn
from sandbox.local.stack import LocalUrls
from worker import health
from worker import processes as table_of
from worker.pid_file import Child, load
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
    monkeypatch.setattr(processes, "SETTLE_IN_S", 0.0)
    settings = Settings(state_dir=tmp_path / "state")
    yield settings
    stop_processes(settings)


def states(settings: Settings) -> dict[str, str]:
    return {status.name: status.state for status in process_status(settings.state_dir)}


def pids(settings: Settings) -> dict[str, int | None]:
    return {status.name: status.pid for status in process_status(settings.state_dir)}


def test_start_status_and_stop(settings):
    assert states(settings) == {"pool": "stopped", "beat": "stopped"}
    start_processes(settings, URLS)
    assert states(settings) == {"pool": "running", "beat": "running"}
    assert all(status.log.is_file() for status in process_status(settings.state_dir))
    assert stop_processes(settings) == ()
    assert states(settings) == {"pool": "stopped", "beat": "stopped"}


def test_a_second_start_leaves_running_ones_and_replaces_dead_ones(settings):
    start_processes(settings, URLS)
    before = pids(settings)
    assert before["pool"] is not None
    os.kill(before["pool"], signal.SIGKILL)
    child = load(settings.state_dir / "run" / "pool.json")
    assert child is not None
    assert child.wait(10)
    assert states(settings) == {"pool": "died", "beat": "running"}
    start_processes(settings, URLS)
    after = pids(settings)
    assert after["beat"] == before["beat"]
    assert after["pool"] not in (None, before["pool"])


def test_one_can_be_started_by_name(settings):
    start_processes(settings, URLS, names=["beat"])
    assert states(settings) == {"pool": "stopped", "beat": "running"}
    with pytest.raises(LocalServerError, match="no such process: beet"):
        start_processes(settings, URLS, names=["beet"])


def test_children_are_told_where_the_servers_are(settings, monkeypatch):
    report = "import os; print(os.environ['SETTLE_BROKER_URL'], os.environ['SETTLE_STATE_DIR'])"
    monkeypatch.setattr(table_of, "PROCESSES", (ProcessSpec("probe", None, ()),))
    monkeypatch.setattr(processes, "SETTLE_IN_S", 30.0)
    monkeypatch.setattr(
        processes, "spawn", lambda argv, **rest: spawn((sys.executable, "-c", report), **rest)
    )
    with pytest.raises(LocalServerError, match="probe has ended"):
        start_processes(settings, URLS)
    (status,) = process_status(settings.state_dir)
    assert status.log.read_text().split() == [URLS.broker_url, str(settings.state_dir)]


def test_a_process_that_cannot_start_says_why(settings, monkeypatch):
    monkeypatch.setattr(table_of, "PROCESSES", (ProcessSpec("broken", None, ("no-such-command",)),))
    monkeypatch.setattr(processes, "SETTLE_IN_S", 30.0)
    with pytest.raises(LocalServerError, match="No such command 'no-such-command'"):
        start_processes(settings, URLS)


def test_a_sign_of_life_is_waited_for_and_an_old_one_does_not_count(settings):
    health.path_of("pool", 1, inside=settings.state_dir / "health").parent.mkdir(parents=True)
    health.path_of("pool", 1, inside=settings.state_dir / "health").touch()
    [status] = start_processes(settings, URLS, names=["pool"])
    with pytest.raises(LocalServerError, match="pool gave no sign of life"):
        wait_until_alive(settings, names=["pool"], timeout_s=0.1)
    health.path_of("pool", status.pid, inside=settings.state_dir / "health").touch()
    wait_until_alive(settings, names=["pool"], timeout_s=0.1)


def test_waiting_for_a_process_that_ended_says_why(settings, monkeypatch):
    monkeypatch.setattr(table_of, "PROCESSES", (ProcessSpec("broken", None, ("no-such-command",)),))
    start_processes(settings, URLS)
    with pytest.raises(LocalServerError, match="No such command 'no-such-command'"):
        wait_until_alive(settings, timeout_s=30.0)


def test_a_reused_process_id_is_never_killed(settings):
    start_processes(settings, URLS)
    stop_processes(settings)
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as stranger:
        Child(stranger.pid, "another start").save(settings.state_dir / "run" / "pool.json")
        assert states(settings)["pool"] == "died"
        stop_processes(settings)
        assert stranger.poll() is None
        stranger.communicate(b"\n")
    assert stranger.returncode == 0


def test_what_does_not_stop_in_time_is_killed_and_named(tmp_path, no_settings):
    settings = Settings(state_dir=tmp_path / "state", limits=LimitSettings(stop_grace_s=0.2))
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf', flush=True); signal.pause()"
    log = tmp_path / "deaf.log"
    (settings.state_dir / "run").mkdir(parents=True)
    child = spawn((sys.executable, "-c", deaf), environment=os.environ, log=log)
    child.save(settings.state_dir / "run" / "beat.json")
    while "deaf" not in log.read_text():
        assert child.is_alive()
    assert stop_processes(settings) == ("beat",)
    assert not child.is_alive()
